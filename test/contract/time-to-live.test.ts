/** `expires_at` as it stands in the table: seconds since 1970, or DynamoDB would never delete the item. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { callbacksInDynamoDb } from '../../shared/clients/callbacks-table.ts';
import { idempotencyKeysInDynamoDb } from '../../shared/clients/idempotency-table.ts';
import { refreshesInDynamoDb } from '../../shared/clients/refreshes-table.ts';
import { newKey, runningRefresh } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

/** The `expires_at` of the only item with this partition key. */
async function expiresAt(refreshId: string): Promise<string | undefined> {
  const { Items = [] } = await tables.client.send(
    new QueryCommand({
      TableName: tables.refreshes,
      KeyConditionExpression: 'refresh_id = :id',
      ExpressionAttributeValues: { ':id': { S: refreshId } },
    }),
  );
  expect(Items).toHaveLength(1);
  return Items[0]?.['expires_at']?.N;
}

describe.each([
  ['on the second', '2026-01-15T12:00:00.000Z', { thirtyDays: '1771070400', oneDay: '1768564800' }],
  ['rounded up from a fraction', '2026-01-15T12:00:00.001Z', { thirtyDays: '1771070401', oneDay: '1768564801' }],
])('expires_at, %s', (how, instant, expected) => {
  it('of a refresh', async () => {
    const id = `RFR-${how}`;
    const refreshes = refreshesInDynamoDb(tables.client, tables.refreshes, 30, () => instant);
    await refreshes.put(runningRefresh(newKey(), id, { acceptedAt: instant }));
    expect(await expiresAt(id)).toBe(expected.thirtyDays);
  });

  it('of a callback', async () => {
    const refreshId = `RFR-of a callback, ${how}`;
    const wish = { id: 'CBK-1', refreshId, url: 'https://hooks.example.com/' };
    await callbacksInDynamoDb(tables.client, tables.refreshes, 30).put(wish, 10, instant);
    expect(await expiresAt(refreshId)).toBe(expected.thirtyDays);
  });

  it('of an idempotency key', async () => {
    const keys = idempotencyKeysInDynamoDb(tables.client, tables.refreshes, {
      leaseSeconds: 29,
      now: () => instant,
      newToken: () => 'token',
    });
    await keys.begin({ id: how, requestHash: 'hash-1' });
    expect(await expiresAt(`IDEMPOTENCY#${how}`)).toBe(expected.oneDay);
  });
});
