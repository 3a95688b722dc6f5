import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

const query = {
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': KEY.pk },
  ProjectionExpression: 'pk',
};

describe('the DynamoDB engine', () => {
  it('keeps no old item because of a query', async () => {
    const dynamoDb = await startTable();
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const held = (): number => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers / 1024 / 1024;
    };
    const megabytes = held();
    for (let round = 0; round < 200; round += 1) {
      await call(dynamoDb, 'PutItem', {
        Item: { ...KEY, text: { S: String(round).repeat(200_000).slice(0, 200_000) } },
      });
      await call(dynamoDb, 'Query', query);
    }
    // All 200 of them would be 40 MB.
    expect(held() - megabytes).toBeLessThan(10);
    await dynamoDb.close();
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
