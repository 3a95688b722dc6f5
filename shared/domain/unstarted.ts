/**
 * What is stored of a member whose refresh was not started: MX did not know the member, MX refused before there was a
 * claim, or the schedule held the member back. A later refresh makes a note void: so a refresh that succeeds needs no
 * write for it.
 */
import { type Action, userActions } from './action.ts';
import { endingByFailure } from './ending.ts';
import { heldEvent } from './event.ts';
import type { Failure } from './failure.ts';
import { type Held, heldOf } from './held.ts';
import { type Instant, plusSeconds } from './instant.ts';
import type { MemberRecord } from './member.ts';
import { isBelievedMissing, missingSince } from './missing.ts';
import type { MemberKey } from './mx.ts';
import { publishOutcome } from './notify.ts';
import { type OutcomeCode, outcomes } from './outcome.ts';
import type { RefreshDeps } from './ports.ts';
import { attemptOf, type Trigger } from './refresh.ts';
import { detailsOf } from './refresh-details.ts';
import { stableUlid } from './stable-id.ts';

/** The result of a start that MX has refused. */
export type RefusedMember =
  /** MX did not know the member, for the first time within the last minute: it is too early to believe it. */
  | 'too_early'
  /** It is the member's last attempt, now or since an earlier start. */
  | 'recorded';

/** A start that MX has refused before there was a claim. */
export interface RefusedStart {
  readonly record: MemberRecord;
  readonly trigger: Exclude<Trigger, 'mx_webhook'>;
  /** The same for a start that is repeated. */
  readonly refreshId: string;
}

/** The id of the refresh that a scheduled start at `dueAt` becomes when MX refuses it: the same however often it is delivered. */
export const refusedRefreshId = ({ userGuid, memberGuid }: MemberKey, dueAt: Instant): string =>
  `RFR-${stableUlid(dueAt, 'refused', userGuid, memberGuid)}`;

/**
 * Makes a start that MX has refused the member's last attempt, and tells of it. That MX does not know the member is
 * believed when it is seen twice, a minute apart, and told once. Repeatable.
 */
export async function recordRefusedStart(
  deps: RefreshDeps,
  { record, trigger, refreshId }: RefusedStart,
  failure: Failure,
): Promise<RefusedMember> {
  const { key, lastAttempt } = record;
  const now = deps.now();
  if (failure.code === 'mx_not_found') {
    const since = missingSince(record);
    if (since === null) await deps.unstarted.recordMissing(key, now);
    if (since === null || !isBelievedMissing(since, now)) return 'too_early';
    const isTold = lastAttempt?.code === 'mx_not_found' && lastAttempt.endedAt > since;
    if (isTold && lastAttempt.refreshId !== refreshId) return 'recorded';
  }
  const ending = { ...endingByFailure(failure), endedAt: now, observedAt: null };
  await deps.refreshes.end({
    refresh: {
      refreshId,
      member: key,
      trigger,
      status: 'running',
      acceptedAt: now,
      deadline: plusSeconds(now, deps.policy.deadlineSeconds),
      userPresent: false,
      correlationId: null,
      joinedCorrelationIds: [],
      challenges: [],
      progress: null,
      result: null,
    },
    end: ending,
    details: detailsOf(ending),
  });
  // A duplicate or an earlier delivery may have written it: the stored refusal is the one that is published.
  await publishRefusal(deps, key, refreshId);
  return 'recorded';
}

/** What is left to do for a refused start whose projection is written. Nothing, when it is not. */
export async function publishRefusal(deps: RefreshDeps, key: MemberKey, refreshId: string): Promise<boolean> {
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh?.status !== 'ended') return false;
  const { result } = refresh;
  const attempt = attemptOf(refresh, result, detailsOf(result) !== null);
  await deps.unstarted.recordRefused(key, attempt);
  await publishOutcome(deps, key, attempt);
  return true;
}

/**
 * Remembers that the schedule holds the member back because of `code`, and tells of it once: again only when the message
 * of the same turn comes again, with the same id.
 *
 * @param dueAt the turn at which it is held back.
 */
export async function holdBack(
  deps: Pick<RefreshDeps, 'unstarted' | 'events' | 'now'>,
  record: MemberRecord,
  code: OutcomeCode,
  dueAt: Instant,
): Promise<void> {
  const known = heldOf(record);
  const isKnown = known?.code === code;
  if (isKnown && known.since < dueAt) return;
  const held: Held = isKnown ? known : { since: deps.now(), code, action: actionFor(code) };
  if (!isKnown) await deps.unstarted.recordHeld(record.key, held);
  await deps.events.publish(heldEvent(record.key, held));
}

/** The user's action that the code asks for; `contact_support` where it asks for none. */
function actionFor(code: OutcomeCode): Action {
  const { action } = outcomes[code];
  return userActions.has(action) ? action : 'contact_support';
}
