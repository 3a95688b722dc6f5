/** The tables on a DynamoDB engine in this process, made from the constants that the stack makes them from. */
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  type KeySchemaElement,
  type Projection,
} from '@aws-sdk/client-dynamodb';
import { balancesTable, erasuresTable, membersTable, refreshesTable } from '../../shared/clients/table-keys.ts';

/** An engine with the tables, empty. Tests keep apart by using members of their own. */
export interface LocalTables {
  readonly client: DynamoDBClient;
  /** Another client of the same engine: `dynamodb-at-scale.ts` changes one. */
  newClient(more?: DynamoDBClientConfig): DynamoDBClient;
  readonly balances: string;
  readonly members: string;
  readonly refreshes: string;
  readonly erasures: string;
  close(): Promise<void>;
}

interface Keys {
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly sortKeyType?: 'N';
}

// dynalite is CommonJS without types; these are the options used here.
const dynalite: (options: { createTableMs: number }) => Server = createRequire(import.meta.url)('dynalite');

const schemaOf = ({ partitionKey, sortKey }: Keys): KeySchemaElement[] => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' as const }]),
];

const attributesOf = (...keys: readonly Keys[]): AttributeDefinition[] => {
  const types = new Map<string, 'S' | 'N'>();
  for (const { partitionKey, sortKey, sortKeyType = 'S' } of keys) {
    types.set(partitionKey, 'S');
    if (sortKey !== undefined) types.set(sortKey, sortKeyType);
  }
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
};

/** Starts the engine on a free port of this machine. */
export async function startLocalTables(): Promise<LocalTables> {
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
  const create = (name: string, keys: Keys, index?: Keys & { name: string }, projection?: Projection) =>
    client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: schemaOf(keys),
        AttributeDefinitions: attributesOf(keys, ...(index ? [index] : [])),
        ...(index
          ? {
              GlobalSecondaryIndexes: [{ IndexName: index.name, KeySchema: schemaOf(index), Projection: projection }],
            }
          : {}),
      }),
    );
  await create('balances', balancesTable);
  await create('members', membersTable, membersTable.openIndex, { ProjectionType: 'KEYS_ONLY' });
  await create('refreshes', refreshesTable, refreshesTable.byMemberIndex, {
    ProjectionType: 'INCLUDE',
    NonKeyAttributes: [...refreshesTable.byMemberIndex.projected],
  });
  await create('erasures', erasuresTable);
  return {
    client,
    newClient,
    balances: 'balances',
    members: 'members',
    refreshes: 'refreshes',
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
