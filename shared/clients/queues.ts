/** The queues: sending follow-ups (looks, webhooks, erasures, notices), starts and deliveries; giving a message back. */
import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { ErasureQueue } from '../domain/erasure-ports.ts';
import { Failure } from '../domain/failure.ts';
import { type Instant, instantOf } from '../domain/instant.ts';
import type { Deliveries, Notices } from '../domain/notify-ports.ts';
import type { Erasure, FollowUps, Starts, Webhooks } from '../domain/ports.ts';
import type { SweepRests } from '../domain/sweep.ts';
import {
  encodeDelivery,
  encodeErasure,
  encodeErasureWork,
  encodeNextLook,
  encodeNotice,
  encodeStartBatch,
  encodeSweepRest,
  encodeWebhook,
} from './messages.ts';

/** The longest delay SQS knows (AWS limit). */
const MAX_DELAY_SECONDS = 900;

/** Messages in one request (AWS limit). Ten start batches or deliveries are about 45 KB, far below SQS's 1 MiB. */
const MESSAGES_PER_REQUEST = 10;

/** How often messages of a batch are sent before it fails. */
const BATCH_TRIES = 3;

// A look that is due later than SQS can delay comes early, finds the job not over, and queues the next one.
const delay = (inSeconds: number): number => Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(inSeconds)));

const send = (client: SQSClient, queueUrl: string, body: string, inSeconds: number) =>
  client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delay(inSeconds) }));

interface DelayedMessage {
  readonly body: string;
  readonly inSeconds: number;
}

async function sendAll(client: SQSClient, queueUrl: string, messages: readonly DelayedMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += MESSAGES_PER_REQUEST) {
    await sendBatch(client, queueUrl, messages.slice(from, from + MESSAGES_PER_REQUEST));
  }
}

/** Up to ten messages. @throws Failure when SQS did not take all of them */
async function sendBatch(client: SQSClient, queueUrl: string, messages: readonly DelayedMessage[]): Promise<void> {
  const failures = (await sendEach(client, queueUrl, messages)).filter((failure) => failure !== null);
  const fault = failures.find(({ code }) => code === 'internal') ?? failures[0];
  if (fault !== undefined) throw fault;
}

/**
 * Up to ten messages, and for each what it failed of; null: it was taken. SQS answers 200 for a batch of which it took
 * nothing: each entry says what became of it.
 */
async function sendEach(
  client: SQSClient,
  queueUrl: string,
  messages: readonly DelayedMessage[],
): Promise<readonly (Failure | null)[]> {
  const failures: (Failure | null)[] = messages.map(() => null);
  let entries = messages.map(({ body, inSeconds }, index) => ({
    Id: String(index),
    MessageBody: body,
    DelaySeconds: delay(inSeconds),
  }));
  for (let tries = 1; ; tries += 1) {
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
    const again = new Set(Failed.filter(({ SenderFault }) => !SenderFault).map(({ Id }) => Id));
    for (const { Id, SenderFault, Code } of Failed) {
      if (SenderFault) failures[Number(Id)] = new Failure('internal', `SQS refuses a message of ours: ${Code}`);
      else if (tries === BATCH_TRIES) {
        failures[Number(Id)] = new Failure('busy', `SQS did not take ${again.size} messages of a batch`);
      }
    }
    if (again.size === 0 || tries === BATCH_TRIES) return failures;
    entries = entries.filter(({ Id }) => again.has(Id));
  }
}

/** Looks whose messages wait for each other. */
export interface LooksTogether extends FollowUps {
  /** The handling of one message: looks are sent when every message that is being handled has one to send or is done. */
  during<T>(handling: () => Promise<T>): Promise<T>;
}

interface WaitingLook extends DelayedMessage {
  readonly settle: (failure: unknown) => void;
}

/**
 * Looks on the follow-up queue at `queueUrl`, those of messages that are handled at the same time in one request: a tenth
 * of the price. A look waits for `mostMs` at most, while the slowest of the others is still handled; the invocation lasts
 * as long as that one anyway.
 */
export function looksTogether(client: SQSClient, queueUrl: string, mostMs = 500): LooksTogether {
  let handled = 0;
  const waiting: WaitingLook[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function sendAllWaiting(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const looks = waiting.splice(0, MESSAGES_PER_REQUEST);
    if (waiting.length > 0) void sendAllWaiting();
    try {
      const failures = await sendEach(client, queueUrl, looks);
      for (const [index, { settle }] of looks.entries()) settle(failures[index] ?? null);
    } catch (error) {
      for (const { settle } of looks) settle(error);
    }
  }

  function sendIfComplete(): void {
    if (waiting.length === 0) return;
    if (waiting.length >= handled) void sendAllWaiting();
    else timer ??= setTimeout(() => void sendAllWaiting(), mostMs);
  }

  return {
    async send(look, inSeconds) {
      const body = encodeNextLook(look);
      if (handled <= 1) {
        await send(client, queueUrl, body, inSeconds);
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const settle = (failure: unknown): void => (failure === null ? resolve() : reject(failure));
        waiting.push({ body, inSeconds, settle });
        sendIfComplete();
      });
    },
    async during(handling) {
      handled += 1;
      // The others of a batch begin in the same turn.
      await Promise.resolve();
      try {
        return await handling();
      } finally {
        handled -= 1;
        sendIfComplete();
      }
    },
  };
}

