import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { accountBody, refreshBody } from '../../../shared/lambda/api-shapes.ts';
import { problemOf } from '../../../shared/lambda/problem.ts';
import {
  type BalancesClient,
  type CheckBalanceOptions,
  createBalancesClient,
} from '../../../shared/public/balances-client.ts';
import { refreshId } from '../../samples.ts';
import { accepted, accountsPage, answered, balance, mxMember, read, refresh, refreshAnswer } from './samples.ts';
import { type Said, type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
let client: BalancesClient;

beforeAll(async () => {
  api = await stubApi();
  client = createBalancesClient({ baseUrl: `${api.url}/`, credentials: { clientId: 'me', key: 'schlüssel:1' } });
});

afterAll(() => api.close());

/** The one request since the API last was told what to say, as `METHOD path`. */
function onlyRequest() {
  expect(api.asked).toHaveLength(1);
  const { method, url, headers, body } = api.asked[0] ?? {};
  return { line: `${method} ${url}`, headers: headers ?? {}, body };
}

const amount = '12345678901234567.89';

describe('checkBalance', () => {
  it('sends no option that was not given', async () => {
    api.says(accepted());
    const answer = await client.checkBalance('user-1', 'member-1');
    const { line, headers, body } = onlyRequest();
    expect(line).toBe('POST /users/user-1/members/member-1/check_balance');
    expect(JSON.parse(body ?? '')).toEqual({});
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
    expect(headers).not.toHaveProperty('idempotency-key');
    expect(headers).not.toHaveProperty('x-correlation-id');
    expect(answer).toMatchObject({
      kind: 'running',
      member: mxMember,
      refresh: {
        refreshId: refreshId(1),
        joined: true,
        status: 'running',
        jobStarted: true,
        lastLookAt: '2026-01-15T11:59:55.000Z',
      },
      retryAfterSeconds: 4,
      replayed: false,
    });
  });

  it('that runs is asked for again after 5 s', async () => {
    const { headers: _, ...said } = accepted();
    api.says(said);
    expect(await client.checkBalance('u', 'm')).toMatchObject({ kind: 'running', retryAfterSeconds: 5 });
  });

  it('sends every option under its name in the API', async () => {
    api.says(accepted());
    const options: CheckBalanceOptions = {
      maxAge: 60,
      wait: 20,
      userPresent: true,
      callbackUrl: 'https://a.example/hook',
      idempotencyKey: 'key-1',
      correlationId: 'order-7',
    };
    await client.checkBalance('u', 'm', options);
    const { headers, body } = onlyRequest();
    expect(JSON.parse(body ?? '')).toEqual({
      max_age: 60,
      wait: 20,
      user_present: true,
      callback_url: 'https://a.example/hook',
    });
    expect(headers).toMatchObject({ 'idempotency-key': 'key-1', 'x-correlation-id': 'order-7' });
  });

  it('returns the balances, exact, when young enough', async () => {
    api.says(answered(null));
    const answer = await client.checkBalance('u', 'm', { maxAge: 60 });
    expect(answer).toMatchObject({
      kind: 'balances',
      refresh: null,
      accounts: [{ guid: 'ACT-1', balance: amount, available_balance: null, federal_insurance_status: '1' }],
      freshness: {
        verdict: 'fresh',
        ageSeconds: 60,
        lastAttempt: { refreshId: refreshId(2), userMessage: 'Frage: „Wie heißt dein Hund?“' },
        lastSuccess: { refreshId: refreshId(1) },
        incomplete: true,
      },
    });
  });

  it('returns the awaited refresh and the user’s question', async () => {
    api.says({ ...answered(refresh('ended')), headers: { 'idempotency-replayed': 'true' } });
    expect(await client.checkBalance('u', 'm', { wait: 20 })).toMatchObject({
      kind: 'balances',
      replayed: true,
      refresh: {
        outcome: 'action_required',
        action: 'answer_mfa',
        joined: false,
        challenges: [{ fieldName: 'mfa_answer', options: [{ guid: 'OPT-1', label: 'One', value: null }] }],
      },
    });
  });

  it('throws the service’s problem', async () => {
    const details = { retryAfterSeconds: 61 };
    const { statusCode, headers, body } = problemOf(new Failure('allowance_used_up', 'no', details));
    api.says({ status: statusCode, headers, body });
    await expect(client.checkBalance('u', 'm')).rejects.toMatchObject({
      name: 'BalancesProblem',
      status: 429,
      code: 'allowance_used_up',
      action: 'retry_later',
      retryAfter: 61,
    });
  });
});

describe('a trigger at a bank that does not work', () => {
  const degraded = {
    since: '2026-11-21T12:00:00.000Z',
    code: 'failed',
    message: 'The job failed for a technical reason.',
  };

  it('is told since when and why', async () => {
    const { body, ...said } = accepted();
    api.says({ ...said, body: { ...Object(body), institution_degraded: degraded } });
    expect(await client.checkBalance('u', 'm')).toMatchObject({ kind: 'running', institutionDegraded: degraded });
  });

  it('is told nothing where the bank works', async () => {
    api.says(accepted());
    expect(await client.checkBalance('u', 'm')).toMatchObject({ institutionDegraded: null });
  });
});

describe('resume', () => {
  const typed = [{ guid: 'CRD-1', value: 'Berlin' }];

  it('sends the answers in MX’s form', async () => {
    api.says(accepted());
    const answer = await client.resume('user-1', 'member-1', typed, { correlationId: 'order-7' });
    const { line, headers, body } = onlyRequest();
    expect(line).toBe('PUT /users/user-1/members/member-1/resume');
    expect(headers['x-correlation-id']).toBe('order-7');
    expect(JSON.parse(body ?? '')).toEqual({ member: { challenges: typed } });
    expect(answer).toMatchObject({ kind: 'running', refresh: { refreshId: refreshId(1), joined: true } });
  });

  it.each<[string, Said | ((response: ServerResponse) => void)]>([
    ['a broken connection', (response) => void response.destroy()],
    ['the gateway’s 503', { status: 503, body: { message: 'Service Unavailable' } }],
    ['no answer in time', () => {}],
    ['half an answer', { status: 202, body: '{"member":' }],
    ['another server’s', { status: 202, body: {} }],
  ])('%s: MX may have taken them', async (_what, said) => {
    api.says(said);
    const quick = createBalancesClient({
      baseUrl: api.url,
      credentials: { clientId: 'a', key: 'b' },
      timeoutSeconds: 0.5,
    });
    await expect(quick.resume('u', 'm', typed)).rejects.toMatchObject({
      code: 'answers_unknown',
      action: 'wait',
      cause: { name: 'BalancesProblem' },
    });
    expect(api.asked).toHaveLength(1);
  });

  it('throws an error of the signer’s as it is', async () => {
    const error = Object.assign(new Error('no session'), { code: 'timed_out' });
    const signing = createBalancesClient({ baseUrl: api.url, credentials: { sign: () => Promise.reject(error) } });
    await expect(signing.resume('u', 'm', typed)).rejects.toBe(error);
  });

  it('throws MX’s refusal', async () => {
    const { statusCode, headers, body } = problemOf(new Failure('mx_not_challenged', 'no'));
    api.says({ status: statusCode, headers, body });
    await expect(client.resume('u', 'm', typed)).rejects.toMatchObject({ status: 405, code: 'mx_not_challenged' });
  });
});

it.each<[string, () => Promise<unknown>]>([
  ['a read', () => client.member('u', 'm', { correlationId: 'order-7' })],
  ['a change of the schedule', () => client.schedule.remove('u', 'm', { correlationId: 'order-7' })],
])('%s hands the correlation id on', async (_what, call) => {
  api.says({ status: 204, body: '' });
  await call().catch(() => null);
  expect(onlyRequest().headers['x-correlation-id']).toBe('order-7');
});

it('sends its credentials as Basic, in UTF-8', async () => {
  api.says({ body: { status: 'ok' } });
  await client.health();
  const { line, headers } = onlyRequest();
  expect(line).toBe('GET /health');
  expect(headers.authorization).toBe(`Basic ${Buffer.from('me:schlüssel:1', 'utf8').toString('base64')}`);
});

describe('a refresh', () => {
  it('is read by its id', async () => {
    api.says(refreshAnswer('ended'));
    expect(await client.refresh(refreshId(1))).toMatchObject({ status: 'ended', code: 'challenged' });
    expect(onlyRequest().line).toBe(`GET /refreshes/${refreshId(1)}`);
  });

  it('is waited for, as often as Retry-After says', async () => {
    const slept: number[] = [];
    const time = {
      now: () => slept.reduce((sum, next) => sum + next, 0),
      sleep: async (milliseconds: number) => void slept.push(milliseconds),
    };
    const busy = problemOf(new Failure('busy', 'no', { retryAfterSeconds: 8 }));
    api.says(refreshAnswer('running', '3'), { ...busy, status: busy.statusCode }, refreshAnswer('ended'));
    const waiting = createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'a', key: 'b' }, time });
    const statuses: string[] = [];
    const seen = ({ status }: { status: string }) => void statuses.push(status);
    expect((await waiting.waitForEnd(refreshId(1), { seen })).outcome).toBe('action_required');
    expect(statuses).toEqual(['running', 'ended']);
    expect(slept).toEqual([3_000, 8_000]);
    expect(api.asked).toHaveLength(3);
  });

  it('is waited for no longer than asked', async () => {
    api.says(refreshAnswer('running', '3'));
    await expect(client.waitForEnd(refreshId(1), { timeoutSeconds: 0 })).rejects.toMatchObject({
      code: 'timed_out',
      detail: 'the refresh has not ended within 0 s; it goes on',
    });
  });

  it('is no longer waited for once the signal aborts', async () => {
    const controller = new AbortController();
    api.says((response) => {
      response.end(JSON.stringify(refreshAnswer('running').body), () => controller.abort(new Error('enough')));
    });
    await expect(client.waitForEnd(refreshId(1), { signal: controller.signal })).rejects.toThrow('enough');
    expect(api.asked).toHaveLength(1);
  });

  it('a member’s history is fetched page by page', async () => {
    const page = (numbers: readonly number[], next: string | null) => ({
      body: { refreshes: numbers.map((number) => refreshBody(refresh('ended', number), null)), next_cursor: next },
    });
    api.says(page([5, 4], refreshId(4)), page([3], null), { status: 500, body: '' });
    const seen: string[] = [];
    for await (const { refreshId: id } of client.refreshes('u', 'm')) {
      seen.push(id);
      if (seen.length === 1) expect(api.asked).toHaveLength(1);
    }
    expect(seen).toEqual([5, 4, 3].map(refreshId));
    expect(api.asked.map(({ url }) => url)).toEqual([
      '/users/u/members/m/refreshes',
      `/users/u/members/m/refreshes?cursor=${refreshId(4)}`,
    ]);
  });
});

