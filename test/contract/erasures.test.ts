/** Receipts of erasings, and what an erasing finds and deletes: the fakes and DynamoDB. */
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { erasureIdOf, receiptsInDynamoDb } from '../../shared/clients/erasures-table.ts';
import { historyInDynamoDb } from '../../shared/clients/history-table.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { storedDataInDynamoDb } from '../../shared/clients/stored-data.ts';
import type { FormerAmounts } from '../../shared/domain/balance.ts';
import type { ErasureOrder, Receipts, StoredData } from '../../shared/domain/erasure-ports.ts';
import { nothingErased } from '../../shared/domain/erasure-ports.ts';
import type { HistoryWriter } from '../../shared/domain/history.ts';
import type { Members } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Callbacks } from '../../shared/domain/notify-ports.ts';
import type { Balances, Erasure, Refreshes } from '../../shared/domain/ports.ts';
import { fakeBalances } from '../fakes/fake-balances.ts';
import { fakeCallbacks } from '../fakes/fake-callbacks.ts';
import { fakeErasure } from '../fakes/fake-erasure.ts';
import { fakeHistory, type HistoryTable } from '../fakes/fake-history.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { emptyErasuresTable, fakeReceipts } from '../fakes/fake-receipts.ts';
import { fakeRefreshes } from '../fakes/fake-refreshes.ts';
import { fakeStoredData } from '../fakes/fake-stored-data.ts';
import { emptyMembersTable } from '../fakes/members-table.ts';
import { at, mxAccount, mxMember, newKey, policy, refreshId, runningRefresh, startingClaim } from '../samples.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
/** Every answer holds two items. */
const client = withPagesOf(2, tables.newClient());
afterAll(async () => {
  client.destroy();
  await tables.close();
});

const orderOf = (key: Partial<MemberKey> & Pick<MemberKey, 'userGuid'>): ErasureOrder => ({
  erasureId: erasureIdOf({ memberGuid: null, ...key }, 'members'),
  memberGuid: null,
  ...key,
  atMx: 'members',
  requestedAt: at(0),
});

describe.each<[string, () => Receipts]>([
  ['the fake', () => fakeReceipts(emptyErasuresTable())],
  ['DynamoDB', () => receiptsInDynamoDb(client, tables.erasures, () => at(0))],
])('receipts: %s', (_name, subject) => {
  it('begin once: the first order stays', async () => {
    const receipts = subject();
    const order = orderOf(newKey());
    const begun = { ...order, erased: nothingErased, doneAt: null, waitsFor: null };
    expect(await receipts.read(order.erasureId)).toBeNull();
    expect(await receipts.begin(order)).toEqual(begun);
    expect(await receipts.begin({ ...order, requestedAt: at(9) })).toEqual(begun);
    expect(await receipts.read(order.erasureId)).toEqual(begun);
  });

  it('of a whole user have no member', async () => {
    const order = orderOf({ userGuid: newKey().userGuid });
    expect(await subject().begin(order)).toMatchObject({ memberGuid: null, atMx: 'members' });
  });

  it('add up, and forget why they waited', async () => {
    const receipts = subject();
    const { erasureId } = await receipts.begin(orderOf(newKey()));
    await receipts.recordFailure(erasureId, 'mx_unavailable', at(1));
    await receipts.recordFailure(erasureId, 'mx_timeout', at(2));
    expect((await receipts.read(erasureId))?.waitsFor).toEqual({ code: 'mx_timeout', since: at(1) });
    await receipts.add(erasureId, { ...nothingErased, members: 1, accounts: 3, membersAtMx: 1 });
    await receipts.add(erasureId, { ...nothingErased, accounts: 2, formerAmounts: 3, refreshes: 4, usersAtMx: 1 });
    expect(await receipts.read(erasureId)).toMatchObject({
      erased: { members: 1, accounts: 5, formerAmounts: 3, refreshes: 4, membersAtMx: 1, usersAtMx: 1 },
      waitsFor: null,
      doneAt: null,
    });
  });

  it('are done, and stay so', async () => {
    const receipts = subject();
    const order = orderOf(newKey());
    const { erasureId } = await receipts.begin(order);
    await receipts.recordFailure(erasureId, 'busy', at(1));
    await receipts.finish(erasureId, at(2));
    expect(await receipts.begin(order)).toMatchObject({ doneAt: at(2), waitsFor: null });
  });

  it('are found by names that lead to them', async () => {
    const receipts = subject();
    const { userGuid } = newKey();
    expect(await receipts.guidOf(`user ${userGuid}`)).toBeNull();
    await receipts.rememberName(`user ${userGuid}`, userGuid, at(0));
    expect(await receipts.guidOf(`user ${userGuid}`)).toBe(userGuid);
  });
});

