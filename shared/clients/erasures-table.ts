/** Receipts of erasings, in a table of their own: a restore of the others leaves it as it is. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { AtMx, Erased, ErasureOrder, Receipt, Receipts, Subject } from '../domain/erasure-ports.ts';
import { nothingErased, RECEIPT_DAYS } from '../domain/erasure-ports.ts';
import type { FailureCode } from '../domain/failure.ts';
import type { Clock } from '../domain/instant.ts';
import type { Item } from './attribute-values.ts';
import { textIn } from './compact-values.ts';
import { updateIf } from './conditional-write.ts';
import { scanPages } from './query-pages.ts';
import { erasuresTable } from './table-keys.ts';
import { expiresAt, hasExpired } from './time-to-live.ts';

/** The id of a receipt: the same for the same subject and `atMx`. */
export const erasureIdOf = ({ userGuid, memberGuid }: Subject, atMx: AtMx): string =>
  `ERS-${createHash('sha256').update(`${userGuid} ${memberGuid} ${atMx}`).digest('hex').slice(0, 32)}`;

/** Whether `text` may be the id of a receipt. */
export const isErasureId = (text: string): boolean => /^ERS-[0-9a-f]{32}$/.test(text);

/** The item of the key that own ids are hashed with. */
const HASH_KEY = 'HASH_KEY';

/** The receipts in table `tableName`. */
export function receiptsInDynamoDb(client: DynamoDBClient, tableName: string, now: Clock): Receipts {
  const keyOf = (id: string): Item => ({ [erasuresTable.partitionKey]: { S: id } });

  async function get(id: string): Promise<Item | null> {
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: keyOf(id), ConsistentRead: true }),
    );
    const expires = item?.[erasuresTable.timeToLive];
    return item === undefined || (expires !== undefined && hasExpired(expires, now())) ? null : item;
  }

  /** Changes an item, or makes it; gives it as it is then. */
  async function set(id: string, change: string, values: Item): Promise<Item> {
    const { Attributes = {} } = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(id),
        UpdateExpression: change,
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes;
  }

  let hashKey: Promise<string> | null = null;
  async function makeHashKey(): Promise<string> {
    const made = { ':made': { S: randomBytes(32).toString('hex') } };
    return textIn(await set(HASH_KEY, 'SET hash_key = if_not_exists(hash_key, :made)', made), 'hash_key') ?? '';
  }
  async function nameId(name: string): Promise<string> {
    hashKey ??= makeHashKey();
    try {
      return `NAME-${createHmac('sha256', await hashKey)
        .update(name)
        .digest('hex')}`;
    } catch (error) {
      hashKey = null;
      throw error;
    }
  }

  return {
    async begin({ erasureId, userGuid, memberGuid, atMx, requestedAt }) {
      const once = (name: string): string => `${name} = if_not_exists(${name}, :${name})`;
      const values = {
        ':user_guid': { S: userGuid },
        ...(memberGuid === null ? {} : { ':member_guid': { S: memberGuid } }),
        ':at_mx': { S: atMx },
        ':requested_at': { S: requestedAt },
      };
      const names = Object.keys(values).map((name) => name.slice(1));
      return toReceipt(await set(erasureId, `SET ${names.map(once).join(', ')}`, values), erasureId);
    },

    async read(erasureId) {
      const item = await get(erasureId);
      return item && toReceipt(item, erasureId);
    },

    async add(erasureId, erased) {
      const counts = Object.entries(erased).filter(([, count]) => count > 0);
      const mark = crypto.randomUUID();
      // False: the SDK has sent it once more after its answer was lost. Not counted twice.
      await updateIf(client, tableName, {
        key: keyOf(erasureId),
        change: `SET mark = :mark REMOVE waits_code, waits_since ADD ${counts.map(([name]) => `${countOf[name as keyof Erased]} :${name}`).join(', ')}`,
        condition: 'attribute_exists(requested_at) AND (attribute_not_exists(mark) OR mark <> :mark)',
        values: {
          ':mark': { S: mark },
          ...Object.fromEntries(counts.map(([name, count]) => [`:${name}`, { N: String(count) }])),
        },
      });
    },

    async recordFailure(erasureId, code, at) {
      await set(erasureId, 'SET waits_code = :code, waits_since = if_not_exists(waits_since, :at)', {
        ':code': { S: code },
        ':at': { S: at },
      });
    },

    async finish(erasureId, doneAt) {
      const change = `SET done_at = :done, ${erasuresTable.timeToLive} = :expires REMOVE waits_code, waits_since`;
      await set(erasureId, change, { ':done': { S: doneAt }, ':expires': expiresAt(doneAt, { days: RECEIPT_DAYS }) });
    },

    async rememberName(name, guid, at) {
      await set(await nameId(name), `SET guid = :guid, ${erasuresTable.timeToLive} = :expires`, {
        ':guid': { S: guid },
        ':expires': expiresAt(at, { days: RECEIPT_DAYS + 1 }),
      });
    },

    async guidOf(name) {
      const item = await get(await nameId(name));
      return item && textIn(item, 'guid');
    },
  };
}

/** Attributes of the counts. */
const countOf: Readonly<Record<keyof Erased, string>> = {
  members: 'members',
  accounts: 'accounts',
  formerAmounts: 'former_amounts',
  refreshes: 'refreshes',
  membersAtMx: 'members_at_mx',
  usersAtMx: 'users_at_mx',
};

/** All receipts, in no order. */
export async function* allReceipts(client: DynamoDBClient, tableName: string): AsyncGenerator<Receipt> {
  for await (const items of scanPages(client, { TableName: tableName, ConsistentRead: true })) {
    for (const item of items) {
      const erasureId = textIn(item, erasuresTable.partitionKey);
      if (erasureId !== null && isErasureId(erasureId)) yield toReceipt(item, erasureId);
    }
  }
}

function toReceipt(item: Item, erasureId: string): Receipt {
  const order: ErasureOrder = {
    erasureId,
    userGuid: textIn(item, 'user_guid') ?? '',
    memberGuid: textIn(item, 'member_guid'),
    // Written by `begin` alone.
    atMx: (textIn(item, 'at_mx') ?? 'nothing') as AtMx,
    requestedAt: textIn(item, 'requested_at') ?? '',
  };
  const counts = Object.keys(nothingErased) as readonly (keyof Erased)[];
  const code = textIn(item, 'waits_code');
  return {
    ...order,
    erased: {
      ...nothingErased,
      ...Object.fromEntries(counts.map((name) => [name, Number(item[countOf[name]]?.N ?? 0)])),
    },
    doneAt: textIn(item, 'done_at'),
    waitsFor: code === null ? null : { code: code as FailureCode, since: textIn(item, 'waits_since') ?? '' },
  };
}
