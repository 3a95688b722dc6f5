import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listen } from '../../../infra/local/stack/local-server.ts';
import { type LocalStack, startLocalStack } from '../../../infra/local/stack/local-stack.ts';
import { assetsIn, readTemplate, readTemplateFile } from '../../../infra/local/stack/template.ts';
import { api, kitFunction, route, startResources, table } from './fixtures/template.ts';

const queue = { Type: 'AWS::SQS::Queue' };

describe('what a template says', () => {
  const outputsOf = async (values: Record<string, unknown>, extra: Record<string, unknown> = {}) => {
    const outputs = Object.fromEntries(Object.entries(values).map(([name, Value]) => [name, { Value }]));
    const stack = await startResources({ Jobs0A1B2C3D: queue, ...api }, { outputs, extra, region: 'eu-central-1' });
    await stack.close();
    return { outputs: stack.outputs, stack };
  };

  it('is resolved by the intrinsic functions of CloudFormation', async () => {
    const { outputs, stack } = await outputsOf(
      {
        Ref: { Ref: 'Jobs0A1B2C3D' },
        Name: { 'Fn::GetAtt': ['Jobs0A1B2C3D', 'QueueName'] },
        Dotted: { 'Fn::GetAtt': 'Jobs0A1B2C3D.Arn' },
        Join: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, 1]] },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
        Sub: { 'Fn::Sub': '${AWS::AccountId}/${Jobs0A1B2C3D.QueueName}/${!Literal}' },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders
        SubWith: { 'Fn::Sub': ['${Own}-${AWS::Partition}', { Own: { Ref: 'Version' } }] },
        Select: { 'Fn::Select': [2, { 'Fn::Split': ['/', 'a/b/c'] }] },
        Zone: { 'Fn::Select': ['0', { 'Fn::GetAZs': '' }] },
        If: { 'Fn::If': ['IsEurope', 'europe', { Ref: 'AWS::NoValue' }] },
        Url: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] },
      },
      {
        Parameters: { Version: { Type: 'String', Default: '6' } },
        Conditions: {
          IsEurope: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] }] },
        },
      },
    );
    const name = outputs['Name'] ?? '';
    expect(name).toMatch(/^local-Jobs0A1B2C3D-[0-9A-Z]{12}$/);
    expect(outputs).toEqual({
      Ref: `${stack.awsEndpointUrl}/000000000000/${name}`,
      Name: name,
      Dotted: `arn:aws:sqs:eu-central-1:000000000000:${name}`,
      Join: 'a-eu-central-1-1',
      Sub: `000000000000/${name}/\${Literal}`,
      SubWith: '6-aws',
      Select: 'c',
      Zone: 'eu-central-1a',
      If: 'europe',
      Url: stack.apiUrl,
    });
  });

  it('gives the same names in every run', async () => {
    const [first, second] = [await outputsOf({}), await outputsOf({})];
    const nameOf = ({ stack }: { stack: LocalStack }) => stack.physicalId('Jobs').split('/').at(-1);
    expect(nameOf(first)).toBe(nameOf(second));
  });

  it('leaves out resources whose condition does not hold', async () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const stack = await startResources({ Jobs: { ...queue, Condition: 'Never' } }, { extra: { Conditions } });
    await stack.close();
    expect(() => stack.physicalId('Jobs')).toThrow('runs nothing whose logical id starts with');
  });

  it('finds a resource by a unique prefix of its id', async () => {
    const stack = await startResources({ Members0A1B2C3D: table, MembersDead: queue, MembersOld: queue });
    await stack.close();
    expect(stack.physicalId('Members')).toMatch(/^local-Members0A1B2C3D-/);
    expect(() => stack.physicalId('Member')).toThrow(
      "'Member' could be Members0A1B2C3D (AWS::DynamoDB::GlobalTable), MembersDead (AWS::SQS::Queue)",
    );
  });

  it('names FIFO queues as SQS wants them', async () => {
    const stack = await startResources({ Ordered: { ...queue, Properties: { FifoQueue: true } } });
    await stack.close();
    expect(stack.physicalId('Ordered')).toMatch(/\/local-Ordered-[0-9A-Z]{12}\.fifo$/);
  });

  it('accepts what has no effect on one machine', async () => {
    const none = [
      'AWS::IAM::Role',
      'AWS::Logs::LogGroup',
      'AWS::CloudWatch::Alarm',
      'AWS::SNS::Topic',
      'AWS::EC2::EIP',
    ];
    const resources = Object.fromEntries(none.map((Type, index) => [`None${index}`, { Type }]));
    const outputs = { Address: { Value: { Ref: 'None4' } } };
    const stack = await startResources(resources, { outputs });
    await stack.close();
    expect(stack.outputs['Address']).toMatch(/^local-None4-/);
  });
});

