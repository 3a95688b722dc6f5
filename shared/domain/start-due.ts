/** Starting what the schedule says is due: the trigger's own path, member by member, with an unattended trigger's care. */
import { type Deferred, deferStarts, LONGEST_DELAY_SECONDS, turnAfter, whileMxIsAway } from './deferral.ts';
import { asFailure, Failure } from './failure.ts';
import { heldOf } from './held.ts';
import { groupsOf } from './in-groups.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import { MISSING_SECONDS } from './missing.ts';
import { comeBackAt, giveProbeBack, passBreakers } from './pass-breakers.ts';
import { backAfter, pauseAt } from './pause.ts';
import type { RefreshDeps, Schedule, StartCeiling, Starts, Webhooks } from './ports.ts';
import { quietUntil } from './quiet-hours.ts';
import { type EnrolledMember, isFirstOfDay, isSameTurn, type StartBatch } from './schedule.ts';
import { type AcceptedStart, type MxAway, startUnattended } from './start-refresh.ts';
import { publishRefusal, refusedRefreshId } from './unstarted.ts';

/** What starting a batch needs. */
export interface StartDueDeps extends RefreshDeps {
  readonly schedule: Pick<Schedule, 'removeStray'>;
  readonly starts: Starts;
  readonly webhooks: Webhooks;
  readonly ceiling: StartCeiling;
  /** Told of each start that has a refresh now: its own, or one that ran already. */
  readonly accepted: (enrolled: EnrolledMember, start: Pick<AcceptedStart, 'refresh' | 'joined'>) => void;
  /**
   * Told of every member that is not tried again before its next turn, and of every error; with the refresh that the start
   * has become by ending at once.
   */
  readonly report: (enrolled: EnrolledMember, error: unknown, refreshId?: string) => void;
}

/** What became of a member that was due. */
export type DueResult =
  | 'accepted'
  | 'joined'
  /** It needs its user: MX is asked whether it still does once a day. Or its institution has no balance checks. */
  | 'held_back'
  /** Its balances are young enough by another way (`max_age` of its schedule). */
  | 'fresh_enough'
  /** MX has gathered data by itself, newer than what is stored: it is read, and no job is started. */
  | 'left_to_mx'
  /** Back in the queue: the ceiling is reached, its bank does not work, MX does not answer or has asked to wait, a pause. */
  | 'deferred'
  /** The same, and its next turn is due before it could run. */
  | 'dropped'
  /** Refreshed since it was due: a message that was delivered twice. */
  | 'done_already'
  /** The slot's item is left over from an earlier enrolment. */
  | 'stray'
  | 'failed';

/** How many members became what. */
export type StartDueCounts = Record<DueResult, number>;

/** How many members are started at the same time. */
export const AT_ONCE = 5;

/**
 * Starts every member of `batch`, or sends the batch back for as long as the ceiling says. Repeatable: members started by
 * an earlier delivery are skipped.
 *
 * @throws the error of a member whose start may work at the next delivery, after all other members had their turn: the
 * batch stays in the queue.
 */
