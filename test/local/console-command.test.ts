/** The command `npm run console`, against the running local stack. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runConsole } from '../../infra/console/run-console.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { localEnvironment } from './operators-command.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startRunning();
});
afterAll(() => running?.close());

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
