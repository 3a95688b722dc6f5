/** Headings of docs/runbook.md about queues and dead letters, played: caused, seen by the heading’s lines, repaired. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { movableClock } from '../../infra/local/movable-clock.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { encodeStartBatch } from '../../shared/clients/messages.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { awsFaults, nextLine } from './aws-faults.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

const faults = awsFaults();
const clock = movableClock();
let running: Running;
let played: Played;
let client: SQSClient;
let secrets: SecretsManagerClient;
let receiver: Server;
/** What the receiver of callbacks answers. */
let status = 204;
/** The ids that it got. */
const received: string[] = [];

beforeAll(async () => {
  running = await startRunning(
    { callbackLoopback: true, deadlineSeconds: 600 },
    { clock, aroundEngines: faults.aroundEngines },
  );
  played = playedRunbook(running, 'local/runbook-queues.test.ts', clock.now);
  const { awsEndpointUrl: endpoint, region, awsCredentials: credentials } = running.project.stack;
  client = new SQSClient({ endpoint, region, credentials });
  secrets = new SecretsManagerClient({ endpoint, region, credentials });
  receiver = createServer((request, response) => {
    request.resume();
    received.push(`${status} ${request.headers['webhook-id']}`);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(() => faults.mend());
afterAll(async () => {
  client?.destroy();
  secrets?.destroy();
  receiver?.close();
  receiver?.closeAllConnections();
  await running?.close();
});

const send = (output: string, MessageBody: string) =>
  client.send(new SendMessageCommand({ QueueUrl: running.project.stack.outputs[output], MessageBody }));

/** Puts a message where SQS would put it after five failures, three minutes apart. */
const bury = send;

const table = (...counts: readonly number[]): string =>
  ['sent back       ', 'left: void      ', 'discarded: void ', 'left: came back ']
    .map((word, index) => `${word}     ${counts[index]}\n`)
    .join('');

it('a look that fails again and again is sent back', async () => {
  const { path } = running.addMember();
  faults.refuse('FollowUp');
  const id = refreshIdOf(await running.call('POST', `${path}/check_balance`));
  // Seconds apart; after the fourth one the message is hidden for three minutes.
  for (let look = 1; look <= 4; look += 1) await nextLine(running, '"follow_up.failed"', id);
  for (const anchor of ['follow-up', 'follow-ups-late']) {
    const { out } = await played.ops(anchor, 'logs --function follow-up --errors --since 1h');
    expect(out).toMatch(
      new RegExp(`ERROR follow-up follow_up\\.failed refresh_id=${id} .*"the role has lost a policy"`),
    );
  }
  const doctor = await played.ops('follow-ups-late', 'doctor');
  expect(doctor).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^ok +queue follow-ups +about \d messages?$/m),
  });

  await bury('FollowUpDeadLetterQueueUrl', faults.lastSentBy('FollowUp', id));
  expect(await played.ops('a-queue-does-not-move', 'doctor')).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(/^warning +dead letters +about 1 in follow-ups\n +→ See them: dead-letters list\.$/m),
  });
  const open = await played.ops('a-queue-does-not-move', 'open');
  expect(open.out).toMatch(new RegExp(`^\\d+ s +${id} .* job runs, no look yet `, 'm'));
  for (const [anchor, command] of [
    ['a-queue-does-not-move', 'dead-letters list'],
    ['follow-ups-dead-letters', 'dead-letters list follow-ups'],
  ] as const) {
    const { exitCode, out } = await played.ops(anchor, command);
    expect(exitCode).toBe(0);
    expect(out).toMatch(new RegExp(`\\d +look +${id} +4 looks in a row failed: see its log lines +does something\n`));
  }

  faults.mend();
  const stored = nextLine(running, '"follow_up.done"', id);
  const sent = await played.ops('follow-ups-dead-letters', 'dead-letters redrive follow-ups');
  expect([sent.exitCode, sent.out]).toEqual([0, `what became of them  letters\n${table(1, 0, 0, 0)}`]);
  expect(await stored).toContain('"outcome":"stored"');
  expect(dataOf(await running.ended(id))['outcome']).toBe('succeeded');
});

