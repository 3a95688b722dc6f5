/** The tables on a DynamoDB engine: one in this process, or the one that a conformance run gives. */
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { CreateTableCommand, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { isGiven } from '../conformance/given.ts';
import { makeGivenTables } from '../conformance/given-tables.ts';
import { type Table, tableInputs } from './table-inputs.ts';

/** An engine with the tables, empty. Tests keep apart by using members of their own. */
export interface LocalTables extends Readonly<Record<Table, string>> {
  readonly client: DynamoDBClient;
  /** Another client of the same engine: `dynamodb-at-scale.ts` changes one. */
  newClient(more?: DynamoDBClientConfig): DynamoDBClient;
  close(): Promise<void>;
}

// dynalite is CommonJS without types; these are the options used here.
const dynalite: (options: { createTableMs: number }) => Server = createRequire(import.meta.url)('dynalite');

/** Starts the engine on a free port of this machine; in a conformance run makes tables in the given one. */
export async function startLocalTables(): Promise<LocalTables> {
  if (isGiven('dynamodb')) return makeGivenTables();
  const server = dynalite({ createTableMs: 0 });
  const port = await listenOnLoopback(server);
  const newClient = (more: DynamoDBClientConfig = {}) =>
    new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      // One try: a lost condition or a bad request shows at once.
      maxAttempts: 1,
      ...more,
    });
  const client = newClient();
  for (const [TableName, input] of Object.entries(tableInputs)) {
    await client.send(new CreateTableCommand({ TableName, ...input }));
  }
  return {
    client,
    newClient,
    balances: 'balances',
    members: 'members',
    refreshes: 'refreshes',
    history: 'history',
    erasures: 'erasures',
    close: () => {
      client.destroy();
      return closed(server);
    },
  };
}

/** Listens on a free port of the loopback interface and says which. */
export function listenOnLoopback(server: Server = createServer()): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/** Ends a server, open connections included. */
export const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
