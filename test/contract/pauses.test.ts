/** The operator's pauses: written on condition by the command, read by functions and remembered by them. */
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { pausesInDynamoDb, readPauses, writePauses } from '../../shared/clients/pauses-table.ts';
import type { Pause, Pauses } from '../../shared/domain/pause.ts';
import { fakePauses, nothingRemembered } from '../fakes/fake-pauses.ts';
import { at, T0 } from '../samples.ts';
import { withLateReplicas } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
let clock = T0;
const now = (): string => clock;
beforeEach(async () => {
  clock = T0;
  tables = await startLocalTables();
});
afterEach(() => tables.close());

const first = { from: at(0), until: at(60), why: 'MX asked for it' };
const second = { from: at(90), until: at(100), why: 'again' };
const times = ({ from, until }: Pause): Pause => ({ from, until });

/** An instance that reads the pauses, how they are changed, and how reading comes to fail. */
interface Subject {
  readonly pauses: Pauses;
  readonly change: (pauses: readonly Pause[]) => Promise<unknown>;
  readonly fail: (error: Error | null) => void;
  /** How often they were read. */
  readonly reads: () => number;
}

function inMemory(): Subject {
  const item = { pauses: [] as readonly Pause[] };
  let failing: Error | null = null;
  let reads = 0;
  const pauses = fakePauses(item, nothingRemembered(), now, {
    async request(_name, effect) {
      reads += 1;
      if (failing !== null) throw failing;
      return effect();
    },
  });
  return {
    pauses,
    change: async (changed) => {
      item.pauses = changed;
    },
    fail: (error) => {
      failing = error;
    },
    reads: () => reads,
  };
}

function inDynamoDb(unread: (error: unknown) => void = () => {}): Subject {
  let failing: Error | null = null;
  let reads = 0;
  const client = tables.newClient();
  client.middlewareStack.add(
    (next) => (args) => {
      reads += 1;
      return failing === null ? next(args) : Promise.reject(failing);
    },
    { step: 'initialize' },
  );
  return {
    pauses: pausesInDynamoDb(client, tables.refreshes, { now, unread }),
    async change(changed) {
      const { version } = await readPauses(tables.client, tables.refreshes);
      const pauses = changed.map((pause) => ({ ...pause, why: 'some' }));
      return writePauses(tables.client, tables.refreshes, { pauses, version });
    },
    fail: (error) => {
      failing = error;
    },
    reads: () => reads,
  };
}

describe.each<[string, () => Subject]>([
  ['the fake', inMemory],
  ['DynamoDB', inDynamoDb],
])('pauses: %s', (_name, made) => {
  it('are none at first', async () => {
    expect(await made().pauses.known()).toEqual([]);
  });

  it('are known in order, overlapping ones as one', async () => {
    const { pauses, change } = made();
    await change([second, first, { from: at(50), until: at(70) }]);
    expect(await pauses.known()).toEqual([{ from: at(0), until: at(70) }, times(second)]);
  });

  it('are read once in 15 s', async () => {
    const { pauses, change, reads } = made();
    await pauses.known();
    await change([first]);
    clock = at(14.999);
    expect([await pauses.known(), reads()]).toEqual([[], 1]);
    clock = at(15);
    expect([await pauses.known(), reads()]).toEqual([[times(first)], 2]);
  });

  it('hold on while they cannot be read', async () => {
    const { pauses, change, fail, reads } = made();
    await change([first]);
    await pauses.known();
    fail(new Error('throttled'));
    clock = at(15);
    expect([await pauses.known(), await pauses.known(), reads()]).toEqual([[times(first)], [times(first)], 2]);
    clock = at(30);
    expect([await pauses.known(), reads()]).toEqual([[times(first)], 3]);
  });

  it('are not known as long as none was ever read', async () => {
    const { pauses, fail } = made();
    fail(new Error('throttled'));
    await expect(pauses.known()).rejects.toThrow('throttled');
    fail(null);
    expect(await pauses.known()).toEqual([]);
  });
});

describe('in DynamoDB', () => {
  it('one reading serves those that ask together', async () => {
    const { pauses, reads } = inDynamoDb();
    await Promise.all([pauses.known(), pauses.known(), pauses.known()]);
    expect(reads()).toBe(1);
  });

  it('what cannot be read is told, once in 15 s', async () => {
    const told: unknown[] = [];
    const { pauses, fail } = inDynamoDb((error) => told.push(error));
    await pauses.known();
    fail(new Error('throttled'));
    clock = at(15);
    await pauses.known();
    await pauses.known();
    expect(told).toEqual([new Error('throttled')]);
  });

  it('functions are given no reasons', async () => {
    await writePauses(tables.client, tables.refreshes, { pauses: [first], version: 0 });
    const client = tables.newClient();
    const answers: unknown[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        answers.push(answer.output);
        return answer;
      },
      { step: 'initialize' },
    );
    await pausesInDynamoDb(client, tables.refreshes, { now, unread: () => expect.fail() }).known();
    expect(answers).toHaveLength(1);
    expect(JSON.stringify(answers)).not.toContain('MX asked for it');
  });

  it('are replaced in their version alone', async () => {
    const { client, refreshes } = tables;
    expect(await readPauses(client, refreshes)).toEqual({ pauses: [], version: 0 });
    expect(await writePauses(client, refreshes, { pauses: [first], version: 0 })).toBe(true);
    expect(await readPauses(client, refreshes)).toEqual({ pauses: [first], version: 1 });
    expect(await writePauses(client, refreshes, { pauses: [second], version: 0 })).toBe(false);
    expect(await writePauses(client, refreshes, { pauses: [second], version: 2 })).toBe(false);
    expect(await writePauses(client, refreshes, { pauses: [first, second], version: 1 })).toBe(true);
    expect(await readPauses(client, refreshes)).toEqual({ pauses: [first, second], version: 2 });
  });

  it('a write whose answer was lost is recognised', async () => {
    const client = tables.newClient(limitedCalls());
    let isLost = false;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        if (isLost) return answer;
        isLost = true;
        throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    expect(await writePauses(client, tables.refreshes, { pauses: [first], version: 0 })).toBe(true);
  });

  it('what was just written is read', async () => {
    const late = withLateReplicas(tables.newClient());
    await writePauses(late, tables.refreshes, { pauses: [first], version: 0 });
    expect((await readPauses(late, tables.refreshes)).version).toBe(1);
    const pauses = pausesInDynamoDb(late, tables.refreshes, { now, unread: () => expect.fail() });
    expect(await pauses.known()).toEqual([times(first)]);
  });

  it('the item never expires', async () => {
    const { client, refreshes } = tables;
    await writePauses(client, refreshes, { pauses: [first], version: 0 });
    const key = { refresh_id: { S: 'PAUSES' }, item_key: { S: 'pauses' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: refreshes, Key: key }));
    expect(Item).toEqual({
      ...key,
      times: { S: `[["${T0}","${at(60)}"]]` },
      reasons: { S: '["MX asked for it"]' },
      v: { N: '1' },
    });
  });

  it('an item without reasons is read', async () => {
    const { client, refreshes } = tables;
    const Item = {
      refresh_id: { S: 'PAUSES' },
      item_key: { S: 'pauses' },
      times: { S: `[["${T0}","${at(60)}"]]` },
      v: { N: '3' },
    };
    await client.send(new PutItemCommand({ TableName: refreshes, Item }));
    expect(await readPauses(client, refreshes)).toEqual({ pauses: [{ ...first, why: '' }], version: 3 });
  });
});
