/** The directory of institutions and what is read of each. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { institutionsReader } from '../../shared/clients/institutions-reader.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import { type Breaker, closedBreaker } from '../../shared/domain/breaker.ts';
import type { DayCounts, Institutions } from '../../shared/domain/institutions-ports.ts';
import type { JobSample } from '../../shared/domain/job-sample.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
import { type BreakersTable, fakeBreakers } from '../fakes/fake-breakers.ts';
import { fakeInstitutions, type InstitutionsTable } from '../fakes/fake-institutions.ts';
import { fakeInstitutionsReader } from '../fakes/fake-institutions-reader.ts';
import { at, T0 } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let clock = T0;
let random = 0;
const unlisted: unknown[] = [];
const options = { now: () => clock, unread: () => {} };
const inDynamoDb = (tables: LocalTables, client = tables.client): Institutions =>
  institutionsInDynamoDb(client, tables.refreshes, {
    ...options,
    random: () => random,
    unlisted: (error) => void unlisted.push(error),
  });
const opened: LocalTables[] = [];
afterAll(() => Promise.all(opened.map((tables) => tables.close())));
beforeEach(() => {
  clock = T0;
  random = 0;
});

/** Tables of its own: the directory lists all that there is. */
async function newTables(): Promise<LocalTables> {
  const tables = await startLocalTables();
  opened.push(tables);
  return tables;
}

async function dynamoDb() {
  const tables = await newTables();
  return {
    institutions: inDynamoDb(tables),
    breakers: breakersInDynamoDb(tables.client, tables.refreshes, options),
    reader: institutionsReader(tables.client, tables.refreshes, () => clock),
  };
}

async function fake() {
  const counted: InstitutionsTable = new Map();
  const breakers: BreakersTable = new Map();
  return {
    institutions: fakeInstitutions(counted),
    breakers: fakeBreakers(breakers, counted),
    reader: fakeInstitutionsReader(counted, breakers),
  };
}

const succeeded = (sample: JobSample, endedAt = T0) =>
  ({ outcome: 'succeeded', sample, isAnswer: false, endedAt }) as const;
const stored = succeeded({ bin: 3 });
const open: Breaker = { ...closedBreaker, open: { since: T0, code: 'failed' }, changedAt: T0 };

/** All of one day together: in how many parts it is kept is the table's own business. */
function together(counts: readonly DayCounts[]) {
  const sums: Record<string, Record<string, number>> = {};
  for (const { day, outcomes, bins, dropped } of counts) {
    const ofDay = sums[day] ?? {};
    sums[day] = ofDay;
    const inBins = Object.fromEntries(bins.map((count, bin) => [`bin ${bin}`, count]));
    for (const [name, count] of Object.entries({ ...outcomes, ...inBins, ...dropped })) {
      if (count > 0) ofDay[name] = (ofDay[name] ?? 0) + count;
    }
  }
  return sums;
}

describe.each([
  ['the fake', fake],
  ['DynamoDB', dynamoDb],
])('institutions are read: %s', (_name, world) => {
  it('nothing where nothing was counted', async () => {
    const { reader } = await world();
    expect(await reader.page(10, null)).toEqual({ institutions: [], next: null });
    expect(await reader.listed('none')).toBeNull();
    expect(await reader.counts('none', '2026-11-21')).toEqual([]);
    expect(await reader.troubles()).toEqual(new Map());
    expect(await reader.trouble('none')).toBeNull();
  });

  it('by code, page by page', async () => {
    const { institutions, reader } = await world();
    for (const code of ['c', 'a', 'e', 'b', 'd', 'a']) await institutions.count(code, stored);
    const listed = (code: string) => ({ code, countedOn: '2026-11-21' });
    const first = await reader.page(2, null);
    expect(first).toEqual({ institutions: ['a', 'b'].map(listed), next: 'b' });
    expect(await reader.page(2, 'b')).toEqual({ institutions: ['c', 'd'].map(listed), next: 'd' });
    expect(await reader.page(2, 'd')).toEqual({ institutions: [listed('e')], next: null });
    expect(await reader.listed('e')).toEqual(listed('e'));
  });

  it('with the day on which one was met again', async () => {
    const { institutions, reader } = await world();
    await institutions.count('met', stored);
    await institutions.count('met', succeeded({ bin: 3 }, '2026-11-22T00:00:00.000Z'));
    expect(await reader.listed('met')).toEqual({ code: 'met', countedOn: '2026-11-22' });
  });

  it('with all counts of a day and since', async () => {
    const { institutions, reader } = await world();
    const count = async (outcome: 'succeeded' | 'failed', sample: JobSample, endedAt: string) => {
      random = (random + 0.3) % 1;
      await institutions.count('counted', { outcome, sample, isAnswer: true, endedAt });
    };
    await count('succeeded', { bin: 23 }, '2026-11-19T23:59:59.999Z');
    await count('succeeded', { bin: 0 }, '2026-11-20T00:00:00.000Z');
    await count('succeeded', { bin: 0 }, '2026-11-21T11:00:00.000Z');
    await count('succeeded', { bin: 23 }, '2026-11-21T12:00:00.000Z');
    await count('failed', { dropped: 'not_succeeded' }, '2026-11-21T13:00:00.000Z');
    await count('failed', { dropped: 'not_succeeded' }, '2026-11-21T14:00:00.000Z');
    await count('succeeded', { dropped: 'too_wide' }, '2026-11-21T15:00:00.000Z');
    await institutions.count('counted more', stored);
    expect(together(await reader.counts('counted', '2026-11-20'))).toEqual({
      '2026-11-20': { succeeded: 1, 'bin 0': 1 },
      '2026-11-21': { succeeded: 3, failed: 2, 'bin 0': 1, 'bin 23': 1, not_succeeded: 2, too_wide: 1 },
    });
  });

  it('with breakers, whether counted or not', async () => {
    const { breakers, reader } = await world();
    await breakers.write('open', { ...noTrouble, breaker: open }, 0);
    await breakers.write('closed', { ...noTrouble, breaker: { ...closedBreaker, changedAt: T0 } }, 0);
    const closed = { ...noTrouble, breaker: { ...closedBreaker, changedAt: T0 } };
    expect(await reader.troubles()).toEqual(
      new Map([
        ['closed', closed],
        ['open', { ...noTrouble, breaker: open }],
      ]),
    );
    expect(await reader.trouble('open')).toEqual({ ...noTrouble, breaker: open });
    expect((await reader.page(10, null)).institutions).toEqual([]);
  });
});

