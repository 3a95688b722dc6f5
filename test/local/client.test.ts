import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sha256 } from '../../infra/local/sha256.ts';
import {
  type BalancesClient,
  createBalancesClient,
  type UnsignedRequest,
} from '../../shared/public/balances-client.ts';
import { readAccount, readBalances, type StoredAccount } from '../../shared/public/read-balances.ts';
import { type Running, startRunning } from './running.ts';

let running: Running;
let client: BalancesClient;
let db: DynamoDBClient;

beforeAll(async () => {
  running = await startRunning({ learning: true, lookLagMilliseconds: 100 });
  const { stack, caller } = running.project;
  client = createBalancesClient({ baseUrl: stack.apiUrl, credentials: caller });
  db = new DynamoDBClient({
    endpoint: stack.awsEndpointUrl,
    credentials: stack.awsCredentials,
    region: stack.region,
  });
});

afterAll(async () => {
  db?.destroy();
  await running?.close();
});

const tables = () => {
  const { outputs } = running.project.stack;
  return { balances: outputs['BalancesTable'] ?? '', members: outputs['MembersTable'] ?? '' };
};

describe('the client, with the running service', () => {
  it('triggers, waits, reads; the tables hold the same', async () => {
    const { user, id, guid } = running.addMember();
    const asked = await client.checkBalance(user, id, { maxAge: 60, userPresent: true });
    if (asked.kind !== 'running') throw new Error('there was nothing stored');
    expect(asked).toMatchObject({
      member: { guid },
      refresh: { joined: false, userPresent: true },
      retryAfterSeconds: 1,
    });
    const { refreshId } = asked.refresh;
    const ended = await client.waitForEnd(refreshId, { timeoutSeconds: 60 });
    expect(ended).toMatchObject({ refreshId, memberGuid: guid, outcome: 'succeeded', action: 'none' });
    expect(await client.refresh(refreshId)).toEqual(ended);

    const page = await client.accounts(user, id, { recordsPerPage: 10 });
    expect(page).toMatchObject({ pagination: { totalEntries: 6 }, freshness: { verdict: 'fresh', refreshId } });
    const all = await client.allAccounts(user, id);
    expect(all.accounts).toEqual(page.accounts);
    const [first] = all.accounts;
    if (first === undefined) throw new Error('there are accounts');
    expect((await client.account(user, id, first.guid)).account).toEqual(first);

    const stored = await readBalances(db, tables(), { user, member: id });
    const asAnswered = (of: StoredAccount) => ({
      ...of.account,
      listed: of.listed,
      fresh_as_of: of.freshAsOf,
      stale_reason: of.staleReason,
    });
    expect(stored?.accounts.map(asAnswered)).toEqual(all.accounts);
    expect(stored).toMatchObject({ memberGuid: guid, freshness: { verdict: 'fresh', refreshId } });
    const names = { user: first.user_guid, member: guid, account: first.guid };
    const one = await readAccount(db, tables(), names);
    expect(one && asAnswered(one)).toEqual(first);
  });

  it('erases a member here, and nothing else', async () => {
    const { user, id, guid, path } = running.addMember();
    await running.refresh(path);
    const asked = await client.erase.member(user, id);
    expect(asked).toMatchObject({ memberGuid: guid, atMx: false, status: 'running', waitsFor: null });
    // As after a lost answer: the same receipt.
    expect((await client.erase.member(user, guid)).erasureId).toBe(asked.erasureId);
    await expect
      .poll(async () => (await client.erase.receipt(asked.erasureId)).erased, { timeout: 20_000 })
      .toEqual({ members: 1, accounts: 6, formerAmounts: 0, refreshes: 1, membersAtMx: 0, usersAtMx: 0 });
    await expect(client.accounts(user, id)).rejects.toMatchObject({ code: 'member_not_found' });
    await expect(client.erase.user('unknown')).rejects.toMatchObject({ code: 'user_not_found' });
    expect(running.mx.member({ member: guid }).guid).toBe(guid);
  });

  it('has MX’s exact amounts, over HTTP and from tables', async () => {
    const { user, id, guid } = running.addMember();
    const exact = '90071992547409931.07';
    const [account] = running.mx.member({ member: guid }).accounts;
    running.mx.setBalances({ member: guid, account: account?.guid ?? '', values: { balance: exact } });
    const answer = await client.checkBalance(user, id, { wait: 20 });
    if (answer.kind !== 'balances') throw new Error('the refresh ends in time');
    const balances = (answer.accounts ?? []).map(({ balance }) => balance);
    expect(balances).toContain(exact);
    expect(answer).toMatchObject({ refresh: { outcome: 'succeeded' }, freshness: { verdict: 'fresh' } });
    const stored = await readBalances(db, tables(), { user, member: guid });
    expect(stored?.accounts.map(({ account: { balance } }) => balance)).toEqual(balances);
  });

  it('is told that nothing changed, and later that something did', async () => {
    const { user, id } = running.addMember();
    await client.checkBalance(user, id, { wait: 20 });
    const { etag } = await client.accounts(user, id);
    expect(await client.accounts(user, id, { ifNoneMatch: etag })).toMatchObject({ notModified: true, etag });
    await client.checkBalance(user, id, { wait: 20 });
    expect(await client.accounts(user, id, { ifNoneMatch: etag })).toMatchObject({ notModified: false });
  });

  it('passes the user’s answer on, and follows MX’s job', async () => {
    const { user, id } = running.addMember({ scenario: 'challenged' });
    await client.checkBalance(user, id, { wait: 20 });
    const { challenges } = await client.status(user, id);
    const typed = [{ guid: challenges[0]?.guid ?? '', value: 'correct' }];
    const { refresh } = await client.resume(user, id, typed, { correlationId: 'ticket-7' });
    expect(await client.waitForEnd(refresh.refreshId, { timeoutSeconds: 60 })).toMatchObject({
      outcome: 'succeeded',
      correlationId: 'ticket-7',
      joinedCorrelationIds: [],
    });
    await expect(client.resume(user, id, typed)).rejects.toMatchObject({ code: 'mx_not_challenged' });
  });

  it('shows MX’s question, and how the refresh ended', async () => {
    const { user, id } = running.addMember({ scenario: 'challenged' });
    const answer = await client.checkBalance(user, id, { wait: 20 });
    expect(answer).toMatchObject({
      kind: 'balances',
      refresh: { outcome: 'action_required', action: 'answer_mfa', challenges: [{ type: 'TEXT' }] },
      accounts: [],
      freshness: { verdict: 'never_refreshed' },
    });
    const { member, challenges, freshness } = await client.status(user, id);
    expect(member.connection_status).toBe('CHALLENGED');
    expect(challenges).toHaveLength(1);
    expect(freshness.lastAttempt).toMatchObject({ outcome: 'action_required', action: 'answer_mfa' });
    expect((await client.member(user, id)).member.is_being_aggregated).toBe(true);
    const stored = await readBalances(db, tables(), { user, member: id });
    expect(stored).toMatchObject({ accounts: [], freshness: { lastAttempt: { action: 'answer_mfa' } } });
  });

  it('gets the same refresh for the same idempotency key', async () => {
    const { user, id } = running.addMember();
    const first = await client.checkBalance(user, id, { idempotencyKey: 'client-1' });
    const again = await client.checkBalance(user, id, { idempotencyKey: 'client-1' });
    expect(again).toMatchObject({ replayed: true, refresh: { refreshId: first.refresh?.refreshId } });
    await expect(
      client.checkBalance(user, id, { idempotencyKey: 'client-1', userPresent: true }),
    ).rejects.toMatchObject({
      status: 422,
      code: 'idempotency_conflict',
    });
  });

  it('lists a member’s refreshes, newest first', async () => {
    const { user, id } = running.addMember();
    const ids: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { refresh } = await client.checkBalance(user, id, { wait: 20 });
      ids.unshift(refresh?.refreshId ?? 'none');
    }
    const seen: string[] = [];
    for await (const { refreshId } of client.refreshes(user, id)) seen.push(refreshId);
    expect(seen).toEqual(ids);
  });

  it('tells what was learnt of a member’s bank', async () => {
    const { user, id } = running.addMember();
    await client.checkBalance(user, id, { wait: 20 });
    await running.project.stack.idle();
    const { member } = await client.member(user, id);
    const shown = await client.institution(member.institution_code ?? '');
    expect(shown).toMatchObject({ code: member.institution_code, breaker: { state: 'closed' } });
    expect(shown.today.outcomes.succeeded).toBeGreaterThan(0);
    const codes: string[] = [];
    for await (const { code } of client.institutions()) codes.push(code);
    expect(codes).toContain(shown.code);
    await expect(client.institution('no-such-bank')).rejects.toMatchObject({ code: 'institution_not_found' });
  });

  it('puts a member on a schedule and takes it off', async () => {
    const { user, id, guid } = running.addMember();
    await client.checkBalance(user, id, { wait: 20 });
    expect(await client.schedule.set(user, id, 24)).toMatchObject({ memberGuid: guid, everyHours: 24 });
    expect((await client.schedule.get(user, id)).everyHours).toBe(24);
    await client.schedule.remove(user, id);
    expect((await client.schedule.get(user, id)).everyHours).toBeNull();
    await expect(client.schedule.set(user, id, 5)).rejects.toMatchObject({ code: 'invalid_request', field: 'every' });
  });

  it('throws what the service says, in its words', async () => {
    const { user, id } = running.addMember();
    await expect(client.allAccounts(user, id)).rejects.toMatchObject({ status: 404, code: 'member_not_found' });
    await expect(client.checkBalance(user, id, { wait: 26 })).rejects.toMatchObject({ status: 400, field: 'wait' });
    await expect(client.refresh(`RFR-${'0'.repeat(26)}`)).rejects.toMatchObject({ code: 'refresh_not_found' });
    const { caller, stack } = running.project;
    const wrong = createBalancesClient({ baseUrl: stack.apiUrl, credentials: { ...caller, key: 'wrong' } });
    await expect(wrong.allAccounts(user, id)).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
    expect(await client.health()).toEqual({ status: 'ok' });
  });
});

