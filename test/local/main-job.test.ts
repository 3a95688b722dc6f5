import { DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AccountsApi, Configuration, MembersApi } from 'mx-platform-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../infra/mx-simulator/options.ts';
import { claimPath } from '../../shared/clients/claim-attributes.ts';
import { attemptAttribute } from '../../shared/clients/member-item.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { minuteOf } from '../../shared/domain/schedule.ts';
import { type Answer, dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
let db: DynamoDBClient;
let sqs: SQSClient;

beforeAll(async () => {
  running = await startRunning({ minScheduleHours: 1 });
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
  db = new DynamoDBClient({ endpoint, credentials, region });
  sqs = new SQSClient({ endpoint, credentials, region, useQueueUrlAsEndpoint: false });
});

afterAll(async () => {
  db?.destroy();
  sqs?.destroy();
  await running?.close();
});

const postsTo = (memberGuid: string): number =>
  running.mx
    .calls()
    .filter(
      ({ memberGuid: guid, route, method }) => guid === memberGuid && method === 'POST' && route === 'check-balance',
    ).length;

const callsTo = (memberGuid: string): number =>
  running.mx.calls().filter((call) => call.memberGuid === memberGuid).length;

const accountsOf = (answer: Answer): Record<string, unknown>[] => answer.body['accounts'] as never;

const table = (prefix: string): string => running.project.stack.physicalId(prefix);

describe('one HTTP call to stored balances', () => {
  it('accepted, followed to its end, stored and read back', async () => {
    const member = running.addMember();
    const { trigger, event } = await running.refresh(member.path);
    expect(trigger.status).toBe(202);
    expect(trigger.headers.get('location')).toBe(`/refreshes/${refreshIdOf(trigger)}`);
    expect(trigger.headers.get('retry-after')).toBe('1');
    expect(trigger.body['member']).toMatchObject({ guid: member.guid, id: member.id, is_being_aggregated: true });
    expect(trigger.body['member']).not.toHaveProperty('oauth_window_uri');
    expect(trigger.body['refresh']).toMatchObject({ status: 'running', joined: false, trigger: 'http' });
    expect(event).toMatchObject({ type: 'refresh.succeeded', subject: expect.stringContaining(member.guid) });

    const list = await running.call('GET', `${member.path}/accounts`);
    expect(list.status).toBe(200);
    expect(list.headers.get('balances-freshness')).toBe('fresh');
    expect(list.headers.get('balances-refresh-id')).toBe(refreshIdOf(trigger));
    expect(list.headers.get('cache-control')).toBe('no-store');
    const accounts = accountsOf(list);
    expect(accounts.map(({ type }) => type).sort()).toEqual(
      ['CHECKING', 'CREDIT_CARD', 'INVESTMENT', 'LOAN', 'MORTGAGE', 'SAVINGS'].sort(),
    );
    const checking = accounts.find(({ type }) => type === 'CHECKING');
    expect(checking).toMatchObject({
      balance: Decimal.of('500000'),
      account_number: '****0685',
      member_guid: member.guid,
    });

    const byGuid = await running.call('GET', `${member.path}/accounts/${checking?.['guid']}`);
    const byId = await running.call(
      'GET',
      `/users/${checking?.['user_guid']}/members/${member.guid}/accounts/${checking?.['id']}`,
    );
    expect(byGuid.body['account']).toEqual(checking);
    expect(byId.text).toBe(byGuid.text);

    const refresh = await running.call('GET', `/refreshes/${refreshIdOf(trigger)}`);
    expect(refresh.body['refresh']).toMatchObject({
      status: 'ended',
      outcome: 'succeeded',
      action: 'none',
      code: 'stored',
    });
    const history = await running.call('GET', `${member.path}/refreshes`);
    // A member's history does not say who joined.
    const told = refresh.body['refresh'] as Record<string, unknown>;
    expect(history.body['refreshes']).toEqual([{ ...told, joined_correlation_ids: null }]);
  });

  it('stores what other systems can query from the table itself', async () => {
    const member = running.addMember();
    const { trigger } = await running.refresh(member.path);
    const userGuid = (trigger.body['member'] as { user_guid: string }).user_guid;
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: table('StorageBalances'),
        KeyConditionExpression: 'user_guid = :user AND begins_with(account_key, :member)',
        ExpressionAttributeValues: { ':user': { S: userGuid }, ':member': { S: `${member.guid}#` } },
      }),
    );
    expect(Items).toHaveLength(6);
    const mortgage = Items.find(({ type }) => type?.S === 'MORTGAGE');
    expect(mortgage).toMatchObject({
      balance: { N: '215430.55' },
      refresh_id: { S: refreshIdOf(trigger) },
      listed: { BOOL: true },
    });
    expect(mortgage).not.toHaveProperty('available_balance');
  });

  it('keeps every digit of an amount', async () => {
    const member = running.addMember();
    const [account] = running.mx.state().members.filter(({ guid }) => guid === member.guid);
    expect(account).toBeDefined();
    await running.refresh(member.path);
    const before = accountsOf(await running.call('GET', `${member.path}/accounts`));
    const loan = before.find(({ type }) => type === 'LOAN');
    const digits = '-12345678901234567890.1234567891';
    running.mx.setBalances({ member: member.guid, account: String(loan?.['guid']), values: { balance: digits } });
    await running.refresh(member.path);
    const after = await running.call('GET', `${member.path}/accounts/${loan?.['guid']}`);
    expect(after.text).toContain(`"balance":${digits}`);
  });

  it('twenty callers at once, two names: one job', async () => {
    const member = running.addMember({ jobSeconds: 6 });
    const userGuid = running.mx.member({ member: member.guid }).userGuid;
    const paths = [member.path, `/users/${userGuid}/members/${member.guid}`];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => running.call('POST', `${paths[index % 2]}/check_balance`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(new Set(answers.map(refreshIdOf)).size).toBe(1);
    expect(answers.filter(({ body }) => (body['refresh'] as { joined: boolean }).joined)).toHaveLength(19);
    await running.ended(refreshIdOf(answers[0] as Answer));
    expect(postsTo(member.guid)).toBe(1);
  });
});

