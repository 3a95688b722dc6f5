/** The tables in the DynamoDB that a conformance run gives. */
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  ListTablesCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { type Table, tableInputs } from '../contract/table-inputs.ts';
import { newName } from './given.ts';

/** A client of the given engine: its endpoint, region and credentials are found as the SDK finds them. */
export const givenDynamoDb = (more: DynamoDBClientConfig = {}): DynamoDBClient => new DynamoDBClient(more);

/** Creates a table and waits until it can be used. @returns its name */
export async function makeTable(client: DynamoDBClient, kind: string, input: CreateInput): Promise<string> {
  const TableName = newName(kind);
  await client.send(new CreateTableCommand({ TableName, ...input }));
  await waitUntilTableExists({ client, maxWaitTime: 240, minDelay: 1, maxDelay: 4 }, { TableName });
  return TableName;
}

type CreateInput = (typeof tableInputs)[Table];

/** Makes tables, empty ones with names of their own; `close` removes them. */
export async function makeGivenTables() {
  const client = givenDynamoDb();
  const made = (kind: Table): Promise<string> => makeTable(client, kind, tableInputs[kind]);
  const [balances, members, refreshes, history, erasures] = await Promise.all([
    made('balances'),
    made('members'),
    made('refreshes'),
    made('history'),
    made('erasures'),
  ]);
  return {
    client,
    newClient: givenDynamoDb,
    balances,
    members,
    refreshes,
    history,
    erasures,
    async close(): Promise<void> {
      const removing = givenDynamoDb();
      for (const TableName of [balances, members, refreshes, history, erasures]) {
        await removing.send(new DeleteTableCommand({ TableName }));
      }
      removing.destroy();
      client.destroy();
    },
  };
}

/** The tables whose names begin with `prefix`. */
export async function tablesWith(prefix: string, client: DynamoDBClient): Promise<readonly string[]> {
  const found: string[] = [];
  let last: string | undefined;
  do {
    const page = await client.send(new ListTablesCommand({ ExclusiveStartTableName: last }));
    found.push(...(page.TableNames ?? []).filter((name) => name.startsWith(prefix)));
    last = page.LastEvaluatedTableName;
  } while (last !== undefined);
  return found;
}
