/**
 * The operator's pauses: one item of the refreshes table, in a partition of its own. Functions read when the pauses are
 * and nothing else of it; the operator's command alone writes it (`infra/operator/pause.ts`): their roles are denied it.
 */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import { inOrder, type KeptPause, type Pause, type Pauses } from '../domain/pause.ts';
import type { Item } from './attribute-values.ts';
import { updateIf } from './conditional-write.ts';
import { refreshesTable } from './table-keys.ts';

const key: Item = {
  [refreshesTable.partitionKey]: { S: refreshesTable.pausesPartition },
  [refreshesTable.sortKey]: { S: 'pauses' },
};

/** How long what was read is used. */
const READ_EVERY_SECONDS = 15;

/** What it needs beside the table. */
export interface PausesOptions {
  readonly now: Clock;
  /** Told when the item could not be read: what was read last holds on. */
  readonly unread: (error: unknown) => void;
}

/**
 * The pauses in table `tableName`, for one function instance. An instance that has never read the item has no state that
 * could hold on: to call MX then might be to call it in a pause, so its reading's error is thrown. What the caller needs
 * besides stands in the same tables.
 */
export function pausesInDynamoDb(client: DynamoDBClient, tableName: string, { now, unread }: PausesOptions): Pauses {
  let last: readonly Pause[] | null = null;
  let reading: { readonly untilMs: number; readonly pauses: Promise<readonly Pause[]> } | null = null;

  async function read(): Promise<readonly Pause[]> {
    try {
      last = inOrder(await storedTimes(client, tableName));
    } catch (error) {
      if (last === null) {
        // Read again by the next call, not only in 15 seconds.
        reading = null;
        throw error;
      }
      unread(error);
    }
    return last;
  }

  return {
    known() {
      const present = epochMillisecondsOf(now());
      if (reading === null || reading.untilMs <= present) {
        reading = { untilMs: present + READ_EVERY_SECONDS * 1000, pauses: read() };
      }
      return reading.pauses;
    },
  };
}

async function storedTimes(client: DynamoDBClient, tableName: string): Promise<readonly Pause[]> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true, ProjectionExpression: 'times' }),
  );
  return timesIn(item);
}

/** Pairs of instants, as `writePauses` writes them. */
const timesIn = (item: Item | undefined): readonly Pause[] =>
  (JSON.parse(item?.['times']?.S ?? '[]') as [string, string][]).map(([from, until]) => ({ from, until }));

/** The pauses with their reasons, and the version that a change is made to; 0: there is no item yet. */
export interface StoredPauses {
  readonly pauses: readonly KeptPause[];
  readonly version: number;
}

/** For the operator's command. */
export async function readPauses(client: DynamoDBClient, tableName: string): Promise<StoredPauses> {
  const { Item: item } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
  );
  const reasons: readonly string[] = JSON.parse(item?.['reasons']?.S ?? '[]');
  const pauses = timesIn(item).map((pause, index) => ({ ...pause, why: reasons[index] ?? '' }));
  return { pauses, version: Number(item?.['v']?.N ?? 0) };
}

/** For the operator's command. False: another change came in between. */
export function writePauses(
  client: DynamoDBClient,
  tableName: string,
  { pauses, version }: StoredPauses,
): Promise<boolean> {
  const times = JSON.stringify(pauses.map(({ from, until }) => [from, until]));
  const reasons = JSON.stringify(pauses.map(({ why }) => why));
  return updateIf(client, tableName, {
    key,
    change: 'SET times = :times, reasons = :reasons, v = :next',
    condition: version === 0 ? `attribute_not_exists(${refreshesTable.partitionKey})` : 'v = :version',
    values: {
      ':times': { S: times },
      ':reasons': { S: reasons },
      ':next': { N: String(version + 1) },
      ...(version === 0 ? {} : { ':version': { N: String(version) } }),
    },
    isDone: (item) =>
      item['v']?.N === String(version + 1) && item['times']?.S === times && item['reasons']?.S === reasons,
  });
}
