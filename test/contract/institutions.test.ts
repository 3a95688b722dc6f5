/** What is learnt of institutions: counted in items of counters, read again as lengths of jobs. */
import { GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { institutionsInDynamoDb, lastAnswerIn } from '../../shared/clients/institutions-table.ts';
import type { Institutions } from '../../shared/domain/institutions-ports.ts';
import { learnedLengths } from '../../shared/domain/job-lengths.ts';
import type { JobSample } from '../../shared/domain/job-sample.ts';
import { fakeInstitutions } from '../fakes/fake-institutions.ts';
import { at, newKey, T0 } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

let clock = T0;
let random = 0;
beforeEach(() => {
  clock = T0;
  random = 0;
  unread.length = 0;
});
const unread: unknown[] = [];
const inDynamoDb = (client = tables.client): Institutions =>
  institutionsInDynamoDb(client, tables.refreshes, {
    now: () => clock,
    random: () => random,
    unread: (error) => void unread.push(error),
    unlisted: (error) => void unread.push(error),
  });
const usual = learnedLengths([]);
const newCode = (): string => newKey().memberGuid;
const bins = (given: Readonly<Record<number, number>>): number[] =>
  Array.from({ length: 24 }, (_, bin) => given[bin] ?? 0);
const succeeded = (sample: JobSample, endedAt = T0) =>
  ({ outcome: 'succeeded', sample, isAnswer: false, endedAt }) as const;

describe.each<[string, () => Institutions]>([
  ['the fake', () => fakeInstitutions(new Map())],
  ['DynamoDB', () => inDynamoDb()],
])('an institution: %s', (_name, subject) => {
  it('of which nothing is known has the usual lengths', async () => {
    expect(await subject().lengths(newCode())).toEqual(usual);
    expect(await subject().lengths(null)).toEqual(usual);
  });

  it('has the lengths that were counted, of every shard', async () => {
    const code = newCode();
    const institutions = subject();
    for (const bin of [3, 3, 9]) {
      random = bin === 3 ? 0.1 : 0.9;
      await institutions.count(code, succeeded({ bin }));
    }
    await institutions.count(code, succeeded({ dropped: 'too_wide' }));
    await institutions.count(code, succeeded({ dropped: 'attended' }));
    expect(await institutions.lengths(code)).toEqual(
      learnedLengths([{ period: '2026-11-21', bins: bins({ 3: 2, 9: 1 }), tooWide: 1 }]),
    );
  });

  it('has days of their own', async () => {
    const code = newCode();
    const institutions = subject();
    for (let job = 0; job < 50; job += 1) await institutions.count(code, succeeded({ bin: 20 }));
    for (let job = 0; job < 10; job += 1)
      await institutions.count(code, succeeded({ bin: 2 }, '2026-11-22T00:00:00.000Z'));
    expect(await institutions.lengths(code)).toEqual(
      learnedLengths([
        { period: '2026-11-21', bins: bins({ 20: 50 }), tooWide: 0 },
        { period: '2026-11-22', bins: bins({ 2: 10 }), tooWide: 0 },
      ]),
    );
  });

  it('has nothing of another one', async () => {
    const institutions = subject();
    await institutions.count(newCode(), succeeded({ bin: 1 }));
    expect(await institutions.lengths(newCode())).toEqual(usual);
  });
});

describe('in DynamoDB', () => {
  it('one item of a day and shard has everything', async () => {
    const institutions = inDynamoDb();
    random = 0.5;
    const code = newCode();
    await institutions.count(code, { outcome: 'succeeded', sample: { bin: 7 }, isAnswer: false, endedAt: at(1) });
    await institutions.count(code, { outcome: 'succeeded', sample: { bin: 7 }, isAnswer: false, endedAt: at(2) });
    await institutions.count(code, {
      outcome: 'timed_out',
      sample: { dropped: 'not_seen' },
      isAnswer: false,
      endedAt: at(3),
    });
    const Key = { refresh_id: { S: `INSTITUTION#${code}` }, item_key: { S: 'DAY#2026-11-21#2' } };
    const { Item } = await tables.client.send(new GetItemCommand({ TableName: tables.refreshes, Key }));
    expect(Item).toEqual({
      ...Key,
      b07: { N: '2' },
      o_succeeded: { N: '2' },
      d_not_seen: { N: '1' },
      o_timed_out: { N: '1' },
      // 35 days after the last end.
      expires_at: { N: String(Date.parse('2026-12-26T12:00:03.000Z') / 1000) },
    });
  });

  it('the shard is drawn', async () => {
    const institutions = inDynamoDb();
    const code = newCode();
    for (random of [0, 0.249, 0.25, 0.5, 0.75, 0.999]) await institutions.count(code, succeeded({ bin: 0 }));
    const { Items = [] } = await tables.client.send(
      new QueryCommand({
        TableName: tables.refreshes,
        KeyConditionExpression: 'refresh_id = :id',
        ExpressionAttributeValues: { ':id': { S: `INSTITUTION#${code}` } },
      }),
    );
    expect(Items.map(({ item_key: key, b00 }) => [key?.S?.slice(-1), b00?.N])).toEqual([
      ['0', '2'],
      ['1', '1'],
      ['2', '1'],
      ['3', '2'],
    ]);
  });

  it('is read once a minute, however many ask', async () => {
    const client = tables.newClient();
    let queries = 0;
    client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          queries += Number(commandName === 'QueryCommand');
          return next(args);
        },
      { step: 'initialize' },
    );
    const institutions = inDynamoDb(client);
    await Promise.all([institutions.lengths('asked'), institutions.lengths('asked')]);
    clock = at(59.999);
    await institutions.lengths('asked');
    expect(queries).toBe(1);
    clock = at(60);
    await institutions.lengths('asked');
    expect(queries).toBe(2);
  });

  it('a table that does not answer is reported, not thrown', async () => {
    const client = tables.newClient();
    client.middlewareStack.add(() => () => Promise.reject(new Error('throttled')), { step: 'initialize' });
    expect(await inDynamoDb(client).lengths('away')).toEqual(usual);
    expect(unread).toEqual([new Error('throttled')]);
    await expect(inDynamoDb(client).count('away', succeeded({ bin: 1 }))).rejects.toThrow('throttled');
  });

  it('the newest forty items are read', async () => {
    const institutions = inDynamoDb();
    random = 0;
    // One job a day for 45 days: of the first five nothing is read.
    const days = Array.from({ length: 45 }, (_, day) => new Date(Date.parse(T0) + day * 86_400_000).toISOString());
    const code = newCode();
    for (const day of days) await institutions.count(code, succeeded({ bin: 5 }, day));
    const newest = days.slice(5).map((day) => ({ period: day.slice(0, 10), bins: bins({ 5: 1 }), tooWide: 0 }));
    expect(await institutions.lengths(code)).toEqual(learnedLengths(newest));
  });

  it('the last answer is found among the newest eight items', async () => {
    const code = newCode();
    const days = ['2026-11-19', '2026-11-20', '2026-11-21'];
    const institutions = inDynamoDb();
    for (const day of days) {
      for (random of [0, 0.25, 0.5, 0.75]) {
        const isAnswer = random === 0.25;
        await institutions.count(code, { ...succeeded({ bin: 1 }, `${day}T10:00:00.000Z`), isAnswer });
      }
    }
    expect(await lastAnswerIn(tables.client, tables.refreshes, code)).toBe('2026-11-21T10:00:00.000Z');
  });

  it('no more than 2,000 are remembered', async () => {
    let queries = 0;
    const client = tables.newClient();
    client.middlewareStack.add(
      () => async () => {
        queries += 1;
        return { output: { Items: [], $metadata: {} }, response: {} };
      },
      { step: 'initialize' },
    );
    const institutions = inDynamoDb(client);
    for (let number = 0; number < 2_000; number += 1) await institutions.lengths(`bank ${number}`);
    await institutions.lengths('bank 0');
    expect(queries).toBe(2_000);
    await institutions.lengths('one more');
    await institutions.lengths('bank 0');
    expect(queries).toBe(2_002);
  });
});
