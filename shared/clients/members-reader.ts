/** Reading members: what the API's functions may do. Reads are strongly consistent. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Members } from '../domain/members-ports.ts';
import type { Item } from './attribute-values.ts';
import { bodyKey, itemKey, memberAlias, toBody, toRecord, userAlias, userTombstone } from './member-item.ts';

const USER_GUID = /^USR-/;
const MEMBER_GUID = /^MBR-/;

/** Finding and reading members, nothing else. */
export type MembersReader = Pick<Members, 'resolve' | 'read' | 'readBody' | 'isUserErased'>;

/** The members in table `tableName`, for reading. */
export function membersReader(client: DynamoDBClient, tableName: string): MembersReader {
  const get = async (key: Item): Promise<Item | undefined> =>
    (await client.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item;

  const targetOf = async (alias: Item): Promise<string | undefined> => (await get(alias))?.['target_guid']?.S;

  return {
    async resolve({ userIdentifier, memberIdentifier }) {
      // Own ids must not begin like MX's guids (MX facts 1, "Identifiers"), so the prefix decides.
      const userGuid = USER_GUID.test(userIdentifier) ? userIdentifier : await targetOf(userAlias(userIdentifier));
      if (userGuid === undefined) return null;
      const memberGuid = MEMBER_GUID.test(memberIdentifier)
        ? memberIdentifier
        : await targetOf(memberAlias(userGuid, memberIdentifier));
      return memberGuid === undefined ? null : { userGuid, memberGuid };
    },

    async read({ userGuid, memberGuid }) {
      const item = await get(itemKey(userGuid, memberGuid));
      return item === undefined ? null : toRecord(item);
    },

    async readBody(key) {
      const item = await get(bodyKey(key));
      return item === undefined ? null : toBody(item);
    },

    isUserErased: async (userGuid) => (await get(userTombstone(userGuid))) !== undefined,
  };
}
