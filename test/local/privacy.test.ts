/**
 * What MX says is not told on, also where it says it in a wrong way. Every test of the local stack is watched for that
 * (test/privacy); here are the answers that no other test has.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MxAnswer } from '../../infra/mx-simulator/answers.ts';
import { dataOf, type Running, startRunning } from './running.ts';

let running: Running;
const lines: string[] = [];

beforeAll(async () => {
  running = await startRunning();
  running.project.stack.on('log', ({ line }) => void lines.push(line));
});

afterAll(async () => {
  await running?.close();
});

/** From here on MX's answers with accounts of this member are spoilt. */
function spoil(guid: string, spoilt: (answer: MxAnswer) => Partial<MxAnswer>): void {
  const model = running.project.simulator?.model ?? expect.fail('no simulator');
  const answer = model.handle;
  model.handle = (request) => {
    const given = answer(request);
    return request.path.includes(`${guid}/accounts`) ? { ...given, ...spoilt(given) } : given;
  };
}

const accounts = [
  { name: 'Erika’s Nest Egg', account_number: '7755330011', balance: '48151.62', metadata: 'of Erika 1' },
];

it.concurrent.each<[string, (answer: MxAnswer) => Partial<MxAnswer>]>([
  ['JSON that breaks off', ({ body }) => ({ body: body.slice(0, -3) })],
  ['no JSON', ({ body }) => ({ body: body.slice(1) })],
  ['another shape', ({ body }) => ({ body: body.replaceAll('"guid"', '"name_of_guid"') })],
  ['a refusal that quotes accounts', ({ body }) => ({ status: 400, body })],
  ['a failure that quotes accounts', ({ body }) => ({ status: 500, body })],
])('accounts as %s are not quoted', async (_, spoilt) => {
  const { path, guid } = running.addMember({ accounts });
  spoil(guid, spoilt);
  const { event } = await running.refresh(path);
  expect(dataOf(event)['outcome']).not.toBe('succeeded');
  await running.project.stack.idle();
  expect(lines.some((line) => line.includes(guid) && line.includes('"follow_up.done"'))).toBe(true);
  expect(lines.join('\n')).not.toMatch(/Nest|7755330011|48151/);
});

it('a stack that tells something on fails its tests', async () => {
  const leaking = await startRunning();
  // The name of a function is in each of its lines: an own id of the same name is found there.
  const { id } = leaking.mx.addMember({ user: 'user-3', id: 'check-balance' });
  await leaking.call('POST', `/users/user-3/members/${id}/check_balance`);
  await leaking.project.stack.idle();
  await expect(leaking.close()).rejects.toThrow('own id check-balance in a text of kind log');
});
