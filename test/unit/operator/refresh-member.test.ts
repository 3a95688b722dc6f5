import type { ServerResponse } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../../../infra/operator/deployment.ts';
import { type RefreshOptions, refreshMember } from '../../../infra/operator/refresh-member.ts';
import type { Terminal } from '../../../infra/operator/terminal.ts';
import { at } from '../../samples.ts';
import { type Said, type StubApi, stubApi } from '../public/stub-api.ts';
import { fakeTerminal } from './fake-terminal.ts';

let api: StubApi;
beforeAll(async () => {
  api = await stubApi();
});
afterAll(() => api.close());

const deployment = (given: Partial<Deployment> = {}, outputs: Record<string, string> = {}): Deployment => ({
  place: 'stack test in eu-central-1, account 123',
  account: '123',
  region: 'eu-central-1',
  stack: 'test',
  status: 'UPDATE_COMPLETE',
  isLocal: true,
  outputs: { ApiCallersSecretArn: 'arn', ...outputs },
  output: (name) => (name === 'ApiUrl' ? api.url : 'https://elsewhere.example.com'),
  aws: () => ({}) as ReturnType<Deployment['aws']>,
  dynamoDb: () =>
    new DynamoDBClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
    }),
  ...given,
});

type Given = Said | ((response: ServerResponse) => void);

const RFR = 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC';
const refresh = (given: object = {}) => ({
  ...{ refresh_id: RFR, correlation_id: null, user_guid: 'USR-1', member_guid: 'MBR-1', trigger: 'http' },
  ...{ status: 'running', job_started: true, outcome: null, action: 'wait', code: null, message: null },
  ...{ user_message: null, connection_status: null, challenges: [], user_present: false },
  ...{ accepted_at: at(0), deadline: at(600), ended_at: null, observed_at: null },
  ...{ last_look_at: null, next_look_at: null, next_refresh_allowed_at: null },
  ...given,
});
const accepted = (joined = false): Said => ({ status: 202, body: { member: {}, refresh: { ...refresh(), joined } } });
const running = (given: object = {}): Said => ({ headers: { 'retry-after': '2' }, body: { refresh: refresh(given) } });
const ended = (outcome: string, action: string, code: string, more: object = {}): Said => ({
  body: { refresh: refresh({ status: 'ended', job_started: null, outcome, action, code, ended_at: at(9), ...more }) },
});
const question = { guid: 'CRD-1', label: null, type: null, field_name: null, options: [], image_options: [] };
const pagination = { current_page: 1, per_page: 25, total_entries: 0, total_pages: 1 };
const accounts = (verdict: 'fresh' | 'stale', reason: string | null = null): Said => ({
  headers: {
    etag: '"1"',
    'balances-freshness': verdict,
    'balances-fresh-as-of': at(8),
    'balances-observed-at': at(8),
    'balances-refresh-id': RFR,
    'balances-trigger': 'http',
    age: '130',
    ...(reason === null ? {} : { 'balances-stale-reason': reason }),
  },
  body: { accounts: [], pagination },
});
const problem = (status: number, code: string, more: object = {}): Said => ({
  status,
  body: { code, action: 'none', detail: `what ${code} means`, ...more },
});

async function run(
  answers: readonly Given[],
  options: Partial<RefreshOptions> = {},
  more: { readonly deployment?: Deployment; readonly terminal?: Partial<Terminal> } = {},
) {
  api.says(...answers);
  const { terminal, out, said } = fakeTerminal(more.terminal);
  const given = {
    user: 'user-1',
    member: 'member-1',
    wait: false,
    timeoutSeconds: 900,
    userPresent: false,
    json: false,
  };
  const exitCode = await refreshMember(more.deployment ?? deployment(), terminal, { ...given, ...options });
  return { exitCode, out: out(), said };
}
const failing = (...given: Parameters<typeof run>) =>
  run(...given).then(
    () => expect.fail('it did not fail'),
    (error: Error & { exitCode: number }) => [error.exitCode, error.message],
  );

