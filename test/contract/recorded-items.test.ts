/** Items of every version whose items were recorded (test/recorded) are read by the code of today. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balancesReader } from '../../shared/clients/balances-table.ts';
import { storedBreaker } from '../../shared/clients/breakers-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { receiptsInDynamoDb } from '../../shared/clients/erasures-table.ts';
import { historyReader } from '../../shared/clients/history-table.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { lastAnswerIn } from '../../shared/clients/institutions-table.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { readPauses } from '../../shared/clients/pauses-table.ts';
import { refreshesReader } from '../../shared/clients/refreshes-table.ts';
import { scheduleChangesInDynamoDb } from '../../shared/clients/schedule-changes.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { startCeilingInDynamoDb } from '../../shared/clients/start-ceiling.ts';
import { waitLeasesInDynamoDb } from '../../shared/clients/wait-leases.ts';
import { Decimal } from '../../shared/domain/decimal.ts';
import { itemsOfToday, type RecordedItems, recordedErasure, recordedMembers } from '../recorded/items.ts';
import { at, refreshId, T0 } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import type { Table } from './table-inputs.ts';

const folder = join(import.meta.dirname, '../recorded');
const versions = readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
const recordedIn = (version: string) =>
  JSON.parse(readFileSync(join(folder, version, 'items.json'), 'utf8')) as RecordedItems;
const now = () => T0;
const { running, ended, held, deleted } = recordedMembers;

describe.each(versions)('items of %s are read', (version) => {
  let tables: LocalTables;
  beforeAll(async () => {
    tables = await startLocalTables();
    for (const [name, items] of Object.entries(recordedIn(version)))
      for (const Item of items)
        await tables.client.send(new PutItemCommand({ TableName: tables[name as Table], Item }));
  });
  afterAll(() => tables.close());

  it('a member with a running refresh', async () => {
    const members = membersReader(tables.client, tables.members);
    expect(await members.resolve({ userIdentifier: 'user-1', memberIdentifier: 'member-1' })).toEqual(running);
    expect(await members.read(running)).toMatchObject({
      claim: {
        refreshId: refreshId(1),
        phase: 'running',
        acceptedAt: T0,
        deadline: at(600),
        lookNumber: 1,
        lookedAt: at(5),
        flagSeen: true,
        jobAggregatedAt: at(1),
        start: { state: 'accepted', jobGuid: 'JOB-new' },
        baseline: { mostRecentJobGuid: 'JOB-old' },
      },
      starts: [T0],
      startsVersion: 1,
    });
  });

  it('a member whose refresh has ended', async () => {
    const members = membersReader(tables.client, tables.members);
    expect(await members.read(ended)).toMatchObject({
      claim: null,
      lastAttempt: { refreshId: refreshId(2), outcome: 'succeeded', code: 'stored', endedAt: at(20) },
      lastSuccess: { refreshId: refreshId(2), observedAt: at(20) },
      enrolment: { everyHours: 24, slot: 'SLOT#7#0' },
      importsMove: true,
    });
    expect(await members.readBody(ended)).toMatchObject({ body: { name: 'MX Bank' }, seenAt: at(5) });
  });

  it('a member that is held back', async () => {
    expect(await membersReader(tables.client, tables.members).read(held)).toMatchObject({
      lastAttempt: { outcome: 'failed', action: 'retry_later', code: 'degraded' },
      held: { since: at(30), code: 'denied', action: 'reauthenticate' },
      missing: at(2),
      processedUntil: at(1),
      untoldChange: { from: 'CONNECTED', to: 'DENIED' },
      // 0.1.0 did not write it; its next word does.
      attention: null,
    });
  });

  it('a deleted member and an erased user', async () => {
    const members = membersReader(tables.client, tables.members);
    expect(await members.read(deleted)).toMatchObject({ deletedAt: at(40) });
    expect(await members.readBody(deleted)).toBeNull();
    expect(await members.isUserErased('USR-2')).toBe(true);
    expect(await members.isUserErased('USR-1')).toBe(false);
  });

  it('the schedule, its bookmark and what is counted', async () => {
    const schedule = scheduleInDynamoDb(tables.client, tables.members);
    expect(await schedule.membersOf('SLOT#7#0')).toEqual([
      {
        member: ended,
        everyHours: 24,
        slot: 'SLOT#7#0',
        quietHours: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' },
        maxAgeSeconds: 3600,
      },
    ]);
    expect(await schedule.lastMinute()).toBe(29_400_000);
    expect(await scheduleChangesInDynamoDb(tables.client, tables.members).take('shop', 1, T0)).toBe(false);
    expect(await startCeilingInDynamoDb(tables.client, tables.members, 100).reserve(1, T0)).toBe(at(0.03));
  });

  it('former amounts, and those that wait for their table', async () => {
    const reader = historyReader(tables.client, tables.history, now);
    const account = { member: ended, accountGuid: 'ACT-1' };
    expect(await reader.before(account, at(99), 9)).toMatchObject([
      { ...account, currencyCode: 'USD', amountsSince: at(0), observedAt: at(0), previousSince: null },
    ]);
    expect(await balancesReader(tables.client, tables.balances).read(held, 'ACT-3')).toMatchObject({
      previousSince: at(0),
      unkept: [{ accountGuid: 'ACT-3', amountsSince: at(0), amounts: { balance: Decimal.of('1') } }],
    });
  });

  it('balances, to the last digit', async () => {
    const [first, second] = await balancesReader(tables.client, tables.balances).ofMember(ended);
    expect(first).toMatchObject({ accountGuid: 'ACT-1', observedAt: at(30), refreshId: refreshId(3), listed: true });
    expect([first?.fields['balance'], first?.lastChange?.previousBalance]).toEqual([
      Decimal.of('12'),
      Decimal.of('10.5'),
    ]);
    expect(first?.fields).toMatchObject({ account_number: '****0685', currency_code: 'USD' });
    expect(second).toMatchObject({ accountGuid: 'ACT-2', listed: false });
    expect(second?.fields['balance']).toEqual(Decimal.of('12345678901234567890.123456789012345678'));
  });

  it('refreshes, and who waits for them', async () => {
    const refreshes = refreshesReader(tables.client, tables.refreshes, now);
    expect(await refreshes.read(refreshId(1))).toMatchObject({
      member: running,
      status: 'running',
      correlationId: 'order-1',
      joinedCorrelationIds: ['order-2'],
      challenges: [{ guid: 'CRD-1', label: 'What city?' }],
    });
    expect(await refreshes.read(refreshId(2))).toMatchObject({ status: 'ended', result: { outcome: 'succeeded' } });
    const callbacks = callbacksInDynamoDb(tables.client, tables.refreshes, 30);
    expect(await callbacks.page(refreshId(1), '')).toMatchObject({
      callbacks: [{ id: 'CBK-00000000000000001', url: 'https://hooks.example.com/balances' }],
    });
  });

  it('kept answers and places for waiting', async () => {
    const newToken = () => 'another-token';
    const keys = idempotencyKeysInDynamoDb(tables.client, tables.refreshes, { leaseSeconds: 30, now, newToken });
    expect(await keys.begin({ id: 'answered', requestHash: 'hash-2' })).toEqual({
      kind: 'answered',
      answer: '{"kind":"accepted"}',
    });
    expect(await keys.begin({ id: 'in-flight', requestHash: 'hash-1' })).toEqual({ kind: 'in_flight' });
    expect(await waitLeasesInDynamoDb(tables.client, tables.refreshes, now, newToken).take(1, at(25))).toBe(false);
  });

  it('what is learnt of an institution', async () => {
    expect(await lastAnswerIn(tables.client, tables.refreshes, 'mxbank')).toBe(at(20));
    expect(await storedBreaker(tables.client, tables.refreshes, 'mxbank')).toMatchObject({
      breaker: { open: { since: T0, code: 'degraded' }, openings: 1 },
      version: 1,
    });
  });

  it('the operator’s pauses', async () => {
    expect(await readPauses(tables.client, tables.refreshes)).toEqual({
      pauses: [{ from: at(-60), until: at(-30), why: 'MX asked for it' }],
      version: 1,
    });
  });

  it('receipts, and the names that lead to them', async () => {
    const receipts = receiptsInDynamoDb(tables.client, tables.erasures, now);
    expect(await receipts.read(recordedErasure)).toMatchObject({
      userGuid: 'USR-2',
      memberGuid: null,
      atMx: 'members',
      erased: { members: 2, accounts: 3, refreshes: 0 },
      doneAt: at(200),
    });
    expect(await receipts.read(`ERS-${'2'.repeat(32)}`)).toMatchObject({
      doneAt: null,
      waitsFor: { code: 'mx_unavailable', since: at(60) },
    });
    expect(await receipts.guidOf('user-2')).toBe('USR-2');
  });
});

describe('the recordings', () => {
  it('have every kind of item that is written', async () => {
    const { version } = JSON.parse(readFileSync(join(folder, '../../package.json'), 'utf8')) as { version: string };
    expect(kindsIn(recordedIn(version)), 'npm run record').toEqual(kindsIn(await itemsOfToday()));
  });

  it('have every word that the clients make keys of', () => {
    const clients = join(import.meta.dirname, '../../shared/clients');
    const code = readdirSync(clients)
      .map((file) => readFileSync(join(clients, file), 'utf8'))
      // Only files that know the tables' keys.
      .filter((text) => text.includes("from './table-keys.ts'"))
      .join('\n');
    const words = new Set([...code.matchAll(/['`]([A-Z][A-Z_]{2,}#?)(?=['`$])/g)].map(([, word = '']) => word));
    const recorded = versions.flatMap((version) => kindsIn(recordedIn(version))).join(' ');
    const missing = [...words].filter((word) => !OF_DYNAMODB.has(word) && !recorded.includes(word));
    expect(missing, 'a new kind of item belongs into test/recorded/items.ts').toEqual([]);
    expect(words.size).toBeGreaterThan(15);
  });
});

/** Words of DynamoDB's own API. */
const OF_DYNAMODB = new Set(['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'ADD', 'COUNT']);

/** The kinds of items: what their keys begin with, and the names of what is in them. */
function kindsIn(recorded: RecordedItems): readonly string[] {
  const keys = ['user_guid', 'account_key', 'item_key', 'refresh_id', 'erasure_id'];
  const kinds = Object.entries(recorded).flatMap(([table, items]) =>
    items.map((item) => {
      const of = keys.flatMap((name) => item[name]?.S ?? []).map((text) => text.replace(/[^A-Z_#].*$/, ''));
      return `${table}: ${of.join(' ')}`;
    }),
  );
  return [...new Set(kinds)].toSorted();
}
