/**
 * Events for other systems: ids, statuses and actions; no account numbers, and amounts only where the operator wants
 * them. Their shapes are published: `docs/events.md` and a JSON Schema for each type in `docs/events/`.
 */

import type { Action } from './action.ts';
import type { BalanceChange, StoredBalance } from './balance.ts';
import type { BreakerChange } from './breaker.ts';
import { Decimal } from './decimal.ts';
import type { Held } from './held.ts';
import type { Instant } from './instant.ts';
import type { MemberKey } from './mx.ts';
import { type Outcome, type OutcomeCode, outcomes } from './outcome.ts';
import type { Attempt, Trigger } from './refresh.ts';
import { ruleFor } from './statuses.ts';

/** The `source` of every event of this service on the bus. */
export const EVENT_SOURCE = 'mx-fresh-balances';

/** An event in the manner of CloudEvents 1.0: the `detail` of the EventBridge entry. */
interface CloudEvent<Type extends string, Data> {
  readonly specversion: '1.0';
  /** The same for every delivery of the same event: a receiver drops repetitions by it. */
  readonly id: string;
  readonly type: Type;
  /** A path of this API: `/users/{user_guid}/members/{member_guid}`, perhaps with `/accounts/{account_guid}`. */
  readonly subject: string;
  readonly time: Instant;
  readonly schema_version: 1;
  readonly data: Data;
}

/** A refresh is over. `not_refreshed` and `timed_out` are told apart in the data of `refresh.failed`. */
export type RefreshEnded = CloudEvent<
  'refresh.succeeded' | 'refresh.action_required' | 'refresh.failed',
  {
    readonly refresh_id: string;
    /** What the caller that began the refresh calls it; without one, the refresh's id. */
    readonly correlation_id: string;
    readonly user_guid: string;
    readonly member_guid: string;
    readonly trigger: Trigger;
    readonly outcome: Outcome;
    readonly action: Action;
    readonly code: OutcomeCode;
    readonly connection_status: string | null;
    readonly accepted_at: Instant;
    readonly ended_at: Instant;
    readonly observed_at: Instant | null;
  }
>;

/** The balance of one account is another than at the observation before. */
export type BalanceChanged = CloudEvent<
  'balance.changed',
  {
    readonly refresh_id: string;
    /** As in the event of the refresh's end. */
    readonly correlation_id: string;
    readonly user_guid: string;
    readonly member_guid: string;
    readonly account_guid: string;
    readonly trigger: Trigger;
    readonly observed_at: Instant;
    /** Only with the setting `amountsInEvents`; decimals as text, because a reader's double would round them. */
    readonly amounts?: {
      readonly balance: string | null;
      readonly previous_balance: string | null;
      readonly currency_code: string | null;
    };
  }
>;

/** MX shows another connection status than before, or no longer has the member. */
export type ConnectionChanged = CloudEvent<
  'connection.changed',
  {
    readonly user_guid: string;
    readonly member_guid: string;
    /** Null: MX gives none, or the member is gone. */
    readonly connection_status: string | null;
    readonly previous_connection_status: string | null;
    readonly action: Action;
    readonly deleted: boolean;
    /** The refresh at whose end it was seen; null when a webhook made us look. */
    readonly refresh_id: string | null;
    /** As in the event of that refresh's end. */
    readonly correlation_id: string | null;
  }
>;

/** The schedule does not start a member until `action` is done. Sent once for each reason. */
export type ScheduleHeld = CloudEvent<
  'schedule.held',
  {
    readonly user_guid: string;
    readonly member_guid: string;
    readonly since: Instant;
    readonly code: OutcomeCode;
    readonly action: Action;
  }
>;

/** Jobs at an institution fail for the bank's reasons, or end well again. Unattended starts wait in between. */
export type InstitutionChanged = CloudEvent<
  'institution.degraded' | 'institution.recovered',
  {
    readonly institution_code: string;
    /** Since when the bank has not worked. */
    readonly since: Instant;
    /** How the job ended that showed it. */
    readonly code: OutcomeCode;
  }
>;

/** Everything that is published. Its `type` is the detail-type on the bus. */
export type DomainEvent = RefreshEnded | BalanceChanged | ConnectionChanged | ScheduleHeld | InstitutionChanged;

const envelope = { specversion: '1.0', schema_version: 1 } as const;

const subjectOf = (member: MemberKey): string => `/users/${member.userGuid}/members/${member.memberGuid}`;

const guidsOf = (member: MemberKey) => ({ user_guid: member.userGuid, member_guid: member.memberGuid });

const typeOf = (outcome: Outcome): RefreshEnded['type'] =>
  outcome === 'succeeded' || outcome === 'action_required' ? `refresh.${outcome}` : 'refresh.failed';

/** A refresh that has ended, as its events tell of it. `correlationId`: null or left out where no caller gave one. */
export type ToldAttempt = Omit<Attempt, 'hasDetails'> & { readonly correlationId?: string | null };

