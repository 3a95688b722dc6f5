/** Breakers of institutions: read, replaced on condition, and listed. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import type { Breaker } from '../../shared/domain/breaker.ts';
import type { Breakers, Institutions } from '../../shared/domain/institutions-ports.ts';
import type { BalanceChecks } from '../../shared/domain/not-supported.ts';
import { noTrouble, type Trouble } from '../../shared/domain/trouble.ts';
import { fakeBreakers } from '../fakes/fake-breakers.ts';
import { fakeInstitutions, type InstitutionsTable } from '../fakes/fake-institutions.ts';
import { at, T0 } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

let clock = T0;
const unread: unknown[] = [];
const options = { now: () => clock, unread: (error: unknown) => void unread.push(error) };
const counted: InstitutionsTable = new Map();
const inDynamoDb = (client = tables.client): Breakers => breakersInDynamoDb(client, tables.refreshes, options);

const opened: Breaker = {
  open: { since: T0, code: 'failed' },
  changedAt: T0,
  openings: 2,
  failures: [{ startedAt: T0, userTag: 'a' }],
  probedAt: null,
  untold: [{ to: 'degraded', at: T0, since: T0, code: 'failed' }],
};
const refused: BalanceChecks = {
  refusals: [{ startedAt: T0, userTag: 'a' }],
  notSupported: { since: T0, code: 'mx_refused', until: at(9), askedAt: null },
  clearedAt: at(-9),
};
const open: Trouble = { ...noTrouble, breaker: opened };

describe.each<[string, Breakers, Institutions]>([
  ['the fake', fakeBreakers(new Map(), counted), fakeInstitutions(counted)],
  [
    'DynamoDB',
    inDynamoDb(),
    institutionsInDynamoDb(tables.client, tables.refreshes, { ...options, random: Math.random, unlisted: () => {} }),
  ],
])('breakers: %s', (name, breakers, institutions) => {
  it('are closed where nothing is known', async () => {
    expect(await breakers.read(`${name} new`)).toEqual({ ...noTrouble, version: 0 });
    expect(await breakers.lastAnswerAt(`${name} new`)).toBeNull();
  });

  it('are replaced in their version alone', async () => {
    const code = `${name} written`;
    expect(await breakers.write(code, open, 0)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...open, version: 1 });
    expect(await breakers.write(code, noTrouble, 0)).toBe(false);
    expect(await breakers.write(code, noTrouble, 2)).toBe(false);
    expect(await breakers.write(code, noTrouble, 1)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...noTrouble, version: 2 });
  });

  it('are listed while they are open or untold', async () => {
    await breakers.write(`${name} open`, open, 0);
    await breakers.write(`${name} told`, { ...open, breaker: { ...opened, untold: [] } }, 0);
    await breakers.write(`${name} failing`, { ...open, breaker: { ...opened, open: null, untold: [] } }, 0);
    const ofThis = (codes: readonly string[]) => codes.filter((code) => code.startsWith(`${name} `)).toSorted();
    expect((await breakers.open()).get(`${name} told`)).toEqual({ since: T0, code: 'failed' });
    expect(ofThis([...(await breakers.open()).keys()])).toEqual([`${name} open`, `${name} told`]);
    expect(ofThis(await breakers.untold())).toEqual([`${name} open`]);
  });

  it('are listed where there are no balance checks', async () => {
    const code = `${name} refused`;
    expect(await breakers.write(code, { ...noTrouble, checks: refused }, 0)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...noTrouble, checks: refused, version: 1 });
    await breakers.write(`${name} one`, { ...noTrouble, checks: { ...refused, notSupported: null } }, 0);
    const listed = [...(await breakers.notSupported())].filter(([one]) => one.startsWith(`${name} `));
    expect(listed).toEqual([[code, refused.notSupported]]);
    expect((await breakers.open()).has(code)).toBe(false);
  });

  it('know when the bank answered last', async () => {
    const code = `${name} answered`;
    const end = (isAnswer: boolean, endedAt: string) =>
      institutions.count(code, { outcome: 'failed', sample: { dropped: 'not_succeeded' }, isAnswer, endedAt });
    await end(true, at(5));
    await end(true, at(9));
    await end(false, at(20));
    expect(await breakers.lastAnswerAt(code)).toBe(at(9));
  });
});

describe('in DynamoDB', () => {
  it('all are read once in 15 s', async () => {
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
    const breakers = inDynamoDb(client);
    await Promise.all([breakers.open(), breakers.notSupported()]);
    clock = at(14.999);
    await breakers.open();
    expect(queries).toBe(1);
    clock = at(15);
    await breakers.open();
    expect(queries).toBe(2);
    await breakers.write('changed', open, 0);
    expect((await breakers.open()).has('changed')).toBe(true);
    expect(queries).toBe(3);
    clock = T0;
  });

  it('none counts as open when the table does not answer', async () => {
    const client = tables.newClient();
    client.middlewareStack.add(() => () => Promise.reject(new Error('throttled')), { step: 'initialize' });
    const breakers = inDynamoDb(client);
    expect([await breakers.open(), await breakers.notSupported()]).toEqual([new Map(), new Map()]);
    expect(unread).toEqual([new Error('throttled')]);
    await expect(inDynamoDb(client).read('any')).rejects.toThrow('throttled');
  });

  it('what an earlier version has written is read', async () => {
    const { openings: _, ...earlier } = opened;
    await tables.client.send(
      new PutItemCommand({
        TableName: tables.refreshes,
        Item: {
          refresh_id: { S: 'BREAKERS' },
          item_key: { S: 'earlier' },
          state: { S: JSON.stringify(earlier) },
          v: { N: '3' },
        },
      }),
    );
    const read = { breaker: { ...opened, openings: 0 }, checks: noTrouble.checks, version: 3 };
    expect(await inDynamoDb().read('earlier')).toEqual(read);
  });
});
