/** `tables copy-back`: puts back what a table has lost, from a copy that was restored beside it. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { userTombstone } from '../../shared/clients/member-item.ts';
import { scanPages } from '../../shared/clients/query-pages.ts';
import { balancesTable, historyTable, membersTable, refreshesTable } from '../../shared/clients/table-keys.ts';
import { epochMillisecondsOf, type Instant } from '../../shared/domain/instant.ts';
import { confirmed } from './confirmed.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { pace } from './pace.ts';
import { progress } from './progress.ts';
import { counted, table as tableOf } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** The tables, the stack outputs with their names, and their keys. That of the receipts is never restored to an earlier time. */
const tables = {
  members: { output: 'MembersTable', timeToLive: null, ...membersTable },
  balances: { output: 'BalancesTable', timeToLive: null, ...balancesTable },
  refreshes: { output: 'RefreshesTable', ...refreshesTable },
  history: { output: 'HistoryTable', ...historyTable },
} as const;

/** What a table is called on the command line. */
export type TableName = keyof typeof tables;
export const tableNames = Object.keys(tables) as readonly TableName[];

/** What to copy, and how. */
export interface CopyBackOptions {
  readonly name: TableName;
  /** The table that was restored. */
  readonly from: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  /** The most items a second: the functions use the same table. */
  readonly perSecond: number;
}

/** What becomes of an item of the copy. */
type Fate = 'copied' | 'there' | 'deleted' | 'expired' | 'pauses';

const words: Readonly<Record<Fate, string>> = {
  copied: 'copied',
  there: 'there already',
  deleted: 'left out: of a deleted member or user',
  expired: 'left out: expired',
  pauses: 'left out: pauses',
};

/** Items that are looked at and written at the same time. */
const AT_ONCE = 16;

/**
 * Writes each item of the copy that the table does not have, and overwrites none. Left out is what names a deleted member or an erased
 * user, what has expired, and former pauses. Run again, it goes on.
 *
 * @throws Stop `usage` when the copy is none of this table, `unconfirmed`, `interrupted`; the SDK's errors as they are. What was copied
 * until then is said.
 */
export async function copyBack(
  deployment: Deployment,
  terminal: Terminal,
  { name, from, dryRun, yes, json, perSecond }: CopyBackOptions,
): Promise<void> {
  const { output, partitionKey, sortKey, timeToLive } = tables[name];
  const to = deployment.output(output);
  if (from === to) throw new Stop(exitCodes.usage, `${from} is the table itself. Nothing was changed.`);
  terminal.say(`${dryRun ? 'What copying back would do' : 'Copying back'} from ${from} to ${to} · ${deployment.place}`);
  if (!dryRun) await confirmed(`Copy what ${to} of ${deployment.place} lacks from ${from}?`, yes, terminal);
  const client = deployment.dynamoDb();
  const counts: Record<Fate, number> = { copied: 0, there: 0, deleted: 0, expired: 0, pauses: 0 };
  const turn = pace(perSecond, terminal);
  const all = (): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const tell = progress(terminal, () => `${counted(all(), 'item')} …`);

  async function copyOne(item: Item): Promise<void> {
    counts[await copied(item)] += 1;
    tell();
  }

  async function copied(item: Item): Promise<Fate> {
    const left = leftOut(item, { gone, timeToLive, now: terminal.now() });
    if (left !== null) return left;
    await turn();
    const Key = { [partitionKey]: item[partitionKey], [sortKey]: item[sortKey] } as Item;
    const read = new GetItemCommand({ TableName: to, Key, ConsistentRead: true, ProjectionExpression: partitionKey });
    if ((await client.send(read)).Item !== undefined) return 'there';
    return dryRun ? 'copied' : putUnlessThere(client, { table: to, item, partitionKey });
  }

  let gone: ReadonlySet<string> = new Set();
  try {
    gone = await goneGuids(client, deployment.output('MembersTable'));
    for await (const items of copyPages(client, from)) {
      if (items.some((item) => item[partitionKey] === undefined || item[sortKey] === undefined)) {
        throw new Stop(
          exitCodes.usage,
          `The items of ${from} have no ${partitionKey} and ${sortKey}: it is no copy of ${to}.`,
        );
      }
      for (let at = 0; at < items.length && !terminal.stop.aborted; at += AT_ONCE) {
        const settled = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(copyOne));
        // After all of them: what is written is counted.
        const failed = settled.find(({ status }) => status === 'rejected');
        if (failed?.status === 'rejected') throw failed.reason;
      }
      if (terminal.stop.aborted) break;
    }
  } catch (error) {
    if (!terminal.stop.aborted) throw error;
  } finally {
    client.destroy();
    const rows = Object.entries(counts).map(([fate, count]) => [words[fate as Fate], count.toLocaleString('en-US')]);
    const summary = { ...counts, dry_run: dryRun };
    await writeDone(
      terminal,
      json
        ? `${JSON.stringify({ summary })}\n`
        : tableOf([dryRun ? 'dry run, nothing was changed' : 'what became of them', 'items'], rows),
    );
  }
  if (terminal.stop.aborted) {
    throw new Stop(exitCodes.interrupted, 'Interrupted. Run again, the command goes on from here.');
  }
}

