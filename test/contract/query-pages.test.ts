/** Every read of more than one item, where an answer of DynamoDB holds two of them. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { historyInDynamoDb, historyReader } from '../../shared/clients/history-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import type { FormerAmounts } from '../../shared/domain/balance.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { at, mxAccount, newKey, policy, refreshId, runningRefresh, startingClaim } from '../samples.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { openClaims } from './members-subjects.ts';

let tables: LocalTables;
let client: DynamoDBClient;
beforeEach(async () => {
  tables = await startLocalTables();
  client = withPagesOf(2, tables.newClient());
});
afterEach(async () => {
  client.destroy();
  await tables.close();
});

const formerOf = (member: MemberKey, seconds: number): FormerAmounts => ({
  ...{ member, accountGuid: 'ACT-1', amounts: {}, currencyCode: null, previousSince: null },
  ...{ amountsSince: at(seconds), observedAt: at(seconds), refreshId: refreshId(1) },
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('every page is read of', () => {
  it('the open claims of every shard', async () => {
    const members = membersInDynamoDb(client, tables.members, policy);
    // Three for each of the four shards, which the last digit decides.
    const keys = numbers(12).map(() => newKey());
    for (const [number, key] of keys.entries()) {
      await members.claim({ key, claim: startingClaim(refreshId(number)), starts: [], startsVersion: 0 });
    }
    const open = await openClaims(members, at(0));
    expect(open.map(({ memberGuid }) => memberGuid).sort()).toEqual(keys.map(({ memberGuid }) => memberGuid));
  });

  it('a member’s balances', async () => {
    const balances = balancesInDynamoDb(client, tables.balances, {
      keepAccountNumbers: false,
      keepUnknownFields: false,
    });
    const key = newKey();
    const accounts = numbers(5).map((number) => mxAccount(`ACT-${number}`));
    await balances.store(key, accounts, { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' });
    const guids = async () => (await balances.ofMember(key)).map(({ accountGuid }) => accountGuid);
    expect(await guids()).toEqual(['ACT-1', 'ACT-2', 'ACT-3', 'ACT-4', 'ACT-5']);
    // What is not listed any more has to be found to be marked.
    await balances.store(key, [], { observedAt: at(10), refreshId: refreshId(2), trigger: 'http' });
    expect((await balances.ofMember(key)).map(({ listed }) => listed)).toEqual([false, false, false, false, false]);
    await balancesEraser(client, tables, async () => {}).erase(key);
    expect(await guids()).toEqual([]);
  });

  it('an account’s history', async () => {
    const history = historyInDynamoDb(client, tables.history, { days: 90, now: () => at(0) });
    const key = newKey();
    for (const number of numbers(5)) await history.put(formerOf(key, number));
    const { before } = historyReader(client, tables.history, () => at(0));
    const seconds = async (most: number) =>
      (await before({ member: key, accountGuid: 'ACT-1' }, at(99), most)).map(({ amountsSince }) => amountsSince);
    expect(await seconds(9)).toEqual([5, 4, 3, 2, 1].map(at));
    expect(await seconds(3)).toEqual([5, 4, 3].map(at));
    const { eraseHistory } = balancesEraser(client, tables, async () => {});
    expect(await eraseHistory(key, () => false)).toEqual({ erased: 5, isAll: true });
    expect(await seconds(9)).toEqual([]);
  });

  it('a slot’s members', async () => {
    const members = membersInDynamoDb(client, tables.members, policy);
    const schedule = scheduleInDynamoDb(client, tables.members);
    const slot = 'SLOT#6h#00001#0';
    const keys = numbers(5).map(() => newKey());
    for (const key of keys) {
      await members.claim({ key, claim: startingClaim(refreshId(1)), starts: [], startsVersion: 0 });
      await schedule.enrol(key, { everyHours: 6, slot }, 'always');
    }
    expect((await schedule.membersOf(slot)).map(({ member }) => member)).toEqual(keys);
  });

  it('a refresh’s callbacks', async () => {
    const callbacks = callbacksInDynamoDb(client, tables.refreshes, 30);
    const wishes = numbers(5).map((number) => ({
      id: `CBK-${number}`,
      refreshId: refreshId(1),
      url: 'https://hooks.example.com/',
    }));
    for (const wish of wishes) await callbacks.put(wish, 10, at(0));
    expect((await callbacks.page(refreshId(1), '')).callbacks).toEqual(wishes);
  });

  it('a member’s history, also with shorter pages', async () => {
    const refreshes = refreshesInDynamoDb(client, tables.refreshes, 30, () => at(0));
    const key = newKey();
    for (const number of numbers(5)) await refreshes.put(runningRefresh(key, refreshId(100 + number)));
    const pages: string[][] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof refreshes.ofMember>> = await refreshes.ofMember(key, 3, after);
      pages.push(page.refreshes.map((refresh) => refresh.refreshId));
      after = page.next;
    } while (after !== null && pages.length < 9);
    expect(pages).toEqual([[refreshId(105), refreshId(104)], [refreshId(103), refreshId(102)], [refreshId(101)]]);
  });
});
