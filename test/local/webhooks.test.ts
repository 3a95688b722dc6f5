import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../infra/mx-simulator/random.ts';
import { type Running, refreshIdOf, startRunning } from './running.ts';

/** Webhooks in the burst. With `BURST=2000` in the environment the test measures what the README says of it. */
const BURST = Number(process.env['BURST'] ?? 400);

let running: Running;

beforeAll(async () => {
  // A first look so late that only a webhook can have made a refresh end early.
  running = await startRunning({
    webhooks: 'known',
    callbackLoopback: true,
    firstLookWithWebhooksSeconds: 10,
    // Room for the whole burst of the test below on a slow machine.
    webhookBurst: BURST + 200,
  });
});

afterAll(async () => {
  await running?.close();
});

const tell = async (webhook: object): Promise<number> => {
  const response = await fetch(`${running.project.stack.apiUrl}/webhooks/mx`, {
    method: 'POST',
    headers: { authorization: running.project.webhookSender.authorization, 'content-type': 'application/json' },
    body: JSON.stringify(webhook),
  });
  return response.status;
};

/** The next event of this type about a member or an account, as a reader of the bus gets it. */
const eventOf = (type: string, guid: string): Promise<unknown> =>
  new Promise((resolve) => {
    const stop = running.project.stack.on('event', ({ detailType, detail }) => {
      if (detailType !== type || !JSON.stringify(detail).includes(guid)) return;
      stop();
      resolve(detail);
    });
  });

/** A function's log line of this event about a member, with this outcome. */
const logOf = (event: string, guid: string, outcome: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = running.project.stack.on('log', ({ line }) => {
      if (![`"${event}"`, guid, `"outcome":"${outcome}"`].every((part) => line.includes(part))) return;
      stop();
      resolve();
    });
  });

const refreshesOf = async (path: string) =>
  (await running.call('GET', `${path}/refreshes`)).body['refreshes'] as unknown as {
    trigger: string;
    refresh_id: string;
  }[];