describe('the directory in DynamoDB', () => {
  const directoryOf = async ({ client, refreshes }: LocalTables) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: refreshes,
        KeyConditionExpression: 'refresh_id = :directory',
        ExpressionAttributeValues: { ':directory': { S: 'INSTITUTIONS' } },
      }),
    );
    return Items;
  };

  /** A client that fails at, or counts, the writes of the directory. */
  function watched(tables: LocalTables, fails = () => false) {
    const client = tables.newClient();
    const seen = { counters: 0, directory: 0 };
    client.middlewareStack.add(
      (next) => (args) => {
        const isOfDirectory = JSON.stringify(args.input).includes('"INSTITUTIONS"');
        seen[isOfDirectory ? 'directory' : 'counters'] += 1;
        return isOfDirectory && fails() ? Promise.reject(new Error('throttled')) : next(args);
      },
      { step: 'initialize' },
    );
    return { institutions: inDynamoDb(tables, client), seen };
  }

  it('has a small item that expires with the counters', async () => {
    const tables = await newTables();
    await inDynamoDb(tables).count('mxbank', stored);
    expect(await directoryOf(tables)).toEqual([
      {
        refresh_id: { S: 'INSTITUTIONS' },
        item_key: { S: 'mxbank' },
        counted_on: { S: '2026-11-21' },
        expires_at: { N: String(Date.parse('2026-12-26T12:00:00.000Z') / 1000) },
      },
    ]);
  });

  it('is written once for each day and shard', async () => {
    const { institutions, seen } = watched(await newTables());
    for (random of [0, 0, 0.3, 0, 0.6, 0.9, 0.9, 0.3, 0]) await institutions.count('busy', stored);
    expect(seen).toEqual({ counters: 9, directory: 4 });
    random = 0;
    for (let end = 0; end < 3; end += 1) {
      await institutions.count('busy', succeeded({ bin: 3 }, '2026-11-22T00:00:00.000Z'));
    }
    expect(seen).toEqual({ counters: 12, directory: 5 });
  });

  it('that cannot be written is told, and written again', async () => {
    const tables = await newTables();
    let isAway = true;
    const { institutions } = watched(tables, () => isAway);
    unlisted.length = 0;
    await institutions.count('away', stored);
    expect(unlisted).toEqual([new Error('throttled')]);
    expect(await directoryOf(tables)).toEqual([]);
    isAway = false;
    await institutions.count('away', stored);
    expect(await directoryOf(tables)).toEqual([]);
    random = 0.9;
    await institutions.count('away', stored);
    expect(await directoryOf(tables)).toMatchObject([{ item_key: { S: 'away' } }]);
  });

  it('shows nothing that has expired', async () => {
    const tables = await newTables();
    const institutions = inDynamoDb(tables);
    const reader = institutionsReader(tables.client, tables.refreshes, () => clock);
    await institutions.count('gone', stored);
    await institutions.count('kept', succeeded({ bin: 3 }, at(1)));
    clock = '2026-12-26T12:00:00.000Z';
    expect(await reader.page(1, null)).toEqual({ institutions: [], next: 'gone' });
    expect(await reader.page(2, null)).toMatchObject({ institutions: [{ code: 'kept' }] });
    expect(await reader.listed('gone')).toBeNull();
    expect(await reader.listed('kept')).not.toBeNull();
  });

  it('that does not answer is an error', async () => {
    const tables = await newTables();
    const client = tables.newClient();
    client.middlewareStack.add(() => () => Promise.reject(new Error('throttled')), { step: 'initialize' });
    const reader = institutionsReader(client, tables.refreshes, () => clock);
    await expect(reader.page(1, null)).rejects.toThrow('throttled');
    await expect(reader.troubles()).rejects.toThrow('throttled');
  });
});
