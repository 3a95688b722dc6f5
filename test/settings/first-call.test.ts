/** What every function does before its first invocation: at its import, as Lambda's init phase does it. */
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { closed, listenOnLoopback } from '../contract/local-tables.ts';
import { type StubServer, sendJson, stubServer } from '../contract/stub-server.ts';

/** What AWS was asked and has answered. */
const answered: string[] = [];
let aws: StubServer;

/** Hosts with whom a connection was opened. */
const connected: string[] = [];
const hosts: Server[] = [];
const urls: Record<string, string> = {};

beforeAll(async () => {
  aws = await stubServer((seen, response) => {
    const { SecretId, TableName, Key } = JSON.parse(seen.body);
    const call = String(seen.headers['x-amz-target']).replace(/^.*\./, '');
    answered.push(`${call} ${SecretId ?? `${TableName} ${JSON.stringify(Key)}`}`);
    sendJson(response, SecretId === undefined ? {} : { SecretString: '{"client_id":"a","api_key":"b","clients":[]}' });
  });
  for (const name of ['mx', 'follow-ups', 'starts', 'callbacks']) {
    const server = createServer();
    server.on('connection', (socket) => {
      connected.push(name);
      socket.destroy();
    });
    hosts.push(server);
    urls[name] = `https://127.0.0.1:${await listenOnLoopback(server)}`;
  }
  // The first one loads the SDK, which takes longer than the second that an import waits.
  for (const [, load] of functions) await load();
});

afterAll(async () => {
  await Promise.all([aws.close(), ...hosts.map(closed)]);
});

beforeEach(() => {
  answered.length = 0;
  connected.length = 0;
  vi.resetModules();
  const variables = {
    AWS_ENDPOINT_URL: aws.url,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    MEMBERS_TABLE: 'members',
    REFRESHES_TABLE: 'refreshes',
    MX_BASE_URL: urls['mx'],
    MX_SECRET_ARN: 'mx',
    FOLLOW_UP_QUEUE_URL: urls['follow-ups'],
    START_QUEUE_URL: urls['starts'],
    CALLBACK_QUEUE_URL: urls['callbacks'],
    CALLBACK_SECRET_ARN: 'callbacks',
    MX_WEBHOOK_SECRET_ARN: 'webhooks',
    API_ACCESS: 'basic',
    API_CALLERS_SECRET_ARN: 'callers',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

// Of an item that there is not, with a whole key: DynamoDB refuses any other.
const reads = Array.from({ length: 4 }, () => 'GetItem members {"user_guid":{"S":"-"},"item_key":{"S":"-"}}');
/** The same, one of them for what is read anyway. */
const readsOfPauses = [...reads.slice(1), 'GetItem refreshes {"refresh_id":{"S":"PAUSES"},"item_key":{"S":"pauses"}}'];
const secret = (name: string): string => `GetSecretValue ${name}`;

const functions: readonly [string, () => Promise<unknown>, readonly string[], readonly string[]][] = [
  [
    'check-balance',
    () => import('../../functions/check-balance.ts'),
    [...readsOfPauses, secret('callers'), secret('mx')],
    ['follow-ups', 'mx'],
  ],
  ['follow-up', () => import('../../functions/follow-up.ts'), [...readsOfPauses, secret('mx')], ['follow-ups', 'mx']],
  ['start-due', () => import('../../functions/start-due.ts'), [...readsOfPauses, secret('mx')], ['mx', 'starts']],
  ['run-schedule', () => import('../../functions/run-schedule.ts'), reads, ['starts']],
  ['sweep', () => import('../../functions/sweep.ts'), readsOfPauses, ['follow-ups']],
  ['mx-webhook', () => import('../../functions/mx-webhook.ts'), [secret('webhooks')], ['follow-ups']],
  [
    'deliver-callback',
    () => import('../../functions/deliver-callback.ts'),
    [...reads, secret('callbacks')],
    ['callbacks'],
  ],
  ['read-balances', () => import('../../functions/read-balances.ts'), [...reads, secret('callers')], []],
  ['read-refresh', () => import('../../functions/read-refresh.ts'), [...readsOfPauses, secret('callers')], []],
  ['member-schedule', () => import('../../functions/member-schedule.ts'), [...reads, secret('callers')], []],
  ['unknown-route', () => import('../../functions/unknown-route.ts'), [], []],
  // It fetches the secret when it is called.
  ['check-mx', () => import('../../functions/check-mx.ts'), [], []],
];

it.each(functions)('%s has asked and connected', async (_name, load, calls, connections) => {
  await load();
  expect([answered.toSorted(), connected.toSorted()]).toEqual([calls, connections]);
});
