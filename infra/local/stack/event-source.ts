import type { FunctionHost } from './function-host.ts';
import type { ObservationFeed } from './observations.ts';
import { isRecord } from './template.ts';
import { joinedLineage, type Lineage, MAX_CHAIN_INVOCATIONS, readLineage } from './trace-header.ts';

/** An event source mapping of a queue, resolved. */
export interface EventSourceSpec {
  readonly logicalId: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Batches in flight at the same time. */
  readonly maxConcurrency: number;
  readonly reportsBatchItemFailures: boolean;
  readonly hasDeadLetterQueue: boolean;
}

/** Calls SQS; rejects when SQS refuses. */
export type SqsCall = (action: string, input: unknown) => Promise<unknown>;

interface Message {
  readonly id: string;
  readonly receiptHandle: string;
  readonly lineage: Lineage;
  /** How often it was received, this time included. */
  readonly receives: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/** SQS gives at most this many messages a call. */
const RECEIVE_MAX = 10;
const LONG_POLL_SECONDS = 20;
const PAUSE_AFTER_FAILURE_MS = 1000;

/** What a poller works with. */
interface EventSourceSurroundings {
  readonly host: FunctionHost;
  /** With the permissions of the function. */
  readonly sqs: SqsCall;
  /** For what SQS does by itself. */
  readonly sqsItself: SqsCall;
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/**
 * Lambda's poller for one queue: long polls, hands batches to the function, deletes what succeeded. What failed stays in
 * the queue until its visibility timeout runs out, and moves to the dead-letter queue by SQS's own rule.
 */
export class EventSource {
  readonly #spec: EventSourceSpec;
  readonly #host: FunctionHost;
  readonly #sqs: SqsCall;
  readonly #sqsItself: SqsCall;
  readonly #observations: ObservationFeed;
  readonly #now: () => number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(spec: EventSourceSpec, { host, sqs, sqsItself, observations, now }: EventSourceSurroundings) {
    this.#spec = spec;
    this.#host = host;
    this.#sqs = sqs;
    this.#sqsItself = sqsItself;
    this.#observations = observations;
    this.#now = now;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Takes no more messages; call it before the queues end. */
  stop(): void {
    this.#stopped = true;
    this.#stopping.resolve();
  }

  /** Resolves when the last batch is over. */
  async stoppedEverything(): Promise<void> {
    await this.#loop;
    await Promise.all(this.#inFlight);
  }

  async #run(): Promise<void> {
    await this.#readQueue();
    while (!this.#stopped) {
      if (this.#inFlight.size >= this.#spec.maxConcurrency) {
        await Promise.race([this.#stopping.promise, ...this.#inFlight]);
        continue;
      }
      const batch = await this.#receiveBatch();
      if (batch.length === 0 || this.#stopped) continue;
      const processing = this.#process(batch).finally(() => this.#inFlight.delete(processing));
      this.#inFlight.add(processing);
    }
  }

  /** Lambda creates no event source whose function may not read the queue's attributes, beside receiving and deleting. */
  async #readQueue(): Promise<void> {
    try {
      await this.#sqs('GetQueueAttributes', { QueueUrl: this.#spec.queueUrl, AttributeNames: ['VisibilityTimeout'] });
    } catch (error) {
      if (!this.#stopped) this.#log(`the event source cannot read its queue’s attributes: ${String(error)}`);
    }
  }

  /** One batch: full, or what arrived within the batching window. */
  async #receiveBatch(): Promise<Message[]> {
    const { batchSize, batchingWindowSeconds } = this.#spec;
    const batch = await this.#receive(batchSize, LONG_POLL_SECONDS);
    const until = this.#now() + batchingWindowSeconds * 1000;
    while (batch.length > 0 && batch.length < batchSize && !this.#stopped) {
      const left = Math.ceil((until - this.#now()) / 1000);
      // Without a window, full receives are repeated without waiting: a batch of more than ten needs more than one.
      if (left <= 0 && (batchingWindowSeconds > 0 || batch.length < RECEIVE_MAX)) break;
      const more = await this.#receive(batchSize - batch.length, Math.min(LONG_POLL_SECONDS, Math.max(0, left)));
      if (more.length === 0) break;
      batch.push(...more);
    }
    return batch;
  }

  async #receive(count: number, waitSeconds: number): Promise<Message[]> {
    try {
      const result = await this.#sqs('ReceiveMessage', {
        QueueUrl: this.#spec.queueUrl,
        MaxNumberOfMessages: Math.min(count, RECEIVE_MAX),
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      });
      const messages = isRecord(result) && Array.isArray(result['Messages']) ? result['Messages'] : [];
      return messages.filter(isRecord).map((message) => this.#message(message));
    } catch (error) {
      if (!this.#stopped) {
        this.#log(`the event source cannot receive: ${String(error)}`);
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, PAUSE_AFTER_FAILURE_MS);
        await Promise.race([promise, this.#stopping.promise]);
        clearTimeout(timer);
      }
      return [];
    }
  }

  #message(message: Readonly<Record<string, unknown>>): Message {
    const id = String(message['MessageId']);
    const receiptHandle = String(message['ReceiptHandle']);
    const attributes = isRecord(message['MessageAttributes']) ? message['MessageAttributes'] : {};
    const ofSystem = isRecord(message['Attributes']) ? message['Attributes'] : {};
    const md5OfMessageAttributes = message['MD5OfMessageAttributes'];
    const record = {
      messageId: id,
      receiptHandle,
      body: message['Body'],
      attributes: ofSystem,
      messageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, attributeRecord(isRecord(value) ? value : {})]),
      ),
      ...(md5OfMessageAttributes === undefined ? {} : { md5OfMessageAttributes }),
      md5OfBody: message['MD5OfBody'],
      eventSource: 'aws:sqs',
      eventSourceARN: this.#spec.queueArn,
      awsRegion: this.#spec.region,
    };
    return {
      id,
      receiptHandle,
      lineage: readLineage(ofSystem['AWSTraceHeader']),
      receives: Number(ofSystem['ApproximateReceiveCount']),
      record,
    };
  }

