/** The operator's commands `refresh` and `open`, each a process of its own, against the running stack. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginOps, localEnvironment, ops } from './operators-command.ts';
import { type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
let env: Record<string, string>;

beforeAll(async () => {
  running = await startRunning({ apiAccess: 'basic' });
  env = localEnvironment(running.project);
});
afterAll(() => running?.close());

describe('refresh', () => {
  it('follows a refresh to its end, fresh or not', async () => {
    const { guid, id } = running.addMember();
    const fresh = await ops(['refresh', 'user-3', id, '--wait', '--local'], env);
    expect(fresh.said).toMatch(
      /^Refreshing user-3 \S+ · the local stack \S+ · Basic key of local-developer\nRFR-\S+ was accepted\.\n/,
    );
    expect(fresh.out).toMatch(/^How did it end\? {4}RFR-\S+: succeeded \(stored\)\./);
    expect(fresh.out).toMatch(/^How fresh is it\? {3}fresh: /m);
    expect(fresh.exitCode).toBe(0);

    running.mx.setScenario({ member: guid, scenario: 'denied' });
    const denied = await ops(['refresh', 'user-3', id, '--wait', '--local', '--json'], env);
    expect(JSON.parse(denied.out)).toMatchObject({
      ...{ outcome: 'action_required', action: 'reauthenticate', code: 'invalid_credentials', member_guid: guid },
      freshness: { verdict: 'fresh' },
    });
    expect(denied.exitCode).toBe(1);
  });

  it('joins what runs, and open shows it', async () => {
    const { guid, id, path } = running.addMember({ jobSeconds: 25 });
    const trigger = await running.call('POST', `${path}/check_balance`);
    const joined = await ops(['refresh', 'user-3', id, '--local'], env);
    expect(joined).toMatchObject({ exitCode: 0, out: expect.stringContaining(`${refreshIdOf(trigger)} ran already`) });
    const open = await ops(['open', '--local', '--json'], env);
    const shown = open.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(shown.find((refresh) => refresh.member_guid === guid)).toMatchObject({
      ...{ refresh_id: refreshIdOf(trigger), trigger: 'http', is_stuck: false, institution_code: 'mxbank' },
    });
    const table = await ops(['open', '--local'], env);
    expect(table.out).toMatch(new RegExp(`^\\d+ s +${refreshIdOf(trigger)} .*${guid} `, 'm'));
    expect((await ops(['open', '--local', '--stuck'], env)).out).toBe('');
  });

  it('goes on after Ctrl-C', async () => {
    const { id, path } = running.addMember({ jobSeconds: 6 });
    const run = beginOps(['refresh', 'user-3', id, '--wait', '--local'], env);
    await new Promise<void>((resolve) => {
      run.child.stderr?.on('data', (chunk) => String(chunk).includes('MX’s job') && resolve());
    });
    run.child.kill('SIGINT');
    const { exitCode, out, said } = await run.ended;
    expect([exitCode, out]).toEqual([130, '']);
    const [refreshId = ''] = /RFR-\w+/.exec(said) ?? [];
    expect(said).toContain(`Interrupted: ${refreshId} goes on without this command`);
    expect(await running.ended(refreshId)).toMatchObject({ data: { outcome: 'succeeded' } });
    expect((await running.call('GET', `${path}/accounts`)).status).toBe(200);
  });

  it.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ['an unknown member', ['nobody'], {}, 2, /\(mx_not_found\)\.$/],
    ['a wrong key', ['member-ok'], { CALLER: 'local-developer:wrong' }, 3, /\(unauthorized\)\. The caller needs/],
    ['no key', ['member-ok'], { CALLER: 'local-developer' }, 2, /^CALLER has to be client_id:key\.$/m],
    ['a time that is none', ['member-ok', '--timeout', '0'], {}, 2, /whole number from 1 to 86400/],
  ])('with %s is a sentence', async (_, args, more, exitCode, sentence) => {
    const { said, ...ended } = await ops(['refresh', 'user-1', ...args, '--local'], { ...env, ...more });
    expect(ended).toEqual({ exitCode, out: '' });
    expect(said.trimEnd()).toMatch(sentence);
  });
});