describe('receipts in DynamoDB', () => {
  it('expire 36 days after their end, names a day later', async () => {
    const { erasureId } = orderOf(newKey());
    const now = { is: at(0) };
    const receipts = receiptsInDynamoDb(client, tables.erasures, () => now.is);
    await receipts.begin({ ...orderOf(newKey()), erasureId });
    await receipts.finish(erasureId, at(0));
    await receipts.rememberName('user somebody', 'USR-9', at(0));
    now.is = at(36 * 86_400 - 1);
    expect(await receipts.read(erasureId)).not.toBeNull();
    now.is = at(36 * 86_400);
    expect(await receipts.read(erasureId)).toBeNull();
    expect(await receipts.guidOf('user somebody')).toBe('USR-9');
    now.is = at(37 * 86_400);
    expect(await receipts.guidOf('user somebody')).toBeNull();
  });

  it('hold no name, and hash alike in every instance', async () => {
    const [one, two] = [1, 2].map(() => receiptsInDynamoDb(client, tables.erasures, () => at(0)));
    await one?.rememberName('user jane@example.com', 'USR-8', at(0));
    expect(await two?.guidOf('user jane@example.com')).toBe('USR-8');
    const { Items } = await tables.client.send(new ScanCommand({ TableName: tables.erasures }));
    expect(JSON.stringify(Items)).not.toContain('jane');
  });
});

const formerOf = (member: MemberKey, seconds: number): FormerAmounts => ({
  ...{ member, accountGuid: 'ACT-1', amounts: {}, currencyCode: null, previousSince: null },
  ...{ amountsSince: at(seconds), observedAt: at(seconds), refreshId: refreshId(1) },
});

interface Stores {
  readonly data: StoredData;
  readonly history: HistoryWriter;
  readonly erasure: Erasure;
  readonly members: Members;
  readonly balances: Balances;
  readonly refreshes: Refreshes;
  readonly callbacks: Callbacks;
}

function inMemory(): Stores {
  const [members, balances, refreshes, callbacks] = [emptyMembersTable(), new Map(), new Map(), new Map()];
  const history: HistoryTable = new Map();
  const rules = { keepAccountNumbers: false, keepUnknownFields: false };
  return {
    data: fakeStoredData({ members, balances, history, refreshes, callbacks, isListed: () => true }),
    history: fakeHistory(history, { days: 90, now: () => at(0) }),
    erasure: fakeErasure({ balances, history }, { put: () => expect.fail('not sent here') }),
    members: fakeMembers(members, { policy, now: () => at(0) }),
    balances: fakeBalances(balances, rules),
    refreshes: fakeRefreshes(refreshes, 30, () => at(0)),
    callbacks: fakeCallbacks(callbacks),
  };
}

const inTables = (): Stores => ({
  data: storedDataInDynamoDb(client, tables),
  history: historyInDynamoDb(tables.client, tables.history, { days: 90, now: () => at(0) }),
  erasure: balancesEraser(tables.client, tables, async () => {}),
  members: membersInDynamoDb(tables.client, tables.members, policy),
  balances: balancesInDynamoDb(tables.client, tables.balances, { keepAccountNumbers: false, keepUnknownFields: false }),
  refreshes: refreshesInDynamoDb(tables.client, tables.refreshes, 30, () => at(0)),
  callbacks: callbacksInDynamoDb(tables.client, tables.refreshes, 30),
});