describe('stored accounts', () => {
  it('come with their page and their freshness', async () => {
    api.says(accountsPage([balance('ACT-1', '-0.10'), balance('ACT-2')]));
    const page = await client.accounts('u', 'm', { page: 2, recordsPerPage: 50 });
    expect(onlyRequest().line).toBe('GET /users/u/members/m/accounts?page=2&records_per_page=50');
    expect(page.accounts.map((account) => account.balance)).toEqual(['-0.10', amount]);
    expect(page).toMatchObject({
      notModified: false,
      etag: '"tag"',
      pagination: { currentPage: 1, perPage: 25, totalEntries: 2, totalPages: 1 },
      freshness: {
        verdict: 'fresh',
        reason: null,
        freshAsOf: '2026-01-15T12:00:00.000Z',
        observedAt: '2026-01-15T12:00:00.000Z',
        ageSeconds: 60,
        refreshId: refreshId(1),
        trigger: 'schedule',
        lastAttempt: {
          outcome: 'action_required',
          action: 'answer_mfa',
          code: 'challenged',
          endedAt: '2026-01-15T12:00:30.000Z',
          refreshId: null,
          userMessage: null,
        },
        lastSuccess: { observedAt: '2026-01-15T12:00:00.000Z', refreshId: null },
        incomplete: true,
        nextRefreshAllowedAt: '2026-01-15T13:00:00.000Z',
      },
    });
  });

  it('that have not changed are not sent again', async () => {
    const { headers } = accountsPage([balance('ACT-1')]);
    api.says((response) => response.writeHead(304, headers).end());
    const answer = await client.accounts('u', 'm', { ifNoneMatch: '"tag"' });
    expect(onlyRequest().headers['if-none-match']).toBe('"tag"');
    expect(answer).toMatchObject({ notModified: true, etag: '"tag"', freshness: { verdict: 'fresh' } });
    expect(answer).not.toHaveProperty('accounts');
  });

  it('say whether MX lists them; unlisted ones on request', async () => {
    const gone = { ...balance('ACT-2'), listed: false, staleReason: 'not_imported' } as const;
    const both = [balance('ACT-1'), gone];
    api.says(accountsPage(both), accountsPage(both, { page: 1, recordsPerPage: 1000 }), accountsPage([]));
    const { accounts } = await client.accounts('u', 'm', { includeUnlisted: true });
    expect(accounts.map((one) => [one.guid, one.listed, one.fresh_as_of, one.stale_reason])).toEqual([
      ['ACT-1', true, '2026-01-15T12:00:00.000Z', null],
      ['ACT-2', false, '2026-01-15T12:00:00.000Z', 'no_longer_listed'],
    ]);
    await client.allAccounts('u', 'm', { includeUnlisted: true });
    await client.accounts('u', 'm', { includeUnlisted: false });
    expect(api.asked.map(({ url }) => url)).toEqual([
      '/users/u/members/m/accounts?include_unlisted=true',
      '/users/u/members/m/accounts?page=1&records_per_page=1000&include_unlisted=true',
      '/users/u/members/m/accounts',
    ]);
  });

  it.each([
    ['listed', 'yes'],
    ['fresh_as_of', null],
  ])('are refused without %s', async (name, value) => {
    api.says(read({ account: { ...accountBody(balance('ACT-1')), [name]: value } }, [balance('ACT-1')]));
    await expect(client.account('u', 'm', 'ACT-1')).rejects.toMatchObject({
      code: 'unexpected_answer',
      message: expect.stringContaining(name),
    });
  });

  it('are all read, every page of the largest size', async () => {
    const all = Array.from({ length: 2_500 }, (_, index) => balance(`ACT-${index}`));
    api.says(...[1, 2, 3].map((page) => accountsPage(all, { page, recordsPerPage: 1000 })));
    const { accounts, freshness } = await client.allAccounts('u', 'm');
    expect(accounts.map(({ guid }) => guid)).toEqual(all.map(({ accountGuid }) => accountGuid));
    expect(freshness.verdict).toBe('fresh');
    expect(api.asked.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((page) => `/users/u/members/m/accounts?page=${page}&records_per_page=1000`),
    );
  });

  it('are read again when a refresh stores in between', async () => {
    const before = Array.from({ length: 1_001 }, (_, index) => balance(`ACT-${index}`));
    const after = before.map(({ accountGuid }) => balance(accountGuid, '1', '2026-01-15T12:00:59.000Z'));
    const page = (of: typeof before, number: number) => accountsPage(of, { page: number, recordsPerPage: 1000 });
    api.says(page(before, 1), page(after, 2), page(after, 1), page(after, 2));
    const { accounts, freshness } = await client.allAccounts('u', 'm');
    expect(new Set(accounts.map((account) => account.balance))).toEqual(new Set(['1']));
    expect(accounts).toHaveLength(1_001);
    expect(freshness.ageSeconds).toBe(1);
  });

  it('that change between all pages are an error', async () => {
    const list = (seconds: number) =>
      Array.from({ length: 1_001 }, (_, index) => balance(`ACT-${index}`, '1', `2026-01-15T12:00:0${seconds}.000Z`));
    api.says(
      ...[0, 1, 2, 3, 4, 5].map((seconds) =>
        accountsPage(list(seconds), { page: (seconds % 2) + 1, recordsPerPage: 1000 }),
      ),
    );
    await expect(client.allAccounts('u', 'm')).rejects.toMatchObject({
      code: 'unexpected_answer',
      action: 'retry_later',
    });
    expect(api.asked).toHaveLength(6);
  });

  it('come one by one, too', async () => {
    api.says(read({ account: accountBody(balance('ACT-1')) }, [balance('ACT-1')]));
    const { account, freshness } = await client.account('u', 'm', 'ACT-1');
    expect(onlyRequest().line).toBe('GET /users/u/members/m/accounts/ACT-1');
    expect([account.balance, account.type, account.is_closed]).toEqual([amount, 'CHECKING', false]);
    expect(freshness.refreshId).toBe(refreshId(1));
  });

  it('has null for a field that the service lacks', async () => {
    const { nickname: _, ...older }: Record<string, unknown> = accountBody(balance('ACT-1'));
    api.says(read({ account: older }, [balance('ACT-1')]));
    expect((await client.account('u', 'm', 'ACT-1')).account.nickname).toBeNull();
  });

  it('is refused when is_closed, which has no null, is null', async () => {
    api.says(read({ account: { ...accountBody(balance('ACT-1')), is_closed: null } }, [balance('ACT-1')]));
    await expect(client.account('u', 'm', 'ACT-1')).rejects.toMatchObject({ code: 'unexpected_answer' });
  });
});

