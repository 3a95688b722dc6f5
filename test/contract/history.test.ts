/** The history of accounts: the fake and the table, and what the stored balances put into it. */
import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { type BalancesReader, balancesInDynamoDb, type KeptHistory } from '../../shared/clients/balances-table.ts';
import { historyInDynamoDb, historyReader } from '../../shared/clients/history-table.ts';
import type { FormerAmounts, ObservationStamp } from '../../shared/domain/balance.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import type { HistoryReader, HistoryWriter, NotKept } from '../../shared/domain/history.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { Balances } from '../../shared/domain/ports.ts';
import { type BalancesTable, fakeBalances } from '../fakes/fake-balances.ts';
import { fakeHistory, type HistoryTable } from '../fakes/fake-history.ts';
import { at, mxAccount, newKey, refreshId, T0 } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const rules = { keepAccountNumbers: false, keepUnknownFields: false };
const DAY = 86_400;
let time: Instant = T0;
const now = (): Instant => time;
const days = 90;

type History = HistoryWriter & HistoryReader;

interface Subject {
  readonly history: History;
  balances(kept: KeptHistory | null): Balances & BalancesReader;
}

function inMemory(): Subject {
  const [balancesTable, historyTable]: [BalancesTable, HistoryTable] = [new Map(), new Map()];
  return {
    history: fakeHistory(historyTable, { days, now }),
    balances: (kept) => fakeBalances(balancesTable, rules, undefined, kept),
  };
}

const inTables = (): Subject => ({
  history: {
    ...historyInDynamoDb(tables.client, tables.history, { days, now }),
    ...historyReader(tables.client, tables.history, now),
  },
  balances: (kept) => balancesInDynamoDb(tables.client, tables.balances, rules, kept),
});

const stamp = (seconds: number, refresh: number): ObservationStamp => ({
  observedAt: at(seconds),
  refreshId: refreshId(refresh),
  trigger: 'http',
});

const former = (given: Partial<FormerAmounts> = {}): FormerAmounts => ({
  member: newKey(),
  accountGuid: 'ACT-1',
  amounts: { balance: Decimal.of('12345678901234567.89'), available_balance: Decimal.of('0') },
  currencyCode: 'USD',
  amountsSince: at(0),
  observedAt: at(5),
  refreshId: refreshId(1),
  previousSince: at(-10),
  ...given,
});

const end = at(10_000);

const balancesOf = (rows: readonly FormerAmounts[]): readonly (string | undefined)[] =>
  rows.map(({ amounts }) => amounts.balance?.text);

