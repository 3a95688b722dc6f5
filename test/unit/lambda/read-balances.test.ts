import { describe, expect, it } from 'vitest';
import { readBalances } from '../../../functions/read-balances.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { type Claim, runningRefresh } from '../../../shared/domain/refresh.ts';
import { detailsByCode } from '../../../shared/domain/refresh-details.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { putRefresh } from '../../fakes/put-refresh.ts';
import { attemptOf, claim, key, knownMember, mxAccount, policy, question, T0 } from '../../samples.ts';
import { nothingKnown } from '../domain/nothing-known.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { endedClaim } from '../domain/start-due-world.ts';
import { apiRequest } from './api-event.ts';
import { attempt, ID2, parameters, stamp } from './stored-member.ts';

/** Under way, and MX asks the user something. */
const challenged = claim({
  refreshId: ID2,
  userPresent: true,
  questions: 'some',
  seenStatus: { connectionStatus: 'CHALLENGED' },
});

const ours = { listed: true, fresh_as_of: T0, stale_reason: null };

describe('reading balances', () => {
  async function world(record: MemberRecord | null = knownMember(), accounts = 0) {
    const made = refreshWorld(record === null ? withMember() : withMember(record));
    const list = Array.from({ length: accounts }, (_, index) => mxAccount(`ACT-${index}`, `${index}.10`));
    if (accounts > 0) await made.balances.store(key, list, stamp);
    const deps = {
      members: made.deps.members,
      balances: made.balances,
      refreshes: made.history,
      allowance: policy,
      staleAfterSeconds: 3600,
      now: made.deps.now,
    };
    const read = (given: Partial<ApiRequest> = {}) =>
      readBalances(deps, apiRequest({ parameters, routeKey: 'GET /users/{u}/members/{m}/accounts', ...given }));
    return { ...made, read };
  }

  it('has MX’s list, pagination and freshness, exact', async () => {
    const { read, mxCalls } = await world(knownMember(), 2);
    const { status, headers, body } = await read();
    expect(status).toBe(200);
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      accounts: [
        { ...nothingKnown, ...ours, guid: 'ACT-0', balance: 0.1, member_guid: 'MBR-1', user_guid: 'USR-1' },
        { ...nothingKnown, ...ours, guid: 'ACT-1', balance: 1.1, member_guid: 'MBR-1', user_guid: 'USR-1' },
      ],
      pagination: { current_page: 1, per_page: 25, total_entries: 2, total_pages: 1 },
    });
    expect(JSON.stringify(body)).toContain('"balance":1.10');
    expect(headers).toMatchObject({
      'balances-freshness': 'fresh',
      'balances-fresh-as-of': T0,
      'balances-observed-at': T0,
      age: '0',
    });
    expect(mxCalls).toEqual([]);
  });

  const settled = { guid: 'MBR-1', connection_status: 'CONNECTED' };

  it.each<[string, string, Claim | null, object]>([
    ['', 'settled', null, { ...settled, name: 'MX Bank' }],
    ['/status', 'settled', null, settled],
    [
      '/status',
      'challenged',
      challenged,
      {
        guid: 'MBR-1',
        connection_status: 'CHALLENGED',
        is_being_aggregated: true,
        aggregated_at: '2026-11-21T06:00:00.000Z',
        successfully_aggregated_at: '2026-11-21T06:00:09.000Z',
        challenges: [expect.objectContaining({ guid: 'CRD-1' })],
      },
    ],
  ])('has the member at …/members/{m}%s, %s', async (end, _how, running, shown) => {
    const { read, history, table } = await world(knownMember({ claim: running }), 1);
    table.bodies.set(textOf(key), { body: { ...settled, name: 'MX Bank' }, seenAt: plusSeconds(T0, -60) });
    await putRefresh(history, runningRefresh(key, challenged, [question]));
    const answer = await read({ routeKey: `GET /users/{u}/members/{m}${end}` });
    expect(answer).toMatchObject({ status: 200, headers: { 'balances-freshness': 'fresh' } });
    expect([answer.logged, JSON.parse(JSON.stringify(answer.body))]).toEqual([
      { member_guid: 'MBR-1' },
      { member: shown },
    ]);
  });

  it('has what MX asks the user, else 204', async () => {
    const { read, history } = await world(knownMember({ claim: challenged }));
    await putRefresh(history, runningRefresh(key, challenged, [question]));
    const asked = await read({ routeKey: 'GET /users/{u}/members/{m}/challenges' });
    expect([asked.status, JSON.parse(JSON.stringify(asked.body))]).toEqual([
      200,
      {
        challenges: [
          {
            guid: 'CRD-1',
            label: 'What city?',
            type: 'TEXT',
            field_name: null,
            options: [],
            image_data: null,
            image_options: [],
          },
        ],
        pagination: { current_page: 1, per_page: 25, total_entries: 1, total_pages: 1 },
      },
    ]);
    const quiet = await (await world()).read({ routeKey: 'GET /users/{u}/members/{m}/challenges' });
    expect(quiet).toMatchObject({ status: 204, headers: { 'balances-freshness': 'never_refreshed' } });
    expect(quiet).not.toHaveProperty('body');
  });

  it('leaves out unlisted accounts unless asked for', async () => {
    const { read, balances } = await world(knownMember(), 2);
    await balances.store(key, [mxAccount('ACT-0', '1')], { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 });
    const shown = async (query: ApiRequest['query'] = {}) => {
      const { headers, body } = await read({ query });
      const { accounts, pagination } = JSON.parse(JSON.stringify(body));
      return {
        observedAt: headers?.['balances-observed-at'],
        total: pagination.total_entries,
        accounts: accounts.map((one: Record<string, unknown>) => [one['guid'], one['listed'], one['stale_reason']]),
      };
    };
    const listed = { observedAt: plusSeconds(T0, 60), total: 1, accounts: [['ACT-0', true, null]] };
    expect(await shown()).toEqual(listed);
    expect(await shown({ include_unlisted: 'false' })).toEqual(listed);
    expect(await shown({ include_unlisted: 'true' })).toEqual({
      observedAt: plusSeconds(T0, 60),
      total: 2,
      accounts: [
        ['ACT-0', true, null],
        ['ACT-1', false, 'no_longer_listed'],
      ],
    });
  });

  it('shows an unlisted account as such, never fresh', async () => {
    const { read, balances } = await world(knownMember(), 2);
    await balances.store(key, [mxAccount('ACT-0', '1')], { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 });
    const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
    const { headers, body } = await read({ routeKey, parameters: { ...parameters, account_identifier: 'ACT-1' } });
    expect(body).toMatchObject({ account: { guid: 'ACT-1', listed: false, fresh_as_of: T0 } });
    expect(headers).toMatchObject({
      'balances-freshness': 'stale',
      'balances-stale-reason': 'no_longer_listed',
      age: '0',
    });
  });

  it('shows the listed account when two had its id', async () => {
    const { read, balances } = await world();
    await balances.store(key, [mxAccount('ACT-1', '1', '"id":"own-1"')], stamp);
    const relinked = { ...stamp, observedAt: plusSeconds(T0, 60), refreshId: ID2 };
    await balances.store(key, [mxAccount('ACT-2', '2', '"id":"own-1"')], relinked);
    const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
    const { body } = await read({ routeKey, parameters: { ...parameters, account_identifier: 'own-1' } });
    expect(body).toMatchObject({ account: { guid: 'ACT-2', listed: true } });
  });

  it('says when it may lack an account', async () => {
    const success = { refreshId: 'RFR-1', observedAt: T0, incomplete: true };
    const { read } = await world(knownMember({ lastSuccess: success }), 1);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'fresh', 'balances-incomplete': 'true' });
    const complete = await world(knownMember({ lastSuccess: { ...success, incomplete: false } }), 1);
    expect((await complete.read()).headers).not.toHaveProperty('balances-incomplete');
  });

  it('says why the schedule holds the member back', async () => {
    const held = { since: plusSeconds(T0, 1), code: 'locked', action: 'act_at_institution' } as const;
    const { read, wait } = await world(knownMember({ held }), 1);
    expect((await read()).headers).toMatchObject({
      'balances-freshness': 'fresh',
      'balances-schedule-held': `locked; action=act_at_institution; since=${held.since}`,
    });
    wait(3 * 3600);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'locked' });
  });

  it('has the page that is asked for', async () => {
    const { read } = await world(knownMember(), 26);
    const { body } = await read({ query: { page: '3', records_per_page: '10' } });
    expect(body).toMatchObject({ pagination: { current_page: 3, per_page: 10, total_entries: 26, total_pages: 3 } });
    expect(JSON.parse(JSON.stringify(body)).accounts).toHaveLength(6);
  });

  it('says when and why they are stale', async () => {
    const failed = {
      ...attempt,
      outcome: 'action_required',
      action: 'reauthenticate',
      code: 'denied',
      endedAt: '2026-11-21T13:00:00.000Z',
    } as const;
    const { read, wait } = await world(knownMember({ lastAttempt: failed }), 1);
    wait(3 * 3600);
    expect((await read()).headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'denied' });
  });

  it('has one account by guid or own id', async () => {
    const { read, balances } = await world();
    await balances.store(key, [mxAccount('ACT-1', '1'), mxAccount('ACT-2', '2', '"id":"feed-2"')], stamp);
    const one = async (account_identifier: string) => {
      const routeKey = 'GET /users/{u}/members/{m}/accounts/{account_identifier}';
      return JSON.parse(
        JSON.stringify((await read({ routeKey, parameters: { ...parameters, account_identifier } })).body),
      );
    };
    expect(await one('ACT-1')).toMatchObject({ account: { guid: 'ACT-1' } });
    expect(await one('feed-2')).toMatchObject({ account: { guid: 'ACT-2', balance: 2 } });
    await expect(one('ACT-3')).rejects.toMatchObject({ code: 'account_not_found' });
  });

  it('is an empty list when no account was found', async () => {
    const lastSuccess = { refreshId: 'RFR-1', observedAt: T0, incomplete: false };
    const { read } = await world(knownMember({ lastSuccess }));
    const { headers, body } = await read();
    expect(body).toMatchObject({ accounts: [], pagination: { total_entries: 0 } });
    expect(headers).toMatchObject({ 'balances-freshness': 'stale', 'balances-stale-reason': 'no_accounts' });
  });

  it('says how the only refresh ended, and the action', async () => {
    const denied = {
      ...attempt,
      outcome: 'action_required',
      action: 'reauthenticate',
      code: 'denied',
      observedAt: null,
      hasDetails: true,
    } as const;
    const { read, history } = await world(knownMember({ lastAttempt: denied }));
    const texts = { ...detailsByCode(denied), userMessage: 'Please log in again.' };
    await history.putDetails(runningRefresh(key, claim({ refreshId: denied.refreshId })), denied.endedAt, texts);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'never_refreshed',
      message:
        'no balances are stored for this member yet; its last refresh ended as denied: The institution refused the stored credentials.',
      details: { action: 'reauthenticate', refreshId: stamp.refreshId, userMessage: 'Please log in again.' },
    });
  });

  it('says which request comes first', async () => {
    const { read } = await world();
    await expect(read()).rejects.toMatchObject({
      message:
        'no balances are stored for this member yet; trigger a refresh first: POST …/members/{member_identifier}/check_balance',
    });
  });

  it.each<[string, Partial<MemberRecord>]>([
    ['its claim is still there', { claim: endedClaim(T0) }],
    ['nothing is kept of it but its code', {}],
  ])('says how the only refresh ended: %s', async (_what, given) => {
    const { read } = await world(knownMember({ lastAttempt: attemptOf(claim({ refreshId: ID2 })), ...given }));
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'never_refreshed', details: { action: 'retry_later', refreshId: ID2 } });
    expect(failure).not.toHaveProperty('details.userMessage');
  });

  it('says that the first refresh is under way', async () => {
    const { read } = await world(knownMember({ claim: claim({ refreshId: ID2 }) }));
    await expect(read()).rejects.toMatchObject({
      code: 'never_refreshed',
      message: 'no balances are stored for this member yet; a refresh of it is under way',
      details: { action: 'wait', refreshId: ID2 },
    });
  });

  it.each<[string, MemberRecord | null]>([
    ['member_not_found', null],
    ['member_deleted', knownMember({ deletedAt: T0 })],
    ['never_refreshed', knownMember()],
  ])('refused with %s: no identifier in the sentence', async (code, record) => {
    const { read } = await world(record);
    const failure = await read().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, fate: 'caller-fault' });
    expect(String(failure)).not.toMatch(/USR-1|MBR-1/);
  });

  it.each([
    ['user_identifier', { ...parameters, user_identifier: 'a b' }, {}],
    ['member_identifier', { user_identifier: 'u' }, {}],
    ['account_identifier', { ...parameters, account_identifier: 'a/b' }, {}],
    ['page', parameters, { page: '0' }],
    ['include_unlisted', parameters, { include_unlisted: 'yes' }],
    ['use_case', parameters, { use_case: 'PFM' }],
  ])('is refused for a bad %s before any read', async (field, wrong, query) => {
    const { read } = await world(null);
    await expect(read({ parameters: wrong, query })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field },
    });
  });
});