describe('what stops the start, with a sentence', () => {
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  it.each([
    [
      'an unknown type',
      { Stream: { Type: 'AWS::Kinesis::Stream' } },
      'does not know resource type AWS::Kinesis::Stream (logical id Stream)',
    ],
    [
      'an unknown intrinsic',
      { Q: { ...queue, Properties: { QueueName: { 'Fn::ImportValue': 'x' } } } },
      'AWS::SQS::Queue Q: the local stack does not know Fn::ImportValue',
    ],
    [
      'an unknown reference',
      { Q: { ...queue, Properties: { QueueName: { Ref: 'Gone' } } } },
      'refers to Gone, which is neither resource nor parameter',
    ],
    [
      'a dynamic reference',
      { F: kitFunction('echo', { Environment: { Variables: { KEY: '{{resolve:secretsmanager:x}}' } } }) },
      'dynamic references',
    ],
    ['a bundle that is not there', { F: kitFunction('echo', {}, 'nowhere') }, 'the bundle of function F is not at'],
    [
      'another runtime',
      { F: kitFunction('echo', { Runtime: 'python3.13' }) },
      'runs on python3.13; the local stack runs Node functions only',
    ],
    ['a route to nowhere', { ...api, ...route('R', 'GET /x', 'Q'), Q: queue }, 'route RRoute leads to arn:aws:sqs:'],
    ['a strange route key', { ...api, F: kitFunction('echo'), ...route('R', 'GET x', 'F') }, "'GET x' is no route key"],
    [
      'a JWT authorizer',
      { ...api, F: kitFunction('echo'), ...route('R', 'GET /x', 'F', { route: { AuthorizationType: 'JWT' } }) },
      'JWT is not run locally',
    ],
    [
      'a stage with a name',
      { ...api, ApiDefaultStage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { StageName: 'v1' } } },
      'StageName must be $default',
    ],
    [
      'a pattern it cannot judge',
      {
        R: {
          Type: 'AWS::Events::Rule',
          Properties: { EventPattern: { source: [{ cidr: '10.0.0.0/8' }] }, Targets: [] },
        },
      },
      'does not know cidr in an EventPattern',
    ],
    [
      'a target outside',
      {
        R: {
          Type: 'AWS::Scheduler::Schedule',
          Properties: {
            ScheduleExpression: 'rate(1 minute)',
            Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:purgeQueue' },
          },
        },
      },
      'delivers to functions and queues of this template only',
    ],
    [
      'a filter',
      {
        Q: queue,
        F: kitFunction('echo'),
        M: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: arn('Q'), FunctionName: { Ref: 'F' }, FilterCriteria: {} },
        },
      },
      'FilterCriteria is not run locally',
    ],
    [
      'an alias that is not there',
      {
        Q: queue,
        F: kitFunction('echo'),
        M: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: arn('Q'), FunctionName: { 'Fn::Join': [':', [{ Ref: 'F' }, 'gone']] } },
        },
      },
      'which is no function of this template',
    ],
    [
      'a stream as event source',
      {
        T: table,
        F: kitFunction('echo'),
        M: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: arn('T'), FunctionName: { Ref: 'F' } },
        },
      },
      'must be a queue of this template',
    ],
    [
      'a wrong number',
      { F: kitFunction('echo', { Timeout: 'soon' }) },
      'AWS::Lambda::Function F: Timeout must be a number',
    ],
  ])('%s', async (_name, resources, sentence) => {
    await expect(startResources(resources)).rejects.toThrow(sentence);
  });

  it('a secret that is not there', async () => {
    await expect(startResources({}, { secrets: { Mx: 'x' } })).rejects.toThrow(
      "nothing whose logical id starts with 'Mx'",
    );
  });

  it('a port in use', async () => {
    const other = await listen(0, () => {});
    await expect(startResources({}, { port: other.port })).rejects.toThrow(`port ${other.port} is in use; `);
    await other.close();
  });

  it('something that is no template', () => {
    expect(() => readTemplate({ hello: 'world' })).toThrow('this is no CloudFormation template');
  });
});

