import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AwsLimits, awsLimits, limitedCalls } from '../../shared/clients/aws-limits.ts';
import { sendJson, stubServer } from './stub-server.ts';

/** Small enough for a test, far enough apart to tell which of them ended a call. */
const quick: AwsLimits = { maxAttempts: 3, attemptMs: 250, callMs: 10_000, atOnce: 50, waitMs: 1_000 };

type Answer = Parameters<typeof stubServer>[0];

/** A server that is closed after its test, with its open connections. */
async function server(answer: Answer) {
  const started = await stubServer(answer);
  onTestFinished(() => started.close());
  return started;
}

const configOf = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

const read = new GetItemCommand({ TableName: 'none', Key: { id: { S: '1' } } });

/** One call of each client that this service has. */
const calls: Readonly<Record<string, (endpoint: string, limits: AwsLimits) => Promise<unknown>>> = {
  DynamoDB: (endpoint, limits) => new DynamoDBClient({ ...configOf(endpoint), ...limitedCalls(limits) }).send(read),
  SQS: (endpoint, limits) =>
    new SQSClient({ ...configOf(endpoint), ...limitedCalls(limits), useQueueUrlAsEndpoint: false }).send(
      new SendMessageCommand({ QueueUrl: `${endpoint}/000000000000/none`, MessageBody: '{}' }),
    ),
  EventBridge: (endpoint, limits) =>
    new EventBridgeClient({ ...configOf(endpoint), ...limitedCalls(limits) }).send(
      new PutEventsCommand({ Entries: [] }),
    ),
  'Secrets Manager': (endpoint, limits) =>
    new SecretsManagerClient({ ...configOf(endpoint), ...limitedCalls(limits) }).send(
      new GetSecretValueCommand({ SecretId: 'none' }),
    ),
};

const silent: Answer = () => {};
const stalls: Answer = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': 1_000 });
  response.write('{"Item":');
};
/** A byte every 20 ms, for ever. */
const drips: Answer = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};
/** SQS says what it took, and the SDK compares. */
const answers: Answer = (_seen, response) =>
  sendJson(response, { MD5OfMessageBody: '99914b932bd37a50b983c5e7c90ae93b' });

const troubles: readonly [string, Answer][] = [
  ['stays silent', silent],
  ['stalls in its answer', stalls],
  ['drips', drips],
];

describe.each(Object.entries(calls))('a call of %s', (_service, call) => {
  // Side by side: each waits for its attempts' time.
  it.concurrent.for(troubles)('ends, after three attempts, when the service %s', async ([, answer], context) => {
    const { url, close } = await stubServer(answer);
    context.onTestFinished(close);
    await expect(call(url, quick)).rejects.toMatchObject({ name: 'TimeoutError', $metadata: { attempts: 3 } });
  });

  it.each(troubles)('succeeds when the service answers after it %s', async (_what, answer) => {
    const { url, seen } = await server((one, response) => (seen.length === 1 ? answer : answers)(one, response));
    await expect(call(url, quick)).resolves.toBeDefined();
    expect(seen.length).toBeGreaterThan(1);
  });
});

