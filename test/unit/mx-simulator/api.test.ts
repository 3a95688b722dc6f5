import { describe, expect, it } from 'vitest';
import { ACCOUNT_FIELDS } from '../../../infra/mx-simulator/account-fields.ts';
import { SEED_MEMBERS } from '../../../infra/mx-simulator/seed-data.ts';
import type { VirtualMx } from './virtual-mx.ts';
import { GOOD_HEADERS, list, parse, part, virtualMx } from './virtual-mx.ts';

const MEMBER = '/users/user-1/members/member-1';
const ACCOUNTS = `${MEMBER}/accounts`;

describe('who may call', () => {
  const status = (headers: Record<string, string>, path = MEMBER) =>
    virtualMx().call('GET', path, undefined, headers).status;

  it('401 without or with wrong credentials, on every path', () => {
    const { authorization: _, ...without } = GOOD_HEADERS;
    expect(status(without)).toBe(401);
    expect(status({ ...GOOD_HEADERS, authorization: 'Basic d3Jvbmc6d3Jvbmc=' })).toBe(401);
    expect(status(without, '/nowhere')).toBe(401);
  });

  it('406 without a version and with an unknown one', () => {
    const { 'accept-version': _, ...without } = GOOD_HEADERS;
    expect(status(without)).toBe(406);
    expect(status({ ...GOOD_HEADERS, 'accept-version': 'v19990101' })).toBe(406);
    expect(status(GOOD_HEADERS)).toBe(200);
  });

  it('the old version works in both headers, unless switched off', () => {
    const { 'accept-version': _, ...rest } = GOOD_HEADERS;
    const old = { ...rest, accept: 'application/vnd.mx.api.v1+json' };
    expect(status(old)).toBe(200);
    expect(status({ ...rest, 'accept-version': 'v20111101' })).toBe(200);
    const strict = virtualMx('ok', { acceptOldVersion: false });
    expect(strict.call('GET', MEMBER, undefined, old).status).toBe(406);
  });

  it('404 for unknown paths, 405 for methods, as MX writes', () => {
    const mx = virtualMx();
    for (const path of [
      '/users/user-9',
      '/users/user-1/members/nobody',
      '/nowhere',
      `${ACCOUNTS}/act-0`,
      '/users/%E0%A4%A',
    ]) {
      const answer = mx.call('GET', path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(part(parse(answer.body), 'error')['status']).toBe('not_found');
      expect(answer.headers['content-type']).toBe('application/json');
    }
    expect(mx.call('PATCH', MEMBER).status).toBe(405);
    expect(mx.call('GET', `${MEMBER}/check_balance`).status).toBe(405);
  });

  it("a member is not found under another user's path", () => {
    const mx = virtualMx();
    mx.model.control.addUser({ id: 'user-2' });
    expect(mx.call('GET', '/users/user-2/members/member-1').status).toBe(404);
  });
});

describe('reading', () => {
  it('takes guids and own ids, and shows all fields', () => {
    const mx = virtualMx();
    const member = part(mx.json('GET', MEMBER), 'member');
    const path = `/users/${member['user_guid']}/members/${member['guid']}`;
    expect(part(mx.json('GET', path), 'member')).toEqual(member);
    expect(Object.keys(member)).toHaveLength(24);
    expect(Object.keys(part(mx.json('GET', `${path}/status`), 'member'))).toHaveLength(9);
    const [account] = list(mx.json('GET', `${path}/accounts`), 'accounts');
    expect(Object.keys(account ?? {}).sort()).toEqual(Object.keys(ACCOUNT_FIELDS).sort());
    expect(Object.keys(ACCOUNT_FIELDS)).toHaveLength(58);
    expect(part(mx.json('GET', `${path}/accounts/${account?.['guid']}`), 'account')).toEqual(account);
    expect(part(mx.json('GET', `${ACCOUNTS}/${account?.['id']}`), 'account')).toEqual(account);
  });

  it('the account route of the user takes guids only', () => {
    const mx = virtualMx();
    const [account] = list(mx.json('GET', ACCOUNTS), 'accounts');
    const user = String(account?.['user_guid']);
    expect(mx.call('GET', `/users/${user}/accounts/${account?.['guid']}`).status).toBe(200);
    expect(mx.call('GET', `/users/${user}/accounts/${account?.['id']}`).status).toBe(404);
    expect(mx.call('GET', `/users/user-1/accounts/${account?.['guid']}`).status).toBe(404);
    expect(list(mx.json('GET', '/users/user-1/accounts'), 'accounts')).toHaveLength(6);
    expect(list(mx.json('GET', '/users/user-1/accounts?member_is_managed_by_user=false'), 'accounts')).toEqual([]);
  });

  it('lists users and members, with filters', () => {
    const mx = virtualMx();
    mx.model.control.addUser({ id: 'user-2', email: 'two@example.com' });
    expect(list(mx.json('GET', '/users'), 'users').map(({ id }) => id)).toEqual(['user-1', 'user-2']);
    expect(list(mx.json('GET', '/users?email=two@example.com'), 'users')).toMatchObject([
      { id: 'user-2', is_disabled: false },
    ]);
    expect(list(mx.json('GET', '/users?is_disabled=true'), 'users')).toEqual([]);
    expect(list(mx.json('GET', '/users/user-1/members'), 'members')).toEqual([part(mx.json('GET', MEMBER), 'member')]);
    expect(list(mx.json('GET', '/users/user-1/members?use_case=MONEY_MOVEMENT'), 'members')).toEqual([]);
  });

  it('writes amounts with exactly the digits that they were given', () => {
    const mx = virtualMx();
    const digits = '12345678901234567890.1234567890';
    mx.model.control.setBalances({
      member: 'member-1',
      account: 'act-23445745',
      values: { balance: digits },
      when: 'now',
    });
    expect(mx.call('GET', ACCOUNTS).body).toContain(`"balance":${digits},`);
    expect(() =>
      mx.model.control.setBalances({ member: 'member-1', account: 'act-23445745', values: { balance: '1,5' } }),
    ).toThrow('balance has to be a decimal number');
  });
});

describe('pages', () => {
  const withAccounts = (count: number, options = {}): VirtualMx => {
    const mx = virtualMx('ok', options);
    const accounts = Array.from({ length: count }, (_, index) => ({ id: `act-${index}` }));
    mx.model.control.addMember({ user: 'user-1', id: 'many', accounts });
    return mx;
  };
  const page = (mx: VirtualMx, query: string) => {
    const json = mx.json('GET', `/users/user-1/members/many/accounts${query}`);
    return { ids: list(json, 'accounts').map(({ id }) => id), pagination: part(json, 'pagination') };
  };

  it.each([
    ['', 25],
    ['?records_per_page=10', 10],
    ['?records_per_page=1000', 30],
    ['?records_per_page=1001', 25],
    ['?records_per_page=9', 25],
    ['?records_per_page=many', 25],
  ])('of %j have %i entries', (query, length) => {
    expect(page(withAccounts(30), query).ids).toHaveLength(length);
  });

  it('say how many there are; empty past the end', () => {
    const mx = withAccounts(30);
    expect(page(mx, '?page=2')).toEqual({
      ids: ['act-25', 'act-26', 'act-27', 'act-28', 'act-29'],
      pagination: { current_page: 2, per_page: 25, total_entries: 30, total_pages: 2 },
    });
    expect(page(mx, '?page=3').ids).toEqual([]);
    expect(page(mx, '?page=0').pagination['current_page']).toBe(1);
  });

  it('can change their order per call or per job', () => {
    const perCall = withAccounts(30, { accountOrder: 'per-call' });
    expect(page(perCall, '').ids).not.toEqual(page(perCall, '').ids);
    const perJob = withAccounts(30, { accountOrder: 'per-job' });
    const before = page(perJob, '?records_per_page=1000').ids;
    expect(page(perJob, '?records_per_page=1000').ids).toEqual(before);
    perJob.check('many');
    perJob.clock.now += 10_000;
    const after = page(perJob, '?records_per_page=1000').ids;
    expect(after).not.toEqual(before);
    expect([...after].sort()).toEqual([...before].sort());
  });

  it.each([
    ['grows', 'act-24', 31],
    ['duplicates', 'act-24', 31],
    ['shrinks', 'act-26', 29],
  ] as const)('can see that the list %s between them', (change, first, total) => {
    const mx = withAccounts(30);
    mx.model.control.setListChange({ member: 'many', change });
    expect(page(mx, '').pagination['total_entries']).toBe(30);
    const second = page(mx, '?page=2');
    expect(second.ids[0]).toBe(first);
    expect(second.pagination['total_entries']).toBe(change === 'duplicates' ? 30 : total);
  });
});

describe('writing', () => {
  const created = (body: object, mx = virtualMx()) => ({
    mx,
    answer: mx.call('POST', '/users/user-1/members', { member: body }),
  });

  it.each([
    ['anything', 'CONNECTED'],
    ['challenge', 'CHALLENGED'],
    ['options', 'CHALLENGED'],
    ['image', 'CHALLENGED'],
    ['BAD_REQUEST', 'FAILED'],
    ['UNAUTHORIZED', 'DENIED'],
    ['INVALID', 'DENIED'],
    ['LOCKED', 'LOCKED'],
    ['DISABLED', 'DENIED'],
    ['SERVER_ERROR', 'FAILED'],
    ['UNAVAILABLE', 'FAILED'],
    ['scenario:closed', 'CLOSED'],
  ])('create member with password %s aggregates and ends %s', (password, status) => {
    const mx = virtualMx();
    const fields = list(mx.json('GET', '/institutions/mxbank/credentials'), 'credentials');
    const credentials = [
      { guid: fields[1]?.['guid'], value: password },
      { guid: fields[0]?.['guid'], value: 'mxuser' },
    ];
    const { answer } = created({ id: 'new', institution_code: 'mxbank', credentials }, mx);
    expect(answer.status).toBe(201);
    expect(part(parse(answer.body), 'member')).toMatchObject({
      connection_status: 'CREATED',
      is_being_aggregated: true,
    });
    expect(mx.memberAfter(10, 'new')['connection_status']).toBe(status);
  });

  it('create member without aggregation; without credentials it has no status', () => {
    const { mx } = created({
      id: 'new',
      institution_code: 'mxbank',
      credentials: [{ guid: 'CRD-1', value: 'x' }],
      skip_aggregation: true,
    });
    expect(mx.memberAfter(10, 'new')).toMatchObject({ connection_status: 'CREATED', most_recent_job_guid: null });
    created({ id: 'manual', institution_code: 'mxbank' }, mx);
    expect(mx.memberAfter(0, 'manual')['connection_status']).toBeNull();
  });

  it('refuses taken or bad ids, no institution, the 26th member', () => {
    const mx = virtualMx();
    const second = created({ id: 'member-1', institution_code: 'mxbank' }, mx).answer;
    expect(second.status).toBe(409);
    expect(part(parse(second.body), 'error')['guid']).toBe(mx.memberAfter(0)['guid']);
    expect(created({ id: 'MBR-1', institution_code: 'mxbank' }, mx).answer.status).toBe(400);
    expect(created({ id: 'a/b', institution_code: 'mxbank' }, mx).answer.status).toBe(400);
    expect(created({}, mx).answer.status).toBe(400);
    for (let count = 2; count <= 25; count++)
      expect(created({ institution_code: 'mxbank' }, mx).answer.status).toBe(201);
    expect(created({ institution_code: 'mxbank' }, mx).answer.status).toBe(405);
  });

  it('update member changes metadata; an empty body is 400', () => {
    const mx = virtualMx();
    expect(part(mx.json('PUT', MEMBER, { member: { metadata: 'm' } }), 'member')).toMatchObject({
      metadata: 'm',
      connection_status: 'CONNECTED',
    });
    expect(mx.call('PUT', MEMBER).status).toBe(400);
    expect(mx.call('PUT', MEMBER, { member: {} }).status).toBe(400);
  });

  it('delete takes members and users away, their running jobs included', () => {
    const mx = virtualMx('ok', { webhooks: { member: true } });
    mx.check();
    expect(mx.call('DELETE', MEMBER).status).toBe(204);
    mx.clock.now += 60_000;
    expect(mx.call('GET', MEMBER).status).toBe(404);
    expect(mx.webhooks('BALANCE')).toEqual([]);
    const user = part(mx.json('POST', '/users', { user: { id: 'user-2' } }), 'user');
    expect(mx.call('POST', '/users', { user: { id: 'user-2' } }).status).toBe(409);
    expect(mx.call('POST', '/users', 'no object').status).toBe(400);
    expect(mx.call('DELETE', `/users/${user['guid']}`).status).toBe(204);
    expect(mx.call('GET', '/users/user-2').status).toBe(404);
  });

  it('a new user or member is 404 during the lag', () => {
    const mx = virtualMx('ok', { createLagMs: 500 });
    mx.json('POST', '/users', { user: { id: 'late' } });
    expect(mx.call('POST', '/users/late/members', { member: { id: 'm', institution_code: 'mxbank' } }).status).toBe(
      201,
    );
    const statuses = () => ['/users/late', '/users/late/members/m'].map((path) => mx.call('GET', path).status);
    mx.clock.now += 499;
    expect(statuses()).toEqual([404, 404]);
    expect(mx.call('POST', '/users/late/members/m/check_balance').status).toBe(404);
    mx.clock.now += 1;
    expect(statuses()).toEqual([200, 200]);
  });

  it('create-lag makes one member 404 for half a second', () => {
    const mx = virtualMx('create-lag');
    expect(mx.check().status).toBe(404);
    mx.clock.now += 500;
    expect(mx.check().status).toBe(202);
  });
});

describe('seed data', () => {
  it('is readable by guids and ids', () => {
    const mx = virtualMx('ok', { seedData: true, jobSeconds: 1 });
    for (const { userId, id, guid, userGuid } of SEED_MEMBERS) {
      expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(guid).toMatch(/^MBR-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(mx.call('GET', `/users/${userId}/members/${guid}/accounts`).body).toBe(
        mx.call('GET', `/users/${userGuid}/members/${id}/accounts`).body,
      );
    }
  });
});
