import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListBackupsCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import { clientFor, kitFunction, startResources, table } from './fixtures/template.ts';

/** More resources than one answer of CloudFormation holds. */
const many = Object.fromEntries(
  Array.from({ length: 110 }, (_, index) => [`Role${index}`, { Type: 'AWS::IAM::Role', Properties: {} }]),
);

const resources = {
  Members: { ...table, Properties: { ...table.Properties, TableName: 'members' } },
  Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
  Key: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key', SecretString: 'one' } },
  TableName: {
    Type: 'AWS::SSM::Parameter',
    Properties: { Name: '/local/tables/members', Type: 'String', Value: { Ref: 'Members' } },
  },
  QueueName: {
    Type: 'AWS::SSM::Parameter',
    Properties: { Name: '/local/queues/jobs', Type: 'String', Value: 'jobs' },
  },
  Lines: { Type: 'AWS::Logs::LogGroup', Properties: {} },
  Logs: kitFunction('logs', { LoggingConfig: { LogGroup: { Ref: 'Lines' } } }),
  ...many,
};

let stack: LocalStack;
let clock = Date.parse('2026-01-15T12:00:00.000Z');

beforeAll(async () => {
  stack = await startResources(resources, {
    now: () => clock,
    outputs: { MembersTable: { Value: { Ref: 'Members' } } },
    extra: { Description: 'What runs here' },
  });
});

afterAll(async () => {
  await stack?.close();
});