export async function startDue(deps: StartDueDeps, received: StartBatch): Promise<StartDueCounts> {
  const counts: StartDueCounts = { ...nothingDue };
  const due = received.members.filter((enrolled) => isDueStill(enrolled, received, deps.now()));
  counts.dropped += received.members.length - due.length;
  const batch = await withoutQuiet(deps, { ...received, members: due }, counts);
  if (batch.members.length === 0) return counts;
  const pause = pauseAt(await deps.pauses.known(), deps.now());
  if (pause !== null) {
    const deferred = await deferStarts(deps, batch, backAfter(pause, deps.random()));
    count(counts, deferred);
    for (const enrolled of deferred.dropped) deps.report(enrolled, new Failure('paused', 'calls to MX are paused'));
    return counts;
  }
  const { passing, waiting, probes } = await passBreakers(deps, batch.members);
  const [firstToWait] = waiting;
  if (firstToWait !== undefined) {
    const { dueAt } = batch;
    count(counts, await deferStarts(deps, { dueAt, members: waiting }, comeBackAt(firstToWait, deps.now())));
  }
  if (passing.length === 0) return counts;
  const passed = { ...batch, members: passing };
  const reserved = await untilReserved(deps, passed);
  if (reserved !== null) {
    for (const probe of probes.values()) await giveProbeBack(deps, probe);
    count(counts, reserved);
    return counts;
  }
  let again: unknown;
  const away: { enrolled: EnrolledMember; failure: Failure }[] = [];
  const giveBack = async (enrolled: EnrolledMember): Promise<void> => {
    const probe = probes.get(enrolled);
    if (probe !== undefined) await giveProbeBack(deps, probe);
  };
  const startOne = async (enrolled: EnrolledMember): Promise<void> => {
    try {
      const result = await start(deps, enrolled, batch);
      if (result !== 'accepted' && result !== 'joined') await giveBack(enrolled);
      if (typeof result === 'string') counts[result] += 1;
      else away.push({ enrolled, failure: result.failure });
    } catch (error) {
      counts.failed += 1;
      const failure = asFailure(error);
      // An allowance that is used up frees itself by the next turn; a member unknown to MX will not be known in a minute.
      const forGood =
        failure.code === 'allowance_used_up' || failure.fate === 'caller-fault' || failure.fate === 'never-retry';
      if (forGood) {
        await giveBack(enrolled);
        deps.report(enrolled, error);
      } else {
        // Its POST may have been sent.
        again = error;
      }
    }
  };
  const groups = groupsOf(passing, AT_ONCE);
  for (const [group, some] of groups.entries()) {
    const before = away.length;
    await Promise.all(some.map(startOne));
    const [first] = away;
    // All of them: MX is away for the others too, and each would wait for its time limit.
    if (first !== undefined && away.length - before === some.length) {
      const rest = groups.slice(group + 1).flat();
      await Promise.all(rest.map(giveBack));
      away.push(...rest.map((enrolled) => ({ enrolled, failure: first.failure })));
      break;
    }
  }
  await deferWhileAway(deps, batch, away, counts);
  if (again !== undefined) throw again;
  return counts;
}

/** Sends those back in whose quiet hours it comes late, each until they are over. The others. */
async function withoutQuiet(deps: StartDueDeps, batch: StartBatch, counts: StartDueCounts): Promise<StartBatch> {
  const now = deps.now();
  const over = (enrolled: EnrolledMember): Instant =>
    enrolled.quietHours === null ? now : quietUntil(enrolled.quietHours, now);
  const byEnd = Map.groupBy(batch.members, over);
  for (const [notBefore, members] of byEnd) {
    if (notBefore > now) count(counts, await deferStarts(deps, { dueAt: batch.dueAt, members }, notBefore));
  }
  return { ...batch, members: byEnd.get(now) ?? [] };
}

/** Due again since: after a long outage that turn is in the queue too. */
const isDueStill = (enrolled: EnrolledMember, { dueAt }: StartBatch, now: Instant): boolean =>
  now < turnAfter(enrolled, dueAt);

const nothingDue: StartDueCounts = {
  accepted: 0,
  joined: 0,
  held_back: 0,
  fresh_enough: 0,
  left_to_mx: 0,
  deferred: 0,
  dropped: 0,
  done_already: 0,
  stray: 0,
  failed: 0,
};

const count = (counts: StartDueCounts, { deferred, dropped }: Deferred): void => {
  counts.deferred += deferred.length;
  counts.dropped += dropped.length;
};

/**
 * How late a message may use what was reserved for it. SQS brings a delayed message up to two seconds late; one that is
 * later has waited for this function. When its instances are busy for a minute and then free, all messages of that minute
 * would start at once: 500 a second under a ceiling of 320 were counted (`npm run bench:schedule`).
 */
const RESERVED_FOR_SECONDS = 3;

/**
 * Null: the batch may start now. Else it was sent back. What is reserved for a message goes with it. A repeated delivery
 * reserves once more: starts are wasted then, never exceeded.
 */
async function untilReserved(deps: StartDueDeps, batch: StartBatch): Promise<Deferred | null> {
  const now = deps.now();
  const { startAt } = batch;
  const isReserved = startAt !== null && secondsBetween(startAt, now) <= RESERVED_FOR_SECONDS;
  const reserved = isReserved ? startAt : await deps.ceiling.reserve(batch.members.length, now);
  if (reserved !== null && reserved <= now) return null;
  return deferStarts(deps, batch, reserved ?? plusSeconds(now, LONGEST_DELAY_SECONDS), reserved);
}

