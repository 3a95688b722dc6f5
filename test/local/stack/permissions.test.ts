/** What AWS would refuse a function is refused here: the policies of the template decide about every call. */
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { kitFunction, startResources, table } from './fixtures/template.ts';

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const queue = { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 1 } };
const bus = (Name: string) => ({ Type: 'AWS::Events::EventBus', Properties: { Name } });
const secret = { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'kept' } };
const document = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string | readonly string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: string, Resource: unknown) => ({ Effect: 'Deny', Action, Resource });

const resources = {
  Members: table,
  Others: table,
  Jobs: queue,
  Polled: queue,
  Closed: queue,
  Mine: bus('mine'),
  Theirs: bus('theirs'),
  Key: secret,
  Foreign: secret,
  NarrowRole: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'narrow' } },
  NarrowPolicy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'NarrowRole' }],
      PolicyDocument: document(
        allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:BatchGetItem'], arn('Members')),
        allow('dynamodb:Scan', { 'Fn::Join': ['', [arn('Members'), '/index/open']] }),
        allow('sqs:SendMessage', [arn('Jobs'), arn('Closed')]),
        allow('events:PutEvents', arn('Mine')),
        allow('secretsmanager:GetSecretValue', { Ref: 'Key' }),
      ),
    },
  },
  ClosedPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Closed' }],
      PolicyDocument: document({ ...deny('sqs:*', arn('Closed')), Principal: { AWS: '*' } }),
    },
  },
  JobsPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Jobs' }],
      PolicyDocument: document({
        ...deny('sqs:*', arn('Jobs')),
        Principal: { AWS: '*' },
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    },
  },
  Narrow: kitFunction('readsItem', { Role: arn('NarrowRole'), FunctionName: 'narrow-one' }),
  ReaderRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      ManagedPolicyArns: [{ Ref: 'ReaderPolicy' }],
      Policies: [{ PolicyName: 'Not', PolicyDocument: document(deny('dynamodb:GetItem', arn('Others'))) }],
    },
  },
  ReaderPolicy: {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: { PolicyDocument: document(allow('dynamodb:*', '*')) },
  },
  Reads: kitFunction('readsItem', {
    Role: arn('ReaderRole'),
    Environment: { Variables: { TABLE: { Ref: 'Others' } } },
  }),
  WriterRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      Policies: [
        {
          PolicyName: 'ButOne',
          PolicyDocument: document(allow('dynamodb:*', arn('Members')), {
            ...deny('dynamodb:*', arn('Members')),
            Condition: { 'ForAnyValue:StringEquals': { 'dynamodb:LeadingKeys': ['closed'] } },
          }),
        },
      ],
    },
  },
  Writer: kitFunction('readsItem', { Role: arn('WriterRole') }),
  PollRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      Policies: [{ PolicyName: 'Some', PolicyDocument: document(allow('sqs:ReceiveMessage', arn('Polled'))) }],
    },
  },
  Polls: kitFunction('obeys', { Role: arn('PollRole') }),
  Poll: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: arn('Polled'), FunctionName: { Ref: 'Polls' } },
  },
};

let stack: LocalStack;
const calls: Observations['aws-call'][] = [];
const lines: Observations['log'][] = [];
beforeAll(async () => {
  stack = await startResources(resources);
  stack.on('aws-call', (call) => calls.push(call));
  stack.on('log', (line) => lines.push(line));
});
afterAll(() => stack.close());

/** Settings for clients that call as a function. */
function asFunction(prefix: string) {
  const { environment } = stack.packageOf(prefix);
  const [accessKeyId = '', secretAccessKey = ''] = [
    environment['AWS_ACCESS_KEY_ID'],
    environment['AWS_SECRET_ACCESS_KEY'],
  ];
  const credentials = { accessKeyId, secretAccessKey };
  return { endpoint: stack.awsEndpointUrl, region: stack.region, credentials, maxAttempts: 1 };
}

const Key = { pk: { S: 'u' }, sk: { S: 'item' } };
const keys = { Keys: [Key] };
const byShard = { KeyConditionExpression: 'open_shard = :s', ExpressionAttributeValues: { ':s': { S: '1' } } };
const byUser = { KeyConditionExpression: 'pk = :u', ExpressionAttributeValues: { ':u': { S: 'u' } } };
const event = (EventBusName: string) => ({ EventBusName, Source: 'ours', DetailType: 'x', Detail: '{}' });

const physical = (id: string): string => stack.physicalId(id);
type Ask<C> = (client: C) => Promise<object>;
const dynamo = (ask: Ask<DynamoDBClient>) => () => ask(new DynamoDBClient(asFunction('Narrow')));
const sqs = (ask: Ask<SQSClient>) => () => ask(new SQSClient(asFunction('Narrow')));
const events =
  (...names: readonly string[]) =>
  () =>
    new EventBridgeClient(asFunction('Narrow')).send(new PutEventsCommand({ Entries: names.map(event) }));
