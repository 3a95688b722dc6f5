/**
 * The end of a refresh: texts and questions, the end itself, MX's member object beside the projection, telling
 * (`notify.ts`), claim gone. In this order, so that each crash in between is repairable: texts without their end are not
 * shown; an older member object has the end laid over it until MX is read again (`member-view.ts`).
 */

import { type Attention, attentionAtEnd } from './attention.ts';
import type { StoredBalance } from './balance.ts';
import type { Ending } from './ending.ts';
import type { Failure } from './failure.ts';
import { type Instant, plusSeconds } from './instant.ts';
import { type LearnDeps, learnFrom } from './learn.ts';
import type { MemberBody } from './member.ts';
import { bodyAtEnd } from './member-view.ts';
import type { MemberKey, MxMember } from './mx.ts';
import { type NotifyDeps, notify } from './notify.ts';
import type { RefreshDeps } from './ports.ts';
import {
  type Attempt,
  attemptOf,
  type EndDetails,
  type EndedClaim,
  type OpenClaim,
  runningRefresh,
} from './refresh.ts';
import { detailsOf } from './refresh-details.ts';
import type { StartMark } from './start-mark.ts';

/** What ending a refresh needs. */
export type EndDeps = NotifyDeps & LearnDeps & Pick<RefreshDeps, 'members' | 'refreshes' | 'measures'>;

/** An end that is to be written. */
export interface RefreshEnd {
  readonly key: MemberKey;
  readonly claim: OpenClaim;
  readonly ending: Ending;
  /** The member's, by MX; null: it is not known. */
  readonly institutionCode: string | null;
  /** What the member waited for, as it was read. */
  readonly attention: Attention | null;
  /** With outcome `succeeded`: when the stored balances were observed. */
  readonly observedAt?: Instant | null;
  /** The member as last read from MX. Without it what the claim knows is all that is new. */
  readonly member?: MxMember | null;
  /** The member's accounts as they are stored now. Undefined: they are read when the end is published. */
  readonly stored?: readonly StoredBalance[];
  /** True: its job was seen to move the imports of accounts. */
  readonly importsMove?: boolean;
  /** The member's starts without this one, when MX has certainly not counted it. Without it they stay. */
  readonly starts?: readonly StartMark[];
  /** How MX refused its POST for good. Without it MX did not. */
  readonly refusedBy?: Failure;
  /** When the last look was taken that saw its job run. Without it no look is known to have. */
  readonly runningAt?: Instant | null;
}

/** How often an end is written again; each time another function has learnt something in between. */
const MAX_RACES = 4;

/**
 * Ends the refresh of `claim` and publishes it. Does nothing when another invocation was faster: what ended stays ended.
 *
 * An end is not written when another look was taken since: that look sees more, and its function ends the refresh or books
 * the next look. Otherwise a webhook could have the member read right after that look, because nothing else keeps its time
 * once the claim is released. A POST that MX refused ends the refresh all the same, later than that look and with what it
 * has learnt; so does an end that was overtaken by the answer to a POST that shows a newer job.
 */
export async function endRefresh(deps: EndDeps, end: RefreshEnd): Promise<boolean> {
  let current = end;
  for (let race = 0; race < MAX_RACES; race += 1) {
    if (await endOnce(deps, current)) return true;
    const record = await deps.members.read(end.key);
    if (record?.claim?.refreshId !== end.claim.refreshId) return false;
    const { claim: now, attention } = record;
    if (now.phase === 'ended' || now.phase !== current.claim.phase) return false;
    const mayFollow = now.phase === 'running' && end.starts !== undefined;
    if (now.lookedAt !== current.claim.lookedAt && !mayFollow) return false;
    current = { ...current, claim: now, member: null, attention };
  }
  return false;
}