const app = `
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
const [outdir, bundle] = process.argv.slice(2);
const cdk = new App({ outdir });
const stack = new Stack(cdk, 'Service');
const table = new TableV2(stack, 'Items', {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
  timeToLiveAttribute: 'expires_at',
});
const queue = new Queue(stack, 'Jobs', { enforceSSL: true, deadLetterQueue: { queue: new Queue(stack, 'Dead'), maxReceiveCount: 2 } });
const fn = (id: string, name: string) =>
  new Function(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.' + name,
    code: Code.fromAsset(bundle ?? ''),
    timeout: Duration.seconds(5),
    environment: { TABLE: table.tableName, QUEUE_URL: queue.queueUrl },
  });
const [accepts, consumes] = [fn('Accepts', 'accepts'), fn('Consumes', 'consumes')];
consumes.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, maxConcurrency: 2 }));
for (const one of [accepts, consumes]) table.grantReadWriteData(one);
queue.grantSendMessages(accepts);
const api = new HttpApi(stack, 'Api');
api.addRoutes({ path: '/items', methods: [HttpMethod.POST], integration: new HttpLambdaIntegration('Post', accepts) });
new Schedule(stack, 'Tick', { schedule: ScheduleExpression.rate(Duration.minutes(1)), target: new LambdaInvoke(fn('Echo', 'echo'), {}) });
new CfnOutput(stack, 'ApiUrl', { value: api.apiEndpoint });
new CfnOutput(stack, 'Table', { value: table.tableName });
cdk.synth();
`;

describe('a template that the CDK has synthesized', () => {
  it('runs from the assembly: API, queue, table, schedule', async () => {
    // Inside the checkout, so that the app and the bundle find their packages.
    const folder = mkdtempSync(join(import.meta.dirname, '.synthesized-'));
    try {
      const file = join(folder, 'app.ts');
      writeFileSync(file, app);
      const assembly = join(folder, 'cdk.out');
      mkdirSync(assembly);
      const env = { HOME: tmpdir(), PATH: process.env['PATH'] ?? '' };
      execFileSync(process.execPath, [file, assembly, join(import.meta.dirname, 'fixtures', 'kit')], {
        env,
        stdio: 'pipe',
      });
      const template = readTemplateFile(join(assembly, 'Service.template.json'));
      const stack = await startLocalStack({
        template,
        assetDirectory: assetsIn(assembly),
        port: 0,
        runSchedules: false,
      });
      expect(stack.outputs).toEqual({ ApiUrl: stack.apiUrl, Table: stack.physicalId('Items') });
      const response = await fetch(`${stack.outputs['ApiUrl']}/items`, { method: 'POST', body: '{"id":"one"}' });
      expect([response.status, await response.text()]).toEqual([202, 'one']);
      const handled: string[] = [];
      stack.on('invocation', ({ function: name, error }) =>
        handled.push(`${name.slice(0, 8)} ${error?.errorMessage ?? 'ok'}`),
      );
      await stack.idle();
      await stack.fireSchedule('Tick');
      await stack.close();
      expect(handled.map((line) => line.slice(-2))).toEqual(expect.arrayContaining(['ok']));
      expect(handled.filter((line) => !line.endsWith('ok'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
