/** An SQS engine in this process, for the contract tests of everything that goes through a queue. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import { listenOnLoopback } from './local-tables.ts';

/** The engine, without a queue, and a client of it. */
export interface LocalQueues {
  readonly client: SQSClient;
  close(): Promise<void>;
}

/** Starts the engine on a free port of this machine. */
export async function startLocalQueues(): Promise<LocalQueues> {
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
    async close() {
      client.destroy();
      await app.close();
    },
  };
}
