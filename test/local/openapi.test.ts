import { createHash, randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemCodes } from '../../shared/lambda/problem.ts';
import {
  type Answered,
  objectIn,
  openApi,
  operation,
  operations,
  undocumented,
  unmatched,
} from '../openapi/contract.ts';
import { rawClient } from '../openapi/raw-request.ts';
import { type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
let client: ReturnType<typeof rawClient>;

/** `operationId status` and codes that were really answered. */
const seen = new Set<string>();
const codes = new Set<string>();

beforeAll(async () => {
  running = await startRunning({ allowanceStarts: 3, learning: true, lookLagMilliseconds: 100, historyDays: 90 });
  client = rawClient(running.project.stack.apiUrl);
  await enterCallers();
});

/** Before any function has read the callers' secret, which it keeps for a while. */
async function enterCallers(): Promise<void> {
  const { stack, caller } = running.project;
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = stack;
  const secrets = new SecretsManagerClient({ endpoint, credentials, region });
  const entry = (id: string, secret: string, rights: string[]) => ({
    client_id: id,
    key_sha256: [createHash('sha256').update(secret).digest('hex')],
    rights,
  });
  const clients = [
    entry(caller.clientId, caller.key, ['read', 'trigger', 'erase']),
    entry('reader', key, ['read']),
    entry('nothing', key, []),
  ];
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: stack.physicalId('CredentialsApiCallers'),
      SecretString: JSON.stringify({ clients }),
    }),
  );
  secrets.destroy();
}

const key = 'a key that is random in real life';

afterAll(async () => {
  client?.close();
  await running?.close();
});

interface Given {
  /** In place of the parameters of the path, in their order. */
  readonly path?: readonly string[];
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly body?: string;
}

