import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { historyInDynamoDb } from '../../shared/clients/history-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import {
  BalancesProblem,
  type HistoryOptions,
  readAccount,
  readBalances,
  readHistory,
} from '../../shared/public/read-balances.ts';
import { at, attemptOf, mxAccount, mxMember, newKey, policy, refreshId, startingClaim, unseen } from '../samples.ts';
import { nothingKnown } from '../unit/domain/nothing-known.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const members = () => membersInDynamoDb(tables.client, tables.members, policy);
const rules = { keepAccountNumbers: false, keepUnknownFields: false };
const now = () => new Date(at(100));

/** A member as a refresh at `at(10)` left it. */
async function storedMember(accounts: readonly ReturnType<typeof mxAccount>[]): Promise<MemberKey> {
  const key = newKey();
  const claim = startingClaim(refreshId(1));
  const seen = mxMember(key, { id: `own-${key.memberGuid}`, user_id: `own-${key.userGuid}` });
  await members().writeAliases(seen);
  await members().claim({ key, claim, starts: [at(0)], startsVersion: 0, member: seen });
  const attempt = attemptOf(claim, { outcome: 'succeeded', action: 'none', code: 'stored', observedAt: at(10) });
  await members().end({ key, from: 'running', known: unseen, attempt });
  await members().release(key, refreshId(1));
  await store(key, accounts, 10, 1);
  return key;
}

const store = (key: MemberKey, accounts: readonly ReturnType<typeof mxAccount>[], seconds: number, id: number) =>
  balancesInDynamoDb(tables.client, tables.balances, rules).store(key, accounts, {
    observedAt: at(seconds),
    refreshId: refreshId(id),
    trigger: 'http',
  });

const read = (user: string, member: string, staleAfterSeconds?: number) =>
  readBalances(tables.client, tables, { user, member }, { now, ...(staleAfterSeconds && { staleAfterSeconds }) });

describe('a member’s stored balances', () => {
  it('same by guids and ids, exact, with freshness', async () => {
    const key = await storedMember([
      mxAccount('ACT-1', '12345678901234567.89', '"type":"CHECKING","available_balance":null,"apy":1e-7'),
      mxAccount('ACT-2', '0', '"is_closed":true'),
    ]);
    const stored = await read(key.userGuid, key.memberGuid);
    expect(stored).toEqual({
      ...key,
      accounts: [
        {
          account: {
            ...nothingKnown,
            guid: 'ACT-1',
            member_guid: key.memberGuid,
            user_guid: key.userGuid,
            type: 'CHECKING',
            balance: '12345678901234567.89',
            apy: '0.0000001',
          },
          observedAt: at(10),
          freshAsOf: at(10),
          staleReason: null,
          amountsSince: at(10),
          refreshId: refreshId(1),
          trigger: 'http',
          listed: true,
          lastChange: null,
        },
        expect.objectContaining({ account: expect.objectContaining({ balance: '0', is_closed: true }) }),
      ],
      freshness: {
        verdict: 'fresh',
        reason: null,
        freshAsOf: at(10),
        observedAt: at(10),
        ageSeconds: 90,
        refreshId: refreshId(1),
        trigger: 'http',
        lastAttempt: {
          outcome: 'succeeded',
          action: 'none',
          code: 'stored',
          endedAt: at(20),
          refreshId: refreshId(1),
          userMessage: null,
        },
        lastSuccess: { observedAt: at(10), refreshId: refreshId(1) },
        incomplete: false,
        scheduleHeld: null,
      },
    });
    expect(await read(`own-${key.userGuid}`, `own-${key.memberGuid}`)).toEqual(stored);
  });

  it('tell what changed and what MX no longer lists', async () => {
    const key = await storedMember([mxAccount('ACT-1', '1000.50'), mxAccount('ACT-2', '1'), mxAccount('ACT-3', null)]);
    await store(key, [mxAccount('ACT-1', '7'), mxAccount('ACT-3', '3')], 60, 2);
    const names = { user: key.userGuid, member: key.memberGuid };
    const all = await readBalances(tables.client, tables, names, { now, includeUnlisted: true });
    expect(all?.accounts.map((one) => ({ listed: one.listed, lastChange: one.lastChange }))).toEqual([
      { listed: true, lastChange: { previousBalance: '1000.5', refreshId: refreshId(2), at: at(60) } },
      { listed: false, lastChange: null },
      { listed: true, lastChange: { previousBalance: null, refreshId: refreshId(2), at: at(60) } },
    ]);
    const listed = await read(key.userGuid, key.memberGuid);
    expect(listed?.accounts.map(({ account }) => account.guid)).toEqual(['ACT-1', 'ACT-3']);
    expect(listed?.freshness).toEqual(all?.freshness);
  });

  it('are stale when the reader says so', async () => {
    const key = await storedMember([mxAccount('ACT-1')]);
    const { freshness } = (await read(key.userGuid, key.memberGuid, 89)) ?? {};
    expect(freshness).toMatchObject({ verdict: 'stale', reason: 'not_refreshed_since', ageSeconds: 90 });
  });

  it.each([
    [86_400, 'fresh'],
    [86_401, 'stale'],
  ])('of %i s are %s by default', async (seconds, verdict) => {
    const { userGuid: user, memberGuid } = await storedMember([mxAccount('ACT-1')]);
    const later = () => new Date(at(10 + seconds));
    const stored = await readBalances(tables.client, tables, { user, member: memberGuid }, { now: later });
    expect(stored?.freshness).toMatchObject({ verdict, ageSeconds: seconds });
  });

  it.each([
    ['user', { user: 'a b', member: 'm' }],
    ['member', { user: 'u', member: '..' }],
  ])('are refused for a %s that cannot be', async (field, names) => {
    await expect(readBalances(tables.client, tables, names)).rejects.toMatchObject({ code: 'invalid_request', field });
  });

  it('none for a member whose refreshes stored nothing', async () => {
    const key = newKey();
    await members().claim({
      key,
      claim: startingClaim(refreshId(1)),
      starts: [at(0)],
      startsVersion: 0,
      member: mxMember(key),
    });
    expect(await read(key.userGuid, key.memberGuid)).toStrictEqual({
      ...key,
      accounts: [],
      freshness: {
        verdict: 'never_refreshed',
        reason: null,
        freshAsOf: null,
        observedAt: null,
        ageSeconds: null,
        refreshId: null,
        trigger: null,
        lastAttempt: null,
        lastSuccess: null,
        incomplete: false,
        scheduleHeld: null,
      },
    });
  });

  it('null for an unknown and a deleted member', async () => {
    const key = await storedMember([mxAccount('ACT-1')]);
    await tables.client.send(
      new UpdateItemCommand({
        TableName: tables.members,
        Key: { user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } },
        UpdateExpression: 'SET deleted_at = :at',
        ExpressionAttributeValues: { ':at': { S: at(30) } },
      }),
    );
    expect(await read(key.userGuid, key.memberGuid)).toBeNull();
    expect(await read(key.userGuid, 'MBR-unknown')).toBeNull();
    expect(await read('unknown', 'unknown')).toBeNull();
  });

  it('are read with every page', async () => {
    const text = 'x'.repeat(300_000);
    const key = await storedMember(
      Array.from({ length: 5 }, (_, index) => mxAccount(`ACT-${index}`, '1', `"name":"${text}"`)),
    );
    expect((await read(key.userGuid, key.memberGuid))?.accounts).toHaveLength(5);
  });
});

