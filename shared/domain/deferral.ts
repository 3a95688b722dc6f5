/**
 * The one way to defer an unattended start that may not run now: it goes back to the start queue, its `dueAt` kept. The new
 * message is sent before the received one is deleted: a crash in between doubles it, and of two the later one finds that
 * the member was refreshed since it was due (`start-refresh.ts`). No table is written.
 */
import { type Clock, type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { Starts } from './ports.ts';
import { type EnrolledMember, hash, type StartBatch } from './schedule.ts';

/** SQS delays a message by at most this. A longer wait is a chain of messages. */
export const LONGEST_DELAY_SECONDS = 900;

/** What deferring needs. */
export interface DeferDeps {
  readonly starts: Starts;
  readonly now: Clock;
}

/** `dropped`: the member's next turn is due before it could run. */
export type Deferred = 'deferred' | 'dropped';

/** Sends `enrolled`'s turn of `dueAt` back, to be received at `notBefore`, or 15 minutes from now when that is later. */
export async function deferStart(
  { starts, now }: DeferDeps,
  enrolled: EnrolledMember,
  { dueAt }: Pick<StartBatch, 'dueAt'>,
  notBefore: Instant,
): Promise<Deferred> {
  if (notBefore >= turnAfter(enrolled, dueAt)) return 'dropped';
  const wanted = Math.ceil(secondsBetween(now(), notBefore));
  const delaySeconds = Math.min(Math.max(wanted, 1), LONGEST_DELAY_SECONDS);
  await starts.sendAll([{ batch: { dueAt, members: [enrolled] }, delaySeconds }]);
  return 'deferred';
}

/** When the member is due again after its turn of `dueAt`. */
const turnAfter = ({ everyHours }: EnrolledMember, dueAt: Instant): Instant => plusSeconds(dueAt, everyHours * 3_600);

/** The shortest and the longest pause between two tries while MX is away. */
const AWAY_SECONDS = { least: 60, most: LONGEST_DELAY_SECONDS } as const;

/**
 * When a member that was due at `dueAt` is tried again after MX did not answer: after as long as it is late already, so that
 * the pauses double from a minute to 15. Members are up to half a minute apart, so that those of one minute do not come
 * back at once.
 *
 * @param retryAfterSeconds MX's own wish.
 */
export function whileMxIsAway(
  { member }: EnrolledMember,
  dueAt: Instant,
  now: Instant,
  retryAfterSeconds = 0,
): Instant {
  const late = Math.max(secondsBetween(dueAt, now), retryAfterSeconds, AWAY_SECONDS.least);
  return plusSeconds(now, Math.min(late, AWAY_SECONDS.most) + (hash(member.memberGuid) % 30));
}
