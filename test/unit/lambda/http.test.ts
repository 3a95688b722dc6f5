import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import {
  type ApiAnswer,
  type ApiRequest,
  httpHandler,
  identifier,
  memberIdentifiers,
} from '../../../shared/lambda/http.ts';
import { Refusal } from '../../../shared/lambda/refusal.ts';
import { apiEvent, apiRequest, type GivenRequest, lambdaContext } from './api-event.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

interface Setup {
  readonly route?: (request: ApiRequest) => Promise<ApiAnswer>;
  readonly secrets?: readonly string[];
  readonly right?: 'read' | 'trigger' | null;
}

const echo = async (request: ApiRequest): Promise<ApiAnswer> => ({ status: 200, body: { got: request.body ?? null } });

/** A handler with recorded telemetry. Each fetch of the callers' secret gives the next of `secrets`. */
function api({ route = echo, secrets, right = 'read' }: Setup = {}) {
  const telemetry = recordedTelemetry();
  const clock = { now: '2026-11-21T12:00:00.000Z' };
  let fetched = 0;
  const secretAt = (index: number): string => secrets?.[Math.min(index, secrets.length - 1)] ?? '';
  const handler = httpHandler(
    {
      telemetry,
      right: () => right,
      now: () => clock.now,
      callersSecret: secrets
        ? {
            current: async () => secretAt(fetched),
            refetched: async () => {
              fetched += 1;
              return secretAt(fetched);
            },
          }
        : null,
    },
    route,
  );
  return {
    telemetry,
    clock,
    async call(given: GivenRequest = {}) {
      const { statusCode = 0, headers = {}, body } = await handler(apiEvent(given), lambdaContext());
      return { statusCode, headers, text: body, body: body ? JSON.parse(body) : undefined };
    },
  };
}

const json = { 'content-type': 'application/json' };
const post = (body: string, headers: Record<string, string> = json, more: GivenRequest = {}) =>
  api().call({ method: 'POST', body, headers, ...more });

