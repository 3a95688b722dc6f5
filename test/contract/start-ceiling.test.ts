import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startCeilingInDynamoDb } from '../../shared/clients/start-ceiling.ts';
import type { StartCeiling } from '../../shared/domain/ports.ts';
import { fakeStartCeiling } from '../fakes/fake-start-ceiling.ts';
import { at, T0 } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());
beforeEach(async () => {
  const Key = { user_guid: { S: 'CEILING' }, item_key: { S: 'unattended-starts' } };
  await tables.client.send(new DeleteItemCommand({ TableName: tables.members, Key }));
});

describe.each<[string, () => StartCeiling]>([
  ['the fake', () => fakeStartCeiling({ reservedUntil: 0 }, 10)],
  ['DynamoDB', () => startCeilingInDynamoDb(tables.client, tables.members, 10)],
])('ten starts a second: %s', (_name, subject) => {
  it('reserves one after the other', async () => {
    const ceiling = subject();
    expect(await ceiling.reserve(5, T0)).toBe(T0);
    expect(await ceiling.reserve(5, at(0.2))).toBe(at(0.5));
    expect(await ceiling.reserve(1, at(0.3))).toBe(at(1));
    expect(await ceiling.reserve(1, at(0.4))).toBe(at(1.1));
  });

  it('unused time is gone', async () => {
    const ceiling = subject();
    await ceiling.reserve(10, T0);
    expect(await ceiling.reserve(10, at(1))).toBe(at(1));
    expect(await ceiling.reserve(10, at(60))).toBe(at(60));
  });

  it('reserves nothing more than 15 minutes ahead', async () => {
    const ceiling = subject();
    await ceiling.reserve(9_000, T0);
    expect(await ceiling.reserve(10, T0)).toBe(at(900));
    expect(await ceiling.reserve(10, T0)).toBeNull();
    expect(await ceiling.reserve(10, at(0.999))).toBeNull();
    expect(await ceiling.reserve(10, at(1))).toBe(at(901));
  });

  it('gives no two the same time', async () => {
    const ceiling = subject();
    const all = await Promise.all(Array.from({ length: 20 }, () => ceiling.reserve(1, T0)));
    expect(new Set(all).size).toBe(20);
    expect(all.toSorted()[19]).toBe(at(1.9));
  });
});