it('a refresh past its deadline ends by the sweep', async () => {
  const { path } = running.addMember();
  faults.refuse('FollowUp');
  const id = refreshIdOf(await running.call('POST', `${path}/check_balance`));
  await nextLine(running, '"follow_up.failed"', id);
  clock.moveTo(clock.now() + 601_000);
  const open = await played.ops('nothing-ends', 'open');
  expect(open.out).toMatch(new RegExp(`${id} .* STUCK `));
  expect(open.said).toMatch(/^1 refresh of .* runs, 1 of them past the deadline\.\n$/);
  const errors = await played.ops('nothing-ends', 'logs --errors --since 15m');
  expect(errors.out).toContain(`follow_up.failed refresh_id=${id}`);
  expect((await played.ops('nothing-ends', 'doctor')).out).toMatch(/^ok +queue follow-ups +about \d message/m);
  await running.project.stack.fireSchedule('EveryMinuteSweepSchedule');
  expect(dataOf(await running.ended(id))['outcome']).toBe('timed_out');
  faults.mend();
  expect((await played.ops('nothing-ends', 'open')).said).toMatch(/^0 refreshes of /);
});

it('a batch of starts is sent back', async () => {
  const { guid } = running.addMember();
  const { userGuid } = running.mx.member({ member: guid });
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region, outputs } = running.project.stack;
  const put = await running.call('PUT', `/users/${userGuid}/members/${guid}/schedule`, {
    headers: { 'content-type': 'application/json' },
    body: '{"every":24}',
  });
  expect(put.status).toBe(200);
  const db = new DynamoDBClient({ endpoint, credentials, region });
  const member = { userGuid, memberGuid: guid };
  const { enrolment } = (await membersReader(db, outputs['MembersTable'] ?? '').read(member)) ?? {};
  db.destroy();
  if (!enrolment) throw new Error('the member is on no schedule');
  const enrolled = {
    ...{ member, everyHours: 24 as const, slot: enrolment.slot },
    quietHours: null,
    maxAgeSeconds: null,
  };
  const dueAt = instantOf(clock.now());
  const batch = encodeStartBatch({ dueAt, startAt: null, members: [enrolled] });

  faults.refuse('StartRefresh');
  const failed = nextLine(running, '"start.failed"');
  await send('StartQueueUrl', batch);
  await failed;
  for (const anchor of ['start-due', 'starts-late']) {
    const { out } = await played.ops(anchor, 'logs --function start-due --errors --since 1h');
    expect(out).toMatch(/^\S+Z ERROR start-due start\.failed .*"the role has lost a policy"/m);
  }
  expect((await played.ops('starts-late', 'doctor')).out).toMatch(/^ok +queue starts +about 1 message$/m);
  await bury('StartDeadLetterQueueUrl', batch);
  const listed = await played.ops('starts-dead-letters', 'dead-letters list starts');
  expect(listed.out).toMatch(/1 +start +1 member .*handling it failed five times: see its log lines +does something\n/);

  faults.mend();
  const started = nextLine(running, '"start.done"', '"accepted":1');
  expect(await played.ops('starts-dead-letters', 'dead-letters redrive starts')).toMatchObject({
    exitCode: 0,
    out: expect.stringContaining(table(1, 0, 0, 0)),
  });
  await started;
});