describe('how a refresh ends otherwise', () => {
  it.concurrent.each([
    ['challenged', 'action_required', 'answer_mfa', 'challenged'],
    ['denied', 'action_required', 'reauthenticate', 'invalid_credentials'],
    ['locked', 'action_required', 'act_at_institution', 'locked'],
    ['failed', 'failed', 'retry_later', 'institution_unavailable'],
    ['starts-nothing', 'not_refreshed', 'retry_later', 'no_evidence'],
  ])('%s: %s, %s', async (scenario, outcome, action, code) => {
    const member = running.addMember({ scenario });
    const { trigger, event } = await running.refresh(member.path);
    expect(dataOf(event)).toMatchObject({ outcome, action, code, observed_at: null });
    const refresh = await running.call('GET', `/refreshes/${refreshIdOf(trigger)}`);
    expect(refresh.body['refresh']).toMatchObject({ status: 'ended', outcome, action });
    expect((await running.call('GET', `${member.path}/accounts`)).body['code']).toBe('never_refreshed');
  });

  it('keeps the old balances, and says since when and why', async () => {
    const member = running.addMember();
    const first = await running.refresh(member.path);
    running.mx.setScenario({ member: member.guid, scenario: 'denied' });
    await running.refresh(member.path);
    const list = await running.call('GET', `${member.path}/accounts`);
    expect(list.headers.get('balances-refresh-id')).toBe(refreshIdOf(first.trigger));
    expect(list.headers.get('balances-last-attempt')).toContain('action_required; action=reauthenticate');
  });
});

