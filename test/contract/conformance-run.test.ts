/** Runs of `npm run test:conformance` against the engines of the tests, as if they were foreign. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closed, listenOnLoopback } from './local-tables.ts';

// dynalite is CommonJS without types; these are the options used here.
const dynalite: (options: { createTableMs: number; deleteTableMs: number }) => Server = createRequire(import.meta.url)(
  'dynalite',
);

const engine = dynalite({ createTableMs: 0, deleteTableMs: 0 });
let hasPutItem = true;
/** dynalite, or a DynamoDB that differs: one that has no PutItem. */
const dynamoDb = createServer((request, response) => {
  const isPutItem = String(request.headers['x-amz-target']).endsWith('.PutItem');
  if (hasPutItem || !isPutItem) return void engine.emit('request', request, response);
  request.resume().on('end', () => {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end('{"__type":"ValidationException","message":"no PutItem here"}');
  });
});
const sqs = buildApp({ logger: false });
let variables: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  await sqs.ready();
  variables = {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${await listenOnLoopback(dynamoDb)}`,
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${await listenOnLoopback(sqs.server)}`,
  };
});
afterAll(async () => {
  await Promise.all([closed(dynamoDb), sqs.close()]);
});

async function run(given: Readonly<Record<string, string | undefined>>, ...options: string[]) {
  const child = spawn(process.execPath, ['test/conformance/main.ts', ...options], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      ...{ PATH: process.env['PATH'], AWS_REGION: 'us-east-1' },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...given,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out: out.trimEnd().split('\n'), errors: errors.trimEnd() };
}

/** The tables and queues that are there. */
async function leftovers(): Promise<readonly unknown[]> {
  const client = new DynamoDBClient({
    endpoint: variables['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  client.destroy();
  const queues: unknown[] = JSON.parse((await sqs.inject({ url: '/_fauxqs/queues' })).body);
  return [...TableNames, ...queues];
}

const allAgree = /^(\d+) cases: \1 agree, 0 differ as known, 0 differ$/;

it('a run makes, uses and removes tables', async () => {
  const { AWS_ENDPOINT_URL_DYNAMODB } = variables;
  const { code, out, errors } = await run({ AWS_ENDPOINT_URL_DYNAMODB }, '--only', 'contract/time-to-live');
  expect({ code, errors, where: out[0] }).toEqual({
    code: 0,
    errors: '',
    where: `dynamodb: ${AWS_ENDPOINT_URL_DYNAMODB}`,
  });
  expect(out.at(-1)).toMatch(allAgree);
  expect(await leftovers()).toEqual([]);
});

it('a run makes, uses and removes queues', async () => {
  const { AWS_ENDPOINT_URL_SQS } = variables;
  const { code, out } = await run({ AWS_ENDPOINT_URL_SQS }, '--only', 'contract/versions-in-one-queue');
  expect(code).toBe(0);
  expect(out.at(-1)).toMatch(allAgree);
  expect(await leftovers()).toEqual([]);
});

it('a run names what differs, and removes its tables', async () => {
  hasPutItem = false;
  const { code, out } = await run(variables, '--only', 'contract/time-to-live');
  expect(code).toBe(1);
  expect(out).toContain(
    'DIFFERS    contract/time-to-live > expires_at, on the second > of an idempotency key: no PutItem here',
  );
  expect(await leftovers()).toEqual([]);
  hasPutItem = true;
});

it('the engines of the tests differ as known', async () => {
  const known = ['--known', 'dynalite', '--known', 'fauxqs'];
  const { code, out } = await run(variables, '--only', 'conformance/facts', ...known);
  expect(out.filter((line) => /^(DIFFERS|NO LONGER)/.test(line))).toEqual([]);
  expect(code).toBe(0);
});

it('no run without an engine, unless AWS is meant', async () => {
  expect(await run({})).toEqual({
    code: 2,
    out: [''],
    errors:
      'neither AWS_ENDPOINT_URL_DYNAMODB nor AWS_ENDPOINT_URL_SQS is set. For AWS itself, in your account and at your cost, say --aws.',
  });
});
