import { describe, expect, it } from 'vitest';
import type { Input } from '../../../infra/console/data-routes.ts';
import { playRoutes } from '../../../infra/console/play-data.ts';
import { playableChoices, playableEvents, playableFaults, playableWebhooks } from '../../../infra/console/playable.ts';
import type { SimulatorCalls } from '../../../infra/console/simulator-calls.ts';
import { FAULT_KINDS } from '../../../infra/mx-simulator/fault.ts';
import { createMxModel } from '../../../infra/mx-simulator/mx-model.ts';
import { DEFAULT_SETTINGS } from '../../../infra/mx-simulator/options.ts';
import { scenarioNames } from '../../../infra/mx-simulator/scenarios.ts';
import { memberOf, nothingPlayed } from './played.ts';

/** The routes beside a simulator that tells this; what it was commanded. */
function playing(told: Partial<SimulatorCalls> = {}) {
  const commands: unknown[] = [];
  const routes = playRoutes({
    ...nothingPlayed,
    member: async (name) => (name === 'member-ok' ? memberOf(name) : null),
    command: async (name, body) => void commands.push([name, body]),
    ...told,
  });
  return { commands, route: (name: string, input: Input = {}) => routes[name]?.(input) };
}

/** The real simulator, asked and commanded in this process. */
function real() {
  const model = createMxModel({ now: () => 1_000_000, seed: 1 });
  const { control } = model;
  const ask = (method: string, path: string, body = ''): unknown => {
    const answer = model.handle({ method, path: `/_simulator/${path}`, headers: {}, body });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  const routes = playRoutes({
    members: async () => control.state().members,
    member: async (name) => control.state().members.find(({ guid, id }) => name === guid || name === id) ?? null,
    scenarios: async () => control.scenarios(),
    faults: async () => (ask('GET', 'faults') as { faults: Awaited<ReturnType<SimulatorCalls['faults']>> }).faults,
    settings: async () => ask('GET', 'settings') as Record<string, unknown>,
    calls: async (member, last) => control.calls({ member, last }),
    command: async (name, body) => ask('POST', name, JSON.stringify(body)),
  });
  return { control, route: (name: string, input: Input = {}) => routes[name]?.(input) };
}

describe('what can be tried', () => {
  it('has every scenario that the simulator knows', async () => {
    const list = (await real().route('GET /data/try')) as {
      scenarios: { title: string; offers: { name: string }[] }[];
    };
    const names = list.scenarios.flatMap(({ offers }) => offers.map(({ name }) => name));
    expect(names.toSorted()).toEqual(scenarioNames().toSorted());
    expect(list.scenarios.map(({ title }) => title)).toEqual([
      'The job ends well',
      'What MX shows misleads',
      'The job ends otherwise',
      'The bank asks the user something',
      'MX refuses to start a job',
      'Not every account is read anew',
      'MX runs a job of its own',
    ]);
  });

  it('shows a kind of scenario that it does not know', async () => {
    expect(await playing().route('GET /data/try')).toMatchObject({
      scenarios: [
        { title: 'The job ends well', offers: [{ name: 'ok', title: 'ok', text: 'All is well.' }] },
        {},
        {},
        { title: 'of-tomorrow', offers: [{ name: 'sings' }] },
      ],
    });
  });

  it('has a fault of each kind', () => {
    const kinds = new Set(playableFaults.map(({ fault }) => fault.how.kind));
    expect([...kinds].toSorted()).toEqual(Object.keys(FAULT_KINDS).toSorted());
  });

  it('has names of its own for everything', () => {
    const all = [...playableFaults, ...playableWebhooks, ...playableChoices, ...playableEvents];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  });

  it.each([...playableWebhooks, ...playableChoices])('$name is off by default', ({ on, off }) => {
    expect(DEFAULT_SETTINGS).toMatchObject(off);
    expect(DEFAULT_SETTINGS).not.toMatchObject(on);
  });
});

describe('a fault', () => {
  it.each(playableFaults)('$name is played, shown, and taken back', async ({ name, title, text }) => {
    const { route } = real();
    await route('POST /data/try/fault', { name, member: null, times: null });
    expect(await route('GET /data/try/on')).toMatchObject({
      on: [{ id: 'fault-1', title, text, member: null, left: null }],
    });
    await route('POST /data/try/take-back', { id: 'fault-1' });
    expect(await route('GET /data/try/on')).toMatchObject({ on: [] });
  });

  it('hits one member and so many calls, if asked to', async () => {
    const { route } = real();
    await route('POST /data/try/fault', { name: 'cut', member: 'member-ok', times: 3 });
    expect(await route('GET /data/try/on')).toMatchObject({ on: [{ member: 'member-ok', left: 3 }] });
  });

  it('of another program is shown with what it does', async () => {
    const { route, control } = real();
    control.addFault({ how: { kind: 'reset' }, probability: 0.5 });
    expect(await route('GET /data/try/on')).toMatchObject({
      on: [{ title: 'A fault of your own', text: expect.stringContaining('"probability":0.5') }],
    });
  });

  it.each([
    ['fault', { name: 'nope', member: null, times: null }, 'There is no such fault.'],
    ['fault', { name: '__proto__', member: null, times: null }, 'There is no such fault.'],
    ['fault', { name: 'cut', member: null, times: 2 }, 'times is 1, 3 or null'],
    ['fault', { name: 'cut', member: null }, 'times is 1, 3 or null'],
    ['fault', { name: 'cut', times: null }, 'The simulator has no such member, or has it no more.'],
    ['fault', { name: 'cut', member: 'nobody', times: null }, 'The simulator has no such member, or has it no more.'],
    ['take-back', { id: 'fault-0' }, 'There is nothing of this name to take back.'],
    ['take-back', { id: 'fault-1e3' }, 'There is nothing of this name to take back.'],
    ['take-back', {}, 'There is nothing of this name to take back.'],
    ['event', { name: 'nope', member: 'member-ok' }, 'There is no such event.'],
    ['event', { name: 'background', member: null }, 'The simulator has no such member, or has it no more.'],
  ])('%s %j is refused', async (path, input, sentence) => {
    const { route, commands } = playing();
    await expect(route(`POST /data/try/${path}`, input)).rejects.toThrow(sentence);
    expect(commands).toEqual([]);
  });
});

describe('a setting', () => {
  it.each([...playableWebhooks, ...playableChoices])('$name is switched on and off', async ({ name, title }) => {
    const { route } = real();
    await route('POST /data/try/fault', { name, member: null, times: null });
    expect(await route('GET /data/try/on')).toMatchObject({ on: [{ id: name, title, member: null, left: null }] });
    await route('POST /data/try/take-back', { id: name });
    expect(await route('GET /data/try/on')).toMatchObject({ on: [] });
  });
});

it('everything is taken back at once', async () => {
  const { route, control } = real();
  for (const name of ['cut', 'slow', 'webhooks-lost', 'mixed-order']) {
    await route('POST /data/try/fault', { name, member: null, times: null });
  }
  expect((await route('GET /data/try/on')) as object).toMatchObject({ on: [{}, {}, {}, {}] });
  await route('POST /data/try/take-back', { id: 'all' });
  expect(await route('GET /data/try/on')).toMatchObject({ on: [] });
  expect(control.settings()).toEqual(DEFAULT_SETTINGS);
});

describe('an event', () => {
  it.each(playableEvents)('$name happens at the simulator', async ({ name }) => {
    const { route } = real();
    expect(await route('POST /data/try/event', { name, member: 'member-ok' })).toEqual({});
  });

  it('gives the first account another balance', async () => {
    const { route, commands } = playing();
    await route('POST /data/try/event', { name: 'balance-changes', member: 'member-ok' });
    expect(commands).toEqual([
      [
        'set-balances',
        { member: 'MBR-member-ok', account: 'ACT-1', values: { balance: expect.stringMatching(/^\d{3,4}\.\d{3}$/) } },
      ],
    ]);
  });

  it('of an account needs one', async () => {
    const { route, commands } = playing({ member: async () => ({ ...memberOf('empty'), accounts: [] }) });
    const closed = route('POST /data/try/event', { name: 'account-closes', member: 'empty' });
    await expect(closed).rejects.toThrow('This member has no account at MX.');
    await route('POST /data/try/event', { name: 'logs-in', member: 'empty' });
    expect(commands).toEqual([['set-password', { member: 'MBR-empty', password: 'right' }]]);
  });
});

it('members are told, the newest 200 first', async () => {
  const many = Array.from({ length: 203 }, (_, index) => memberOf(`m-${index}`));
  const members = (await playing({ members: async () => many }).route('GET /data/try/members')) as unknown[];
  expect(members).toHaveLength(200);
  expect(members[0]).toEqual({ guid: 'MBR-m-202', user: 'user-9', member: 'm-202', scenario: 'ok' });
});

it('what MX was asked is told, with its faults', async () => {
  const call = (faultId: number | null, status = 200) => ({ at: 0, method: 'GET', path: '/p', status, faultId });
  const asked: unknown[] = [];
  const { route } = playing({
    faults: async () => [{ id: 2, left: null, how: { kind: 'reset' } }],
    calls: async (...given) => {
      asked.push(given);
      return [call(null), call(1, 503), call(2)];
    },
  });
  expect(await route('GET /data/try/asked', { user: 'user-9', member: 'member-ok' })).toEqual([
    { at: '1970-01-01T00:00:00.000Z', method: 'GET', path: '/p', status: 200, fault: null },
    { at: '1970-01-01T00:00:00.000Z', method: 'GET', path: '/p', status: 503, fault: 'a fault that is over' },
    { at: '1970-01-01T00:00:00.000Z', method: 'GET', path: '/p', status: 200, fault: 'The connection is cut' },
  ]);
  expect(asked).toEqual([['MBR-member-ok', 40]]);
});
