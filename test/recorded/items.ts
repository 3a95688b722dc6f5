/** Items of each table, with fixed values, as the code of today writes them into a DynamoDB engine of this process. */
import { type AttributeValue, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { receiptsInDynamoDb } from '../../shared/clients/erasures-table.ts';
import { historyInDynamoDb } from '../../shared/clients/history-table.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { scheduleChangesInDynamoDb } from '../../shared/clients/schedule-changes.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import { startCeilingInDynamoDb } from '../../shared/clients/start-ceiling.ts';
import { storedDataInDynamoDb } from '../../shared/clients/stored-data.ts';
import { unstartedInDynamoDb } from '../../shared/clients/unstarted-members.ts';
import { waitLeasesInDynamoDb } from '../../shared/clients/wait-leases.ts';
import { nothingErased } from '../../shared/domain/erasure-ports.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
import { type LocalTables, startLocalTables } from '../contract/local-tables.ts';
import {
  at,
  attemptOf,
  claim,
  member,
  mxAccount,
  mxMember,
  policy,
  question,
  refreshId,
  runningRefresh,
  successOf,
  T0,
} from '../samples.ts';

/** A table's items, each as DynamoDB's JSON has it. */
export type RecordedItems = Readonly<
  Record<'balances' | 'history' | 'members' | 'refreshes' | 'erasures', readonly Record<string, AttributeValue>[]>
>;

const keyOf = (memberGuid: string): MemberKey => ({ userGuid: 'USR-1', memberGuid });

/** Members by what the recordings say of each. */
export const recordedMembers = {
  running: keyOf('MBR-1-running'),
  ended: keyOf('MBR-2-ended'),
  held: keyOf('MBR-3-held'),
  deleted: keyOf('MBR-4-deleted'),
} as const;

/** The receipt that is recorded. */
export const recordedErasure = `ERS-${'1'.repeat(32)}`;

const now = (): Instant => T0;
const { running, ended, held, deleted } = recordedMembers;

/** Everything that this release stores, by table, in the order of the keys. */
export async function itemsOfToday(): Promise<RecordedItems> {
  const tables = await startLocalTables();
  try {
    await writeMembers(tables);
    await writeBalances(tables);
    await writeRefreshes(tables);
    await writeErasures(tables);
    return {
      balances: await itemsOf(tables, 'balances'),
      history: await itemsOf(tables, 'history'),
      members: await itemsOf(tables, 'members'),
      refreshes: await itemsOf(tables, 'refreshes'),
      erasures: await itemsOf(tables, 'erasures'),
    };
  } finally {
    await tables.close();
  }
}

async function writeMembers({ client, ...tables }: LocalTables): Promise<void> {
  const members = membersInDynamoDb(client, tables.members, policy);
  const seen = seenMembersInDynamoDb(client, tables.members, policy);
  const unstarted = unstartedInDynamoDb(client, tables.members);
  const schedule = scheduleInDynamoDb(client, tables.members);
  const inMx = (key: MemberKey) => ({ ...member(), key });
  const claimOf = (id: number) => claim({ refreshId: refreshId(id), lookNumber: 0, lookedAt: null });

  await members.writeAliases({ ...inMx(running), memberId: 'member-1', userId: 'user-1' });
  for (const [id, key] of [running, ended].entries()) {
    await members.claim({ key, claim: claimOf(id + 1), starts: [T0], startsVersion: 0, member: inMx(key) });
    await members.takeLook(key, refreshId(id + 1), 1, at(5));
  }
  await members.recordSeen({
    key: running,
    refreshId: refreshId(1),
    flagSeen: true,
    jobAggregatedAt: at(1),
    seenStatus: { connectionStatus: 'CHALLENGED' },
    questions: 'Q1',
  });
  await members.beginStoring({
    key: ended,
    refreshId: refreshId(2),
    lookNumber: 1,
    jobAggregatedAt: at(1),
    seenStatus: { connectionStatus: 'CONNECTED' },
  });
  await members.end({
    key: ended,
    from: 'storing',
    known: { lookedAt: at(5), jobAggregatedAt: at(1) },
    attempt: successOf(claimOf(2)),
    importsMove: true,
  });
  await members.release(ended, refreshId(2));
  await members.putBody(ended, { body: mxMember(ended, { name: 'MX Bank' }).body, seenAt: at(5) });

  await seen.recordSighting(inMx(held), at(0), { refreshId: refreshId(3), from: 'CONNECTED', to: 'DENIED', at: at(0) });
  await seen.recordProcessed(held, at(1));
  await unstarted.recordMissing(held, at(2));
  await unstarted.recordRefused(held, attemptOf(claimOf(3)));
  await unstarted.recordHeld(held, { since: at(30), code: 'denied', action: 'reauthenticate' });
  await seen.leaveTombstone(deleted, null, at(40));
  await seen.eraseBody(deleted, at(40));
  await storedDataInDynamoDb(client, tables).leaveUserTombstone('USR-2', at(50));

  const wishes = { quietHours: { from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' }, maxAgeSeconds: 3600 };
  await schedule.enrol(ended, { everyHours: 24, slot: 'SLOT#7#0' }, 'always', wishes);
  await schedule.enrol(held, { everyHours: 168, slot: 'SLOT#8#0' }, 'always');
  await schedule.setLastMinute(29_400_000);
  await scheduleChangesInDynamoDb(client, tables.members).take('shop', 10, T0);
  await startCeilingInDynamoDb(client, tables.members, 100).reserve(3, T0);
}

async function writeBalances({ client, ...tables }: LocalTables): Promise<void> {
  const rules = { keepAccountNumbers: false, keepUnknownFields: false };
  const history = historyInDynamoDb(client, tables.history, { days: 90, now });
  const balances = balancesInDynamoDb(client, tables.balances, rules, { history, notKept: fail });
  const more = '"currency_code":"USD","type":"CHECKING","is_closed":false,"account_number":"4921710685"';
  const stamp = (seconds: number, id: number) =>
    ({ observedAt: at(seconds), refreshId: refreshId(id), trigger: 'http' }) as const;
  const exact = '12345678901234567890.123456789012345678';
  await balances.store(ended, [mxAccount('ACT-1', '10.50', more), mxAccount('ACT-2', exact)], stamp(0, 1));
  // The second is left behind, the first changes; then the second is not listed any more.
  await balances.store(ended, [mxAccount('ACT-1', '12', more), mxAccount('ACT-2', exact)], stamp(20, 2), {
    leftBehind: new Set(['ACT-2']),
  });
  await balances.store(ended, [mxAccount('ACT-1', '12', more)], stamp(30, 3));
  // Of another member, whose former amounts could not be put.
  const broken = { put: () => Promise.reject(new Error('no such table')) };
  const waiting = balancesInDynamoDb(client, tables.balances, rules, { history: broken, notKept: () => {} });
  await waiting.store(held, [mxAccount('ACT-3', '1', more)], stamp(0, 1));
  await waiting.store(held, [mxAccount('ACT-3', '2', more)], stamp(20, 2));
}

async function writeRefreshes({ client, ...tables }: LocalTables): Promise<void> {
  const refreshes = refreshesInDynamoDb(client, tables.refreshes, 30, now);
  await refreshes.put(runningRefresh(running, refreshId(1), { correlationId: 'order-1', challenges: [question] }));
  await refreshes.recordJoined(runningRefresh(running, refreshId(1)), 'order-2');
  const over = runningRefresh(ended, refreshId(2));
  await refreshes.put(over);
  await refreshes.end({ refresh: over, end: successOf(claim({ refreshId: refreshId(2) })), details: null });
  await callbacksInDynamoDb(client, tables.refreshes, 30).put(
    { id: 'CBK-00000000000000001', refreshId: refreshId(1), url: 'https://hooks.example.com/balances' },
    10,
    T0,
  );
  const newToken = () => 'a-token';
  const keys = idempotencyKeysInDynamoDb(client, tables.refreshes, { leaseSeconds: 30, now, newToken });
  await keys.begin({ id: 'in-flight', requestHash: 'hash-1' });
  await keys.begin({ id: 'answered', requestHash: 'hash-2' });
  await keys.keep({ id: 'answered', requestHash: 'hash-2' }, 'a-token', '{"kind":"accepted"}');
  await waitLeasesInDynamoDb(client, tables.refreshes, now, newToken).take(1, at(25));
  await institutionsInDynamoDb(client, tables.refreshes, {
    now,
    random: () => 0,
    unread: fail,
    unlisted: fail,
  }).count('mxbank', { outcome: 'succeeded', sample: { bin: 7 }, isAnswer: true, endedAt: at(20) });
  const breaker = {
    ...noTrouble.breaker,
    open: { since: at(0), code: 'degraded' },
    changedAt: at(0),
    openings: 1,
  } as const;
  await breakersInDynamoDb(client, tables.refreshes, { now, unread: fail }).write(
    'mxbank',
    { ...noTrouble, breaker },
    0,
  );
  const pauses = [{ from: at(-60), until: at(-30), why: 'MX asked for it' }];
  await writePauses(client, tables.refreshes, { pauses, version: 0 });
}

async function writeErasures({ client, ...tables }: LocalTables): Promise<void> {
  // The service makes it by chance.
  await client.send(
    new PutItemCommand({
      TableName: tables.erasures,
      Item: { erasure_id: { S: 'HASH_KEY' }, hash_key: { S: '0'.repeat(64) } },
    }),
  );
  const receipts = receiptsInDynamoDb(client, tables.erasures, now);
  const order = { userGuid: 'USR-2', memberGuid: null, atMx: 'members', requestedAt: at(50) } as const;
  await receipts.begin({ ...order, erasureId: recordedErasure });
  await receipts.add(recordedErasure, { ...nothingErased, members: 2, accounts: 3 });
  await receipts.finish(recordedErasure, at(200));
  const waiting = `ERS-${'2'.repeat(32)}`;
  await receipts.begin({ ...order, erasureId: waiting });
  await receipts.recordFailure(waiting, 'mx_unavailable', at(60));
  await receipts.rememberName('user-2', 'USR-2', at(50));
}

/** All items of a table. Marks tell a repeated write from another one: they are chance, and nothing is read from them. */
async function itemsOf(tables: LocalTables, name: keyof RecordedItems) {
  const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: tables[name] }));
  return Items.map((item) => ('mark' in item ? { ...item, mark: { S: '00000000' } } : item))
    .map((item) => Object.fromEntries(Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1))))
    .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function fail(error: unknown): never {
  throw error;
}
