/** A member whose bank refuses its password waits for its user, until the user has mended that and a refresh has succeeded. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localEnvironment, ops } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let env: Record<string, string>;

beforeAll(async () => {
  running = await startRunning({ webhooks: 'known' });
  env = localEnvironment(running.project);
});
afterAll(() => running?.close());

/** The members that the API lists. */
const waiting = async (action = 'reauthenticate') =>
  (await running.call('GET', `/members?action=${action}`)).body['members'] as unknown as readonly {
    member_guid: string;
    since: string;
    last_success_at: string | null;
  }[];
const guids = async (action?: string) => (await waiting(action)).map(({ member_guid }) => member_guid);

it('waits until its user has mended it', async () => {
  const [first, second, asked] = [
    running.addMember({ scenario: 'denied' }),
    running.addMember(),
    running.addMember({ scenario: 'challenged' }),
  ];
  await running.refresh(second.path);
  await running.refresh(first.path);
  const [since] = (await waiting()).map((member) => member.since);
  expect(await guids()).toEqual([first.guid]);
  running.mx.setScenario({ member: second.guid, scenario: 'denied' });
  await running.refresh(second.path);
  await running.refresh(asked.path);

  // The oldest first, and since the first refresh that said so.
  await running.refresh(first.path);
  const listed = await waiting();
  expect(listed).toMatchObject([
    { member_guid: first.guid, since, last_success_at: null },
    { member_guid: second.guid, last_success_at: expect.stringMatching(/Z$/) },
  ]);
  const { exitCode, out } = await ops(['attention', '--local'], env);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^waits for +members +the first since\nreauthenticate +2 .*\nanswer_mfa +1 /);
  expect(out.indexOf(first.guid)).toBeLessThan(out.indexOf(second.guid));
  expect(out).toContain('invalid_credentials');

  running.mx.setScenario({ member: first.guid, scenario: 'ok' });
  await running.refresh(first.path);
  expect(await guids()).toEqual([second.guid]);
  const counts = await running.call('GET', '/attention');
  expect(counts.body['attention']).toMatchObject([
    { action: 'reauthenticate', is_all: true },
    { action: 'answer_mfa', oldest_since: expect.any(String) },
    { oldest_since: null },
    { oldest_since: null },
    { oldest_since: null },
  ]);
  const one = await ops(['attention', 'reauthenticate', '--local', '--json'], env);
  expect(
    one.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { counts: [{ action: 'reauthenticate', members: 1 }] },
    { member_guid: second.guid, code: 'invalid_credentials' },
  ]);

  // What is erased waits for no person.
  const told = new Promise<void>((resolve) => {
    running.project.stack.on('event', ({ detail }) => {
      const text = JSON.stringify(detail);
      if (text.includes(asked.guid) && text.includes('"deleted":true')) resolve();
    });
  });
  expect((await running.call('DELETE', `${asked.path}/data`)).status).toBe(202);
  await told;
  expect(await guids('answer_mfa')).toEqual([]);
});

it('is not asked for what is no such action', async () => {
  expect(await running.call('GET', '/members')).toMatchObject({ status: 400, body: { field: 'action' } });
  const { exitCode, out, said } = await ops(['attention', 'wait', '--local'], env);
  expect([exitCode, out]).toEqual([2, '']);
  expect(said).toMatch(/Allowed choices are reauthenticate, answer_mfa/);
});
