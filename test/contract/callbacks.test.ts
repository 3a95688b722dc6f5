import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb, noCallbacks } from '../../shared/clients/callbacks-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import type { Callback, CallbackPage, Callbacks } from '../../shared/domain/notify-ports.ts';
import type { Balances, Erasure } from '../../shared/domain/ports.ts';
import { type BalancesTable, fakeBalances } from '../fakes/fake-balances.ts';
import { fakeCallbacks } from '../fakes/fake-callbacks.ts';
import { fakeErasure } from '../fakes/fake-erasure.ts';
import { at, mxAccount, newKey, refreshId as numbered, runningRefresh } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

let runs = 0;
beforeEach(() => {
  runs += 1;
});

/** A refresh that no other test, and no other run of this one, has. */
const refreshId = (number: number): string => numbered(10_000 * runs + number);

/** As the trigger makes ids: the caller's part, then the URL's. */
const callback = (id: string, caller: number, number = 1): Callback => ({
  id: `CBK-${String(caller).padStart(16, '0')}${String(number).padStart(16, '0')}`,
  refreshId: id,
  url: `https://hooks.example.com/${number}?of=${caller}`,
});

/** Every page, each at most once. */
async function pagesOf(callbacks: Callbacks, id: string): Promise<readonly Callback[][]> {
  const pages: Callback[][] = [];
  let after: string | null = '';
  while (after !== null) {
    const page: CallbackPage = await callbacks.page(id, after);
    pages.push([...page.callbacks]);
    after = page.hasMore ? (page.callbacks.at(-1)?.id ?? null) : null;
  }
  return pages;
}

describe.each<[string, () => Callbacks]>([
  ['the fake', () => fakeCallbacks(new Map())],
  ['DynamoDB', () => callbacksInDynamoDb(tables.client, tables.refreshes, 30)],
])('callbacks: %s', (_name, subject) => {
  it('are kept for their refresh, each once', async () => {
    const callbacks = subject();
    const [first, second] = [callback(refreshId(101), 1, 1), callback(refreshId(101), 1, 2)];
    for (const one of [second, first, second, callback(refreshId(102), 3)]) {
      expect(await callbacks.put(one, 10, at(0))).toBe(true);
    }
    expect(await callbacks.page(refreshId(101), '')).toEqual({ callbacks: [first, second], hasMore: false });
    expect(await callbacks.page(refreshId(101), first.id)).toEqual({ callbacks: [second], hasMore: false });
    expect(await callbacks.page(refreshId(103), '')).toEqual({ callbacks: [], hasMore: false });
  });

  it('are as many of one caller as are allowed', async () => {
    const callbacks = subject();
    const put = (caller: number, number: number) => callbacks.put(callback(refreshId(105), caller, number), 2, at(0));
    expect([await put(1, 1), await put(1, 2), await put(1, 3), await put(1, 2), await put(2, 3)]).toEqual([
      true,
      true,
      false,
      true,
      true,
    ]);
    expect((await pagesOf(callbacks, refreshId(105))).flat()).toHaveLength(3);
  });

  it.each([
    [250, 1],
    [25, 10],
    [3, 100],
  ])('of %i callers, %i each, come page by page', async (callers, each) => {
    const callbacks = subject();
    const id = refreshId(1000 + callers);
    const all = Array.from({ length: callers * each }, (_, index) =>
      callback(id, Math.floor(index / each), index % each),
    );
    await Promise.all(all.map((one) => callbacks.put(one, each, at(0))));
    const pages = await pagesOf(callbacks, id);
    expect(pages.map(({ length }) => length)).toEqual(all.length === 250 ? [100, 100, 50] : [100, 100, 100]);
    expect(pages.flat()).toEqual(all);
  });
});

describe('callbacks in DynamoDB', () => {
  it('are all found on more than one page', async () => {
    const callbacks = callbacksInDynamoDb(tables.client, tables.refreshes, 30);
    // A page of DynamoDB's is 1 MB.
    const long = `https://hooks.example.com/${'x'.repeat(100_000)}`;
    for (let caller = 1; caller <= 15; caller += 1) {
      await callbacks.put({ ...callback(refreshId(110), caller), url: long }, 1, at(0));
    }
    expect((await pagesOf(callbacks, refreshId(110))).flat()).toHaveLength(15);
  });

  it('keep to the limit, also at once', async () => {
    const callbacks = callbacksInDynamoDb(tables.client, tables.refreshes, 30);
    const put = (_: unknown, number: number) => callbacks.put(callback(refreshId(115), 1, number), 10, at(0));
    const accepted = await Promise.all(Array.from({ length: 30 }, put));
    expect(accepted.filter((is) => is)).toHaveLength(10);
  });

  it('stand beside the refresh and are not taken for one', async () => {
    const refreshes = refreshesInDynamoDb(tables.client, tables.refreshes, 30, () => at(0));
    const member = newKey();
    await callbacksInDynamoDb(tables.client, tables.refreshes, 30).put(callback(refreshId(120), 1), 10, at(0));
    expect(await refreshes.read(refreshId(120))).toBeNull();
    await refreshes.put(runningRefresh(member, refreshId(120)));
    expect((await refreshes.ofMember(member, 10, null)).refreshes).toHaveLength(1);
  });

  it('without allowed hosts there are none', async () => {
    await expect(noCallbacks.put(callback(refreshId(1), 1), 10, at(0))).rejects.toThrow(TypeError);
    expect(await noCallbacks.page(refreshId(1), '')).toEqual({ callbacks: [], hasMore: false });
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
      erasure: fakeErasure(
        { balances: fakeTable, history: new Map() },
        {
          put: () => {
            throw new Error('not sent here');
          },
        },
      ),
    }),
  ],
  [
    'DynamoDB',
    () => ({
      balances: balancesInDynamoDb(tables.client, tables.balances, rules),
      erasure: balancesEraser(tables.client, tables, eraseAgain),
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
