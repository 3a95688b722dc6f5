/** The command `npm run console`, against the running local stack. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataRoutes } from '../../infra/console/console-data.ts';
import type { Input } from '../../infra/console/data-routes.ts';
import { runConsole } from '../../infra/console/run-console.ts';
import type { LooksShown, MemberShown, RecentEndsShown } from '../../infra/console/shapes.ts';
import { findDeployment } from '../../infra/operator/deployment.ts';
import { foundLines } from '../../infra/operator/logs/found-lines.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { localEnvironment } from './operators-command.ts';
import { dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startRunning();
});
afterAll(() => running?.close());

/** A refresh whose first look sees its job run. */
async function refreshed(): Promise<{ readonly id: string; readonly endedAt: string }> {
  const { path } = running.addMember({ jobSeconds: 4 });
  const { trigger, event } = await running.refresh(path);
  await running.project.stack.idle();
  return { id: refreshIdOf(trigger), endedAt: String(dataOf(event)['ended_at']) };
}

it('serves the page and its data until Ctrl-C', async () => {
  const printed = Promise.withResolvers<string>();
  const { terminal, said, interrupt } = fakeTerminal({
    environment: localEnvironment(running.project),
    write: async (text) => printed.resolve(text),
  });
  const ended = runConsole(['--local', '--port', '0'], terminal, '1.2.3');
  const { origin, hash } = new URL(await printed.promise);
  const headers = { 'x-console-token': hash.slice('#token='.length) };
  expect(await (await fetch(origin)).text()).toContain('<script type="module" src="/console.js">');
  for (const [path, part] of [
    ['/console.js', 'x-console-token'],
    ['/console.css', 'color-scheme:light dark'],
  ] as const) {
    expect(await (await fetch(`${origin}${path}`)).text()).toContain(part);
  }
  const answer = await fetch(`${origin}/data/deployment`, { headers });
  expect(await answer.json()).toMatchObject({
    data: {
      isLocal: true,
      apiUrl: running.project.stack.apiUrl,
      caller: 'Basic key of local-developer',
      apiTrouble: null,
      clockAheadSeconds: null,
      staleAfterSeconds: 86_400,
      everyHours: [24, 48, 72, 168],
    },
  });
  const read = async (path: string): Promise<{ data?: unknown; problem?: unknown }> =>
    JSON.parse(await (await fetch(`${origin}/data/${path}`, { headers })).text());
  const { id, endedAt } = await refreshed();
  const looks = (await read(`looks?refresh=${id}&ended=${endedAt}`)) as { data?: LooksShown };
  expect(looks).toMatchObject({ data: { isPart: false } });
  const steps = looks.data?.looks.map(({ kind, words }) => `${kind} ${words}`) ?? [];
  expect(steps[0]).toBe('told check_balance was answered 202.');
  // On a busy machine the first look may come after the job's end.
  const first = 'look Look 1: MX shows CONNECTED, and a job runs; ours has begun. It is looked at again later.';
  if (steps.length > 2) expect(steps[1]).toBe(first);
  expect(steps.at(-1)).toMatch(
    /^stored Look \d: MX shows CONNECTED, and no job runs; ours is over. The accounts were read and stored.$/,
  );
  const recent = (await read('recent-ends')) as { data?: RecentEndsShown };
  expect(recent.data).toMatchObject({ hours: 6, isPart: false, counts: { succeeded: 1, failed: 0 } });
  expect(recent.data?.stretches.at(-1)?.counts).toEqual({ succeeded: 1 });
  expect(await read('looks?refresh=RFR-0123456789ABCDEFGHJKMNPQRS')).toMatchObject({ data: { looks: [] } });
  expect(await read('looks?refresh=%22%7D')).toMatchObject({
    problem: { code: 'bad_input', sentence: 'Looks are those of a refresh’s id.' },
  });
  expect(await read(`looks?refresh=${id}&ended=yesterday`)).toMatchObject({
    problem: { code: 'bad_input', sentence: 'A refresh’s end is an instant.' },
  });
  expect(await read('try/asked?user=user-1&member=nobody')).toMatchObject({
    problem: { of: 'console', status: 404, code: 'member_not_simulated' },
  });
  expect(await read('try/asked?user=user-1&member=member-ok')).toMatchObject({ data: [] });
  interrupt();
  expect(await ended).toBe(0);
  expect(said.at(-1)).toBe('Ctrl-C ends it.');
  await expect(fetch(origin)).rejects.toThrow();
});