/** Writes the end, on condition that the claim is still as given. False: it has changed. */
async function endOnce(deps: EndDeps, end: RefreshEnd): Promise<boolean> {
  const { key, claim, ending, institutionCode, stored } = end;
  const {
    member = null,
    observedAt = null,
    importsMove = false,
    starts = null,
    runningAt = null,
    refusedBy = null,
  } = end;
  const { phase: from, lookedAt } = claim;
  const jobAggregatedAt = latest(claim.jobAggregatedAt, member?.aggregatedAt ?? null);
  const now = deps.now();
  // The look's function may have a clock that is ahead of this one's.
  const endedAt = latest(now, lookedAt);
  const details = detailsOf(ending);
  if (details !== null) await deps.refreshes.putDetails(runningRefresh(key, claim), endedAt, details);
  const attempt = attemptOf(claim, { ...ending, endedAt, observedAt }, details !== null);
  const body = await bodyOf(deps, end);
  const bodySeenAt = body?.seenAt ?? null;
  const known = { lookedAt, jobAggregatedAt };
  const attention = attentionAtEnd(end.attention, { attempt, member });
  const won = await deps.members.end({ key, from, known, attempt, bodySeenAt, importsMove, starts, attention });
  if (!won) return false;
  deps.measures.ended({ claim, ending, member, endedAt });
  await publishEnd(deps, key, endedClaim(claim, attempt), { details, body, stored });
  await learnFrom(deps, { key, institutionCode, job: { claim, ending, member, runningAt }, endedAt, refusedBy });
  return true;
}

/**
 * MX's member object as it is stored at the end: as the last look saw it, else as far as it is known without one. A
 * millisecond newer than what the start, or the look itself for a webhook, may have stored already.
 */
async function bodyOf(deps: EndDeps, { key, claim, ending, member }: RefreshEnd): Promise<MemberBody | null> {
  const readAt = claim.lookedAt ?? claim.acceptedAt;
  if (member) return { body: member.body, seenAt: justAfter(readAt) };
  const { connectionStatus } = ending;
  const seenStatus = connectionStatus === null ? claim.seenStatus : { connectionStatus };
  const stored = await deps.members.readBody(key);
  const body = bodyAtEnd(key, { ...claim, seenStatus }, stored);
  // What the claim knows is laid over what is stored, whenever that was read.
  return body && { body, seenAt: justAfter(stored !== null && stored.seenAt > readAt ? stored.seenAt : readAt) };
}

/** The later of two instants, as far as there are any. */
function latest<Known extends Instant | null>(a: Known, b: Instant | null): Known | Instant {
  return a === null || (b !== null && b > a) ? (b ?? a) : a;
}

const justAfter = (instant: Instant): Instant => plusSeconds(instant, 0.001);

/** What is left of `claim` when its refresh has ended as `attempt` says. */
export function endedClaim(claim: OpenClaim, attempt: Attempt): EndedClaim {
  const { refreshId, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt, baseline } =
    claim;
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt;
  return {
    ...{ phase: 'ended', refreshId, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt },
    result,
    baseline: baseline && { connectionStatus: baseline.connectionStatus },
  };
}

/** Known only to the function that has just written the end. */
export interface JustEnded {
  /** Texts and questions; null: none. */
  readonly details: EndDetails | null;
  /** MX's member object as it is to be stored; null: there is nothing new. */
  readonly body: MemberBody | null;
  /** The member's accounts as they are stored now. */
  readonly stored: readonly StoredBalance[] | undefined;
}

/**
 * Publishes a claim in phase `ended` and releases it. Repeatable: the sweep, a follow-up or the next trigger that finds
 * such a claim finishes it, because the function that ended it may have crashed.
 *
 * @param ended null: another function has written the end, and what it knew is read from the tables.
 */
export async function publishEnd(
  deps: EndDeps,
  key: MemberKey,
  claim: EndedClaim,
  ended: JustEnded | null = null,
): Promise<void> {
  const { hasDetails, ...end } = claim.result;
  await Promise.all([
    deps.refreshes.end({ refresh: runningRefresh(key, claim), end, details: ended?.details }),
    ended?.body && deps.members.putBody(key, ended.body),
  ]);
  // After the tables: a receiver of the event that reads them finds the end.
  const attempt = attemptOf(claim, end, hasDetails);
  const { correlationId, baseline: before } = claim;
  await notify(deps, { key, attempt: { ...attempt, correlationId }, before, stored: ended?.stored });
  await deps.members.release(key, claim.refreshId);
}
