/**
 * Pauses: an operator has stopped every call to MX. Deadlines and ages count without them. What is stored is never
 * rewritten for that: what is due when follows from the pauses, each time anew.
 */
import {
  earlierOf,
  epochMillisecondsOf,
  type Instant,
  instantOf,
  laterOf,
  plusSeconds,
  secondsBetween,
} from './instant.ts';

/** One pause, from `from` until just before `until`: its agreed end, or when it was ended before that. */
export interface Pause {
  readonly from: Instant;
  readonly until: Instant;
}

/** The operator's pauses. */
export interface Pauses {
  /**
   * Those that can still matter, in order and apart from each other, as they were read 15 seconds ago at most. While they
   * cannot be read, the last ones that were.
   *
   * @throws the error of the reading, where none has succeeded yet.
   */
  known(): Promise<readonly Pause[]>;
}

/** So long after the end of a pause everything that has waited for it is back. */
export const BACK_WITHIN_SECONDS = 60;

/** In order, with those that overlap or touch as one: time that two have in common counts once. */
export function inOrder(pauses: readonly Pause[]): readonly Pause[] {
  const merged: Pause[] = [];
  for (const pause of pauses.filter(({ from, until }) => from < until).toSorted(byBeginning)) {
    const last = merged.at(-1);
    if (last === undefined || last.until < pause.from) merged.push({ from: pause.from, until: pause.until });
    else merged[merged.length - 1] = { from: last.from, until: laterOf(last.until, pause.until) };
  }
  return merged;
}

const byBeginning = (a: Pause, b: Pause): number => secondsBetween(b.from, a.from);

/** The pause at `now`, the first one where there are several; null: there is none. */
export const pauseAt = <P extends Pause>(pauses: readonly P[], now: Instant): P | null =>
  pauses.find(({ from, until }) => from <= now && now < until) ?? null;

/** How many of the seconds between the two were paused. @param pauses in order */
export function pausedSeconds(pauses: readonly Pause[], earlier: Instant, later: Instant): number {
  const within = ({ from, until }: Pause): number => secondsBetween(laterOf(from, earlier), earlierOf(until, later));
  return pauses.reduce((sum, pause) => sum + Math.max(0, within(pause)), 0);
}

/**
 * When as much time without pauses has passed since `since` as lies between it and `deadline`: a pause before the deadline
 * moves it, possibly into the next pause. While one goes on, it counts until its agreed end.
 *
 * @param pauses in order
 */
export function movedDeadline(
  pauses: readonly Pause[],
  { acceptedAt, deadline }: { readonly acceptedAt: Instant; readonly deadline: Instant },
): Instant {
  let moved = epochMillisecondsOf(deadline);
  const since = epochMillisecondsOf(acceptedAt);
  for (const { from, until } of pauses) {
    const begins = Math.max(epochMillisecondsOf(from), since);
    if (begins < moved) moved += Math.max(0, epochMillisecondsOf(until) - begins);
  }
  return instantOf(moved);
}

/**
 * A refresh or a claim with the deadline that counts, for showing it: the stored one is never rewritten, and moved once more
 * it would be too late.
 *
 * @param pauses in order
 */
export const withMovedDeadline = <T extends { readonly acceptedAt: Instant; readonly deadline: Instant }>(
  pauses: readonly Pause[],
  given: T,
): T => ({ ...given, deadline: movedDeadline(pauses, given) });

/** When what waits for the end of `pause` is worth trying again: after it, spread over a minute. @param random in [0, 1) */
export const backAfter = ({ until }: Pause, random: number): Instant =>
  plusSeconds(until, random * BACK_WITHIN_SECONDS);

/**
 * Seconds after which a message that waits for the end of a pause comes back, whenever that is: a minute at most, and not
 * all in step. @param random in [0, 1)
 */
export const secondsUntilBack = (random: number): number => Math.ceil(BACK_WITHIN_SECONDS * (0.75 + random / 4));

/** The end of the last pause that was over by `now`; null: there was none. @param pauses in order */
export const lastPauseEnd = (pauses: readonly Pause[], now: Instant): Instant | null =>
  pauses.findLast(({ until }) => until <= now)?.until ?? null;

/** A pause as it is kept, with what operators are told and callers never. */
export interface KeptPause extends Pause {
  readonly why: string;
}

/** How many are kept at most: the item is read by every function that calls MX. */
export const MAX_PAUSES = 20;

/** A pause can move a deadline for as long as the longest one (`deadlineSeconds`, a day), and as a webhook is kept. */
const KEPT_SECONDS = 2 * 86_400;

/**
 * `kept` with one more. One that goes on is made longer, never shorter. Those that no deadline depends on any more are
 * dropped; where there are too many, two near each other become one, which moves some deadlines further.
 */
export function withPause(kept: readonly KeptPause[], added: KeptPause, now: Instant): readonly KeptPause[] {
  return fewEnough(joined([...relevant(kept, now), added]));
}

/** `kept`, with the pause at `now` ended; null: there is none. */
export function withoutPauseAt(kept: readonly KeptPause[], now: Instant): readonly KeptPause[] | null {
  if (pauseAt(inOrder(kept), now) === null) return null;
  const ended = kept.map((pause) => ({ ...pause, until: earlierOf(pause.until, now) }));
  return relevant(
    ended.filter(({ from, until }) => from < until),
    now,
  );
}

/** Those that have not ended so long ago, in time without pauses, that nothing depends on them. */
function relevant(kept: readonly KeptPause[], now: Instant): readonly KeptPause[] {
  const ordered = inOrder(kept);
  return kept.filter(({ until }) => secondsBetween(until, now) - pausedSeconds(ordered, until, now) <= KEPT_SECONDS);
}

/** Those that overlap or touch as one, with the reasons of all. */
function joined(kept: readonly KeptPause[]): readonly KeptPause[] {
  return inOrder(kept).map(({ from, until }) => {
    const within = kept.filter((pause) => pause.from >= from && pause.until <= until);
    return { from, until, why: [...new Set(within.map(({ why }) => why))].join('; ').slice(0, MAX_WHY) };
  });
}

/** The longest text of a reason, in characters. */
export const MAX_WHY = 500;

function fewEnough(kept: readonly KeptPause[]): readonly KeptPause[] {
  if (kept.length <= MAX_PAUSES) return kept;
  const pairs = kept.flatMap((earlier, place) => {
    const later = kept[place + 1];
    return later === undefined ? [] : [{ place, earlier, later, gap: secondsBetween(earlier.until, later.from) }];
  });
  const [nearest] = pairs.toSorted((a, b) => a.gap - b.gap);
  if (nearest === undefined) return kept;
  const { from, why } = nearest.earlier;
  const one = { from, until: nearest.later.until, why: `${why}; ${nearest.later.why}`.slice(0, MAX_WHY) };
  return fewEnough(kept.toSpliced(nearest.place, 2, one));
}
