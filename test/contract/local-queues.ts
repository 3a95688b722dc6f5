/** An SQS engine for the contract tests of everything that goes through a queue: in this process, or the given one. */
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { isGiven } from '../conformance/given.ts';
import { makeGivenQueues, type QueueAttributes } from '../conformance/given-queues.ts';
import { listenOnLoopback } from './local-tables.ts';

/** The engine, without a queue, and a client of it. */
export interface LocalQueues {
  readonly client: SQSClient;
  /** Creates a queue whose name no other test of the file has. @returns its URL */
  newQueue(name: string, attributes?: QueueAttributes): Promise<string>;
  close(): Promise<void>;
}

/** Starts the engine on a free port of this machine; a conformance run has started one. */
export async function startLocalQueues(): Promise<LocalQueues> {
  if (isGiven('sqs')) return makeGivenQueues();
  const app = buildApp({ logger: false });
  await app.ready();
  const port = await listenOnLoopback(app.server);
  const client = new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    // Queue URLs of the engine name a host that does not exist.
    useQueueUrlAsEndpoint: false,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    client,
    async newQueue(QueueName, Attributes = {}) {
      const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
      return QueueUrl;
    },
    async close() {
      client.destroy();
      await app.close();
    },
  };
}
