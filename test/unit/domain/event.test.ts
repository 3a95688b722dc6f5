import { describe, expect, it } from 'vitest';
import { type Action, userActions } from '../../../shared/domain/action.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import {
  balanceEvent,
  changedBalances,
  connectionEvent,
  deletedEvent,
  EVENT_SOURCE,
  endedEvent,
  heldEvent,
  institutionEvent,
} from '../../../shared/domain/event.ts';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import type { Attempt } from '../../../shared/domain/refresh.ts';
import { connectionStatuses } from '../../../shared/domain/statuses.ts';
import { faultsOf, typesWithSchema } from './event-schemas.ts';

const member = { userGuid: 'USR-1', memberGuid: 'MBR-1' };
const refreshId = 'RFR-01M7Y73T98KQEFG4D69QXDE6NT';
const at = '2026-11-21T12:00:00.000Z';

const attempt = (outcome: Outcome, action: Action): Attempt => ({
  refreshId,
  trigger: 'http',
  acceptedAt: at,
  outcome,
  action,
  code: 'degraded',
  connectionStatus: 'DENIED',
  hasDetails: true,
  endedAt: at,
  observedAt: outcome === 'succeeded' ? at : null,
});

const stored = (given: Partial<StoredBalance> = {}): StoredBalance => ({
  member,
  accountGuid: 'ACT-1',
  fields: { balance: Decimal.of('12345678901234567.89'), currency_code: 'USD', account_number: '****1234' },
  observedAt: at,
  freshAsOf: at,
  amountsSince: at,
  staleReason: null,
  refreshId,
  trigger: 'schedule',
  lastChange: { previousBalance: Decimal.of('-0.10'), refreshId, at },
  listed: true,
  ...given,
});

describe('an event', () => {
  it('comes from this service, by name', () => {
    expect(EVENT_SOURCE).toBe('mx-fresh-balances');
  });

  it('has a schema for each type', () => {
    expect(typesWithSchema.toSorted()).toEqual([
      'balance.changed',
      'connection.changed',
      'institution.degraded',
      'institution.recovered',
      'refresh.action_required',
      'refresh.failed',
      'refresh.succeeded',
      'schedule.held',
    ]);
  });

  it.each<[Outcome, Action, string]>([
    ['succeeded', 'none', 'refresh.succeeded'],
    ['action_required', 'answer_mfa', 'refresh.action_required'],
    ['failed', 'retry_later', 'refresh.failed'],
    ['not_refreshed', 'retry_later', 'refresh.failed'],
    ['timed_out', 'retry_later', 'refresh.failed'],
  ])('of an end as %s fits its schema', (outcome, action, type) => {
    const event = endedEvent(member, attempt(outcome, action));
    expect(event.type).toBe(type);
    expect(faultsOf(event)).toEqual([]);
    // Sentences, questions and MX's words stay here.
    expect(JSON.stringify(event)).not.toMatch(/500|city|words/);
  });

  it('the schema refuses a missing, new or wrong field', () => {
    const event = endedEvent(member, attempt('succeeded', 'none'));
    const { code: _, ...data } = event.data;
    expect(faultsOf({ ...event, data } as never)).toEqual(["/data must have required property 'code'"]);
    expect(faultsOf({ ...event, amount: 1 } as never)).toEqual([' must NOT have additional properties']);
    expect(faultsOf({ ...event, time: 'yesterday' })).toHaveLength(1);
    expect(faultsOf({ ...event, data: { ...event.data, outcome: 'failed' } })).toHaveLength(1);
  });
});

