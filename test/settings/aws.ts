/** AWS as the functions see it behind `AWS_ENDPOINT_URL`: DynamoDB on an engine, the rest recorded. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import { type JsonService, services } from '../../infra/local/stack/aws-call.ts';
import { closed, type LocalTables, listenOnLoopback, startLocalTables } from '../contract/local-tables.ts';
import { at } from '../infra/synthesized.ts';

/** A message that a function has sent. */
export interface Sent {
  readonly queueUrl: string;
  readonly body: string;
  readonly delaySeconds: number;
}

/** An event that a function has put on a bus. */
export interface Published {
  readonly type: string;
  readonly detail: unknown;
}

/** A call of AWS, as it came. */
export interface Call {
  readonly service: JsonService;
  readonly action: string;
  readonly body: Buffer;
}

/** AWS on this machine. */
export interface Aws {
  readonly url: string;
  readonly tables: LocalTables;
  readonly sent: Sent[];
  readonly events: Published[];
  /** Receipts of messages that were given back to their queue. */
  readonly givenBack: string[];
  readonly calls: Call[];
  /** Calls of DynamoDB that came while `hangs` was set: they are never answered. */
  readonly unanswered: string[];
  hangs: boolean;
  /** Gets each call before it is made; where it says `fails`, the call is refused, and not repeated by the SDK. */
  before: ((call: Call) => Promise<'fails' | undefined>) | null;
  close(): Promise<void>;
}

/** Starts it. `secretOf` gives a secret's text by its id. */
export async function startAws(secretOf: (id: string) => string): Promise<Aws> {
  const tables = await startLocalTables();
  const endpoint = await tables.client.config.endpoint?.();
  const dynamoDb = { host: endpoint?.hostname, port: endpoint?.port };
  const aws = {
    sent: [] as Sent[],
    events: [] as Published[],
    givenBack: [] as string[],
    calls: [] as Call[],
    unanswered: [] as string[],
    hangs: false,
    before: null as Aws['before'],
  };

  const take = (queueUrl: unknown, message: unknown) => {
    const body = String(at(message, 'MessageBody'));
    aws.sent.push({ queueUrl: String(queueUrl), body, delaySeconds: Number(at(message, 'DelaySeconds')) });
    return { MessageId: 'message', MD5OfMessageBody: createHash('md5').update(body).digest('hex') };
  };

  const answers: Readonly<Record<string, (input: unknown) => object>> = {
    'AmazonSQS.SendMessage': (input) => take(at(input, 'QueueUrl'), input),
    'AmazonSQS.SendMessageBatch': (input) => {
      const entries = at(input, 'Entries');
      const taken = (Array.isArray(entries) ? entries : []).map((entry: unknown) => ({
        Id: at(entry, 'Id'),
        ...take(at(input, 'QueueUrl'), entry),
      }));
      return { Successful: taken, Failed: [] };
    },
    'AmazonSQS.ChangeMessageVisibility': (input) => {
      aws.givenBack.push(String(at(input, 'ReceiptHandle')));
      return {};
    },
    'AWSEvents.PutEvents': (input) => {
      const entry = at(input, 'Entries', 0);
      aws.events.push({
        type: String(at(entry, 'DetailType')),
        detail: JSON.parse(String(at(entry, 'Detail'))),
      });
      return { FailedEntryCount: 0, Entries: [{ EventId: 'event' }] };
    },
    'secretsmanager.GetSecretValue': (input) => ({ SecretString: secretOf(String(at(input, 'SecretId'))) }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = String(request.headers['x-amz-target']);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const [prefix, action = ''] = target.split('.');
    const call = { service: serviceOf(prefix), action, body };
    aws.calls.push(call);
    if ((await aws.before?.(call)) === 'fails') {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end('{"__type":"ValidationException","message":"refused by the test"}');
      return;
    }
    if (target.startsWith('DynamoDB_')) {
      if (aws.hangs) {
        aws.unanswered.push(target);
        return;
      }
      const { method, url, headers } = request;
      open({ ...dynamoDb, method, path: url, headers }, (incoming) => {
        response.writeHead(incoming.statusCode ?? 500, incoming.headers);
        incoming.pipe(response);
      })
        // Closed while a function that has failed already was still asking.
        .on('error', () => response.destroy())
        .end(body);
      return;
    }
    const known = answers[target];
    response.writeHead(known === undefined ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(known?.(JSON.parse(body.toString('utf8'))) ?? { __type: 'UnknownOperation', target }));
  }

  const server = createServer((request, response) => void answer(request, response));
  const port = await listenOnLoopback(server);
  return Object.assign(aws, {
    url: `http://127.0.0.1:${port}`,
    tables,
    async close() {
      await Promise.all([closed(server), tables.close()]);
    },
  });
}

function serviceOf(prefix: string | undefined): JsonService {
  for (const [name, { target }] of Object.entries(services)) {
    if (target === prefix) return name as JsonService;
  }
  throw new Error(`there is no service ${prefix}`);
}