describe('a body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;charset=UTF-8',
    'application/vnd.mx.api.v1+json',
    'application/merge-patch+json',
  ])('is read as JSON with content type %s', async (type) => {
    expect((await post('{"a":1}', { 'content-type': type })).body).toEqual({ got: { a: 1 } });
  });

  it.each([
    ['no content type', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a type that only begins like JSON', { 'content-type': 'application/jsonp' }],
    ['a type that only contains JSON', { 'content-type': 'text/plain; application/json' }],
  ])('is refused with %s', async (_what, headers) => {
    expect(await post('{}', headers)).toMatchObject({ statusCode: 415, body: { code: 'unsupported_media_type' } });
  });

  it.each(['{', '{"a":1,}', 'undefined', "{'a':1}", '{"a":1}x'])('that is no JSON is refused: %s', async (body) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ statusCode: 400, body: { code: 'invalid_request', field: 'body' } });
  });

  it('may come base64-encoded from the gateway', async () => {
    const body = Buffer.from('{"name":"Zürich"}').toString('base64');
    expect((await post(body, json, { isBase64Encoded: true })).body).toEqual({ got: { name: 'Zürich' } });
    expect((await post(Buffer.from('{').toString('base64'), json, { isBase64Encoded: true })).statusCode).toBe(400);
  });

  it('may have 10,000 bytes, counted after decoding', async () => {
    const ofBytes = (count: number) => `"${'x'.repeat(count - 2)}"`;
    const encoded = { isBase64Encoded: true };
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect((await post(ofBytes(10_000))).statusCode).toBe(200);
    expect((await post(ofBytes(10_001))).statusCode).toBe(413);
    expect((await post(`"${'ü'.repeat(5_000)}"`)).statusCode).toBe(413);
    expect((await post(base64(ofBytes(10_000)), json, encoded)).statusCode).toBe(200);
    expect((await post(base64(ofBytes(10_001)), json, encoded)).statusCode).toBe(413);
  });

  it.each(['', ' \r\n\t', 'null', ' null\n'])('%j is no body, with any content type', async (body) => {
    const seen: unknown[] = [];
    const route = async (request: ApiRequest) => {
      seen.push(request.body);
      return { status: 204 };
    };
    await api({ route }).call({ method: 'POST' });
    await api({ route }).call({ method: 'POST', body });
    await api({ route }).call({ method: 'POST', body, headers: { 'content-type': 'text/plain' } });
    await api({ route }).call({ method: 'POST', body: Buffer.from(body).toString('base64'), isBase64Encoded: true });
    expect(seen).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('every answer', () => {
  const security = {
    'strict-transport-security': expect.stringContaining('max-age='),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };

  it.each<[string, Setup['route']]>([
    ['a good one', echo],
    ['one without a body', async () => ({ status: 204 })],
    ['a refusal', () => Promise.reject(new Failure('member_not_found', 'no'))],
    ['a crash', () => Promise.reject(new TypeError('no'))],
  ])('has the headers that keep balances out of caches: %s', async (_what, route) => {
    expect((await api({ ...(route && { route }) }).call()).headers).toMatchObject(security);
  });

  it('keeps amounts exact', async () => {
    const { text } = await api({
      route: async () => ({ status: 200, body: { a: Decimal.of('12345678901234567.890') } }),
    }).call();
    expect(text).toBe('{"a":12345678901234567.890}');
  });

  it('a body is JSON and says so', async () => {
    expect((await api().call()).headers['content-type']).toBe('application/json');
    const empty = await api({ route: async () => ({ status: 204 }) }).call();
    expect([empty.text, empty.headers['content-type']]).toEqual([undefined, undefined]);
  });

  it('that was kept as text is sent as it was', async () => {
    const kept = await api({ route: async () => ({ status: 202, text: '{"a":1.00}' }) }).call({ method: 'POST' });
    expect([kept.text, kept.headers['content-type']]).toEqual(['{"a":1.00}', 'application/json']);
  });
});

describe('a HEAD', () => {
  const head: GivenRequest = { method: 'HEAD', routeKey: 'HEAD /route' };

  it('is answered as the GET, without the body', async () => {
    const asked: string[] = [];
    const route = async ({ method, routeKey }: ApiRequest) => {
      asked.push(`${method}, ${routeKey}`);
      return { status: 200, body: { a: 1 }, headers: { age: '7' } };
    };
    const get = await api({ route }).call();
    const answer = await api({ route }).call(head);
    expect(answer).toEqual({ ...get, text: undefined, body: undefined });
    expect(asked).toEqual(['GET, GET /route', 'GET, GET /route']);
    const known = await api({ route }).call({ ...head, headers: { 'if-none-match': String(get.headers['etag']) } });
    expect(known.statusCode).toBe(304);
  });

  it('HEAD of something missing: the problem’s status, no body', async () => {
    const answer = await api({ route: () => Promise.reject(new Failure('member_not_found', 'no')) }).call(head);
    expect(answer).toMatchObject({ statusCode: 404, text: undefined });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

describe('an answer that was seen before', () => {
  const route = async (): Promise<ApiAnswer> => ({ status: 200, body: { a: 1 }, headers: { age: '7' } });

  it('has no tag but with 200', async () => {
    const accepted = async (): Promise<ApiAnswer> => ({ status: 202, body: {} });
    expect((await api({ route: accepted }).call()).headers['etag']).toBeUndefined();
  });

  it('is 304 without a body for its tag', async () => {
    const { headers } = await api({ route }).call();
    const etag = String(headers['etag']);
    const again = await api({ route }).call({ headers: { 'if-none-match': `"x", W/${etag}` } });
    expect(again).toMatchObject({ statusCode: 304, text: undefined, headers: { etag } });
    expect((await api({ route }).call({ headers: { 'if-none-match': '"x"' } })).statusCode).toBe(200);
  });

  it('keeps its tag while ageing, not when freshness changes', async () => {
    const tag = async (headers: Record<string, string>) =>
      (await api({ route: async () => ({ status: 200, body: { a: 1 }, headers }) }).call()).headers['etag'];
    expect(await tag({ age: '7' })).toBe(await tag({ age: '8' }));
    expect(await tag({ 'balances-freshness': 'fresh' })).not.toBe(await tag({ 'balances-freshness': 'stale' }));
  });

  it('only a 200 to a GET has a tag', async () => {
    expect((await api({ route }).call({ method: 'POST' })).headers['etag']).toBeUndefined();
  });
});

it('MX’s version: absent or the spoken one, else 406', async () => {
  expect((await api().call({ headers: { 'accept-version': 'v20250224' } })).statusCode).toBe(200);
  const other = await api().call({ headers: { 'accept-version': 'v20111101' } });
  expect(other).toMatchObject({ statusCode: 406, body: { code: 'not_acceptable', field: 'Accept-Version' } });
  expect(other.body.detail).toBe('Accept-Version may be v20250224, or be left out');
});

describe('a path’s identifiers', () => {
  const request = (value: string | undefined) => apiRequest({ parameters: { user_identifier: value } });

  it.each([
    'u-1',
    'USR-fa7537f3-48aa-a683-a02a-b18940482f54',
    'A_b-9',
    'jane.doe@bank.example',
    'feed:7',
    '.a',
    'x'.repeat(1000),
  ])('may be %s', (value) => {
    expect(identifier(request(value), 'user_identifier')).toBe(value);
  });

  it.each([
    undefined,
    '',
    '.',
    '..',
    '...',
    'a/b',
    'a%',
    'a+b',
    'a?b',
    'a%2Fb',
    'a b',
    'a#b',
    'ü',
    'a\n',
    'x'.repeat(1001),
  ])('refuses %j by the parameter’s name, without its value', (value) => {
    try {
      identifier(request(value), 'user_identifier');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_request', details: { field: 'user_identifier' } });
      expect(String(error)).toContain('user_identifier may only have letters');
    }
  });

  it('are the user and the member', () => {
    const parameters = { user_identifier: 'u-1', member_identifier: 'm-1' };
    expect(memberIdentifiers(apiRequest({ parameters }))).toEqual({ userIdentifier: 'u-1', memberIdentifier: 'm-1' });
  });
});

describe('what a route is given', () => {
  const seen = async (given: GivenRequest, setup: Setup = {}) => {
    const requests: ApiRequest[] = [];
    const route = async (request: ApiRequest) => {
      requests.push(request);
      return { status: 200 };
    };
    await api({ ...setup, route }).call(given);
    return requests[0];
  };

  it('is the gateway’s request; missing parameters are empty', async () => {
    expect(await seen({ path: '/health', routeKey: '$default' })).toEqual(
      apiRequest({ path: '/health', caller: '', rights: null }),
    );
    expect(await seen({ parameters: { a: 'b' }, query: { page: '2' } })).toMatchObject({
      parameters: { a: 'b' },
      query: { page: '2' },
    });
  });

  it('has the caller whom the gateway has checked', async () => {
    const userArn = 'arn:aws:iam::111122223333:role/shop';
    expect((await seen({ authorizer: { iam: { userArn } } }))?.caller).toBe(userArn);
  });
});

describe('with basic access', () => {
  const callersWith = (...keys: string[]) =>
    JSON.stringify({
      clients: [
        {
          client_id: 'shop',
          key_sha256: keys.map((key) => createHash('sha256').update(key).digest('hex')),
          rights: ['read'],
        },
      ],
    });
  const header = (key: string) => ({ authorization: `Basic ${Buffer.from(`shop:${key}`).toString('base64')}` });

  it('a caller with the right key gets its answer', async () => {
    const route = async (request: ApiRequest) => ({ status: 200, body: request.caller });
    expect((await api({ route, secrets: [callersWith('k')] }).call({ headers: header('k') })).body).toBe('shop');
  });

  it('others are refused before the request is read', async () => {
    const route = () => Promise.reject(new Error('called'));
    const refused = await api({ route, secrets: [callersWith('k')] }).call({
      method: 'POST',
      body: '{',
      headers: json,
    });
    expect(refused).toMatchObject({ statusCode: 401, body: { code: 'unauthorized' } });
    expect(refused.headers['www-authenticate']).toMatch(/^Basic realm=/);
  });

  it('a caller without the right gets 403', async () => {
    const { call } = api({ right: 'trigger', secrets: [callersWith('k')] });
    expect(await call({ headers: header('k') })).toMatchObject({ statusCode: 403, body: { code: 'forbidden' } });
  });

  it('a key entered since the last read works at once', async () => {
    const { call, telemetry } = api({ secrets: [callersWith('old'), callersWith('old', 'new')] });
    expect((await call({ headers: header('new') })).statusCode).toBe(200);
    expect(telemetry.counts).toEqual([]);
  });

  it('a wrong key stays wrong when the secret is new', async () => {
    const { call, telemetry } = api({ secrets: [callersWith('old'), callersWith('old', 'new')] });
    expect(await call({ headers: header('wrong') })).toMatchObject({ statusCode: 401 });
    expect(telemetry.requests.at(-1)?.caller).toBeUndefined();
  });

  it('a key entered since has its caller’s name', async () => {
    const seen: string[] = [];
    const route = async ({ caller }: ApiRequest): Promise<ApiAnswer> => {
      seen.push(caller);
      return { status: 204 };
    };
    const { call, telemetry } = api({ route, secrets: [callersWith('old'), callersWith('old', 'new')] });
    await call({ headers: header('new') });
    expect(telemetry.requests.at(-1)?.caller).toBe(seen[0]);
    expect(seen[0]).toMatch(/^.+$/);
  });

  it('a public route needs no credentials', async () => {
    expect((await api({ right: null, secrets: [callersWith('k')] }).call()).statusCode).toBe(200);
  });

  it('an address waits a minute after ten failures', async () => {
    const { call, clock } = api({ secrets: [callersWith('k')] });
    for (let guess = 0; guess < 10; guess += 1) {
      expect((await call({ headers: header(`guess-${guess}`) })).statusCode).toBe(401);
    }
    const slowed = await call({ headers: header('k') });
    expect(slowed).toMatchObject({ statusCode: 429, body: { code: 'too_many_requests', retry_after: 60 } });
    expect((await call({ headers: header('k'), sourceIp: '192.0.2.2' })).statusCode).toBe(200);
    clock.now = '2026-11-21T12:01:00.000Z';
    expect((await call({ headers: header('k') })).statusCode).toBe(200);
  });

  it('an unreadable secret is 500, without its text', async () => {
    const { call, telemetry } = api({ secrets: ['hunter2'] });
    const answer = await call({ headers: header('k') });
    expect(answer).toMatchObject({ statusCode: 500, body: { code: 'internal' } });
    const failure = telemetry.lines[0]?.fields.error;
    const logged = failure instanceof Error ? `${failure.message} ${String(failure.cause)}` : '';
    expect(logged).toContain('the secret with the callers must be');
    expect(`${answer.text} ${logged}`).not.toContain('hunter2');
  });
});

describe('one line is logged at the end', () => {
  const personal = { path: '/users/alice/members/alice-bank/accounts', parameters: { user_identifier: 'alice' } };
  const everything = (lines: unknown) =>
    JSON.stringify(lines, (_key, value) => (value instanceof Error ? value.message : value));

  it('of a good answer: route and status, no identifier', async () => {
    const { call, telemetry } = api();
    await call({ ...personal, routeKey: 'GET /users/{user_identifier}/members/{member_identifier}/accounts' });
    expect(telemetry.lines).toEqual([
      {
        event: 'request.answered',
        fields: { route: 'GET /users/{user_identifier}/members/{member_identifier}/accounts', status: 200 },
      },
    ]);
    expect(telemetry.order).toEqual(['log', 'flush']);
  });

  it('of a refusal: its failure, no identifier', async () => {
    const { call, telemetry } = api({
      route: async (request) => ({ status: 200, body: identifier(request, 'member_identifier') }),
    });
    await call({ ...personal, parameters: { user_identifier: 'alice', member_identifier: 'alice bank' } });
    expect(telemetry.lines).toMatchObject([
      { event: 'request.failed', fields: { status: 400, error: { code: 'invalid_request' } } },
    ]);
    expect(everything(telemetry.lines)).not.toContain('alice');
  });

  it('of a crash: 500 without details, cause in log', async () => {
    const crash = new TypeError('x is not a function');
    const { call, telemetry } = api({ route: () => Promise.reject(crash) });
    const answer = await call();
    expect(answer).toMatchObject({ statusCode: 500, body: { code: 'internal', action: 'contact_support' } });
    expect(answer.text).not.toContain('x is not a function');
    expect(telemetry.lines[0]?.fields.error).toMatchObject({ fate: 'bug', cause: crash });
    expect(telemetry.order.at(-1)).toBe('flush');
  });

  it('with the gateway’s request id and who called', async () => {
    const secrets = [
      JSON.stringify({
        clients: [
          { client_id: 'shop', key_sha256: [createHash('sha256').update('k').digest('hex')], rights: ['read'] },
        ],
      }),
    ];
    const authorization = `Basic ${Buffer.from('shop:k').toString('base64')}`;
    const known = api({ secrets });
    await known.call({ headers: { authorization } });
    expect(known.telemetry.requests.at(-1)).toEqual({ request_id: 'request-1', caller: 'shop' });
    const unknown = api({ secrets });
    await unknown.call();
    expect(unknown.telemetry.requests).toEqual([{ request_id: 'request-1' }]);
    const role = api();
    const userArn = 'arn:aws:sts::111122223333:assumed-role/shop/i-0abc';
    await role.call({ authorizer: { iam: { userArn } } });
    expect(role.telemetry.requests.at(-1)?.caller).toBe('arn:aws:sts::111122223333:assumed-role/shop');
  });

  it('and a refused caller is counted', async () => {
    const { call, telemetry } = api({ secrets: ['{"clients":[]}'] });
    await call();
    expect(telemetry.counts).toEqual(['CallerRefused']);
  });

  it.each([
    ['order-4711', 'order-4711', { correlation_id: 'order-4711' }],
    ['a'.repeat(64), 'a'.repeat(64), { correlation_id: 'a'.repeat(64) }],
    ['a'.repeat(65), 'request-1', {}],
    ['two words', 'request-1', {}],
    ['jörg@example.com', 'request-1', {}],
    ['', 'request-1', {}],
    [undefined, 'request-1', {}],
  ])('with the caller’s correlation id: %s', async (given, answered, logged) => {
    const { call, telemetry } = api();
    const { headers } = await call({ headers: given === undefined ? {} : { 'x-correlation-id': given } });
    expect(headers?.['x-correlation-id']).toBe(answered);
    expect(telemetry.requests.at(-1)).toEqual({ request_id: 'request-1', caller: undefined, ...logged });
  });

  it('also when its address has to wait, counted too', async () => {
    const { call, telemetry } = api({ secrets: ['{"clients":[]}'] });
    for (let times = 0; times < 11; times += 1) await call();
    expect(telemetry.counts.slice(9)).toEqual(['CallerRefused', 'CallerRefused', 'CallerBraked']);
  });
});

describe('an answer about a refresh', () => {
  const refreshId = 'RFR-00000000000000000000000001';

  it('has its id as correlation id', async () => {
    const route = async (): Promise<ApiAnswer> => ({ status: 202, body: {}, logged: { refresh_id: refreshId } });
    expect((await api({ route }).call()).headers['x-correlation-id']).toBe(refreshId);
    const named = await api({ route }).call({ headers: { 'x-correlation-id': 'order-1' } });
    expect(named.headers['x-correlation-id']).toBe('order-1');
  });

  it.each<[object, string, string | undefined]>([
    [{ refreshId }, refreshId, refreshId],
    [{}, 'request-1', undefined],
  ])('that is a problem has it too: %j', async (details, correlationId, logged) => {
    const { call, telemetry } = api({ route: () => Promise.reject(new Failure('mx_refused', 'no', details)) });
    expect((await call()).headers['x-correlation-id']).toBe(correlationId);
    expect(telemetry.lines).toMatchObject([{ event: 'request.failed', fields: { refresh_id: logged } }]);
  });

  it('without a refresh: that of the request', async () => {
    const route = () => Promise.reject(new Refusal('not_found', 'no'));
    expect((await api({ route }).call()).headers['x-correlation-id']).toBe('request-1');
  });
});
