/** `pause` and `resume` of the operator's command, on the running stack. */
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { movableClock } from '../../infra/local/movable-clock.ts';
import { localEnvironment, ops } from './operators-command.ts';
import { dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

const clock = movableClock();
let running: Running;
let env: Record<string, string>;
beforeAll(async () => {
  running = await startRunning({}, { clock });
  env = localEnvironment(running.project);
});
afterAll(() => running?.close());

/** What functions have read of pauses is too old then. */
const readAnew = (): void => clock.moveTo(clock.now() + 15_000);
const trigger = (path: string) => running.call('POST', `${path}/check_balance`);

const PAUSES = { refresh_id: { S: 'PAUSES' }, item_key: { S: 'pauses' } };
const DENIED = { name: 'AccessDeniedException', message: expect.stringContaining('with an explicit deny in an') };

/** The table of the refreshes, as that function may use it. */
function writing(writer: string) {
  const { stack } = running.project;
  const { environment } = stack.packageOf(writer);
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  const client = new DynamoDBClient({
    endpoint: stack.awsEndpointUrl,
    region: stack.region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  return { client, TableName: environment['REFRESHES_TABLE'] ?? '' };
}

describe('a pause', () => {
  it('stops what would call MX, until it is ended', async () => {
    const before = running.addMember();
    await running.refresh(before.path);
    const { path } = running.addMember();
    const told = ['--local', '--yes', '--json'];
    const paused = await ops(['pause', '--for', '2h', '--why', 'MX asked for it', ...told], env);
    expect([paused.exitCode, paused.said.split('\n')[0]]).toEqual([
      0,
      `Pausing calls to MX · the local stack ${running.project.stack.stackName}`,
    ]);
    expect(JSON.parse(paused.out)).toMatchObject({ paused: { why: 'MX asked for it' } });
    readAnew();

    const refused = await trigger(path);
    expect([refused.status, refused.body['code']]).toEqual([503, 'paused']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(7_000);
    expect(refused.text).not.toContain('MX asked for it');
    expect((await running.call('GET', `${before.path}/accounts`)).status).toBe(200);
    const { out } = await ops(['explain', 'user-3', before.id, '--local'], env);
    expect(out).toMatch(/triggers are refused and starts wait: calls to MX are paused\.\n/);

    expect((await ops(['resume', ...told], env)).exitCode).toBe(0);
    readAnew();
    const { event } = await running.refresh(path);
    expect(dataOf(event)['outcome']).toBe('succeeded');
    const shown = await ops(['pause', '--show', '--local', '--json'], env);
    expect(JSON.parse(shown.out)).toMatchObject({ paused: null, pauses: [{ why: 'MX asked for it' }] });
  });

  it.each(['CheckBalance', 'FollowUp', 'StartRefresh', 'Sweep'])('%s cannot update the pauses', async (writer) => {
    const { client, TableName } = writing(writer);
    await expect(client.send(new UpdateItemCommand({ TableName, Key: PAUSES }))).rejects.toMatchObject(DENIED);
    const Key = { refresh_id: { S: `ANY-${writer}` }, item_key: { S: 'any' } };
    await expect(client.send(new UpdateItemCommand({ TableName, Key }))).resolves.toBeDefined();
    client.destroy();
  });

  it('cannot be put by the function that puts refreshes', async () => {
    const { client, TableName } = writing('CheckBalance');
    await expect(client.send(new PutItemCommand({ TableName, Item: PAUSES }))).rejects.toMatchObject(DENIED);
    client.destroy();
  });

  it('puts off a refresh that runs, beyond its deadline', async () => {
    const { path } = running.addMember({ jobSeconds: 600 });
    const accepted = await trigger(path);
    expect(accepted.status).toBe(202);
    await ops(['pause', '--for', '1h', '--why', 'once more', '--local', '--yes'], env);
    readAnew();
    clock.moveTo(clock.now() + 120_000);
    await running.project.stack.fireSchedule('EveryMinuteSweepSchedule');
    const { body } = await running.call('GET', `/refreshes/${refreshIdOf(accepted)}`);
    expect(body['refresh']).toMatchObject({ status: 'running', code: 'paused' });
    await ops(['resume', '--local', '--yes'], env);
    readAnew();
    clock.moveTo(clock.now() + 30_000);
    await running.project.stack.fireSchedule('EveryMinuteSweepSchedule');
    expect(dataOf(await running.ended(refreshIdOf(accepted)))['outcome']).toBe('timed_out');
  });
});
