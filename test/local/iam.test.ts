import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sha256 } from '../../infra/local/sha256.ts';
import type { Observations } from '../../infra/local/stack/observations.ts';
import { type Answered, operation, operations, undocumented } from '../openapi/contract.ts';
import { rawClient } from '../openapi/raw-request.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let client: ReturnType<typeof rawClient>;
const invocations: Observations['invocation'][] = [];

beforeAll(async () => {
  running = await startRunning({ apiAccess: 'iam' });
  client = rawClient(running.project.stack.apiUrl);
  running.project.stack.on('invocation', (invocation) => invocations.push(invocation));
});

afterAll(async () => {
  client?.close();
  await running?.close();
});

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

interface Signing {
  readonly credentials?: { accessKeyId: string; secretAccessKey: string };
  readonly service?: string;
  readonly at?: Date;
}

/** The call with a signature, as the SDK's own signer makes it. */
async function signed({ method, path, query = {}, headers = {}, body }: Call, signing: Signing = {}) {
  const { stack } = running.project;
  const { credentials = stack.awsCredentials, service = 'execute-api', at: signingDate = new Date() } = signing;
  const signer = new SignatureV4({ credentials, region: stack.region, service, sha256: Sha256 });
  const { host, hostname } = new URL(stack.apiUrl);
  const request = await signer.sign(
    { method, protocol: 'http:', hostname, path, query, headers: { ...headers, host }, body },
    { signingDate },
  );
  const search = new URLSearchParams(query).toString();
  return {
    method,
    target: search === '' ? path : `${path}?${search}`,
    headers: request.headers,
    ...(body === undefined ? {} : { body }),
  };
}

const send = async (call: Call, signing?: Signing): Promise<Answered> => client.send(await signed(call, signing));

const unsigned = ({ method, path, headers = {}, body }: Call): Promise<Answered> =>
  client.send({ method, target: path, headers, ...(body === undefined ? {} : { body }) });

const json = (text: string): Record<string, unknown> => JSON.parse(text);

describe('with apiAccess iam', () => {
  it('signed calls trigger and read, as documented', async () => {
    const { path, guid } = running.addMember();
    const trigger = await send({
      method: 'POST',
      path: `${path}/check_balance`,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'signed' },
      body: '{"wait":20}',
    });
    expect(undocumented(operation('checkBalances').responses, trigger)).toEqual([]);
    expect(json(trigger.text)).toMatchObject({ member: { guid }, refresh: { outcome: 'succeeded' } });
    const list = await send({ method: 'GET', path: `${path}/accounts`, query: { page: '1', records_per_page: '10' } });
    expect(undocumented(operation('listMemberAccounts').responses, list)).toEqual([]);
    expect([list.status, list.headers['balances-freshness']]).toEqual([200, 'fresh']);
    expect((await send({ method: 'GET', path: '/health' })).status).toBe(200);
    const nothing = await send({ method: 'GET', path: '/nothing' });
    expect([nothing.status, json(nothing.text)['code']]).toEqual([404, 'not_found']);
  });

  it('a repeated Idempotency-Key gets the same refresh', async () => {
    const { path } = running.addMember();
    const call = { method: 'POST', path: `${path}/check_balance`, headers: { 'idempotency-key': 'k' } };
    const first = await send(call);
    const again = await send(call);
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([202, 202, 'true']);
    expect(again.headers['location']).toBe(first.headers['location']);
  });

  it('everything else is refused alike, without running anything', async () => {
    const { path } = running.addMember();
    await send({
      method: 'POST',
      path: `${path}/check_balance`,
      headers: { 'content-type': 'application/json' },
      body: '{"wait":20}',
    });
    await running.project.stack.idle();
    const [calls, runs] = [running.mx.calls().length, invocations.length];
    const { awsCredentials } = running.project.stack;
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } =
      running.project.stack.packageOf('ReadBalances').environment;
    const wrong: Signing[] = [
      { credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: awsCredentials.secretAccessKey } },
      { credentials: { ...awsCredentials, secretAccessKey: 'guessed' } },
      // Credentials of the account that have no right to call the API.
      { credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } },
      { service: 'dynamodb' },
      { at: new Date(Date.now() - 10 * 60_000) },
    ];
    const targets = [path, '/users/nobody/members/nobody', '/users/%00/members/m', '/nothing', '/health'];
    const { authorization } = running.project.caller;
    for (const target of targets) {
      const read = { method: 'GET', path: target };
      const answers = [await unsigned(read), await unsigned({ ...read, headers: { authorization } })];
      for (const signing of wrong) answers.push(await send(read, signing));
      for (const answer of answers) {
        expect([answer.status, answer.text]).toEqual([403, '{"message":"Forbidden"}']);
        expect(undocumented(operation('readMember').responses, answer)).toEqual([]);
      }
    }
    for (const { method, path: template } of operations) {
      const target = template.replaceAll(/\{\w+\}/g, 'x');
      expect((await unsigned({ method, path: target })).status, `${method} ${template}`).toBe(403);
    }
    // Signed for one request, sent as another.
    const good = await signed({ method: 'GET', path: `${path}/accounts` });
    for (const changed of [
      { method: 'DELETE' },
      { target: path },
      { target: `${good.target}?page=2` },
      { body: '{}' },
    ]) {
      expect((await client.send({ ...good, ...changed })).status, JSON.stringify(changed)).toBe(403);
    }
    expect([running.mx.calls().length, invocations.length]).toEqual([calls, runs]);
  });
});
