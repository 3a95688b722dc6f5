import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AwsEngine } from '../../infra/local/stack/aws-call.ts';
import { type Answered, objectIn, operations, resolved, undocumented, unmatched } from '../openapi/contract.ts';
import { type RawRequest, rawClient } from '../openapi/raw-request.ts';
import { unknownRequests, type WrongRequest, wrongRequestsOf } from '../openapi/wrong-requests.ts';
import { type Running, startRunning } from './running.ts';

const SEED = 20_250_224;
/** Sent side by side: four workers of each function can answer at a time. */
const BATCH = 20;

let running: Running;
let client: ReturnType<typeof rawClient>;
/** AWS calls of functions, without the reading of secrets and of what a new worker reads before its first call. */
const touched: string[] = [];

const watched =
  (engine: AwsEngine): AwsEngine =>
  (call) => {
    // Of nothing, to open connections, and of the pauses, which a worker knows before its first call.
    const early = ['"user_guid":{"S":"-"}', '"refresh_id":{"S":"PAUSES"}'];
    const isEarly = call.action === 'GetItem' && early.some((key) => call.body.includes(key));
    if (call.caller.via === 'function' && !isEarly) touched.push(`${call.service} ${call.action}`);
    return engine(call);
  };

beforeAll(async () => {
  running = await startRunning(
    {},
    {
      aroundEngines: (engines) => ({
        ...engines,
        dynamodb: watched(engines.dynamodb),
        sqs: watched(engines.sqs),
        events: watched(engines.events),
      }),
    },
  );
  client = rawClient(running.project.stack.apiUrl);
});

afterAll(async () => {
  client?.close();
  await running?.close();
});

const send = (request: RawRequest): Promise<Answered> =>
  client.send({
    ...request,
    headers: { authorization: running.project.caller.authorization, ...request.headers },
  });

/** What is not right with the answer to a wrong request; empty when all is. */
function objections(request: RawRequest, wrong: readonly string[], responses: object, answer: Answered): string[] {
  const { status, text } = answer;
  const shown = `${request.method} ${request.target.slice(0, 300)} -> ${status}`;
  if (status < 400 || status > 499) return [`${shown} ${text.slice(0, 300)}`];
  if (request.method === 'HEAD') return [];
  // A wrong segment may make another path of it.
  const documented = status === 404 || status === 405 ? { ...unmatched, ...responses } : responses;
  const faults = undocumented({ ...documented }, answer).map((fault) => `${shown}: ${fault}`);
  const { code, field, detail } = objectIn(JSON.parse(text));
  if (code === 'invalid_request') {
    if (typeof field !== 'string' || (!wrong.includes(field) && !wrong.includes('body'))) {
      faults.push(`${shown}: says ${String(field)} is wrong; it is ${wrong.join(' or ')}`);
    }
    if (!String(detail).includes(String(field))) faults.push(`${shown}: "${String(detail)}" lacks the field`);
  }
  return faults;
}

/** Sends `runs` requests of `requests` and fails with the smallest batch that shows a fault. */
async function holds<R extends RawRequest>(
  requests: fc.Arbitrary<R>,
  runs: number,
  check: (request: R, answer: Answered) => string[],
): Promise<void> {
  const batches = fc.array(requests, { minLength: 1, maxLength: BATCH, size: 'max' });
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      touched.length = 0;
      const before = running.mx.calls().length;
      const answers = await Promise.all(batch.map(send));
      sent += batch.length;
      expect(batch.flatMap((request, at) => check(request, answers[at] as Answered))).toEqual([]);
      expect({ callsOfMx: running.mx.calls().length - before, touched }).toEqual({ callsOfMx: 0, touched: [] });
    }),
    { seed: SEED, numRuns: Math.ceil(runs / (BATCH / 2)) },
  );
}

let sent = 0;

it('wrong requests are refused as documented, without effects', async () => {
  const before = sent;
  const callable = operations.filter(
    ({ operationId, parameters, body }) =>
      // What any caller may ask in any way is not among them, nor what only MX calls.
      operationId !== 'receiveMxWebhook' && (body !== null || parameters.some(({ in: place }) => place !== 'header')),
  );
  const byId = new Map(callable.map((one) => [one.operationId, one]));
  const wrong = fc.oneof(
    ...callable.map((one) => {
      const requests = wrongRequestsOf(one, one.body === null ? null : resolved(one.body));
      // The trigger has the most to get wrong.
      return { weight: one.operationId === 'checkBalances' ? 5 : 1, arbitrary: requests };
    }),
  );
  await holds<WrongRequest>(wrong, 2_000, (request, answer) =>
    objections(request, request.wrong, byId.get(request.operationId)?.responses ?? {}, answer),
  );
  expect(sent - before).toBeGreaterThan(1_500);
});

it('requests outside the document are refused as documented', async () => {
  const before = sent;
  await holds(unknownRequests(operations), 500, (request, answer) => objections(request, [], unmatched, answer));
  expect(sent - before).toBeGreaterThan(350);
});
