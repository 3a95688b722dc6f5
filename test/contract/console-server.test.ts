/** The console's server over real HTTP: who is answered, with what, and that nothing is called for others. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConsoleServer, startConsoleServer } from '../../infra/console/console-server.ts';
import { badInput } from '../../infra/console/problems.ts';

const asOf = '2026-11-27T12:00:00.000Z';
let server: ConsoleServer;
let token: string;
/** What the routes were called with. */
const called: unknown[] = [];
/** The console's own faults. */
const faults: unknown[] = [];

async function echo(input: unknown): Promise<unknown> {
  called.push(input);
  return input;
}

beforeAll(async () => {
  server = await startConsoleServer({
    port: 0,
    asOf: () => asOf,
    files: new Map([['/', { type: 'text/html; charset=utf-8', text: '<!doctype html>' }]]),
    failed: (error) => faults.push(error),
    routes: {
      'GET /data/echo': echo,
      'POST /data/echo': echo,
      'GET /data/refused': async () => {
        throw badInput('Not like this.');
      },
      'GET /data/expired': async () => {
        throw Object.assign(new Error('it has expired'), { name: 'ExpiredTokenException' });
      },
      'GET /data/fault': async () => {
        throw new TypeError('a fault');
      },
    },
  });
  token = new URL(server.address).hash.slice('#token='.length);
});
afterAll(() => server?.close());
beforeEach(() => {
  called.length = 0;
  faults.length = 0;
});

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Not `fetch`: it sets Host and Origin by itself. */
function send(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.once('error', reject);
    request.end(body);
  });
}

const withToken = (more: Record<string, string> = {}) => ({ 'x-console-token': token, ...more });
const json = { 'content-type': 'application/json' };

describe('the console’s server', () => {
  it('needs the token for data, not for the page', async () => {
    expect(await send('/')).toMatchObject({ status: 200, text: '<!doctype html>' });
    const answer = await send('/data/echo?user=u&member=%3Cb%3E', { headers: withToken() });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } });
    expect(JSON.parse(answer.text)).toEqual({ asOf, data: { user: 'u', member: '<b>' } });
  });

  it('has a token of 43 characters, new at each start', async () => {
    const options = { port: 0, asOf: () => asOf, files: new Map(), failed: () => {}, routes: {} };
    const other = await startConsoleServer(options);
    await other.close();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(other.address).not.toContain(token);
  });

  it.each([
    ['no token', {}, 401],
    ['another token', { 'x-console-token': 'x'.repeat(43) }, 401],
    ['a foreign Host', { host: '127.evil.com' }, 403],
    ['a foreign Origin', { origin: 'https://evil.com' }, 403],
    ['a foreign site', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('answers nothing to %s', async (what, headers, status) => {
    const known = what.endsWith('token') ? headers : withToken(headers);
    expect((await send('/data/echo', { headers: known })).status).toBe(status);
    expect((await send('/data/echo', { method: 'POST', headers: { ...json, ...known }, body: '{}' })).status).toBe(
      status,
    );
    expect(called).toEqual([]);
  });

  it('answers nothing to a form of another page', async () => {
    const headers = { 'content-type': 'text/plain', origin: 'https://evil.com' };
    const answer = await send('/data/echo', { method: 'POST', headers, body: '{"user":"u"}' });
    expect(answer.status).toBe(403);
    expect(called).toEqual([]);
  });

  it('answers nothing without a Host', async () => {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () =>
        socket.write(`GET /data/echo HTTP/1.0\r\nx-console-token: ${token}\r\n\r\n`),
      );
      let read = '';
      socket.on('data', (part) => {
        read += part;
      });
      socket.on('close', () => resolve(read));
    });
    expect(text).toContain('403');
    expect(called).toEqual([]);
  });

  it.each([
    ['/', {}],
    ['/data/echo', {}],
    ['/data/nothing', { 'x-console-token': 'right' }],
  ])('protects its answer to %s', async (path, headers) => {
    const own = 'x-console-token' in headers ? withToken() : headers;
    const answer = await send(path, { headers: { ...own, origin: `http://127.0.0.1:${server.port}` } });
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([
    ['{"every":24}', 200, { data: { every: 24 } }],
    ['[]', 400, { problem: { sentence: 'The body is no JSON object.' } }],
    ['{', 400, { problem: { sentence: 'The body is no JSON.' } }],
    ['', 400, { problem: { sentence: 'The body is no JSON.' } }],
    [`{"a":"${'x'.repeat(20_000)}"}`, 400, { problem: { sentence: 'The body is too large.' } }],
  ])('takes a POST of %.12s…', async (body, status, expected) => {
    const answer = await send('/data/echo', { method: 'POST', headers: withToken(json), body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ asOf, ...expected });
  });

  it.each([
    ['/../package.json'],
    ['/%2e%2e/package.json'],
    ['/console.css/../../package.json'],
    ['//data/echo'],
    ['/data%2fecho'],
    ['/data/../data/echo'],
    ['/data/echo/'],
    ['/data/__proto__'],
    ['/data/toString'],
    ['http://127.0.0.1/data/echo'],
    ['*'],
  ])('has nothing at %s', async (path) => {
    expect((await send(path, { headers: withToken() })).status).toBe(404);
    expect(called).toEqual([]);
  });

  it('gives routes what a body names, and nothing else', async () => {
    const body = '{"__proto__":{"user":"u"},"constructor":{"prototype":{"user":"u"}}}';
    expect((await send('/data/echo', { method: 'POST', headers: withToken(json), body })).status).toBe(200);
    const [input] = called as { readonly user?: string }[];
    expect(input?.user).toBeUndefined();
    expect(({} as { readonly user?: string }).user).toBeUndefined();
  });

  it('answers others while one sends drop by drop', async () => {
    const slow = connect(server.port, '127.0.0.1');
    await new Promise<void>((sent) => {
      const head = `POST /data/echo HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\n`;
      slow.write(`${head}x-console-token: ${token}\r\nContent-Length: 100\r\n\r\n{"a":`, () => sent());
    });
    expect((await send('/data/echo', { headers: withToken() })).status).toBe(200);
    expect(called).toEqual([{}]);
    slow.destroy();
  });

  it.each(['OPTIONS', 'PUT', 'DELETE', 'HEAD', 'TRACE'])('takes no %s', async (method) => {
    for (const path of ['/', '/data/echo']) {
      const answer = await send(path, { method, headers: withToken({ 'access-control-request-method': 'POST' }) });
      expect(answer.status).toBe(405);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(called).toEqual([]);
  });

  it.each([
    ['/data/refused', 400, { of: 'console', sentence: 'Not like this.' }, 0],
    ['/data/expired', 502, { of: 'aws', sentence: 'The AWS credentials have expired: sign in anew.' }, 0],
    ['/data/fault', 502, { sentence: 'TypeError: a fault' }, 1],
    ['/data/constructor', 404, { code: 'not_found' }, 0],
    ['/other', 404, { code: 'not_found' }, 0],
  ])('says in words what is wrong with %s', async (path, status, problem, count) => {
    const answer = await send(path, { headers: withToken() });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ asOf, problem });
    expect(faults).toHaveLength(count);
  });

  it('says which port is taken', async () => {
    const options = { port: server.port, asOf: () => asOf, files: new Map(), failed: () => {}, routes: {} };
    await expect(startConsoleServer(options)).rejects.toThrow(`Port ${server.port} is taken`);
  });
});
