/** Pages of open claims, on the engine: in order, from anywhere, and with what cannot be read. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { openClaims } from '../../shared/clients/open-claims.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { at, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeEach(async () => {
  tables = await startLocalTables();
});
afterEach(() => tables.close());

/** A part of the index for each test: the last character of a refresh's id decides. */
let number = 0;
async function claimed(shard: number, seconds: number): Promise<MemberKey> {
  const key = newKey();
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  number += 1;
  const id = `${refreshId(number).slice(0, -1)}${shard}`;
  const claim = { ...startingClaim(id), acceptedAt: at(seconds) };
  expect(await members.claim({ key, claim, starts: [], startsVersion: 0 })).toBe(true);
  return key;
}
const pageOf = (shard: number) => {
  const page = openClaims(tables.client, tables.members);
  return (before: number, after: Parameters<typeof page>[2] = null) => page(shard, at(before), after);
};

describe('a page of open claims', () => {
  it('has the oldest first, each with its claim', async () => {
    const [late, early, middle] = [await claimed(0, 30), await claimed(0, 10), await claimed(0, 20)];
    const page = pageOf(0);
    expect(await page(30)).toMatchObject({
      listed: [
        { member: early, acceptedAt: at(10), claim: { acceptedAt: at(10), phase: 'running' } },
        { member: middle, acceptedAt: at(20) },
        { member: late, acceptedAt: at(30) },
      ],
      next: null,
    });
    expect((await page(29.999)).listed.map(({ member }) => member)).toEqual([early, middle]);
    expect(await page(9)).toEqual({ listed: [], next: null });
  });

  it('goes on behind a claim, also one that is gone', async () => {
    const keys = [await claimed(1, 10), await claimed(1, 20), await claimed(1, 30)];
    const page = pageOf(1);
    const [first, second] = keys;
    const behind = (member: MemberKey | undefined, seconds: number) =>
      member === undefined ? expect.fail() : page(100, { member, acceptedAt: at(seconds) });
    expect((await behind(first, 10)).listed.map(({ member }) => member)).toEqual(keys.slice(1));
    const gone = { userGuid: second?.userGuid ?? '', memberGuid: 'MBR-gone' };
    expect((await behind(gone, 25)).listed.map(({ member }) => member)).toEqual(keys.slice(2));
  });

  it('has at most a hundred', async () => {
    const keys: MemberKey[] = [];
    for (let seconds = 0; seconds < 101; seconds += 1) keys.push(await claimed(2, seconds));
    const page = pageOf(2);
    const first = await page(1000);
    expect([first.listed.length, first.next]).toEqual([100, { member: keys[99], acceptedAt: at(99) }]);
    expect((await page(1000, first.next)).listed.map(({ member }) => member)).toEqual([keys[100]]);
  });

  it('says which claims cannot be read, and goes on', async () => {
    const readable = await claimed(3, 10);
    const broken = newKey();
    await tables.client.send(
      new PutItemCommand({
        TableName: tables.members,
        Item: {
          user_guid: { S: broken.userGuid },
          item_key: { S: broken.memberGuid },
          open_shard: { S: '3' },
          open_since: { N: String(Date.parse(at(5))) },
          claim: { M: { i: { S: 'RFR-1' } } },
        },
      }),
    );
    expect((await pageOf(3)(1000)).listed).toMatchObject([
      { member: broken, claim: 'unreadable' },
      { member: readable, claim: { phase: 'running' } },
    ]);
  });
});

describe('a claim that the index lists', () => {
  /** A client whose answers to a read of many items are changed. */
  function reading(changed: object) {
    const client = tables.newClient();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          return commandName === 'BatchGetItemCommand'
            ? { ...answer, output: { ...answer.output, ...changed } }
            : answer;
        },
      { step: 'initialize' },
    );
    return openClaims(client, tables.members);
  }

  it('is null where the member has none any more', async () => {
    await claimed(3, 50);
    const page = await reading({ Responses: {} })(3, at(1000), null);
    expect(new Set(page.listed.map(({ claim }) => claim))).toEqual(new Set([null]));
  });

  it('is unreadable where the table was too busy', async () => {
    const other = await claimed(3, 50);
    const key = await claimed(3, 60);
    const Keys = [{ user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } }];
    const page = await reading({ UnprocessedKeys: { [tables.members]: { Keys } } })(3, at(1000), null);
    expect(page.listed.at(-1)).toMatchObject({ member: key, claim: 'unreadable' });
    expect(page.listed.at(-2)).toMatchObject({ member: other, claim: { phase: 'running' } });
  });

  it('is read once where the index lists its member twice', async () => {
    const key = await claimed(3, 70);
    const client = tables.newClient();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const answer = await next(args);
          if (commandName !== 'QueryCommand') return answer;
          const { Items = [] } = answer.output as { Items?: readonly object[] };
          return { ...answer, output: { ...answer.output, Items: [...Items, ...Items.slice(-1)] } };
        },
      { step: 'initialize' },
    );
    const page = await openClaims(client, tables.members)(3, at(1000), null);
    expect(page.listed.slice(-2)).toMatchObject([{ member: key }, { member: key }]);
  });
});