describe('a refresh', () => {
  it('is started, with a key, and named', async () => {
    const { exitCode, out, said } = await run([accepted()]);
    expect([exitCode, out]).toEqual([0, `${RFR} was started; it ends by ${at(600)}. --wait follows it.\n`]);
    expect(said).toEqual([
      'Refreshing user-1 member-1 · stack test in eu-central-1, account 123 · Basic key of local-developer',
    ]);
    expect(api.asked).toMatchObject([
      { method: 'POST', url: '/users/user-1/members/member-1/check_balance', body: '{"user_present":false}' },
    ]);
    expect(api.asked[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('that ran already is joined', async () => {
    expect((await run([accepted(true)])).out).toContain(`${RFR} ran already, since ${at(0)};`);
  });

  it('is JSON, with its user present', async () => {
    const { out } = await run([accepted()], { json: true, userPresent: true });
    expect(JSON.parse(out)).toMatchObject({ refresh_id: RFR, status: 'running', deadline: at(600), outcome: null });
    expect(api.asked[0]?.body).toBe('{"user_present":true}');
  });

  it('is asked for again with the same key', async () => {
    const cut: Given = (response) => void response.destroy();
    const inFlight = problem(409, 'idempotency_in_flight', { retry_after: '3' });
    const slept: number[] = [];
    const sleep = async (milliseconds: number) => void slept.push(milliseconds);
    const answers = [cut, { status: 502, body: 'x' }, inFlight, accepted()];
    const { exitCode, said } = await run(answers, {}, { terminal: { sleep } });
    expect([exitCode, slept]).toEqual([0, [1_000, 1_000, 3_000]]);
    expect(said.slice(1)).toEqual(
      ['unreachable', 'gateway', 'idempotency_in_flight'].map(
        (code) => `No answer (${code}); asked again with the same key, which starts nothing twice.`,
      ),
    );
    expect(new Set(api.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(api.asked).toHaveLength(4);
  });

  it('whose answer is lost again and again is given up', async () => {
    const cut: Given = (response) => void response.destroy();
    expect(await failing([cut])).toEqual([3, `No connection to ${api.url} (unreachable).`]);
    expect(api.asked).toHaveLength(5);
  });

  it('that is interrupted before it is known says so', async () => {
    const cut: Given = (response) => void response.destroy();
    const sleep = () => Promise.reject(new DOMException('aborted', 'AbortError'));
    const [exitCode, sentence] = await failing([cut], {}, { terminal: { sleep } });
    expect([exitCode, sentence]).toEqual([130, expect.stringMatching(/^Interrupted: whether a refresh was started/)]);
  });
});

describe('a refresh that is followed', () => {
  it('says what changes, and how it ended', async () => {
    const unsure = { code: 'start_not_confirmed', job_started: false };
    const late = { last_look_at: at(5), next_look_at: at(8), code: 'mx_unavailable', job_started: false };
    const { exitCode, out, said } = await run(
      [
        accepted(),
        ...[running(unsure), running(), running(), running(late), running({ challenges: [question] })],
        ...[ended('succeeded', 'none', 'stored', { message: 'The balances are stored.' }), accounts('fresh')],
      ],
      { wait: true },
    );
    expect(exitCode).toBe(0);
    expect(said.slice(1)).toEqual([
      `${RFR} was accepted.`,
      '0 s  MX’s job is requested; not looked at yet',
      '2 s  MX’s job runs; not looked at yet',
      `6 s  MX’s job is requested; mx_unavailable; last look ${at(5)}, next ${at(8)}`,
      '8 s  MX’s job runs; not looked at yet; MX asks the user',
    ]);
    expect(out).toBe(
      [
        `How did it end?    ${RFR}: succeeded (stored). The balances are stored.`,
        'Whose move is it?  Nothing has to be done.',
        `How fresh is it?   fresh: the oldest account is as of ${at(8)}, 2 min old.`,
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['ended for its user', ended('action_required', 'reauthenticate', 'denied'), accounts('stale', 'denied'), 1],
    ['failed on young balances', ended('failed', 'retry_later', 'degraded'), accounts('fresh'), 1],
    ['left an account behind', ended('succeeded', 'none', 'stored'), accounts('stale', 'not_imported'), 1],
    ['cannot be read', ended('succeeded', 'none', 'stored'), problem(403, 'forbidden'), 0],
    ['has stored nothing', ended('timed_out', 'retry_later', 'deadline'), problem(404, 'never_refreshed'), 1],
  ])('and %s ends with its code', async (_, end, stored, exitCode) => {
    expect((await run([accepted(true), end, stored], { wait: true })).exitCode).toBe(exitCode);
  });

  it('says why balances are stale, and when MX allows again', async () => {
    const more = { next_refresh_allowed_at: at(7_200), message: 'The institution refused the stored credentials.' };
    const { out, said } = await run(
      [accepted(true), ended('action_required', 'reauthenticate', 'denied', more), accounts('stale', 'denied')],
      { wait: true },
    );
    expect(said.at(-1)).toBe(`${RFR} ran already, since ${at(0)}: joined.`);
    expect(out).toContain('Whose move is it?  The user: has to log in or consent again');
    expect(out).toContain('2 min old (denied).\n');
    expect(out).toContain(`When again?        From ${at(7_200)} on: MX’s allowance.\n`);
  });

  it('says that nothing is stored, or may not be read', async () => {
    const end = ended('timed_out', 'retry_later', 'deadline');
    const none = await run([accepted(), end, problem(404, 'never_refreshed')], { wait: true });
    expect(none.out).toContain('How fresh is it?   No balances are stored, or none were read.\n');
    expect(none.said).toHaveLength(2);
    const refused = await run([accepted(), end, problem(403, 'forbidden')], { wait: true });
    expect(refused.said.at(-1)).toMatch(/^The stored balances were not read: What forbidden means \(forbidden\)\./);
  });

  it('is JSON with its end and freshness', async () => {
    const answers = [accepted(), ended('succeeded', 'none', 'stored', { observed_at: at(8) }), accounts('fresh')];
    const { out } = await run(answers, { wait: true, json: true });
    expect(JSON.parse(out)).toMatchObject({
      ...{ refresh_id: RFR, status: 'ended', outcome: 'succeeded', code: 'stored', observed_at: at(8), joined: false },
      freshness: { verdict: 'fresh', fresh_as_of: at(8) },
    });
  });

  it('goes on at Ctrl-C, which says so', async () => {
    const stop = new AbortController();
    const sleep = async () => {
      stop.abort();
      throw stop.signal.reason;
    };
    expect(await failing([accepted(), running()], { wait: true }, { terminal: { stop: stop.signal, sleep } })).toEqual([
      130,
      `Interrupted: ${RFR} goes on without this command, to its end. open shows the refreshes that run.`,
    ]);
  });

  it('may last longer than it is waited for', async () => {
    const [exitCode, sentence] = await failing([accepted(), running()], { wait: true, timeoutSeconds: 5 });
    expect([exitCode, sentence]).toEqual([
      4,
      `The refresh has not ended within 5 s; it goes on (timed_out). It is refresh ${RFR}.`,
    ]);
  });
});

describe('a refusal', () => {
  it.each<[string, Said, number, RegExp]>([
    ['an unknown member', problem(404, 'mx_not_found'), 2, /^What mx_not_found means \(mx_not_found\)\.$/],
    ['a deleted member', problem(410, 'member_deleted'), 2, /member_deleted/],
    ['wrong names', problem(400, 'invalid_request'), 2, /invalid_request/],
    ['a wrong key', problem(401, 'unauthorized'), 3, /unauthorized\)\. The caller needs the rights trigger and read/],
    [
      'a missing right',
      { status: 403, body: { message: 'Forbidden' } },
      3,
      /forbidden\)\. The caller needs the rights/,
    ],
    [
      'a used-up allowance',
      problem(429, 'allowance_used_up', { retry_after: '7000' }),
      4,
      /used_up\)\. Again in 116 min\.$/,
    ],
    ['a pause', problem(503, 'paused', { retry_after: '60' }), 4, /^What paused means \(paused\)\. Again in 60 s\.$/],
    ['MX in trouble', problem(502, 'mx_credentials_rejected'), 4, /mx_credentials_rejected/],
  ])('for %s is a sentence', async (_, answer, exitCode, sentence) => {
    const [code, said] = await failing([answer]);
    expect(code).toBe(exitCode);
    expect(said).toMatch(sentence);
    // What was answered is not asked for again.
    expect(api.asked).toHaveLength(1);
  });

  it('of an answer with balances', async () => {
    const freshness = { verdict: 'fresh', fresh_as_of: at(8), observed_at: at(8), refresh_id: RFR, trigger: 'http' };
    const body = { member: {}, refresh: null, accounts: [], freshness: { ...freshness, age_seconds: 1, reason: null } };
    const [exitCode] = await failing([{ status: 200, body }]);
    expect(exitCode).toBe(4);
  });
});

describe('the caller', () => {
  const inAws = (outputs: Record<string, string> = {}) => ({
    ...deployment({ isLocal: false }),
    outputs,
  });

  it('signs with AWS credentials where the API takes them', async () => {
    const { said } = await run([accepted()], {}, { deployment: inAws() });
    expect(said[0]).toMatch(/AWS credentials of this machine \(SigV4\)$/);
    expect(api.asked[0]?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIATEST\/\d{8}\/eu-central-1\/execute-api\/aws4_request, /,
    );
  });

  it('needs a key where the API takes keys', async () => {
    const basic = inAws({ ApiCallersSecretArn: 'arn' });
    expect(await failing([accepted()], {}, { deployment: basic })).toEqual([
      2,
      expect.stringMatching(/variable CALLER/),
    ]);
    expect(api.asked).toEqual([]);
    const terminal = { environment: { CALLER: 'shop:a:b' } };
    const { said } = await run([accepted()], {}, { deployment: basic, terminal });
    expect(said[0]).toMatch(/Basic key of shop$/);
    expect(api.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('shop:a:b').toString('base64')}`);
  });

  it.each(['shop', ':key', 'shop:'])('as %s is no key', async (caller) => {
    const terminal = { environment: { CALLER: caller } };
    expect(await failing([accepted()], {}, { terminal })).toEqual([2, 'CALLER has to be client_id:key.']);
  });
});
