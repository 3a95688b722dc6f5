/** A condition that does not hold is an answer. Every other error is thrown: then nothing is known about the item. */
import { DeleteItemCommand, GetItemCommand, PutItemCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { balancesEraser } from '../../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import {
  type ConditionalUpdate,
  deleteIf,
  putIf,
  updatedIf,
  updateIf,
  withMark,
} from '../../shared/clients/conditional-write.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import {
  at,
  attemptOf,
  mxAccount,
  mxMember,
  newKey,
  policy,
  refreshId,
  runningRefresh,
  startingClaim,
  unseen,
} from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const key: Item = { user_guid: { S: 'USR-1' }, item_key: { S: 'MBR-1' } };
const stored: Item = { ...key, state: { S: 'old' } };

const put = (): Promise<unknown> => tables.client.send(new PutItemCommand({ TableName: tables.members, Item: stored }));
const read = async (): Promise<Item | undefined> =>
  (await tables.client.send(new GetItemCommand({ TableName: tables.members, Key: key }))).Item;

/** `state` is a word that DynamoDB reserves. */
const when = (state: string) => ({ condition: '#state = :known', values: { ':known': { S: state } } });
const changed = { key, change: 'SET #state = :new' };
const changedWhen = (state: string) => ({
  ...changed,
  condition: '#state = :known',
  values: { ':known': { S: state }, ':new': { S: 'new' } },
});

describe.each<[string, (state: string, tableName?: string) => Promise<unknown>, unknown, unknown, Item | undefined]>([
  [
    'putIf',
    (state, table = tables.members) =>
      putIf(tables.client, table, { item: { ...key, other: { N: '1' } }, ...when(state) }),
    true,
    false,
    { ...key, other: { N: '1' } },
  ],
  [
    'deleteIf',
    (state, table = tables.members) => deleteIf(tables.client, table, { key, ...when(state) }),
    true,
    false,
    undefined,
  ],
  [
    'updateIf',
    (state, table = tables.members) => updateIf(tables.client, table, changedWhen(state)),
    true,
    false,
    { ...key, state: { S: 'new' } },
  ],
  [
    'updatedIf',
    (state, table = tables.members) => updatedIf(tables.client, table, changedWhen(state)),
    { ...key, state: { S: 'new' } },
    null,
    { ...key, state: { S: 'new' } },
  ],
])('%s', (_name, write, won, lost, after) => {
  it('writes when its condition holds', async () => {
    await put();
    expect(await write('old')).toEqual(won);
    expect(await read()).toEqual(after);
  });

  it('says so and writes nothing when it does not hold', async () => {
    await put();
    expect(await write('another')).toEqual(lost);
    expect(await read()).toEqual(stored);
  });

  it('throws every other error', async () => {
    await expect(write('old', 'no-such-table')).rejects.toThrow(ResourceNotFoundException);
  });
});

it('an update makes an item unless its condition excludes it', async () => {
  const { userGuid, memberGuid } = newKey();
  const unknown: Item = { user_guid: { S: userGuid }, item_key: { S: memberGuid } };
  const update = { key: unknown, change: 'SET #count = :one', values: { ':one': { N: '1' } } };
  const write = (condition: string) => updatedIf(tables.client, tables.members, { ...update, condition });
  expect(await write('attribute_exists(item_key)')).toBeNull();
  expect(await write('attribute_not_exists(#count)')).toEqual({ ...unknown, count: { N: '1' } });
});

it('a condition that cannot be read is no answer', async () => {
  await expect(deleteIf(tables.client, tables.members, { key, condition: 'state = old' })).rejects.toMatchObject({
    name: 'ValidationException',
  });
});

it('an error of another SDK copy is recognised', async () => {
  const client = tables.newClient();
  client.middlewareStack.add(
    () => () => Promise.reject(Object.assign(new Error('no'), { name: 'ConditionalCheckFailedException' })),
    { step: 'initialize' },
  );
  expect(await deleteIf(client, tables.members, { key, ...when('old') })).toBe(false);
  client.destroy();
});

