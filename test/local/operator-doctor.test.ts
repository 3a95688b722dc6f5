/** The operator’s command `doctor`, as a process, against the running local stack. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../infra/operator/doctor/finding.ts';
import { beginOps, localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let env: Record<string, string>;
beforeAll(async () => {
  running = await startRunning({ callbackLoopback: true, webhooks: 'known' });
  env = localEnvironment(running.project);
});
afterEach(() => running.mx.clearFaults());
afterAll(() => running?.close());

async function doctor() {
  const { exitCode, out, said } = await ops(['doctor', '--local', '--json'], env);
  const findings = out
    .trimEnd()
    .split('\n')
    .map((line): Finding => JSON.parse(line));
  return { exitCode, said, of: Object.fromEntries(findings.map(({ name, ...finding }) => [name, finding])) };
}

describe('doctor', () => {
  it('finds a running stack well, once a webhook came', async () => {
    const { path } = running.addMember();
    await running.refresh(path);
    await running.project.stack.idle();
    const { exitCode, said, of } = await doctor();
    const wrong = Object.entries(of).filter(([, { state }]) => state === 'warning' || state === 'failure');
    expect([exitCode, wrong]).toEqual([0, []]);
    expect(said).toBe(`0 failures, 0 warnings · the local stack ${running.project.stack.stackName}\n`);
    expect(Object.keys(of)).toEqual([
      ...[
        'stack',
        'pause',
        'mx',
        'mx clock',
        'address',
        'callers',
        'webhook keys',
        'callback keys',
        'webhooks',
        'alarms',
      ],
      ...['queue follow-ups', 'queue starts', 'queue callbacks', 'dead letters', 'concurrency', 'clock'],
    ]);
    expect(of['mx']).toEqual({ state: 'ok', says: 'MX accepts the credentials and the address', todo: null });
    expect(of['callers']).toEqual({ state: 'ok', says: '1 client may call', todo: null });
    expect(of['webhooks']?.says).toBe('one came within the last hour');
    expect(of['alarms']).toEqual({ state: 'absent', says: 'the local stack has no alarms and no topic', todo: null });
  });

  it('says when MX refuses us, and what to do', async () => {
    running.mx.addFault({ how: { kind: 'status', status: 403 }, times: null });
    const { exitCode, out } = await ops(['doctor', '--local'], env);
    expect(exitCode).toBe(6);
    expect(out).toMatch(/^FAILURE {2}mx {2,}MX answered 403 .*\n +→ Have MX allow-list /m);
  });

  it('does not ask MX in a pause', async () => {
    await ops(['pause', '--for', '1h', '--why', 'a test', '--yes', '--local'], env);
    const before = running.mx.calls().length;
    const { exitCode, of } = await doctor();
    expect([exitCode, of['mx']?.says, of['mx clock']]).toEqual([1, 'was not asked: calls to MX are paused', undefined]);
    expect(of['pause']).toMatchObject({ state: 'warning', says: expect.stringMatching(/^calls .* until .*: a test$/) });
    expect(running.mx.calls()).toHaveLength(before);
    await ops(['resume', '--yes', '--local'], env);
  });

  it('names dead letters', async () => {
    const { awsEndpointUrl: endpoint, region, awsCredentials: credentials, outputs } = running.project.stack;
    const client = new SQSClient({ endpoint, region, credentials });
    const QueueUrl = outputs['TickDeadLetterQueueUrl'];
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    client.destroy();
    const { exitCode, of } = await doctor();
    expect([exitCode, of['dead letters']]).toEqual([
      1,
      { state: 'warning', says: 'about 1 in ticks', todo: 'See them: dead-letters list.' },
    ]);
  });

  it('interrupted writes nothing', async () => {
    running.mx.addFault({ how: { kind: 'timeout' }, times: null });
    const called = new Promise((resolve) =>
      running.project.stack.on('aws-call', ({ service }) => service === 'lambda' || resolve(null)),
    );
    const { child, ended } = beginOps(['doctor', '--local'], env);
    await called;
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ exitCode: 130, out: '', said: 'Interrupted: nothing was written.\n' });
  });
});
