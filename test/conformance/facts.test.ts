/** What AWS's documentation says of DynamoDB and SQS and this service counts on, or the local stack has to correct. */
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGiven } from './given.ts';
import { makeGivenQueues } from './given-queues.ts';
import { makeGivenTables } from './given-tables.ts';

describe.runIf(isGiven('dynamodb'))('DynamoDB', () => {
  let tables: Awaited<ReturnType<typeof makeGivenTables>>;
  beforeAll(async () => {
    tables = await makeGivenTables();
  });
  afterAll(() => tables.close());

  const key = (id: string) => ({ user_guid: { S: 'USR-1' }, account_key: { S: id } });
  const put = (id: string, more: PutItemCommand['input']['Item']) =>
    tables.client.send(new PutItemCommand({ TableName: tables.balances, Item: { ...key(id), ...more } }));
  const read = async (id: string) =>
    (await tables.client.send(new GetItemCommand({ TableName: tables.balances, Key: key(id), ConsistentRead: true })))
      .Item;

  // Developer Guide, HowItWorks.NamingRulesDataTypes: "Leading and trailing zeroes are trimmed."
  it('trims the zeros of a number', async () => {
    await put('zeros', { amount: { N: '01000.50' } });
    expect((await read('zeros'))?.['amount']).toEqual({ N: '1000.5' });
  });

  // The same page: up to 38 digits of precision.
  it('keeps 38 digits of a number and refuses 39', async () => {
    const digits = '12345678901234567890123456789012345678';
    await put('digits', { amount: { N: digits } });
    expect((await read('digits'))?.['amount']).toEqual({ N: digits });
    await expect(put('digits', { amount: { N: `${digits}9` } })).rejects.toMatchObject({ name: 'ValidationException' });
  });

  // ServiceQuotas: "The maximum item size in DynamoDB is 400 KB, which includes both attribute name … and value".
  it('refuses an item above 400 KB', async () => {
    await put('large', { text: { S: 'x'.repeat(409_500) } });
    const tooLarge = put('too-large', { text: { S: 'x'.repeat(409_600) } });
    await expect(tooLarge).rejects.toMatchObject({ name: 'ValidationException' });
  });

  // API reference, PutItem: an empty key is refused.
  it('refuses an empty key', async () => {
    await expect(put('', {})).rejects.toMatchObject({ name: 'ValidationException' });
  });

  // API reference, UpdateItem: ADD to an attribute that is not there begins at 0.
  it('adds to a number that is not there', async () => {
    await tables.client.send(
      new UpdateItemCommand({
        TableName: tables.balances,
        Key: key('added'),
        UpdateExpression: 'ADD #count :one',
        ExpressionAttributeNames: { '#count': 'count' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    expect((await read('added'))?.['count']).toEqual({ N: '1' });
  });

  // API reference, PutItem, ReturnValuesOnConditionCheckFailure. Not used here: the engine of the tests has it not.
  it('gives the old item with a lost condition', async () => {
    await put('old', { amount: { N: '1' } });
    const writing = tables.client.send(
      new PutItemCommand({
        TableName: tables.balances,
        Item: key('old'),
        ConditionExpression: 'attribute_not_exists(user_guid)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    const error: unknown = await writing.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect(error).toMatchObject({ Item: { amount: { N: '1' } } });
  });

  // API reference, UpdateTimeToLive.
  it('takes a time to live', async () => {
    const { TimeToLiveSpecification } = await tables.client.send(
      new UpdateTimeToLiveCommand({
        TableName: tables.refreshes,
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      }),
    );
    expect(TimeToLiveSpecification).toEqual({ AttributeName: 'expires_at', Enabled: true });
  });
});

describe.runIf(isGiven('sqs'))('SQS', () => {
  const queues = makeGivenQueues();
  const { client } = queues;
  let plain = '';
  beforeAll(async () => {
    plain = await queues.newQueue('plain', { VisibilityTimeout: '180' });
  });
  afterAll(() => queues.close());

  const send = (MessageBody: string, more: Partial<SendMessageCommand['input']> = {}) =>
    client.send(new SendMessageCommand({ QueueUrl: plain, MessageBody, ...more }));
  const receive = async (QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) => {
    const input = { QueueUrl, WaitTimeSeconds: 1, MessageSystemAttributeNames: ['All' as const], ...more };
    return (await client.send(new ReceiveMessageCommand(input))).Messages ?? [];
  };

  // API reference, SendMessage, DelaySeconds: "Valid values: 0 to 900."
  it('refuses a delay above 15 minutes', async () => {
    await send('on time', { DelaySeconds: 900 });
    await expect(send('late', { DelaySeconds: 901 })).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  // Developer Guide, quotas of messages: "The maximum is 1,048,576 bytes (1 MiB)."
  it('takes a message of 1 MiB and no larger one', async () => {
    const queue = await queues.newQueue('large');
    await send('x'.repeat(1_048_576), { QueueUrl: queue });
    const tooLarge = send('x'.repeat(1_048_577), { QueueUrl: queue });
    await expect(tooLarge).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });

  // API reference, SendMessage, MessageSystemAttributes: the only one is AWSTraceHeader.
  it('carries the trace header', async () => {
    const queue = await queues.newQueue('traced');
    const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1';
    await send('traced', {
      QueueUrl: queue,
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } },
    });
    expect(await receive(queue)).toMatchObject([{ Attributes: { AWSTraceHeader: header } }]);
  });

  // Developer Guide, dead-letter queues: a message moves when its receives pass maxReceiveCount, and keeps its id.
  it('moves a dead letter, and says from where', async () => {
    const dead = await queues.newQueue('dead');
    const arn = async (QueueUrl: string) =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))).Attributes?.[
        'QueueArn'
      ];
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await arn(dead), maxReceiveCount: 1 });
    const source = await queues.newQueue('source', { RedrivePolicy, VisibilityTimeout: '0' });
    const { MessageId } = await send('poison', { QueueUrl: source });
    expect(await receive(source)).toMatchObject([{ MessageId, Attributes: { ApproximateReceiveCount: '1' } }]);
    expect(await receive(source)).toEqual([]);
    const DeadLetterQueueSourceArn = await arn(source);
    expect(await receive(dead)).toMatchObject([
      { MessageId, Body: 'poison', Attributes: { DeadLetterQueueSourceArn } },
    ]);
  });

  // API reference, StartMessageMoveTask: how an operator brings dead letters back.
  it('moves dead letters back', async () => {
    const dead = await queues.newQueue('redriven');
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 1 });
    const source = await queues.newQueue('source', { RedrivePolicy, VisibilityTimeout: '0' });
    await send('poison', { QueueUrl: source });
    await receive(source);
    await receive(source);
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: Attributes?.['QueueArn'] }));
    expect(await receive(source, { WaitTimeSeconds: 5 })).toMatchObject([{ Body: 'poison' }]);
  });
});