/** Why an item of a copy is not copied; null: it is, unless it is there. `gone`: guids of deleted members and erased users. */
export function leftOut(
  item: Item,
  {
    gone,
    timeToLive,
    now,
  }: { readonly gone: ReadonlySet<string>; readonly timeToLive: string | null; readonly now: Instant },
): Exclude<Fate, 'copied' | 'there'> | null {
  // Of all tables’ items only that of the pauses has it.
  if (item[refreshesTable.partitionKey]?.S === refreshesTable.pausesPartition) return 'pauses';
  const named = JSON.stringify(item).match(/(?:USR|MBR)-[\w-]+/g) ?? [];
  if (named.some((guid) => gone.has(guid))) return 'deleted';
  const expiresAt = timeToLive === null ? undefined : item[timeToLive]?.N;
  return expiresAt !== undefined && Number(expiresAt) * 1_000 <= epochMillisecondsOf(now) ? 'expired' : null;
}

/** The guids of members that were deleted and of users who were erased. */
async function goneGuids(client: DynamoDBClient, TableName: string): Promise<ReadonlySet<string>> {
  const { partitionKey, sortKey } = membersTable;
  const gone = new Set<string>();
  const deleted = scanPages(client, {
    TableName,
    ConsistentRead: true,
    FilterExpression: 'attribute_exists(deleted_at)',
    ProjectionExpression: `${partitionKey}, ${sortKey}`,
  });
  for await (const items of deleted) {
    for (const { [partitionKey]: user, [sortKey]: key } of items) {
      const isUser = key?.S === userTombstone('')[sortKey]?.S;
      const guid = isUser ? user?.S : key?.S;
      if (guid !== undefined) gone.add(guid);
    }
  }
  return gone;
}

/** The pages of the copy. @throws Stop `usage` when there is no such table. */
async function* copyPages(client: DynamoDBClient, TableName: string): AsyncGenerator<readonly Item[]> {
  try {
    yield* scanPages(client, { TableName, ConsistentRead: true });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceNotFoundException')) throw error;
    throw new Stop(exitCodes.usage, `There is no table ${TableName} here: is it restored yet, in this region?`, {
      cause: error,
    });
  }
}

async function putUnlessThere(
  client: DynamoDBClient,
  { table, item, partitionKey }: { readonly table: string; readonly item: Item; readonly partitionKey: string },
): Promise<'copied' | 'there'> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: item,
        ConditionExpression: `attribute_not_exists(${partitionKey})`,
      }),
    );
    return 'copied';
  } catch (error) {
    // A function was quicker, or an earlier try of this call whose answer was lost.
    if (error instanceof ConditionalCheckFailedException) return 'there';
    throw error;
  }
}
