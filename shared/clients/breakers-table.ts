/** The breakers of institutions, in one partition of the refreshes table: a bank without trouble has no item in it. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Breaker, closedBreaker } from '../domain/breaker.ts';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import type { Breakers, OpenBreaker, StoredBreaker } from '../domain/institutions-ports.ts';
import type { Item } from './attribute-values.ts';
import { updateIf } from './conditional-write.ts';
import { lastAnswerIn } from './institutions-table.ts';
import { queryPages } from './query-pages.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

const PARTITION = 'BREAKERS';

/** How long what was read of all of them is used. */
const READ_EVERY_SECONDS = 15;

/** How long a breaker is kept after its last change. */
const KEPT_DAYS = 35;

/** What it needs beside the table. */
export interface BreakersOptions {
  readonly now: Clock;
  /** Told when the table did not answer: no breaker counts as open then. */
  readonly unread: (error: unknown) => void;
}

/** The breakers, in table `tableName`. */
export function breakersInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  { now, unread }: BreakersOptions,
): Breakers {
  let known: { readonly untilMs: number; readonly open: Promise<ReadonlyMap<string, OpenBreaker>> } | null = null;

  async function openNow(): Promise<ReadonlyMap<string, OpenBreaker>> {
    try {
      return new Map(
        (await allBreakers(client, tableName)).flatMap(({ code, breaker }) =>
          breaker.open === null ? [] : [[code, breaker.open]],
        ),
      );
    } catch (error) {
      unread(error);
      return new Map();
    }
  }

  return {
    open() {
      const present = epochMillisecondsOf(now());
      if (known === null || known.untilMs <= present) {
        known = { untilMs: present + READ_EVERY_SECONDS * 1000, open: openNow() };
      }
      return known.open;
    },

    async read(code) {
      return (await storedBreaker(client, tableName, code)) ?? { breaker: closedBreaker, version: 0 };
    },

    async write(code, breaker, version) {
      known = null;
      const state = JSON.stringify(breaker);
      // Not a PutItem, which some of the functions that end refreshes may not do to this table.
      return updateIf(client, tableName, {
        key: keyOf(code),
        change: `SET #state = :state, v = :next, ${refreshesTable.timeToLive} = :expires`,
        condition: version === 0 ? `attribute_not_exists(${refreshesTable.partitionKey})` : 'v = :version',
        values: {
          ':state': { S: state },
          ':next': { N: String(version + 1) },
          ':expires': expiresAt(now(), { days: KEPT_DAYS }),
          ...(version === 0 ? {} : { ':version': { N: String(version) } }),
        },
        isDone: (item) => item['v']?.N === String(version + 1) && item['state']?.S === state,
      });
    },

    lastAnswerAt: (code) => lastAnswerIn(client, tableName, code),

    async untold() {
      return (await allBreakers(client, tableName)).flatMap(({ code, breaker }) =>
        breaker.untold.length === 0 ? [] : [code],
      );
    },
  };
}

/** Every breaker that is kept, with the code of its institution. */
export async function allBreakers(
  client: DynamoDBClient,
  tableName: string,
): Promise<readonly (StoredBreaker & { readonly code: string })[]> {
  const found: (StoredBreaker & { code: string })[] = [];
  const query = {
    TableName: tableName,
    KeyConditionExpression: `${refreshesTable.partitionKey} = :breakers`,
    ExpressionAttributeValues: { ':breakers': { S: PARTITION } },
  };
  for await (const items of queryPages(client, query)) {
    for (const item of items) found.push({ ...stored(item), code: item[refreshesTable.sortKey]?.S ?? '' });
  }
  return found;
}

/** The breaker of an institution, as it is now; null: none is kept. */
export async function storedBreaker(
  client: DynamoDBClient,
  tableName: string,
  code: string,
): Promise<StoredBreaker | null> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: keyOf(code), ConsistentRead: true }),
  );
  return item === undefined ? null : stored(item);
}

/** No breaker is ever open. */
export const noBreakers: Breakers = {
  open: async () => new Map(),
  read: async () => ({ breaker: closedBreaker, version: 0 }),
  // As if another had been faster: nothing is kept.
  write: async () => false,
  lastAnswerAt: async () => null,
  untold: async () => [],
};

const keyOf = (code: string): Item => ({
  [refreshesTable.partitionKey]: { S: PARTITION },
  [refreshesTable.sortKey]: { S: code },
});

function stored(item: Item): StoredBreaker {
  // Written by `write` alone.
  const breaker = JSON.parse(item['state']?.S ?? '') as Breaker;
  return { breaker, version: Number(item['v']?.N) };
}
