/** The runbook's incident, played on the local stack as it is written: caused, seen with the operator's command, repaired. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { movableClock } from '../../infra/local/movable-clock.ts';
import { localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

/** One command of the transcript, and what it prints. */
interface Step {
  readonly args: readonly string[];
  readonly printed: string;
}

/** The steps of the runbook's blocks of commands with their output, in their order. */
const steps: readonly Step[] = [
  ...readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8').matchAll(/```console\n(.*?)```/gs),
].flatMap(([, block = '']) =>
  block
    .split(/^\$ npm run -s ops -- /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...printed] = step.split('\n');
      return { args: command.split(' '), printed: printed.join('\n') };
    }),
);

/** A line of the runbook: `…` stands for the rest of a word, or at the line's end for the rest of the line. */
const pattern = (line: string): RegExp =>
  new RegExp(
    `^${line
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/…$/, '.*')
      .replaceAll('…', '[^ ]*')}$`,
  );

const clock = movableClock();
let running: Running;
let env: Record<string, string>;

beforeAll(async () => {
  running = await startRunning({ webhooks: 'known', callbackLoopback: true }, { clock });
  env = localEnvironment(running.project);
});
afterAll(() => running?.close());

/** Puts MX's new key into the secret, half a minute after a function read it last. */
async function repair(key: string): Promise<void> {
  const { awsEndpointUrl: endpoint, region, awsCredentials: credentials, physicalId } = running.project.stack;
  const client = new SecretsManagerClient({ endpoint, region, credentials });
  const SecretString = JSON.stringify({ client_id: 'local-client-id', api_key: key });
  await client.send(new PutSecretValueCommand({ SecretId: physicalId('CredentialsMx'), SecretString }));
  client.destroy();
  clock.moveTo(clock.now() + 31_000);
}

/** Plays a step: its lines are those of the runbook, progress left out. On a terminal two streams are one. */
async function play(step: Step | undefined): Promise<number | null> {
  if (step === undefined) throw new Error('the runbook has no such step');
  const { out, said, exitCode } = await ops(step.args, env);
  const written = `${said}${out}`.replaceAll(/^\d+ s {2}.*\n/gm, '').split('\n');
  for (const line of step.printed.split('\n')) {
    const at = written.findIndex((candidate) => pattern(line).test(candidate));
    expect(at, `${line}\nis not in\n${out}${said}`).not.toBe(-1);
    written.splice(at, 1);
  }
  expect(written).toEqual([]);
  return exitCode;
}

describe('the runbook’s incident', () => {
  it('goes as it is written, from alarm to repair', async () => {
    await running.refresh('/users/user-1/members/member-ok');
    await running.project.stack.idle();
    const rejected = new Promise((resolve) =>
      running.project.stack.on('log', ({ line }) => {
        if (line.includes('"MxCredentialsRejected"')) resolve(line);
      }),
    );
    running.mx.setSettings({ apiKey: 'new-key' });

    const [refused, examined, ...after] = steps;
    expect(await play(refused)).toBe(4);
    await rejected;
    expect(await play(examined)).toBe(6);
    await repair('new-key');
    for (const step of after) expect(await play(step)).toBe(0);
    expect(after).toHaveLength(3);
  });
});
