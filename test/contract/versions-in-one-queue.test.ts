import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decodeDelivery,
  decodeFollowUp,
  decodeStartBatch,
  encodeDelivery,
  encodeErasure,
  encodeNextLook,
  encodeNotice,
  encodeStartBatch,
  encodeWebhook,
  isNewer,
  messageVersions,
} from '../../shared/clients/messages.ts';
import { firstSentAt, giveBackTo, putBackTo } from '../../shared/clients/queues.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import { type Instant, instantOf } from '../../shared/domain/instant.ts';
import { queueHandler } from '../../shared/lambda/sqs.ts';
import { at, attemptOf, newKey, refreshId, startingClaim } from '../samples.ts';
import { lambdaContext } from '../unit/lambda/api-event.ts';
import { recordedTelemetry } from '../unit/lambda/recorded-telemetry.ts';
import { startLocalQueues } from './local-queues.ts';

/** A message as Lambda gives it to a function. */
const recordOf = ({
  Body = '',
  MessageId = '',
  ReceiptHandle = '',
  Attributes = {},
  MessageAttributes = {},
}: Message): SQSRecord => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  attributes: {
    ApproximateReceiveCount: Attributes.ApproximateReceiveCount ?? '1',
    SentTimestamp: Attributes.SentTimestamp ?? '',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '',
  },
  messageAttributes: Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue = '', DataType = '' }]) => [
      name,
      { stringValue: StringValue, dataType: DataType },
    ]),
  ),
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: '',
  awsRegion: 'us-east-1',
});

const engine = await startLocalQueues();
const { client } = engine;
afterAll(() => engine.close());

const look = encodeNextLook({
  refreshId: refreshId(1),
  correlationId: 'order-1',
  member: newKey(),
  lookNumber: 1,
  state: { failedLooks: 0, unconfirmedEnd: null, newestJob: null, missingSince: null, runningAt: null },
});

/** One message of each kind, as this release writes it, and what reads it. */
const messages: Readonly<Record<string, readonly [body: string, decode: (body: string) => unknown]>> = {
  look: [look, decodeFollowUp],
  webhook: [encodeWebhook({ about: 'data', member: newKey(), completedAt: at(-2), receivedAt: at(0) }), decodeFollowUp],
  erasure: [encodeErasure(newKey()), decodeFollowUp],
  delivery: [
    encodeDelivery({
      callbackId: 'CBK-1',
      url: 'https://hooks.example.com/',
      event: endedEvent(newKey(), attemptOf(startingClaim(refreshId(1)))),
      attempt: 0,
      since: at(0),
      notBefore: at(0),
    }),
    decodeDelivery,
  ],
  starts: [encodeStartBatch({ dueAt: at(60), startAt: null, members: [] }), decodeStartBatch],
};

const notice = encodeNotice({
  refreshId: refreshId(1),
  correlationId: null,
  member: newKey(),
  before: null,
  events: true,
  changed: [],
  callbacksAfter: '',
  tries: 0,
  since: at(0),
});

/** `body` in another version, which may be no number. */
const inVersion = (body: string, version: unknown): string => JSON.stringify({ ...JSON.parse(body), version });

describe('the version of a message', () => {
  /** What the release before this one reads. Raise it when a release that reads more is the only one that runs. */
  const previousRelease = { reads: 1 };

  it('is one that the release before reads too', () => {
    expect(messageVersions.writes).toBeLessThanOrEqual(previousRelease.reads);
    expect(messageVersions.writes).toBeLessThanOrEqual(messageVersions.reads);
  });

  it.each(Object.entries(messages))('is written into a %s, which this release reads', (_kind, [body, decode]) => {
    expect(JSON.parse(body)).toMatchObject({ version: messageVersions.writes });
    expect(isNewer(body)).toBe(false);
    expect(() => decode(body)).not.toThrow();
  });

  it('is its own in a notice; earlier releases wait', () => {
    expect(JSON.parse(notice)).toMatchObject({ version: 2 });
    expect([isNewer(notice), isNewer(notice, previousRelease.reads)]).toEqual([false, true]);
    expect(decodeFollowUp(notice)).toMatchObject({ kind: 'notify' });
  });

  it.each<[version: unknown, readerOf1: 'reads' | 'waits' | 'refuses', readerOf2: 'reads' | 'waits' | 'refuses']>([
    [1, 'reads', 'reads'],
    [2, 'waits', 'reads'],
    [3, 'waits', 'waits'],
    [1e15, 'waits', 'waits'],
    [0, 'refuses', 'refuses'],
    [-1, 'refuses', 'refuses'],
    [1.5, 'refuses', 'refuses'],
    [2.5, 'refuses', 'refuses'],
    ['2', 'refuses', 'refuses'],
    [null, 'refuses', 'refuses'],
    [undefined, 'refuses', 'refuses'],
    [{}, 'refuses', 'refuses'],
  ])('%j: version 1 %s it, version 2 %s it', (version, ...expected) => {
    for (const [kind, [body, decode]] of Object.entries(messages)) {
      const message = inVersion(body, version);
      const seen = [1, 2].map((reads) => {
        if (isNewer(message, reads)) return 'waits';
        try {
          decode(message);
          return 'reads';
        } catch {
          return 'refuses';
        }
      });
      expect(seen, kind).toEqual(expected);
    }
  });

  it.each(['hello', '"hello"', 'null', '[]', '7'])('is none in %s', (body) => {
    expect(isNewer(body)).toBe(false);
  });
});

