import { describe, expect, it } from 'vitest';
import { readUser } from '../../../functions/read-balances.ts';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { ApiRequest } from '../../../shared/lambda/http.ts';
import { key, knownMember, policy, T0 } from '../../samples.ts';
import { apiRequest } from './api-event.ts';
import { stamp } from './stored-member.ts';

describe('reading what is stored of a user', () => {
  const other = { userGuid: 'USR-1', memberGuid: 'MBR-2' };
  const stored = (member: typeof key, guid: string, observedAt: string, id: string): StoredBalance => ({
    member,
    accountGuid: guid,
    fields: { guid, id, user_guid: member.userGuid, member_guid: member.memberGuid },
    observedAt,
    freshAsOf: observedAt,
    amountsSince: observedAt,
    staleReason: null,
    refreshId: stamp.refreshId,
    trigger: 'http',
    lastChange: null,
    listed: true,
  });
  const success = { refreshId: stamp.refreshId, observedAt: T0, incomplete: false };
  const two = [knownMember({ lastSuccess: success }), knownMember({ key: other, lastSuccess: success })];
  const balances = [
    stored(key, 'ACT-1', plusSeconds(T0, -60), 'checking'),
    stored(other, 'ACT-2', plusSeconds(T0, -10), 'checking'),
    { ...stored(other, 'ACT-3', plusSeconds(T0, -90), 'savings'), listed: false },
    // Of a member whose deletion has not erased it yet.
    stored({ userGuid: 'USR-1', memberGuid: 'MBR-9' }, 'ACT-9', T0, 'gone'),
  ];

  const ask = (routeKey: string, given: Partial<ApiRequest> = {}, members = two, all = balances) =>
    readUser(
      {
        users: {
          resolve: async (user) => (['USR-1', 'own-1'].includes(user) ? 'USR-1' : null),
          members: async () => members,
          bodies: async () => new Map([['MBR-1', { body: { guid: 'MBR-1', name: 'MX Bank' }, seenAt: T0 }]]),
          balances: async () => all,
        },
        allowance: policy,
        staleAfterSeconds: 3600,
        now: () => T0,
      },
      apiRequest({ routeKey, parameters: { user_identifier: 'USR-1' }, ...given }),
    );
  const guidsIn = (body: unknown, list: string): unknown[] =>
    JSON.parse(JSON.stringify(body))[list].map((one: { guid: string }) => one.guid);

  it('lists accounts of known members, as fresh as the oldest', async () => {
    const { status, headers, body } = await ask('GET /users/{u}/accounts');
    expect(status).toBe(200);
    expect(guidsIn(body, 'accounts')).toEqual(['ACT-1', 'ACT-2']);
    expect(body).toMatchObject({ pagination: { current_page: 1, per_page: 25, total_entries: 2, total_pages: 1 } });
    expect(headers).toMatchObject({ 'balances-known-members': '2', 'balances-freshness': 'fresh', age: '60' });
  });

  it.each([
    [true, 'true'],
    [false, undefined],
  ])('says whether it may lack an account: %s', async (incomplete, said) => {
    const [first, second] = two.map((member) => ({ ...member, lastSuccess: success }));
    const members = first && second ? [first, { ...second, lastSuccess: { ...success, incomplete } }] : [];
    const { headers } = await ask('GET /users/{u}/accounts', {}, members);
    expect(headers?.['balances-incomplete']).toBe(said);
  });

  it('lists unlisted accounts when asked for, page by page', async () => {
    const query = { include_unlisted: 'true', page: '1', records_per_page: '10' };
    expect(guidsIn((await ask('GET /users/{u}/accounts', { query })).body, 'accounts')).toEqual([
      'ACT-1',
      'ACT-2',
      'ACT-3',
    ]);
    const next = await ask('GET /users/{u}/accounts', { query: { ...query, page: '2' } });
    expect(guidsIn(next.body, 'accounts')).toEqual([]);
  });

  it('is never fresh while a known member has no balances', async () => {
    const members = [...two, knownMember({ key: { userGuid: 'USR-1', memberGuid: 'MBR-3' } })];
    const { status, headers } = await ask('GET /users/{u}/accounts', {}, members);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'balances-freshness': 'never_refreshed', 'balances-known-members': '3' });
    expect(headers).not.toHaveProperty('age');
  });

  it('lists its members, refreshed or not', async () => {
    const members = two.map((member) => ({ ...member, seenAt: T0, lastSuccess: null }));
    const given = { parameters: { user_identifier: 'own-1' } };
    const { status, headers, body } = await ask('GET /users/{u}/members', given, members, []);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      members: [{ guid: 'MBR-1', name: 'MX Bank' }, { guid: 'MBR-2' }],
      pagination: { total_entries: 2 },
    });
    expect(headers).toMatchObject({ 'balances-freshness': 'never_refreshed' });
  });

  it.each([
    ['guid', 'ACT-2', '10'],
    ['id', 'savings', '90'],
  ])('reads one account by its %s', async (how, named, age) => {
    const given = { parameters: { user_identifier: 'USR-1', account_identifier: named } };
    const { status, headers, logged, body } = await ask('GET /users/{u}/accounts/{a}', given);
    expect([status, headers?.['age'], logged]).toEqual([200, age, { member_guid: 'MBR-2' }]);
    expect(body).toMatchObject({ account: { member_guid: 'MBR-2', [how]: named } });
  });

  it.each([
    ['an id of two members', 'GET /users/{u}/accounts/{a}', 'USR-1', 'checking', 'invalid_request'],
    ['an account of a deleted member', 'GET /users/{u}/accounts/{a}', 'USR-1', 'ACT-9', 'account_not_found'],
    ['an unknown account', 'GET /users/{u}/accounts/{a}', 'USR-1', 'ACT-0', 'account_not_found'],
    ['an unknown own id', 'GET /users/{u}/members', 'own-2', undefined, 'user_not_found'],
    ['a bad identifier', 'GET /users/{u}/members', 'a b', undefined, 'invalid_request'],
  ])('refuses %s', async (_what, routeKey, user, named, code) => {
    const given = { user_identifier: user, ...(named === undefined ? {} : { account_identifier: named }) };
    await expect(ask(routeKey, { parameters: given })).rejects.toMatchObject({ code });
  });

  it('names the identifier of which two members have an account', async () => {
    const given = { parameters: { user_identifier: 'USR-1', account_identifier: 'checking' } };
    await expect(ask('GET /users/{u}/accounts/{a}', given)).rejects.toMatchObject({
      message: 'account_identifier is the id of accounts of several members: send the guid',
      details: { field: 'account_identifier' },
    });
  });

  it.each([
    ['no account, of members refreshed', two, [], 0],
    ['accounts, before the end of the first refresh', [knownMember()], balances.slice(0, 1), 1],
  ])('lists %s', async (_what, members, all, entries) => {
    const { status, body } = await ask('GET /users/{u}/accounts', {}, members, all);
    expect([status, body]).toMatchObject([200, { pagination: { total_entries: entries } }]);
  });

  it('says when nothing is known, or nothing stored', async () => {
    await expect(ask('GET /users/{u}/accounts', {}, [])).rejects.toMatchObject({ code: 'user_not_found' });
    const never = [knownMember()];
    await expect(ask('GET /users/{u}/accounts', {}, never, [])).rejects.toMatchObject({ code: 'never_refreshed' });
  });

  it.each(['GET /users/{u}/accounts', 'GET /users/{u}/members'])('refuses a filter of MX’s: %s', async (routeKey) => {
    await expect(ask(routeKey, { query: { use_case: 'PFM' } })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'use_case' },
    });
  });
});
