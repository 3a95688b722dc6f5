/** Events for other systems: ids, statuses and actions; no amounts, no account numbers. */
import type { Instant } from './instant.ts';
import type { MemberKey } from './mx.ts';
import type { Action, Attempt, Outcome, Trigger } from './refresh.ts';

/** The detail-types on the bus. `not_refreshed` and `timed_out` are told apart in the data of `refresh.failed`. */
export type EventType = 'refresh.succeeded' | 'refresh.action_required' | 'refresh.failed';

/** An event in the manner of CloudEvents 1.0: the `detail` of the EventBridge entry. */
export interface DomainEvent {
  readonly specversion: '1.0';
  /** The same for every delivery of the same event: recognise doubles by it. */
  readonly id: string;
  readonly type: EventType;
  /** `/users/{user_guid}/members/{member_guid}` */
  readonly subject: string;
  readonly time: Instant;
  readonly schema_version: 1;
  readonly data: {
    readonly refresh_id: string;
    readonly user_guid: string;
    readonly member_guid: string;
    readonly trigger: Trigger;
    readonly outcome: Outcome;
    readonly action: Action;
    readonly code: string;
    readonly connection_status: string | null;
    readonly accepted_at: Instant;
    readonly ended_at: Instant;
    readonly observed_at: Instant | null;
  };
}

const typeOf = (outcome: Outcome): EventType =>
  outcome === 'succeeded' || outcome === 'action_required' ? `refresh.${outcome}` : 'refresh.failed';

/** The event that tells of the end of a refresh. */
export const endedEvent = (member: MemberKey, attempt: Attempt): DomainEvent => ({
  specversion: '1.0',
  id: `${attempt.refreshId}/ended`,
  type: typeOf(attempt.outcome),
  subject: `/users/${member.userGuid}/members/${member.memberGuid}`,
  time: attempt.endedAt,
  schema_version: 1,
  data: {
    refresh_id: attempt.refreshId,
    user_guid: member.userGuid,
    member_guid: member.memberGuid,
    trigger: attempt.trigger,
    outcome: attempt.outcome,
    action: attempt.action,
    code: attempt.code,
    connection_status: attempt.connectionStatus,
    accepted_at: attempt.acceptedAt,
    ended_at: attempt.endedAt,
    observed_at: attempt.observedAt,
  },
});
