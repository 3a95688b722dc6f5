import { once } from 'node:events';
import { Agent, createServer, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EarlyAgent } from '../../shared/clients/early-agent.ts';
import { selfSigned } from '../bench/self-signed.ts';
import { closed, listenOnLoopback } from './local-tables.ts';

const { key, cert } = selfSigned(Date.now());

/** A server that counts its connections, and an agent that trusts it. */
async function started(clock = { ms: 0 }) {
  const seen = { connections: 0 };
  const server = createServer({ key, cert }, (_request, response) => void response.end());
  server.on('connection', () => {
    seen.connections += 1;
  });
  const url = new URL(`https://localhost:${await listenOnLoopback(server)}`);
  const agent = new EarlyAgent({ ca: cert }, () => clock.ms);
  onTestFinished(async () => {
    agent.destroy();
    await closed(server);
  });
  const get = async (to = url, by: Agent = agent): Promise<void> => {
    const [answer] = await once(request(to, { agent: by }).end(), 'response');
    await text(answer);
  };
  return { agent, url, get, seen, server };
}

describe('a connection that was opened early', () => {
  it('has the first request, and the next ones', async () => {
    const { agent, url, get, seen } = await started();
    await agent.open(url);
    await get();
    await get();
    expect(seen.connections).toBe(1);
  });

  it('has one of several requests', async () => {
    const { agent, url, get, seen } = await started();
    await agent.open(url);
    await Promise.all([get(), get(), get()]);
    expect(seen.connections).toBe(3);
  });

  it.each([
    { afterMs: 4_000, connections: 1 },
    { afterMs: 4_001, connections: 2 },
  ])('is one of $connections after $afterMs ms', async ({ afterMs, connections }) => {
    const clock = { ms: 0 };
    const { agent, url, get, seen } = await started(clock);
    await agent.open(url);
    clock.ms = afterMs;
    await get();
    expect(seen.connections).toBe(connections);
  });

  it('is not used when it broke', async () => {
    const { agent, url, get, seen, server } = await started();
    const [[atServer]] = await Promise.all([once(server, 'secureConnection'), agent.open(url)]);
    atServer.destroy();
    // While another request goes there and back, its end has arrived.
    await get(url, new Agent({ ca: cert, keepAlive: false }));
    await get();
    expect(seen.connections).toBe(3);
  });

  it('is for its own host', async () => {
    const [one, other] = [await started(), await started()];
    await one.agent.open(one.url);
    await one.get(other.url);
    await one.get();
    expect([one.seen.connections, other.seen.connections]).toEqual([1, 1]);
  });
});

it('says when no server listens', async () => {
  const { agent, url, server } = await started();
  await closed(server);
  await expect(agent.open(url)).rejects.toThrow('ECONNREFUSED');
});

it('says when the certificate is not trusted', async () => {
  const { url } = await started();
  await expect(new EarlyAgent({}).open(url)).rejects.toThrow('self-signed certificate');
});
