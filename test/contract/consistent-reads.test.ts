/** Reads that have to find what was just written are strongly consistent: a replica may not have the write yet. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { historyInDynamoDb, historyReader } from '../../shared/clients/history-table.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { storedDataInDynamoDb } from '../../shared/clients/stored-data.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
import { at, mxAccount, mxMember, newKey, policy, refreshId, runningRefresh, startingClaim } from '../samples.ts';
import { withLateReplicas } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
let client: DynamoDBClient;
beforeEach(async () => {
  tables = await startLocalTables();
  client = withLateReplicas(tables.newClient());
});
afterEach(async () => {
  client.destroy();
  await tables.close();
});

describe('read back at once', () => {
  const members = () => membersInDynamoDb(client, tables.members, policy);
  const claimed = async () => {
    const key = newKey();
    const claim = startingClaim(refreshId(1));
    const member = mxMember(key, { id: `own-${key.memberGuid}`, user_id: `own-${key.userGuid}` });
    expect(await members().claim({ key, claim, starts: [], startsVersion: 0, member })).toBe(true);
    return { key, member };
  };

  it('a member, by its guids and by own ids', async () => {
    const { key, member } = await claimed();
    await members().writeAliases(member);
    expect((await members().read(key))?.claim?.refreshId).toBe(refreshId(1));
    const own = { userIdentifier: `own-${key.userGuid}`, memberIdentifier: `own-${key.memberGuid}` };
    expect(await members().resolve(own)).toEqual(key);
  });

  it('the claim whose look came too early', async () => {
    const { key } = await claimed();
    await members().takeLook(key, refreshId(1), 1, at(5));
    expect(await members().takeLook(key, refreshId(1), 2, at(6))).toEqual({ kind: 'too_early', until: at(8) });
  });

  it('balances, to be shown, compared and erased', async () => {
    const rules = { keepAccountNumbers: false, keepUnknownFields: false };
    const balances = balancesInDynamoDb(client, tables.balances, rules);
    const key = newKey();
    await balances.store(key, [mxAccount('ACT-1', '1')], {
      observedAt: at(0),
      refreshId: refreshId(1),
      trigger: 'http',
    });
    await balances.store(key, [mxAccount('ACT-1', '2')], {
      observedAt: at(9),
      refreshId: refreshId(2),
      trigger: 'http',
    });
    expect(await balances.read(key, 'ACT-1')).toMatchObject({
      observedAt: at(9),
      lastChange: { refreshId: refreshId(2) },
    });
    expect(await balances.ofMember(key)).toHaveLength(1);
    await balancesEraser(client, tables, async () => {}).erase(key);
    expect(await balances.read(key, 'ACT-1')).toBeNull();
  });

  it('former amounts, to be shown and erased', async () => {
    const key = newKey();
    const former = {
      ...{ member: key, accountGuid: 'ACT-1', amounts: {}, currencyCode: null, previousSince: null },
      ...{ amountsSince: at(0), observedAt: at(0), refreshId: refreshId(1) },
    };
    await historyInDynamoDb(client, tables.history, { days: 90, now: () => at(0) }).put(former);
    const read = () => historyReader(client, tables.history, () => at(0)).before(former, at(9), 9);
    expect(await read()).toEqual([former]);
    expect(await storedDataInDynamoDb(client, tables).membersOf(key.userGuid)).toEqual([key.memberGuid]);
    await balancesEraser(client, tables, async () => {}).eraseHistory(key, () => false);
    expect(await read()).toEqual([]);
  });

  it('a refresh and its callbacks', async () => {
    const refreshes = refreshesInDynamoDb(client, tables.refreshes, 30, () => at(0));
    const callbacks = callbacksInDynamoDb(client, tables.refreshes, 30);
    const wish = { id: 'CBK-1', refreshId: refreshId(1), url: 'https://hooks.example.com/' };
    await refreshes.put(runningRefresh(newKey(), refreshId(1)));
    await callbacks.put(wish, 10, at(0));
    expect(await refreshes.read(refreshId(1))).not.toBeNull();
    expect((await callbacks.page(refreshId(1), '')).callbacks).toEqual([wish]);
  });

  it('the answer to a repeated request', async () => {
    const keys = idempotencyKeysInDynamoDb(client, tables.refreshes, {
      leaseSeconds: 29,
      now: () => at(0),
      newToken: () => 'token',
    });
    const request = { id: 'request-1', requestHash: 'hash-1' };
    await keys.begin(request);
    await keys.keep(request, 'token', '{}');
    expect(await keys.begin(request)).toEqual({ kind: 'answered', answer: '{}' });
  });

  it('an enrolment, to be changed, and what it wishes for', async () => {
    const { key } = await claimed();
    const schedule = scheduleInDynamoDb(client, tables.members);
    const [six, day] = ['SLOT#6h#00001#0', 'SLOT#24h#00001#0'] as const;
    await schedule.enrol(key, { everyHours: 6, slot: six }, 'always');
    const wishes = { quietHours: null, maxAgeSeconds: 60 };
    await schedule.enrol(key, { everyHours: 24, slot: day }, 'always', wishes);
    expect(await schedule.wishesOf(key, day)).toEqual(wishes);
    expect(await scheduleInDynamoDb(tables.client, tables.members).membersOf(six)).toEqual([]);
  });

  it('a breaker, to be changed', async () => {
    const breakers = breakersInDynamoDb(client, tables.refreshes, { now: () => at(0), unread: () => expect.fail() });
    const changed = { ...noTrouble, breaker: { ...noTrouble.breaker, changedAt: at(1) } };
    expect(await breakers.write('riverbank', changed, 0)).toBe(true);
    expect(await breakers.read('riverbank')).toMatchObject({ breaker: { changedAt: at(1) }, version: 1 });
  });

  it('when a bank has answered', async () => {
    const fails = () => expect.fail();
    const options = { now: () => at(0), random: () => 0, unread: fails, unlisted: fails };
    const end = { outcome: 'succeeded', sample: { bin: 1 }, isAnswer: true, endedAt: at(5) } as const;
    await institutionsInDynamoDb(client, tables.refreshes, options).count('riverbank', end);
    expect(await breakersInDynamoDb(client, tables.refreshes, options).lastAnswerAt('riverbank')).toBe(at(5));
  });

  it('the last minute of the schedule', async () => {
    const schedule = scheduleInDynamoDb(client, tables.members);
    await schedule.setLastMinute(1000);
    expect(await schedule.lastMinute()).toBe(1000);
  });
});

it('a slot’s members may be read late', async () => {
  const key = newKey();
  const slot = 'SLOT#6h#00001#0';
  await membersInDynamoDb(client, tables.members, policy).claim({
    key,
    claim: startingClaim(refreshId(1)),
    starts: [],
    startsVersion: 0,
  });
  await scheduleInDynamoDb(client, tables.members).enrol(key, { everyHours: 6, slot }, 'always');
  expect(await scheduleInDynamoDb(client, tables.members).membersOf(slot)).toEqual([]);
  expect(await scheduleInDynamoDb(tables.client, tables.members).membersOf(slot)).toHaveLength(1);
});
