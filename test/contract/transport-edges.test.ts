/** The transport at its limits: sizes, pauses, what is left behind, and TLS; of it, and of calls of AWS. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import { callbackPost, lookupAllowed } from '../../shared/clients/callback-post.ts';
import { type HttpRequest, httpsTransport } from '../../shared/clients/https-transport.ts';
import { selfSigned } from '../bench/self-signed.ts';
import { T0 } from '../samples.ts';
import { closed, listenOnLoopback } from './local-tables.ts';
import { type StubServer, stubServer } from './stub-server.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

const started = async (answer: Parameters<typeof stubServer>[0]): Promise<StubServer> => {
  const server = await stubServer(answer);
  cleanup.push(() => server.close());
  return server;
};

/** A server with a certificate that only this test knows, and how many connections it has had. */
async function secret(): Promise<{ url: URL; server: Server; seen: { connections: number } }> {
  const { key, cert } = selfSigned(Date.now());
  const seen = { connections: 0 };
  const server = createServer({ key, cert }, (_request, response) => void response.end());
  server.on('connection', () => {
    seen.connections += 1;
  });
  const url = new URL(`https://localhost:${await listenOnLoopback(server)}`);
  cleanup.push(() => closed(server));
  return { url, server, seen };
}

const request = (url: string | URL, given: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(url),
  headers: {},
  timeoutMs: 10_000,
  ...given,
});

describe('an answer', () => {
  it.each([
    [8_388_608, 8_388_608],
    [8_388_609, ['mx_bad_answer', { tooLarge: true }]],
  ])('of %i bytes is read: %j', async (bytes, read) => {
    const server = await started((_, response) => response.end('x'.repeat(bytes)));
    const got = await httpsTransport()
      .send(request(server.url))
      .then(
        ({ body }) => body.length,
        ({ code, details }) => [code, details],
      );
    expect(got).toEqual(read);
  });

  it('leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const server = await started((_, response) => response.end('ok'));
    const { send } = httpsTransport();
    await send(request(server.url));
    const before = timers();
    await send(request(server.url, { timeoutMs: 600_000 }));
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('that breaks off says why', async () => {
    const server = await started((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket?.destroy());
    });
    await expect(httpsTransport().send(request(server.url))).rejects.toMatchObject({
      code: 'mx_unavailable',
      cause: expect.any(Error),
    });
  });

  it('that does not come is hung up on', async () => {
    const gone = Promise.withResolvers<void>();
    const server = await started((_, response) => void response.on('close', () => gone.resolve()));
    await expect(httpsTransport().send(request(server.url, { timeoutMs: 50 }))).rejects.toMatchObject({
      code: 'mx_timeout',
      message: 'MX did not answer within 50 ms',
    });
    await gone.promise;
  });
});

describe('a POST', () => {
  it.each([
    [4_000, [1, 1]],
    [4_001, [1, 2]],
  ])('%i ms later is on the connections %j', async (pause, connections) => {
    const clock = { ms: 0 };
    const server = await started((_, response) => response.end('ok'));
    const { send } = httpsTransport(() => clock.ms);
    await send(request(server.url));
    clock.ms += pause;
    await send(request(server.url, { method: 'POST', headers: { 'content-length': '0' } }));
    expect(server.seen.map(({ connection }) => connection)).toEqual(connections);
  });

  it('counts from the end of the last call', async () => {
    const clock = { ms: 0 };
    const server = await started((_, response) => {
      clock.ms += 4_001;
      response.end('ok');
    });
    const { send } = httpsTransport(() => clock.ms);
    await send(request(server.url));
    await send(request(server.url, { method: 'POST', headers: { 'content-length': '0' } }));
    expect(server.seen.map(({ connection }) => connection)).toEqual([1, 1]);
  });
});

