import { AccountsApi, Configuration, MembersApi } from 'mx-platform-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Decimal } from '../../shared/domain/decimal.ts';
import { type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;

beforeAll(async () => {
  running = await startRunning({ allowanceStarts: 2 });
});

afterAll(async () => {
  await running?.close();
});

const json = (body: object, headers: Record<string, string> = {}) => ({
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  running.call('POST', `${path}/check_balance`, json(body, headers));

const callsTo = (guid: string) => running.mx.calls().filter((call) => call.memberGuid === guid);
const postsTo = (guid: string) => callsTo(guid).filter(({ method }) => method === 'POST');

it('without historyDays a history is off, and says so', async () => {
  const { path } = running.addMember();
  const { status, body } = await running.call('GET', `${path}/accounts/ACT-1/history`);
  expect([status, body]).toEqual([404, expect.objectContaining({ code: 'history_off', action: 'none' })]);
});

describe('a trigger with max_age', () => {
  it('is answered from the tables while young enough', async () => {
    const member = running.addMember();
    const first = await running.refresh(member.path);
    const called = callsTo(member.guid).length;
    const answer = await post(member.path, { max_age: 60 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      refresh: null,
      freshness: { verdict: 'fresh', refresh_id: refreshIdOf(first.trigger), last_success: {} },
    });
    expect(answer.body['accounts']).toHaveLength(6);
    expect(callsTo(member.guid)).toHaveLength(called);
    expect(
      (await running.call('POST', `${member.path}/check_balance`, { headers: { 'balances-max-age': '60' } })).status,
    ).toBe(200);
  });

  it('starts a refresh for a member without balances', async () => {
    const member = running.addMember();
    expect((await post(member.path, { max_age: 31_536_000 })).status).toBe(202);
    expect(postsTo(member.guid)).toHaveLength(1);
  });
});

describe('a trigger with wait', () => {
  it('answers with the balances when the refresh ends in time', async () => {
    const member = running.addMember();
    const answer = await post(member.path, { wait: 20 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      member: { is_being_aggregated: false },
      refresh: { outcome: 'succeeded', joined: false },
      freshness: { verdict: 'fresh' },
    });
    expect(answer.body['accounts']).toHaveLength(6);
  });

  it('answers 202 when the wait is over', async () => {
    const member = running.addMember({ jobSeconds: 20 });
    const answer = await post(member.path, { wait: 1 });
    expect(answer.status).toBe(202);
    expect(answer.body['refresh']).toMatchObject({ status: 'running' });
  });

  it('tells how a refresh that stored nothing has ended', async () => {
    const member = running.addMember({ scenario: 'challenged' });
    const answer = await post(member.path, { wait: 20 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      refresh: { outcome: 'action_required', action: 'answer_mfa', challenges: [{ type: 'TEXT' }] },
      accounts: [],
      freshness: { verdict: 'never_refreshed', last_attempt: { action: 'answer_mfa' } },
    });
  });
});

it('HEAD has GET’s status and headers, no body', async () => {
  const member = running.addMember();
  await running.refresh(member.path);
  const [get, head] = [
    await running.call('GET', `${member.path}/accounts`),
    await running.call('HEAD', `${member.path}/accounts`),
  ];
  expect([head.status, head.text, head.headers.get('etag')]).toEqual([200, '', get.headers.get('etag')]);
  expect(head.headers.get('balances-freshness')).toBe('fresh');
  expect((await running.call('HEAD', '/users/u/members/m/accounts')).status).toBe(404);
  expect((await running.call('HEAD', '/health')).status).toBe(200);
  expect((await running.call('HEAD', '/users/u/members/m/check_balance')).headers.get('allow')).toBe('POST');
});

describe('Idempotency-Key', () => {
  it('same request, same refresh; another request 422', async () => {
    const member = running.addMember();
    const first = await post(member.path, {}, { 'idempotency-key': 'a' });
    await running.ended(refreshIdOf(first));
    const again = await post(member.path, { wait: 5 }, { 'idempotency-key': 'a' });
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ refresh: { refresh_id: refreshIdOf(first), outcome: 'succeeded' } });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const other = await post(member.path, { user_present: true }, { 'idempotency-key': 'a' });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_conflict' } });
    expect(postsTo(member.guid)).toHaveLength(1);
    const second = await post(member.path, {}, { 'idempotency-key': 'b' });
    expect(refreshIdOf(second)).not.toBe(refreshIdOf(first));
  });

  it('makes the second wait while the first is in flight', async () => {
    const member = running.addMember({ jobSeconds: 2 });
    const first = post(member.path, { wait: 20 }, { 'idempotency-key': 'c' });
    await untilCalled(member.guid);
    expect(await post(member.path, { wait: 20 }, { 'idempotency-key': 'c' })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_in_flight', retry_after: Decimal.of('2') },
    });
    expect((await first).status).toBe(200);
  });

  it('keeps a final 400, neither 404 nor 503', async () => {
    const gone = await post('/users/user-3/members/not-there', {}, { 'idempotency-key': 'd' });
    const again = await post('/users/user-3/members/not-there', {}, { 'idempotency-key': 'd' });
    expect([gone.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([404, 404, null]);
    const refused = running.addMember();
    running.mx.addFault({ how: { kind: 'status', status: 400 }, member: refused.guid });
    expect((await post(refused.path, {}, { 'idempotency-key': 'f' })).status).toBe(400);
    const kept = await post(refused.path, {}, { 'idempotency-key': 'f' });
    expect(kept).toMatchObject({ status: 400, body: { code: 'mx_refused' } });
    expect([kept.headers.get('idempotency-replayed'), kept.headers.get('content-type')]).toEqual([
      'true',
      'application/problem+json',
    ]);
    const member = running.addMember();
    running.mx.addFault({ how: { kind: 'status', status: 503 }, member: member.guid });
    expect((await post(member.path, {}, { 'idempotency-key': 'e' })).status).toBe(503);
    expect((await post(member.path, {}, { 'idempotency-key': 'e' })).status).toBe(202);
  });

  async function untilCalled(guid: string): Promise<void> {
    while (postsTo(guid).length === 0) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('the allowance', () => {
  it('per member: the next trigger gets 429 with a time', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    await running.refresh(member.path);
    const called = callsTo(member.guid).length;
    const refused = await post(member.path);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ code: 'allowance_used_up', action: 'retry_later' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(7_000);
    expect(callsTo(member.guid)).toHaveLength(called);
    const list = await running.call('GET', `${member.path}/accounts`);
    expect(Date.parse(list.headers.get('balances-next-refresh-allowed-at') ?? '')).toBeGreaterThan(Date.now());
  });
});

describe('a reader', () => {
  it('that knows the answer already gets 304', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    const list = await running.call('GET', `${member.path}/accounts`);
    const etag = list.headers.get('etag') ?? '';
    const again = await running.call('GET', `${member.path}/accounts`, { headers: { 'if-none-match': etag } });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect(again.headers.get('etag')).toBe(etag);
    expect(again.headers.get('balances-freshness')).toBe('fresh');
    await running.refresh(member.path);
    const changed = await running.call('GET', `${member.path}/accounts`, { headers: { 'if-none-match': etag } });
    expect(changed.status).toBe(200);
  });

  it('pages as at MX, with MX’s silent fallback', async () => {
    const path = '/users/user-2/members/member-many-accounts';
    await running.refresh(path);
    const pageOf = async (query: string) => {
      const { body } = await running.call('GET', `${path}/accounts${query}`);
      const { per_page: perPage, total_pages: pages } = body['pagination'] as Record<string, Decimal>;
      return [(body['accounts'] as unknown[]).length, perPage?.text, pages?.text];
    };
    expect(await pageOf('')).toEqual([25, '25', '2']);
    expect(await pageOf('?page=2')).toEqual([5, '25', '2']);
    expect(await pageOf('?page=3')).toEqual([0, '25', '2']);
    expect(await pageOf('?records_per_page=30')).toEqual([30, '30', '1']);
    expect(await pageOf('?records_per_page=1001')).toEqual([25, '25', '2']);
    expect((await running.call('GET', `${path}/accounts?page=0`)).body).toMatchObject({ field: 'page' });
  });

  it('may name MX’s version; another is refused', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    const version = (v: string) => running.call('GET', `${member.path}/accounts`, { headers: { 'accept-version': v } });
    expect((await version('v20250224')).status).toBe(200);
    expect(await version('v20111101')).toMatchObject({ status: 406, body: { code: 'not_acceptable' } });
  });
});

describe('a client made for MX', () => {
  it('that polls until idle gets fresh accounts', async () => {
    const member = running.addMember({ jobSeconds: 2 });
    const { userGuid } = running.mx.member({ member: member.guid });
    const { clientId: username, key: password } = running.project.caller;
    const configuration = new Configuration({ username, password, basePath: running.project.stack.apiUrl });
    const members = new MembersApi(configuration);
    const started = await members.checkBalances(member.guid, userGuid);
    expect(started.data.member?.is_being_aggregated).toBe(true);
    const status = async () => (await members.readMemberStatus(member.guid, userGuid)).data.member;
    expect((await status())?.is_being_aggregated).toBe(true);
    await running.ended((started.data as unknown as { refresh: { refresh_id: string } }).refresh.refresh_id);
    await running.project.stack.idle();
    expect(await status()).toMatchObject({ is_being_aggregated: false, connection_status: 'CONNECTED' });
    const read = (await members.readMember(member.guid, userGuid)).data.member;
    expect(read).toMatchObject({ guid: member.guid, is_being_aggregated: false, institution_code: 'mxbank' });
    const accounts = new AccountsApi(configuration);
    const { data } = await accounts.listMemberAccounts(userGuid, member.guid);
    expect(data.accounts).toHaveLength(6);
    const one = await accounts.readAccountByMember(data.accounts?.[0]?.guid ?? '', member.guid, userGuid);
    expect(one.data.account).toEqual(data.accounts?.[0]);
  });
});

it('wrong credentials again and again have to wait', async () => {
  const wrong = { headers: { authorization: `Basic ${Buffer.from('local-developer:wrong').toString('base64')}` } };
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 60 && statuses.at(-1) !== 429; attempt += 1) {
    statuses.push((await running.call('PUT', '/users/u/members/m/schedule', wrong)).status);
  }
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(10);
  expect(statuses.at(-1)).toBe(429);
});