describe('a message of a newer release', () => {
  /** A consumer of that queue, of the release that reads messages up to `reads`; tells what it handled. */
  const release = (QueueUrl: string, reads: number, now: () => Instant) => {
    const telemetry = recordedTelemetry();
    const handled: string[] = [];
    const handler = queueHandler<string>({
      telemetry,
      decode: (body) => body,
      handle: async (body) => void handled.push(body),
      isNewer: (body) => isNewer(body, reads),
      firstSentAt,
      putBack: putBackTo(client, QueueUrl, 0),
      giveBack: giveBackTo(client, QueueUrl),
      now,
      failedEvent: 'follow_up.failed',
    });
    /** One poll, as Lambda does it: receives, hands over, deletes what is done. */
    const poll = async () => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      const Records = Messages.map(recordOf);
      const { batchItemFailures } = await handler({ Records }, lambdaContext());
      for (const { messageId, receiptHandle } of Records) {
        if (batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === messageId)) continue;
        await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receiptHandle }));
      }
      return Records;
    };
    return { telemetry, handled, poll };
  };

  const queueWithDeadLetters = async (name: string) => {
    const dead = await engine.newQueue(`${name}-dead`);
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 5 });
    const QueueUrl = await engine.newQueue(name, { RedrivePolicy, VisibilityTimeout: '180' });
    return { QueueUrl, dead };
  };

  const newer = inVersion(look, 3);

  it('waits however often an older reader receives it', async () => {
    const { QueueUrl, dead } = await queueWithDeadLetters('shift');
    const sent = Date.now();
    const clock = () => instantOf(sent + 3_600_000);
    const old = release(QueueUrl, 2, clock);
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: newer }));
    const seen = [];
    for (let times = 0; times < 8; times += 1) seen.push(...(await old.poll()));
    expect(seen.map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount])).toEqual(
      Array.from({ length: 8 }, () => [newer, '1']),
    );
    expect(new Set(seen.map(firstSentAt)).size).toBe(1);
    const next = release(QueueUrl, 3, clock);
    await next.poll();
    expect([old.handled, next.handled]).toEqual([[], [newer]]);
    expect(await old.poll()).toEqual([]);
    const { Messages: deadLetters = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: dead }));
    expect(deadLetters).toEqual([]);
  });

  it('is a dead letter after a day without reader', async () => {
    const { QueueUrl, dead } = await queueWithDeadLetters('no-reader');
    const sent = Date.now();
    let after = 86_000_000;
    const old = release(QueueUrl, 2, () => instantOf(sent + after));
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: newer }));
    for (let times = 0; times < 7; times += 1) await old.poll();
    expect(old.telemetry.counts).toEqual(Array.from({ length: 7 }, () => 'MessagePutBack'));
    after = 87_000_000;
    // The sixth poll finds that it was received five times.
    for (let times = 0; times < 6; times += 1) await old.poll();
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: dead, MessageAttributeNames: ['All'] }),
    );
    expect(Messages).toMatchObject([{ Body: newer, MessageAttributes: { first_sent_at: { DataType: 'String' } } }]);
    expect(old.telemetry.counts.filter((metric) => metric === 'UnreadableMessage')).toHaveLength(5);
  });

  it('waits for 30 seconds each time', async () => {
    const QueueUrl = await engine.newQueue('put-back');
    await putBackTo(client, QueueUrl)(recordOf({ Body: newer, Attributes: { SentTimestamp: '0' } }));
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessagesDelayed'] }),
    );
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessagesDelayed: '1' });
  });
});