describe('balance.changed', () => {
  const eventsOf = (balances: readonly StoredBalance[], withAmounts: boolean) =>
    changedBalances(balances, refreshId, withAmounts).map((changed) =>
      balanceEvent(member, { refreshId, trigger: 'http' }, changed),
    );

  it('one for each balance that this refresh changed', () => {
    const balances = [
      stored(),
      stored({
        accountGuid: 'ACT-2',
        lastChange: { previousBalance: null, refreshId: 'RFR-01M7Y73T98KQEFG4D69QXDE6NS', at },
      }),
      stored({ accountGuid: 'ACT-4', lastChange: null }),
      stored({ accountGuid: 'ACT-3' }),
    ];
    const events = eventsOf(balances, false);
    expect(events.map(({ id, subject }) => [id, subject])).toEqual([
      [`${refreshId}/ACT-1`, '/users/USR-1/members/MBR-1/accounts/ACT-1'],
      [`${refreshId}/ACT-3`, '/users/USR-1/members/MBR-1/accounts/ACT-3'],
    ]);
    for (const event of events) expect(faultsOf(event)).toEqual([]);
  });

  it('has amounts only when the operator wants them', () => {
    const [without] = eventsOf([stored()], false);
    expect(JSON.stringify(without)).not.toMatch(/1234|0\.10|amounts/);
    const [withAmounts] = eventsOf([stored()], true);
    expect(withAmounts?.data.amounts).toEqual({
      balance: '12345678901234567.89',
      previous_balance: '-0.10',
      currency_code: 'USD',
    });
    expect(JSON.stringify(withAmounts)).not.toContain('****');
    const changed = stored({ fields: {}, lastChange: { previousBalance: null, refreshId, at } });
    for (const event of eventsOf([changed], true)) {
      expect(event.data.amounts).toEqual({ balance: null, previous_balance: null, currency_code: null });
      expect(faultsOf(event)).toEqual([]);
    }
    if (withAmounts) expect(faultsOf(withAmounts)).toEqual([]);
  });
});

describe('connection.changed', () => {
  it.each([...connectionStatuses, 'SOMETHING_NEW', null])('to %s fits its schema and says what to do', (to) => {
    const event = connectionEvent(member, { from: 'DELAYED', to, at, refreshId: null });
    expect(faultsOf(event)).toEqual([]);
    expect(event.data).toMatchObject({ connection_status: to, previous_connection_status: 'DELAYED', deleted: false });
    if (to === 'CONNECTED') expect(event.data.action).toBe('none');
    if (to === 'DENIED') expect(event.data.action).toBe('reauthenticate');
    if (to === 'RESUMED' || to === null) expect(event.data.action).toBe('wait');
    if (to === 'PENDING') expect(userActions.has(event.data.action)).toBe(true);
  });

  it.each([
    [null, null, null],
    ['RFR-1', null, 'RFR-1'],
    ['RFR-1', 'order-1', 'order-1'],
  ])('seen by the refresh %s, called %s, is called %s', (by, given, called) => {
    const change = { from: 'CONNECTED', to: 'DENIED', at, refreshId: by };
    expect(connectionEvent(member, change, given).data.correlation_id).toBe(called);
  });

  it('same change: same id; another: another', () => {
    const change = { from: 'CONNECTED', to: 'DENIED', at, refreshId: null };
    const { id } = connectionEvent(member, change);
    expect(connectionEvent(member, { ...change }).id).toBe(id);
    expect(connectionEvent(member, { ...change, at: '2026-11-21T12:00:00.001Z' }).id).not.toBe(id);
    expect(connectionEvent({ ...member, memberGuid: 'MBR-2' }, change).id).not.toBe(id);
  });

  it('reports a deleted member once', () => {
    const event = deletedEvent(member, at);
    expect(faultsOf(event)).toEqual([]);
    expect(event.data).toMatchObject({ deleted: true, connection_status: null, action: 'reconnect' });
    expect(deletedEvent(member, '2026-11-22T12:00:00.000Z').id).toBe(event.id);
  });
});

describe('institution', () => {
  it.each(['degraded', 'recovered'] as const)('%s fits its schema', (to) => {
    const since = '2026-11-21T11:00:00.000Z';
    const event = institutionEvent('mxbank', { to, at, since, code: 'failed' });
    expect(faultsOf(event)).toEqual([]);
    expect(event).toMatchObject({
      id: `institutions/mxbank/${at}/${to}`,
      type: `institution.${to}`,
      subject: '/institutions/mxbank',
      time: at,
      data: { institution_code: 'mxbank', since, code: 'failed' },
    });
  });
});

describe('schedule.held', () => {
  const held = { since: at, code: 'denied', action: 'reauthenticate' } as const;

  it('says since when, why and what to do', () => {
    const event = heldEvent(member, held);
    expect(faultsOf(event)).toEqual([]);
    expect(event).toMatchObject({
      subject: '/users/USR-1/members/MBR-1',
      time: at,
      data: { user_guid: 'USR-1', member_guid: 'MBR-1', ...held },
    });
  });

  it('has an id of member, instant and reason', () => {
    expect(heldEvent(member, held).id).toBe('USR-1/MBR-1/2026-11-21T12:00:00.000Z/held/denied');
  });
});