/** Sends those that MX did not answer for back, in one message; none, if there are none. */
async function deferWhileAway(
  deps: StartDueDeps,
  { dueAt }: StartBatch,
  away: readonly { readonly enrolled: EnrolledMember; readonly failure: Failure }[],
  counts: StartDueCounts,
): Promise<void> {
  const members = away.map(({ enrolled }) => enrolled);
  const retryAfter = Math.max(...away.map(({ failure }) => failure.details.retryAfterSeconds ?? 0));
  const deferred = await deferStarts(
    deps,
    { dueAt, members },
    whileMxIsAway({ dueAt, members }, deps.now(), retryAfter),
  );
  count(counts, deferred);
  const dropped = new Set(deferred.dropped);
  for (const { enrolled, failure } of away) if (dropped.has(enrolled)) deps.report(enrolled, failure);
}

/** MX has refused an earlier start and asked to wait with the next. @throws every other error as it is. */
function asTooEarly(error: unknown): { readonly kind: 'too_early'; readonly failure: Failure } {
  const failure = asFailure(error);
  if (failure.code !== 'mx_rate_limited') throw error;
  return { kind: 'too_early', failure };
}

/** What became of one member; `MxAway`: it has to be deferred. */
async function start(deps: StartDueDeps, enrolled: EnrolledMember, batch: StartBatch): Promise<DueResult | MxAway> {
  const { member, slot } = enrolled;
  const { dueAt } = batch;
  const record = await deps.members.read(member);
  // Of a member that was moved to another shard too: its turn is the same, and the item may still be in the slot.
  if (record?.enrolment?.slot !== slot || record.deletedAt !== null) await deps.schedule.removeStray(enrolled);
  if (record === null || record.deletedAt !== null || record.enrolment === null) return 'stray';
  if (!isSameTurn(record.enrolment.slot, slot)) return 'stray';
  const { lastAttempt, lastSuccess } = record;
  // Refused by MX at an earlier delivery, which may have crashed before it published the refusal. Its id is a hash of 128
  // bits, which costs more than all else here: it is made only where a refusal is possible.
  const isPerhapsRefused = lastAttempt !== null && lastAttempt.outcome !== 'succeeded';
  if (isPerhapsRefused && lastAttempt.refreshId === refusedRefreshId(member, dueAt)) {
    await publishRefusal(deps, member, lastAttempt);
    return 'done_already';
  }
  if (enrolled.maxAgeSeconds !== null && lastSuccess !== null) {
    if (secondsBetween(lastSuccess.observedAt, deps.now()) <= enrolled.maxAgeSeconds) return 'fresh_enough';
  }
  const held = heldOf(record);
  // Whether its institution still has no balance checks is known here: MX need not be asked.
  if (held !== null && held.code !== 'not_supported' && !isFirstOfDay(enrolled, dueAt)) return 'held_back';
  const defer = async (failure: Failure, seconds: number): Promise<DueResult> => {
    const notBefore = plusSeconds(deps.now(), seconds);
    const { deferred } = await deferStarts(deps, { dueAt, members: [enrolled] }, notBefore);
    if (deferred.length > 0) return 'deferred';
    deps.report(enrolled, failure);
    return 'dropped';
  };
  const answer = await startUnattended(deps, record, { dueAt, maxAgeSeconds: enrolled.maxAgeSeconds }).catch(
    asTooEarly,
  );
  switch (answer.kind) {
    case 'too_early':
      return defer(answer.failure, answer.failure.details.retryAfterSeconds ?? 0);
    case 'refused':
      // Believed the second time, a minute later.
      if (answer.became === 'too_early') return defer(answer.failure, MISSING_SECONDS);
      deps.report(enrolled, answer.failure, refusedRefreshId(member, dueAt));
      return 'failed';
    case 'accepted':
      deps.accepted(enrolled, answer);
      return answer.joined ? 'joined' : 'accepted';
    case 'mx_away':
      return answer;
    default:
      return answer.kind;
  }
}
