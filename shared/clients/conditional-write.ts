/**
 * Writes that happen only if a condition holds. A condition that does not hold is an answer, false or null; every other
 * error is thrown, because then nothing is known about the item.
 *
 * In a change and a condition, `#start` stands for the attribute `start`: DynamoDB reserves such words.
 */
import {
  DeleteItemCommand,
  type DynamoDBClient,
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
}

/** Deletes an item. */
export interface ConditionalDelete extends Condition {
  readonly key: Item;
}

/** Changes an item, or makes one with its key if there is none: the condition has to exclude that. */
export interface ConditionalUpdate extends Condition {
  readonly key: Item;
  /** An update expression. */
  readonly change: string;
}

/** Writes `item`. False when the condition did not hold. */
export const putIf = (client: DynamoDBClient, tableName: string, { item, ...when }: ConditionalPut): Promise<boolean> =>
  held(client.send(new PutItemCommand({ TableName: tableName, Item: item, ...expressions(when) })));

/** Deletes an item. False when the condition did not hold. */
export const deleteIf = (
  client: DynamoDBClient,
  tableName: string,
  { key, ...when }: ConditionalDelete,
): Promise<boolean> =>
  held(client.send(new DeleteItemCommand({ TableName: tableName, Key: key, ...expressions(when) })));

/** Changes an item. False when the condition did not hold. */
export const updateIf = (client: DynamoDBClient, tableName: string, update: ConditionalUpdate): Promise<boolean> =>
  held(client.send(new UpdateItemCommand(updateInput(tableName, update))));

/** Changes an item and gives it as it is then. Null when the condition did not hold. */
export async function updatedIf(
  client: DynamoDBClient,
  tableName: string,
  update: ConditionalUpdate,
): Promise<Item | null> {
  const written = await unlessLost(
    client.send(new UpdateItemCommand({ ...updateInput(tableName, update), ReturnValues: 'ALL_NEW' })),
  );
  return written === null ? null : (written.Attributes ?? {});
}

const updateInput = (tableName: string, { key, change, ...when }: ConditionalUpdate): UpdateItemCommandInput => ({
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

const held = async (write: Promise<unknown>): Promise<boolean> => (await unlessLost(write)) !== null;

async function unlessLost<Answer>(write: Promise<Answer>): Promise<Answer | null> {
  try {
    return await write;
  } catch (error) {
    // By its name: a project that uses the reader may have another copy of the SDK, with classes of its own.
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return null;
    throw error;
  }
}
