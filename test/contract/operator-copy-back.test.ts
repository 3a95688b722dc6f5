/** `tables copy-back`, on the real local engine. */
import {
  CreateTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyBack, leftOut } from '../../infra/operator/copy-back.ts';
import { fakeTerminal } from '../unit/operator/fake-terminal.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';
import { deploymentWith } from './operator-deployment.ts';
import { tableInputs } from './table-inputs.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables?.close());

type Stored = Readonly<Record<string, { S: string } | { N: string }>>;

/** An item of the members table. */
const memberItem = (user: string, key: string, more: Stored = {}): Stored => ({
  user_guid: { S: user },
  item_key: { S: key },
  ...more,
});

let copies = 0;
/** A table of its own, with these items. */
async function copyWith(
  items: readonly Stored[],
  like: 'members' | 'balances' | 'refreshes' = 'members',
): Promise<string> {
  copies += 1;
  const TableName = `copy-${copies}`;
  await tables.client.send(new CreateTableCommand({ ...tableInputs[like], TableName }));
  await waitUntilTableExists({ client: tables.client, minDelay: 1, maxWaitTime: 20 }, { TableName });
  for (const Item of items) await tables.client.send(new PutItemCommand({ TableName, Item }));
  return TableName;
}
const put = (TableName: string, Item: Stored) => tables.client.send(new PutItemCommand({ TableName, Item }));
const itemsOf = async (TableName: string) => (await tables.client.send(new ScanCommand({ TableName }))).Items ?? [];

const outputs = (): Readonly<Record<string, string>> => ({
  MembersTable: tables.members,
  RefreshesTable: tables.refreshes,
});
const options = { name: 'members' as const, dryRun: false, yes: true, json: true, perSecond: 10_000 };
async function copying(
  from: string,
  more: Partial<Parameters<typeof copyBack>[2]> = {},
  { terminal = fakeTerminal(), newClient = () => tables.newClient() } = {},
) {
  const failure = await copyBack(deploymentWith({ newClient }, outputs()), terminal.terminal, {
    ...options,
    from,
    ...more,
  }).then(
    () => null,
    (error: Error) => error,
  );
  const out = terminal.out();
  return { failure, summary: out === '' ? null : JSON.parse(out).summary };
}

describe('copying back', () => {
  it('writes what is missing, and nothing else', async () => {
    const newer = memberItem('USR-a', 'MBR-there', { seen: { S: 'now' } });
    await put(tables.members, newer);
    await put(tables.members, memberItem('USR-a', 'MBR-gone', { deleted_at: { S: '2026-11-27T12:00:00.000Z' } }));
    await put(tables.members, memberItem('USR-erased', 'ERASED', { deleted_at: { S: '2026-11-27T12:00:00.000Z' } }));
    const lost = memberItem('USR-a', 'MBR-lost', { seen: { S: 'then' } });
    const from = await copyWith([
      lost,
      memberItem('USR-a', 'MBR-there', { seen: { S: 'then' } }),
      memberItem('USR-a', 'BODY#MBR-gone'),
      memberItem('ALIAS#own', 'USER', { guid: { S: 'USR-erased' } }),
      memberItem('USR-erased', 'MBR-of-erased'),
    ]);
    const before = await itemsOf(tables.members);
    const trial = await copying(from, { dryRun: true });
    expect(trial.summary).toEqual({ copied: 1, there: 1, deleted: 3, expired: 0, pauses: 0, dry_run: true });
    expect(await itemsOf(tables.members)).toEqual(before);

    expect(await copying(from)).toEqual({
      failure: null,
      summary: { copied: 1, there: 1, deleted: 3, expired: 0, pauses: 0, dry_run: false },
    });
    const after = await itemsOf(tables.members);
    expect(after).toHaveLength(before.length + 1);
    expect(after).toContainEqual(lost);
    expect(after).toContainEqual(newer);
    expect((await copying(from)).summary).toMatchObject({ copied: 0, there: 2 });
  });

  it.each<[string, () => Promise<string>, number, RegExp]>([
    ['the table itself', async () => tables.members, 2, /^members is the table itself\. Nothing was changed\.$/],
    ['no table', async () => 'nowhere', 2, /^There is no table nowhere here: is it restored yet, in this region\?$/],
    [
      'a copy with another sort key',
      () => copyWith([{ user_guid: { S: 'USR-1' }, account_key: { S: 'MBR-1#ACT-1' } }], 'balances'),
      2,
      /^The items of copy-\d+ have no user_guid and item_key: it is no copy of members\.$/,
    ],
    [
      'a copy of another table',
      () => copyWith([{ refresh_id: { S: 'RFR-1' }, item_key: { S: 'REFRESH' } }], 'refreshes'),
      2,
      /^The items of copy-\d+ have no user_guid and item_key: it is no copy of members\.$/,
    ],
  ])('from %s changes nothing', async (_what, from, exitCode, message) => {
    const before = await itemsOf(tables.members);
    const { failure } = await copying(await from());
    expect(failure).toMatchObject({ exitCode, message: expect.stringMatching(message) });
    expect(await itemsOf(tables.members)).toEqual(before);
  });

  it('needs a yes', async () => {
    const from = await copyWith([memberItem('USR-yes', 'MBR-1')]);
    expect((await copying(from, { yes: false })).failure).toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/^Copy what members of stack test .* lacks from copy-\d+\? There is no terminal /),
    });
  });

  it('interrupted says what was done, and goes on later', async () => {
    const from = await copyWith(Array.from({ length: 40 }, (_, n) => memberItem('USR-many', `MBR-${n}`)));
    let asked = 0;
    const stop = new AbortController();
    const elapsed = (): number => {
      asked += 1;
      if (asked === 30) stop.abort();
      return 0;
    };
    const terminal = fakeTerminal({ sleep: async () => {}, elapsed, stop: stop.signal });
    const { failure, summary } = await copying(from, {}, { terminal });
    expect(failure).toMatchObject({ exitCode: 130, message: expect.stringMatching(/^Interrupted\. Run again, /) });
    const { copied } = summary;
    expect(copied).toBeGreaterThan(0);
    expect(copied).toBeLessThan(40);
    expect((await copying(from)).summary).toMatchObject({ copied: 40 - copied, there: copied });
  });
});