/** Looks on the follow-up queue at `queueUrl`. */
export const followUpQueue = (client: SQSClient, queueUrl: string): FollowUps => ({
  async send(look, inSeconds) {
    await send(client, queueUrl, encodeNextLook(look), inSeconds);
  },
});

/** Webhooks on the follow-up queue at `queueUrl`. */
export const webhookQueue = (client: SQSClient, queueUrl: string): Webhooks => ({
  async send(webhook, inSeconds) {
    await send(client, queueUrl, encodeWebhook(webhook), inSeconds);
  },
});

/** Sends the message that erases again, on the follow-up queue at `queueUrl`. */
export const erasureQueue =
  (client: SQSClient, queueUrl: string): Erasure['eraseAgain'] =>
  async (key, inSeconds) => {
    await send(client, queueUrl, encodeErasure(key), inSeconds);
  };

/** Messages that go on with erasings on request, on the follow-up queue at `queueUrl`. */
export const erasureWorkQueue = (client: SQSClient, queueUrl: string): ErasureQueue => ({
  async send(work, inSeconds) {
    await send(client, queueUrl, encodeErasureWork(work), inSeconds);
  },
});

/** The queue of deliveries at `queueUrl`. */
export const deliveryQueue = (client: SQSClient, queueUrl: string): Deliveries => ({
  async send(delivery, inSeconds) {
    await send(client, queueUrl, encodeDelivery(delivery), inSeconds);
  },
  async sendAll(deliveries) {
    const batches: DelayedMessage[][] = [];
    for (let from = 0; from < deliveries.length; from += MESSAGES_PER_REQUEST) {
      const batch = deliveries.slice(from, from + MESSAGES_PER_REQUEST);
      batches.push(batch.map((delivery) => ({ body: encodeDelivery(delivery), inSeconds: 0 })));
    }
    await Promise.all(batches.map((messages) => sendBatch(client, queueUrl, messages)));
  },
});

/** Notices on the follow-up queue at `queueUrl`. */
export const noticeQueue = (client: SQSClient, queueUrl: string): Notices => ({
  async send(notice, inSeconds) {
    await send(client, queueUrl, encodeNotice(notice), inSeconds);
  },
});

/** What is left of sweeps, on the queue at `queueUrl`. */
export const sweepQueue = (client: SQSClient, queueUrl: string): SweepRests => ({
  async send(rest) {
    await send(client, queueUrl, encodeSweepRest(rest), 0);
  },
});

/** The start queue at `queueUrl`. */
export const startQueue = (client: SQSClient, queueUrl: string): Starts => ({
  async sendAll(batches) {
    const messages = batches.map(({ batch, delaySeconds }) => ({
      body: encodeStartBatch(batch),
      inSeconds: delaySeconds,
    }));
    await sendAll(client, queueUrl, messages);
  },
});

/** The message attribute that says when a message that was put back was first sent (RFC 3339). */
const FIRST_SENT_AT = 'first_sent_at';

/** How long a message that was put back waits, in seconds. */
const PUT_BACK_SECONDS = 30;

/** When a received message was first sent, before it was put back. */
export const firstSentAt = ({ attributes, messageAttributes }: ReceivedMessage): Instant =>
  messageAttributes[FIRST_SENT_AT]?.stringValue ?? instantOf(Number(attributes.SentTimestamp));

/** A message as a function gets it from Lambda. */
export interface ReceivedMessage {
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp: string };
  readonly messageAttributes: Readonly<Record<string, { readonly stringValue?: string | undefined }>>;
}

/**
 * Sends a received message once more, unchanged, to the queue at `queueUrl`: a new message with a receive count of 0, which
 * keeps the time when it was first sent. The received one has to be deleted afterwards.
 */
export const putBackTo =
  (client: SQSClient, queueUrl: string, inSeconds = PUT_BACK_SECONDS) =>
  async (message: ReceivedMessage): Promise<void> => {
    const sentAt = { DataType: 'String', StringValue: firstSentAt(message) };
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: message.body,
        MessageAttributes: { [FIRST_SENT_AT]: sentAt },
        DelaySeconds: inSeconds,
      }),
    );
  };

/**
 * Gives a received message back to the queue at `queueUrl`: SQS delivers it again at once, or moves it to the
 * dead-letter queue if this was its last try, instead of when its visibility timeout is over.
 */
export const giveBackTo =
  (client: SQSClient, queueUrl: string) =>
  async ({ receiptHandle }: { readonly receiptHandle: string }): Promise<void> => {
    await client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: 0 }),
    );
  };
