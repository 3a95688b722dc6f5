import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callbackPost, type Resolve, signedHeaders } from '../../shared/clients/callback-post.ts';
import { endedEvent } from '../../shared/domain/event.ts';
import type { Delivery } from '../../shared/domain/notify-ports.ts';
import { attemptOf, newKey, refreshId, startingClaim } from '../samples.ts';
import { closed, listenOnLoopback } from './local-tables.ts';

const KEY = Buffer.from('a key of at least 24 bytes for tests').toString('base64');
const OLD_KEY = Buffer.from('the key that was before it, also long').toString('base64');
/** Signatures carry the time, and the library compares it with the machine's clock. */
const now = (): string => new Date().toISOString();

let server: Server;
let port = 0;
let answer: (response: ServerResponse) => void;
const received: { headers: IncomingHttpHeaders; body: string; path: string }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8'), path: request.url ?? '' });
    answer(response);
  });
  port = await listenOnLoopback(server);
});
afterAll(() => closed(server));

const delivery = (url = `http://localhost:${port}/hook?x=1`): Delivery => ({
  callbackId: 'CBK-1',
  url,
  event: endedEvent(newKey(), attemptOf(startingClaim(refreshId(1)))),
  attempt: 0,
  since: now(),
  notBefore: now(),
});

const secretOf = (text: string) => ({ current: async () => text, refetched: async () => text });
const toLoopback: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];

const subject = (given: Partial<Parameters<typeof callbackPost>[0]> = {}) => {
  const post = callbackPost({
    secret: secretOf(JSON.stringify({ current: KEY, previous: '' })),
    loopback: true,
    now,
    resolve: toLoopback,
    ...given,
  });
  return (sent: Delivery) => post(sent, sent.event);
};

describe('a callback', () => {
  it('is a POST of the event with a good signature', async () => {
    answer = (response) => response.writeHead(204).end();
    received.length = 0;
    const sent = delivery();
    expect(await subject()(sent)).toEqual({ status: 204, retryAfterSeconds: null });
    const [{ headers, body, path } = { headers: {}, body: '', path: '' }] = received;
    expect(path).toBe('/hook?x=1');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': 'CBK-1' });
    expect(new Webhook(`whsec_${KEY}`).verify(body, headers as Record<string, string>)).toEqual(sent.event);
    const changed = body.replace('failed', 'FAILED');
    expect(() => new Webhook(KEY).verify(changed, headers as Record<string, string>)).toThrow('No matching signature');
  });

  it('has two signatures during a rotation', () => {
    const headers = signedHeaders(JSON.stringify({ current: KEY, previous: OLD_KEY }), 'CBK-1', now(), '{}');
    for (const key of [KEY, OLD_KEY]) expect(new Webhook(key).verify('{}', headers)).toEqual({});
    expect(() => new Webhook(Buffer.from('another key').toString('base64')).verify('{}', headers)).toThrow();
  });

  it.each(['', '{}', '{"current":""}', 'not JSON', '{"current":"!!!"}', '["x"]'])(
    'with the secret %j: not sent, says what it needs',
    async (text) => {
      received.length = 0;
      await expect(subject({ secret: secretOf(text) })(delivery())).rejects.toThrow('{"current":"<base 64>"');
      expect(received).toEqual([]);
    },
  );

  it('does not follow a redirect', async () => {
    answer = (response) => response.writeHead(307, { location: `http://localhost:${port}/elsewhere` }).end();
    received.length = 0;
    expect(await subject()(delivery())).toEqual({ status: 307, retryAfterSeconds: null });
    expect(received).toHaveLength(1);
  });

  it.each([
    ['120', 120],
    ['Wed, 21 Oct 2026 07:28:00 GMT', null],
    ['-1', null],
  ])('reads Retry-After %s as %s', async (header, seconds) => {
    answer = (response) => response.writeHead(503, { 'retry-after': header }).end();
    expect(await subject()(delivery())).toEqual({ status: 503, retryAfterSeconds: seconds });
  });

  it('gives up on silent receivers and broken connections', async () => {
    answer = () => {};
    expect(await subject({ timeoutMs: 50 })(delivery())).toBeNull();
    answer = (response) => response.destroy();
    expect(await subject()(delivery())).toBeNull();
  });

  it('does not read an answer of any length', async () => {
    answer = (response) => {
      response.writeHead(200);
      response.write('x');
      // Never ended.
    };
    expect(await subject()(delivery())).toEqual({ status: 200, retryAfterSeconds: null });
  });

  it('resolves the name anew for every try', async () => {
    answer = (response) => response.writeHead(204).end();
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    };
    const post = subject({ resolve });
    expect((await post(delivery()))?.status).toBe(204);
    expect(await post(delivery())).toBeNull();
    expect(asked).toBe(2);
  });

  it.each([
    ['this machine', [{ address: '127.0.0.1', family: 4 }]],
    ['this machine, IPv6', [{ address: '::1', family: 6 }]],
    ['a private address', [{ address: '192.168.1.1', family: 4 }]],
    ['a cloud’s metadata', [{ address: '169.254.169.254', family: 4 }]],
    [
      'a public and a private address',
      [
        { address: '93.184.215.14', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
    ],
    ['nowhere', []],
  ])('is not sent where the name leads to %s', async (_where, addresses) => {
    received.length = 0;
    const post = subject({ loopback: false, resolve: async () => addresses });
    expect(await post(delivery())).toBeNull();
    expect(received).toEqual([]);
  });

  it('fails when the name is unknown', async () => {
    const resolve: Resolve = async () => {
      throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    };
    expect(await subject({ resolve })(delivery())).toBeNull();
  });
});