/** The event that tells of the end of a refresh. */
export const endedEvent = (member: MemberKey, attempt: ToldAttempt): RefreshEnded => ({
  ...envelope,
  id: `${attempt.refreshId}/ended`,
  type: typeOf(attempt.outcome),
  subject: subjectOf(member),
  time: attempt.endedAt,
  data: {
    refresh_id: attempt.refreshId,
    correlation_id: attempt.correlationId ?? attempt.refreshId,
    ...guidsOf(member),
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

/** A balance that a refresh has changed. */
export interface ChangedBalance {
  readonly accountGuid: string;
  /** When the new one was observed. */
  readonly at: Instant;
  readonly amounts?: BalanceChanged['data']['amounts'];
}

/**
 * Those of `stored` whose balance the refresh changed, unless a later one has changed it since. The items themselves say
 * so, so that a crash between storing and publishing loses none. What an item says of its last observation is not used:
 * that may be a later one.
 */
export const changedBalances = (
  stored: readonly StoredBalance[],
  refreshId: string,
  withAmounts: boolean,
): readonly ChangedBalance[] =>
  stored.flatMap(({ accountGuid, fields, lastChange }) => {
    if (lastChange?.refreshId !== refreshId) return [];
    const { at } = lastChange;
    return [{ accountGuid, at, ...(withAmounts ? { amounts: amountsOf(fields, lastChange) } : {}) }];
  });

/** The event that tells of a changed balance. */
export const balanceEvent = (
  member: MemberKey,
  { refreshId, trigger, correlationId }: Pick<ToldAttempt, 'refreshId' | 'trigger' | 'correlationId'>,
  { accountGuid, at, amounts }: ChangedBalance,
): BalanceChanged => ({
  ...envelope,
  id: `${refreshId}/${accountGuid}`,
  type: 'balance.changed',
  subject: `${subjectOf(member)}/accounts/${accountGuid}`,
  time: at,
  data: {
    refresh_id: refreshId,
    correlation_id: correlationId ?? refreshId,
    ...guidsOf(member),
    account_guid: accountGuid,
    trigger,
    observed_at: at,
    ...(amounts === undefined ? {} : { amounts }),
  },
});

function amountsOf(
  { balance, currency_code: currency }: StoredBalance['fields'],
  { previousBalance }: BalanceChange,
): NonNullable<BalanceChanged['data']['amounts']> {
  return {
    balance: balance instanceof Decimal ? balance.text : null,
    previous_balance: previousBalance?.text ?? null,
    currency_code: typeof currency === 'string' ? currency : null,
  };
}

/** A connection status that is another than before. */
export interface ConnectionChange {
  readonly from: string | null;
  readonly to: string | null;
  readonly at: Instant;
  /** The refresh at whose end it was seen; null when a webhook made us look. */
  readonly refreshId: string | null;
}

/** The event that tells of `change`. `correlationId`: of its refresh. */
export const connectionEvent = (
  member: MemberKey,
  change: ConnectionChange,
  correlationId: string | null = null,
): ConnectionChanged => {
  const event = connectionChanged(member, change, actionFor(change.to), false);
  return { ...event, data: { ...event.data, correlation_id: correlationId ?? change.refreshId } };
};

/** The event that tells that MX no longer has the member. The same member is deleted once. */
export const deletedEvent = (member: MemberKey, at: Instant): ConnectionChanged => ({
  ...connectionChanged(member, { from: null, to: null, at, refreshId: null }, 'reconnect', true),
  id: `${member.userGuid}/${member.memberGuid}/deleted`,
});

const connectionChanged = (
  member: MemberKey,
  { from, to, at, refreshId }: ConnectionChange,
  action: Action,
  deleted: boolean,
): ConnectionChanged => ({
  ...envelope,
  id: `${member.userGuid}/${member.memberGuid}/${refreshId ?? at}/connection`,
  type: 'connection.changed',
  subject: subjectOf(member),
  time: at,
  data: {
    ...guidsOf(member),
    connection_status: to,
    previous_connection_status: from,
    action,
    deleted,
    refresh_id: refreshId,
    correlation_id: refreshId,
  },
});

/** The event that tells that the member is held back. */
export const heldEvent = (member: MemberKey, { since, code, action }: Held): ScheduleHeld => ({
  ...envelope,
  id: `${member.userGuid}/${member.memberGuid}/${since}/held/${code}`,
  type: 'schedule.held',
  subject: subjectOf(member),
  time: since,
  data: { ...guidsOf(member), since, code, action },
});

/** The event that tells that an institution's breaker has opened or closed. */
export const institutionEvent = (code: string, { to, at, since, code: why }: BreakerChange): InstitutionChanged => ({
  ...envelope,
  id: `institutions/${code}/${at}/${to}`,
  type: `institution.${to}`,
  subject: `/institutions/${code}`,
  time: at,
  data: { institution_code: code, since, code: why },
});

/** The action for a status outside a refresh; `wait` for a status between two states. */
function actionFor(status: string | null): Action {
  const rule = ruleFor(status);
  return rule.whenOver === 'wait' && !rule.holdsBackUnattended ? 'wait' : outcomes[rule.end].action;
}
