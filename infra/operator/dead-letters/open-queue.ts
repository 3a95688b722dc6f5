/**
 * Looking into a queue of dead letters. SQS shows a message only to who receives it, and hides it from others meanwhile: so
 * every letter is received, and given back at the end.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Instant } from '../../../shared/domain/instant.ts';
import { endingOf } from '../ending.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import { type Letter, readLetter, SENT_BACK_AT } from './letter.ts';
import type { DeadLetterQueue } from './queues.ts';

/** For how long a received letter is hidden, in seconds; should this command be killed, it is back after that. */
export const HIDDEN_SECONDS = 600;

/** In one request (AWS limit). */
const AT_ONCE = 10;

/** At least one second makes SQS ask all its servers; a receive that does not wait asks some of them. The local stack has one. */
const WAIT_SECONDS = { aws: 1, local: 0 };

/** How often in a row nothing new may be received before the queue is taken for seen. */
const TRIES_WITHOUT_NEW = 2;

/** What SQS says of a queue, about. */
export interface QueueCounts {
  /** Letters that can be received. */
  readonly visible: number;
  /** Letters that were received and not yet given back, by anything that receives. */
  readonly underWay: number;
}

/** A letter, and what it is sent back as. */
export interface ReceivedLetter {
  readonly letter: Letter;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
}

/** A queue whose letters are received until `giveBack`. */
export interface OpenQueue {
  readonly queue: DeadLetterQueue;
  counts(): Promise<QueueCounts>;
  /** Each letter once, up to `limit` of them, until `stop` is aborted. */
  letters(limit: number, stop: AbortSignal): AsyncGenerator<ReceivedLetter>;
  /** Sends the letter to the queue that it comes from, body and attributes as they are, and then deletes it here. */
  sendBack(received: ReceivedLetter, at: Instant): Promise<void>;
  remove(letter: Letter): Promise<void>;
  /** Gives back all that are left. @returns how many could not be: they are back after `HIDDEN_SECONDS`. */
  giveBack(): Promise<number>;
}

/** Opens the queue. @param isLocal whether it is one of the local stack's */
export function openQueue(client: SQSClient, queue: DeadLetterQueue, isLocal: boolean): OpenQueue {
  const { url: QueueUrl } = queue;
  /** The receipt of each letter that is hidden now, by its message id. */
  const held = new Map<string, string>();
  const seen = new Set<string>();

  const receive = async (most: number): Promise<readonly Message[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: most,
        VisibilityTimeout: HIDDEN_SECONDS,
        WaitTimeSeconds: isLocal ? WAIT_SECONDS.local : WAIT_SECONDS.aws,
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        MessageAttributeNames: ['All'],
      }),
    );
    for (const { MessageId = '', ReceiptHandle = '' } of Messages) held.set(MessageId, ReceiptHandle);
    return Messages;
  };

  const remove = async ({ messageId }: Letter): Promise<void> => {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: held.get(messageId) ?? '' }));
    held.delete(messageId);
  };

  return {
    queue,
    remove,
    async counts() {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages),
        underWay: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      };
    },
    async *letters(limit, stop) {
      let withoutNew = 0;
      while (withoutNew < TRIES_WITHOUT_NEW && seen.size < limit && !stop.aborted) {
        const messages = await receive(Math.min(AT_ONCE, limit - seen.size));
        if (messages.length === 0) return;
        const fresh = messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
        withoutNew = fresh.length === 0 ? withoutNew + 1 : 0;
        for (const message of fresh) {
          seen.add(message.MessageId ?? '');
          if (stop.aborted) return;
          const { Body: body = '', MessageAttributes: attributes = {} } = message;
          yield { letter: readLetter(queue.name, message), body, attributes };
        }
      }
    },
    async sendBack({ letter, body, attributes }, at) {
      if (queue.sourceUrl === null) throw new Error(`${queue.name} has no queue to send to`);
      await client.send(
        new SendMessageCommand({
          QueueUrl: queue.sourceUrl,
          MessageBody: body,
          MessageAttributes: { ...attributes, [SENT_BACK_AT]: { DataType: 'String', StringValue: at } },
        }),
      );
      await remove(letter).catch((cause: unknown) => {
        const { sentence } = endingOf(cause);
        throw new Stop(
          exitCodes.failed,
          `${letter.messageId} was sent back and could not be deleted here, so that it will be sent twice, which is harmless: ${sentence}`,
          { cause },
        );
      });
    },
    async giveBack() {
      const all = [...held].map(([id, ReceiptHandle]) => ({ id, ReceiptHandle }));
      let failed = 0;
      for (let from = 0; from < all.length; from += AT_ONCE) {
        const some = all.slice(from, from + AT_ONCE);
        const Entries = some.map(({ ReceiptHandle }, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }));
        try {
          const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
          failed += Failed.length;
        } catch {
          // Said by the caller, beside the error that it may end with already.
          failed += some.length;
        }
      }
      held.clear();
      return failed;
    },
  };
}
