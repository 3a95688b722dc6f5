/**
 * Writes that happen only if a condition holds. A condition that does not hold is an answer, false or null; every other
 * error is thrown, because then nothing is known about the item.
 *
 * The SDK repeats a write whose answer was lost, and the repetition's condition fails on what the first one has written.
 * Then the item is read, and if the write recognises it as its own (`isDone`), the condition counts as held.
 *
 * In a change and a condition, `#start` stands for the attribute `start`: DynamoDB reserves such words.
 */
import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './attribute-values.ts';

/** When a write may happen. */
export interface Condition {
  /** A condition expression. */
  readonly condition: string;
  /** What the placeholders like `:at` stand for, in the condition and in the change. */
  readonly values?: Item;
}

/** Writes a whole item. */
export interface ConditionalPut extends Condition {
  readonly item: Item;
  /** How it is recognised. Left out: its repetition counts as a lost race. */
  readonly own?: Own;
}

/** How a write of this very call is recognised. */
export interface Own {
  readonly key: Item;
  /** Whether `item`, as it is now, was written by it. */
  readonly isDone: (item: Item) => boolean;
}

/** Deletes an item. */
export interface ConditionalDelete extends Condition {
  readonly key: Item;
}

/** Changes an item, or makes one with its key if there is none: the condition has to exclude that. */
export interface ConditionalUpdate extends Condition {
  readonly key: Item;
  /** An update expression; with SET, that comes first. */
  readonly change: string;
  /** Whether `item`, as it is now, was written by this very call. */
  readonly isDone?: (item: Item) => boolean;
}

/** Writes `item`. False when the condition did not hold. */
export async function putIf(
  client: DynamoDBClient,
  tableName: string,
  { item, own, ...when }: ConditionalPut,
): Promise<boolean> {
  const write = new PutItemCommand({ TableName: tableName, Item: item, ...expressions(when) });
  const { kind, mayBeOwn } = await outcomeOf(client.send(write));
  if (kind === 'held') return true;
  return mayBeOwn && (await ownItem(client, tableName, own)) !== null;
}

/** Deletes an item. False when the condition did not hold. */
export const deleteIf = (
  client: DynamoDBClient,
  tableName: string,
  { key, ...when }: ConditionalDelete,
): Promise<boolean> =>
  outcomeOf(client.send(new DeleteItemCommand({ TableName: tableName, Key: key, ...expressions(when) }))).then(
    ({ kind }) => kind === 'held',
  );

/** Changes an item. False when the condition did not hold. */
export async function updateIf(client: DynamoDBClient, tableName: string, update: ConditionalUpdate): Promise<boolean> {
  const { kind, mayBeOwn } = await outcomeOf(client.send(new UpdateItemCommand(updateInput(tableName, update))));
  return kind === 'held' || (mayBeOwn && (await ownItem(client, tableName, ownOf(update))) !== null);
}

/** Changes an item and gives it as it is then. Null when the condition did not hold. */
export async function updatedIf(
  client: DynamoDBClient,
  tableName: string,
  update: ConditionalUpdate,
): Promise<Item | null> {
  const write = new UpdateItemCommand({ ...updateInput(tableName, update), ReturnValues: 'ALL_NEW' });
  const outcome = await outcomeOf(client.send(write));
  if (outcome.kind === 'held') return outcome.answer.Attributes ?? {};
  return outcome.mayBeOwn ? ownItem(client, tableName, ownOf(update)) : null;
}

/**
 * `update`, which leaves a mark of this call in the item, by which the call recognises its own write. After another
 * write since, the mark is gone, and the call counts as lost.
 */
export function withMark(update: ConditionalUpdate): ConditionalUpdate {
  const mark = crypto.randomUUID().slice(0, 8);
  const { change, values } = update;
  return {
    ...update,
    change: change.startsWith('SET ') ? change.replace('SET ', 'SET mark = :mark, ') : `SET mark = :mark ${change}`,
    values: { ...values, ':mark': { S: mark } },
    isDone: (item) => item['mark']?.S === mark || (update.isDone?.(item) ?? false),
  };
}

const updateInput = (
  tableName: string,
  { key, change, isDone: _, ...when }: ConditionalUpdate,
): UpdateItemCommandInput => ({
  TableName: tableName,
  Key: key,
  UpdateExpression: change,
  ...expressions(when, change),
});

const expressions = ({ condition, values }: Condition, change = '') => ({
  ConditionExpression: condition,
  ExpressionAttributeValues: values,
  ...namesIn(change + condition),
});

function namesIn(expression: string): { ExpressionAttributeNames?: Record<string, string> } {
  const names = (expression.match(/#\w+/g) ?? []).map((placeholder) => [placeholder, placeholder.slice(1)] as const);
  return names.length === 0 ? {} : { ExpressionAttributeNames: Object.fromEntries(names) };
}

type Outcome<Answer> =
  | { readonly kind: 'held'; readonly answer: Answer; readonly mayBeOwn: false }
  /** `mayBeOwn`: it was sent more than once, so that the condition may have failed at what the first one has written. */
  | { readonly kind: 'lost'; readonly mayBeOwn: boolean };

async function outcomeOf<Answer>(write: Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { kind: 'held', answer: await write, mayBeOwn: false };
  } catch (error) {
    // By its name: a project that uses the reader may have another copy of the SDK, with classes of its own.
    if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
    return { kind: 'lost', mayBeOwn: attemptsOf(error) !== 1 };
  }
}

/** How often the SDK has sent it; null when it does not say. */
function attemptsOf(error: Error): unknown {
  const metadata: unknown = '$metadata' in error ? error.$metadata : null;
  return typeof metadata === 'object' && metadata !== null && 'attempts' in metadata ? metadata.attempts : null;
}

const ownOf = ({ key, isDone }: ConditionalUpdate): Own | undefined => isDone && { key, isDone };

/** The item as it is now, if this very call has written it. */
async function ownItem(client: DynamoDBClient, tableName: string, own: Own | undefined): Promise<Item | null> {
  if (own === undefined) return null;
  const { Item: found } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: own.key, ConsistentRead: true }),
  );
  return found !== undefined && own.isDone(found) ? found : null;
}
