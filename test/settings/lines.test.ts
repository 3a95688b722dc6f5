/** The lines of each function, as it is wired: under which name it writes them, and what it says of what fails. */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeWebhook } from '../../shared/clients/messages.ts';
import { at } from '../samples.ts';
import { type Construct, type Deployed, deploy, memberParameters } from './deployed.ts';
import { member } from './stub-mx.ts';

let deployed: Deployed;
beforeEach(async () => {
  deployed = await deploy({
    webhooks: 'known',
    callbackHosts: 'hooks.example.com',
    allowanceStarts: 1,
    minScheduleHours: 1,
  });
});
afterEach(() => deployed.close());

/** The lines so far, as objects; the next call has those after them. */
function newLines(): readonly Record<string, unknown>[] {
  const from = read;
  read = deployed.lines.length;
  return deployed.lines.slice(from).flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
}
let read = 0;
beforeEach(() => {
  read = 0;
});

const dropTable = (TableName: string) => deployed.aws.tables.client.send(new DeleteTableCommand({ TableName }));

const look = JSON.stringify({
  version: 1,
  refresh_id: 'RFR-00000000000000000000000001',
  correlation_id: 'order-1',
  member: { user_guid: 'USR-1', member_guid: 'MBR-1' },
  look: 1,
  memory: null,
});

const starts = JSON.stringify({
  version: 1,
  due_at: '2026-11-21T12:00:00.000Z',
  members: [
    {
      member: { user_guid: 'USR-1', member_guid: 'MBR-1' },
      every_hours: 1,
      slot: 'SLOT#1h#00038#0',
    },
  ],
});

/** The last try of a delivery. */
const lastDelivery = JSON.stringify({
  version: 1,
  callback_id: 'CBK-1',
  url: 'https://hooks.example.com/a',
  attempt: 11,
  since: '2026-11-20T12:00:00.000Z',
  not_before: '2026-11-21T12:00:00.000Z',
  event: {
    id: 'EVT-1',
    type: 'refresh.failed',
    data: { user_guid: 'USR-1', member_guid: 'MBR-1', refresh_id: 'RFR-1', correlation_id: 'order-1' },
  },
});

describe('a request is answered in the name of', () => {
  it.each<[string, Construct, string, Record<string, string>]>([
    ['check-balance', 'CheckBalance', 'POST /users/{user_identifier}/members/{member_identifier}/check_balance', {}],
    ['read-balances', 'ReadBalances', 'GET /users/{user_identifier}/members/{member_identifier}/accounts', {}],
    ['read-refresh', 'ReadRefresh', 'GET /refreshes/{refresh_id}', { refresh_id: 'RFR-00000000000000000000000001' }],
    ['member-schedule', 'MemberSchedule', 'GET /users/{user_identifier}/members/{member_identifier}/schedule', {}],
    ['unknown-route', 'UnknownRoute', '$default', {}],
    ['mx-webhook', 'MxWebhook', 'POST /webhooks/mx', {}],
  ])('%s', async (service, construct, routeKey, parameters) => {
    const method = /^[A-Z]+(?= )/.exec(routeKey)?.[0] ?? 'GET';
    await deployed.http(construct, { method, routeKey, parameters: { ...memberParameters, ...parameters } });
    expect(newLines().at(-1)).toMatchObject({ service, event: expect.stringMatching(/^request\./) });
  });
});

describe('a message that fails is told by', () => {
  it.each<[string, Construct, string, string, object]>([
    ['follow-up', 'FollowUp', look, 'follow_up.failed', { refresh_id: 'RFR-00000000000000000000000001' }],
    ['start-due', 'StartRefresh', starts, 'start.failed', {}],
    ['deliver-callback', 'DeliverCallback', lastDelivery, 'callback.failed', { callback_id: 'CBK-1' }],
  ])('%s', async (service, construct, message, event, names) => {
    await dropTable('members');
    expect(await deployed.deliver(construct, message)).toBe(false);
    expect(newLines()).toMatchObject([{ service, event, message_id: 'message', code: expect.any(String), ...names }]);
  });
});

