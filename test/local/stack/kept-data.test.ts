import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../../../infra/local/data-folder.ts';
import { startDynamoDb } from '../../../infra/local/stack/dynamodb-engine.ts';
import { Properties } from '../../../infra/local/stack/properties.ts';
import { Secrets } from '../../../infra/local/stack/secrets.ts';
import { type Sqs, startSqs } from '../../../infra/local/stack/sqs-engine.ts';

const made: string[] = [];

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A path at which nothing is yet. */
function newPath(): string {
  const parent = mkdtempSync(join(tmpdir(), 'kept-'));
  made.push(parent);
  return join(parent, 'data');
}

describe('a data folder', () => {
  it('has what was written, for this user only', () => {
    const path = newPath();
    const folder = openDataFolder(path, 'the simulator');
    expect(folder.read('a')).toBeUndefined();
    folder.write('a', Buffer.from('one'));
    folder.write('a', Buffer.from('two'));
    expect(statSync(path).mode & 0o777).toBe(0o700);
    folder.close();
    const again = openDataFolder(path, 'the simulator');
    expect(Buffer.from(again.read('a') ?? []).toString()).toBe('two');
    expect(again.directory('tables')).toBe(join(path, 'tables'));
    again.close();
  });

  it('is for one process at a time', () => {
    const path = newPath();
    const folder = openDataFolder(path, 'the simulator');
    expect(() => openDataFolder(path, 'the simulator')).toThrow(
      `--data ${path} cannot be used: another npm start uses it.`,
    );
    folder.close();
    openDataFolder(path, 'the simulator').close();
  });

  it('never has data of two MX', () => {
    const path = newPath();
    openDataFolder(path, 'the simulator').close();
    expect(() => openDataFolder(path, 'https://int-api.mx.com')).toThrow(
      `${path} holds data of the simulator, and MX is https://int-api.mx.com now. Take another folder.`,
    );
    openDataFolder(path, 'the simulator').close();
  });

  it('leaves other folders and files as they are', () => {
    const path = newPath();
    const parent = join(path, '..');
    writeFileSync(join(parent, 'mine.txt'), 'mine');
    expect(() => openDataFolder(parent, 'the simulator')).toThrow(
      `--data ${parent} cannot be used: it is not empty, and not a folder of npm start: it has no local.sqlite.`,
    );
    expect(readdirSync(parent)).toEqual(['mine.txt']);
    expect(() => openDataFolder(join(parent, 'mine.txt'), 'the simulator')).toThrow(/^--data \S+ cannot be used: /);
  });
});

const TABLE = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'who', AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'ByWho',
      KeySchema: [{ AttributeName: 'who', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['b', 'a'] },
    },
  ],
};

describe('kept tables', () => {
  const ask = async (dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>, action: string, input: object) => {
    const body = Buffer.from(JSON.stringify({ TableName: 'items', ...input }));
    const answer = await dynamoDb.engine({ caller: { via: 'tools' }, service: 'dynamodb', action, body });
    return JSON.parse(answer.body.toString());
  };

  it('have their items and indexes after a restart', async () => {
    const path = join(newPath(), 'tables');
    const first = await startDynamoDb(path);
    await first.createTable('items', new Properties(TABLE, 'items'));
    const item = { pk: { S: 'one' }, who: { S: 'me' }, n: { N: '1.50' } };
    await ask(first, 'PutItem', { Item: item });
    await first.close();
    const second = await startDynamoDb(path);
    await second.createTable('items', new Properties(TABLE, 'items'));
    const query = {
      IndexName: 'ByWho',
      KeyConditionExpression: 'who = :me',
      ExpressionAttributeValues: { ':me': { S: 'me' } },
    };
    expect(await ask(second, 'GetItem', { Key: { pk: { S: 'one' } } })).toMatchObject({ Item: { pk: { S: 'one' } } });
    expect(await ask(second, 'Query', query)).toMatchObject({ Count: 1 });
    await second.close();
  });

  it.each([
    ['KeySchema', { KeySchema: [{ AttributeName: 'who', KeyType: 'HASH' }], GlobalSecondaryIndexes: [] }],
    ['GlobalSecondaryIndexes', { GlobalSecondaryIndexes: [] }],
  ])('with another %s are refused with a sentence', async (part, change) => {
    const path = join(newPath(), 'tables');
    const first = await startDynamoDb(path);
    await first.createTable('items', new Properties(TABLE, 'items'));
    await first.close();
    const second = await startDynamoDb(path);
    await expect(second.createTable('items', new Properties({ ...TABLE, ...change }, 'items'))).rejects.toThrow(
      `Table items was kept with another ${part} than this version has. Take another folder; nothing was changed.`,
    );
    await second.close();
  });
});

