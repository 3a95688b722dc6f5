import { describe, expect, it } from 'vitest';
import type { ApiCall, ApiCalls } from '../../../infra/console/api-calls.ts';
import type { Input } from '../../../infra/console/data-routes.ts';
import type { SimulatorCalls } from '../../../infra/console/simulator-calls.ts';
import { stories } from '../../../infra/console/stories.ts';
import { tryRoutes } from '../../../infra/console/try-data.ts';
import { namedScenario } from '../../../infra/mx-simulator/scenarios.ts';
import { memberOf, nothingPlayed } from './played.ts';

/** The routes, with an API that answers 202 to everything and a simulator that has these members; what both were asked. */
function trying(ids: readonly (string | null)[] = []) {
  const called: ApiCall[] = [];
  const commands: unknown[] = [];
  const members = ids.map((id) => memberOf(id));
  const api: ApiCalls = {
    send: async (call) => {
      called.push(call);
      return { status: 202, headers: new Headers({ 'retry-after': '3' }), text: '{"balance":1.50}' };
    },
    ask: async () => ({}),
    clockAheadMs: () => 0,
  };
  const simulator: SimulatorCalls = {
    ...nothingPlayed,
    members: async () => members,
    member: async (name) => members.find(({ guid, id }) => name === guid || name === id) ?? null,
    command: async (name, body) => {
      commands.push([name, body]);
      if (name === 'add-member') members.push(memberOf(String(body['id'])));
    },
  };
  const routes = tryRoutes({ api, simulator });
  const route = (name: string, input: Input) => routes[name]?.(input);
  return { route, called, commands };
}

const path = '/users/user-1/members/try-1/check_balance';
const seen = {
  ...{ method: 'POST', path, status: 202 },
  says: 'An answer of another kind.',
  headers: 'retry-after: 3',
  text: '{\n  "balance": 1.50\n}',
};

describe('a story', () => {
  it('adds a member, and triggers a refresh', async () => {
    const { route, called, commands } = trying();
    const told = await route('POST /data/try/story', { name: 'denied' });
    expect(told).toEqual({ user: 'user-1', member: 'try-1', trigger: seen });
    expect(commands).toEqual([['add-member', { user: 'user-1', id: 'try-1', scenario: 'denied', jobSeconds: 4 }]]);
    expect(called).toEqual([{ method: 'POST', path }]);
  });

  it.each([
    [['try-1', 'try-12', 'member-ok', null], 'try-13'],
    [['try-x', 'my-try-3'], 'try-1'],
  ])('beside %o adds %s', async (ids, member) => {
    expect(await trying(ids).route('POST /data/try/story', { name: 'works' })).toMatchObject({ member });
  });

  it('begun twice at the same time has two members', async () => {
    const { route, commands } = trying(['try-4']);
    await Promise.all([1, 2].map(() => route('POST /data/try/story', { name: 'lies' })));
    expect(commands).toMatchObject([
      ['add-member', { id: 'try-5' }],
      ['add-member', { id: 'try-6' }],
    ]);
  });

  it('with a user says so to the API', async () => {
    const { route, called } = trying();
    await route('POST /data/try/story', { name: 'challenged' });
    expect(called).toEqual([{ method: 'POST', path, body: { user_present: true } }]);
  });

  it('in which MX goes down hits its member alone', async () => {
    const { route, commands } = trying();
    await route('POST /data/try/story', { name: 'down' });
    const fault = { how: { kind: 'status', status: 503, body: 'html' }, member: 'MBR-try-1', times: null };
    expect(commands.at(-1)).toEqual(['add-fault', fault]);
  });

  it.each([['nope'], [undefined], ['__proto__']])('that is none is refused: %s', async (name) => {
    const { route, commands } = trying();
    await expect(route('POST /data/try/story', { name })).rejects.toThrow('There is no such story.');
    expect(commands).toEqual([]);
  });

  it.each(stories.map(({ name, scenario }) => [name, scenario]))('%s is of a scenario: %s', (_name, scenario) => {
    expect(namedScenario(scenario)).toBeDefined();
  });
});

describe('a scenario', () => {
  it('is played by a new member', async () => {
    const { route, called, commands } = trying();
    const told = await route('POST /data/try/scenario', { name: 'locked', member: null });
    expect(told).toEqual({ user: 'user-1', member: 'try-1', trigger: seen });
    expect(commands).toEqual([['add-member', { user: 'user-1', id: 'try-1', scenario: 'locked' }]]);
    expect(called).toEqual([{ method: 'POST', path }]);
  });

  it.each([
    ['member-ok', '/users/user-9/members/member-ok/check_balance'],
    ['MBR-null', '/users/user-9/members/MBR-null/check_balance'],
  ])('is played by %s from now on', async (member, calledPath) => {
    const { route, called, commands } = trying(['member-ok', null]);
    await route('POST /data/try/scenario', { name: 'locked', member });
    expect(commands).toEqual([['set-scenario', { member: `MBR-${member.replace('MBR-', '')}`, scenario: 'locked' }]]);
    expect(called).toEqual([{ method: 'POST', path: calledPath }]);
  });

  it('that asks is triggered with the user present, also again', async () => {
    const { route, called } = trying(['asked-before']);
    await route('POST /data/try/scenario', { name: 'challenged', member: null });
    await route('POST /data/try/refresh', { member: 'asked-before' });
    expect(called.map(({ body }) => body)).toEqual([{ user_present: true }, { user_present: true }]);
  });

  it.each([
    [{ name: 'nope', member: null }, 'The simulator knows no such scenario.'],
    [{ name: '__proto__', member: null }, 'The simulator knows no such scenario.'],
    [{ member: null }, 'The simulator knows no such scenario.'],
    [{ name: 'locked', member: 'nobody' }, 'The simulator has no such member, or has it no more.'],
    [{ name: 'locked' }, 'The simulator has no such member, or has it no more.'],
    [{ name: 'locked', member: 7 }, 'The simulator has no such member, or has it no more.'],
  ])('%j is refused', async (input, sentence) => {
    const { route, commands, called } = trying(['member-ok', null]);
    await expect(route('POST /data/try/scenario', input)).rejects.toThrow(sentence);
    expect([commands, called]).toEqual([[], []]);
  });
});

it('a refresh is triggered again', async () => {
  const { route, called } = trying(['member-ok']);
  expect(await route('POST /data/try/refresh', { member: 'member-ok' })).toMatchObject({ member: 'member-ok' });
  expect(called).toEqual([{ method: 'POST', path: '/users/user-9/members/member-ok/check_balance' }]);
  await expect(route('POST /data/try/refresh', {})).rejects.toThrow(
    'The simulator has no such member, or has it no more.',
  );
});

it('an answer is passed on as the user’s app does', async () => {
  const { route, called } = trying();
  const input = { user: 'user-1', member: 'try-1', guid: 'CRD-1', value: 'correct' };
  await route('POST /data/try/answer', input);
  const body = { member: { challenges: [{ guid: 'CRD-1', value: 'correct' }] } };
  expect(called).toEqual([{ method: 'PUT', path: '/users/user-1/members/try-1/resume', body }]);
  await expect(route('POST /data/try/answer', { ...input, value: 1 })).rejects.toThrow('An answer needs its question.');
});
