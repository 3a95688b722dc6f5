/**
 * What is learnt of institutions: items of the refreshes table, one per institution, day and shard, that consist of
 * counters. Learning from a refresh is one atomic `ADD`; a lost or doubled one costs a sample. Items expire.
 *
 * The directory has an item per institution with the day on which a refresh was last counted: what lists institutions
 * reads it, and no table has to be read whole. It is written by the count that makes a day's item, so at most four times a
 * day. When that write is lost, the next day or another shard writes it.
 */
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Clock, epochMillisecondsOf, type Instant } from '../domain/instant.ts';
import type { CountedEnd, DayCounts, Institutions, ListedInstitution } from '../domain/institutions-ports.ts';
import { BINS, type JobCounts, type JobLengths, learnedLengths } from '../domain/job-lengths.ts';
import { everyDropReason } from '../domain/job-sample.ts';
import { everyOutcome } from '../domain/outcome.ts';
import type { Item } from './attribute-values.ts';
import { queryPage } from './query-pages.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

/** Counters of one day and institution are spread over so many items: at 500 ends a second each is written 125 times. */
const SHARDS = 4;

/** How many items are read for the lengths, the newest ones. Four of a day at most, and 50 jobs are enough. */
const ITEMS_READ = 40;

/** How long a day's counters are kept. */
const KEPT_DAYS = 35;

/** How long what was read is used. */
const READ_EVERY_SECONDS = 60;

/** The most institutions that one instance remembers. */
const REMEMBERED = 2_000;

/** What it needs beside the table. */
export interface InstitutionsOptions {
  readonly now: Clock;
  /** In [0, 1): chooses the shard. */
  readonly random: () => number;
  /** Told when the table did not answer: looks are planned by the usual lengths then. */
  readonly unread: (error: unknown) => void;
  /** Told when an institution could not be put into the directory. */
  readonly unlisted: (error: unknown) => void;
}

/** What is learnt, in table `tableName`. */
export function institutionsInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  { now, random, unread, unlisted }: InstitutionsOptions,
): Institutions {
  const remembered = new Map<string, { readonly untilMs: number; readonly lengths: Promise<JobLengths> }>();
  const usual = learnedLengths([]);

  async function read(code: string): Promise<JobLengths> {
    try {
      const query = {
        TableName: tableName,
        ...newestOf(code),
        Limit: ITEMS_READ,
      };
      const { items } = await queryPage(client, query, undefined);
      return learnedLengths(items.map(jobCountsIn));
    } catch (error) {
      unread(error);
      return usual;
    }
  }

  /** Puts an institution into the directory, or says there that it was met again. */
  const enter = (code: string, { day, expires }: { readonly day: string; readonly expires: AttributeValue }) =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: directoryKey(code),
        UpdateExpression: `SET counted_on = :day, ${refreshesTable.timeToLive} = :expires`,
        ExpressionAttributeValues: { ':day': { S: day }, ':expires': expires },
      }),
    );

  return {
    async lengths(code) {
      if (code === null) return usual;
      const present = epochMillisecondsOf(now());
      const known = remembered.get(code);
      if (known !== undefined && known.untilMs > present) return known.lengths;
      if (remembered.size >= REMEMBERED) remembered.clear();
      const lengths = read(code);
      remembered.set(code, { untilMs: present + READ_EVERY_SECONDS * 1000, lengths });
      return lengths;
    },

    async count(code, ended) {
      const { outcome, sample, isAnswer, endedAt } = ended;
      const day = dayOf(endedAt);
      const shard = Math.floor(random() * SHARDS);
      const expires = expiresAt(endedAt, { days: KEPT_DAYS });
      const { Attributes: before } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: {
            [refreshesTable.partitionKey]: { S: partitionOf(code) },
            [refreshesTable.sortKey]: { S: `${DAY}${day}#${shard}` },
          },
          UpdateExpression: `SET ${refreshesTable.timeToLive} = :expires${isAnswer ? ', la = :ended' : ''} ADD ${sampleAttribute(sample)} :one, ${outcomeAttribute(outcome)} :one`,
          ExpressionAttributeValues: {
            ':expires': expires,
            ':one': { N: '1' },
            ...(isAnswer ? { ':ended': { S: endedAt } } : {}),
          },
          // Nothing, when the item was made.
          ReturnValues: 'UPDATED_OLD',
        }),
      );
      if (before === undefined) await enter(code, { day, expires }).catch(unlisted);
    },
  };
}

