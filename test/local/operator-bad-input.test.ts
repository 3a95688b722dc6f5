/** The operator's command against what goes wrong around it: for every command a sentence and an exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AwsCall, type AwsService, accessDeniedAnswer, awsError } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { runCommandLine } from '../../infra/operator/command-line.ts';
import { exitCodes, Stop } from '../../infra/operator/exit-codes.ts';
import type { Terminal } from '../../infra/operator/terminal.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { beginOps, localEnvironment } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let folder: string;
let refusal: ((service: AwsService, call: AwsCall) => string | null) | null = null;

const aroundEngines = (engines: AwsEngines): AwsEngines =>
  Object.fromEntries(
    Object.entries(engines).map(([name, engine]) => {
      const service = name as AwsService;
      return [
        service,
        async (call: AwsCall) => {
          const error = call.caller.via === 'tools' ? (refusal?.(service, call) ?? null) : null;
          if (error === null) return engine(call);
          if (error === 'AccessDenied') return accessDeniedAnswer(service, 'User: me is not authorized');
          return awsError(service, error, `said AWS: ${error}`);
        },
      ];
    }),
  ) as AwsEngines;

beforeAll(async () => {
  running = await startRunning({}, { aroundEngines });
  await running.refresh('/users/user-1/members/member-ok');
  // A receipt of an erasing.
  const { path } = running.addMember();
  await running.refresh(path);
  expect((await running.call('DELETE', `${path}/data`)).status).toBe(202);
  folder = mkdtempSync(join(tmpdir(), 'operator-bad-input-'));
  writeFileSync(join(folder, 'one.csv'), 'user,member,every\nUSR-bad,MBR-1,24\n');
});
afterEach(() => {
  refusal = null;
});
afterAll(async () => {
  await running?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

async function ops(args: readonly string[], more: Partial<Terminal> = {}) {
  const { terminal, out, said } = fakeTerminal({
    environment: { AWS_ENDPOINT_URL: running.project.stack.awsEndpointUrl },
    ...more,
  });
  const filled = args.map((word) => (word === 'FILE' ? join(folder, 'one.csv') : word));
  const exitCode = await runCommandLine([...filled, '--local'], terminal, '1.2.3');
  return { exitCode, out: out(), said: said.join('\n') };
}

/** Every command; each with what its first call of AWS beyond the stack's description needs. */
const commands: readonly (readonly string[])[] = [
  ['deployment'],
  ['doctor'],
  ['explain', 'user-1', 'member-ok'],
  ['attention'],
  ['open'],
  ['refresh', 'user-1', 'member-ok'],
  ['institutions'],
  ['schedules', 'export'],
  ['schedules', 'import', 'FILE', '--yes'],
  ['schedules', 'reshard', '--yes'],
  ['dead-letters', 'list'],
  ['dead-letters', 'show', 'follow-ups', 'some-id'],
  ['dead-letters', 'redrive', '--yes'],
  ['dead-letters', 'discard', 'follow-ups', '--yes'],
  ['logs', '--errors'],
  ['tail'],
  ['pause', '--for', '1h', '--why', 'a test', '--yes'],
  ['resume', '--yes'],
  ['erasures', 'list'],
  ['erasures', 'repeat', '--yes'],
  ['tables', 'copy-back', 'members', '--from', 'nowhere', '--yes'],
];
const names = (list: readonly (readonly string[])[]) => list.map((args) => [args.join(' '), args] as const);
const except = (...some: readonly string[]) => commands.filter(([name = '']) => !some.includes(name));
const later =
  (error: string) =>
  (_service: AwsService, { action }: AwsCall): string | null =>
    action === 'DescribeStacks' ? null : error;