describe('one account', () => {
  const account = (key: MemberKey, name: string) =>
    readAccount(tables.client, tables, { user: key.userGuid, member: key.memberGuid, account: name }, { now });

  it('found by guid and own id, with its freshness', async () => {
    const key = await storedMember([mxAccount('ACT-1', '1'), mxAccount('ACT-2', '2', '"id":"own-2"')]);
    await store(key, [mxAccount('ACT-2', '2', '"id":"own-2"')], 60, 2);
    const byGuid = await account(key, 'ACT-2');
    expect(byGuid).toMatchObject({ account: { guid: 'ACT-2', balance: '2' }, freshness: { ageSeconds: 40 } });
    expect(await account(key, 'own-2')).toEqual(byGuid);
    expect((await account(key, 'ACT-1'))?.freshness).toMatchObject({
      verdict: 'stale',
      reason: 'no_longer_listed',
      ageSeconds: 90,
    });
  });

  it('is the listed one of two with the id', async () => {
    const key = await storedMember([mxAccount('ACT-1', '1', '"id":"own-1"')]);
    await store(key, [mxAccount('ACT-2', '2', '"id":"own-1"')], 60, 2);
    expect(await account(key, 'own-1')).toMatchObject({ account: { guid: 'ACT-2' }, listed: true });
  });

  it('is null when it, or its member, is not there', async () => {
    const key = await storedMember([mxAccount('ACT-1')]);
    expect(await account(key, 'ACT-9')).toBeNull();
    expect(await account(key, 'own-9')).toBeNull();
    expect(await account(newKey(), 'ACT-1')).toBeNull();
  });
});