describe('bad input', () => {
  it('unknown to MX: 404, and nothing is left', async () => {
    const answer = await running.call('POST', '/users/user-3/members/nobody/check_balance');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      code: 'mx_not_found',
      type: '/problems/mx_not_found',
      error: { status: 'not_found' },
    });
  });

  it('never refreshed: says how to trigger, calls no MX', async () => {
    const member = running.addMember();
    const answer = await running.call('GET', `${member.path}/accounts`);
    expect(answer.status).toBe(404);
    expect(answer.body['detail']).toContain('POST …/members/{member_identifier}/check_balance');
    expect(callsTo(member.guid)).toBe(0);
  });

  it.each(['a+b', 'a%20b', 'a%2Fb', 'ä'])('an identifier such as %s is refused first', async (id) => {
    running.mx.clearCalls();
    const answer = await running.call('POST', `/users/${id}/members/${id}/check_balance`);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', field: 'user_identifier' });
    expect(running.mx.calls()).toEqual([]);
  });

  it.each([
    ['broken JSON', 400, { 'content-type': 'application/json' }, '{'],
    ['a field that there is not', 400, { 'content-type': 'application/json' }, '{"now":true}'],
    ['a form', 415, { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    ['a huge body', 413, { 'content-type': 'application/json' }, `{"a":"${'x'.repeat(20_000)}"}`],
  ])('%s as a body is refused with %d', async (_name, status, headers, body) => {
    const member = running.addMember();
    const answer = await running.call('POST', `${member.path}/check_balance`, { headers, body });
    expect(answer.status).toBe(status);
    expect(answer.body['status']).toEqual(Decimal.of(String(status)));
    expect(callsTo(member.guid)).toBe(0);
  });

  it('without credentials: 401, nothing about what exists', async () => {
    const member = running.addMember();
    const wrong = { headers: { authorization: `Basic ${Buffer.from('local-developer:wrong').toString('base64')}` } };
    const known = await running.call('GET', `${member.path}/accounts`, wrong);
    const unknown = await running.call('GET', '/users/user-3/members/nobody/accounts', wrong);
    expect([known.status, unknown.status]).toEqual([401, 401]);
    expect(known.text).toBe(unknown.text);
  });

  it('of the path or the method is a problem too', async () => {
    expect(await running.call('GET', '/nothing/here')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const wrongMethod = await running.call('DELETE', '/users/u/members/m/accounts');
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get('allow')).toBe('GET, HEAD');
    expect((await running.call('GET', '/problems/mx_not_found')).body).toMatchObject({ code: 'mx_not_found' });
  });
});

describe('wrong MX credentials', () => {
  it('are a 502 with the cause, and no refresh', async () => {
    const member = running.addMember();
    running.mx.addFault({ how: { kind: 'status', status: 401 }, member: member.guid, times: null });
    const answer = await running.call('POST', `${member.path}/check_balance`);
    running.mx.clearFaults();
    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ code: 'mx_credentials_rejected', action: 'contact_support' });
    expect(answer.body['detail']).toContain('secret');
    expect((await running.call('GET', `${member.path}/refreshes`)).status).toBe(404);
  });

  it('found by a look end the refresh as failed', async () => {
    const member = running.addMember({ jobSeconds: 5 });
    const trigger = await running.call('POST', `${member.path}/check_balance`);
    running.mx.addFault({ how: { kind: 'status', status: 401 }, member: member.guid, times: null });
    const event = await running.ended(refreshIdOf(trigger));
    running.mx.clearFaults();
    expect(dataOf(event)).toMatchObject({
      outcome: 'failed',
      code: 'mx_credentials_rejected',
      action: 'contact_support',
    });
  });
});

describe('MX in trouble', () => {
  it('does not stop a known member’s later refresh', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    running.mx.addFault({ how: { kind: 'status', status: 503, body: 'html' }, member: member.guid, times: 2 });
    const { trigger, event } = await running.refresh(member.path);
    expect(trigger.status).toBe(202);
    expect(dataOf(event)).toMatchObject({ outcome: 'succeeded' });
  });

  it('is a 503 for a member that was never seen', async () => {
    const member = running.addMember();
    running.mx.addFault({ how: { kind: 'reset' }, member: member.guid, times: null });
    const answer = await running.call('POST', `${member.path}/check_balance`);
    running.mx.clearFaults();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body['code']).toBe('mx_unavailable');
  });

  it('lost answer to the start: compared, not repeated blindly', async () => {
    const member = running.addMember();
    running.mx.addFault({ how: { kind: 'reset' }, member: member.guid, routes: ['check-balance'], effect: 'after' });
    const { event } = await running.refresh(member.path);
    expect(dataOf(event)).toMatchObject({ outcome: 'succeeded' });
    expect(postsTo(member.guid)).toBe(1);
  });
});