describe('every command', () => {
  it('is tried here', async () => {
    const namesIn = async (...args: readonly string[]): Promise<readonly string[]> => {
      const { terminal, out } = fakeTerminal();
      await runCommandLine([...args, '--help'], terminal, '1.2.3');
      const [, listed = ''] = out().split('\nCommands:\n');
      return [...listed.matchAll(/^ {2}([a-z-]+)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]));
    };
    const all: string[] = [];
    for (const topic of await namesIn()) {
      const inside = await namesIn(topic);
      all.push(...(inside.length === 0 ? [topic] : inside.map((name) => `${topic} ${name}`)));
    }
    const tried = commands.map(([topic = '', name = '']) =>
      all.includes(`${topic} ${name}`) ? `${topic} ${name}` : topic,
    );
    expect(tried).toEqual(all);
  });

  it.each(names(commands))('with an unknown stack is a sentence, and 3: %s', async (_name, args) => {
    expect(await ops([...args, '--stack', 'nope'])).toEqual({
      exitCode: 3,
      out: '',
      said: 'Stack with id nope does not exist: the local stack runs mx-fresh-balances-local only. Are stack (--stack), region (--region, AWS_REGION) and account (AWS_PROFILE) the right ones?',
    });
  });

  it.each(names(commands))('with expired credentials is a sentence, and 3: %s', async (_name, args) => {
    refusal = () => 'ExpiredToken';
    expect(await ops(args)).toEqual({
      exitCode: 3,
      out: '',
      said: 'The AWS credentials have expired: sign in anew.',
    });
  });

  // `refresh` asks the API alone, `deployment` nothing more.
  it.each(names(except('deployment', 'refresh', 'doctor')))(
    'without rights says so, and 3: %s',
    async (_name, args) => {
      for (const [error, sentence] of [
        ['AccessDenied', 'These credentials may not do that: User: me is not authorized'],
        ['ExpiredTokenException', 'The AWS credentials have expired: sign in anew.'],
      ] as const) {
        refusal = later(error);
        const { exitCode, said } = await ops(args);
        expect([exitCode, said.split('\n').at(-1)]).toEqual([3, sentence]);
        expect(said).not.toMatch(/\n\s+at /);
      }
    },
  );

  it('without rights is a warning for each part: doctor', async () => {
    refusal = later('AccessDenied');
    const { exitCode, out } = await ops(['doctor']);
    expect(exitCode).toBe(1);
    expect(out.match(/^warning .* could not look: these credentials lack /gm)).toHaveLength(7);
  });

  it.each(names(except('tail')))('after Ctrl-C changes nothing: %s', async (_name, args) => {
    const writes: string[] = [];
    const stop = running.project.stack.on('aws-call', ({ via, action }) => {
      if (via === 'tools' && /^(Put|Update|Delete|Send|BatchWrite)/.test(action)) writes.push(action);
    });
    const jobs = () => running.mx.calls().filter(({ method }) => method === 'POST').length;
    const before = jobs();
    const { exitCode, said } = await ops(args, { stop: AbortSignal.abort() });
    stop();
    expect([0, 130]).toContain(exitCode);
    if (args.includes('--yes') || args[0] === 'refresh') expect(exitCode).toBe(130);
    if (exitCode === 130) expect(said).toMatch(/Interrupted/);
    expect([writes, jobs()]).toEqual([[], before]);
  });
});

describe('a pipe that closes', () => {
  const write = async (): Promise<never> => {
    throw new Stop(exitCodes.outputClosed, 'The output was closed before everything was written.');
  };
  const CLOSED = 'The output was closed before everything was written.';

  it.each<[string, readonly string[], RegExp]>([
    ['pause', ['pause', '--for', '1h', '--why', 'a test', '--yes'], /^Calls to MX are paused until \S+Z\.$/],
    ['pause', ['pause', '--for', '1h', '--why', 'a test', '--yes', '--json'], /^\{"paused":\{.*"why":"a test"\}.*\}$/],
    ['resume', ['resume', '--yes'], /^Calls to MX are not paused\.$/],
    ['import', ['schedules', 'import', 'FILE', '--yes'], /^enrolled +1$/],
    ['reshard', ['schedules', 'reshard', '--yes'], /^in their shard +1$/],
    ['redrive', ['dead-letters', 'redrive', 'starts', '--yes'], /^sent back +0$/],
    ['discard', ['dead-letters', 'discard', 'follow-ups', '--yes'], /^Discarding dead letters /],
    ['repeat', ['erasures', 'repeat', '--yes'], /^1 +1$/],
    ['copy-back', ['tables', 'copy-back', 'members', '--from', 'nowhere', '--yes'], /^copied +0$/],
    ['refresh', ['refresh', 'user-1', 'member-ok'], /^RFR-\w+ was started; it ends by /],
  ])('is told what %s has done on the error output', async (_name, args, told) => {
    const { exitCode, said } = await ops(args, { write });
    const lines = said.split('\n');
    expect(exitCode).toBe(141);
    const last = lines.at(-1) ?? '';
    expect(last.startsWith('{') ? JSON.parse(last) : last).toEqual(
      args.includes('--json') ? { error: CLOSED, exit_code: 141 } : CLOSED,
    );
    expect(lines.filter((line) => told.test(line))).toHaveLength(1);
  });

  it.each(names(except('pause', 'resume', 'refresh', 'tail')))('ends with a sentence: %s', async (_name, args) => {
    const { exitCode, said } = await ops(args, { write });
    // 0 and 2: it had nothing to write.
    expect([0, 2, 141]).toContain(exitCode);
    if (exitCode === 141) expect(said.split('\n').at(-1)).toBe(CLOSED);
    expect(said).not.toMatch(/\n\s+at /);
  });
});

it('what no command has caught is a sentence too', async () => {
  const path = join(folder, 'bug.mjs');
  // As soon as the command has begun.
  const check = "if (process.listenerCount('uncaughtException') > 0) throw new TypeError('a bug');";
  writeFileSync(path, `setInterval(() => { ${check} }, 10);\n`);
  const run = beginOps(['tail', '--local'], { ...localEnvironment(running.project), NODE_OPTIONS: `--import ${path}` });
  expect(await run.ended).toMatchObject({ exitCode: 4, said: expect.stringMatching(/(^|\n)TypeError: a bug\n$/) });
});