describe('a call', () => {
  const get = (url: string, limits: Partial<AwsLimits> = {}) =>
    new DynamoDBClient({ ...configOf(url), ...limitedCalls({ ...quick, ...limits }) }).send(read);

  it('ends when the server does not read', async () => {
    const tcp = createTcpServer((socket) => socket.pause());
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    onTestFinished(() => void tcp.close());
    const { port } = tcp.address() as AddressInfo;
    await expect(get(`http://127.0.0.1:${port}`)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('tries again when the answer breaks off', async () => {
    const { url, seen } = await server((one, response) => {
      if (seen.length > 1) return answers(one, response);
      stalls(one, response);
      setImmediate(() => response.destroy());
    });
    await expect(get(url)).resolves.toBeDefined();
  });

  it('begins no attempt that would end after its limit', async () => {
    const { url, seen } = await server(silent);
    await expect(get(url, { callMs: 260 })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(seen).toHaveLength(1);
  });

  it('does not wait for a retry that begins too late', async () => {
    const { url, seen } = await server((_one, response) => {
      response.setHeader('retry-after', '60');
      sendJson(response, { __type: 'ThrottlingException' }, 400);
    });
    const begun = performance.now();
    await expect(get(url, { callMs: 500 })).rejects.toMatchObject({ name: 'ThrottlingException' });
    // The service asks for 60 s, and the SDK would wait for 5 of them.
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(seen).toHaveLength(1);
  });

  it('passes on what the service says, without a retry', async () => {
    const { url, seen } = await server((_one, response) => sendJson(response, { __type: 'ValidationException' }, 400));
    await expect(get(url)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(seen).toHaveLength(1);
  });

  it('keeps the numbers and texts of a large answer', async () => {
    const text = 'ä€𝄞'.repeat(100_000);
    const { url } = await server((_one, response) =>
      sendJson(response, { Item: { text: { S: text }, amount: { N: '12345678901234567890.12' } } }),
    );
    const { Item } = await get(url, { attemptMs: 5_000, callMs: 6_000 });
    expect(Item?.['text']).toEqual({ S: text });
    expect(Item?.['amount']).toEqual({ N: '12345678901234567890.12' });
  });
});

describe('calls at the same time', () => {
  it('wait for their turn, and their attempts begin only then', async () => {
    let open = 0;
    let most = 0;
    const { url, seen } = await server((one, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        answers(one, response);
      }, 300);
    });
    const limits = { ...quick, attemptMs: 1_400, callMs: 1_400, atOnce: 2, waitMs: 10_000 };
    const client = new DynamoDBClient({ ...configOf(url), ...limitedCalls(limits) });
    // Six rounds of 300 ms: the last ones wait for longer than an attempt may take.
    await Promise.all(Array.from({ length: 12 }, () => client.send(read)));
    expect(most).toBe(2);
    expect(new Set(seen.map(({ connection }) => connection)).size).toBe(2);
    expect(seen).toHaveLength(12);
  });

  it('do not wait for ever', async () => {
    const { url, seen } = await server(silent);
    const limits = { ...quick, maxAttempts: 1, attemptMs: 1_500, atOnce: 1, waitMs: 100 };
    const client = new DynamoDBClient({ ...configOf(url), ...limitedCalls(limits) });
    const [first, second] = await Promise.allSettled([client.send(read), client.send(read)]);
    expect(first).toMatchObject({ reason: { message: 'no whole answer within 1500 ms' } });
    expect(second).toMatchObject({ reason: { name: 'TimeoutError', message: 'no turn within 100 ms' } });
    expect(seen).toHaveLength(1);
  });

  it('give their turns back when they fail', async () => {
    const { url } = await server((one, response) => (one.url === '/' && open > 0 ? silent : answers)(one, response));
    let open = 3;
    const client = new DynamoDBClient({ ...configOf(url), ...limitedCalls({ ...quick, maxAttempts: 1, atOnce: 1 }) });
    for (; open > 0; open -= 1) await expect(client.send(read)).rejects.toThrow('no whole answer');
    await expect(client.send(read)).resolves.toMatchObject({ $metadata: { attempts: 1 } });
  });
});

describe('the limits of every function', () => {
  it('hold for each trouble', async () => {
    const elapsed = await Promise.all(
      troubles.map(async ([, answer]) => {
        const { url } = await server(answer);
        const begun = performance.now();
        await expect(calls['SQS']?.(url, awsLimits)).rejects.toMatchObject({ name: 'TimeoutError' });
        return performance.now() - begun;
      }),
    );
    for (const ms of elapsed) expect(ms).toBeLessThan(9_000);
  });
});

/** What `shared/clients/aws-limits.ts` says of the installed SDK. When one of these fails, see whether it is still needed. */
describe('the SDK alone', () => {
  const stateOf = (call: Promise<unknown>): Promise<string> =>
    Promise.race([
      call.then(
        () => 'answered',
        () => 'failed',
      ),
      Promise.resolve('waiting'),
    ]);

  it('only warns of a requestTimeout', async () => {
    const { url } = await server(silent);
    const { promise: warned, resolve: warn } = Promise.withResolvers<unknown>();
    const logger = { warn, info() {}, debug() {}, error() {} };
    const client = new DynamoDBClient({ ...configOf(url), logger, requestHandler: { requestTimeout: 100, logger } });
    const call = client.send(read);
    call.catch(() => {});
    expect(await warned).toMatch(/exceeded the configured 100 ms requestTimeout/);
    expect(await stateOf(call)).toBe('waiting');
    client.destroy();
  });

  it('starts a socketTimeout again with every byte', async () => {
    let bytes = 0;
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const { url } = await server((_seen, response) => {
      response.writeHead(200);
      const timer = setInterval(() => {
        response.write(' ');
        bytes += 1;
        if (bytes === 40) resolve();
      }, 20);
      response.on('close', () => clearInterval(timer));
    });
    const client = new DynamoDBClient({ ...configOf(url), requestHandler: { socketTimeout: 400 } });
    const call = client.send(read);
    call.catch(() => {});
    await enough;
    expect(await stateOf(call)).toBe('waiting');
    client.destroy();
  });

  it('counts the wait for a socket as connecting', async () => {
    const { url } = await server(silent);
    const requestHandler = { connectionTimeout: 100, httpAgent: { maxSockets: 1 } };
    const client = new DynamoDBClient({ ...configOf(url), maxAttempts: 1, requestHandler });
    const first = client.send(read);
    first.catch(() => {});
    await expect(client.send(read)).rejects.toThrow('did not establish a connection');
    expect(await stateOf(first)).toBe('waiting');
    client.destroy();
  });
});
