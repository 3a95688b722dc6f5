/** What the console's overview reads of the tables, on tables of its own. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runningRefreshes } from '../../infra/operator/running-refreshes.ts';
import { scheduleLoad } from '../../infra/operator/schedule-load.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { writePauses } from '../../shared/clients/pauses-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { plusSeconds } from '../../shared/domain/instant.ts';
import { noWishes } from '../../shared/domain/schedule.ts';
import { at, attemptOf, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables?.close());

const deployment = () => deploymentWith(tables, { MembersTable: tables.members, RefreshesTable: tables.refreshes });

it('finds what runs in every part, the oldest first', async () => {
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  const accepted = [30, 10, 20, 5];
  const claims = accepted.map((seconds, shard) => ({
    ...startingClaim(`${refreshId(shard + 1).slice(0, -1)}${shard}`),
    acceptedAt: at(seconds),
  }));
  const keys = claims.map(() => newKey());
  for (const [index, claim] of claims.entries()) {
    const key = keys[index] ?? newKey();
    expect(await members.claim({ key, claim, starts: [], startsVersion: 0 })).toBe(true);
  }
  const [, , , last] = claims;
  if (last === undefined) throw new Error('there are four');
  const [, , , key = newKey()] = keys;
  // One that has ended and is published runs no more.
  const known = { lookedAt: null, jobAggregatedAt: null };
  expect(await members.end({ key, from: 'running', known, attempt: attemptOf(last, { endedAt: at(40) }) })).toBe(true);
  await members.release(key, last.refreshId);

  const { running, isMore } = await runningRefreshes(deployment(), tables.client, at(0));
  expect(running.map(({ claim }) => claim.acceptedAt)).toEqual([at(10), at(20), at(30)]);
  expect(running.map(({ member }) => member)).toEqual([keys[1], keys[2], keys[0]]);
  expect(isMore).toBe(false);

  // A pause moves what was accepted before its end.
  const pauses = [{ from: at(15), until: at(75), why: 'MX asked for it' }];
  await writePauses(tables.client, tables.refreshes, { pauses, version: 0 });
  const paused = await runningRefreshes(deployment(), tables.client, at(0));
  const deadlines = paused.running.map(({ claim }) => claim.deadline);
  const [stored = at(0)] = running.map(({ claim }) => claim.deadline);
  expect(deadlines).toEqual([60, 55, 45].map((seconds) => plusSeconds(stored, seconds)));
});

it('counts the schedule’s turns in what it has read', async () => {
  const schedule = scheduleInDynamoDb(tables.client, tables.members);
  for (const minute of [0, 61, 62]) {
    const slot = `SLOT#24h#${String(minute).padStart(5, '0')}#0`;
    await schedule.enrol(newKey(), { everyHours: 24, slot }, 'always', noWishes);
  }
  const load = await scheduleLoad(deployment(), tables.client);
  expect(load).toMatchObject({ members: 3, isPart: false });
  expect(load.turnsByHour.slice(0, 3)).toEqual([1, 2, 0]);
  expect(await scheduleLoad(deployment(), tables.client, 0)).toMatchObject({ members: 0, isPart: true });
});