/** Of two days at most. */
const ITEMS_FOR_ANSWER = 2 * SHARDS;

/** When the bank last showed that it answers, by the newest items. */
export async function lastAnswerIn(client: DynamoDBClient, tableName: string, code: string): Promise<Instant | null> {
  const { items } = await queryPage(
    client,
    { TableName: tableName, ...newestOf(code), Limit: ITEMS_FOR_ANSWER, ConsistentRead: true },
    undefined,
  );
  return (
    items
      .flatMap(({ la }) => la?.S ?? [])
      .toSorted()
      .at(-1) ?? null
  );
}

/** Nothing is learnt. */
export const noInstitutions: Institutions = {
  lengths: async () => null,
  count: async () => {},
};

/** The items of an institution, newest first. */
const newestOf = (code: string) => ({
  KeyConditionExpression: `${refreshesTable.partitionKey} = :institution AND begins_with(${refreshesTable.sortKey}, :day)`,
  ExpressionAttributeValues: { ':institution': { S: partitionOf(code) }, ':day': { S: DAY } },
  ScanIndexForward: false,
});

const DAY = 'DAY#';
/** Sorts behind every day. */
const DAYS_END = 'DAY~';
const partitionOf = (code: string): string => `INSTITUTION#${code}`;

const dayOf = (instant: Instant): string => instant.slice(0, '2026-11-26'.length);

/** The items of an institution, of `day` and of later days. */
export const countsSince = (code: string, day: string) => ({
  KeyConditionExpression: `${refreshesTable.partitionKey} = :institution AND ${refreshesTable.sortKey} BETWEEN :from AND :end`,
  ExpressionAttributeValues: {
    ':institution': { S: partitionOf(code) },
    ':from': { S: DAY + day },
    ':end': { S: DAYS_END },
  },
});

/** The partition of the directory. An institution's code is the sort key. */
export const DIRECTORY = 'INSTITUTIONS';

/** The key of an institution in the directory. */
export const directoryKey = (code: string): Item => ({
  [refreshesTable.partitionKey]: { S: DIRECTORY },
  [refreshesTable.sortKey]: { S: code },
});

/** Reads an item of the directory. */
export const listedIn = (item: Item): ListedInstitution => ({
  code: item[refreshesTable.sortKey]?.S ?? '',
  countedOn: item['counted_on']?.S ?? '',
});

/** `b00` to `b23`: ADD works on top-level attributes only. */
const binAttribute = (bin: number): string => `b${String(bin).padStart(2, '0')}`;

/** Why nothing was learnt is counted beside what was. */
const sampleAttribute = (sample: CountedEnd['sample']): string =>
  'bin' in sample ? binAttribute(sample.bin) : `d_${sample.dropped}`;

const outcomeAttribute = (outcome: CountedEnd['outcome']): string => `o_${outcome}`;

const countIn = (item: Item, name: string): number => Number(item[name]?.N ?? 0);

const dayIn = (item: Item): string =>
  item[refreshesTable.sortKey]?.S?.slice(DAY.length, DAY.length + '2026-11-26'.length) ?? '';

const binsIn = (item: Item): readonly number[] =>
  Array.from({ length: BINS }, (_, bin) => countIn(item, binAttribute(bin)));

const jobCountsIn = (item: Item): JobCounts => ({
  period: dayIn(item),
  bins: binsIn(item),
  tooWide: countIn(item, sampleAttribute({ dropped: 'too_wide' })),
});

/** Reads an item of counters. */
export const dayCountsIn = (item: Item): DayCounts => ({
  day: dayIn(item),
  outcomes: Object.fromEntries(everyOutcome.map((outcome) => [outcome, countIn(item, outcomeAttribute(outcome))])),
  bins: binsIn(item),
  dropped: Object.fromEntries(
    everyDropReason.map((dropped) => [dropped, countIn(item, sampleAttribute({ dropped }))] as const),
  ),
});
