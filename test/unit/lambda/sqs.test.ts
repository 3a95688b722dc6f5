import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { instantOf } from '../../../shared/domain/instant.ts';
import { queueHandler } from '../../../shared/lambda/sqs.ts';
import { lambdaContext } from './api-event.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const record = (messageId: string, body: string): SQSRecord => ({
  messageId,
  body,
  receiptHandle: `handle-${messageId}`,
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: 'x',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:111122223333:queue',
  awsRegion: 'us-east-1',
});

const DAY = 86_400_000;

/**
 * A consumer of numbers: `fault` fails, `newer…` is for a newer release, anything else that
 * is no number is unreadable. All records were first sent at 1970's beginning; it is `nowMs` now.
 */
function consumer(giveBack: (receiptHandle: string) => void = () => {}, nowMs = 0, putBack = (_: string) => {}) {
  const telemetry = recordedTelemetry();
  const handled: string[] = [];
  const handler = queueHandler({
    telemetry,
    decode: (body) => {
      if (/^\d+$|^fault$/.test(body)) return body;
      throw new Failure('bad_message', 'a message cannot be read');
    },
    handle: async (message) => {
      if (message === 'fault') throw new Error('the table is away');
      handled.push(message);
    },
    isNewer: (body) => body.startsWith('newer'),
    firstSentAt: ({ attributes }) => instantOf(Number(attributes.SentTimestamp)),
    putBack: async ({ body }) => putBack(body),
    now: () => instantOf(nowMs),
    giveBack: async ({ receiptHandle }) => giveBack(receiptHandle),
    failedEvent: 'follow_up.failed',
  });
  const consume = async (...bodies: string[]) => {
    const Records = bodies.map((body, index) => record(`m${index}`, body));
    const { batchItemFailures } = await handler({ Records }, lambdaContext());
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { telemetry, handled, consume };
}

describe('a batch of messages', () => {
  it('that all work is done: none comes again', async () => {
    const { consume, handled, telemetry } = consumer();
    expect(await consume('1', '2', '3')).toEqual([]);
    expect(handled).toEqual(['1', '2', '3']);
    expect(telemetry.order).toEqual(['flush']);
  });

  it('keeps the one that failed, and only that one', async () => {
    const { consume, handled, telemetry } = consumer();
    expect(await consume('1', 'fault', '3')).toEqual(['m1']);
    expect(handled).toEqual(['1', '3']);
    expect(telemetry.lines).toMatchObject([
      { event: 'follow_up.failed', fields: { message_id: 'm1', error: { message: 'the table is away' } } },
    ]);
  });

  it('everything failed: a partial answer, no crash', async () => {
    const { consume, telemetry } = consumer();
    expect(await consume('fault', 'fault')).toEqual(['m0', 'm1']);
    expect(telemetry.lines).toHaveLength(2);
    expect(telemetry.order.at(-1)).toBe('flush');
  });

  it('that is empty is nothing', async () => {
    expect(await consumer().consume()).toEqual([]);
  });
});

describe('a message that cannot be read', () => {
  it('is given back at once and counted', async () => {
    const givenBack: string[] = [];
    const { consume, handled, telemetry } = consumer((handle) => void givenBack.push(handle));
    expect(await consume('1', 'nonsense')).toEqual(['m1']);
    expect(handled).toEqual(['1']);
    expect(givenBack).toEqual(['handle-m1']);
    expect(telemetry.counts).toEqual(['UnreadableMessage']);
    expect(telemetry.lines).toMatchObject([
      { event: 'message.unreadable', fields: { message_id: 'm1', error: { code: 'bad_message' } } },
    ]);
    expect(JSON.stringify(telemetry.lines)).not.toContain('nonsense');
  });

  it('stays in the queue when giving back fails', async () => {
    const { consume, handled } = consumer(() => {
      throw new Error('SQS is away');
    });
    expect(await consume('nonsense', '2')).toEqual(['m0']);
    expect(handled).toEqual(['2']);
  });

  it('only it is given back; failed ones wait', async () => {
    const givenBack: string[] = [];
    await consumer((handle) => void givenBack.push(handle)).consume('fault');
    expect(givenBack).toEqual([]);
  });
});

describe('a message that only a newer release can read', () => {
  it('goes back as it is, done in the batch', async () => {
    const back: string[] = [];
    const { consume, handled, telemetry } = consumer(undefined, DAY - 1, (body) => void back.push(body));
    expect(await consume('1', 'newer 2')).toEqual([]);
    expect(handled).toEqual(['1']);
    expect(back).toEqual(['newer 2']);
    expect(telemetry.counts).toEqual(['MessagePutBack']);
    expect(telemetry.lines).toMatchObject([{ event: 'message.put_back', fields: { message_id: 'm1' } }]);
  });

  it('becomes a dead letter after a day, with the reason', async () => {
    const back: string[] = [];
    const givenBack: string[] = [];
    const { consume, telemetry } = consumer(
      (handle) => void givenBack.push(handle),
      DAY,
      (body) => void back.push(body),
    );
    expect(await consume('newer 2')).toEqual(['m0']);
    expect([back, givenBack]).toEqual([[], ['handle-m0']]);
    expect(telemetry.counts).toEqual(['UnreadableMessage']);
    const message = 'a message of a newer release has found no reader for a day';
    expect(telemetry.lines).toMatchObject([
      { event: 'message.unreadable', fields: { message_id: 'm0', error: { code: 'bad_message', message } } },
    ]);
  });

  it('stays in the queue when it cannot be sent back', async () => {
    const { consume, telemetry } = consumer(undefined, 0, () => {
      throw new Error('SQS is away');
    });
    expect(await consume('newer 2', '3')).toEqual(['m0']);
    expect(telemetry.counts).toEqual([]);
  });
});