it('calls an API of the setting iam with a signature', async () => {
  const iam = await startRunning({ apiAccess: 'iam' });
  const printed = Promise.withResolvers<string>();
  const { terminal, interrupt } = fakeTerminal({
    environment: localEnvironment(iam.project),
    write: async (text) => printed.resolve(text),
  });
  const ended = runConsole(['--local', '--port', '0'], terminal, '1.2.3');
  const { origin, hash } = new URL(await printed.promise);
  const headers = { 'x-console-token': hash.slice('#token='.length) };
  const query = 'user=user-x&member=member-x';
  const answer = await fetch(`${origin}/data/refreshes?${query}`, { headers });
  // Signed as it should be, and not known.
  expect(await answer.json()).toMatchObject({ problem: { of: 'api', status: 404, code: 'member_not_found' } });
  interrupt();
  await ended;
  await iam.close();
});

it('asks AWS little, however often the page does', async () => {
  const deployment = await findDeployment({ local: true }, localEnvironment(running.project));
  const client = deployment.dynamoDb();
  const asked: string[] = [];
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        asked.push(commandName.replace('Command', ''));
        return next(args);
      },
    { step: 'initialize' },
  );
  const api = { send: fails, ask: fails, clockAheadMs: () => 0 };
  const routes = dataRoutes({ deployment, client, api, caller: '', simulator: null, now: Date.now });
  const { path, guid, user } = running.addMember();
  await running.refresh(path);
  const callsOf = async (route: string, input: Input = {}): Promise<Record<string, number>> => {
    asked.length = 0;
    const answer = await routes[route]?.(input);
    expect(answer, route).toBeDefined();
    const counts = Map.groupBy(asked, (name) => name);
    return Object.fromEntries([...counts].map(([name, those]) => [name, those.length]));
  };
  expect(await callsOf('GET /data/running')).toEqual({ Query: 4, GetItem: 1 });
  expect(await callsOf('GET /data/attention')).toEqual({ Query: 5 });
  expect(await callsOf('GET /data/institutions')).toEqual({ Query: 2 });
  const explained = await routes['GET /data/member']?.({ user, member: guid });
  const { userGuid } = explained as MemberShown;
  expect(await callsOf('GET /data/member', { user: userGuid, member: guid })).toEqual({ GetItem: 2, Query: 1 });
  expect(await callsOf('GET /data/member/running', { user: userGuid, member: guid })).toEqual({ GetItem: 1 });
  const { path: slowPath, guid: slow } = running.addMember({ jobSeconds: 5 });
  await running.call('POST', `${slowPath}/check_balance`);
  expect(await callsOf('GET /data/member/running', { user: userGuid, member: slow })).toEqual({ GetItem: 2 });
  await expect(routes['GET /data/member/running']?.({ user, member: guid })).rejects.toThrow('by its guids');
  const gone = { user: userGuid, member: 'MBR-00000000-0000-4000-8000-000000000000' };
  await expect(routes['GET /data/member/running']?.(gone)).rejects.toThrow('not known to the local stack');
  client.destroy();
});

it('searches logs until enough is found, or time is over', async () => {
  const deployment = await findDeployment({ local: true }, localEnvironment(running.project));
  await running.refresh(running.addMember().path);
  await running.project.stack.idle();
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const ranges = [
    { from: hourAgo, until: null },
    { from: '2020-01-01T00:00:00.000Z', until: hourAgo },
  ];
  const wanted = { functions: ['FollowUp', 'CheckBalance'], ranges, pattern: '', most: 1_000 };
  const search = async (more: object, stop = new AbortController().signal) => {
    const { lines, isPart } = await foundLines(deployment, { ...wanted, stop, ...more });
    return { of: new Set(lines.map(({ functionId }) => functionId)), isPart };
  };
  expect(await search({})).toEqual({ of: new Set(['CheckBalance', 'FollowUp']), isPart: false });
  expect(await search({ functions: ['FollowUp'] })).toEqual({ of: new Set(['FollowUp']), isPart: false });
  expect((await search({ most: 0 })).isPart).toBe(true);
  expect(await search({ ranges: ranges.toReversed(), functions: ['Sweep'] })).toEqual({ of: new Set(), isPart: false });
  expect(await search({}, AbortSignal.abort())).toEqual({ of: new Set(), isPart: true });
});

const fails = async (): Promise<never> => {
  throw new Error('the API is not called');
};
