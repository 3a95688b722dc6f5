/** The clients that stand in the SDK's place in bundles. Their time limits and retries: `aws-limits.test.ts`. */
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifiedAccessKey } from '../../infra/local/stack/sigv4.ts';
import {
  type AwsCommand,
  DynamoDBClient,
  EventBridgeClient,
  GetItemCommand,
  GetSecretValueCommand,
  PutEventsCommand,
  SecretsManagerClient,
  SendMessageCommand,
  SQSClient,
} from '../../shared/clients/aws-clients.ts';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { type Seen, sendJson, stubServer } from './stub-server.ts';

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

async function server(answer: Parameters<typeof stubServer>[0] = (_seen, response) => sendJson(response, {})) {
  const started = await stubServer(answer);
  onTestFinished(() => started.close());
  return started;
}

const configOf = (endpoint: string) => ({ endpoint, region: 'eu-central-1', credentials, ...limitedCalls() });

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a request of', () => {
  const read = new GetItemCommand({ TableName: 't', Key: { id: { S: 'ä' } }, ConsistentRead: undefined });
  const event = new PutEventsCommand({ Entries: [{ Detail: '{}', Time: new Date('2026-01-15T12:00:00.250Z') }] });

  it.each([
    {
      of: 'DynamoDB',
      send: (url: string) => new DynamoDBClient(configOf(url)).send(read),
      target: 'DynamoDB_20120810.GetItem',
      type: 'application/x-amz-json-1.0',
      body: { TableName: 't', Key: { id: { S: 'ä' } } },
      service: 'dynamodb',
    },
    {
      of: 'SQS',
      send: (url: string) => new SQSClient(configOf(url)).send(new SendMessageCommand({ QueueUrl: 'q' })),
      target: 'AmazonSQS.SendMessage',
      type: 'application/x-amz-json-1.0',
      body: { QueueUrl: 'q' },
      service: 'sqs',
    },
    {
      of: 'EventBridge',
      send: (url: string) => new EventBridgeClient(configOf(url)).send(event),
      target: 'AWSEvents.PutEvents',
      type: 'application/x-amz-json-1.1',
      body: { Entries: [{ Detail: '{}', Time: 1768478400.25 }] },
      service: 'events',
    },
    {
      of: 'Secrets Manager',
      send: (url: string) => new SecretsManagerClient(configOf(url)).send(new GetSecretValueCommand({ SecretId: 's' })),
      target: 'secretsmanager.GetSecretValue',
      type: 'application/x-amz-json-1.1',
      body: { SecretId: 's' },
      service: 'secretsmanager',
    },
  ])('$of has its target, its JSON and a signature', async ({ send, target, type, body, service }) => {
    const { url, seen } = await server();
    await send(url);
    const [request] = seen;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/',
      headers: { 'x-amz-target': target, 'content-type': type },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual(body);
    expect(signerOf(request, service)).toBe('AKID');
  });

  it('a function in Lambda names its chain of invocations', async () => {
    const { url, seen } = await server();
    await new DynamoDBClient(configOf(url)).send(read);
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-a;Lineage=1:b:0');
    await new DynamoDBClient(configOf(url)).send(read);
    expect(seen.map(({ headers }) => headers['x-amzn-trace-id'])).toEqual([undefined, 'Root=1-a;Lineage=1:b:0']);
    expect(signerOf(seen[1], 'dynamodb')).toBe('AKID');
  });
});

/** Whose signature a request has; undefined for a wrong one. */
function signerOf(request: Seen | undefined, service: string): string | undefined {
  if (request === undefined) return undefined;
  const { method, url: target, body } = request;
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return verifiedAccessKey({ method, target, headers, body: Buffer.from(body) }, [credentials], {
    service,
    region: 'eu-central-1',
    now: Date.now(),
  });
}

