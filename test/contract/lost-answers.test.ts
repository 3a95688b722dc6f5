/**
 * A conditional write whose answer was lost: the SDK sends it again, and it fails at what the first one has written. Each
 * has to be told apart from a lost race, or its flow stops until the sweep finds it.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { noTrouble } from '../../shared/domain/trouble.ts';
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

/** Everything that writes on conditions, over one client. */
const over = (client: DynamoDBClient) => ({
  members: membersInDynamoDb(client, tables.members, policy),
  seen: seenMembersInDynamoDb(client, tables.members, policy),
  schedule: scheduleInDynamoDb(client, tables.members),
  refreshes: refreshesInDynamoDb(client, tables.refreshes, 30, () => at(0)),
  keys: idempotencyKeysInDynamoDb(client, tables.refreshes, {
    leaseSeconds: 29,
    now: () => at(0),
    newToken: () => `token-${++tokens}`,
  }),
  breakers: breakersInDynamoDb(client, tables.refreshes, { now: () => at(0), unread: () => expect.fail() }),
  balances: balancesInDynamoDb(client, tables.balances, { keepAccountNumbers: false, keepUnknownFields: false }),
});
let tokens = 0;
type Clients = ReturnType<typeof over>;

/** A client that loses the answer to its first write, after `then` if that is given; and what it has sent. */
function losing(then: () => Promise<unknown> = async () => {}) {
  const client = tables.newClient(limitedCalls());
  const sent: string[] = [];
  let isLost = false;
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const answer = await next(args);
        sent.push(commandName);
        if (isLost || !/Put|Update|Delete/.test(commandName)) return answer;
        isLost = true;
        await then();
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      },
    { step: 'deserialize' },
  );
  return { ...over(client), sent };
}

const claim = startingClaim(refreshId(1));
const attempt = attemptOf(claim);
const six = { everyHours: 6, slot: 'SLOT#6h#00001#0' } as const;
const change = { from: 'CONNECTED', to: 'DENIED', at: at(50), refreshId: null };
const looked = (key: MemberKey) => plain().members.takeLook(key, claim.refreshId, 1, at(10));
const plain = (): Clients => over(tables.client);
const ended = (key: MemberKey) => plain().members.end({ key, from: 'running', known: unseen, attempt });
const request = (key: MemberKey) => ({ id: key.memberGuid, requestHash: 'hash' });

/** A write, what has to be there before it, and what it answers. Each row has a member of its own with a claim. */
const writes: readonly [
  string,
  (key: MemberKey, clients: Clients) => Promise<unknown>,
  unknown,
  ((key: MemberKey) => Promise<unknown>)?,
][] = [
  [
    'takeLook',
    (key, { members }) => members.takeLook(key, claim.refreshId, 1, at(10)),
    { kind: 'taken', claim: { lookNumber: 1 } },
  ],
  [
    'recordStarting',
    (key, { members }) => members.recordStarting(key, { ...claim, lookNumber: 1 }, [at(0)]),
    true,
    looked,
  ],
  [
    'recordStart',
    (key, { members }) => members.recordStart({ key, refreshId: claim.refreshId, start: claim.start, flagSeen: true }),
    true,
  ],
  [
    'takeBackStart',
    (key, { members }) =>
      members.takeBackStart({
        ...{ key, refreshId: claim.refreshId, at: claim.start.at },
        start: { state: 'none' },
        starts: [],
      }),
    true,
  ],
  [
    'beginStoring',
    (key, { members }) =>
      members.beginStoring({ key, refreshId: claim.refreshId, lookNumber: 1, jobAggregatedAt: null, seenStatus: null }),
    true,
    looked,
  ],
  ['end', (key, { members }) => members.end({ key, from: 'running', known: unseen, attempt }), true],
  [
    'release',
    async (key, { members }) => {
      await members.release(key, claim.refreshId);
      return (await members.read(key))?.claim;
    },
    null,
    ended,
  ],
  [
    'putBody',
    async (key, { members }) => {
      await members.putBody(key, { body: mxMember(key).body, seenAt: at(50) });
      return (await members.readBody(key))?.seenAt;
    },
    at(50),
  ],
  ['reserveRead', (key, { seen }) => seen.reserveRead(key, at(50)), true],
  ['recordSighting', (key, { seen }) => seen.recordSighting(mxMember(key), at(50), change), true],
  [
    'settleChange',
    async (key, { seen, members }) => {
      await seen.settleChange(key, change);
      return (await members.read(key))?.untoldChange;
    },
    null,
    (key) => plain().seen.recordSighting(mxMember(key), at(50), change),
  ],
  [
    'recordBackground',
    async (key, { seen, members }) => {
      await seen.recordBackground(key, attempt);
      return (await members.read(key))?.lastAttempt?.refreshId;
    },
    claim.refreshId,
  ],
  [
    'recordProcessed',
    async (key, { seen, members }) => {
      await seen.recordProcessed(key, at(50));
      return (await members.read(key))?.processedUntil;
    },
    at(50),
  ],
  [
    'leaveTombstone',
    (key, { seen }) => seen.leaveTombstone(key, null, at(60)),
    true,
    async (key) => {
      await ended(key);
      await plain().members.release(key, claim.refreshId);
    },
  ],
  [
    'enrol',
    async (key, { schedule, members }) => {
      await schedule.enrol(key, six, 'always');
      const items = (await schedule.membersOf(six.slot)).filter(({ member }) => member.memberGuid === key.memberGuid);
      return [(await members.read(key))?.enrolment, items.length];
    },
    [six, 1],
  ],
  ['the breaker', (key, { breakers }) => breakers.write(key.memberGuid, noTrouble, 0), true],
  [
    'the breaker, changed',
    (key, { breakers }) =>
      breakers.write(key.memberGuid, { ...noTrouble, breaker: { ...noTrouble.breaker, changedAt: at(1) } }, 1),
    true,
    (key) => plain().breakers.write(key.memberGuid, noTrouble, 0),
  ],
  ['begin', (key, { keys }) => keys.begin(request(key)), { kind: 'first' }],
  [
    'keep',
    async (key, { keys }) => {
      await keys.keep(request(key), `kept ${key.memberGuid}`, '{}');
      return keys.begin(request(key));
    },
    { kind: 'answered', answer: '{}' },
    (key) =>
      idempotencyKeysInDynamoDb(tables.client, tables.refreshes, {
        leaseSeconds: 29,
        now: () => at(0),
        newToken: () => `kept ${key.memberGuid}`,
      }).begin(request(key)),
  ],
  [
    'putDetails',
    async (key, { refreshes }) => {
      const refresh = runningRefresh(key, `RFR-${key.memberGuid}`);
      const details = { message: 'no', userMessage: null, challenges: [] };
      await refreshes.putDetails(refresh, attempt.endedAt, details);
      return refreshes.readDetails(refresh.refreshId, attempt.endedAt);
    },
    { message: 'no' },
  ],
  [
    'end of a projection',
    async (key, { refreshes }) => {
      const refresh = runningRefresh(key, `RFR-${key.memberGuid}`);
      await refreshes.end({ refresh, end: attempt });
      return (await refreshes.read(refresh.refreshId))?.status;
    },
    'ended',
  ],
  [
    'store',
    async (key, { balances }) => {
      await balances.store(key, [mxAccount('ACT-1')], { observedAt: at(1), refreshId: refreshId(1), trigger: 'http' });
      return (await balances.ofMember(key)).length;
    },
    1,
  ],
];

