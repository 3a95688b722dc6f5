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

const table = (keys: Keys, index?: Keys & { name: string }, projection?: Projection) => ({
  BillingMode: 'PAY_PER_REQUEST' as const,
  KeySchema: schemaOf(keys),
  AttributeDefinitions: attributesOf(keys, ...(index ? [index] : [])),
  ...(index
    ? { GlobalSecondaryIndexes: [{ IndexName: index.name, KeySchema: schemaOf(index), Projection: projection }] }
    : {}),
});

/** What `CreateTable` takes for each table, without its name. */
export const tableInputs: Readonly<Record<Table, Omit<CreateTableCommandInput, 'TableName'>>> = {
  balances: table(balancesTable),
  members: table(membersTable, membersTable.openIndex, { ProjectionType: 'KEYS_ONLY' }),
  refreshes: table(refreshesTable, refreshesTable.byMemberIndex, {
    ProjectionType: 'INCLUDE',
    NonKeyAttributes: [...refreshesTable.byMemberIndex.projected],
  }),
  history: table(historyTable),
  erasures: table(erasuresTable),
};
