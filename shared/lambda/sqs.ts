/** What every SQS consumer needs: a batch's records in parallel, each one's failure its own. */
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { Failure } from '../domain/failure.ts';
import { type Clock, type Instant, secondsBetween } from '../domain/instant.ts';
import type { LogEvent, LogFields, Telemetry } from './log.ts';

/** How a consumer treats a record. */
export interface ConsumerOptions<Message> {
  readonly telemetry: Telemetry;
  /** Reads a body. @throws Failure `bad_message`. */
  readonly decode: (body: string) => Message;
  /** Handles one message. Throwing keeps it in the queue: SQS delivers it again, in the end to the dead-letter queue. */
  readonly handle: (message: Message, record: SQSRecord) => Promise<void>;
  /** Whether only a newer release can read a body. */
  readonly isNewer: (body: string) => boolean;
  /** When a record was first sent, before it was put back. */
  readonly firstSentAt: (record: SQSRecord) => Instant;
  /** Sends a record once more, unchanged, for the release that can read it. */
  readonly putBack: (record: SQSRecord) => Promise<void>;
  readonly now: Clock;
  /** Makes SQS deliver a record again at once, so that an unreadable one reaches the dead-letter queue in seconds. */
  readonly giveBack: (record: SQSRecord) => Promise<void>;
  readonly failedEvent: LogEvent;
  /** What the line of a message that failed names. @default nothing but the message */
  readonly namesIn?: (message: Message) => LogFields;
}

/** For how long a message of a newer release is put back, in seconds: longer than any gradual shift from one to the next. */
const WAIT_FOR_READER_SECONDS = 86_400;

/** The Lambda handler of a queue with `ReportBatchItemFailures`. */
export function queueHandler<Message>(options: ConsumerOptions<Message>) {
  const { telemetry } = options;

  async function handleRecord(record: SQSRecord): Promise<void> {
    const newer = options.isNewer(record.body);
    if (newer && secondsBetween(options.firstSentAt(record), options.now()) < WAIT_FOR_READER_SECONDS) {
      await options.putBack(record);
      telemetry.count('MessagePutBack');
      telemetry.log('message.put_back', { message_id: record.messageId });
      return;
    }
    let message: Message;
    try {
      if (newer) throw new Failure('bad_message', 'a message of a newer release has found no reader for a day');
      message = options.decode(record.body);
    } catch (error) {
      telemetry.count('UnreadableMessage');
      telemetry.log('message.unreadable', { message_id: record.messageId, error });
      await options.giveBack(record);
      throw error;
    }
    try {
      await options.handle(message, record);
    } catch (error) {
      telemetry.log(options.failedEvent, { ...options.namesIn?.(message), message_id: record.messageId, error });
      throw error;
    }
  }

  return middy<SQSEvent, SQSBatchResponse>().handler(async (event) => {
    const processor = new BatchProcessor(EventType.SQS);
    try {
      // A batch in which everything failed is still a partial answer: throwing would log it as a crash of the function.
      return await processPartialResponse(event, handleRecord, processor, { throwOnFullBatchFailure: false });
    } finally {
      telemetry.flush();
    }
  });
}
