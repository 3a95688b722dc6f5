/** An operator pauses calls to MX, and what that promises: MX is not called, and nothing that was accepted is lost by it. */
import { createRandom, type Random } from '../../infra/mx-simulator/random.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import { inOrder, type Pause, pauseAt, withoutPauseAt, withPause } from '../../shared/domain/pause.ts';
import type { FunctionsInTime } from './functions-in-time.ts';
import { Violation } from './violation.ts';
import type { RefreshTruth } from './what-is-known.ts';
import type { World } from './world.ts';

/** A pause of a history, seconds after its beginning. */
export interface PlannedPause {
  readonly key: string;
  readonly at: number;
  /** As agreed. */
  readonly seconds: number;
  /** It is ended before that; null: it is not. */
  readonly endedAfter: number | null;
}

/** The promise, by its number in the README. */
const PROMISE = 12;

/** How long a function may go on after a pause has begun: by what it has read of the pauses before. */
const KNOWN_SECONDS = 15;

/** How long an invocation may be under way after it has asked whether there is a pause. */
const UNDER_WAY_SECONDS = 60;

/** The pauses of the history with this seed: of one in ten. Its own stream, so that all others stay as they are. */
export function drawPauses(
  seed: number,
  { deadlineSeconds, triggers }: { readonly deadlineSeconds: number; readonly triggers: readonly number[] },
): readonly PlannedPause[] {
  const random = createRandom(seed, 'pauses');
  if (!random.chance(0.1)) return [];
  const first = drawPause(random, 'pause-0', { deadlineSeconds, triggers });
  if (!random.chance(0.4)) return [first];
  // A second one: while the first goes on, or between its end and the moved deadline.
  const at = first.at + random.next() * 2 * first.seconds;
  return [first, { ...drawPause(random, 'pause-1', { deadlineSeconds, triggers }), at }];
}

function drawPause(
  random: Random,
  key: string,
  { deadlineSeconds, triggers }: { readonly deadlineSeconds: number; readonly triggers: readonly number[] },
): PlannedPause {
  const asked = triggers[random.integer(triggers.length)] ?? 0;
  // Often in the middle of a start: after the baseline, before the POST.
  const at = asked + random.next() * (random.chance(0.5) ? 0.6 : 60);
  const seconds = 30 + random.next() * 2 * deadlineSeconds;
  return { key, at, seconds, endedAfter: random.chance(0.3) ? seconds * random.next() : null };
}

/** The operator's command, at the beginning of `pause` and at its end. */
export const beginPause = (world: World, { seconds }: PlannedPause): void => {
  const [from, until] = [world.instant(), instantOf(epochMillisecondsOf(world.instant()) + seconds * 1000)];
  world.pauses.pauses = withPause(kept(world), { from, until, why: '' }, from);
};
export const endPause = (world: World): void => {
  world.pauses.pauses = withoutPauseAt(kept(world), world.instant()) ?? world.pauses.pauses;
};

const kept = (world: World) => world.pauses.pauses.map((pause) => ({ ...pause, why: '' }));

/** Whether there has been a pause for so many seconds at `now`, and every function could read of it. */
export function isPausedFor(world: World, now: Instant, seconds: number): boolean {
  const pause = pauseAt(inOrder(world.pauses.pauses), now);
  if (pause === null || world.pausesUnreadAt >= epochMillisecondsOf(pause.from)) return false;
  return epochMillisecondsOf(now) - epochMillisecondsOf(pause.from) > seconds * 1000;
}

/** Whether there is a pause at `now`, or one that was over so many seconds before. */
export const isJustPaused = (world: World, now: Instant, seconds: number): boolean =>
  world.pauses.pauses.some(
    ({ from, until }) => from <= now && epochMillisecondsOf(now) <= epochMillisecondsOf(until) + seconds * 1000,
  );

/** MX is not called in a pause. @param sentAt epoch milliseconds @throws Violation */
export function checkUncalled(world: World, who: string, what: string, sentAt: number): void {
  if (isPausedFor(world, instantOf(sentAt), KNOWN_SECONDS))
    throw new Violation(PROMISE, `${who} called MX in a pause: ${what}`);
}