const secrets = (id: string) => () =>
  new SecretsManagerClient(asFunction('Narrow')).send(new GetSecretValueCommand({ SecretId: stack.physicalId(id) }));

const batch = (url: string) => new SendMessageBatchCommand({ QueueUrl: url, Entries: [{ Id: '1', MessageBody: 'x' }] });

it.each<[string, () => Promise<object>]>([
  ['an item', dynamo((client) => client.send(new GetItemCommand({ TableName: physical('Members'), Key })))],
  ['a table', dynamo((client) => client.send(new QueryCommand({ TableName: physical('Members'), ...byUser })))],
  [
    'many items',
    dynamo((client) => client.send(new BatchGetItemCommand({ RequestItems: { [physical('Members')]: keys } }))),
  ],
  ['an index', dynamo((client) => client.send(new ScanCommand({ TableName: physical('Members'), IndexName: 'open' })))],
  ['a queue', sqs((client) => client.send(new SendMessageCommand({ QueueUrl: physical('Jobs'), MessageBody: 'x' })))],
  ['a batch of messages', sqs((client) => client.send(batch(physical('Jobs'))))],
  ['a bus', events('mine')],
  ['a secret', secrets('Key')],
])('%s that a policy names is allowed', async (_what, call) => {
  await expect(call()).resolves.toBeDefined();
});

const refused = (what: string) =>
  new RegExp(
    `^User: arn:aws:sts::000000000000:assumed-role/narrow/narrow-one is not authorized to perform: ${what} because no identity-based policy allows the ${what.split(' ')[0]} action$`,
  );
const table1 = 'arn:aws:dynamodb:us-east-1:000000000000:table/local-Members-[0-9A-Z]{12}';
const table2 = table1.replace('Members', 'Others');

it.each<[string, () => Promise<object>, string]>([
  [
    'another table',
    dynamo((client) => client.send(new GetItemCommand({ TableName: physical('Others'), Key }))),
    `dynamodb:GetItem on resource: ${table2}`,
  ],
  [
    'an index of the table',
    dynamo((client) =>
      client.send(new QueryCommand({ TableName: physical('Members'), IndexName: 'open', ...byShard })),
    ),
    `dynamodb:Query on resource: ${table1}/index/open`,
  ],
  [
    'the table of an index',
    dynamo((client) => client.send(new ScanCommand({ TableName: physical('Members') }))),
    `dynamodb:Scan on resource: ${table1}`,
  ],
  [
    'one of two tables',
    dynamo((client) =>
      client.send(
        new BatchGetItemCommand({ RequestItems: { [physical('Members')]: keys, [physical('Others')]: keys } }),
      ),
    ),
    `dynamodb:BatchGetItem on resource: ${table2}`,
  ],
  [
    'one of two buses',
    events('mine', 'theirs'),
    'events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/theirs',
  ],
  [
    'another secret',
    secrets('Foreign'),
    'secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:000000000000:secret:local-Foreign-[0-9A-Z-]+',
  ],
])('%s is refused', async (_what, call, what) => {
  await expect(call()).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(refused(what)),
    $metadata: { httpStatusCode: 400 },
  });
});

it('SQS refuses in its own shape', async () => {
  const call = sqs((client) => client.send(new ReceiveMessageCommand({ QueueUrl: physical('Jobs') })));
  await expect(call()).rejects.toMatchObject({
    name: 'AccessDenied',
    message: expect.stringMatching(
      refused('sqs:receivemessage on resource: arn:aws:sqs:us-east-1:000000000000:local-Jobs-[0-9A-Z]{12}'),
    ),
    $metadata: { httpStatusCode: 403 },
  });
});

it('a queue’s own policy denies', async () => {
  const call = sqs((client) => client.send(batch(physical('Closed'))));
  await expect(call()).rejects.toThrow(/-Closed-\w+ with an explicit deny in a resource-based policy$/);
});

it('a call whose resources are not known is refused', async () => {
  const call = dynamo((client) =>
    client.send(
      new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName: physical('Members'), Key } }] }),
    ),
  );
  await expect(call()).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('it is not known which resources dynamodb:TransactWriteItems is about'),
  });
});

/** One call for each way to write, on the items of these partitions. */
function writesOf(...partitions: readonly string[]): readonly (() => Promise<object>)[] {
  const client = new DynamoDBClient(asFunction('Writer'));
  const TableName = physical('Members');
  const many = partitions.map((pk) => ({ pk: { S: pk }, sk: { S: 'item' } }));
  return [
    ...many.flatMap((item) => [
      () => client.send(new PutItemCommand({ TableName, Item: item })),
      () => client.send(new UpdateItemCommand({ TableName, Key: item })),
      () => client.send(new DeleteItemCommand({ TableName, Key: item })),
    ]),
    () =>
      client.send(
        new BatchWriteItemCommand({ RequestItems: { [TableName]: many.map((Item) => ({ PutRequest: { Item } })) } }),
      ),
  ];
}