describe('a schedule’s tick', () => {
  it('says how many minutes and members it had', async () => {
    await deployed.http('MemberSchedule', {
      method: 'PUT',
      routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
      parameters: memberParameters,
      headers: { 'content-type': 'application/json' },
      body: '{"every":1}',
    });
    deployed.at(37 * 60);
    await deployed.tick('ScheduledRefresh');
    newLines();
    deployed.at(38 * 60);
    await deployed.tick('ScheduledRefresh');
    expect(newLines()).toMatchObject([
      { service: 'run-schedule', event: 'schedule.done', counts: { minutes: 1, members: 1 }, MembersDue: 1 },
    ]);
  });

  it('fails as a whole, to be repeated', async () => {
    await dropTable('members');
    await expect(deployed.tick('ScheduledRefresh')).rejects.toThrow('not found');
  });
});

it('a start that cannot be is told with its member', async () => {
  await deployed.http('MemberSchedule', {
    method: 'PUT',
    routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
    parameters: memberParameters,
    headers: { 'content-type': 'application/json' },
    body: '{"every":1}',
  });
  await deployed.trigger();
  deployed.mx.member = {
    is_being_aggregated: false,
    connection_status: 'FAILED',
    aggregated_at: '2026-11-21T12:00:01Z',
  };
  deployed.at(700);
  await deployed.tick('Sweep');
  newLines();
  deployed.at(38 * 60);
  expect(await deployed.deliver('StartRefresh', starts.replace('T12:00', 'T12:38'))).toBe(true);
  expect(newLines()).toMatchObject([
    { service: 'start-due', event: 'start.failed', member_guid: 'MBR-1', code: 'allowance_used_up' },
    { service: 'start-due', event: 'start.done', counts: { failed: 1 } },
  ]);
});

it('starts name their refresh, also one that they join', async () => {
  await deployed.http('MemberSchedule', {
    method: 'PUT',
    routeKey: 'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
    parameters: memberParameters,
    headers: { 'content-type': 'application/json' },
    body: '{"every":1}',
  });
  newLines();
  const accepted = async () => {
    expect(await deployed.deliver('StartRefresh', starts)).toBe(true);
    return newLines();
  };
  const [first, counted] = await accepted();
  expect(first).toMatchObject({
    ...{ service: 'start-due', event: 'start.accepted', outcome: 'accepted', member_guid: 'MBR-1' },
    refresh_id: expect.stringMatching(/^RFR-/),
  });
  expect(counted).toMatchObject({ event: 'start.done', counts: { accepted: 1 }, RefreshAccepted: 1 });
  deployed.at(5);
  expect(await accepted()).toMatchObject([
    { event: 'start.accepted', outcome: 'joined', refresh_id: first?.['refresh_id'] },
    { event: 'start.done', counts: { joined: 1 } },
  ]);
});

it('a webhook’s failed look names refresh and member', async () => {
  const { body } = await deployed.trigger();
  const { refresh_id: refreshId } = Object(Object(body).refresh);
  deployed.at(10);
  deployed.mx.status = 503;
  newLines();
  const webhook = { about: 'connection', member, completedAt: null, receivedAt: at(5) } as const;
  expect(await deployed.deliver('FollowUp', encodeWebhook(webhook))).toBe(true);
  expect(newLines()).toMatchObject([
    { event: 'mx.failed', call: 'readMember', refresh_id: refreshId, member_guid: 'MBR-1' },
    { event: 'webhook.handled', refresh_id: refreshId, member_guid: 'MBR-1', outcome: 'nudged' },
  ]);
});

it('a webhook that fails names its member', async () => {
  await dropTable('members');
  const webhook = { about: 'connection', member, completedAt: null, receivedAt: at(5) } as const;
  expect(await deployed.deliver('FollowUp', encodeWebhook(webhook))).toBe(false);
  expect(newLines()).toMatchObject([{ event: 'follow_up.failed', member_guid: 'MBR-1' }]);
});

describe('a sweep', () => {
  it('that cannot repair a refresh says so, and fails', async () => {
    await deployed.trigger();
    await dropTable('refreshes');
    deployed.at(700);
    newLines();
    await expect(deployed.tick('Sweep')).rejects.toThrow(
      '1 open refreshes or parts of their list failed: the lines sweep.failed say why',
    );
    expect(newLines()).toMatchObject([
      { service: 'sweep', event: 'sweep.failed', member_guid: 'MBR-1', code: expect.any(String) },
      { service: 'sweep', event: 'pause.unread', code: expect.any(String), SweepRepaired: 0 },
      { service: 'sweep', event: 'sweep.done', counts: { failed: 1 } },
    ]);
  });
});