describe('queues, schedule and sweep', () => {
  it('an unreadable message becomes a dead letter, others go on', async () => {
    const member = running.addMember();
    const dead = new Promise<string>((resolve) => running.project.stack.on('dead-letter', ({ body }) => resolve(body)));
    await sqs.send(new SendMessageCommand({ QueueUrl: table('FollowUpsQueue'), MessageBody: '{"version":1}' }));
    const { event } = await running.refresh(member.path);
    expect(dataOf(event)['outcome']).toBe('succeeded');
    expect(await dead).toBe('{"version":1}');
  });

  it('a newer release’s message waits, a day at most', async () => {
    const QueueUrl = table('FollowUpsQueue');
    const { stack } = running.project;
    const putBack = new Promise<void>((resolve) =>
      stack.on('log', ({ line }) => {
        if (line.includes('message.put_back')) resolve();
      }),
    );
    const dead = new Promise<string>((resolve) => stack.on('dead-letter', ({ body }) => resolve(body)));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"version":3}' }));
    await putBack;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1' });
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));

    const first_sent_at = { DataType: 'String', StringValue: new Date(Date.now() - 86_400_000).toISOString() };
    await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '{"version":3}', MessageAttributes: { first_sent_at } }),
    );
    expect(await dead).toBe('{"version":3}');
  });

  it('an enrolled member is refreshed in its minute, until withdrawn', async () => {
    const member = running.addMember();
    await running.refresh(member.path);
    const json = { headers: { 'content-type': 'application/json' } };
    const refused = await running.call('PUT', `${member.path}/schedule`, { ...json, body: '{"every":5}' });
    expect(refused.status).toBe(400);
    const enrolled = await running.call('PUT', `${member.path}/schedule`, { ...json, body: '{"every":1}' });
    expect(enrolled.body['schedule']).toMatchObject({ member_guid: member.guid, every: Decimal.of('1') });

    await forgetWhenRefreshed(member.guid);
    // As after an hour without ticks: every minute of the period is made up for, the member's too.
    await rewindSchedule(60);
    await running.project.stack.fireSchedule('EveryMinuteRefresh');
    await running.project.stack.idle();
    const { body } = await running.call('GET', `${member.path}/refreshes`);
    expect(body['refreshes']).toMatchObject([{ trigger: 'schedule', outcome: 'succeeded' }, { trigger: 'http' }]);

    expect((await running.call('DELETE', `${member.path}/schedule`)).status).toBe(204);
    await rewindSchedule(60);
    await running.project.stack.fireSchedule('EveryMinuteRefresh');
    await running.project.stack.idle();
    expect((await running.call('GET', `${member.path}/refreshes`)).body['refreshes']).toHaveLength(2);
  });

  it('the sweep ends an overdue refresh without a message', async () => {
    const member = running.addMember({ jobSeconds: 600 });
    const trigger = await running.call('POST', `${member.path}/check_balance`);
    const userGuid = (trigger.body['member'] as { user_guid: string }).user_guid;
    const long = String(Date.now() - 3_600_000);
    const Key = { user_guid: { S: userGuid }, item_key: { S: member.guid } };
    await db.send(
      new UpdateItemCommand({
        TableName: table('StorageMembers'),
        Key,
        // A look number that no message has: the messages in the queue for this refresh are superseded.
        UpdateExpression: `SET ${claimPath.deadline} = :long, open_since = :long, ${claimPath.look} = :look`,
        ExpressionAttributeValues: { ':long': { N: long }, ':look': { N: '1000' } },
      }),
    );
    await running.project.stack.fireSchedule('EveryMinuteSweep');
    expect(dataOf(await running.ended(refreshIdOf(trigger)))).toMatchObject({
      outcome: 'timed_out',
      action: 'retry_later',
    });
    const { Item } = await db.send(
      new GetItemCommand({ TableName: table('StorageMembers'), Key, ConsistentRead: true }),
    );
    expect(Item).not.toHaveProperty('claim');
    expect(Item).not.toHaveProperty('open_shard');
  });

  /** A member that was refreshed after its minute is not refreshed for that minute again. */
  async function forgetWhenRefreshed(memberGuid: string): Promise<void> {
    await db.send(
      new UpdateItemCommand({
        TableName: table('StorageMembers'),
        Key: { user_guid: { S: running.mx.member({ member: memberGuid }).userGuid }, item_key: { S: memberGuid } },
        UpdateExpression: `SET last_attempt.${attemptAttribute.acceptedAt} = :long REMOVE starts`,
        ExpressionAttributeValues: { ':long': { N: String(Date.UTC(2026, 0, 1)) } },
      }),
    );
  }

  async function rewindSchedule(minutes: number): Promise<void> {
    await db.send(
      new UpdateItemCommand({
        TableName: table('StorageMembers'),
        Key: { user_guid: { S: 'TICK' }, item_key: { S: 'scheduled-refresh' } },
        UpdateExpression: 'SET #minute = :minute',
        ExpressionAttributeNames: { '#minute': 'minute' },
        ExpressionAttributeValues: { ':minute': { N: String(minuteOf(new Date().toISOString()) - minutes) } },
      }),
    );
  }
});

