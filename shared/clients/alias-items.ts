/** Writing the items that lead from own ids to guids. */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Members } from '../domain/members-ports.ts';
import type { Item } from './attribute-values.ts';
import { memberAlias, ownIdOf, userAlias } from './member-item.ts';

/** Writes the own ids of members in table `tableName`. */
export const aliasWriter =
  (client: DynamoDBClient, tableName: string): Members['writeAliases'] =>
  async (member) => {
    const { userGuid, memberGuid } = member.key;
    const put = (key: Item, target: string) =>
      client.send(new PutItemCommand({ TableName: tableName, Item: { ...key, target_guid: { S: target } } }));
    // First: by it the user's own id is found when everything of the user is erased.
    if (member.userId !== null) await put(ownIdOf(userGuid, member.userId), userGuid);
    await Promise.all([
      member.userId === null ? undefined : put(userAlias(member.userId), userGuid),
      member.memberId === null ? undefined : put(memberAlias(userGuid, member.memberId), memberGuid),
    ]);
  };