describe.each<[string, () => Stores]>([
  ['the fake', inMemory],
  ['DynamoDB', inTables],
])('stored data: %s', (_name, subject) => {
  let refreshNumber = 70_000;
  const newRefreshId = (): string => {
    refreshNumber += 1;
    return refreshId(refreshNumber);
  };
  async function meet({ members, balances }: Stores, key: MemberKey): Promise<void> {
    const member = mxMember(key, { id: `own-${key.memberGuid}`, user_id: `own-${key.userGuid}` });
    await members.claim({ key, claim: startingClaim(refreshId(1)), starts: [], startsVersion: 0, member });
    await members.writeAliases(member);
    await members.putBody(key, { body: member.body, seenAt: at(5) });
    const stamp = { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' as const };
    await balances.store(key, [mxAccount('ACT-1'), mxAccount('ACT-2')], stamp);
  }

  it('is found by every item of a member', async () => {
    const stores = subject();
    const { userGuid } = newKey();
    for (const number of [3, 1, 2]) await meet(stores, { userGuid, memberGuid: `MBR-${number}` });
    const stamp = { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' as const };
    await stores.balances.store({ userGuid, memberGuid: 'MBR-4' }, [mxAccount('ACT-1')], stamp);
    await stores.members.putBody({ userGuid, memberGuid: 'MBR-5' }, { body: { guid: 'MBR-5' }, seenAt: at(5) });
    for (const seconds of [1, 2]) {
      await stores.history.put(formerOf({ userGuid, memberGuid: 'MBR-1' }, seconds));
      await stores.history.put(formerOf({ userGuid, memberGuid: 'MBR-6' }, seconds));
    }
    await meet(stores, newKey());
    expect(await stores.data.membersOf(userGuid)).toEqual(['MBR-1', 'MBR-2', 'MBR-3', 'MBR-4', 'MBR-5', 'MBR-6']);
    expect(await stores.data.userIdsOf(userGuid)).toEqual([`own-${userGuid}`]);
  });

  it('marks a user once, and tells it', async () => {
    const { data, members } = subject();
    const { userGuid } = newKey();
    expect(await members.isUserErased(userGuid)).toBe(false);
    await data.leaveUserTombstone(userGuid, at(0));
    await data.leaveUserTombstone(userGuid, at(9));
    expect(await members.isUserErased(userGuid)).toBe(true);
    expect(await data.membersOf(userGuid)).toEqual([]);
  });

  it('loses the names of one member', async () => {
    const stores = subject();
    const { userGuid } = newKey();
    const keys = ['MBR-1', 'MBR-2'].map((memberGuid) => ({ userGuid, memberGuid }));
    for (const key of keys) await meet(stores, key);
    const resolve = (memberIdentifier: string) =>
      stores.members.resolve({ userIdentifier: `own-${userGuid}`, memberIdentifier });
    expect(await stores.data.eraseNames({ userGuid, memberGuid: 'MBR-1' }, [])).toBe(1);
    expect([await resolve('own-MBR-1'), await resolve('own-MBR-2')]).toEqual([null, keys[1]]);
  });

  it('loses all names of a user, and leaves another’s', async () => {
    const stores = subject();
    const { userGuid } = newKey();
    const other = newKey();
    await meet(stores, { userGuid, memberGuid: 'MBR-1' });
    await meet(stores, other);
    const taken = `own-${other.userGuid}`;
    expect(await stores.data.eraseNames({ userGuid, memberGuid: null }, [taken])).toBe(2);
    const resolve = (userIdentifier: string) =>
      stores.members.resolve({ userIdentifier, memberIdentifier: other.memberGuid });
    expect([await resolve(`own-${userGuid}`), await resolve(taken)]).toEqual([null, other]);
    expect(await stores.data.eraseNames({ userGuid, memberGuid: null }, [])).toBe(0);
  });

  it('loses refreshes with their callbacks, page by page', async () => {
    const { data, refreshes, callbacks } = subject();
    const [key, other] = [newKey(), newKey()];
    const ids = Array.from({ length: 25 }, newRefreshId);
    for (const id of ids) await refreshes.put(runningRefresh(key, id));
    const kept = newRefreshId();
    await refreshes.put(runningRefresh(other, kept));
    const [first = ''] = ids;
    for (const caller of ['1', '2', '3']) {
      await callbacks.put({ id: `CBK-${caller.repeat(32)}`, refreshId: first, url: 'https://a.example/' }, 9, at(0));
    }
    expect(await data.eraseRefreshes(key, () => false)).toEqual({ erased: 25, isAll: true });
    expect(await refreshes.read(first)).toBeNull();
    expect(await callbacks.page(first, '')).toEqual({ callbacks: [], hasMore: false });
    expect(await refreshes.read(kept)).not.toBeNull();
    expect(await data.eraseRefreshes(key, () => false)).toEqual({ erased: 0, isAll: true });
  });

  it('loses former amounts of one member, and counts them', async () => {
    const { data, history, erasure } = subject();
    const { userGuid } = newKey();
    const [key, other] = ['MBR-1', 'MBR-12'].map((memberGuid) => ({ userGuid, memberGuid }));
    if (key === undefined || other === undefined) return expect.fail();
    for (let seconds = 0; seconds < 25; seconds += 1) await history.put(formerOf(key, seconds));
    await history.put(formerOf(other, 0));
    expect(await erasure.eraseHistory(key, () => true)).toEqual({ erased: 0, isAll: false });
    let groups = 0;
    const isLate = () => {
      groups += 1;
      return groups > 2;
    };
    const first = await erasure.eraseHistory(key, isLate);
    expect(first.isAll).toBe(false);
    expect(first.erased).toBeGreaterThan(1);
    expect(await erasure.eraseHistory(key, () => false)).toEqual({ erased: 25 - first.erased, isAll: true });
    expect(await erasure.eraseHistory(key, () => false)).toEqual({ erased: 0, isAll: true });
    expect(await data.membersOf(userGuid)).toEqual(['MBR-12']);
  });

  it('stops when time is up, and says so', async () => {
    const { data, refreshes } = subject();
    const key = newKey();
    const id = newRefreshId();
    await refreshes.put(runningRefresh(key, id));
    expect(await data.eraseRefreshes(key, () => true)).toEqual({ erased: 0, isAll: false });
    expect(await refreshes.read(id)).not.toBeNull();
  });
});

describe('a user tombstone', () => {
  it('keeps its first instant', async () => {
    const { data } = inTables();
    const { userGuid } = newKey();
    await data.leaveUserTombstone(userGuid, at(0));
    await data.leaveUserTombstone(userGuid, at(9));
    const { Items = [] } = await tables.client.send(
      new ScanCommand({
        TableName: tables.members,
        FilterExpression: 'item_key = :erased AND user_guid = :user',
        ExpressionAttributeValues: { ':erased': { S: 'ERASED' }, ':user': { S: userGuid } },
      }),
    );
    expect(Items).toEqual([{ user_guid: { S: userGuid }, item_key: { S: 'ERASED' }, deleted_at: { S: at(0) } }]);
  });

  it('is no member to those who list them', async () => {
    const key = newKey();
    const Item = { user_guid: { S: key.userGuid }, item_key: { S: 'ERASED' }, deleted_at: { S: at(0) } };
    await tables.client.send(new PutItemCommand({ TableName: tables.members, Item }));
    expect(await membersReader(client, tables.members).isUserErased(key.userGuid)).toBe(true);
  });
});