describe('a write whose answer was lost has succeeded', () => {
  async function claimed(): Promise<MemberKey> {
    const key = newKey();
    await plain().members.claim({ key, claim, starts: [], startsVersion: 0 });
    return key;
  }

  it('claim', async () => {
    const { members, sent } = losing();
    expect(await members.claim({ key: newKey(), claim, starts: [], startsVersion: 0 })).toBe(true);
    expect(sent).toEqual(['UpdateItemCommand', 'UpdateItemCommand', 'GetItemCommand']);
  });

  it('claim, that another trigger has joined meanwhile', async () => {
    const key = newKey();
    const { members } = losing(() => plain().members.joinUserPresent(key, claim.refreshId));
    expect(await members.claim({ key, claim, starts: [], startsVersion: 0 })).toBe(true);
    expect((await members.read(key))?.claim?.userPresent).toBe(true);
  });

  it.each(writes)('%s', async (_what, write, answer, before) => {
    const key = await claimed();
    await before?.(key);
    const clients = losing();
    const given = await write(key, clients);
    if (typeof answer === 'object' && answer !== null) expect(given).toMatchObject(answer);
    else expect(given).toBe(answer);
    expect(clients.sent.filter((command) => /Put|Update/.test(command)).length).toBeGreaterThan(1);
  });
});

describe('a write that another one has come before', () => {
  it('has lost, and is not read again', async () => {
    const key = newKey();
    await plain().members.claim({ key, claim, starts: [], startsVersion: 0 });
    const client = tables.newClient(limitedCalls());
    const sent: string[] = [];
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        (args) => {
          sent.push(commandName);
          return next(args);
        },
      { step: 'deserialize' },
    );
    const other = startingClaim(refreshId(2));
    expect(await over(client).members.claim({ key, claim: other, starts: [], startsVersion: 0 })).toBe(false);
    expect(sent).toEqual(['UpdateItemCommand']);
  });

  it('has lost although its repetition was sent', async () => {
    const key = newKey();
    // The first write fails already; what is lost is that answer.
    await plain().members.claim({ key, claim, starts: [], startsVersion: 0 });
    const client = tables.newClient(limitedCalls());
    let isLost = false;
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = next(args);
        if (isLost) return answer;
        isLost = true;
        await answer.catch(() => {});
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      },
      { step: 'deserialize' },
    );
    const other = startingClaim(refreshId(2));
    expect(await over(client).members.claim({ key, claim: other, starts: [], startsVersion: 0 })).toBe(false);
  });
});
