/**
 * The one way to defer unattended starts that may not run now: they go back to the start queue, their `dueAt` kept. The new
 * message is sent before the received one is deleted: a crash in between doubles it, and of two the later one finds that
 * the member was refreshed since it was due (`start-refresh.ts`). No table is written.
 */
import { type Clock, type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { Starts } from './ports.ts';
import { type EnrolledMember, hash, type StartBatch, turnOutside } from './schedule.ts';

/** SQS delays a message by at most this. A longer wait is a chain of messages. */
export const LONGEST_DELAY_SECONDS = 900;

/** What deferring needs. */
export interface DeferDeps {
  readonly starts: Starts;
  readonly now: Clock;
}

/** What became of members whose start may not run now. */
export interface Deferred {
  readonly deferred: readonly EnrolledMember[];
  /** Their next turn is due before this one could run. */
  readonly dropped: readonly EnrolledMember[];
}

/**
 * Sends the members of `batch` back, to be received at `notBefore`, or 15 minutes from now when that is later.
 *
 * @param startAt the time that the ceiling has reserved for them; null: none.
 */
export async function deferStarts(
  { starts, now }: DeferDeps,
  { dueAt, members }: Pick<StartBatch, 'dueAt' | 'members'>,
  notBefore: Instant,
  startAt: Instant | null = null,
): Promise<Deferred> {
  const deferred = members.filter((enrolled) => notBefore < turnAfter(enrolled, dueAt));
  const dropped = members.filter((enrolled) => notBefore >= turnAfter(enrolled, dueAt));
  if (deferred.length > 0) {
    const wanted = Math.ceil(secondsBetween(now(), notBefore));
    const delaySeconds = Math.min(Math.max(wanted, 1), LONGEST_DELAY_SECONDS);
    await starts.sendAll([{ batch: { dueAt, startAt, members: deferred }, delaySeconds }]);
  }
  return { deferred, dropped };
}

/** When the member is due again after its turn of `dueAt`: turns within its quiet hours are left out. */
export const turnAfter = ({ everyHours, quietHours }: EnrolledMember, dueAt: Instant): Instant =>
  turnOutside(plusSeconds(dueAt, everyHours * 3_600), everyHours, quietHours);

/** The shortest pause between two tries while MX is away. */
const LEAST_AWAY_SECONDS = 60;

/**
 * When members that were due at `dueAt` are tried again after MX did not answer: after as long as they are late already, so
 * that the pauses double from a minute to 15. Messages are up to half a minute apart, so that those of one minute do not
 * come back at once.
 *
 * @param retryAfterSeconds MX's own wish; 0: none.
 */
export function whileMxIsAway(
  { dueAt, members }: Pick<StartBatch, 'dueAt' | 'members'>,
  now: Instant,
  retryAfterSeconds: number,
): Instant {
  const late = Math.max(secondsBetween(dueAt, now), retryAfterSeconds, LEAST_AWAY_SECONDS);
  const apart = hash(members[0]?.member.memberGuid ?? '') % 30;
  return plusSeconds(now, Math.min(late, LONGEST_DELAY_SECONDS) + apart);
}