describe('a write that was sent twice', () => {
  /** The item's key, and a client that loses the answer to its first write; `then` comes after that one. */
  function twice(then: (key: Item) => Promise<unknown> = async () => {}) {
    const { userGuid, memberGuid } = newKey();
    const own: Item = { user_guid: { S: userGuid }, item_key: { S: memberGuid } };
    const client = tables.newClient(limitedCalls());
    let isLost = false;
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          const answer = await next(args);
          if (isLost || !/Put|Update/.test(commandName)) return answer;
          isLost = true;
          await then(own);
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
        },
      { step: 'deserialize' },
    );
    return { client, own };
  }
  const byAnother = (of: Item) =>
    tables.client.send(new PutItemCommand({ TableName: tables.members, Item: { ...of, state: { S: 'another' } } }));
  const deleted = (of: Item) => tables.client.send(new DeleteItemCommand({ TableName: tables.members, Key: of }));
  const isOurs = (item: Item): boolean => item['state']?.S === 'ours';

  const ends: readonly [string, ((key: Item) => Promise<unknown>) | undefined, boolean, string | undefined][] = [
    ['stands', undefined, true, 'ours'],
    ['was overwritten by another', byAnother, false, undefined],
  ];

  it.each(ends)('putIf: what %s', async (_what, then, stands) => {
    const { client, own } = twice(then);
    const item = { ...own, state: { S: 'ours' } };
    const condition = 'attribute_not_exists(item_key)';
    expect(await putIf(client, tables.members, { item, condition, own: { key: own, isDone: isOurs } })).toBe(stands);
  });

  it('putIf that is not told apart has lost', async () => {
    const { client, own } = twice();
    expect(await putIf(client, tables.members, { item: own, condition: 'attribute_not_exists(item_key)' })).toBe(false);
  });

  const update = (own: Item, isDone?: (item: Item) => boolean): ConditionalUpdate => ({
    key: own,
    change: 'SET #state = :ours',
    condition: 'attribute_not_exists(item_key)',
    values: { ':ours': { S: 'ours' } },
    ...(isDone === undefined ? {} : { isDone }),
  });

  it.each(ends)('an update whose write %s', async (_what, then, stands, state) => {
    const first = twice(then);
    expect(await updateIf(first.client, tables.members, update(first.own, isOurs))).toBe(stands);
    const second = twice(then);
    const given = await updatedIf(second.client, tables.members, update(second.own, isOurs));
    expect(given?.['state']?.S).toBe(state);
    const third = twice(then);
    expect(await updateIf(third.client, tables.members, withMark(update(third.own)))).toBe(stands);
  });

  it('an update that is not told apart has lost', async () => {
    const first = twice();
    expect(await updateIf(first.client, tables.members, update(first.own))).toBe(false);
    const second = twice();
    expect(await updatedIf(second.client, tables.members, update(second.own))).toBeNull();
  });

  it('a mark that is gone: what else is there', async () => {
    const marked = (isDone: (item: Item) => boolean) => {
      const { client, own } = twice(byAnother);
      return updateIf(client, tables.members, withMark(update(own, isDone)));
    };
    expect(await marked((item) => item['state']?.S === 'another')).toBe(true);
    expect(await marked(isOurs)).toBe(false);
  });

  it('deleted since has lost', async () => {
    // The condition fails at the second time, for another reason, and nothing is there to be read.
    const { client, own } = twice(deleted);
    const written = { ...update(own, isOurs), condition: 'attribute_exists(item_key)' };
    await tables.client.send(new PutItemCommand({ TableName: tables.members, Item: own }));
    expect(await updateIf(client, tables.members, written)).toBe(false);
  });
});

