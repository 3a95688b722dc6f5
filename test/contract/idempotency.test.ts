import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import type { IdempotencyKeys, KeyedRequest } from '../../shared/domain/idempotency.ts';
import { itemBytes } from '../dynamodb/item-size.ts';
import { fakeIdempotencyKeys, type IdempotencyTable } from '../fakes/fake-idempotency.ts';
import { at } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const LEASE_SECONDS = 29;
const fakeTable: IdempotencyTable = new Map();

let tokens = 0;
const newToken = (): string => {
  tokens += 1;
  return `token-${tokens}`;
};

let requests = 0;
/** A request that no other test has. */
const newRequest = (): KeyedRequest => {
  requests += 1;
  return { id: `request-${requests}`, requestHash: 'hash-1' };
};

const answer = '{"kind":"stored","member":{"userGuid":"USR-1","memberGuid":"MBR-ü"}}';

describe.each<[string, (seconds: number) => IdempotencyKeys]>([
  [
    'the fake',
    (seconds) => fakeIdempotencyKeys(fakeTable, { leaseSeconds: LEASE_SECONDS, now: () => at(seconds), newToken }),
  ],
  [
    'DynamoDB',
    (seconds) =>
      idempotencyKeysInDynamoDb(tables.client, tables.refreshes, {
        leaseSeconds: LEASE_SECONDS,
        now: () => at(seconds),
        newToken,
      }),
  ],
])('idempotency keys: %s', (_name, keysAt) => {
  /** The token of a request that is the first. */
  async function first(request: KeyedRequest, seconds = 0): Promise<string> {
    const begun = await keysAt(seconds).begin(request);
    return begun.kind === 'first' ? begun.token : expect.fail(`it is ${begun.kind}`);
  }

  it('let one of many requests at once be the first', async () => {
    const request = newRequest();
    const begun = await Promise.all(Array.from({ length: 10 }, () => keysAt(0).begin(request)));
    expect(begun.map(({ kind }) => kind).sort()).toEqual(['first', ...Array<string>(9).fill('in_flight')]);
  });

  it('give the kept answer, byte for byte, for a day', async () => {
    const request = newRequest();
    await keysAt(1).keep(request, await first(request), answer);
    for (const seconds of [2, 60, 86_000]) {
      expect(await keysAt(seconds).begin(request)).toEqual({ kind: 'answered', answer });
    }
    expect(await keysAt(86_402).begin(request)).toMatchObject({ kind: 'first' });
  });

  it('know another request with the same key, answered or not', async () => {
    const request = newRequest();
    const other = { ...request, requestHash: 'hash-2' };
    const token = await first(request);
    expect(await keysAt(0).begin(other)).toEqual({ kind: 'other_request' });
    await keysAt(1).keep(request, token, answer);
    expect(await keysAt(2).begin(other)).toEqual({ kind: 'other_request' });
    // Also when the first request's function has crashed: the key stays bound to the request.
    const crashed = newRequest();
    await first(crashed);
    expect(await keysAt(60).begin({ ...crashed, requestHash: 'hash-2' })).toEqual({ kind: 'other_request' });
  });

  it('wait no longer than the first function may run', async () => {
    const request = newRequest();
    await first(request);
    expect(await keysAt(28).begin(request)).toEqual({ kind: 'in_flight' });
    expect(await keysAt(29).begin(request)).toMatchObject({ kind: 'first' });
  });

  it('keep nothing from an expired one that was replaced', async () => {
    const request = newRequest();
    const late = await first(request);
    const second = await first(request, 30);
    await keysAt(31).keep(request, late, answer);
    expect(await keysAt(32).begin(request)).toEqual({ kind: 'in_flight' });
    await keysAt(33).release(request, late);
    expect(await keysAt(34).begin(request)).toEqual({ kind: 'in_flight' });
    await keysAt(35).keep(request, second, answer);
    expect(await keysAt(36).begin(request)).toEqual({ kind: 'answered', answer });
  });

  it('let the next be the first after a release', async () => {
    const request = newRequest();
    await keysAt(1).release(request, await first(request));
    expect(await keysAt(1).begin(request)).toMatchObject({ kind: 'first' });
  });

  it('do not keep too large an answer, answer anew', async () => {
    const request = newRequest();
    const token = await first(request);
    await keysAt(1).keep(request, token, 'x'.repeat(601));
    expect(await keysAt(2).begin(request)).toMatchObject({ kind: 'first' });
  });
});

it('the largest kept answer is under 1 KB', async () => {
  const hash = 'a'.repeat(64);
  const request = { id: hash, requestHash: hash };
  const keys = idempotencyKeysInDynamoDb(tables.client, tables.refreshes, {
    leaseSeconds: LEASE_SECONDS,
    now: () => at(0),
    newToken: () => crypto.randomUUID(),
  });
  const begun = await keys.begin(request);
  if (begun.kind !== 'first') expect.fail(`it is ${begun.kind}`);
  await keys.keep(request, begun.token, 'x'.repeat(600));
  const { Item = {} } = await tables.client.send(
    new GetItemCommand({
      TableName: tables.refreshes,
      Key: { refresh_id: { S: `IDEMPOTENCY#${hash}` }, item_key: { S: 'IDEMPOTENCY' } },
    }),
  );
  expect(Item['answer']?.S).toHaveLength(600);
  expect(itemBytes(Item)).toBeLessThan(1024);
});
