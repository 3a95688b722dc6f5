import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb, noCallbacks } from '../../shared/clients/callbacks-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import type { Balances, Callback, Callbacks, Erasure } from '../../shared/domain/ports.ts';
import { type BalancesTable, fakeBalances } from '../fakes/fake-balances.ts';
import { fakeCallbacks } from '../fakes/fake-callbacks.ts';
import { fakeErasure } from '../fakes/fake-erasure.ts';
import { at, mxAccount, newKey, refreshId, runningRefresh } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables.close());

const callback = (id: string, number: number, url = `https://hooks.example.com/${number}`): Callback => ({
  id: `CBK-${number}`,
  refreshId: id,
  url,
  registeredAt: at(number),
});

describe.each<[string, () => Callbacks]>([
  ['the fake', () => fakeCallbacks(new Map())],
  ['DynamoDB', () => callbacksInDynamoDb(tables.client, tables.refreshes, 30)],
])('callbacks: %s', (_name, subject) => {
  it('are kept for their refresh, each once', async () => {
    const callbacks = subject();
    await callbacks.put(callback(refreshId(101), 1));
    await callbacks.put(callback(refreshId(101), 2));
    await callbacks.put(callback(refreshId(101), 1));
    await callbacks.put(callback(refreshId(102), 3));
    const found = await callbacks.ofRefresh(refreshId(101));
    expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      callback(refreshId(101), 1),
      callback(refreshId(101), 2),
    ]);
    expect(await callbacks.ofRefresh(refreshId(103))).toEqual([]);
  });
});

describe('callbacks in DynamoDB', () => {
  it('are all found on more than one page', async () => {
    const callbacks = callbacksInDynamoDb(tables.client, tables.refreshes, 30);
    // A page is 1 MB.
    const long = `https://hooks.example.com/${'x'.repeat(100_000)}`;
    for (let number = 1; number <= 15; number += 1) await callbacks.put(callback(refreshId(110), number, long));
    expect(await callbacks.ofRefresh(refreshId(110))).toHaveLength(15);
  });

  it('stand beside the refresh and are not taken for one', async () => {
    const refreshes = refreshesInDynamoDb(tables.client, tables.refreshes, 30, () => at(0));
    const member = newKey();
    await callbacksInDynamoDb(tables.client, tables.refreshes, 30).put(callback(refreshId(120), 1));
    expect(await refreshes.read(refreshId(120))).toBeNull();
    await refreshes.put(runningRefresh(member, refreshId(120)));
    expect((await refreshes.ofMember(member, 10, null)).refreshes).toHaveLength(1);
  });

  it('without allowed hosts there are none', async () => {
    await expect(noCallbacks.put(callback(refreshId(1), 1))).rejects.toThrow(TypeError);
    expect(await noCallbacks.ofRefresh(refreshId(1))).toEqual([]);
  });
});

const rules = { keepAccountNumbers: false, keepUnknownFields: false };
const fakeTable: BalancesTable = new Map();
const eraseAgain = async () => {};

describe.each<[string, () => { balances: Balances; erasure: Erasure }]>([
  [
    'the fake',
    () => ({
      balances: fakeBalances(fakeTable, rules),
      erasure: fakeErasure(fakeTable, {
        put: () => {
          throw new Error('not sent here');
        },
      }),
    }),
  ],
  [
    'DynamoDB',
    () => ({
      balances: balancesInDynamoDb(tables.client, tables.balances, rules),
      erasure: balancesEraser(tables.client, tables.balances, eraseAgain),
    }),
  ],
])('erasing: %s', (_name, subject) => {
  it('deletes all balances of the member only, repeatably', async () => {
    const { balances, erasure } = subject();
    const key = newKey();
    const sibling = { ...newKey(), userGuid: key.userGuid };
    const stamp = { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' } as const;
    const accounts = Array.from({ length: 23 }, (_, index) => mxAccount(`ACT-${index}`));
    await balances.store(key, accounts, stamp);
    await balances.store(sibling, accounts.slice(0, 2), stamp);
    await erasure.erase(key);
    expect(await balances.ofMember(key)).toEqual([]);
    expect(await balances.ofMember(sibling)).toHaveLength(2);
    await erasure.erase(key);
  });

  it('deletes more than one answer of DynamoDB holds', async () => {
    const { balances, erasure } = subject();
    const key = newKey();
    // A page is 1 MB.
    const much = `"metadata":"${'x'.repeat(90_000)}"`;
    const accounts = Array.from({ length: 13 }, (_, number) => mxAccount(`ACT-${number}`, '1', much));
    await balances.store(key, accounts, { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' });
    await erasure.erase(key);
    expect(await balances.ofMember(key)).toEqual([]);
  });
});