it('callbacks that cannot be signed or are refused wait', async () => {
  const { stack, callbackSecret } = running.project;
  const putKeys = (keys: object) => {
    clock.moveTo(clock.now() + 300_000);
    return secrets.send(
      new PutSecretValueCommand({ SecretId: stack.outputs['CallbacksSecretArn'], SecretString: JSON.stringify(keys) }),
    );
  };
  const trigger = async () => {
    const { path } = running.addMember();
    const url = `http://localhost:${(receiver.address() as AddressInfo).port}/`;
    const headers = { 'content-type': 'application/json' };
    const { status: answered } = await running.call('POST', `${path}/check_balance`, {
      headers,
      body: JSON.stringify({ callback_url: url }),
    });
    expect(answered).toBe(202);
  };

  await putKeys({ current: '' });
  const unsigned = nextLine(running, '"callback.failed"');
  await trigger();
  await unsigned;
  const first = faults.lastSentBy('FollowUp', '"callback_id"');
  const why = await played.ops('deliver-callback', 'logs --function deliver-callback --errors --since 1h');
  expect(why.out).toMatch(/callback\.failed .*failure="the secret with the callbacks’ keys must be /);
  expect(await played.ops('callbacks-late', 'doctor')).toMatchObject({
    exitCode: 6,
    out: expect.stringMatching(/^FAILURE +callback keys +there is no key to sign callbacks with: none is sent$/m),
  });
  await putKeys({ current: callbackSecret, previous: '' });
  await bury('CallbackDeadLetterQueueUrl', first);
  const done = nextLine(running, '"callback.done"', '"delivered"');
  await played.ops('callbacks-dead-letters', 'dead-letters redrive callbacks');
  await done;
  expect(received).toEqual([expect.stringMatching(/^204 CBK-/)]);

  status = 500;
  const refused = nextLine(running, '"callback.done"', '"retrying"');
  await trigger();
  await refused;
  const late = await played.ops('callbacks-late', 'logs --function deliver-callback --since 1h');
  expect(late.out).toMatch(/INFO {2}deliver-callback callback\.done .* outcome=retrying count=0 status=500$/m);
  await bury('CallbackDeadLetterQueueUrl', faults.lastSentBy('DeliverCallback'));
  const listed = await played.ops('callbacks-dead-letters', 'dead-letters list callbacks');
  const [, messageId = ''] = /^([\w-]+) .* callback +RFR-.* does something$/m.exec(listed.out) ?? [];
  const shown = await played.ops('callbacks-dead-letters', 'dead-letters show callbacks MESSAGE-ID', {
    'MESSAGE-ID': messageId,
  });
  expect(shown.out).toMatch(/^host +localhost:\d+$/m);

  status = 204;
  const redriven = nextLine(running, '"callback.done"', '"delivered"');
  await played.ops('callbacks-dead-letters', 'dead-letters redrive callbacks');
  await redriven;
  const [, again = '', delivered] = received;
  expect(again).toMatch(/^500 CBK-/);
  expect(delivered).toBe(again.replace('500', '204'));
});

it('ticks that failed are seen and discarded', async () => {
  await bury(
    'TickDeadLetterQueueUrl',
    JSON.stringify({
      requestContext: {
        functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${running.project.stack.physicalId('SweepFunction')}`,
        condition: 'RetriesExhausted',
      },
      responsePayload: { errorType: 'Error', errorMessage: 'the role has lost a policy' },
    }),
  );
  const listed = await played.ops('tick-dead-letters', 'dead-letters list ticks');
  expect(listed.out).toMatch(
    /1 +tick +\S*SweepFunction\S* .*Error: the role has lost a policy +void: the next minute has done its work\n/,
  );
  const discarded = await played.ops('tick-dead-letters', 'dead-letters discard ticks');
  expect(discarded).toMatchObject({ exitCode: 0, out: expect.stringContaining('Nothing is lost.') });
  expect(discarded.said).toMatch(/\nDiscard 1 letter of ticks of the local stack \S+\?\n1 letter discarded\.\n$/);
  expect((await played.ops('tick-dead-letters', 'dead-letters list ticks')).said).toMatch(
    /^ticks: SQS counts about 0 letters; 0 seen/,
  );
});

it('leaves no line of its headings out', () => {
  expect(played.notRun()).toEqual([]);
});