describe('the client, with a service whose callers are IAM’s', () => {
  it('signs, as the document shows, and is refused otherwise', async () => {
    const iam = await startRunning({ apiAccess: 'iam' });
    try {
      const { stack } = iam.project;
      const signing = (secretAccessKey: string): BalancesClient => {
        const credentials = { ...stack.awsCredentials, secretAccessKey };
        const signer = new SignatureV4({ credentials, region: stack.region, service: 'execute-api', sha256: Sha256 });
        const sign = async ({ method, url, headers, body }: UnsignedRequest) => {
          const { protocol, host, hostname, pathname, searchParams } = new URL(url);
          const query = Object.fromEntries(searchParams);
          const request = { method, protocol, hostname, path: pathname, query, headers: { ...headers, host }, body };
          return (await signer.sign(request)).headers;
        };
        return createBalancesClient({ baseUrl: stack.apiUrl, credentials: { sign } });
      };
      const signed = signing(stack.awsCredentials.secretAccessKey);
      const { user, id } = iam.addMember();
      expect(await signed.checkBalance(user, id, { wait: 20, idempotencyKey: 'k' })).toMatchObject({
        kind: 'balances',
      });
      expect((await signed.accounts(user, id, { page: 1, recordsPerPage: 10 })).accounts).toHaveLength(6);
      const wrong = signing('wrong').allAccounts(user, id);
      await expect(wrong).rejects.toMatchObject({ status: 403, code: 'forbidden' });
    } finally {
      await iam.close();
    }
  });
});