describe('the endpoint', () => {
  /** Where a call goes. */
  async function hostFor(environment: Readonly<Record<string, string>>): Promise<string> {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const limits = limitedCalls();
    let asked = '';
    const requestHandler = Object.assign(limits.requestHandler, {
      handle: async ({ protocol, hostname, port }: { protocol: string; hostname: string; port?: number }) => {
        asked = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
        throw new Error('as asked');
      },
    });
    const config = { ...limits, requestHandler, credentials };
    await new EventBridgeClient(config).send(new PutEventsCommand({})).catch(() => {});
    return asked;
  }

  it.each([
    [{ AWS_REGION: 'us-east-1' }, 'https://events.us-east-1.amazonaws.com'],
    [{ AWS_REGION: 'cn-north-1' }, 'https://events.cn-north-1.amazonaws.com.cn'],
    [{ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, 'http://127.0.0.1:4566'],
    [
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_ENDPOINT_URL_EVENTBRIDGE: 'https://vpce.example' },
      'https://vpce.example',
    ],
  ])('of %j is %s', async (environment, host) => {
    expect(await hostFor(environment)).toBe(host);
  });
});

describe('an answer', () => {
  const send = (url: string, command: AwsCommand = new GetItemCommand({})) =>
    new DynamoDBClient(configOf(url)).send(command);
  const answering = (body: unknown, status: number, headers: Readonly<Record<string, string>> = {}) =>
    server((_seen, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      sendJson(response, body, status);
    });

  it('has its fields and the number of attempts', async () => {
    const { url } = await answering({ Item: { id: { S: '1' } } }, 200);
    expect(await send(url)).toEqual({ Item: { id: { S: '1' } }, $metadata: { attempts: 1 } });
  });

  it('may be empty', async () => {
    const { url } = await answering('', 200);
    expect(await send(url)).toEqual({ $metadata: { attempts: 1 } });
  });

  it.each([
    {
      type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
      name: 'ConditionalCheckFailedException',
    },
    { type: 'AccessDeniedException:http://internal.amazon.com/', name: 'AccessDeniedException' },
    { type: 'ValidationException', name: 'ValidationException' },
  ])('of the error $type is a $name', async ({ type, name }) => {
    const { url } = await answering({ __type: type, message: 'why', Item: { id: { S: '1' } } }, 400);
    const metadata = { httpStatusCode: 400, attempts: 1 };
    await expect(send(url)).rejects.toMatchObject({
      name,
      message: 'why',
      Item: { id: { S: '1' } },
      $metadata: metadata,
    });
  });

  it('may name its error in a header', async () => {
    const { url } = await answering({}, 400, { 'x-amzn-errortype': 'ResourceNotFoundException' });
    await expect(send(url)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('that is no JSON is asked for again', async () => {
    const { url, seen } = await answering('<html>bad gateway</html>', 502);
    const metadata = { httpStatusCode: 502, attempts: 3 };
    await expect(send(url)).rejects.toMatchObject({ name: 'UnknownError', $metadata: metadata });
    expect(seen).toHaveLength(3);
  });

  it('that was throttled is asked for again', async () => {
    const { url, seen } = await server((_seen, response) => {
      if (seen.length > 1) return sendJson(response, { Item: {} });
      sendJson(response, { __type: 'ThrottlingException' }, 400);
    });
    expect(await send(url)).toEqual({ Item: {}, $metadata: { attempts: 2 } });
  });

  it('keeps request and answer of an error out of logs', async () => {
    const { url } = await answering({ __type: 'ValidationException' }, 400);
    const error: unknown = await send(url).catch((thrown: unknown) => thrown);
    expect(Object.keys(Object(error))).not.toContain('$response');
  });
});

it('credentials are the role’s, or none', async () => {
  const { url, seen } = await server();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDROLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  const { credentials: _, ...config } = configOf(url);
  await new DynamoDBClient(config).send(new GetItemCommand({}));
  expect(seen[0]?.headers).toMatchObject({
    authorization: expect.stringContaining('Credential=AKIDROLE/'),
    'x-amz-security-token': 'session',
  });
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  await expect(new DynamoDBClient(config).send(new GetItemCommand({}))).rejects.toThrow('runs only in Lambda');
});