describe('by TLS', () => {
  it('a certificate that is not trusted is no connection', async () => {
    const { url, seen } = await secret();
    await expect(httpsTransport().send(request(url))).rejects.toMatchObject({ code: 'mx_unavailable' });
    expect(seen.connections).toBe(1);
  });

  it.each<[string, (url: URL) => Promise<void>]>([
    ['to MX', (url) => httpsTransport().open(url)],
    ['to AWS', (url) => limitedCalls().requestHandler.open(url)],
  ])('a connection %s is opened early, or says why not', async (_what, open) => {
    const { url, seen } = await secret();
    await expect(open(url)).rejects.toThrow('self-signed certificate');
    expect(seen.connections).toBe(1);
  });

  it.each<[string, (url: URL) => Promise<void>]>([
    ['to MX', (url) => httpsTransport().open(url)],
    ['to AWS', (url) => limitedCalls().requestHandler.open(url)],
  ])('without it none is opened early %s', async (_what, open) => {
    const { url, server, seen } = await secret();
    const plain = new URL(url.href.replace('https:', 'http:'));
    await expect(open(plain)).resolves.toBeUndefined();
    expect([server.listening, seen.connections]).toEqual([true, 0]);
  });
});

describe('the name of a receiver', () => {
  const looked = (addresses: readonly { address: string; family: number }[], all: boolean, loopback = false) =>
    new Promise((resolve) => {
      const lookup = lookupAllowed(async () => [...addresses], loopback);
      lookup('hooks.example.com', { all }, (error, ...found) => resolve(error ?? found));
    });
  const open = { address: '93.184.215.14', family: 4 };
  const own = { address: '127.0.0.1', family: 4 };
  const inside = { address: '10.0.0.1', family: 4 };

  it('leads to all addresses, or to the first', async () => {
    expect(await looked([open, open], true)).toEqual([[open, open]]);
    expect(await looked([open, own], false, true)).toEqual([open.address, 4]);
  });

  it.each([
    ['none', [], false],
    ['one inside', [inside], false],
    ['one inside, with loopback', [inside], true],
    ['this machine', [own], false],
    ['a second one inside', [open, inside], false],
  ])('that leads to %s is refused', async (_what, addresses, loopback) => {
    expect(await looked(addresses, true, loopback)).toMatchObject({ code: 'ENOTPUBLIC' });
  });

  it('that is unknown is said', async () => {
    const lookup = lookupAllowed(() => Promise.reject(new Error('ENOTFOUND')), false);
    const said = await new Promise((resolve) => {
      lookup('hooks.example.com', { all: true }, resolve);
    });
    expect(said).toMatchObject({ message: 'ENOTFOUND' });
  });
});

describe('a callback', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const poster = (timeoutMs: number) =>
    callbackPost({
      secret: {
        current: async () => JSON.stringify({ current: key, previous: '' }),
        refetched: async () => '',
      },
      loopback: true,
      now: () => T0,
      timeoutMs,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    });
  const to = (url: string) => ({ callbackId: 'CBK-1', url: url.replace('127.0.0.1', 'localhost') });

  it('is a POST with its name, and leaves no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const server = await started((_, response) => response.writeHead(202, { 'retry-after': '7' }).end());
    const before = timers();
    expect(await poster(600_000)(to(server.url), { a: 1 })).toEqual({ status: 202, retryAfterSeconds: 7 });
    expect(timers()).toBeLessThanOrEqual(before);
    expect(server.seen).toMatchObject([
      { method: 'POST', headers: { 'user-agent': 'mx-fresh-balances', 'content-type': 'application/json' } },
    ]);
  });

  it('that is not answered in time is hung up on', async () => {
    const gone = Promise.withResolvers<void>();
    const server = await started((_, response) => void response.on('close', () => gone.resolve()));
    expect(await poster(50)(to(server.url), {})).toBeNull();
    await gone.promise;
  });

  it('to a certificate that is not trusted is not sent', async () => {
    const { url, server } = await secret();
    const refused = once(server, 'tlsClientError');
    expect(await poster(5_000)({ callbackId: 'CBK-1', url: url.href }, {})).toBeNull();
    await refused;
  });
});
