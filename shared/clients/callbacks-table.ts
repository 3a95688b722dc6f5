/**
 * The callbacks asked for: items in the refreshes table, beside their refresh, that expire with it. One item for each
 * caller, a set of ids and URLs, so that one conditional write keeps to the limit of callbacks for one caller.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CALLBACKS_PER_PAGE, type Callback, type Callbacks } from '../domain/notify-ports.ts';
import { updateIf } from './conditional-write.ts';
import { queryPages } from './query-pages.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

const PREFIX = 'CALLBACK#';

/** How much of a callback's id stands for its caller: `CBK-` and 16 characters. */
const CALLER_PART = 20;

/** The sort key of the item with the callbacks of the caller whose callback has this id. An empty one is before all. */
const itemKeyOf = (callbackId: string): string => PREFIX + callbackId.slice(0, CALLER_PART);

/** The callbacks in table `tableName`, kept for `retentionDays`. */
export const callbacksInDynamoDb = (client: DynamoDBClient, tableName: string, retentionDays: number): Callbacks => ({
  put({ id, refreshId, url }, most, at) {
    const { timeToLive } = refreshesTable;
    // Its repetition changes nothing, so a lost answer needs no mark.
    return updateIf(client, tableName, {
      key: { [refreshesTable.partitionKey]: { S: refreshId }, [refreshesTable.sortKey]: { S: itemKeyOf(id) } },
      change: `SET ${timeToLive} = if_not_exists(${timeToLive}, :expires) ADD callbacks :these`,
      condition: 'attribute_not_exists(callbacks) OR contains(callbacks, :this) OR size(callbacks) < :most',
      values: {
        ':expires': expiresAt(at, { days: retentionDays }),
        ':these': { SS: [`${id} ${url}`] },
        ':this': { S: `${id} ${url}` },
        ':most': { N: String(most) },
      },
    });
  },

  async page(refreshId, after) {
    const pages = queryPages(client, {
      TableName: tableName,
      // Consistent: a caller that has just written its callback and found the refresh running relies on this read.
      ConsistentRead: true,
      KeyConditionExpression: `${refreshesTable.partitionKey} = :refresh AND ${refreshesTable.sortKey} BETWEEN :first AND :last`,
      ExpressionAttributeValues: {
        ':refresh': { S: refreshId },
        // From the caller on in whose callbacks the page before has ended: more of them may be left.
        ':first': { S: itemKeyOf(after) },
        ':last': { S: `${PREFIX}~` },
      },
      Limit: CALLBACKS_PER_PAGE + 1,
    });
    const found: Callback[] = [];
    for await (const items of pages) {
      const callbacks = items
        .flatMap(({ callbacks: texts }) => texts?.SS ?? [])
        .map((text) => toCallback(refreshId, text));
      found.push(...callbacks.filter(({ id }) => id > after));
      if (found.length > CALLBACKS_PER_PAGE) break;
    }
    found.sort((a, b) => (a.id < b.id ? -1 : 1));
    return { callbacks: found.slice(0, CALLBACKS_PER_PAGE), hasMore: found.length > CALLBACKS_PER_PAGE };
  },
});

function toCallback(refreshId: string, text: string): Callback {
  const [id = '', url = ''] = text.split(' ');
  return { id, refreshId, url };
}

/** For a deployment without allowed hosts, where no callback can have been asked for. */
export const noCallbacks: Callbacks = {
  put: () => Promise.reject(new TypeError('callbacks are off, so no callback_url is accepted')),
  page: async () => ({ callbacks: [], hasMore: false }),
};
