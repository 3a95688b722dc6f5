import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/stack/local-server.ts';
import { compileCache } from '../compile-cache.ts';

const root = join(import.meta.dirname, '../..');
const FREE_PORTS = { PORT: '0', AWS_ENDPOINT_PORT: '0', MX_SIMULATOR_PORT: '0', CONSOLE_PORT: '0' };

/** Looks come sooner than with the defaults, which are for MX. */
const QUICK = ['firstLookSeconds=1', 'minLookGapSeconds=1', 'learning=false'].flatMap((setting) => ['--set', setting]);

const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** `npm start` with these options, on free ports; what it prints, line by line. */
function start(options: readonly string[], environment: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const started = spawn(process.execPath, ['infra/local/start.ts', ...options], {
    cwd: root,
    env: { PATH, ...FREE_PORTS, ...compileCache, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(started);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [started.stdout, started.stderr]) {
    createInterface(stream).on('line', (text) => {
      lines.push(text);
      for (const look of waiting) look();
    });
  }
  const exit = once(started, 'close').then(([code]: unknown[]) => code);
  /** The first line that fits, as soon as it is there. */
  const line = (fits: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((candidate) => fits.test(candidate));
        if (found !== undefined) resolve(found);
      };
      waiting.add(look);
      look();
      void exit.then(() => reject(new Error(`it ended without ${fits}:\n${lines.join('\n')}`)));
    });
  return { lines, line, exit, stop: () => started.kill('SIGTERM'), kill: () => started.kill('SIGKILL') };
}

/** The variables of the printed block. */
const exported = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines
      .filter((line) => line.startsWith('export '))
      .flatMap((line) => line.slice('export '.length).split(' '))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

/** `21:05` as minutes since midnight; NaN for anything else. */
const minuteOfDay = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3) || 'none');

// Side by side: each waits for a process of its own.
describe.concurrent('npm start', () => {
  it('prints what to paste, then a line for what happens', async () => {
    const { lines, line, exit, stop } = start([...QUICK, '--logs']);
    await line(/^Ctrl-C stops everything/);
    const { API = '', CALLER = '', ...aws } = exported(lines);
    expect(aws).toMatchObject({
      AWS_ENDPOINT_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      BALANCES_TABLE: expect.stringMatching(/^mx-fresh-balances-local-/),
      FOLLOW_UPS_QUEUE_URL: expect.stringMatching(/^http.*FollowUpsQueue/),
    });
    const authorization = `Basic ${Buffer.from(CALLER).toString('base64')}`;
    const page = new URL((await line(/^ {2}page /)).split(/ +/)[2] ?? '');
    const data = await fetch(`${page.origin}/data/deployment`, {
      headers: { 'x-console-token': page.hash.slice('#token='.length) },
    });
    expect(await data.json()).toMatchObject({
      data: { apiUrl: API, apiTrouble: null, hasSimulator: true, caller: 'Basic key of local-developer' },
    });
    const path = '/users/user-1/members/member-moving';
    await fetch(`${API}${path}/check_balance`, { method: 'POST', headers: { authorization } });
    await line(/ accepted: POST \/users\/user-1\/members\/member-moving\/check_balance → 202 /);
    await line(/ refresh RFR-\S+ ended: succeeded, balances stored$/);
    await line(/ {2}\[FollowUp\] \{.*"event":"follow_up\.done"/);
    stop();
    expect(await exit).toBe(0);
  });

  it('signs its calls with apiAccess iam', async () => {
    const { lines, line, exit, stop } = start([...QUICK, '--set', 'apiAccess=iam']);
    await line(/accepted: 202, refresh RFR-/);
    await line(/ {2}fresh: observed at /);
    await line(/^Ctrl-C stops everything/);
    expect(lines.find((said) => said.includes('CALLER'))).toMatch(/^unset CALLER; export API=http:\S+$/);
    stop();
    expect(await exit).toBe(0);
  });

  it('goes on after kill -9 with what it kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'start-'));
    // The look waits in the queue when the process is killed: one under way would come back only minutes later.
    const late = [...QUICK.slice(2), '--set', 'firstLookSeconds=3', '--set', 'webhooks=off', '--data', folder];
    const first = start(late);
    await first.line(/^Ctrl-C stops everything/);
    const { API = '', CALLER = '' } = exported(first.lines);
    const headers = { authorization: `Basic ${Buffer.from(CALLER).toString('base64')}` };
    const path = '/users/user-1/members/member-moving/check_balance';
    const accepted = await fetch(`${API}${path}`, { method: 'POST', headers });
    const refreshId = accepted.headers.get('location')?.split('/').at(-1);
    first.kill();
    await first.exit;

    const second = start(late);
    await second.line(/^Ctrl-C stops everything/);
    const { API: again = '' } = exported(second.lines);
    const ask = async () => (await fetch(`${again}/refreshes/${refreshId}?wait=25`, { headers })).text();
    let answer = await ask();
    while (answer.includes('"status":"running"')) answer = await ask();
    expect(JSON.parse(answer)).toMatchObject({ refresh: { outcome: 'succeeded', code: 'stored' } });
    second.stop();
    expect(await second.exit).toBe(0);
    rmSync(folder, { recursive: true });
  });

  it('shows a scenario, and ends well as told', async () => {
    const { lines, exit } = start([...QUICK, '--once', '--scenario', 'denied']);
    expect(await exit, lines.join('\n')).toBe(0);
    expect(lines).toContain('The bank refuses the password. You will see');
    expect(lines.join('\n')).toMatch(/it ended as action_required \(invalid_credentials\); what to do: reauthenticate/);
  });

  it.each([
    ['PORT', ['--once']],
    ['AWS_ENDPOINT_PORT', ['--once']],
    ['MX_SIMULATOR_PORT', ['--once']],
    // The page is for those who stay.
    ['CONSOLE_PORT', []],
  ])('names %s when that port is taken', async (variable, options) => {
    const taken = await listen(0, () => {});
    const { lines, exit } = start(options, { [variable]: String(taken.port) });
    expect(await exit).toBe(1);
    const next = taken.port + 1;
    expect(lines).toContain(
      `Port ${taken.port} is taken: stop what listens there, or choose another one, such as ${variable}=${next} npm start (${variable}=0 takes any free one).`,
    );
    await taken.close();
  });
});

