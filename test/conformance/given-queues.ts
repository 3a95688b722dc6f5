/** Queues in the SQS that a conformance run gives. */

import { setTimeout } from 'node:timers/promises';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListQueuesCommand,
  type QueueAttributeName,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { endpointVariables, newName } from './given.ts';

const isForeign = (): boolean => process.env[endpointVariables.sqs] !== undefined;

/** AWS takes up to a second to know a new queue (CreateQueue in the API reference). */
const NEW_QUEUE_MS = 1_000;

/**
 * A client of the given engine. A queue's URL may name a host that only the engine knows, so calls go to the endpoint. At
 * AWS a receive waits for a second: one that does not wait asks some of SQS's servers only and may miss a message.
 */
export function givenSqs(): SQSClient {
  if (isForeign()) return new SQSClient({ useQueueUrlAsEndpoint: false });
  const client = new SQSClient({});
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) =>
        next(
          commandName === 'ReceiveMessageCommand' ? { ...args, input: { ...args.input, WaitTimeSeconds: 1 } } : args,
        ),
    { step: 'initialize' },
  );
  return client;
}

/** Attributes of a queue, as `CreateQueue` takes them. */
export type QueueAttributes = Partial<Record<QueueAttributeName, string>>;

/** Makes queues with names of their own; `close` removes them. */
export function makeGivenQueues() {
  const client = givenSqs();
  const made: string[] = [];
  return {
    client,
    async newQueue(kind: string, Attributes: QueueAttributes = {}): Promise<string> {
      const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: newName(kind), Attributes }));
      made.push(QueueUrl);
      if (!isForeign()) await setTimeout(NEW_QUEUE_MS);
      return QueueUrl;
    },
    async close(): Promise<void> {
      for (const QueueUrl of made) await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    },
  };
}

/** The URLs of the queues whose names begin with `prefix`. */
export async function queuesWith(prefix: string, client: SQSClient): Promise<readonly string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListQueuesCommand({ QueueNamePrefix: prefix, MaxResults: 1_000, NextToken }));
    found.push(...(page.QueueUrls ?? []));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}
