/**
 * The breakers of institutions, and which of them have no balance checks, in one partition of the refreshes table: a bank
 * without trouble has no item in it.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import type { Breakers, OpenBreaker, StoredTrouble } from '../domain/institutions-ports.ts';
import type { NotSupported } from '../domain/not-supported.ts';
import { noTrouble } from '../domain/trouble.ts';
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

/** What was read of all of them. */
interface KnownTrouble {
  readonly open: ReadonlyMap<string, OpenBreaker>;
  readonly notSupported: ReadonlyMap<string, NotSupported>;
}

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
  let known: { readonly untilMs: number; readonly trouble: Promise<KnownTrouble> } | null = null;

  async function readAll(): Promise<KnownTrouble> {
    const open = new Map<string, OpenBreaker>();
    const notSupported = new Map<string, NotSupported>();
    try {
      for (const { code, breaker, checks } of await allBreakers(client, tableName)) {
        if (breaker.open !== null) open.set(code, breaker.open);
        if (checks.notSupported !== null) notSupported.set(code, checks.notSupported);
      }
    } catch (error) {
      unread(error);
    }
    return { open, notSupported };
  }

  function trouble(): Promise<KnownTrouble> {
    const present = epochMillisecondsOf(now());
    if (known === null || known.untilMs <= present) {
      known = { untilMs: present + READ_EVERY_SECONDS * 1000, trouble: readAll() };
    }
    return known.trouble;
  }

  return {
    open: async () => (await trouble()).open,

    notSupported: async () => (await trouble()).notSupported,

    async read(code) {
      return (await storedBreaker(client, tableName, code)) ?? { ...noTrouble, version: 0 };
    },

    async write(code, { breaker, checks }, version) {
      known = null;
      const state = JSON.stringify(breaker);
      const checked = JSON.stringify(checks);
      // Not a PutItem, which some of the functions that end refreshes may not do to this table.
      return updateIf(client, tableName, {
        key: keyOf(code),
        change: `SET #state = :state, checks = :checks, v = :next, ${refreshesTable.timeToLive} = :expires`,
        condition: version === 0 ? `attribute_not_exists(${refreshesTable.partitionKey})` : 'v = :version',
        values: {
          ':state': { S: state },
          ':checks': { S: checked },
          ':next': { N: String(version + 1) },
          ':expires': expiresAt(now(), { days: KEPT_DAYS }),
          ...(version === 0 ? {} : { ':version': { N: String(version) } }),
        },
        isDone: (item) =>
          item['v']?.N === String(version + 1) && item['state']?.S === state && item['checks']?.S === checked,
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

/** What is kept of every institution with trouble, with the code of its institution. */
export async function allBreakers(
  client: DynamoDBClient,
  tableName: string,
): Promise<readonly (StoredTrouble & { readonly code: string })[]> {
  const found: (StoredTrouble & { code: string })[] = [];
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

/** What is kept of an institution, as it is now; null: nothing. */
export async function storedBreaker(
  client: DynamoDBClient,
  tableName: string,
  code: string,
): Promise<StoredTrouble | null> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: keyOf(code), ConsistentRead: true }),
  );
  return item === undefined ? null : stored(item);
}

/** No breaker is ever open, and every institution has balance checks. */
export const noBreakers: Breakers = {
  open: async () => new Map(),
  notSupported: async () => new Map(),
  read: async () => ({ ...noTrouble, version: 0 }),
  // As if another had been faster: nothing is kept.
  write: async () => false,
  lastAnswerAt: async () => null,
  untold: async () => [],
};

const keyOf = (code: string): Item => ({
  [refreshesTable.partitionKey]: { S: PARTITION },
  [refreshesTable.sortKey]: { S: code },
});

function stored(item: Item): StoredTrouble {
  // Written by `write` alone; by an earlier version of it without what that did not know.
  return {
    breaker: { ...noTrouble.breaker, ...JSON.parse(item['state']?.S ?? '{}') },
    checks: { ...noTrouble.checks, ...JSON.parse(item['checks']?.S ?? '{}') },
    version: Number(item['v']?.N),
  };
}
