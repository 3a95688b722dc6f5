/** Headings of docs/runbook.md about functions that throw, played: caused, seen by the heading’s lines, repaired. */
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { awsFaults, nextLine } from './aws-faults.ts';
import { type Played, playedRunbook } from './played-runbook.ts';
import { type Running, startRunning } from './running.ts';

const root = join(import.meta.dirname, '../..');
const faults = awsFaults();
let running: Running;
let played: Played;
let path: string;
let member: string;
let erased: string;
let user: string;
beforeAll(async () => {
  running = await startRunning({ webhooks: 'known', deadlineSeconds: 600 }, { aroundEngines: faults.aroundEngines });
  played = playedRunbook(running, 'local/runbook-functions.test.ts');
  ({ path, guid: member } = running.addMember());
  user = running.mx.member({ member }).userGuid;
  erased = running.addMember().path;
  await Promise.all([path, erased].map((of) => running.refresh(of)));
});
afterEach(() => faults.mend());
afterAll(() => running?.close());

const called =
  (method: string, of: string, whose = () => path) =>
  async () =>
    (await running.call(method, whose() + of)).status;
const webhook = async () => {
  const { stack, webhookSender } = running.project;
  const { status } = await fetch(`${stack.apiUrl}/webhooks/mx`, {
    method: 'POST',
    headers: { authorization: webhookSender.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'MEMBER', action: 'updated', member_guid: member, user_guid: user }),
  });
  return status;
};
/** 200 when all went well, else the error. */
const invoked = (work: () => Promise<unknown>) => () =>
  work().then(
    () => 200,
    (error: Error) => error.message,
  );

it.each<[string, { id: string; service?: 'sqs'; use: () => Promise<number | string> }, unknown, number]>([
  ['check-balance', { id: 'CheckBalance', use: called('POST', '/check_balance') }, 500, 202],
  ['read-balances', { id: 'ReadBalances', use: called('GET', '/accounts') }, 500, 200],
  ['read-refresh', { id: 'ReadRefresh', use: called('GET', '/refreshes') }, 500, 200],
  ['member-schedule', { id: 'MemberSchedule', use: called('GET', '/schedule') }, 500, 200],
  // MX sends again what it is answered with 429.
  ['mx-webhook', { id: 'MxWebhook', service: 'sqs', use: webhook }, 429, 204],
  [
    'run-schedule',
    {
      id: 'ScheduledRefresh',
      use: invoked(() => running.project.stack.fireSchedule('EveryMinuteRefreshSchedule')),
    },
    'the role has lost a policy',
    200,
  ],
  [
    'sweep',
    { id: 'Sweep', use: invoked(() => running.project.stack.fireSchedule('EveryMinuteSweepSchedule')) },
    '4 open refreshes or parts of their list failed: the lines sweep.failed say why',
    200,
  ],
  ['erase-data', { id: 'EraseData', use: called('DELETE', '/data', () => erased) }, 500, 202],
])('%s fails, says why, and works again', async (name, { id, service, use }, failed, well) => {
  faults.refuse(id, service);
  expect(await use()).toBe(failed);
  const { exitCode, out } = await played.ops(name, `logs --function ${name} --errors --since 1h`);
  expect(exitCode).toBe(0);
  expect(out).toContain(` ${name} `);
  expect(out).toMatch(/the role has lost a policy|\(AccessDenied\)/);
  faults.mend();
  expect(await use()).toBe(well);
});

it('unknown-route fails and says why', async () => {
  // It asks nothing of AWS: an event as the gateway sends none.
  const use = invoked(() => running.project.stack.invoke('UnknownRoute', null));
  expect(await use()).toMatch(/^Cannot destructure property/);
  const { out } = await played.ops('unknown-route', 'logs --function unknown-route --errors --since 1h');
  expect(out).toMatch(/^\S+Z \? {5}unknown-route Invoke Error \{"errorType":"TypeError"/);
  expect((await running.call('GET', '/no/such/route')).status).toBe(404);
});

it('a bad deployment is followed as it fails', async () => {
  const tail = played.follow('a-bad-deployment', 'tail --errors');
  await tail.shows('Following');
  faults.refuse('ReadRefresh');
  const refused = await running.call('GET', `${path}/refreshes`, { headers: { 'x-correlation-id': 'bad-1' } });
  expect(refused.status).toBe(500);
  await tail.shows('bad-1');
  const { exitCode, out } = await tail.stop();
  expect(exitCode).toBe(130);
  expect(out).toMatch(/^\S+Z ERROR read-refresh request\.failed .*bad-1/m);
  for (const anchor of ['http-5xx', 'update-taken-back'])
    expect((await played.ops(anchor, 'logs --errors --since 1h')).out).toContain('correlation_id=bad-1');
  // The deployment before.
  faults.mend();
  expect((await running.call('GET', `${path}/refreshes`)).status).toBe(200);
});

it('a trace leads to its place in the sources', async () => {
  faults.refuse('FollowUp');
  const failed = nextLine(running, '"follow_up.failed"');
  const { path: its } = running.addMember();
  await running.call('POST', `${its}/check_balance`);
  await failed;
  faults.mend();
  const { out } = await played.ops('how-to-look', 'logs --function follow-up --errors --since 1h');
  expect(out).toMatch(/ ERROR follow-up follow_up\.failed .*index\.mjs:\d+:\d+/);
  const line = played.line('how-to-look', 'node -e ');
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const found = execFileSync('sh', ['-c', line], { cwd: root, env: { PATH }, encoding: 'utf8' });
  expect(found).toMatch(/fileName: '.*\.[jt]s',\n {2}lineNumber: \d+/);
});

it('leaves no line of its headings out', () => {
  expect(played.notRun()).toEqual([]);
});
