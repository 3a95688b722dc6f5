import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { startBarrier } from './fixtures/barrier.ts';
import { clientFor, kitFunction, startResources } from './fixtures/template.ts';

const queueOf = (deadLetterQueue: string) => ({
  Type: 'AWS::SQS::Queue',
  Properties: {
    VisibilityTimeout: 1,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetterQueue, 'Arn'] }, maxReceiveCount: 2 },
  },
});
const source = (queue: string, functionId: string, properties: Record<string, unknown> = {}) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: { 'Fn::GetAtt': [queue, 'Arn'] },
    FunctionName: { Ref: functionId },
    BatchSize: 10,
    ...properties,
  },
});

const resources = {
  Dead: { Type: 'AWS::SQS::Queue' },
  Jobs: queueOf('Dead'),
  Obeys: kitFunction('obeys'),
  JobsSource: source('Jobs', 'Obeys', { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
  WholeDead: { Type: 'AWS::SQS::Queue' },
  Whole: queueOf('WholeDead'),
  ObeysWhole: kitFunction('obeys'),
  WholeSource: source('Whole', 'ObeysWhole'),
  Window: { Type: 'AWS::SQS::Queue' },
  WindowSource: source('Window', 'ObeysWhole', { MaximumBatchingWindowInSeconds: 10, BatchSize: 12 }),
  Slow: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 30 } },
  Waits: kitFunction('waits'),
  SlowSource: source('Slow', 'Waits', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } }),
  Off: { Type: 'AWS::SQS::Queue' },
  OffSource: source('Off', 'Obeys', { Enabled: false }),
};

interface Seen {
  name: string;
  count: string;
  batch: number;
  record: Record<string, unknown>;
}

describe('event sources', () => {
  let stack: LocalStack;
  let sqs: SQSClient;
  const seen: (Seen & { function: string })[] = [];
  const dead: Observations['dead-letter'][] = [];
  beforeAll(async () => {
    stack = await startResources(resources);
    sqs = new SQSClient(clientFor(stack));
    stack.on('dead-letter', (letter) => dead.push(letter));
    stack.on('log', ({ function: name, line }) => {
      if (line.startsWith('{')) seen.push({ function: name, ...(JSON.parse(line) as Seen) });
    });
  });
  afterAll(async () => {
    sqs.destroy();
    await stack.close();
  });

  const send = (queue: string, ...messages: { name: string; mode?: string }[]) =>
    sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: stack.physicalId(queue),
        Entries: messages.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) })),
      }),
    );
  const countsOf = (name: string) => seen.filter((entry) => entry.name === name).map(({ count }) => count);
  const deadNames = (queue: string) =>
    dead.filter((letter) => letter.queue === queue).map(({ body }) => (JSON.parse(body) as { name: string }).name);

  it('hands over records as Lambda does', async () => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: stack.physicalId('Jobs'),
        MessageBody: JSON.stringify({ name: 'shape' }),
        MessageAttributes: { Kind: { DataType: 'String', StringValue: 'test' } },
      }),
    );
    await stack.idle();
    expect(seen.find(({ name }) => name === 'shape')?.record).toEqual({
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"name":"shape"}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        Kind: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
      },
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:us-east-1:000000000000:local-Jobs-/),
      awsRegion: 'us-east-1',
    });
  });

  it('repeats only reported failures, then the dead-letter queue', async () => {
    await send('Jobs', { name: 'good' }, { name: 'bad', mode: 'fail' }, { name: 'good too' });
    await stack.idle();
    expect(countsOf('good')).toEqual(['1']);
    expect(countsOf('good too')).toEqual(['1']);
    expect(countsOf('bad')).toEqual(['1', '2']);
    // On a machine that stands still for a while, messages of other tests come twice too.
    expect(deadNames('Dead').filter((name) => ['good', 'bad', 'good too'].includes(name))).toEqual(['bad']);
  });

  it('repeats the whole batch when the function throws', async () => {
    await send('Whole', { name: 'beside' }, { name: 'throws', mode: 'throw' });
    await stack.idle();
    expect(countsOf('beside')).toEqual(['1', '2']);
    expect(countsOf('throws')).toEqual(['1', '2']);
    expect(deadNames('WholeDead').sort()).toEqual(['beside', 'throws']);
  });

  it('repeats the whole batch for an unknown message id', async () => {
    const lines: string[] = [];
    const stop = stack.on('log', ({ line }) => lines.push(line));
    await send('Jobs', { name: 'malformed', mode: 'malformed' });
    await stack.idle();
    stop();
    expect(countsOf('malformed')).toEqual(['1', '2']);
    expect(deadNames('Dead')).toContain('malformed');
    expect(lines).toContain(
      'batchItemFailures names "unknown", which is not in the batch: the whole batch counts as failed',
    );
  });

  it('ignores reports when the mapping does not ask for them', async () => {
    await send('Whole', { name: 'reported in vain', mode: 'fail' });
    await stack.idle();
    expect(countsOf('reported in vain')).toEqual(['1']);
  });

  it('gathers a batch of more than ten in its window', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `gathered ${index}`);
    await send('Window', ...names.slice(0, 4).map((name) => ({ name })));
    await send('Window', ...names.slice(4).map((name) => ({ name })));
    await stack.idle();
    expect(seen.filter(({ name }) => name.startsWith('gathered')).map(({ batch }) => batch)).toEqual(
      Array(12).fill(12),
    );
  });

  it('keeps to the maximum concurrency', async () => {
    const barrier = await startBarrier(2);
    const Entries = Array.from({ length: 6 }, (_, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify({ url: barrier.url }),
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.physicalId('Slow'), Entries }));
    await stack.idle();
    await barrier.close();
    expect(barrier.most).toBe(2);
  });

  it('is not idle while a message is delayed', async () => {
    const QueueUrl = stack.physicalId('Jobs');
    const MessageBody = JSON.stringify({ name: 'delayed' });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds: 1 }));
    await stack.idle();
    expect(countsOf('delayed')).toEqual(['1']);
  });

  it('leaves a disabled mapping’s queue; idle() does not wait', async () => {
    await send('Off', { name: 'left alone' });
    await stack.idle();
    expect(countsOf('left alone')).toEqual([]);
  });
});