describe('a member', () => {
  it('is read as the service knows it', async () => {
    api.says(read({ member: mxMember }, []));
    const { member, freshness } = await client.member('u', 'm');
    expect(onlyRequest().line).toBe('GET /users/u/members/m');
    expect(member).toEqual(mxMember);
    expect(freshness).toEqual({
      verdict: 'never_refreshed',
      reason: null,
      incomplete: false,
      freshAsOf: null,
      observedAt: null,
      ageSeconds: null,
      refreshId: null,
      trigger: null,
      lastAttempt: null,
      lastSuccess: null,
      scheduleHeld: null,
      nextRefreshAllowedAt: null,
    });
  });

  it('has a status, with what MX asks its user', async () => {
    const asks = { guid: 'CRD-1', label: 'Which?', type: 'TEXT', options: [] };
    const challenges = [{ ...asks, field_name: 'answer', image_data: 'data:x', image_options: [] }];
    api.says(read({ member: { ...mxMember, challenges } }, []), read({ member: mxMember }, []));
    const { member, challenges: asked } = await client.status('u', 'm');
    expect(api.asked[0]?.url).toBe('/users/u/members/m/status');
    expect(member.is_being_aggregated).toBe(true);
    expect(asked).toEqual([{ ...asks, fieldName: 'answer', imageData: 'data:x', imageOptions: [] }]);
    expect((await client.status('u', 'm')).challenges).toEqual([]);
  });

  it('has the schedule: next time, last end, why held', async () => {
    const result = { refresh_id: refreshId(1), trigger: 'schedule', outcome: 'failed', action: 'reconnect' };
    const held = { since: '2026-01-15T12:00:00.000Z', code: 'denied', action: 'reauthenticate', message: 'Refused.' };
    const schedule = {
      user_guid: 'U',
      member_guid: 'M',
      every: 6,
      quiet_hours: { from: '22:00', to: '07:00' },
      time_zone: 'Europe/Berlin',
      max_age: 600,
      next_due_at: '2026-01-15T13:00:00.000Z',
      last_result: { ...result, code: 'mx_not_found', ended_at: '2026-01-15T12:00:01.000Z' },
      held,
    };
    api.says({ body: { schedule } });
    expect(await client.schedule.get('u', 'm')).toEqual({
      userGuid: 'U',
      memberGuid: 'M',
      everyHours: 6,
      quietHours: { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' },
      maxAge: 600,
      nextDueAt: '2026-01-15T13:00:00.000Z',
      lastResult: {
        refreshId: refreshId(1),
        trigger: 'schedule',
        outcome: 'failed',
        action: 'reconnect',
        code: 'mx_not_found',
        endedAt: '2026-01-15T12:00:01.000Z',
      },
      held: { since: held.since, code: 'denied', action: 'reauthenticate' },
    });
  });

  it('is put on a schedule, shown and taken off it', async () => {
    const schedule = (every: number | null) => ({ body: { schedule: { user_guid: 'U', member_guid: 'M', every } } });
    api.says(schedule(24), schedule(null), (response) => response.writeHead(204).end());
    expect(await client.schedule.set('u', 'm', 24)).toEqual({
      userGuid: 'U',
      memberGuid: 'M',
      everyHours: 24,
      quietHours: null,
      maxAge: null,
      nextDueAt: null,
      lastResult: null,
      held: null,
    });
    expect((await client.schedule.get('u', 'm')).everyHours).toBeNull();
    await client.schedule.remove('u', 'm');
    expect(api.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['PUT', '/users/u/members/m/schedule', '{"every":24}'],
      ['GET', '/users/u/members/m/schedule', ''],
      ['DELETE', '/users/u/members/m/schedule', ''],
    ]);
  });
});

it('sends what a schedule wishes for', async () => {
  api.says({ body: { schedule: { user_guid: 'U', member_guid: 'M', every: 24 } } });
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  await client.schedule.set('u', 'm', 24, { quietHours, maxAge: 600 });
  expect(JSON.parse(onlyRequest().body ?? '')).toEqual({
    every: 24,
    quiet_hours: { from: '22:00', to: '07:00' },
    time_zone: 'Europe/Berlin',
    max_age: 600,
  });
});

describe('what is wrong before anything is sent', () => {
  it.each(['', '..', '.', 'a/b', 'a b', 'ä', 'x'.repeat(1001)])('an identifier that is none: %j', async (wrong) => {
    api.says({});
    const calls = [
      client.checkBalance(wrong, 'm'),
      client.accounts('u', wrong),
      client.account('u', 'm', wrong),
      client.refresh(wrong),
      client.waitForEnd(wrong),
      client.allAccounts('u', wrong),
      client.refreshes(wrong, 'm').next(),
      client.institution(wrong),
      client.schedule.remove('u', wrong),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'invalid_request', status: null });
    expect(api.asked).toHaveLength(0);
  });
});