// After the others, which are many processes at once.
describe('npm start with the schedule shown', () => {
  // Up to sixty minutes pass, each with two invocations.
  it('refreshes two scheduled members while minutes pass', { timeout: 240_000 }, async () => {
    const { lines, exit } = start([...QUICK, '--once', '--minutes-per-second', '10']);
    expect(await exit, lines.join('\n')).toBe(0);
    const said = lines.join('\n');
    expect(said).toMatch(/^ {2}\d\d:\d\d {2}turn: (1 member is|2 members are) due$/m);
    expect(said).toMatch(/^ {2}\d\d:\d\d {2}start: MX's job of th/m);
    for (const member of ['member-ok', 'member-moving']) {
      const [, turn = ''] = new RegExp(`${member} is on the schedule: first turn at (\\d\\d:\\d\\d)`).exec(said) ?? [];
      expect(said).toMatch(new RegExp(`^  \\d\\d:\\d\\d  ${member}: refresh RFR-\\S+ ended: balances stored$`, 'm'));
      const [, observed = ''] =
        new RegExp(`Stored balances of ${member}:.*?fresh: observed at \\S+T(\\d\\d:\\d\\d)`, 's').exec(said) ?? [];
      // By the clock that was moved: in its turn, or, on a machine that is busy, within minutes of it.
      expect((minuteOfDay(observed) - minuteOfDay(turn) + 1_440) % 1_440).toBeLessThan(5);
    }
  });

  it('shows a breaker open and close', { timeout: 240_000 }, async () => {
    const looks = ['--set', 'minLookGapSeconds=1', '--set', 'lookLagMilliseconds=100'];
    const { lines, exit } = start([...looks, '--once', '--scenario', 'outage']);
    expect(await exit, lines.join('\n')).toBe(0);
    const said = lines.join('\n');
    const inOrder = [
      /anna: the refresh has ended: institution_down/,
      /event institution\.degraded: institution riverbank does not work \(institution_down\): scheduled starts wait/,
      /POST …\/emil-riverbank\/check_balance → 202, institution_degraded: institution_down/,
      /started, as the probe: 1; deferred by 10 to 15 minutes: 1/,
      /(anna|ben): the refresh has ended: institution_down/,
      /started, as the probe: 1$/m,
      /event institution\.recovered: institution riverbank works again/,
      /POST …\/deniz-riverbank\/check_balance → 202$/m,
      /GET \/institution_health\/riverbank: breaker closed since [\d:]+; in 7 days 2 succeeded, 8 failed$/m,
    ];
    const inPlace = inOrder.reduce((rest, line) => {
      const at = rest.search(line);
      expect(at, `${line} in\n${said}`).toBeGreaterThanOrEqual(0);
      return rest.slice(at + 1);
    }, said);
    expect(inPlace).not.toBe('');
  });

  it('says what a bad option has to be', async () => {
    const { lines, exit } = start(['--minutes-per-second', '11']);
    expect(await exit).toBe(2);
    expect(lines).toEqual(['--minutes-per-second has to be a whole number from 1 to 10; it is "11".']);
  });
});
