import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { clientFor, kitFunction, startResources } from './fixtures/template.ts';

const queue = (deadLetters?: string) => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    VisibilityTimeout: 60,
    ...(deadLetters === undefined
      ? {}
      : { RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters, 'Arn'] }, maxReceiveCount: 3 } }),
  },
});

/** A function that sends what comes from its queue on to `next`. */
const link = (next: string, properties: Record<string, unknown> = {}) =>
  kitFunction('chains', { Environment: { Variables: { NEXT_QUEUE_URL: { Ref: next } } }, ...properties });

const source = (from: string, to: string) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn: { 'Fn::GetAtt': [from, 'Arn'] }, FunctionName: { Ref: to }, BatchSize: 10 },
});

const resources = {
  Dead: queue(),
  Guarded: queue('Dead'),
  GuardedLink: link('Guarded'),
  GuardedSource: source('Guarded', 'GuardedLink'),
  Meant: queue('Dead'),
  MeantLink: link('Meant', { RecursiveLoop: 'Allow' }),
  MeantSource: source('Meant', 'MeantLink'),
  Careless: queue(),
  CarelessLink: link('Careless', { RecursiveLoop: 'Terminate' }),
  CarelessSource: source('Careless', 'CarelessLink'),
  There: queue('Dead'),
  ThereLink: link('Back'),
  ThereSource: source('There', 'ThereLink'),
  Back: queue('Dead'),
  BackLink: link('There', { RecursiveLoop: 'Allow' }),
  BackSource: source('Back', 'BackLink'),
  Traces: kitFunction('environment'),
  Unread: queue(),
};

describe('a chain of messages that leads back to its function', () => {
  let stack: LocalStack;
  let sqs: SQSClient;
  const dead: Observations['dead-letter'][] = [];
  const lines: Observations['log'][] = [];
  const invocations: Observations['invocation'][] = [];
  beforeAll(async () => {
    stack = await startResources(resources);
    sqs = new SQSClient(clientFor(stack));
    stack.on('dead-letter', (letter) => dead.push(letter));
    stack.on('log', (line) => lines.push(line));
    stack.on('invocation', (invocation) => invocations.push(invocation));
  });
  afterAll(async () => {
    sqs.destroy();
    await stack.close();
  });

  const begin = (name: string, last: number) =>
    sqs.send(new SendMessageCommand({ QueueUrl: stack.physicalId(name), MessageBody: JSON.stringify({ n: 1, last }) }));
  const runsOf = (name: string): number => invocations.filter(({ function: of }) => of === name).length;
  const deadBodies = (): string[] => dead.splice(0).map(({ body }) => body);
  const linesOf = (name: string): string[] => lines.filter(({ function: of }) => of === name).map(({ line }) => line);

  it('ends after 16 invocations as a dead letter', async () => {
    await begin('Guarded', 40);
    await stack.idle();
    expect(runsOf('GuardedLink')).toBe(16);
    expect(deadBodies()).toEqual(['{"n":17,"last":40}']);
    expect(linesOf('GuardedLink')).toEqual([
      expect.stringMatching(
        /^recursive loop stopped: GuardedLink was invoked 16 times in one chain of messages, and the next one \([0-9a-f-]{36}\) goes to the dead-letter queue; a function that means it needs RecursiveLoop Allow$/,
      ),
    ]);
  });

  it('goes on where the function allows it', async () => {
    await begin('Meant', 40);
    await stack.idle();
    expect(runsOf('MeantLink')).toBe(40);
    expect(deadBodies()).toEqual([]);
    expect(linesOf('MeantLink')).toEqual([]);
  });

  it('is dropped without a dead-letter queue, with a line', async () => {
    await begin('Careless', 40);
    await stack.idle();
    expect(runsOf('CarelessLink')).toBe(16);
    expect(linesOf('CarelessLink')).toEqual([
      expect.stringContaining('is dropped, as its queue has no dead-letter queue'),
    ]);
  });

  it('is counted through other functions, for each by itself', async () => {
    await begin('There', 80);
    await stack.idle();
    expect([runsOf('ThereLink'), runsOf('BackLink')]).toEqual([16, 16]);
    expect(deadBodies()).toEqual(['{"n":33,"last":80}']);
  });

  it('is not what many messages of their own are', async () => {
    const before = runsOf('GuardedLink');
    await Promise.all(Array.from({ length: 30 }, () => begin('Guarded', 2)));
    await stack.idle();
    expect(deadBodies()).toEqual([]);
    expect(runsOf('GuardedLink')).toBeGreaterThan(before);
  });
});

describe('the trace header', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startResources(resources);
  });
  afterAll(() => stack.close());

  it('is in the environment of an invocation, another for each', async () => {
    const [one, other] = [await stack.invoke('Traces', {}), await stack.invoke('Traces', {})].map((environment) =>
      Reflect.get(Object(environment), '_X_AMZN_TRACE_ID'),
    );
    const shape = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:1$/;
    expect([one, other]).toEqual([expect.stringMatching(shape), expect.stringMatching(shape)]);
    expect(one).not.toBe(other);
  });

  it.each([
    ['as the sender gave it', ['AWSTraceHeader'], 'Root=1-5759e988-bd862e3fe1be46a994272793'],
    ['not unless the receiver asks', ['SenderId'], undefined],
  ] as const)('comes with the message, %s', async (_what, names, expected) => {
    const sqs = new SQSClient(clientFor(stack));
    const QueueUrl = stack.physicalId('Unread');
    const AWSTraceHeader = { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' };
    await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'hello', MessageSystemAttributes: { AWSTraceHeader } }),
    );
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: [...names] }),
    );
    expect(Messages.map(({ Attributes }) => Attributes?.['AWSTraceHeader'])).toEqual([expected]);
    sqs.destroy();
  });
});