/** Calls the operation; the answer has to be in the document. */
async function ask(operationId: string, given: Given = {}): Promise<Answered & { body: Record<string, unknown> }> {
  const { method, path, responses } = operation(operationId);
  const values = [...(given.path ?? [])];
  const target = path.replaceAll(/\{\w+\}/g, () => values.shift() ?? 'nobody') + (given.query ?? '');
  const body = given.json === undefined ? given.body : JSON.stringify(given.json);
  const answer = await client.send({
    method,
    target,
    headers: {
      authorization: running.project.caller.authorization,
      ...(given.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...given.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  expect(undocumented(responses, answer), `${operationId} ${answer.status}`).toEqual([]);
  for (const name of ['cache-control', 'strict-transport-security', 'x-content-type-options', 'apigw-requestid']) {
    expect(answer.headers, `${operationId} ${answer.status}`).toHaveProperty(name);
  }
  seen.add(`${operationId} ${answer.status}`);
  const read = answer.text === '' ? {} : JSON.parse(answer.text);
  if (answer.headers['content-type'] === 'application/problem+json') codes.add(read.code);
  return { ...answer, body: read };
}

const memberOf = (member: { user: string; id: string }): readonly string[] => [member.user, member.id];

const memberRoutes = ['readMember', 'readMemberStatus', 'listMemberAccounts', 'readSchedule', 'listMemberRefreshes'];

async function refreshed(given: { scenario?: string } = {}) {
  const member = running.addMember(given);
  const { trigger } = await running.refresh(member.path);
  return { ...member, at: memberOf(member), refreshId: refreshIdOf(trigger) };
}

describe('what the running API answers is in the document', () => {
  it('for a member from its first refresh on', async () => {
    const member = running.addMember();
    const at = memberOf(member);
    for (const id of ['readMember', 'listMemberRefreshes', 'readAccountByMember']) {
      expect((await ask(id, { path: at })).status).toBe(404);
    }
    const accepted = await ask('checkBalances', { path: at });
    expect(accepted.status).toBe(202);
    expect(accepted.headers).toMatchObject({
      'retry-after': '1',
      location: expect.stringMatching(/^\/refreshes\/RFR-/),
    });
    const id = String(objectIn(accepted.body['refresh'])['refresh_id']);
    expect((await ask('checkBalances', { path: at, json: {} })).body['refresh']).toMatchObject({ joined: true });
    const runs = await ask('readRefresh', { path: [id] });
    expect(runs.headers).toHaveProperty('retry-after');
    expect((await ask('listMemberAccounts', { path: at })).body['code']).toBe('never_refreshed');
    expect((await ask('readAccountByMember', { path: [...at, 'x'] })).body['code']).toBe('never_refreshed');
    await running.ended(id);
    await running.project.stack.idle();
    for (const one of [...memberRoutes, 'readRefresh']) {
      const path = one === 'readRefresh' ? [id] : at;
      const first = await ask(one, { path });
      expect(first.status).toBe(200);
      const again = await ask(one, { path, headers: { 'if-none-match': first.headers['etag'] ?? '' } });
      expect([again.status, again.text]).toEqual([304, '']);
    }
    const list = await ask('listMemberAccounts', { path: at, query: '?page=2&records_per_page=10' });
    expect(list.body['pagination']).toMatchObject({ current_page: 2, per_page: 10, total_entries: 6 });
    const { accounts } = (await ask('listMemberAccounts', { path: at })).body as { accounts: { guid: string }[] };
    const path = [...at, accounts[0]?.guid ?? ''];
    const account = await ask('readAccountByMember', { path });
    expect(account.headers).toHaveProperty('balances-freshness', 'fresh');
    const headers = { 'if-none-match': account.headers['etag'] ?? '' };
    expect((await ask('readAccountByMember', { path, headers })).status).toBe(304);
    expect((await ask('readAccountByMember', { path: [...at, 'x'] })).body['code']).toBe('account_not_found');
    expect((await ask('listMemberChallenges', { path: at })).status).toBe(204);
    expect((await ask('readRefresh', { path: [`RFR-${'0'.repeat(26)}`] })).body['code']).toBe('refresh_not_found');
    expect((await ask('checkBalances', { path: at, json: { max_age: 60 } })).status).toBe(200);
  });

  it('for what is stored of a user', async () => {
    const { at, guid } = await refreshed();
    const [user = ''] = at;
    for (const id of ['listMembers', 'listUserAccounts']) {
      const first = await ask(id, { path: [user] });
      expect(Number(first.headers['balances-known-members']), id).toBeGreaterThan(0);
      const headers = { 'if-none-match': first.headers['etag'] ?? '' };
      expect((await ask(id, { path: [user], headers })).status, id).toBe(304);
      expect((await ask(id, { path: ['nobody'] })).body['code'], id).toBe('user_not_found');
      const filtered = await ask(id, { path: [user], query: '?use_case=PFM' });
      expect(filtered.body, id).toMatchObject({ code: 'invalid_request', field: 'use_case' });
    }
    const listed = await ask('listMembers', { path: [user], query: '?records_per_page=1000' });
    const { members } = listed.body as { members: { guid: string }[] };
    expect(members.map((member) => member.guid)).toContain(guid);
    const { accounts } = (await ask('listMemberAccounts', { path: at })).body as { accounts: { guid: string }[] };
    const path = [user, accounts[0]?.guid ?? ''];
    const account = await ask('readAccount', { path });
    expect(account.headers).toHaveProperty('balances-freshness', 'fresh');
    const headers = { 'if-none-match': account.headers['etag'] ?? '' };
    expect((await ask('readAccount', { path, headers })).status).toBe(304);
    expect((await ask('readAccount', { path: [user, 'x'] })).body['code']).toBe('account_not_found');
    // The only member of this user that was asked for, and its refresh has yet to end.
    await ask('checkBalances', { path: ['user-1', 'member-ok'] });
    expect((await ask('listUserAccounts', { path: ['user-1'] })).body['code']).toBe('never_refreshed');
  });

  it('for an awaited refresh and one needing its user', async () => {
    const waited = await ask('checkBalances', { path: memberOf(running.addMember()), json: { wait: 20 } });
    expect([waited.status, objectIn(waited.body['refresh'])['outcome']]).toEqual([200, 'succeeded']);
    const at = memberOf(running.addMember({ scenario: 'challenged' }));
    const asked = await ask('checkBalances', { path: at, json: { wait: 20 } });
    expect(asked.body['freshness']).toMatchObject({
      verdict: 'never_refreshed',
      last_attempt: { action: 'answer_mfa' },
    });
    const status = await ask('readMemberStatus', { path: at });
    expect(objectIn(status.body['member'])['challenges']).toHaveLength(1);
    const questions = await ask('listMemberChallenges', { path: at });
    expect(questions.body['challenges']).toEqual(objectIn(status.body['member'])['challenges']);
    const headers = { 'if-none-match': questions.headers['etag'] ?? '' };
    expect((await ask('listMemberChallenges', { path: at, headers })).status).toBe(304);
    const [question] = questions.body['challenges'] as { guid: string }[];
    const json = { member: { challenges: [{ guid: question?.guid, value: 'correct' }] } };
    const resumed = await ask('resumeAggregation', { path: at, json });
    expect(resumed.status).toBe(202);
    expect((await ask('resumeAggregation', { path: at, json })).body['code']).toBe('mx_not_challenged');
    await running.ended(String(objectIn(resumed.body['refresh'])['refresh_id']));
  });

  it('for a stale balance and a history’s next page', async () => {
    const { at, guid, path } = await refreshed();
    await running.refresh(path);
    const first = await ask('listMemberRefreshes', { path: at });
    const { refreshes } = first.body as { refreshes: { refresh_id: string }[] };
    const next = await ask('listMemberRefreshes', { path: at, query: `?cursor=${refreshes[0]?.refresh_id}` });
    expect(next.body['refreshes']).toHaveLength(1);
    running.mx.setScenario({ member: guid, scenario: 'denied' });
    await running.refresh(path);
    const list = await ask('listMemberAccounts', { path: at });
    expect(list.headers['balances-last-attempt']).toContain('action=reauthenticate');
    expect(list.headers).toHaveProperty('balances-next-refresh-allowed-at');
    expect((await ask('checkBalances', { path: at })).body['code']).toBe('allowance_used_up');
  });

  it('for the history of an account', async () => {
    const { at, guid, path } = await refreshed();
    const [account] = running.mx.member({ member: guid }).accounts;
    const named = [...at, account?.guid ?? ''];
    running.mx.setBalances({ member: guid, account: account?.guid ?? '', values: { balance: '5' }, when: 'now' });
    await running.refresh(path);
    const first = await ask('listAccountHistory', { path: named, query: '?limit=1' });
    expect(first.body).toMatchObject({ account_guid: account?.guid, history: [{ current: true, balance: 5 }] });
    const headers = { 'if-none-match': first.headers['etag'] ?? '' };
    expect((await ask('listAccountHistory', { path: named, query: '?limit=1', headers })).status).toBe(304);
    const cursor = `?cursor=${first.body['next_cursor']}`;
    const next = await ask('listAccountHistory', { path: named, query: cursor });
    expect(next.body).toMatchObject({ history: [{ current: false }], next_cursor: null });
    const wrong = await ask('listAccountHistory', { path: named, query: `${cursor}&from=2026-01-01T00:00:00Z` });
    expect(wrong.body).toMatchObject({ code: 'invalid_request', field: 'cursor' });
    expect((await ask('listAccountHistory', { path: [...at, 'x'] })).body['code']).toBe('account_not_found');
  });

  it('for what is learnt of institutions', async () => {
    await refreshed();
    // What is learnt of the refresh is counted after its end.
    await running.project.stack.idle();
    const list = await ask('listInstitutionHealth', { query: '?limit=1' });
    const { institutions } = list.body as { institutions: { code: string }[] };
    expect(institutions).toMatchObject([{ today: { refreshes: expect.any(Number) }, breaker: { state: 'closed' } }]);
    const path = [institutions[0]?.code ?? ''];
    const one = await ask('readInstitutionHealth', { path });
    expect(objectIn(one.body['institution'])['code']).toBe(path[0]);
    for (const [id, given, first] of [
      ['listInstitutionHealth', { query: '?limit=1' }, list],
      ['readInstitutionHealth', { path }, one],
    ] as const) {
      const headers = { 'if-none-match': first.headers['etag'] ?? '' };
      expect((await ask(id, { ...given, headers })).status).toBe(304);
    }
    expect((await ask('listInstitutionHealth', { query: '?limit=0' })).body['field']).toBe('limit');
    expect((await ask('readInstitutionHealth', { path: ['no-such-bank'] })).body['code']).toBe('institution_not_found');
  });

  it('for members that wait for a person', async () => {
    const { guid, path } = await refreshed();
    running.mx.setScenario({ member: guid, scenario: 'denied' });
    await running.refresh(path);
    const query = '?action=reauthenticate&limit=1';
    const list = await ask('listWaitingMembers', { query });
    expect(list.body['members']).toMatchObject([{ action: 'reauthenticate', code: 'invalid_credentials' }]);
    const next = await ask('listWaitingMembers', { query: `${query}&cursor=${list.body['next_cursor']}` });
    expect(next.status).toBe(200);
    const count = await ask('countWaitingMembers', {});
    expect(count.body['attention']).toMatchObject([
      { action: 'reauthenticate', members: expect.any(Number) },
      {},
      {},
      {},
      {},
    ]);
    for (const [id, given, first] of [
      ['listWaitingMembers', { query }, list],
      ['countWaitingMembers', {}, count],
    ] as const) {
      const headers = { 'if-none-match': first.headers['etag'] ?? '' };
      expect((await ask(id, { ...given, headers })).status).toBe(304);
    }
    expect((await ask('listWaitingMembers', { query: '?action=wait' })).body['field']).toBe('action');
  });

  it('for the schedule', async () => {
    const { at } = await refreshed();
    expect((await ask('setSchedule', { path: at, json: { every: 24 } })).status).toBe(200);
    expect((await ask('readSchedule', { path: at })).body).toMatchObject({ schedule: { every: 24 } });
    expect((await ask('removeSchedule', { path: at })).status).toBe(204);
    expect((await ask('readSchedule', { path: at })).body).toMatchObject({ schedule: { every: null } });
  });

  it('for erasing on request', async () => {
    const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
    const db = new DynamoDBClient({ endpoint, credentials, region });
    for (const [operationId, user] of [
      ['eraseUserData', 'leaving'],
      ['eraseMemberData', 'staying'],
    ] as const) {
      running.mx.addUser({ id: user });
      const path = [user, `of-${user}`];
      running.mx.addMember({ user, id: `of-${user}`, jobSeconds: 0.5 });
      await running.refresh(`/users/${user}/members/of-${user}`);
      expect((await ask(operationId, { path, query: '?at_mx=perhaps' })).body['field']).toBe('at_mx');
      const asked = await ask(operationId, { path });
      const id = String(objectIn(asked.body['erasure'])['id']);
      expect([asked.status, asked.headers['location']]).toEqual([202, `/erasures/${id}`]);
      const read = () => ask('readErasure', { path: [id] });
      // Nothing changes until its next round, in 90 s.
      await expect
        .poll(async () => (await read()).text, { timeout: 20_000 })
        .toContain('"members":1,"accounts":6,"former_amounts":0,"refreshes":1');
      await db.send(
        new UpdateItemCommand({
          TableName: running.project.stack.physicalId('StorageErasures'),
          Key: { erasure_id: { S: id } },
          UpdateExpression: 'SET done_at = :now',
          ExpressionAttributeValues: { ':now': { S: new Date().toISOString() } },
        }),
      );
      expect((await ask(operationId, { path })).status).toBe(200);
      const headers = { 'if-none-match': (await read()).headers['etag'] ?? '' };
      expect((await ask('readErasure', { path: [id], headers })).status).toBe(304);
      expect((await ask(operationId, { path: ['nobody', 'nobody'] })).body['code']).toBe('user_not_found');
    }
    db.destroy();
    running.mx.addMember({ user: 'leaving', id: 'new-of-leaving' });
    expect((await ask('checkBalances', { path: ['leaving', 'new-of-leaving'] })).body['code']).toBe('user_erased');
    expect((await ask('readErasure', { path: ['none'] })).body['code']).toBe('erasure_not_found');
  });

  it('for itself', async () => {
    const served = await ask('readOpenApi', { headers: { authorization: '' } });
    expect(served.body).toEqual(openApi);
    for (const [id, path] of [['readOpenApi'], ['readHealth'], ['readProblemPage', 'busy']] as const) {
      const given = { path: path === undefined ? [] : [path], headers: { authorization: '' } };
      const first = await ask(id, given);
      const headers = { authorization: '', 'if-none-match': first.headers['etag'] ?? '' };
      expect((await ask(id, { ...given, headers })).status).toBe(304);
    }
    for (const code of problemCodes) expect((await ask('readProblemPage', { path: [code] })).status).toBe(200);
    expect((await ask('readProblemPage', { path: ['no_such_code'] })).body['code']).toBe('not_found');
  });

  it('for every kind of bad request', async () => {
    const at = ['u', 'm'];
    for (const { operationId, parameters, body } of operations.filter(
      ({ operationId: id }) => id !== 'receiveMxWebhook',
    )) {
      const old = await ask(operationId, { headers: { 'accept-version': 'v20111101' } });
      expect(old.body).toMatchObject({ code: 'not_acceptable', field: 'Accept-Version' });
      const [first] = parameters;
      if (first?.in === 'path' && first.name !== 'code') {
        expect((await ask(operationId, { path: ['a%20b', 'm', 'a'] })).body['field']).toBe(first.name);
      }
      if (body === null) continue;
      expect((await ask(operationId, { path: at, json: 1 })).status).toBe(400);
      expect((await ask(operationId, { path: at, body: '{}', headers: { 'content-type': 'text/plain' } })).status).toBe(
        415,
      );
      expect((await ask(operationId, { path: at, json: { pad: 'x'.repeat(10_000) } })).status).toBe(413);
    }
  });

  it('for repeated requests', async () => {
    const path = memberOf(running.addMember());
    const headers = { 'idempotency-key': 'once' };
    await ask('checkBalances', { path, headers });
    expect((await ask('checkBalances', { path, headers })).headers['idempotency-replayed']).toBe('true');
    expect((await ask('checkBalances', { path, headers, json: { user_present: true } })).status).toBe(422);
    const slow = { path: memberOf(running.addMember({ jobSeconds: 2 })), headers, json: { wait: 20 } };
    const first = ask('checkBalances', slow);
    const second = await Promise.race([first, until409(slow)]);
    expect(second.body['code']).toBe('idempotency_in_flight');
    await first;
  });

  /** The first request needs a moment to write its key down. */
  async function until409(given: Given): ReturnType<typeof ask> {
    for (;;) {
      const answer = await ask('checkBalances', given);
      if (answer.status === 409) return answer;
    }
  }

  it('for MX’s bad days', async () => {
    const trouble = async (status: number, type?: string) => {
      const { guid, user, id } = running.addMember();
      running.mx.addFault({ how: { kind: 'status', status, ...(type === undefined ? {} : { type }) }, member: guid });
      return ask('checkBalances', { path: [user, id], headers: { 'idempotency-key': randomUUID() } });
    };
    const told = {
      301: 'mx_redirected',
      400: 'mx_refused',
      401: 'mx_credentials_rejected',
      403: 'mx_forbidden',
      409: 'mx_conflict',
      429: 'mx_rate_limited',
      503: 'mx_unavailable',
    };
    for (const [status, code] of Object.entries(told)) {
      // A 401 makes the client fetch its secret anew and try once more.
      const again = status === '401' ? await troubleTwice() : await trouble(Number(status));
      expect(again.body['code']).toBe(code);
      // The simulator's own words are in every one of its errors.
      if (again.status >= 500) expect(again.text).not.toContain('simulator');
    }
    expect((await trouble(400, 'institution_maintenance_error')).body['code']).toBe('mx_institution');
    const broken = running.addMember();
    running.mx.addFault({ how: { kind: 'status', status: 200, body: 'html' }, member: broken.guid });
    expect((await ask('checkBalances', { path: memberOf(broken) })).body['code']).toBe('mx_bad_answer');
    expect((await ask('checkBalances', { path: ['user-3', 'not-there'] })).body['code']).toBe('mx_not_found');

    async function troubleTwice() {
      const { guid, user, id } = running.addMember();
      running.mx.addFault({ how: { kind: 'status', status: 401 }, member: guid, times: 2 });
      return ask('checkBalances', { path: [user, id] });
    }
  });

  it('for answers on MX’s bad days', async () => {
    const json = { member: { challenges: [{ guid: 'CRD-1', value: 'correct' }] } };
    const told = {
      301: 'mx_redirected',
      400: 'mx_refused',
      404: 'mx_not_found',
      409: 'mx_conflict',
      429: 'mx_rate_limited',
      503: 'answers_unknown',
    };
    for (const [status, code] of Object.entries(told)) {
      const { guid, user, id } = running.addMember();
      running.mx.addFault({ how: { kind: 'status', status: Number(status) }, member: guid });
      expect((await ask('resumeAggregation', { path: [user, id], json })).body['code']).toBe(code);
    }
  });

  it('for a deleted member', async () => {
    const { at, guid, refreshId } = await refreshed();
    const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
    const db = new DynamoDBClient({ endpoint, credentials, region });
    await db.send(
      new UpdateItemCommand({
        TableName: running.project.stack.physicalId('StorageMembers'),
        Key: { user_guid: { S: running.mx.member({ member: guid }).userGuid }, item_key: { S: guid } },
        UpdateExpression: 'SET deleted_at = :now',
        ExpressionAttributeValues: { ':now': { S: new Date().toISOString() } },
      }),
    );
    db.destroy();
    for (const id of ['checkBalances', 'listMemberChallenges', 'listAccountHistory', ...memberRoutes]) {
      expect((await ask(id, { path: at })).body['code'], id).toBe('member_deleted');
    }
    expect((await ask('readRefresh', { path: [refreshId] })).body['code']).toBe('member_deleted');
    expect((await ask('setSchedule', { path: at, json: { every: 24 } })).body['code']).toBe('member_deleted');
    expect((await ask('removeSchedule', { path: at })).body['code']).toBe('member_deleted');
  });

  it('for what matches nothing', async () => {
    const { authorization } = running.project.caller;
    const other = async (method: string, target: string, headers: Record<string, string> = {}) => {
      const answer = await client.send({ method, target, headers: { authorization, ...headers } });
      expect(undocumented(unmatched, answer), `${method} ${target}`).toEqual([]);
      codes.add(JSON.parse(answer.text).code);
      return answer;
    };
    expect((await other('GET', '/')).status).toBe(404);
    expect((await other('GET', '/users/u/members/m/')).status).toBe(404);
    expect((await other('GET', '/users/u%2Fmembers%2Fm')).status).toBe(404);
    expect((await other('GET', '/users/u/members/m/transactions')).text).toContain('stays_at_mx');
    expect((await other('PATCH', '/users/u/members/m/schedule')).headers['allow']).toBe('PUT, GET, HEAD, DELETE');
    expect((await other('DELETE', '/openapi.json')).headers['allow']).toBe('GET, HEAD');
    expect((await other('GET', '/nothing', { 'accept-version': 'v1' })).status).toBe(406);
  });
});

describe('a caller without rights', () => {
  const authorization = `Basic ${Buffer.from(`reader:${key}`).toString('base64')}`;

  it('is told 403, and may do what its rights say', async () => {
    const nothing = `Basic ${Buffer.from(`nothing:${key}`).toString('base64')}`;
    for (const { operationId, security } of operations.filter((one) => 'basic' in (one.security[0] ?? {}))) {
      const [right] = (security[0]?.['basic'] ?? []) as string[];
      if (right === 'webhook') continue;
      expect((await ask(operationId, { headers: { authorization: nothing } })).status, operationId).toBe(403);
      const asReader = await ask(operationId, { headers: { authorization } });
      expect(asReader.status === 403, operationId).toBe(right !== 'read');
    }
  });

  it('without credentials: 401, nothing learnt, soon a wait', async () => {
    const member = await refreshed();
    const guarded = operations.filter(
      (one) => 'basic' in (one.security[0] ?? {}) && one.operationId !== 'receiveMxWebhook',
    );
    const answersOf = new Map<string, Answered[]>(guarded.map(({ operationId }) => [operationId, []]));
    // Every operation once, before a function that has many of them counts too many failed attempts.
    for (const path of [member.at, ['nobody', 'nobody'], ['%00', '%00']]) {
      for (const [operationId, answers] of answersOf) {
        answers.push(await ask(operationId, { path, headers: { authorization: 'Basic bm9ib2R5' } }));
      }
    }
    for (const answers of answersOf.values()) {
      // Functions that count too many failed attempts already answer 429 to all.
      const refusals = answers.map(({ status, text }) => [status, status === 401 ? text : '']);
      expect(new Set(refusals.filter(([status]) => status === 401).map(String)).size).toBeLessThanOrEqual(1);
      expect(refusals.every(([status]) => status === 401 || status === 429)).toBe(true);
    }
    for (const { operationId } of guarded) {
      let status = 0;
      for (let attempt = 0; attempt < 60 && status !== 429; attempt += 1) {
        ({ status } = await ask(operationId, { headers: { authorization: '' } }));
      }
      expect(status, operationId).toBe(429);
    }
  });
});

describe('what the document says', () => {
  /** Answers that nothing on this machine provokes. */
  const notProvoked = (status: string, id: string): boolean =>
    // Faults of ours, and the gateway's own words.
    status === '500' ||
    (status === '503' && id !== 'checkBalances') ||
    (status === '403' && ['readHealth', 'readOpenApi', 'readProblemPage'].includes(id)) ||
    (status === '429' && ['readHealth', 'readOpenApi', 'readProblemPage'].includes(id)) ||
    // `too_many_to_list`, of 32 MB of items.
    (status === '422' && id !== 'checkBalances') ||
    // Deployed with a setting only; tested with the webhooks.
    id === 'receiveMxWebhook';

  it('was really answered: every operation with every status', () => {
    const documented = operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => !notProvoked(status, operationId))
        .map((status) => `${operationId} ${status}`),
    );
    expect(documented.filter((answer) => !seen.has(answer))).toEqual([]);
  });

  it('and so was every code, but for a few', () => {
    const never = [
      'history_off', // a deployment that keeps none: test/local/http-api.test.ts
      'too_many_to_list', // 32 MB of items
      'caller_allowance_used_up', // test/settings
      'schedule_too_often', // test/settings
      'schedule_changes_used_up', // test/settings
      'too_many_callbacks', // test/local/callback-flood.test.ts
      'mx_credentials_missing', // a deployment without MX credentials
      'answers_taken', // AWS away right after MX took them: test/unit/domain/resume.test.ts
      'paused', // test/local/pause.test.ts
      'mx_timeout', // takes seconds, and is as mx_unavailable
      'mx_too_many_accounts', // and the next three never leave a queue
      'bad_message',
      'callback_not_delivered',
      'callback_keys_missing',
      'busy', // four lost races in a row, or AWS away
      'internal', // a fault of ours
    ];
    expect(problemCodes.filter((code) => !codes.has(code))).toEqual(never);
  });
});
