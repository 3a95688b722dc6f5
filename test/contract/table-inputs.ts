/** How each table is created, from the constants that the stack creates it from. */
import type {
  AttributeDefinition,
  CreateTableCommandInput,
  KeySchemaElement,
  Projection,
} from '@aws-sdk/client-dynamodb';
import {
  balancesTable,
  erasuresTable,
  historyTable,
  membersTable,
  refreshesTable,
} from '../../shared/clients/table-keys.ts';

/** The stack's tables. */
export type Table = 'balances' | 'members' | 'refreshes' | 'history' | 'erasures';

interface Keys {
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly sortKeyType?: 'N';
}

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

interface Index {
  readonly keys: Keys & { readonly name: string };
  readonly projection: Projection;
}

const table = (keys: Keys, ...indexes: readonly Index[]) => ({
  BillingMode: 'PAY_PER_REQUEST' as const,
  KeySchema: schemaOf(keys),
  AttributeDefinitions: attributesOf(keys, ...indexes.map((index) => index.keys)),
  ...(indexes.length === 0
    ? {}
    : {
        GlobalSecondaryIndexes: indexes.map((index) => ({
          IndexName: index.keys.name,
          KeySchema: schemaOf(index.keys),
          Projection: index.projection,
        })),
      }),
});

const keysOnly: Projection = { ProjectionType: 'KEYS_ONLY' };

/** What `CreateTable` takes for each table, without its name. */
export const tableInputs: Readonly<Record<Table, Omit<CreateTableCommandInput, 'TableName'>>> = {
  balances: table(balancesTable),
  members: table(
    membersTable,
    { keys: membersTable.openIndex, projection: keysOnly },
    { keys: membersTable.attentionIndex, projection: keysOnly },
  ),
  refreshes: table(refreshesTable, {
    keys: refreshesTable.byMemberIndex,
    projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...refreshesTable.byMemberIndex.projected] },
  }),
  history: table(historyTable),
  erasures: table(erasuresTable),
};
