/** Counts the functions' AWS calls where they pass the local stack's gateway, with the capacity that DynamoDB charges. */
import type { AwsCall, AwsEngine } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { type Item, itemBytes, writeUnits } from '../dynamodb/item-size.ts';
import { type IndexDefinition, indexWriteUnits } from './index-writes.ts';

/** Sums by name; a name that was never added to counts 0. */
export class Sums {
  readonly #sums = new Map<string, number>();

  add(name: string, amount = 1): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + amount);
  }

  /** By name. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  get total(): number {
    return this.entries().reduce((sum, [, amount]) => sum + amount, 0);
  }

  clear(): void {
    this.#sums.clear();
  }
}

/** What was counted. Tables, indexes and functions under the names that AWS has for them. */
export class CountedCalls {
  /** By `function service action`. */
  readonly calls = new Sums();
  /** As the engine counts them, by table. */
  readonly writeUnits = new Sums();
  /** As the engine counts them, by table. */
  readonly readUnits = new Sums();
  /** By the model of `index-writes.ts`, by `table/index`. */
  readonly indexWriteUnits = new Sums();
  /** Writes whose condition did not hold, by table. They cost like any other. */
  readonly lostConditions = new Sums();
  /** Operations whose cost is not known here: with any of them, the counts are too low. */
  readonly uncounted = new Sums();
  /** Items as writes left them, by table. */
  readonly written: { readonly table: string; readonly item: Item }[] = [];

  /** Forgets everything. */
  clear(): void {
    for (const sums of [this.calls, this.writeUnits, this.readUnits, this.indexWriteUnits]) sums.clear();
    for (const sums of [this.lostConditions, this.uncounted]) sums.clear();
    this.written.length = 0;
  }
}

const puts: ReadonlySet<string> = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const reads: ReadonlySet<string> = new Set(['GetItem', 'Query', 'Scan']);

interface Table {
  readonly keys: readonly string[];
  readonly indexes: readonly IndexDefinition[];
}

/** What of DynamoDB's requests and answers is read here. */
interface Request {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
}
interface Answer {
  readonly Item?: Item;
  readonly ConsumedCapacity?: { readonly CapacityUnits: number };
  readonly Table?: {
    readonly KeySchema: readonly { readonly AttributeName: string }[];
    readonly GlobalSecondaryIndexes?: readonly {
      readonly IndexName: string;
      readonly KeySchema: readonly { readonly AttributeName: string }[];
      readonly Projection: { readonly ProjectionType: string; readonly NonKeyAttributes?: readonly string[] };
    }[];
  };
}

/**
 * Counts in `counted` what passes. DynamoDB is asked for the capacity of each call, which the functions themselves never
 * do, and written items are read before and after, one write of an item at a time, because index writes follow from what
 * changed.
 */
export function countingEngines(engines: AwsEngines, counted: CountedCalls): AwsEngines {
  const byFunction =
    (engine: AwsEngine): AwsEngine =>
    async (call) => {
      if (call.caller.via === 'function') counted.calls.add(`${call.caller.function} ${call.service} ${call.action}`);
      return engine(call);
    };
  return {
    dynamodb: byFunction(countingDynamoDb(engines.dynamodb, counted)),
    sqs: byFunction(engines.sqs),
    events: byFunction(engines.events),
    secretsmanager: byFunction(engines.secretsmanager),
    ssm: byFunction(engines.ssm),
    logs: byFunction(engines.logs),
    cloudformation: byFunction(engines.cloudformation),
    lambda: byFunction(engines.lambda),
  };
}

function countingDynamoDb(engine: AwsEngine, counted: CountedCalls): AwsEngine {
  const ask = async (action: string, input: object): Promise<Answer> => {
    const body = Buffer.from(JSON.stringify(input));
    return read(await engine({ caller: { via: 'tools' }, service: 'dynamodb', action, body }));
  };

  const tables = new Map<string, Promise<Table>>();
  const tableNamed = (name: string): Promise<Table> => {
    const known = tables.get(name) ?? ask('DescribeTable', { TableName: name }).then(describedTable);
    tables.set(name, known);
    return known;
  };

  const inTurn = inTurns();

  const itemAt = async (TableName: string, Key: Item): Promise<Item | null> =>
    (await ask('GetItem', { TableName, Key, ConsistentRead: true })).Item ?? null;

  const write = async (call: AwsCall, input: Request): ReturnType<AwsEngine> => {
    const { TableName } = input;
    const { keys, indexes } = await tableNamed(TableName);
    const key =
      input.Key ?? Object.fromEntries(Object.entries(input.Item ?? {}).filter(([name]) => keys.includes(name)));
    return inTurn(`${TableName} ${JSON.stringify(Object.entries(key).toSorted())}`, async () => {
      const before = await itemAt(TableName, key);
      const answer = await engine(withCapacity(call, input));
      if (answer.status !== 200) {
        if (!answer.body.toString().includes('ConditionalCheckFailedException')) return answer;
        counted.lostConditions.add(TableName);
        counted.writeUnits.add(TableName, writeUnits(before, null));
        return answer;
      }
      counted.writeUnits.add(TableName, consumed(read(answer)));
      const after = await itemAt(TableName, key);
      if (after !== null) counted.written.push({ table: TableName, item: after });
      for (const index of indexes) {
        const units = indexWriteUnits(index, before, after);
        if (units > 0) counted.indexWriteUnits.add(`${TableName}/${index.name}`, units);
      }
      return answer;
    });
  };

  return async (call) => {
    if (call.caller.via !== 'function') return engine(call);
    const input = JSON.parse(call.body.toString()) as Request;
    if (puts.has(call.action)) return write(call, input);
    if (!reads.has(call.action)) {
      counted.uncounted.add(call.action);
      return engine(call);
    }
    const answer = await engine(withCapacity(call, input));
    if (answer.status === 200) counted.readUnits.add(input.TableName, consumed(read(answer)));
    return answer;
  };
}

/** Mean and largest size of written items, in bytes. */
export function sizesOf(items: readonly Item[]): { readonly mean: number; readonly largest: number } {
  const sizes = items.map(itemBytes);
  return { mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length, largest: Math.max(...sizes) };
}

const withCapacity = (call: AwsCall, input: object): AwsCall => ({
  ...call,
  body: Buffer.from(JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' })),
});

const read = ({ body }: { readonly body: string | Buffer }): Answer => JSON.parse(body.toString()) as Answer;

function consumed({ ConsumedCapacity }: Answer): number {
  if (ConsumedCapacity === undefined) throw new Error('the engine did not say what the call cost');
  return ConsumedCapacity.CapacityUnits;
}

function describedTable({ Table }: Answer): Table {
  if (Table === undefined) throw new Error('DescribeTable described no table');
  const namesIn = (schema: readonly { readonly AttributeName: string }[]) =>
    schema.map(({ AttributeName }) => AttributeName);
  const keys = namesIn(Table.KeySchema);
  const indexes = (Table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) => {
    const own = namesIn(KeySchema);
    const { ProjectionType, NonKeyAttributes = [] } = Projection;
    return {
      name: IndexName,
      keys: own,
      projected: ProjectionType === 'ALL' ? null : new Set([...keys, ...own, ...NonKeyAttributes]),
    };
  });
  return { keys, indexes };
}

/** Runs what has the same name one after the other, in the order of the calls. */
function inTurns(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work);
    last.set(name, turn);
    return turn;
  };
}