it('MX’s official SDK triggers and reads accounts', async () => {
  const member = running.addMember();
  const { clientId: username, key: password } = running.project.caller;
  const configuration = new Configuration({ username, password, basePath: running.project.stack.apiUrl });
  const { userGuid } = running.mx.member({ member: member.guid });
  const started = await new MembersApi(configuration).checkBalances(member.guid, userGuid);
  expect(started.status).toBe(202);
  expect(started.data.member?.guid).toBe(member.guid);
  const { refresh } = started.data as unknown as { refresh: { refresh_id: string } };
  await running.ended(refresh.refresh_id);
  const { data } = await new AccountsApi(configuration).listMemberAccounts(userGuid, member.guid);
  expect(data.accounts).toHaveLength(6);
  expect(data.pagination).toMatchObject({ current_page: 1, per_page: 25, total_entries: 6, total_pages: 1 });
});

it('no log line holds amounts, account numbers or credentials', async () => {
  const lines: string[] = [];
  running.project.stack.on('log', ({ line }) => lines.push(line));
  const member = running.addMember();
  await running.refresh(member.path);
  await running.call('GET', `${member.path}/accounts`);
  await running.project.stack.idle();
  const all = lines.join('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const secret of [
    '500000',
    '215430.55',
    '4921710685',
    '0685',
    DEFAULT_SETTINGS.apiKey,
    running.project.caller.key,
  ]) {
    expect(all).not.toContain(secret);
  }
});

it('a request id leads to its log lines', async () => {
  const lines: string[] = [];
  running.project.stack.on('log', ({ line }) => lines.push(line));
  const { path, guid } = running.addMember();
  const { trigger } = await running.refresh(path);
  const read = await running.call('GET', `${path}/accounts`);
  const refused = await running.call('POST', `${path}/check_balance`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ [`jane@bank ${'x'.repeat(5_000)}`]: 1 }),
  });
  await running.project.stack.idle();
  const linesOf = ({ headers }: { headers: Headers }): unknown[] =>
    lines
      .filter((line) => line.includes(`"request_id":"${headers.get('apigw-requestid')}"`))
      .map((line) => JSON.parse(line));
  const caller = running.project.caller.clientId;
  const refreshId = String(trigger.headers.get('location')).replace('/refreshes/', '');
  expect(linesOf(trigger)).toMatchObject([{ caller, member_guid: guid, refresh_id: refreshId, status: 202 }]);
  expect(linesOf(read)).toMatchObject([{ caller, member_guid: guid, status: 200 }]);
  expect(linesOf(refused)).toMatchObject([{ caller, status: 400, code: 'invalid_request' }]);
  expect(lines.filter((line) => line.includes('jane@bank') || line.length > 2_000)).toEqual([]);
});
