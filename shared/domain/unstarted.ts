/**
 * What is stored of a member whose refresh was not started: MX did not know the member, MX refused before there was a
 * claim, or the schedule held the member back. A later refresh makes a note void: so a refresh that succeeds needs no
 * write for it.
 */
import { type Action, userActions } from './action.ts';
import { attentionAtEnd, attentionWhenHeld } from './attention.ts';
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
import { type Attempt, attemptOf, type RunningRefresh, type Trigger } from './refresh.ts';
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
  const details = detailsOf(ending);
  const attempt = attemptOf({ refreshId, trigger, acceptedAt: now }, ending, details !== null);
  // Texts first: they are not shown without their end. Then the last attempt, from which a later delivery finishes: had the
  // refresh been written first, a crash and a start that MX then accepts would leave it in the history, never published.
  if (details !== null) await deps.refreshes.putDetails(refusedRefresh(deps, key, attempt), now, details);
  await deps.unstarted.recordRefused(key, attempt, attentionAtEnd(record.attention, { attempt, member: null }));
  await publishRefusal(deps, key, attempt);
  return 'recorded';
}

/** What is left to do for a refused start that is the member's last attempt: its refresh, and the event. Repeatable. */
export async function publishRefusal(deps: RefreshDeps, key: MemberKey, attempt: Attempt): Promise<void> {
  await deps.refreshes.end({ refresh: refusedRefresh(deps, key, attempt), end: attempt, details: undefined });
  // A duplicate may have written it before: the stored refusal is the one that is published.
  const refresh = await deps.refreshes.read(attempt.refreshId);
  if (refresh?.status !== 'ended') return;
  await publishOutcome(deps, key, attemptOf(refresh, refresh.result, attempt.hasDetails));
}

/** The refresh that a refused start would have been. */
const refusedRefresh = (
  { policy }: Pick<RefreshDeps, 'policy'>,
  member: MemberKey,
  { refreshId, trigger, acceptedAt }: Attempt,
): RunningRefresh => ({
  refreshId,
  member,
  trigger,
  status: 'running',
  acceptedAt,
  deadline: plusSeconds(acceptedAt, policy.deadlineSeconds),
  userPresent: false,
  correlationId: null,
  joinedCorrelationIds: [],
  challenges: [],
  progress: null,
  result: null,
});

/** Why the schedule holds a member back. */
export interface Hold {
  readonly code: OutcomeCode;
  /** The turn at which it is held back. */
  readonly dueAt: Instant;
  /** When that was found. */
  readonly asOf: Instant;
}

/**
 * Tells that the schedule holds the member back, and remembers it: once for each reason. Told first: had it been noted first,
 * a crash in between would leave it untold. A repetition in the same turn sends the same event id, unless the reason has
 * changed since.
 *
 * A member that is held back for this already, and is not said to wait for anybody, gets that said, without another event: it
 * was held back by a release that did not know of it, or MX has taken back in between what it asks for.
 */
export async function holdBack(
  deps: Pick<RefreshDeps, 'unstarted' | 'events'>,
  record: MemberRecord,
  { code, dueAt, asOf }: Hold,
): Promise<void> {
  const { key, attention } = record;
  const action = actionFor(code);
  const before = heldOf(record);
  const isTold = before?.code === code;
  if (isTold && attention?.action === action) return;
  const held: Held = isTold ? before : { since: dueAt, code, action };
  if (!isTold) await deps.events.publish(heldEvent(key, held));
  await deps.unstarted.recordHeld(key, held, attentionWhenHeld(attention, held, asOf));
}

/** The user's action that the code asks for; `contact_support` where it asks for none. */
function actionFor(code: OutcomeCode): Action {
  const { action } = outcomes[code];
  return userActions.has(action) ? action : 'contact_support';
}