describe.each<[string, () => Subject]>([
  ['the fake', inMemory],
  ['DynamoDB', inTables],
])('history: %s', (_name, subject) => {
  it('gives back what was put', async () => {
    const { history } = subject();
    const row = former();
    await history.put(row);
    expect(await history.before(row, end, 10)).toEqual([row]);
    const bare = former({ amounts: {}, currencyCode: null, previousSince: null });
    await history.put(bare);
    expect(await history.before(bare, end, 10)).toEqual([bare]);
  });

  it('is the account’s alone, newest first, before an instant', async () => {
    const { history } = subject();
    const member = newKey();
    for (const seconds of [10, 30, 20]) await history.put(former({ member, amountsSince: at(seconds) }));
    await history.put(former({ member, accountGuid: 'ACT-10', amountsSince: at(15) }));
    await history.put(former({ member, accountGuid: 'ACT-', amountsSince: at(15) }));
    await history.put(former({ member: { ...member, memberGuid: `${member.memberGuid}-2` }, amountsSince: at(15) }));
    const since = async (before: Instant, most: number) =>
      (await history.before({ member, accountGuid: 'ACT-1' }, before, most)).map(({ amountsSince }) => amountsSince);
    expect(await since(end, 10)).toEqual([at(30), at(20), at(10)]);
    expect(await since(at(30), 10)).toEqual([at(20), at(10)]);
    expect(await since(at(30), 1)).toEqual([at(20)]);
    expect(await since(at(10), 10)).toEqual([]);
    expect(await since(at(30.001), 1)).toEqual([at(30)]);
  });

  it('of the same amounts keeps the later sighting', async () => {
    const { history } = subject();
    const row = former({ observedAt: at(9), refreshId: refreshId(3) });
    await history.put(row);
    await history.put({ ...row, observedAt: at(5) });
    await history.put({ ...row, refreshId: refreshId(2) });
    expect(await history.before(row, end, 10)).toEqual([row]);
    const later = { ...row, refreshId: refreshId(4), amounts: {} };
    await history.put(later);
    expect(await history.before(row, end, 10)).toEqual([later]);
    await history.put({ ...later, observedAt: at(10), refreshId: refreshId(1) });
    expect(await history.before(row, end, 10)).toMatchObject([{ observedAt: at(10) }]);
  });

  it('shows no row that has expired, and full pages', async () => {
    const { history } = subject();
    const member = newKey();
    const put = (seconds: number) => history.put(former({ member, amountsSince: at(seconds) }));
    time = at(0);
    for (const seconds of [50, 40, 10]) await put(seconds);
    time = at(1);
    for (const seconds of [60, 30, 20]) await put(seconds);
    time = at(90 * DAY);
    const shown = await history.before({ member, accountGuid: 'ACT-1' }, end, 2);
    expect(shown.map(({ amountsSince }) => amountsSince)).toEqual([at(60), at(30)]);
    time = at(90 * DAY + 1);
    expect(await history.before({ member, accountGuid: 'ACT-1' }, end, 2)).toEqual([]);
    time = T0;
  });

  it('put again, a row is kept from then on', async () => {
    const { history } = subject();
    const row = former();
    await history.put(row);
    time = at(80 * DAY);
    await history.put(row);
    time = at(100 * DAY);
    expect(await history.before(row, end, 1)).toEqual([row]);
    time = T0;
  });

  it('gets each former amount of an account, once', async () => {
    const { history, balances: made } = subject();
    const balances = made({ history, notKept: () => expect.fail('kept') });
    const key = newKey();
    const store = (seconds: number, balance: string | null) =>
      balances.store(key, [mxAccount('ACT-1', balance, '"currency_code":"EUR"')], stamp(seconds, seconds));
    const rows = () => history.before({ member: key, accountGuid: 'ACT-1' }, end, 10);
    await store(10, '1.5');
    await store(20, '1.50');
    expect(await rows()).toEqual([]);
    await store(30, '2');
    const first = { amountsSince: at(10), observedAt: at(20), refreshId: refreshId(20), previousSince: null };
    expect(await rows()).toMatchObject([{ ...first, currencyCode: 'EUR', member: key, accountGuid: 'ACT-1' }]);
    expect(await balances.read(key, 'ACT-1')).toMatchObject({ amountsSince: at(30), previousSince: at(10) });
    await store(40, 'null');
    await store(50, '0');
    await store(60, '0.00');
    await store(70, '3');
    expect(balancesOf(await rows())).toEqual([
      expect.stringMatching(/^0(\.00)?$/),
      undefined,
      '2',
      expect.stringMatching(/^1\.50?$/),
    ]);
    expect((await rows()).map(({ previousSince }) => previousSince)).toEqual([at(40), at(30), at(10), null]);
    // An older observation changes nothing, and puts nothing.
    await store(65, '9');
    expect(await rows()).toHaveLength(4);
  });

  it('has nothing of what is left behind, unreadable or unlisted', async () => {
    const { history, balances: made } = subject();
    const balances = made({ history, notKept: () => expect.fail('kept') });
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(10, 1));
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(20, 2), { leftBehind: new Set(['ACT-1']) });
    await balances.store(key, [mxAccount('ACT-1', '"12,5"')], stamp(30, 3));
    await balances.store(key, [], stamp(40, 4));
    expect(await history.before({ member: key, accountGuid: 'ACT-1' }, end, 10)).toEqual([]);
    await balances.store(key, [mxAccount('ACT-1', '2')], stamp(50, 5));
    expect(await history.before({ member: key, accountGuid: 'ACT-1' }, end, 10)).toMatchObject([
      { amountsSince: at(10), observedAt: at(20) },
    ]);
  });

  it('of two that store at once keeps both amounts', async () => {
    const { history, balances: made } = subject();
    const balances = made({ history, notKept: () => expect.fail('kept') });
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1')], stamp(10, 1));
    const stored = await balances.ofMember(key);
    await balances.store(key, [mxAccount('ACT-1', '2')], stamp(20, 2), { stored });
    await balances.store(key, [mxAccount('ACT-1', '3')], stamp(30, 3), { stored });
    const rows = await history.before({ member: key, accountGuid: 'ACT-1' }, end, 10);
    expect(balancesOf(rows)).toEqual(['2', '1']);
    expect(rows.map(({ previousSince }) => previousSince)).toEqual([at(10), null]);
    // Lost to a newer one, it has put a row about the amounts that are there.
    await balances.store(key, [mxAccount('ACT-1', '9')], stamp(25, 4), { stored });
    expect(await balances.read(key, 'ACT-1')).toMatchObject({ amountsSince: at(30), previousSince: at(20) });
    expect(await history.before({ member: key, accountGuid: 'ACT-1' }, end, 10)).toEqual(rows);
  });

  it('that takes nothing: amounts wait in the account', async () => {
    const { history, balances: made } = subject();
    const told: NotKept[] = [];
    const error = new Error('no such table');
    const broken = made({ history: { put: () => Promise.reject(error) }, notKept: (what) => told.push(what) });
    const key = newKey();
    const accounts = (balance: string) => ['ACT-1', 'ACT-2'].map((guid) => mxAccount(guid, balance));
    await broken.store(key, accounts('1'), stamp(10, 1));
    expect(told).toEqual([]);
    await broken.store(key, accounts('2'), stamp(20, 2));
    await broken.store(key, accounts('3'), stamp(30, 3));
    expect(told).toEqual([
      { memberGuid: key.memberGuid, waiting: 2, lost: 0, error },
      { memberGuid: key.memberGuid, waiting: 4, lost: 0, error },
    ]);
    const waiting = await broken.read(key, 'ACT-1');
    expect(waiting).toMatchObject({ observedAt: at(30), previousSince: at(20) });
    expect(waiting?.unkept?.map(({ amountsSince }) => amountsSince)).toEqual([at(10), at(20)]);
    expect(balancesOf(waiting?.unkept ?? [])).toEqual(['1', '2']);
    const working = made({ history, notKept: () => expect.fail('kept') });
    await working.store(key, accounts('3'), stamp(40, 4));
    expect((await working.read(key, 'ACT-1'))?.unkept).toBeUndefined();
    for (const accountGuid of ['ACT-1', 'ACT-2']) {
      expect(balancesOf(await history.before({ member: key, accountGuid }, end, 10))).toEqual(['2', '1']);
    }
  });

  it('switched off, amounts go on without a link', async () => {
    const { history, balances: made } = subject();
    const on = made({ history, notKept: () => expect.fail('kept') });
    const key = newKey();
    const accounts = (balance: string) => [mxAccount('ACT-1', balance)];
    await on.store(key, accounts('1'), stamp(10, 1));
    await on.store(key, accounts('2'), stamp(20, 2));
    await made(null).store(key, accounts('3'), stamp(30, 3));
    await on.store(key, accounts('4'), stamp(40, 4));
    const rows = await history.before({ member: key, accountGuid: 'ACT-1' }, end, 10);
    expect(rows.map(({ amountsSince, previousSince }) => [amountsSince, previousSince])).toEqual([
      [at(30), null],
      [at(10), null],
    ]);
  });
});

