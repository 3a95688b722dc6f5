import { connect } from 'node:net';
import {
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { clientFor, kitFunction, startResources, table } from './fixtures/template.ts';

const resources = {
  Members0A1B2C3D: table,
  Dead: { Type: 'AWS::SQS::Queue' },
  Jobs: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
    },
  },
  Sink: { Type: 'AWS::SQS::Queue' },
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'outgoing' } },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventBusName: { Ref: 'Bus' },
      EventPattern: { source: ['ours'], detail: { outcome: [{ prefix: 'succ' }] } },
      Targets: [{ Id: 'one', Arn: { 'Fn::GetAtt': ['Sink', 'Arn'] } }],
    },
  },
  Plain: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'plain', SecretString: 'from the template' } },
  Generated: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { GenerateSecretString: { SecretStringTemplate: '{"client_id":""}', GenerateStringKey: 'api_key' } },
  },
  Given: { Type: 'AWS::SecretsManager::Secret', Properties: {} },
  Reads: kitFunction('readsItem', { Environment: { Variables: { TABLE: { Ref: 'Members0A1B2C3D' } } } }),
};

describe('the AWS gateway', () => {
  let stack: LocalStack;
  let dynamo: DynamoDBClient;
  let sqs: SQSClient;
  let events: EventBridgeClient;
  let secrets: SecretsManagerClient;
  beforeAll(async () => {
    stack = await startResources(resources, { secrets: { Given: 'overridden' } });
    dynamo = new DynamoDBClient(clientFor(stack));
    sqs = new SQSClient(clientFor(stack));
    events = new EventBridgeClient(clientFor(stack));
    secrets = new SecretsManagerClient(clientFor(stack));
  });
  afterAll(async () => {
    for (const client of [dynamo, sqs, events, secrets]) client.destroy();
    await stack.close();
  });
  const TableName = () => stack.physicalId('Members');

  it('has the template’s tables, on demand, with indexes', async () => {
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: TableName() }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      GlobalSecondaryIndexes: [{ IndexName: 'open', Projection: { ProjectionType: 'KEYS_ONLY' } }],
    });
  });

  it('keeps items exactly and refuses what a condition refuses', async () => {
    const amount = '12345678901234567890.1234567890123456';
    const Item = { pk: { S: 'u' }, sk: { S: 'a' }, open_shard: { S: '1' }, amount: { N: amount } };
    const put = new PutItemCommand({ TableName: TableName(), Item, ConditionExpression: 'attribute_not_exists(pk)' });
    await dynamo.send(put);
    await expect(dynamo.send(put)).rejects.toThrow(ConditionalCheckFailedException);
    const { Items } = await dynamo.send(
      new QueryCommand({
        TableName: TableName(),
        IndexName: 'open',
        KeyConditionExpression: 'open_shard = :one',
        ExpressionAttributeValues: { ':one': { S: '1' } },
      }),
    );
    expect(Items).toEqual([{ pk: { S: 'u' }, sk: { S: 'a' }, open_shard: { S: '1' } }]);
    const found = await dynamo.send(new GetItemCommand({ TableName: TableName(), Key: { pk: Item.pk, sk: Item.sk } }));
    expect(found.Item).toEqual(Item);
  });

  it('says so when the engine lacks something', async () => {
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Delete: { TableName: TableName(), Key: { pk: { S: 'u' }, sk: { S: 'a' } } } }],
    });
    await expect(dynamo.send(transaction)).rejects.toMatchObject({ name: 'UnknownOperationException' });
    const put = new PutItemCommand({
      TableName: TableName(),
      Item: { pk: { S: 'u' }, sk: { S: 'a' } },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await expect(dynamo.send(put)).rejects.toThrow('read the item after the failure');
  });

  it('gives queue URLs that lead back to itself', async () => {
    const url = stack.physicalId('Jobs');
    expect(url.startsWith(`${stack.awsEndpointUrl}/000000000000/`)).toBe(true);
    const QueueName = url.slice(url.lastIndexOf('/') + 1);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(url);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toContain(url);
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ VisibilityTimeout: '60', QueueArn: expect.stringContaining(QueueName) });
    expect(Attributes?.['RedrivePolicy']).toContain('"maxReceiveCount":3');
  });

  it('refuses delays above 900 s, also within a batch', async () => {
    const QueueUrl = stack.physicalId('Sink');
    const late = { MessageBody: 'late', DelaySeconds: 901 };
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, ...late }))).rejects.toThrow('DelaySeconds must be >= 0');
    const Entries = [
      { Id: 'good', MessageBody: 'good' },
      { Id: 'late', ...late },
    ];
    const result = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(result.Failed).toMatchObject([{ Id: 'late', SenderFault: true, Code: 'InvalidParameterValue' }]);
    const none = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: Entries.slice(1) }));
    expect(none.Failed).toHaveLength(1);
    const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    expect(received.Messages?.map(({ Body }) => Body)).toEqual(['good']);
  });

  it('observes events and delivers them by rules', async () => {
    const seen: Observations['event'][] = [];
    const stop = stack.on('event', (event) => seen.push(event));
    const entry = (outcome: string) => ({
      Source: 'ours',
      DetailType: 'Refresh ended',
      EventBusName: 'outgoing',
      Detail: JSON.stringify({ outcome }),
    });
    const result = await events.send(new PutEventsCommand({ Entries: [entry('succeeded'), entry('failed')] }));
    stop();
    expect(result.FailedEntryCount).toBe(0);
    expect(seen).toMatchObject([
      { bus: 'outgoing', source: 'ours', detailType: 'Refresh ended', detail: { outcome: 'succeeded' } },
      { detail: { outcome: 'failed' } },
    ]);
    const QueueUrl = stack.physicalId('Sink');
    const received = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }),
    );
    expect(received.Messages?.map(({ Body }) => JSON.parse(Body ?? '{}'))).toMatchObject([
      { 'detail-type': 'Refresh ended', source: 'ours', detail: { outcome: 'succeeded' } },
    ]);
  });

  it('refuses events that EventBridge refuses, entry by entry', async () => {
    const good = { Source: 'ours', DetailType: 'x', Detail: '{}' };
    const Entries = [
      good,
      { ...good, Detail: 'no json' },
      { ...good, Source: '' },
      { ...good, Source: 'aws.mine' },
      { ...good, EventBusName: 'nowhere' },
      { ...good, Detail: JSON.stringify({ long: 'x'.repeat(256 * 1024) }) },
    ];
    const result = await events.send(new PutEventsCommand({ Entries }));
    expect(result.FailedEntryCount).toBe(5);
    expect(result.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'InvalidArgument',
      'NotAuthorizedForSource',
      'ResourceNotFoundException',
      'InvalidArgument',
    ]);
    const tooMany = new PutEventsCommand({ Entries: Array(11).fill(good) });
    await expect(events.send(tooMany)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('keeps secrets: given, generated, overridden and put', async () => {
    const value = async (SecretId: string) =>
      (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString;
    expect(await value('plain')).toBe('from the template');
    expect(await value(stack.physicalId('Plain'))).toBe('from the template');
    expect(await value(stack.physicalId('Given'))).toBe('overridden');
    expect(JSON.parse((await value(stack.physicalId('Generated'))) ?? '')).toEqual({
      client_id: '',
      api_key: expect.stringMatching(/^\S{32}$/),
    });
    await secrets.send(new PutSecretValueCommand({ SecretId: 'plain', SecretString: 'new' }));
    expect(await value('plain')).toBe('new');
    const previous = new GetSecretValueCommand({ SecretId: 'plain', VersionStage: 'AWSPREVIOUS' });
    expect((await secrets.send(previous)).SecretString).toBe('from the template');
    await expect(value('unknown')).rejects.toThrow(ResourceNotFoundException);
  });

  it('knows who calls, and refuses unknown keys', async () => {
    const seen: Observations['aws-call'][] = [];
    const stop = stack.on('aws-call', (call) => seen.push(call));
    await stack.invoke('Reads', { id: 'nobody' });
    await dynamo.send(new DescribeTableCommand({ TableName: TableName() }));
    stop();
    expect(seen).toMatchObject([
      { via: 'function', function: 'Reads', service: 'dynamodb', action: 'GetItem', status: 200 },
      { via: 'tools', function: undefined, service: 'dynamodb', action: 'DescribeTable', status: 200 },
    ]);
    const credentials = { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' };
    const unknown = new SQSClient({ ...clientFor(stack), credentials });
    await expect(unknown.send(new ListQueuesCommand({}))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    unknown.destroy();
  });

  it.each([
    ['no target', {}],
    ['another service', { 'x-amz-target': 'Kinesis_20131202.ListStreams' }],
    ['no action', { 'x-amz-target': 'AmazonSQS' }],
  ])('answers %s in the shape of AWS', async (_name, headers) => {
    const response = await fetch(stack.awsEndpointUrl, { method: 'POST', headers, body: '{}' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
  });

  it('survives aborted uploads', async () => {
    for (let round = 0; round < 5; round += 1) {
      const socket = connect(Number(new URL(stack.awsEndpointUrl).port), '127.0.0.1');
      await new Promise<void>((resolve) => {
        const head = `POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: DynamoDB_20120810.PutItem\r\ncontent-length: 1000\r\n\r\n{"Table`;
        socket.write(head, () => socket.resetAndDestroy());
        socket.on('close', () => resolve());
        socket.on('error', () => {});
      });
    }
    await expect(dynamo.send(new DescribeTableCommand({ TableName: TableName() }))).resolves.toBeDefined();
  });
});