/** No look counts that is taken in a pause. @throws Violation */
export function checkUntaken(world: World, who: string): void {
  if (isPausedFor(world, world.instant(), KNOWN_SECONDS + UNDER_WAY_SECONDS))
    throw new Violation(PROMISE, `${who} took a look in a pause`);
}

/** In another way than the code's: as much later as there were pauses until then, until that is no longer any later. */
export function deadlineWithout(
  pauses: readonly Pause[],
  { acceptedAt, deadline }: { readonly acceptedAt: Instant; readonly deadline: Instant },
): number {
  const [since, asAccepted] = [epochMillisecondsOf(acceptedAt), epochMillisecondsOf(deadline)];
  const pausedUntil = (end: number): number =>
    pauses.reduce((sum, { from, until }) => {
      const ms = Math.min(end, epochMillisecondsOf(until)) - Math.max(since, epochMillisecondsOf(from));
      return sum + Math.max(0, ms);
    }, 0);
  let moved = asAccepted;
  while (asAccepted + pausedUntil(moved) > moved) moved = asAccepted + pausedUntil(moved);
  return moved;
}

/** How long after the end of a pause every refresh has been looked at again, where nothing goes wrong. */
export const BACK_SECONDS = 60 + KNOWN_SECONDS + 10;

/** What has waited for the end of the pause from `from` until `until` is back. @throws Violation */
export function checkBack(world: World, { from, until }: Pause): void {
  // The last one, and as it was planned: it was made no longer, and none has begun since.
  const last = inOrder(world.pauses.pauses).at(-1);
  if (last?.from !== from || last.until !== until) return;
  for (const { key } of world.members) {
    const claim = world.record(key)?.claim ?? null;
    if (claim === null || claim.phase !== 'running' || claim.acceptedAt >= from) continue;
    if (claim.lookedAt === null || claim.lookedAt < until) {
      throw new Violation(PROMISE, `${claim.refreshId} was not looked at within a minute of the end of a pause`);
    }
  }
}

/** What a pause must not have done to refreshes, once all is quiet. @throws Violation */
export function checkPauses(world: World, refreshes: Iterable<RefreshTruth>, { answers }: FunctionsInTime): void {
  const pauses = inOrder(world.pauses.pauses);
  for (const { refreshId, result, endedAt, claimedAt, deadline, claim } of refreshes) {
    const moved = deadlineWithout(pauses, { acceptedAt: claim.acceptedAt, deadline });
    if (result?.outcome === 'timed_out' && endedAt !== null && endedAt < moved - KNOWN_SECONDS * 1000) {
      if (world.pausesUnreadAt === 0) {
        throw new Violation(
          PROMISE,
          `${refreshId} timed out ${(moved - endedAt) / 1000} s too early: there was a pause`,
        );
      }
    }
    const begunBy = answers.find((answer) => answer.refreshId === refreshId && !answer.joined);
    const pause = pauseAt(pauses, instantOf(claimedAt));
    if (begunBy === undefined || pause === null || world.pausesUnreadAt > 0) continue;
    if (claimedAt - epochMillisecondsOf(pause.from) > (KNOWN_SECONDS + UNDER_WAY_SECONDS) * 1000) {
      throw new Violation(PROMISE, `${refreshId} was begun in a pause`);
    }
  }
}

/** Without faults every start that is counted was sent. @throws Violation */
export function checkCounted(world: World, refreshes: Iterable<RefreshTruth>): void {
  const sent = [...refreshes].flatMap(({ posts, answeredAt }) => [
    ...posts.map(({ sentAt }) => sentAt),
    answeredAt ?? 0,
  ]);
  for (const { key } of world.members) {
    for (const mark of world.record(key)?.starts ?? []) {
      const at = Date.parse(mark.slice(0, 24));
      if (!sent.some((one) => one >= at && one - at < UNDER_WAY_SECONDS * 1000)) {
        throw new Violation(PROMISE, `a start of ${key.memberGuid} at ${mark} counts, and was never sent`);
      }
    }
  }
}