it('a partition that is denied cannot be written, others can', async () => {
  for (const write of [...writesOf('open'), ...writesOf('open', 'more')]) await expect(write()).resolves.toBeDefined();
  for (const write of writesOf('closed')) {
    await expect(write()).rejects.toThrow(/Members-\w+ with an explicit deny in an identity-based policy$/);
  }
  // An allowed call does not make the next one allowed, nor a refused one the next refused.
  for (const write of writesOf('open')) await expect(write()).resolves.toBeDefined();
});

it('one denied item of a batch refuses all of it', async () => {
  const batchOfTwo = writesOf('open', 'closed').at(-1);
  await expect(batchOfTwo?.()).rejects.toThrow('explicit deny');
});

it('keys that are not known refuse the call', async () => {
  const client = new DynamoDBClient(asFunction('Writer'));
  await expect(client.send(new QueryCommand({ TableName: physical('Members'), ...byUser }))).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('it is not known which partition keys dynamodb:Query is about'),
  });
});

it('the function fails, its log and the observation say why', async () => {
  const sentence = expect.stringMatching(
    /^User: .*:assumed-role\/local-ReaderRole-.*\/local-Reads-.* is not authorized to perform: dynamodb:GetItem on resource: .*Others.* with an explicit deny in an identity-based policy$/,
  );
  await expect(stack.invoke('Reads', { id: 'x' })).rejects.toMatchObject({
    errorType: 'AccessDeniedException',
    message: sentence,
  });
  expect(lines).toContainEqual({ function: 'Reads', stream: 'stderr', line: sentence });
  expect(calls).toContainEqual(
    expect.objectContaining({
      function: 'Reads',
      asked: [
        { action: 'dynamodb:GetItem', name: 'Others', resource: expect.stringMatching(/:table\/local-Others-\w+$/) },
      ],
      refusal: sentence,
      status: 400,
    }),
  );
});

it('an event source works with its function’s role', async () => {
  await new SQSClient({ ...asFunction('Narrow'), credentials: stack.awsCredentials }).send(
    new SendMessageCommand({ QueueUrl: stack.physicalId('Polled'), MessageBody: '{"name":"kept"}' }),
  );
  const told = () => lines.filter(({ function: name }) => name === 'Polls').map(({ line }) => line.split(':')[0]);
  await expect
    .poll(told, { timeout: 20_000 })
    .toEqual(
      expect.arrayContaining(['the event source cannot read its queue’s attributes', 'the event source cannot delete']),
    );
});

const role = (properties: Record<string, unknown>) => ({ Type: 'AWS::IAM::Role', Properties: properties });
const unknownCondition = {
  ...deny('*', '*'),
  Condition: { FooEquals: { 'aws:SecureTransport': 'true' } },
};
const schedule = {
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    ScheduleExpression: 'rate(1 minute)',
    Target: { Arn: arn('Called'), RoleArn: arn('Powerless') },
  },
};

it.each<[string, Parameters<typeof startResources>[0], string]>([
  [
    'an operator that is not known',
    { R: role({ Policies: [{ PolicyName: 'P', PolicyDocument: document(allow('*', '*'), unknownCondition) }] }) },
    'R, P, statement 2: has the condition operator FooEquals, which is unknown',
  ],
  [
    'a managed policy of AWS',
    { R: role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }) },
    'ManagedPolicyArns name arn:aws:iam::aws:policy/AdministratorAccess, and what that allows is not known here',
  ],
  [
    'a permissions boundary',
    { R: role({ PermissionsBoundary: 'arn:aws:iam::111122223333:policy/limit' }) },
    'PermissionsBoundary is not run locally: what it allows is not in the template',
  ],
  [
    'a role that is not in the template',
    { F: kitFunction('echo', { Role: 'arn:aws:iam::111122223333:role/other' }) },
    'AWS::Lambda::Function F: Role must be a role of this template',
  ],
  [
    'a table with a policy of its own',
    { T: { ...table, Properties: { ...table.Properties, Replicas: [{ ResourcePolicy: {} }] } } },
    'ResourcePolicy is not run locally',
  ],
  [
    'a schedule that may not call its function',
    { Called: kitFunction('echo'), Powerless: role({}), S: schedule },
    'because no identity-based policy allows the lambda:InvokeFunction action',
  ],
])('%s stops the start', async (_what, some, sentence) => {
  await expect(startResources(some)).rejects.toThrow(sentence);
});