  async #process(received: readonly Message[]): Promise<void> {
    const stopped = received.filter(({ lineage }) => this.#host.stopsChain(lineage));
    await Promise.all(stopped.map((message) => this.#stopChain(message)));
    const batch = received.filter((message) => !stopped.includes(message));
    if (batch.length === 0) return;
    let done: readonly Message[];
    try {
      const lineage = joinedLineage(batch.map((message) => message.lineage));
      const result = await this.#host.invoke({ Records: batch.map(({ record }) => record) }, lineage);
      const failed = this.#spec.reportsBatchItemFailures ? failedIds(result, batch) : new Set<string>();
      done = batch.filter(({ id }) => !failed.has(id));
    } catch (error) {
      // The host has reported a failed invocation, a malformed answer is reported here. Both put the whole batch back.
      if (error instanceof MalformedResponse) this.#log(error.message);
      return;
    }
    await this.#delete(done);
  }

  async #delete(done: readonly Message[]): Promise<void> {
    for (let start = 0; start < done.length; start += RECEIVE_MAX) {
      const entries = done.slice(start, start + RECEIVE_MAX);
      try {
        await this.#sqs('DeleteMessageBatch', {
          QueueUrl: this.#spec.queueUrl,
          Entries: entries.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle })),
        });
      } catch (error) {
        if (!this.#stopped) this.#log(`the event source cannot delete: ${String(error)}`);
      }
    }
  }

  /**
   * Ends a recursive loop: the message goes to the dead-letter queue, or is dropped without one. Lambda refuses the
   * invocation and SQS delivers the message again until its receives are used up; here there are no waits between.
   */
  async #stopChain(message: Message): Promise<void> {
    const { queueUrl, hasDeadLetterQueue } = this.#spec;
    if (message.receives <= 1) {
      const fate = hasDeadLetterQueue
        ? 'goes to the dead-letter queue'
        : 'is dropped, as its queue has no dead-letter queue';
      this.#log(
        `recursive loop stopped: ${this.#host.spec.logicalId} was invoked ${MAX_CHAIN_INVOCATIONS} times in one chain of ` +
          `messages, and the next one (${message.id}) ${fate}; a function that means it needs RecursiveLoop Allow`,
      );
    }
    if (!hasDeadLetterQueue) return this.#delete([message]);
    try {
      const input = { QueueUrl: queueUrl, ReceiptHandle: message.receiptHandle, VisibilityTimeout: 0 };
      await this.#sqsItself('ChangeMessageVisibility', input);
    } catch (error) {
      if (!this.#stopped) this.#log(`the event source cannot give back: ${String(error)}`);
    }
  }

  #log(line: string): void {
    this.#observations.emit('log', { function: this.#host.spec.logicalId, stream: 'stderr', line });
  }
}

class MalformedResponse extends Error {}

/** The messages that the function reports as failed. @throws MalformedResponse when all of them count as failed */
function failedIds(result: unknown, batch: readonly Message[]): ReadonlySet<string> {
  const failures = isRecord(result) ? result['batchItemFailures'] : undefined;
  if (failures === undefined || failures === null) return new Set();
  if (!Array.isArray(failures))
    throw new MalformedResponse('batchItemFailures is no list: the whole batch counts as failed');
  const known = new Set(batch.map(({ id }) => id));
  return new Set(
    failures.map((failure: unknown) => {
      const id = isRecord(failure) ? failure['itemIdentifier'] : undefined;
      if (typeof id === 'string' && known.has(id)) return id;
      throw new MalformedResponse(
        `batchItemFailures names ${JSON.stringify(id)}, which is not in the batch: the whole batch counts as failed`,
      );
    }),
  );
}

/** A message attribute as Lambda writes it: the same names with a small first letter, lists always there. */
const attributeRecord = (attribute: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...(attribute['StringValue'] === undefined ? {} : { stringValue: attribute['StringValue'] }),
  ...(attribute['BinaryValue'] === undefined ? {} : { binaryValue: attribute['BinaryValue'] }),
  stringListValues: [],
  binaryListValues: [],
  dataType: attribute['DataType'],
});
