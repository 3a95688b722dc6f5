/** Members that wait, read from the index on the engine. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attentionReader } from '../../shared/clients/attention-reader.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import type { Attention } from '../../shared/domain/attention.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { at, attemptOf, newKey, policy, refreshId, startingClaim, unseen } from '../samples.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeEach(async () => {
  tables = await startLocalTables();
});
afterEach(() => tables.close());

let number = 0;
/** A member that has ended so; released. */
async function ended(seconds: number, given: Partial<Attention> | null = {}): Promise<MemberKey> {
  const key = newKey();
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  number += 1;
  const claim = startingClaim(refreshId(number));
  await members.claim({ key, claim, starts: [], startsVersion: 0 });
  const word = { action: 'reauthenticate', since: at(seconds), code: 'denied', asOf: at(seconds) } as const;
  const attention = given && { ...word, ...given };
  const attempt = attemptOf(claim, { endedAt: at(seconds) });
  expect(await members.end({ key, from: 'running', known: unseen, attempt, attention })).toBe(true);
  await members.release(key, claim.refreshId);
  return key;
}
const reader = () => attentionReader(tables.client, tables.members);

describe('a page of members that wait', () => {
  it('has the oldest first, of one action, with their items', async () => {
    const [late, early] = [await ended(30), await ended(10)];
    await ended(5, { action: 'reconnect', code: 'closed' });
    await ended(1, null);
    const page = await reader().page('reauthenticate', 25, null);
    expect(page).toMatchObject({
      listed: [
        { member: early, since: at(10), record: { key: early, attention: { code: 'denied', asOf: at(10) } } },
        { member: late, since: at(30), record: { lastAttempt: { endedAt: at(30) } } },
      ],
      next: null,
    });
    expect(page.listed).toHaveLength(2);
    expect(await reader().page('answer_mfa', 25, null)).toEqual({ listed: [], next: null });
  });

  it('goes on behind a member, also within one instant', async () => {
    const keys = [await ended(10), await ended(10), await ended(20), await ended(30)];
    const seen: MemberKey[] = [];
    let after: Parameters<ReturnType<typeof reader>['page']>[2] = null;
    for (let pages = 0; pages < 4; pages += 1) {
      const { listed, next } = await reader().page('reauthenticate', 1, after);
      seen.push(...listed.map(({ member }) => member));
      after = next ?? expect.fail();
    }
    expect(seen.slice(0, 2)).toEqual(expect.arrayContaining(keys.slice(0, 2)));
    expect(seen.slice(2)).toEqual(keys.slice(2));
    expect(await reader().page('reauthenticate', 1, after)).toEqual({ listed: [], next: null });
    // Also behind one that waits no more.
    const gone = { member: { userGuid: 'USR-gone', memberGuid: 'MBR-gone' }, since: at(15) };
    expect((await reader().page('reauthenticate', 5, gone)).listed.map(({ member }) => member)).toEqual(keys.slice(2));
  });

  it('has none that was deleted', async () => {
    const key = await ended(10);
    await seenMembersInDynamoDb(tables.client, tables.members, policy).leaveTombstone(key, null, at(20));
    expect((await reader().page('reauthenticate', 25, null)).listed).toEqual([]);
    expect(await reader().count('reauthenticate', 1)).toMatchObject({ members: 0 });
  });

  it('has those whose items cannot be read', async () => {
    const [broken, readable] = [newKey(), await ended(10)];
    const Item = {
      user_guid: { S: broken.userGuid },
      item_key: { S: broken.memberGuid },
      attention: { S: 'reauthenticate' },
      attention_since: { N: String(Date.parse(at(5))) },
      last_attempt: { M: {} },
    };
    await tables.client.send(new PutItemCommand({ TableName: tables.members, Item }));
    expect((await reader().page('reauthenticate', 25, null)).listed).toMatchObject([
      { member: broken, since: at(5), record: null },
      { member: readable, record: { key: readable } },
    ]);
  });

  it('reads alone what a busy table has left out', async () => {
    const [first, second] = [await ended(10), await ended(20)];
    const client = tables.newClient();
    const asked: string[] = [];
    const consistent: unknown[] = [];
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          asked.push(commandName);
          const { RequestItems = {}, ConsistentRead } = Object(args.input);
          if (commandName !== 'QueryCommand') {
            consistent.push(ConsistentRead ?? Object(RequestItems[tables.members]).ConsistentRead);
          }
          const answer = await next(args);
          if (commandName !== 'BatchGetItemCommand') return answer;
          const keyOf = (key: MemberKey) => ({ user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } });
          const Keys = [keyOf(second), keyOf({ ...second, memberGuid: 'MBR-gone' })];
          const output = { ...answer.output, Responses: {}, UnprocessedKeys: { [tables.members]: { Keys } } };
          return { ...answer, output };
        },
      { step: 'initialize' },
    );
    const page = await attentionReader(client, tables.members).page('reauthenticate', 25, null);
    expect(page.listed).toMatchObject([
      { member: first, record: null },
      { member: second, record: { key: second } },
    ]);
    // The items are as they are now, however late the index is.
    expect(consistent).toEqual([true, true, true]);
    expect(asked).toEqual(['QueryCommand', 'BatchGetItemCommand', 'GetItemCommand', 'GetItemCommand']);
  });
});

describe('the count of members that wait', () => {
  it.each([
    ['all', 9, { members: 5, isAll: true }],
    ['up to its last answer', 3, { members: 5, isAll: true }],
    ['as far as it goes', 2, { members: 4, isAll: false }],
  ])('%s', async (_, most, expected) => {
    for (const seconds of [50, 40, 10, 20, 30]) await ended(seconds);
    const paged = attentionReader(withPagesOf(2, tables.newClient()), tables.members);
    expect(await paged.count('reauthenticate', most)).toEqual({ ...expected, oldestSince: at(10) });
  });

  it('is nothing where none waits', async () => {
    await ended(10);
    expect(await reader().count('reconnect', 1)).toEqual({ members: 0, isAll: true, oldestSince: null });
  });
});