/** A client of the engine that does this before each PutItem. */
function puttingAfter(work: (puts: number) => Promise<unknown>): DynamoDBClient {
  const client = tables.newClient();
  let puts = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === 'PutItemCommand') {
        puts += 1;
        await work(puts);
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  return client;
}

describe('copying back while others write', () => {
  it('overwrites nothing that came in between', async () => {
    const from = await copyWith([memberItem('USR-race', 'MBR-1', { seen: { S: 'then' } })]);
    const newer = memberItem('USR-race', 'MBR-1', { seen: { S: 'now' } });
    const newClient = () => puttingAfter(() => put(tables.members, newer));
    expect((await copying(from, {}, { newClient })).summary).toMatchObject({ copied: 0, there: 1 });
    expect(await itemsOf(tables.members)).toContainEqual(newer);
  });

  it('says what was done when AWS goes away', async () => {
    const from = await copyWith(Array.from({ length: 40 }, (_, n) => memberItem('USR-away', `MBR-${n}`)));
    const newClient = () =>
      puttingAfter(async (puts) => {
        if (puts > 20) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      });
    const { failure, summary } = await copying(from, {}, { newClient });
    expect(failure).toMatchObject({ code: 'ECONNREFUSED' });
    expect(summary).toMatchObject({ copied: 20, there: 0 });
    expect((await copying(from)).summary).toMatchObject({ copied: 20, there: 20 });
  });

  it('leaves pauses and what has expired out, in words', async () => {
    const refresh = (id: string, more: Stored = {}): Stored => ({
      refresh_id: { S: id },
      item_key: { S: 'REFRESH' },
      ...more,
    });
    const from = await copyWith(
      [refresh('RFR-1'), refresh('RFR-2', { expires_at: { N: '1' } }), refresh('PAUSES')],
      'refreshes',
    );
    const terminal = fakeTerminal();
    const deployment = deploymentWith(tables, outputs());
    await copyBack(deployment, terminal.terminal, { ...options, name: 'refreshes', from, json: false });
    expect(terminal.said).toEqual([`Copying back from ${from} to refreshes · stack test in local, account 123`]);
    expect(terminal.out()).toBe(
      [
        'what became of them                    items',
        'copied                                 1',
        'there already                          0',
        'left out: of a deleted member or user  0',
        'left out: expired                      1',
        'left out: pauses                       1',
        '',
      ].join('\n'),
    );
    expect(await itemsOf(tables.refreshes)).toEqual([refresh('RFR-1')]);
  });
});

describe('an item of a copy', () => {
  const now = '2026-11-27T12:00:00.000Z';
  const seconds = Date.parse(now) / 1_000;
  it.each<[string, Stored, string | null]>([
    ['is copied', { refresh_id: { S: 'RFR-1' }, expires_at: { N: String(seconds + 1) } }, null],
    ['that never expires is copied', { refresh_id: { S: 'RFR-1' } }, null],
    ['that has expired is not', { refresh_id: { S: 'RFR-1' }, expires_at: { N: String(seconds) } }, 'expired'],
    ['with pauses is not', { refresh_id: { S: 'PAUSES' } }, 'pauses'],
    ['of a deleted member is not', { refresh_id: { S: 'RFR-1' }, member_key: { S: 'USR-1#MBR-gone' } }, 'deleted'],
    ['of a member whose guid begins alike is copied', { refresh_id: { S: 'RFR-1' }, m: { S: 'MBR-gone-2' } }, null],
  ])('%s', (_what, item, fate) => {
    expect(leftOut(item, { gone: new Set(['MBR-gone']), timeToLive: 'expires_at', now })).toBe(fate);
  });

  it('of a table without a time to live never expires', () => {
    const item = { user_guid: { S: 'USR-1' }, expires_at: { N: '1' } };
    expect(leftOut(item, { gone: new Set(), timeToLive: null, now })).toBeNull();
  });
});
