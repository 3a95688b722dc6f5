import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callersSecret, callerWith } from '../../infra/local/development-keys.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { callbackId } from '../../shared/lambda/trigger-options.ts';
import { type Answer, dataOf, type Running, refreshIdOf, startRunning } from './running.ts';

/** Their callbacks are ten pages of those that an end reads (`CALLBACKS_PER_PAGE`). */
const CALLERS = 100;
const EACH = 10;

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Each with a key of its own. */
const callers = numbers(CALLERS).map((index) => callerWith(`caller-${index}`, `key-${index}`));

let running: Running;
let receiver: Server;
/** What was delivered, by path: the ids that came there. */
const delivered = new Map<string, Set<string>>();

beforeAll(async () => {
  running = await startRunning({ callbackLoopback: true, callbacksPerCaller: EACH, deadlineSeconds: 300 });
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = running.project.stack;
  const secrets = new SecretsManagerClient({ endpoint, credentials, region });
  const clients: unknown[] = callers.flatMap((caller) => JSON.parse(callersSecret(caller, ['trigger'])).clients);
  await secrets.send(
    new PutSecretValueCommand({
      SecretId: running.project.stack.physicalId('CredentialsApiCallers'),
      SecretString: JSON.stringify({ clients }),
      ClientRequestToken: randomUUID(),
    }),
  );
  secrets.destroy();
  receiver = createServer((request, response) => {
    const { url = '', headers } = request;
    delivered.set(url, (delivered.get(url) ?? new Set()).add(String(headers['webhook-id'])));
    request.resume();
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  receiver?.close();
  receiver?.closeAllConnections();
  await running?.close();
});

/** Works through `items`, 20 at a time. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += 20) await Promise.all(items.slice(from, from + 20).map(work));
}

describe(`${CALLERS * EACH} callbacks of ${CALLERS} callers`, () => {
  it('are accepted and delivered, and do not keep the member', async () => {
    const { stack } = running.project;
    const db = new DynamoDBClient({
      endpoint: stack.awsEndpointUrl,
      credentials: stack.awsCredentials,
      region: stack.region,
    });
    const callbacks = callbacksInDynamoDb(db, stack.physicalId('StorageRefreshes'), 30);
    const member = running.addMember();
    const { userGuid } = running.mx.member({ member: member.guid });
    const url = `http://localhost:${(receiver.address() as AddressInfo).port}`;
    const trigger = async (caller: number, path: string, tries = 10): Promise<Answer> => {
      const answer = await running.call('POST', `${member.path}/check_balance`, {
        headers: { authorization: callers[caller]?.authorization ?? '', 'content-type': 'application/json' },
        body: JSON.stringify({ callback_url: url + path }),
      });
      // A slow machine answers `busy`, which asks for another try.
      return answer.status === 503 && tries > 1 ? trigger(caller, path, tries - 1) : answer;
    };
    const refreshId = refreshIdOf(await trigger(0, '/0/0'));
    // MX does not tell that the job is over until all of them have asked.
    running.mx.addFault({ how: { kind: 'status', status: 503 }, member: member.guid, times: null });
    const began = performance.now();
    // The last one of each caller over HTTP; the others by what the function does for it, which costs this machine less.
    const most = numbers(CALLERS).flatMap((caller) => numbers(EACH - 1).map((each) => ({ caller, each })));
    const accepted: boolean[] = [];
    await inTurn(most, async ({ caller, each }) => {
      const path = `${url}/${caller}/${each}`;
      const id = callbackId(refreshId, `caller-${caller}`, path);
      accepted.push(await callbacks.put({ id, refreshId, url: path }, EACH, new Date().toISOString()));
    });
    expect(accepted.filter((is) => is)).toHaveLength(CALLERS * (EACH - 1));
    const answers: Answer[] = [];
    await inTurn(numbers(CALLERS), async (caller) => answers.push(await trigger(caller, `/${caller}/${EACH - 1}`)));
    const asked = (performance.now() - began) / 1000;
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(refreshIdOf))).toEqual(new Set([refreshId]));
    const refused = await trigger(7, '/7/more');
    expect([refused.status, refused.body['code'], refused.body['limit']]).toEqual([
      409,
      'too_many_callbacks',
      'callbacksPerCaller',
    ]);

    // One round trip, for the speed of this machine at this moment.
    const before = performance.now();
    await running.call('GET', '/health');
    const roundTrip = (performance.now() - before) / 1000;
    running.mx.clearFaults();
    const event = await running.ended(refreshId);
    const ended = performance.now();
    for (let claim: unknown = true; claim !== undefined; ) {
      const Key = { user_guid: { S: userGuid }, item_key: { S: member.guid } };
      const TableName = stack.physicalId('StorageMembers');
      claim = (await db.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item?.['claim'];
    }
    const waited = (performance.now() - ended) / 1000;
    await stack.idle();
    const all = (performance.now() - ended) / 1000;
    db.destroy();
    console.log(
      `asked in ${asked.toFixed(1)} s; free ${waited.toFixed(2)} s after the end (a round trip: ${roundTrip.toFixed(2)} s), all delivered after ${all.toFixed(1)} s`,
    );
    expect(dataOf(event)['outcome']).toBe('succeeded');
    expect(waited).toBeLessThan(Math.max(2, 20 * roundTrip));
    const expected = numbers(CALLERS).flatMap((caller) => numbers(EACH).map((each) => `/${caller}/${each}`));
    expect([...delivered.keys()].toSorted()).toEqual(expected.toSorted());
    expect([...delivered.values()].every((ids) => ids.size === 1)).toBe(true);
  });
});