describe('webhooks of MX', () => {
  it('end a refresh with its job, before the first look', async () => {
    const member = running.addMember({ jobSeconds: 1 });
    const began = performance.now();
    await running.refresh(member.path);
    expect((performance.now() - began) / 1000).toBeLessThan(8);
  });

  it('wrong credentials 401; other kinds 204', async () => {
    const response = await fetch(`${running.project.stack.apiUrl}/webhooks/mx`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
    expect(await tell({ type: 'HISTORY', action: 'member_data_updated', member_guid: null })).toBe(204);
    expect(await tell([])).toBe(204);
  });

  it('bring MX’s own data as a refresh without a job', async () => {
    const member = running.addMember({ jobSeconds: 1.5 });
    await running.refresh(member.path);
    const accounts = (await running.call('GET', `${member.path}/accounts`)).body['accounts'] as never as {
      guid: string;
    }[];
    const account = accounts[0]?.guid ?? '';
    const told = eventOf('balance.changed', account);
    running.mx.setBalances({ member: member.guid, account, values: { balance: '77.10' } });
    // Times in webhooks are whole seconds: an end in the same second could not be told from the one that was followed.
    running.mx.startBackground({ member: member.guid, seconds: 1.1 });
    expect(await told).toMatchObject({ data: { trigger: 'mx_webhook', account_guid: account } });
    const after = await running.call('GET', `${member.path}/accounts/${account}`);
    expect(after.text).toContain('"balance":77.1');
    expect((await refreshesOf(member.path)).map(({ trigger }) => trigger)).toEqual(['mx_webhook', 'http']);
    expect(
      running.mx.calls().filter(({ memberGuid, route }) => memberGuid === member.guid && route === 'check-balance'),
    ).toHaveLength(1);
  });

  it('in a burst, doubled, unordered: each once', async () => {
    const members = Array.from({ length: 10 }, () => running.addMember({ jobSeconds: 1.5 }));
    await Promise.all(members.map(({ path }) => running.refresh(path)));
    // New data at MX, and its own webhooks of it kept back: the burst tells of them.
    running.mx.setSettings({ webhooks: { aggregation: false, connectionStatus: false, balance: false } });
    await running.project.stack.idle();
    const userGuid = running.mx.member({ member: members[0]?.guid ?? '' }).userGuid;
    for (const { guid } of members) running.mx.startBackground({ member: guid, seconds: 0 });
    const completed = Math.floor(Date.now() / 1000) + 1;
    const random = createRandom(1);
    const burst = Array.from({ length: 0.9 * BURST }, (_, index) => ({
      type: index % 3 === 0 ? 'BALANCE' : 'AGGREGATION',
      action: 'member_data_updated',
      completed_at: completed,
      user_guid: userGuid,
      member_guid:
        index % 9 === 0
          ? `MBR-99999999-0000-4000-8000-${String(index).padStart(12, '0')}`
          : (members[index % 10]?.guid ?? ''),
    }));
    const shuffled = [...burst, ...burst.slice(0, 0.1 * BURST)]
      .map((webhook) => ({ webhook, order: random.next() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ webhook }) => webhook);

    const began = performance.now();
    const statuses: number[] = [];
    for (let from = 0; from < shuffled.length; from += 50) {
      statuses.push(...(await Promise.all(shuffled.slice(from, from + 50).map(tell))));
    }
    const answered = (performance.now() - began) / 1000;
    await running.project.stack.idle();
    const drained = (performance.now() - began) / 1000;
    console.log(`${BURST} webhooks: answered in ${answered.toFixed(1)} s, queue drained after ${drained.toFixed(1)} s`);
    expect(new Set(statuses)).toEqual(new Set([204]));
    for (const { path } of members) {
      expect((await refreshesOf(path)).map(({ trigger }) => trigger)).toEqual(['mx_webhook', 'http']);
    }
  });
});

describe('a callback', () => {
  it('is signed, tells every caller, repeats after trouble', async () => {
    running.mx.setSettings({ webhooks: { aggregation: true, connectionStatus: true, balance: true } });
    const webhook = new Webhook(running.project.callbackSecret);
    const received: { path: string; id: string; event: { id: string; data: { refresh_id: string } } }[] = [];
    const all = Promise.withResolvers<void>();
    let troubles = 1;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (troubles > 0) {
        troubles -= 1;
        response.writeHead(503, { 'retry-after': '1' }).end();
        return;
      }
      const headers = request.headers as Record<string, string>;
      const event = webhook.verify(Buffer.concat(chunks).toString('utf8'), headers) as (typeof received)[0]['event'];
      received.push({ path: request.url ?? '', id: headers['webhook-id'] ?? '', event });
      response.writeHead(204).end();
      if (new Set(received.map(({ path }) => path)).size === 2) all.resolve();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const member = running.addMember({ jobSeconds: 1 });
      const url = `http://localhost:${(server.address() as AddressInfo).port}`;
      const trigger = (path: string) =>
        running.call('POST', `${member.path}/check_balance`, {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ callback_url: url + path }),
        });
      const first = await trigger('/first');
      const second = await trigger('/second');
      expect([first.status, second.status]).toEqual([202, 202]);
      await all.promise;
      expect(new Set(received.map(({ event }) => event.data.refresh_id))).toEqual(new Set([refreshIdOf(first)]));
      expect(refreshIdOf(second)).toBe(refreshIdOf(first));
      expect(new Set(received.map(({ id }) => id)).size).toBe(2);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it.each([
    ['https://127.0.0.1/', 'IP address'],
    ['https://evil.example/', 'not allowed'],
    ['ftp://localhost/', 'https://'],
    ['http://user@localhost/', 'user name'],
  ])('to %s is refused with a sentence', async (callback_url, words) => {
    const member = running.addMember();
    const answer = await running.call('POST', `${member.path}/check_balance`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ callback_url }),
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ field: 'callback_url', detail: expect.stringContaining(words) });
    expect(running.mx.calls().filter(({ memberGuid }) => memberGuid === member.guid)).toEqual([]);
  });
});

// Last: its message that erases once more waits for a minute, and so would every test that waits for idle queues.
describe('a member that MX has deleted', () => {
  it('takes balances and schedule once MX confirms', async () => {
    const member = running.addMember({ jobSeconds: 1.5 });
    await running.refresh(member.path);
    const schedule = { headers: { 'content-type': 'application/json' }, body: '{"every":24}' };
    expect((await running.call('PUT', `${member.path}/schedule`, schedule)).status).toBe(200);
    const { userGuid } = running.mx.member({ member: member.guid });
    const path = `/users/${userGuid}/members/${member.guid}`;
    const deleted = { type: 'MEMBER', action: 'deleted', guid: member.guid, user_guid: userGuid, revision: 3 };

    // Not because of the webhook alone.
    const handled = logOf('webhook.handled', member.guid, 'seen');
    expect(await tell(deleted)).toBe(204);
    await handled;
    expect((await running.call('GET', `${path}/accounts`)).status).toBe(200);

    const told = eventOf('connection.changed', member.guid);
    running.mx.deleteMember({ member: member.guid });
    expect(await tell(deleted)).toBe(204);
    expect(await told).toMatchObject({ data: { deleted: true, member_guid: member.guid } });
    for (const what of ['accounts', 'refreshes', 'schedule']) {
      const answer = await running.call('GET', `${path}/${what}`);
      expect([answer.status, answer.body['code']]).toEqual([404, 'member_deleted']);
    }
    expect((await running.call('POST', `${path}/check_balance`)).body['code']).toBe('member_deleted');
    // Its own id leads nowhere any more, and the message that erases once more waits for its time.
    expect((await running.call('GET', `${member.path}/accounts`)).body['code']).toBe('member_not_found');
  });
});
