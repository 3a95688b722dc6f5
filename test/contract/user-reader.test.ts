/** What is stored of one user, beside other users and deleted members. */
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { balancesInDynamoDb } from '../../shared/clients/balances-table.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { MAX_PAGES, userReader } from '../../shared/clients/user-reader.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { at, mxAccount, mxMember, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import { withLateReplicas, withPagesOf } from './dynamodb-at-scale.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
/** Every answer holds two items, and other reads than strongly consistent ones find nothing. */
const client = withLateReplicas(withPagesOf(2, tables.newClient()));
const users = () => userReader(client, tables);
afterAll(async () => {
  client.destroy();
  await tables.close();
});

async function meet(key: MemberKey, accounts: readonly string[] = []): Promise<void> {
  const members = membersInDynamoDb(tables.client, tables.members, policy);
  const member = mxMember(key, { id: `own-${key.memberGuid}`, user_id: `own-${key.userGuid}` });
  await members.claim({ key, claim: startingClaim(refreshId(1)), starts: [], startsVersion: 0, member });
  await members.writeAliases(member);
  await members.putBody(key, { body: member.body, seenAt: at(5) });
  const balances = balancesInDynamoDb(tables.client, tables.balances, {
    keepAccountNumbers: false,
    keepUnknownFields: false,
  });
  const stamp = { observedAt: at(0), refreshId: refreshId(1), trigger: 'http' as const };
  await balances.store(
    key,
    accounts.map((guid) => mxAccount(guid)),
    stamp,
  );
}

describe('a user’s', () => {
  it('members are found, without deleted ones and other users’', async () => {
    const { userGuid } = newKey();
    for (const number of [3, 1, 2, 5, 4]) await meet({ userGuid, memberGuid: `MBR-${number}` });
    await meet(newKey());
    await tables.client.send(
      new UpdateItemCommand({
        TableName: tables.members,
        Key: { user_guid: { S: userGuid }, item_key: { S: 'MBR-2' } },
        UpdateExpression: 'SET deleted_at = :at',
        ExpressionAttributeValues: { ':at': { S: at(0) } },
      }),
    );
    const found = await users().members(userGuid);
    expect(found.map(({ key }) => key)).toEqual(
      ['MBR-1', 'MBR-3', 'MBR-4', 'MBR-5'].map((memberGuid) => ({ userGuid, memberGuid })),
    );
  });

  it('member objects are found by their members, without other users’', async () => {
    const { userGuid } = newKey();
    for (const number of [1, 2, 3]) await meet({ userGuid, memberGuid: `MBR-${number}` });
    await meet(newKey());
    const found = await users().bodies(userGuid);
    expect([...found].map(([guid, { body, seenAt }]) => [guid, body['guid'], seenAt])).toEqual([
      ['MBR-1', 'MBR-1', at(5)],
      ['MBR-2', 'MBR-2', at(5)],
      ['MBR-3', 'MBR-3', at(5)],
    ]);
  });

  it('balances are those of all its own members', async () => {
    const { userGuid } = newKey();
    await meet({ userGuid, memberGuid: 'MBR-1' }, ['ACT-1', 'ACT-2', 'ACT-3']);
    await meet({ userGuid, memberGuid: 'MBR-2' }, ['ACT-4']);
    await meet(newKey(), ['ACT-5']);
    const found = await users().balances(userGuid);
    expect(found.map(({ member, accountGuid }) => [member.memberGuid, accountGuid])).toEqual([
      ['MBR-1', 'ACT-1'],
      ['MBR-1', 'ACT-2'],
      ['MBR-1', 'ACT-3'],
      ['MBR-2', 'ACT-4'],
    ]);
  });

  it('guid is found by own id or itself', async () => {
    const key = newKey();
    await meet(key);
    expect(await users().resolve(`own-${key.userGuid}`)).toBe(key.userGuid);
    expect(await users().resolve(key.userGuid)).toBe(key.userGuid);
    expect(await users().resolve('nobody')).toBeNull();
  });

  it('list ends with a failure after so many pages', async () => {
    const { userGuid } = newKey();
    const guids = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => `ACT-${String(from + index).padStart(3, '0')}`);
    await meet({ userGuid, memberGuid: 'MBR-1' }, guids(0, 2 * MAX_PAGES - 1));
    expect(await users().balances(userGuid)).toHaveLength(2 * MAX_PAGES - 1);
    await meet({ userGuid, memberGuid: 'MBR-2' }, guids(100, 2));
    await expect(users().balances(userGuid)).rejects.toMatchObject({ code: 'too_many_to_list' });
  });
});