/** One call as a tool without an SDK makes it. */
async function call(headers: Record<string, string>, body: string, signedFor = 'any', path = '/') {
  const authorization = `AWS4-HMAC-SHA256 Credential=test/20260115/us-east-1/${signedFor}/aws4_request, SignedHeaders=host, Signature=0`;
  const response = await fetch(stack.awsEndpointUrl + path, {
    method: 'POST',
    headers: { authorization, ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function json(target: string, input: unknown): Promise<Record<string, unknown>> {
  const { text } = await call(
    { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
    JSON.stringify(input),
  );
  return JSON.parse(text);
}

describe('what people type first', () => {
  it('lists tables, queues and secrets', async () => {
    const dynamo = new DynamoDBClient(clientFor(stack));
    const sqs = new SQSClient(clientFor(stack));
    const secrets = new SecretsManagerClient(clientFor(stack));
    expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual(['members']);
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toEqual([stack.physicalId('Jobs')]);
    expect((await secrets.send(new ListSecretsCommand({}))).SecretList?.map(({ Name }) => Name)).toEqual(['key']);
    for (const client of [dynamo, sqs, secrets]) client.destroy();
  });

  it('knows test and test as credentials', () => {
    expect(stack.awsCredentials).toMatchObject({ accessKeyId: 'test', secretAccessKey: 'test' });
  });
});

describe('CloudFormation', () => {
  let client: CloudFormationClient;

  beforeAll(() => {
    client = new CloudFormationClient(clientFor(stack));
  });

  afterAll(() => client.destroy());

  it('describes the running stack', async () => {
    const { Stacks } = await client.send(new DescribeStacksCommand({}));
    expect(Stacks).toMatchObject([
      {
        StackName: 'local',
        StackStatus: 'CREATE_COMPLETE',
        Description: 'What runs here',
        CreationTime: new Date('2026-01-15T12:00:00.000Z'),
        Outputs: [{ OutputKey: 'MembersTable', OutputValue: 'members' }],
      },
    ]);
  });

  it('lists every resource, page by page', async () => {
    const pages: number[] = [];
    const types = new Map<string | undefined, string | undefined>();
    for await (const page of paginateListStackResources({ client }, { StackName: 'local' })) {
      const found = page.StackResourceSummaries ?? [];
      pages.push(found.length);
      for (const resource of found) types.set(resource.LogicalResourceId, resource.PhysicalResourceId);
    }
    expect(pages).toEqual([100, 18]);
    expect(types.get('Members')).toBe('members');
    expect(types.get('Role109')).toMatch(/^local-Role109-/);
  });

  it('describes no more than 100 resources, as AWS does', async () => {
    const { StackResources } = await client.send(new DescribeStackResourcesCommand({ StackName: 'local' }));
    expect(StackResources).toHaveLength(100);
  });

  it('says in a sentence what is not there', async () => {
    await expect(client.send(new DescribeStacksCommand({ StackName: 'prod' }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id prod does not exist: the local stack runs local only',
    });
    await expect(client.send(new CreateStackCommand({ StackName: 'x' }))).rejects.toMatchObject({
      name: 'InvalidAction',
      message: expect.stringMatching(/^the local stack has no CreateStack; of this service it has DescribeStacks, /),
    });
  });
});

describe('SSM parameters', () => {
  it('are read by name and by path', async () => {
    const one = await json('AmazonSSM.GetParameter', { Name: '/local/tables/members' });
    expect(one).toMatchObject({ Parameter: { Name: '/local/tables/members', Value: 'members', Type: 'String' } });
    const some = await json('AmazonSSM.GetParameters', { Names: ['/local/queues/jobs', '/none'] });
    expect(some).toMatchObject({ Parameters: [{ Value: 'jobs' }], InvalidParameters: ['/none'] });
    expect(await json('AmazonSSM.GetParametersByPath', { Path: '/local' })).toEqual({ Parameters: [] });
    const first = await json('AmazonSSM.GetParametersByPath', { Path: '/local', Recursive: true, MaxResults: 1 });
    expect(first).toMatchObject({ Parameters: [{ Value: 'members' }], NextToken: '1' });
    const second = await json('AmazonSSM.GetParametersByPath', { Path: '/local', Recursive: true, NextToken: '1' });
    expect(second).toMatchObject({ Parameters: [{ Value: 'jobs' }] });
    expect(second).not.toHaveProperty('NextToken');
  });

  it('are listed when one is missed', async () => {
    expect(await json('AmazonSSM.GetParameter', { Name: '/none' })).toEqual({
      __type: 'ParameterNotFound',
      message: 'there is no such parameter; the template has /local/tables/members, /local/queues/jobs',
    });
  });
});

describe('CloudWatch Logs', () => {
  it('has what functions wrote, under the name of their group', async () => {
    await stack.invoke('Logs', {});
    const { logGroups } = await json('Logs_20140328.DescribeLogGroups', {});
    expect(logGroups).toMatchObject([
      { logGroupName: stack.packageOf('Logs').environment['AWS_LAMBDA_LOG_GROUP_NAME'] },
    ]);
    const [group] = logGroups as [{ logGroupName: string }];
    const whole = await json('Logs_20140328.FilterLogEvents', { logGroupName: group.logGroupName });
    expect((whole['events'] as { message: string }[]).map(({ message }) => message).sort()).toEqual([
      'first',
      'second',
      'to stderr',
    ]);
    const filterPattern = 'second';
    const later = await json('Logs_20140328.FilterLogEvents', { logGroupName: group.logGroupName, filterPattern });
    expect(later).toMatchObject({ events: [{ message: 'second', timestamp: clock }] });
    const startTime = clock + 1;
    expect(await json('Logs_20140328.FilterLogEvents', { logGroupName: group.logGroupName, startTime })).toMatchObject({
      events: [],
    });
  });

  it('pages without a gap', async () => {
    clock += 60_000;
    await stack.invoke('Logs', {});
    const [{ logGroupName }] = (await json('Logs_20140328.DescribeLogGroups', {}))['logGroups'] as [
      { logGroupName: string },
    ];
    const messages: string[] = [];
    let nextToken: unknown;
    do {
      const page = await json('Logs_20140328.FilterLogEvents', { logGroupName, startTime: clock, limit: 2, nextToken });
      messages.push(...(page['events'] as { message: string }[]).map(({ message }) => message));
      nextToken = page['nextToken'];
    } while (nextToken !== undefined);
    expect(messages.sort()).toEqual(['first', 'second', 'to stderr']);
  });

  it('says which groups and patterns it knows', async () => {
    const group = await json('Logs_20140328.FilterLogEvents', { logGroupName: 'none' });
    expect(group).toMatchObject({ __type: 'ResourceNotFoundException' });
    const [{ logGroupName }] = (await json('Logs_20140328.DescribeLogGroups', {}))['logGroups'] as [
      { logGroupName: string },
    ];
    const pattern = await json('Logs_20140328.FilterLogEvents', { logGroupName, filterPattern: '[ip, user]' });
    expect(pattern).toMatchObject({
      __type: 'InvalidParameterException',
      message: expect.stringContaining('cannot read the filter pattern [ip, user]'),
    });
  });
});

describe('an unknown service is refused in its protocol', () => {
  const sentence = /^the local stack does not know .+; it runs DynamoDB, SQS, .+ and CloudWatch Logs$/;

  it('JSON', async () => {
    expect(await json('AmazonKinesis_20131202.ListStreams', {})).toMatchObject({
      __type: 'UnknownOperationException',
      message: expect.stringMatching(sentence),
    });
  });

  it('REST', async () => {
    const { status, headers, text } = await call(
      { 'content-type': 'application/json' },
      '',
      'lambda',
      '/2015-03-31/functions',
    );
    expect([status, headers.get('x-amzn-errortype')]).toEqual([400, 'UnknownOperationException']);
    expect(JSON.parse(text).message).toMatch(sentence);
  });

  it('query', async () => {
    const form = 'application/x-www-form-urlencoded; charset=utf-8';
    const { status, text } = await call({ 'content-type': form }, 'Action=ListRoles&Version=2010-05-08', 'iam');
    expect([status, /<Code>(.*)<\/Code>/.exec(text)?.[1]]).toEqual([400, 'InvalidAction']);
    expect(/<Message>(.*)<\/Message>/.exec(text)?.[1]).toMatch(sentence);
  });

  it('SQS as older tools call it', async () => {
    const form = 'application/x-www-form-urlencoded; charset=utf-8';
    const { text } = await call({ 'content-type': form }, 'Action=ListQueues&Version=2012-11-05', 'sqs');
    expect(/<Message>(.*)<\/Message>/.exec(text)?.[1]).toBe(
      'the local stack understands ListQueues of sqs only as JSON, as AWS CLIs and SDKs of 2024 and later send it; this one came as a form',
    );
  });

  it('CBOR', async () => {
    const path = '/service/GraniteServiceVersion20100801/operation/ListMetrics';
    const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
    const { status, text } = await call(headers, '', 'monitoring', path);
    expect([status, text.includes('UnknownOperationException')]).toEqual([400, true]);
    expect(text).toContain('of monitoring; it runs DynamoDB');
  });

  it('DynamoDB, what its engine lacks', async () => {
    const client = new DynamoDBClient(clientFor(stack));
    await expect(client.send(new ListBackupsCommand({}))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: "the local stack's DynamoDB has no ListBackups",
    });
    client.destroy();
  });
});
