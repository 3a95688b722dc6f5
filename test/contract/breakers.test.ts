/** Breakers of institutions: read, replaced on condition, and listed. */
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { institutionsInDynamoDb } from '../../shared/clients/institutions-table.ts';
import type { Breaker } from '../../shared/domain/breaker.ts';
import type { Breakers, Institutions } from '../../shared/domain/institutions-ports.ts';
import type { BalanceChecks } from '../../shared/domain/not-supported.ts';
import { noTrouble, type Trouble } from '../../shared/domain/trouble.ts';
import { fakeBreakers } from '../fakes/fake-breakers.ts';
import { fakeInstitutions, type InstitutionsTable } from '../fakes/fake-institutions.ts';
import { at, newKey, T0 } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

let clock = T0;
beforeEach(() => {
  clock = T0;
  unread.length = 0;
});
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
const newCode = (): string => newKey().memberGuid;

describe.each<[string, Breakers, Institutions]>([
  ['the fake', fakeBreakers(new Map(), counted), fakeInstitutions(counted)],
  [
    'DynamoDB',
    inDynamoDb(),
    institutionsInDynamoDb(tables.client, tables.refreshes, { ...options, random: Math.random, unlisted: () => {} }),
  ],
])('breakers: %s', (_name, breakers, institutions) => {
  it('are closed where nothing is known', async () => {
    const code = newCode();
    expect(await breakers.read(code)).toEqual({ ...noTrouble, version: 0 });
    expect(await breakers.lastAnswerAt(code)).toBeNull();
  });

  it('are replaced in their version alone', async () => {
    const code = newCode();
    expect(await breakers.write(code, open, 0)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...open, version: 1 });
    expect(await breakers.write(code, noTrouble, 0)).toBe(false);
    expect(await breakers.write(code, noTrouble, 2)).toBe(false);
    expect(await breakers.write(code, noTrouble, 1)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...noTrouble, version: 2 });
  });

  it('are listed while they are open or untold', async () => {
    const [code, told, failing] = [newCode(), newCode(), newCode()];
    await breakers.write(code, open, 0);
    await breakers.write(told, { ...open, breaker: { ...opened, untold: [] } }, 0);
    await breakers.write(failing, { ...open, breaker: { ...opened, open: null, untold: [] } }, 0);
    const known = await breakers.open();
    expect(known.get(told)).toEqual({ since: T0, code: 'failed' });
    expect([code, told, failing].map((one) => known.has(one))).toEqual([true, true, false]);
    const untold = await breakers.untold();
    expect([code, told, failing].map((one) => untold.includes(one))).toEqual([true, false, false]);
  });

  it('are listed where there are no balance checks', async () => {
    const [code, one] = [newCode(), newCode()];
    expect(await breakers.write(code, { ...noTrouble, checks: refused }, 0)).toBe(true);
    expect(await breakers.read(code)).toEqual({ ...noTrouble, checks: refused, version: 1 });
    await breakers.write(one, { ...noTrouble, checks: { ...refused, notSupported: null } }, 0);
    const listed = await breakers.notSupported();
    expect([listed.get(code), listed.has(one)]).toEqual([refused.notSupported, false]);
    expect((await breakers.open()).has(code)).toBe(false);
  });

  it('know when the bank answered last', async () => {
    const code = newCode();
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
    const code = newCode();
    await breakers.write(code, open, 0);
    expect((await breakers.open()).has(code)).toBe(true);
    expect(queries).toBe(3);
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

  it('all pages are read', async () => {
    const client = tables.newClient();
    client.middlewareStack.add((next) => (args) => next({ ...args, input: { ...args.input, Limit: 1 } }), {
      step: 'initialize',
    });
    const codes = [newCode(), newCode()];
    for (const code of codes) await inDynamoDb().write(code, open, 0);
    const known = await inDynamoDb(client).open();
    expect(codes.map((code) => known.has(code))).toEqual([true, true]);
  });

  it('one expires 35 days after its last change', async () => {
    const code = newCode();
    await inDynamoDb().write(code, open, 0);
    const Key = { refresh_id: { S: 'BREAKERS' }, item_key: { S: code } };
    const { Item } = await tables.client.send(new GetItemCommand({ TableName: tables.refreshes, Key }));
    expect(Item).toEqual({
      ...Key,
      state: { S: JSON.stringify(opened) },
      checks: { S: JSON.stringify(noTrouble.checks) },
      v: { N: '1' },
      expires_at: { N: String(Date.parse('2026-12-26T12:00:00.000Z') / 1000) },
    });
  });
});

describe('a write that is sent again', () => {
  /** A client whose first write never arrives; others come before the second. */
  function late(others: () => Promise<unknown>): Breakers {
    const client = tables.newClient(limitedCalls());
    let isFirst = true;
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (!isFirst || commandName !== 'UpdateItemCommand') return next(args);
          isFirst = false;
          await others();
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        },
      { step: 'deserialize' },
    );
    return inDynamoDb(client);
  }
  const plain = inDynamoDb();

  it.each<[string, readonly Trouble[]]>([
    ['breaker', [noTrouble]],
    ['balance checks', [{ ...open, checks: refused }]],
    ['version', [noTrouble, open]],
  ])('has lost to one with another %s', async (_what, others) => {
    const code = newCode();
    const write = async () => {
      for (const [version, other] of others.entries()) await plain.write(code, other, version);
    };
    expect(await late(write).write(code, open, 0)).toBe(false);
  });

  it('has lost to an earlier version of this code', async () => {
    const item_key = { S: newCode() };
    const item = { refresh_id: { S: 'BREAKERS' }, item_key, state: { S: JSON.stringify(opened) }, v: { N: '1' } };
    const write = () => tables.client.send(new PutItemCommand({ TableName: tables.refreshes, Item: item }));
    expect(await late(write).write(item_key.S, open, 0)).toBe(false);
  });
});