describe('kept queues', () => {
  const URL = 'http://127.0.0.1:1/000000000000/work';
  const start = async (path: string, visibility = 30): Promise<Sqs> => {
    const sqs = await startSqs('http://127.0.0.1:1', 'us-east-1', '000000000000', path);
    await sqs.createQueue('work', new Properties({ VisibilityTimeout: visibility }, 'work'));
    return sqs;
  };
  const ask = async (sqs: Sqs, action: string, input: object) => {
    const body = Buffer.from(JSON.stringify({ QueueUrl: URL, ...input }));
    const answer = await sqs.engine({ caller: { via: 'tools' }, service: 'sqs', action, body });
    expect(answer.status, answer.body.toString()).toBe(200);
    return JSON.parse(answer.body.toString() || '{}');
  };
  const receive = async (sqs: Sqs, input: object = {}) =>
    (await ask(sqs, 'ReceiveMessage', { AttributeNames: ['ApproximateReceiveCount'], ...input })).Messages ?? [];

  it('have each message in its state after a restart', async () => {
    const path = join(newPath(), 'queues');
    const first = await start(path);
    for (const MessageBody of ['deleted', 'given back', 'in flight']) await ask(first, 'SendMessage', { MessageBody });
    const [deleted] = await receive(first);
    await ask(first, 'DeleteMessage', { ReceiptHandle: deleted.ReceiptHandle });
    const [back] = await receive(first);
    await receive(first);
    await ask(first, 'ChangeMessageVisibility', { ReceiptHandle: back.ReceiptHandle, VisibilityTimeout: 0 });
    await ask(first, 'SendMessage', { MessageBody: 'delayed', DelaySeconds: 900 });
    await first.close();

    const second = await start(path);
    expect((await second.depths()).get('work')).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
    const received = await receive(second);
    expect(received).toMatchObject([{ Body: 'given back', Attributes: { ApproximateReceiveCount: '2' } }]);
    expect((await second.messages('work')).map(({ body }) => body).toSorted()).toEqual([
      'delayed',
      'given back',
      'in flight',
    ]);
    await second.close();
  });

  it('take the attributes of a changed template', async () => {
    const path = join(newPath(), 'queues');
    const first = await start(path);
    await ask(first, 'SendMessage', { MessageBody: 'kept' });
    await first.close();
    const second = await start(path, 77);
    const { Attributes } = await ask(second, 'GetQueueAttributes', { AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ VisibilityTimeout: '77', ApproximateNumberOfMessages: '1' });
    await second.close();
  });
});

describe('kept secrets', () => {
  const ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:mx-abcdef';
  const current = async (secrets: Secrets): Promise<string> => {
    const body = Buffer.from(JSON.stringify({ SecretId: ARN }));
    const call = { caller: { via: 'tools' }, service: 'secretsmanager', action: 'GetSecretValue', body } as const;
    return JSON.parse((await secrets.engine(call)).body.toString()).SecretString;
  };

  it('go on with what was put, unless told another', async () => {
    const folder = openDataFolder(newPath(), 'the simulator');
    const first = new Secrets(() => 0, folder);
    first.add(ARN, 'from the template');
    first.put(ARN, 'rotated', 'an-id');
    const same = new Secrets(() => 0, folder);
    same.add(ARN, 'from the template');
    expect(await current(same)).toBe('rotated');
    const other = new Secrets(() => 0, folder);
    other.add(ARN, 'from the command line');
    expect(await current(other)).toBe('from the command line');
    folder.close();
  });
});
