/**
 * The end of a refresh: texts and questions, the end itself, projection, events, claim gone. In this order, so that each
 * crash in between is repairable: texts without their end are not shown.
 */

import { bookDeliveries } from './callback.ts';
import type { Ending } from './ending.ts';
import { balanceEvents, connectionEvent, endedEvent } from './event.ts';
import type { Instant } from './instant.ts';
import type { MemberKey, MxMember } from './mx.ts';
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

/** What ending a refresh needs. */
export type EndDeps = Pick<
  RefreshDeps,
  'members' | 'refreshes' | 'balances' | 'events' | 'callbacks' | 'deliveries' | 'amountsInEvents' | 'now'
>;

/** An end that is to be written. */
export interface RefreshEnd {
  readonly key: MemberKey;
  readonly claim: OpenClaim;
  readonly ending: Ending;
  /** With outcome `succeeded`: when the stored balances were observed. */
  readonly observedAt?: Instant | null;
  /** The member as last read from MX. Without it the known one stays. */
  readonly member?: MxMember | null;
  /** True: its job was seen to move the imports of accounts. */
  readonly importsMove?: boolean;
  /** The member's starts without this one, when MX has certainly not counted it. Without it they stay. */
  readonly starts?: readonly Instant[];
}

/** Ends the refresh of `claim` and publishes it. Does nothing when another invocation was faster: what ended stays ended. */
export async function endRefresh(deps: EndDeps, end: RefreshEnd): Promise<boolean> {
  const { key, claim, ending, observedAt = null, member = null, importsMove = false, starts = null } = end;
  const endedAt = deps.now();
  const details = detailsOf(ending);
  if (details !== null) await deps.refreshes.putDetails(runningRefresh(key, claim), endedAt, details);
  const attempt = attemptOf(claim, { ...ending, endedAt, observedAt }, details !== null);
  const from = claim.phase === 'storing' ? { storingSince: claim.lookedAt } : 'running';
  const won = await deps.members.end({ key, from, attempt, member, importsMove, starts });
  if (won) await publishEnd(deps, key, endedClaim(claim, attempt), details);
  return won;
}

/** What is left of `claim` when its refresh has ended as `attempt` says. */
export function endedClaim(claim: OpenClaim, attempt: Attempt): EndedClaim {
  const { refreshId, trigger, acceptedAt, deadline, userPresent, lookNumber, lookedAt, baseline } = claim;
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt;
  return {
    ...{ phase: 'ended', refreshId, trigger, acceptedAt, deadline, userPresent, lookNumber, lookedAt, result },
    baseline: baseline && { connectionStatus: baseline.connectionStatus },
  };
}

/**
 * What is left to do for a claim in phase `ended`. Repeatable: whoever finds such a claim (sweep, a follow-up, the next
 * trigger) may finish it, because its first owner may have crashed on the way.
 *
 * @param details texts and questions, where the caller has just written this end; others do not know them.
 */
export async function publishEnd(
  deps: EndDeps,
  key: MemberKey,
  claim: EndedClaim,
  details?: EndDetails | null,
): Promise<void> {
  const { hasDetails, ...end } = claim.result;
  await deps.refreshes.end({ refresh: runningRefresh(key, claim), end, details });
  // After the tables: whoever gets an event and reads finds what it speaks of.
  const attempt = attemptOf(claim, end, hasDetails);
  await publishOutcome(deps, key, attempt);
  const [before, after] = [claim.baseline, attempt.connectionStatus];
  if (before !== null && after !== null && before.connectionStatus !== after) {
    const change = { from: before.connectionStatus, to: after, at: attempt.endedAt, refreshId: claim.refreshId };
    await deps.events.publish(connectionEvent(key, change));
  }
  await bookDeliveries(deps, endedEvent(key, attempt));
  await deps.members.release(key, claim.refreshId);
}

/** The events of an attempt that is over: its end, and each balance that it changed. Repeatable: the ids stay the same. */
export async function publishOutcome(
  deps: Pick<EndDeps, 'balances' | 'events' | 'amountsInEvents'>,
  key: MemberKey,
  attempt: Attempt,
): Promise<void> {
  await deps.events.publish(endedEvent(key, attempt));
  if (attempt.outcome !== 'succeeded') return;
  const stored = await deps.balances.ofMember(key);
  const changed = balanceEvents(stored, attempt, deps.amountsInEvents);
  await Promise.all(changed.map((event) => deps.events.publish(event)));
}
