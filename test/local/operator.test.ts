import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { hash, minuteOf, slotOf } from '../../shared/domain/schedule.ts';
import { beginOps, localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  running = await startRunning({ scheduleShards: 4, learning: true, lookLagMilliseconds: 100 });
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

describe('institutions', () => {
  it('are shown, one or all, by code', async () => {
    await running.refresh(running.addMember().path);
    await running.project.stack.idle();
    const all = await ops(['institutions', '--local'], env);
    expect([all.exitCode, all.said]).toEqual([
      0,
      `1 institution of the local stack ${running.project.stack.stackName}.\n`,
    ]);
    expect(all.out).toMatch(/\nmxbank +works +1 of 1 +1 of 1 /);
    const one = await ops(['institutions', 'mxbank', '--local', '--json'], env);
    expect(JSON.parse(one.out)).toMatchObject({ code: 'mxbank', today: { refreshes: 1 } });
    const unknown = await ops(['institutions', 'nowhere', '--local'], env);
    expect(unknown).toMatchObject({ exitCode: 2, out: '' });
    expect(unknown.said).toMatch(/^No refresh at an institution nowhere was counted within 35 days/);
    expect(await ops(['institutions', '--open', '--local'], env)).toMatchObject({
      exitCode: 0,
      said: `0 institutions of the local stack ${running.project.stack.stackName}.\n`,
    });
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

  it('ends with 141 and a sentence when its output closes', async () => {
    const { child, ended } = beginOps(['schedules', 'export', '--local'], env);
    child.stdout?.destroy();
    expect(await ended).toMatchObject({
      exitCode: 141,
      said: 'The output was closed before everything was written.\n',
    });
  });
});

describe('an import', () => {
  const written = (name: string, rows: readonly string[]): string => {
    const path = join(folder, name);
    writeFileSync(path, `${[header, ...rows].join('\r\n')}\r\n`);
    return path;
  };
  const importing = (path: string, ...more: string[]) => ['schedules', 'import', path, '--local', ...more];
  const summary = (out: string): Record<string, unknown> => JSON.parse(out.trimEnd().split('\n').at(-1) ?? '').summary;
  const exported = async (): Promise<string[]> => lines((await ops(['schedules', 'export', '--local'], env)).out);

  it('does the good lines, names the bad ones', async () => {
    const { stackName } = running.project.stack;
    const path = written('mixed.csv', [
      'USR-mix,MBR-1,24,,,,',
      'USR-mix,MBR-2,25,,,,',
      'USR-mix,MBR-3,24,22:00,07:00,Europe/Berlin,',
      'USR-mix,MBR-4,24,22:00,07:00,Mars/X,',
      'USR-mix,MBR-5,24',
      'user-mix,not-known,24,,,,',
      'USR-mix,MBR-6,24,,,,',
      'USR-mix,MBR-6,48,,,,',
      'USR-mix,MBR-1,24,,,,',
      '',
    ]);
    const before = await exported();
    const trial = await ops(importing(path, '--dry-run'), env);
    expect(await exported()).toEqual(before);
    const { exitCode, out, said } = await ops(importing(path, '--yes'), env);
    expect([trial.exitCode, exitCode]).toEqual([1, 1]);
    expect(said.split('\n')).toEqual([
      `Importing ${path} · the local stack ${stackName}`,
      'line 3: every has to be one of 24, 48, 72, 168; it is "25"',
      'line 5: time_zone has to be the IANA name of a time zone, such as Europe/Berlin',
      'line 6: it has 3 fields, the first line has 7',
      'line 9: line 8 wants another schedule for the same member; neither is applied',
      'line 8: line 9 wants another schedule for the same member; neither is applied',
      'line 7: the member is not known here by its own ids (--resolve asks MX)',
      '',
    ]);
    expect(trial.said.split('\n').slice(1)).toEqual(said.split('\n').slice(1));
    expect(out).toBe(
      [
        'what became of them  lines',
        'enrolled             2',
        'changed              0',
        'unchanged            0',
        'repeated             1',
        'left out             6',
        'together             9',
        '',
      ].join('\n'),
    );
    const [heading, ...counts] = trial.out.split('\n');
    expect(heading).toBe('dry run, nothing was changed  lines');
    expect(counts.map((line) => line.split(/ {2,}/))).toEqual(
      out
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/)),
    );
    expect(await exported()).toEqual(
      [...before, 'USR-mix,MBR-1,24,,,,', 'USR-mix,MBR-3,24,22:00,07:00,Europe/Berlin,'].toSorted(),
    );
  });

  it('is shown by the API', async () => {
    const path = written('shown.csv', ['USR-ops,MBR-b,72,22:00,07:00,America/New_York,600']);
    expect(await ops(importing(path, '--yes'), env)).toMatchObject({ exitCode: 0 });
    const { body } = await running.call('GET', '/users/USR-ops/members/MBR-b/schedule');
    expect(JSON.parse(JSON.stringify(body['schedule']))).toMatchObject({
      every: 72,
      quiet_hours: { from: '22:00', to: '07:00' },
      time_zone: 'America/New_York',
      max_age: 600,
    });
  });

  it('of an export changes nothing', async () => {
    const path = join(folder, 'exported.csv');
    await ops(['schedules', 'export', '--local', '--output', path], env);
    const count = readFileSync(path, 'utf8').trimEnd().split('\n').length - 1;
    const writes: string[] = [];
    const stop = running.project.stack.on('aws-call', ({ action }) => {
      if (/^(Put|Update|Delete)Item$/.test(action)) writes.push(action);
    });
    const { exitCode, out } = await ops(importing(path, '--yes', '--json'), env);
    stop();
    expect([exitCode, summary(out)]).toMatchObject([0, { lines: count, unchanged: count, enrolled: 0, changed: 0 }]);
    expect(writes).toEqual([]);
  });

  it('asks MX once for unknown own ids', async () => {
    const [one, other] = [running.addMember(), running.addMember()];
    const path = written('own-ids.csv', [
      `user-3,${one.id},24,,,,`,
      'user-3,nobody,24,,,,',
      `user-3,${other.id},48,,,,`,
    ]);
    running.mx.clearCalls();
    const reads = () => running.mx.calls().filter(({ path: called }) => called.startsWith('/users/user-3/members/'));
    const { exitCode, out, said } = await ops(importing(path, '--yes', '--json', '--resolve'), env);
    expect([exitCode, said, reads().length]).toEqual([1, '', 3]);
    expect(summary(out)).toMatchObject({ enrolled: 2, skipped: 1 });
    expect(out).toContain('{"line":3,"reason":"MX answered 404 to read member: no such user, member or account"}');
    expect((await exported()).filter((line) => line.includes(one.guid) || line.includes(other.guid))).toHaveLength(2);
    expect((await running.call('GET', `${other.path}/schedule`)).status).toBe(200);
    const again = await ops(importing(path, '--yes', '--json', '--resolve'), env);
    expect([summary(again.out), reads().length]).toMatchObject([{ unchanged: 2, skipped: 1 }, 4]);
  });

  it('ends when MX refuses every call', async () => {
    const { id } = running.addMember();
    const path = written('forbidden.csv', [`user-3,${id},24,,,,`, 'USR-after,MBR-1,24,,,,']);
    running.mx.addFault({ how: { kind: 'status', status: 403 }, times: null });
    const { exitCode, said } = await ops(importing(path, '--yes', '--resolve'), env);
    running.mx.clearFaults();
    expect(exitCode).toBe(4);
    expect(said).toMatch(/--resolve calls MX from this machine.* \(mx_forbidden, HTTP 403\)\.\n$/);
  });

  it('needs a yes, and says how without a terminal', async () => {
    const before = await exported();
    const { exitCode, out, said } = await ops(importing(written('ask.csv', ['USR-no,MBR-1,24,,,,'])), env);
    expect([exitCode, out]).toEqual([5, '']);
    expect(said).toMatch(
      /\nEnrol 1 member in the local stack .*\? There is no terminal to ask at: confirm with --yes\./,
    );
    expect(await exported()).toEqual(before);
  });

  it('goes on after an interruption, nothing done twice', async () => {
    const count = 400;
    const rows = Array.from({ length: count }, (_, n) => `USR-many,MBR-${n},24,,,,`);
    const path = written('many.csv', rows);
    const writes = new Map<string, number>();
    let interrupt = () => {};
    const stop = running.project.stack.on('aws-call', ({ action, via }) => {
      if (via !== 'tools' || action !== 'UpdateItem') return;
      writes.set(action, (writes.get(action) ?? 0) + 1);
      if (writes.get(action) === 60) interrupt();
    });
    const first = beginOps(importing(path, '--yes', '--json'), env);
    interrupt = () => void first.child.kill('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.exitCode).toBe(130);
    const { enrolled = 0, ...others } = summary(interrupted.out);
    expect(others).toMatchObject({
      lines: count,
      changed: 0,
      unchanged: 0,
      skipped: 0,
      not_reached: count - Number(enrolled),
    });
    expect(JSON.parse(interrupted.said)).toEqual({
      error: `Interrupted after ${enrolled} of 400 lines. Run again, the command goes on from here.`,
      exit_code: 130,
    });
    expect(Number(enrolled)).toBeGreaterThanOrEqual(60);
    expect(Number(enrolled)).toBeLessThan(count);
    const again = await ops(importing(path, '--yes', '--json'), env);
    stop();
    expect(again.exitCode).toBe(0);
    expect(summary(again.out)).toMatchObject({ enrolled: count - Number(enrolled), unchanged: Number(enrolled) });
    expect(writes.get('UpdateItem')).toBe(count);
    expect((await exported()).filter((line) => line.startsWith('USR-many'))).toEqual(rows.toSorted());
  });

  it.each<[string, string | Buffer, RegExp]>([
    ['a wrong header', 'user;member;period\n', /^Unknown column "period"/],
    ['another encoding', Buffer.from(`${header}\nUSR-1,ü,24,,,,\n`, 'latin1'), /^The file is not UTF-8 \(line 2\)/],
    ['a quote astray at its end', `${header}\nUSR-q,MBR-1,24,,,,\nUSR-q,"MBR-2,24,,,,\n`, /^Line 3: a quote/],
  ])('with %s changes nothing', async (_what, content, sentence) => {
    const path = join(folder, 'refused.csv');
    writeFileSync(path, content);
    const before = await exported();
    const { exitCode, said } = await ops(importing(path, '--yes'), env);
    expect([exitCode, said.trimEnd().split('\n').at(-1)]).toEqual([2, expect.stringMatching(sentence)]);
    expect(await exported()).toEqual(before);
  });
});

describe('more shards', () => {
  /** Members of the one shard of before, due at least an hour from now. */
  async function enrolledBefore(count: number) {
    const { stack } = running.project;
    const client = new DynamoDBClient({
      endpoint: stack.awsEndpointUrl,
      region: stack.region,
      credentials: stack.awsCredentials,
    });
    const schedule = scheduleInDynamoDb(client, stack.outputs['MembersTable'] ?? '');
    const now = minuteOf(new Date().toISOString()) % 1_440;
    const keys = Array.from({ length: 1_000 }, (_, n) => ({ userGuid: 'USR-shards', memberGuid: `MBR-shard-${n}` }))
      .filter(({ memberGuid }) => {
        const ahead = ((hash(memberGuid) % 1_440) - now + 1_440) % 1_440;
        return ahead > 60 && ahead < 1_380;
      })
      .slice(0, count);
    for (const key of keys) await schedule.enrol(key, { everyHours: 24, slot: slotOf(key, 24, 1) }, 'always');
    return { client, schedule, keys };
  }

  it('are used after one command, by everybody', async () => {
    const { client, schedule, keys } = await enrolledBefore(40);
    const before = lines((await ops(['schedules', 'export', '--local'], env)).out);
    const spread = (...more: string[]) => ops(['schedules', 'reshard', '--local', ...more], env);
    expect(await spread()).toMatchObject({ exitCode: 5, out: '' });
    const trial = await spread('--dry-run', '--json');
    const { exitCode, out, said } = await spread('--yes', '--json');
    const again = await spread('--yes', '--json');
    const summary = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '').summary;
    const moving = keys.filter((key) => slotOf(key, 24, 4) !== slotOf(key, 24, 1)).length;
    expect(moving).toBeGreaterThan(20);
    expect([exitCode, said, summary(out)]).toMatchObject([0, '', { moved: moving, due_now: 0, changed: 0 }]);
    expect([summary(trial.out), summary(again.out)]).toMatchObject([{ moved: moving }, { moved: 0 }]);
    for (const key of keys) expect(await schedule.wishesOf(key, slotOf(key, 24, 4))).not.toBeNull();
    expect(lines((await ops(['schedules', 'export', '--local'], env)).out)).toEqual(before);
    client.destroy();
  });
});