describe('the history of an account', () => {
  /** One whose balance was 1, 2 … up to `amounts`, one each minute from 10 s after `T0`. */
  async function changed(amounts: number): Promise<MemberKey> {
    const key = await storedMember([mxAccount('ACT-1', '1', '"id":"own-1"')]);
    const history = historyInDynamoDb(tables.client, tables.history, { days: 90, now: () => at(100) });
    const balances = balancesInDynamoDb(tables.client, tables.balances, rules, {
      history,
      notKept: () => expect.fail('kept'),
    });
    for (let number = 2; number <= amounts; number += 1) {
      const by = { observedAt: at(60 * number), refreshId: refreshId(number), trigger: 'http' } as const;
      await balances.store(key, [mxAccount('ACT-1', String(number), '"id":"own-1"')], by);
    }
    return key;
  }

  async function all({ userGuid: user, memberGuid: member }: MemberKey, account: string, options: HistoryOptions = {}) {
    const found = [];
    for await (const amounts of readHistory(tables.client, tables, { user, member, account }, { now, ...options })) {
      found.push(amounts);
    }
    return found;
  }

  it('is newest first, by guid and by own id', async () => {
    const key = await changed(3);
    const found = await all(key, 'ACT-1');
    expect(found).toEqual([
      {
        isCurrent: true,
        balance: '3',
        availableBalance: null,
        availableCredit: null,
        currencyCode: null,
        amountsSince: at(180),
        previousSince: at(120),
        observedAt: at(180),
        refreshId: refreshId(3),
      },
      expect.objectContaining({ isCurrent: false, balance: '2', amountsSince: at(120), previousSince: at(10) }),
      expect.objectContaining({ isCurrent: false, balance: '1', amountsSince: at(10), previousSince: null }),
    ]);
    expect(await all(key, 'own-1')).toEqual(found);
  });

  it('heeds its instants and what has expired', async () => {
    const key = await changed(3);
    const balances = async (options: HistoryOptions) =>
      (await all(key, 'ACT-1', options)).map(({ balance }) => balance);
    expect(await balances({ from: new Date(at(121)) })).toEqual(['3', '2']);
    expect(await balances({ to: new Date(at(121)) })).toEqual(['2', '1']);
    expect(await balances({ now: () => new Date(at(91 * 86_400)) })).toEqual(['3']);
  });

  it('of more than a page is whole', async () => {
    const found = await all(await changed(103), 'ACT-1');
    expect(found.map(({ balance }) => balance)).toEqual(Array.from({ length: 103 }, (_, index) => String(103 - index)));
  });

  it('is empty when account or member is not there', async () => {
    const key = await changed(2);
    expect(await all(key, 'ACT-9')).toEqual([]);
    expect(await all(newKey(), 'ACT-1')).toEqual([]);
    await expect(all(key, '')).rejects.toMatchObject({ code: 'invalid_request', field: 'account' });
  });
});

it('an item of another schema version is refused, not misread', async () => {
  const key = await storedMember([mxAccount('ACT-1')]);
  await tables.client.send(
    new UpdateItemCommand({
      TableName: tables.balances,
      Key: { user_guid: { S: key.userGuid }, account_key: { S: `${key.memberGuid}#ACT-1` } },
      UpdateExpression: 'SET schema_version = :three',
      ExpressionAttributeValues: { ':three': { N: '3' } },
    }),
  );
  await expect(read(key.userGuid, key.memberGuid)).rejects.toThrow('not of schema_version 2');
});

it('amounts have no exponent, however a table writes its numbers', async () => {
  const account = { user_guid: { S: 'USR-1' }, account_key: { S: 'MBR-1#ACT-1' }, guid: { S: 'ACT-1' } };
  const stamp = {
    schema_version: { N: '2' },
    observed_at: { S: at(0) },
    fresh_as_of: { S: at(0) },
    amounts_since: { S: at(0) },
    refresh_id: { S: refreshId(1) },
    trigger: { S: 'http' },
    changed_by_refresh: { S: refreshId(1) },
    changed_at: { S: at(0) },
  };
  const numbers = { balance: { N: '1.5E+3' }, apy: { N: '1E-7' }, previous_balance: { N: '2e2' } };
  const answer = {
    Item: { user_guid: { S: 'USR-1' }, item_key: { S: 'MBR-1' } },
    Items: [{ ...account, member_guid: { S: 'MBR-1' }, ...stamp, ...numbers }],
  };
  const client = Object.assign(new DynamoDBClient({ region: 'none' }), { send: async () => answer });
  const stored = await readBalances(client, tables, { user: 'USR-1', member: 'MBR-1' }, { now });
  expect(stored?.accounts[0]).toMatchObject({
    account: { balance: '1500', apy: '0.0000001' },
    lastChange: { previousBalance: '200' },
  });
});

it('what cannot be an identifier is refused by name', async () => {
  await expect(read('', 'm')).rejects.toThrow(BalancesProblem);
  await expect(read('u', 'a b')).rejects.toMatchObject({ code: 'invalid_request', field: 'member' });
  await expect(
    readAccount(tables.client, tables, { user: 'u', member: 'm', account: '' }, { now }),
  ).rejects.toMatchObject({ field: 'account' });
});
