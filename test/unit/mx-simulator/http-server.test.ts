import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import { AccountsApi, Configuration, MembersApi, UsersApi } from 'mx-platform-node';
import { afterEach, describe, expect, it } from 'vitest';
import type { MxSimulator, MxSimulatorOptions } from '../../../infra/mx-simulator/http-server.ts';
import { startMxSimulator } from '../../../infra/mx-simulator/http-server.ts';
import { GOOD_HEADERS, list, parse, part, START } from './virtual-mx.ts';

const MEMBER = '/users/user-1/members/member-ok';
const toClose: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

/** A simulator on a free port whose clock only the test moves. */
async function started(
  options: Partial<MxSimulatorOptions> = {},
): Promise<{ mx: MxSimulator; clock: { now: number } }> {
  const clock = { now: START };
  const model = { jobSeconds: 10, ...options.model, now: () => clock.now };
  const mx = await startMxSimulator({ port: 0, ...options, model });
  toClose.push(() => mx.close());
  return { mx, clock };
}

const get = (mx: MxSimulator, path: string, signal?: AbortSignal) =>
  fetch(`${mx.url}${path}`, { headers: GOOD_HEADERS, ...(signal ? { signal } : {}) });

describe('over real HTTP', () => {
  it('answers as the model does, with the right headers', async () => {
    const { mx, clock } = await started();
    const answer = await fetch(`${mx.url}${MEMBER}/check_balance`, { method: 'POST', headers: GOOD_HEADERS });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([202, 'application/json']);
    expect(part(parse(await answer.text()), 'member')['is_being_aggregated']).toBe(true);
    clock.now += 10_000;
    const member = part(parse(await (await get(mx, MEMBER)).text()), 'member');
    expect(member).toMatchObject({ is_being_aggregated: false, connection_status: 'CONNECTED' });
    const none = await get(mx, `${MEMBER}/challenges`);
    expect([none.status, await none.text()]).toEqual([204, '']);
    expect((await fetch(`${mx.url}/users`)).status).toBe(401);
  });

  it('is controlled over the same port', async () => {
    const { mx } = await started();
    const body = JSON.stringify({
      member: 'member-ok',
      account: 'act-23445745',
      values: { balance: '0.1000' },
      when: 'now',
    });
    const answer = await fetch(`${mx.url}/_simulator/set-balances`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    expect(await (await get(mx, `${MEMBER}/accounts`)).text()).toContain('"balance":0.1000,');
  });

  it('refuses a body that is too large', async () => {
    const { mx } = await started();
    const answer = await fetch(`${mx.url}/_simulator/reset`, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });

  it('cuts the connection, before or after the job has started', async () => {
    const { mx } = await started();
    const post = () => fetch(`${mx.url}${MEMBER}/check_balance`, { method: 'POST', headers: GOOD_HEADERS });
    mx.model.control.addFault({ how: { kind: 'reset' } });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(mx.model.control.member({ member: 'member-ok' }).jobKind).toBeNull();
    mx.model.control.addFault({ how: { kind: 'reset' }, effect: 'after' });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(mx.model.control.member({ member: 'member-ok' }).jobKind).toBe('balance');
  });

  it('sends a head that promises more than comes', async () => {
    const { mx } = await started();
    mx.model.control.addFault({ how: { kind: 'broken-body' } });
    const answer = await get(mx, MEMBER);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('sends the head at once and the body in drops', async () => {
    const { mx } = await started();
    mx.model.control.addFault({ how: { kind: 'slow-body', delayMs: 50 } });
    const answer = await get(mx, MEMBER);
    const chunks: Uint8Array[] = [];
    for await (const chunk of answer.body ?? []) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
    expect(parse(Buffer.concat(chunks).toString())).toHaveProperty('member');
  });

  it('is slow, or never answers', async () => {
    const { mx } = await started();
    mx.model.control.addFault({ how: { kind: 'slow', delayMs: 20 } });
    expect((await get(mx, MEMBER)).status).toBe(200);
    mx.model.control.addFault({ how: { kind: 'timeout' } });
    await expect(get(mx, MEMBER, AbortSignal.timeout(30))).rejects.toThrow(/timeout/);
    mx.model.control.addFault({ how: { kind: 'slow', delayMs: 3_600_000 } });
    await expect(get(mx, MEMBER, AbortSignal.timeout(30))).rejects.toThrow(/timeout/);
  });

  it('says in a sentence that a port is taken', async () => {
    const { mx } = await started();
    await expect(startMxSimulator({ port: mx.port })).rejects.toThrow(`Port ${mx.port} of 127.0.0.1 is taken`);
  });
});

describe('webhooks over real HTTP', () => {
  it('come with Basic authentication, and again after an error', async () => {
    const received: { headers: IncomingHttpHeaders; body: string }[] = [];
    const twice = Promise.withResolvers<void>();
    const receiver: Server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      received.push({ headers: request.headers, body });
      response.writeHead(received.length === 1 ? 500 : 204).end();
      if (received.length === 2) twice.resolve();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    toClose.push(() => receiver.close());
    const address = receiver.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { mx } = await started({
      webhooks: { url: `http://127.0.0.1:${port}/mx`, user: 'mx', password: 'secret' },
      model: { jobSeconds: 0, webhooks: { retryScale: 0 } },
    });
    await fetch(`${mx.url}${MEMBER}/check_balance`, { method: 'POST', headers: GOOD_HEADERS });
    await twice.promise;
    expect(received.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(`Basic ${btoa('mx:secret')}`));
    expect(parse(received[0]?.body ?? '')).toMatchObject({ type: 'BALANCE' });
    expect(received[1]?.body).toBe(received[0]?.body);
  });
});

describe('the official SDK 2.x', () => {
  it('creates, checks, answers, reads', async () => {
    const { mx, clock } = await started();
    const configuration = new Configuration({
      basePath: mx.url,
      username: 'local-client-id',
      password: 'local-api-key',
      baseOptions: { headers: { Accept: 'application/vnd.mx.api.v1+json' } },
    });
    const members = new MembersApi(configuration);
    const accounts = new AccountsApi(configuration);
    const user = (await new UsersApi(configuration).createUser({ user: { id: 'sdk-user' } })).data.user?.guid ?? '';
    const credentials = [{ guid: 'CRD-1', value: 'challenge' }];
    const member = { id: 'sdk-member', institution_code: 'mxbank', credentials, skip_aggregation: true };
    const guid = (await members.createMember(user, { member })).data.member?.guid ?? '';
    const check = await members.checkBalances(guid, user);
    expect([check.status, check.data.member?.is_being_aggregated]).toEqual([202, true]);
    clock.now += 3000;
    const [challenge] = (await members.readMemberStatus(guid, user)).data.member?.challenges ?? [];
    expect((await members.listMemberChallenges(guid, user)).data.challenges?.[0]?.guid).toBe(challenge?.guid);
    const answers = [{ guid: challenge?.guid ?? '', value: 'correct' }];
    expect((await members.resumeAggregation(guid, user, { member: { challenges: answers } })).status).toBe(202);
    clock.now += 10_000;
    expect((await members.readMember(guid, user)).data.member?.connection_status).toBe('CONNECTED');
    const page = (await accounts.listMemberAccounts(user, guid)).data;
    expect(page.pagination?.total_entries).toBe(6);
    const account = page.accounts?.[0]?.guid ?? '';
    expect((await accounts.readAccountByMember(account, guid, user)).data.account?.balance).toBe(500000);
    expect((await accounts.readAccount(account, user)).data.account?.guid).toBe(account);
    expect((await members.listMembers(user)).data.members).toHaveLength(1);
    await expect(members.readMember('MBR-none', user)).rejects.toMatchObject({ response: { status: 404 } });
    expect((await members.deleteMember(guid, user)).status).toBe(204);
  });
});

it('lists the seed data in its state', async () => {
  const { mx } = await started();
  const state = parse(await (await fetch(`${mx.url}/_simulator/state`)).text());
  expect(list(state, 'members').map(({ id }) => id)).toContain('member-many-accounts');
});