describe('the item of the history', () => {
  const member = {
    userGuid: 'USR-fa7537f3-48aa-a683-a02a-b18940482f54',
    memberGuid: 'MBR-7c6f361b-e582-15b6-60c0-358f12466b4b',
  };
  const accountGuid = 'ACT-06d7f44b-caae-0f6e-1384-01f52e75dcb1';
  const amountsKey = `${member.memberGuid}#${accountGuid}#2026-01-15T12:00:00.000Z`;
  const golden = {
    user_guid: { S: member.userGuid },
    amounts_key: { S: amountsKey },
    schema_version: { N: '1' },
    member_guid: { S: member.memberGuid },
    account_guid: { S: accountGuid },
    balance: { N: '1000.5' },
    available_balance: { N: '0' },
    available_credit: { N: '-20' },
    currency_code: { S: 'USD' },
    amounts_since: { S: '2026-01-15T12:00:00.000Z' },
    previous_since: { S: '2026-01-14T12:00:00.000Z' },
    observed_at: { S: '2026-01-15T18:00:00.000Z' },
    refresh_id: { S: refreshId(2) },
    // 90 days after 2026-01-16T12:00:00.500Z, in whole seconds.
    expires_at: { N: '1776340801' },
  };
  const inJanuary = () => '2026-01-16T12:00:00.500Z';
  const put = (guid = accountGuid) =>
    historyInDynamoDb(tables.client, tables.history, { days: 90, now: inJanuary }).put({
      member,
      accountGuid: guid,
      amounts: {
        balance: Decimal.of('1000.50'),
        available_balance: Decimal.of('0'),
        available_credit: Decimal.of('-20'),
      },
      currencyCode: 'USD',
      amountsSince: '2026-01-15T12:00:00.000Z',
      previousSince: '2026-01-14T12:00:00.000Z',
      observedAt: '2026-01-15T18:00:00.000Z',
      refreshId: refreshId(2),
    });
  const read = (guid: string) =>
    historyReader(tables.client, tables.history, inJanuary).before({ member, accountGuid: guid }, end, 1);
  const change = (guid: string, UpdateExpression: string, ExpressionAttributeValues?: Item) =>
    tables.client.send(
      new UpdateItemCommand({
        TableName: tables.history,
        Key: {
          user_guid: { S: member.userGuid },
          amounts_key: { S: `${member.memberGuid}#${guid}#2026-01-15T12:00:00.000Z` },
        },
        UpdateExpression,
        ExpressionAttributeValues,
      }),
    );

  it('has these attributes and no others', async () => {
    await put();
    const { Items } = await tables.client.send(
      new QueryCommand({
        TableName: tables.history,
        KeyConditionExpression: 'user_guid = :user AND begins_with(amounts_key, :account)',
        ExpressionAttributeValues: {
          ':user': { S: member.userGuid },
          ':account': { S: `${member.memberGuid}#${accountGuid}#` },
        },
      }),
    );
    expect(Items).toEqual([golden]);
  });

  it('of another version is refused', async () => {
    await put('ACT-other-version');
    await change('ACT-other-version', 'SET schema_version = :next', { ':next': { N: '2' } });
    await expect(read('ACT-other-version')).rejects.toThrow('schema_version 1');
  });

  it.each(['observed_at', 'member_guid', 'refresh_id'])('without %s is refused', async (name) => {
    await put(`ACT-without-${name}`);
    await change(`ACT-without-${name}`, `REMOVE ${name}`);
    await expect(read(`ACT-without-${name}`)).rejects.toThrow(`has no ${name}`);
  });
});