describe('a table that is away: no write counts as lost', () => {
  const away = 'no-such-table';
  const member = newKey();
  const claim = startingClaim(refreshId(1));
  const attempt = attemptOf(claim, { outcome: 'succeeded', observedAt: at(10) });
  const request = { id: 'request-1', requestHash: 'hash-1' };
  const stamp = { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' } as const;
  const members = () => membersInDynamoDb(tables.client, away, policy);
  const seen = () => seenMembersInDynamoDb(tables.client, away, policy);
  const schedule = () => scheduleInDynamoDb(tables.client, away);
  const refreshes = () => refreshesInDynamoDb(tables.client, away, 30, () => at(0));
  const callbacks = () => callbacksInDynamoDb(tables.client, away, 30);
  const keys = () =>
    idempotencyKeysInDynamoDb(tables.client, away, { leaseSeconds: 29, now: () => at(0), newToken: () => 'token' });
  const balances = () =>
    balancesInDynamoDb(tables.client, away, { keepAccountNumbers: false, keepUnknownFields: false });

  it.each<[string, () => Promise<unknown>]>([
    ['claim', () => members().claim({ key: member, claim, starts: [], startsVersion: 0 })],
    ['writeAliases', () => members().writeAliases(mxMember(member, { id: 'own' }))],
    ['readBody', () => members().readBody(member)],
    ['putBody', () => members().putBody(member, { body: {}, seenAt: at(0) })],
    ['eraseBody', () => seen().eraseBody(member, at(0))],
    ['joinUserPresent', () => members().joinUserPresent(member, refreshId(1))],
    ['takeLook', () => members().takeLook(member, refreshId(1), 1, at(5))],
    ['recordStarting', () => members().recordStarting(member, claim, [])],
    [
      'recordStart',
      () => members().recordStart({ key: member, refreshId: refreshId(1), start: claim.start, flagSeen: false }),
    ],
    ['putOffStarts', () => members().putOffStarts(member, at(60))],
    [
      'takeBackStart',
      () =>
        members().takeBackStart({ key: member, refreshId: refreshId(1), at: at(0), start: claim.start, starts: [] }),
    ],
    [
      'recordSeen',
      () =>
        members().recordSeen({
          key: member,
          refreshId: refreshId(1),
          flagSeen: true,
          jobAggregatedAt: null,
          seenStatus: null,
          questions: null,
        }),
    ],
    [
      'recordUnanswered',
      () =>
        members().recordUnanswered({
          key: member,
          refreshId: refreshId(1),
          lookNumber: 1,
          unanswered: { code: 'mx_timeout', nextLookAt: at(5) },
        }),
    ],
    [
      'beginStoring',
      () =>
        members().beginStoring({
          key: member,
          refreshId: refreshId(1),
          lookNumber: 1,
          jobAggregatedAt: null,
          seenStatus: null,
        }),
    ],
    ['end', () => members().end({ key: member, from: 'running', known: unseen, attempt })],
    ['release', () => members().release(member, refreshId(1))],
    ['openPage', () => members().openPage(0, at(0), null)],
    ['reserveRead', () => seen().reserveRead(member, at(0))],
    ['recordSighting', () => seen().recordSighting(mxMember(member), at(0), null)],
    ['settleChange', () => seen().settleChange(member, { from: null, to: null, at: at(0), refreshId: null })],
    ['recordBackground', () => seen().recordBackground(member, attempt)],
    ['recordProcessed', () => seen().recordProcessed(member, at(0))],
    ['leaveTombstone', () => seen().leaveTombstone(member, null, at(0))],
    ['leaveTombstone, with an alias', () => seen().leaveTombstone(member, 'own', at(0))],
    ['enrol', () => schedule().enrol(member, { everyHours: 6, slot: 'SLOT#6h#00001#0' }, 'always')],
    ['enrol, withdrawing', () => schedule().enrol(member, { everyHours: 0, slot: '' }, 'always')],
    ['membersOf', () => schedule().membersOf('SLOT#6h#00001#0')],
    ['setLastMinute', () => schedule().setLastMinute(1)],
    ['put of a running refresh', () => refreshes().put(runningRefresh(member, refreshId(1)))],
    [
      'put of a callback',
      () => callbacks().put({ id: 'CBK-1', refreshId: refreshId(1), url: 'https://x.example' }, 10, at(0)),
    ],
    ['page of callbacks', () => callbacks().page(refreshId(1), '')],
    ['begin', () => keys().begin(request)],
    ['keep', () => keys().keep(request, 'token', '{}')],
    ['release of a key', () => keys().release(request, 'token')],
    ['store', () => balances().store(member, [mxAccount('ACT-1')], stamp)],
    ['erase', () => balancesEraser(tables.client, { balances: away, history: away }, async () => {}).erase(member)],
  ])('%s throws', async (_name, call) => {
    await expect(call()).rejects.toThrow(ResourceNotFoundException);
  });

  it('a balance that cannot be written throws', async () => {
    // What is read is found, and what is written fails.
    const client = tables.newClient();
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) =>
          /Put|Update/.test(commandName) ? Promise.reject(new Error(`${commandName} failed`)) : next(args),
      { step: 'initialize' },
    );
    const rules = { keepAccountNumbers: false, keepUnknownFields: false };
    const owner = newKey();
    await balancesInDynamoDb(tables.client, tables.balances, rules).store(owner, [mxAccount('ACT-1')], stamp);
    const failing = balancesInDynamoDb(client, tables.balances, rules);
    const later = { ...stamp, observedAt: at(10), refreshId: refreshId(2) };
    await expect(failing.store(owner, [mxAccount('ACT-1')], later)).rejects.toThrow('PutItemCommand failed');
    await expect(failing.store(owner, [], later)).rejects.toThrow('UpdateItemCommand failed');
    client.destroy();
  });
});
