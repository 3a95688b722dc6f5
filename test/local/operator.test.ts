import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginOps, localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  running = await startRunning();
  folder = mkdtempSync(join(tmpdir(), 'operator-'));
  env = localEnvironment(running.project);
  const body = {
    every: 24,
    quiet_hours: { from: '22:00', to: '07:00' },
    time_zone: 'Europe/Berlin',
    max_age: 3_600,
  };
  for (const [member, schedule] of Object.entries({ 'MBR-a': body, 'MBR-b': { every: 48 } })) {
    const answer = await running.call('PUT', `/users/USR-ops/members/${member}/schedule`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(schedule),
    });
    expect(answer.status).toBe(200);
  }
});
afterAll(async () => {
  await running?.close();
  rmSync(folder, { recursive: true, force: true });
});

const header = 'user,member,every,quiet_from,quiet_to,time_zone,max_age';
const lines = (csv: string): string[] => csv.trimEnd().split('\n').toSorted();

describe('the deployment', () => {
  it('is found on this machine, with its outputs', async () => {
    const { stack } = running.project;
    const { exitCode, out } = await ops(['deployment', '--local', '--json'], env);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({
      account: '000000000000',
      region: 'us-east-1',
      stack: stack.stackName,
      status: 'CREATE_COMPLETE',
      local: true,
      outputs: stack.outputs,
    });
  });

  it('is found by its endpoint and the usual variables', async () => {
    const keys = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    const { exitCode, out } = await ops(['deployment'], { ...env, ...keys });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^name +value\naccount +000000000000\nregion +us-east-1\nstack +\S+ \(local\)\n/);
  });

  it.each<[string, readonly string[], Record<string, string>, RegExp]>([
    ['an unknown stack', ['--local', '--stack', 'nope'], {}, /^Stack with id nope does not exist.*--region/],
    ['another account', ['--local', '--expect-account', '123'], {}, /are of account 000000000000, not 123/],
    ['no stack at that port', ['--local'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, /not reached \(ECONNREFUSED\)/],
    ['no region', [], {}, /^No region is known/],
    ['no credentials', ['--region', 'us-east-1'], {}, /^There are no AWS credentials/],
    [
      'wrong credentials',
      ['--region', 'us-east-1'],
      { AWS_ACCESS_KEY_ID: 'wrong', AWS_SECRET_ACCESS_KEY: 'wrong' },
      /^AWS does not accept the credentials/,
    ],
  ])('is not found with %s: a sentence, and 3', async (_what, args, variables, sentence) => {
    const { exitCode, out, said } = await ops(['deployment', ...args], { ...env, ...variables });
    expect([exitCode, out]).toEqual([3, '']);
    expect(said).toMatch(sentence);
    expect(said.trimEnd()).not.toContain('\n');
  });
});

describe('an export', () => {
  const rows = ['USR-ops,MBR-a,24,22:00,07:00,Europe/Berlin,3600', 'USR-ops,MBR-b,48,,,,'];

  it('has a line for everybody on the schedule', async () => {
    const { exitCode, out, said } = await ops(['schedules', 'export', '--local'], env);
    expect([exitCode, said]).toEqual([
      0,
      `2 members on the schedule of the local stack ${running.project.stack.stackName}.\n`,
    ]);
    expect(out.startsWith(`${header}\n`)).toBe(true);
    expect(lines(out)).toEqual([...rows, header]);
  });

  it('goes to a file, whole', async () => {
    const path = join(folder, 'members.csv');
    expect(await ops(['schedules', 'export', '--local', '--output', path], env)).toMatchObject({
      exitCode: 0,
      out: '',
    });
    expect(lines(readFileSync(path, 'utf8'))).toEqual([...rows, header]);
    expect(readdirSync(folder)).toEqual(['members.csv']);
  });

  it('needs a folder that is there', async () => {
    const path = join(folder, 'no-such-folder', 'members.csv');
    const { exitCode, said } = await ops(['schedules', 'export', '--local', '--output', path], env);
    expect([exitCode, said]).toEqual([2, expect.stringMatching(/members\.csv cannot be written: ENOENT/)]);
  });

  it('is JSON for programs', async () => {
    const { out } = await ops(['schedules', 'export', '--local', '--json'], env);
    const [first] = lines(out);
    expect(JSON.parse(first ?? '')).toEqual({
      user: 'USR-ops',
      member: 'MBR-a',
      every: 24,
      quiet_from: '22:00',
      quiet_to: '07:00',
      time_zone: 'Europe/Berlin',
      max_age: 3_600,
    });
  });

  it('ends with 141 and a sentence when nobody reads it', async () => {
    const { child, ended } = beginOps(['schedules', 'export', '--local'], env);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({
      exitCode: 141,
      said: 'The output was closed before everything was written.\n',
    });
  });
});
