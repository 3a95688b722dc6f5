import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type DynamoDb, startDynamoDb } from '../../../infra/local/stack/dynamodb-engine.ts';
import { Properties } from '../../../infra/local/stack/properties.ts';

const KEY = { pk: { S: 'one' } };

async function startTable(): Promise<DynamoDb> {
  const dynamoDb = await startDynamoDb();
  const properties = {
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  };
  await dynamoDb.createTable('items', new Properties(properties, 'items'));
  return dynamoDb;
}

const call = ({ engine }: DynamoDb, action: string, input: object) =>
  engine({
    caller: { via: 'tools' },
    service: 'dynamodb',
    action,
    body: Buffer.from(JSON.stringify({ TableName: 'items', ...input })),
  });

describe('the DynamoDB engine', () => {
  it('keeps no old item because of a query', async () => {
    // A process of its own: what other tests have left would count.
    const file = join(import.meta.dirname, 'fixtures', 'held-memory.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    // All 200 of them would be 40 MB.
    expect(Number(stdout)).toBeLessThan(10);
  });

  it('answers what is under way, then closes', async () => {
    const dynamoDb = await startTable();
    const update = { Key: KEY, UpdateExpression: 'ADD n :n', ExpressionAttributeValues: { ':n': { N: '1' } } };
    const updates = Array.from({ length: 100 }, () => call(dynamoDb, 'UpdateItem', update));
    await dynamoDb.close();
    expect(new Set((await Promise.all(updates)).map(({ status }) => status))).toEqual(new Set([200]));
    expect((await call(dynamoDb, 'UpdateItem', update)).status).toBe(503);
  });
});
