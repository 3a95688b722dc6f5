/** What the MX client sends, request by request, and in which words each failure names its call. */
import { describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../shared/clients/https-transport.ts';
import { mxClient } from '../../../shared/clients/mx-client.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { Mx } from '../../../shared/domain/ports.ts';

const asked = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const answers = [{ guid: 'CRD-1', value: 'Grüße' }];

/** A client whose MX gives this answer, and what it was sent. */
function mxAnswering(
  answer: (request: HttpRequest) => Partial<HttpResponse> | Error,
  secretText = '{"client_id":"id","api_key":"schlüssel"}',
) {
  const sent: HttpRequest[] = [];
  const mx = mxClient({
    baseUrl: 'https://mx.example/',
    acceptVersion: 'v20250224',
    credentials: { current: async () => secretText, refetched: async () => secretText },
    timeoutMs: 1_234,
    now: () => '2026-11-26T12:00:00.000Z',
    gate: async () => {},
    async send(request): Promise<HttpResponse> {
      sent.push(request);
      if (sent.length > 60) throw new Error('it asks for ever');
      const given = answer(request);
      if (given instanceof Error) throw given;
      return { status: 200, headers: {}, body: '{}', ...given };
    },
  });
  return { mx, sent };
}

const memberBody = '{"member":{"guid":"MBR-1","user_guid":"USR-1"}}';
const pageBody = (accounts: readonly object[], totalPages = 1, totalEntries = accounts.length): string =>
  JSON.stringify({
    accounts,
    pagination: { current_page: 1, per_page: 1000, total_entries: totalEntries, total_pages: totalPages },
  });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: unknown) => error,
  );

const calls: readonly (readonly [string, (mx: Mx) => Promise<unknown>, string, string, string])[] = [
  ['read member', (mx) => mx.readMember(asked), 'GET', '/users/USR-1/members/MBR-1', memberBody],
  ['read member status', (mx) => mx.readChallenges(asked), 'GET', '/users/USR-1/members/MBR-1/status', memberBody],
  ['check balance', (mx) => mx.checkBalance(asked), 'POST', '/users/USR-1/members/MBR-1/check_balance', memberBody],
  ['resume', (mx) => mx.resume(asked, answers), 'PUT', '/users/USR-1/members/MBR-1/resume', memberBody],
  [
    'list accounts',
    (mx) => mx.listAccounts(asked),
    'GET',
    '/users/USR-1/members/MBR-1/accounts?page=1&records_per_page=1000',
    pageBody([]),
  ],
];

describe.each(calls)('the call %s', (what, call, method, path, body) => {
  it('is one request', async () => {
    const { mx, sent } = mxAnswering(() => ({ body }));
    await call(mx);
    expect(sent.map((request) => [request.method, request.url.href, request.timeoutMs])).toEqual([
      [method, `https://mx.example${path}`, 1_234],
    ]);
    expect(sent[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('id:schlüssel', 'utf8').toString('base64')}`,
      accept: 'application/json',
      'accept-version': 'v20250224',
      'user-agent': 'mx-fresh-balances',
    });
  });

  it('is named where MX refuses it', async () => {
    const { mx } = mxAnswering(() => ({ status: 409 }));
    expect(await failureOf(call(mx))).toMatchObject({
      code: 'mx_conflict',
      message: `MX answered 409 to ${what}: a job of another kind is running`,
    });
  });

  it('is named where its answer is no JSON', async () => {
    const { mx } = mxAnswering(() => ({ body: '<html>' }));
    expect(await failureOf(call(mx))).toMatchObject({
      code: 'mx_bad_answer',
      message: `MX's answer to ${what} is not JSON`,
      cause: expect.any(Error),
    });
  });
});

it.each([
  [199, 'mx_bad_answer'],
  [200, 'fine'],
  [202, 'fine'],
  [299, 'fine'],
  [300, 'mx_redirected'],
])('the status %i is %s', async (status, code) => {
  const { mx } = mxAnswering(() => ({ status, body: memberBody }));
  const failure = await failureOf(mx.readMember(asked));
  expect(failure instanceof Failure ? failure.code : failure).toBe(code);
});

it('only a body has a length, in bytes', async () => {
  const { mx, sent } = mxAnswering(() => ({ body: memberBody }));
  await mx.resume(asked, answers);
  await mx.checkBalance(asked);
  await mx.readMember(asked);
  const body = '{"member":{"challenges":[{"guid":"CRD-1","value":"Grüße"}]}}';
  expect(sent.map(({ headers, body: text }) => [headers['content-length'], headers['content-type'], text])).toEqual([
    [String(Buffer.byteLength(body)), 'application/json', body],
    ['0', undefined, undefined],
    [undefined, undefined, undefined],
  ]);
});

it.each(['{"client_id":"","api_key":"key"}', '{"client_id":"id","api_key":""}', '{"client_id":7,"api_key":"key"}'])(
  'credentials %s are missing ones',
  async (secretText) => {
    const { mx, sent } = mxAnswering(() => ({ body: memberBody }), secretText);
    expect(await failureOf(mx.readMember(asked))).toMatchObject({ code: 'mx_credentials_missing' });
    expect(sent).toEqual([]);
  },
);

describe('a name in an answer', () => {
  it.each<[string, (mx: Mx) => Promise<unknown>, string]>([
    ['the body of another member', (mx) => mx.readMember(asked), '{"member":{"guid":"MBR-2","user_guid":"USR-1"}}'],
    ['the status of another member', (mx) => mx.readChallenges(asked), '{"member":{"guid":"MBR-2"}}'],
    ['the status of another user', (mx) => mx.readChallenges(asked), '{"member":{"user_guid":"USR-2"}}'],
    [
      'an account of another member',
      (mx) => mx.listAccounts(asked),
      pageBody([
        { guid: 'ACT-1', member_guid: 'MBR-1' },
        { guid: 'ACT-2', member_guid: 'MBR-2' },
      ]),
    ],
  ])('is said: %s', async (what, call, body) => {
    const { mx } = mxAnswering(() => ({ body }));
    expect(await failureOf(call(mx))).toMatchObject({ code: 'mx_bad_answer', message: `MX answered with ${what}` });
  });

  it('that is empty is none', async () => {
    const { mx } = mxAnswering(() => ({ body: '{"member":{"guid":"MBR-1","user_guid":"USR-1","id":""}}' }));
    const byOwnId = { ...asked, memberIdentifier: 'own-1' };
    expect(await mx.readMember(byOwnId)).toMatchObject({ key: { memberGuid: 'MBR-1' } });
  });
});

describe('a list of accounts', () => {
  const numberIn = ({ url }: HttpRequest): number => Number(url.searchParams.get('page'));
  const sizesOf = (sent: readonly HttpRequest[]) => [
    ...new Set(sent.map(({ url }) => url.searchParams.get('records_per_page'))),
  ];

  it.each([
    [20_000, 20, 'fine', 20],
    [20_001, 21, 'mx_too_many_accounts', 1],
  ])('of %i entries: %i pages are %s', async (entries, pages, code, requests) => {
    const { mx, sent } = mxAnswering((request) => {
      const from = (numberIn(request) - 1) * 1000;
      const accounts = Array.from({ length: 1000 }, (_, index) => ({ guid: `ACT-${from + index}` }));
      return { body: pageBody(accounts, pages, entries) };
    });
    const failure = await failureOf(mx.listAccounts(asked));
    expect([failure instanceof Failure ? failure.code : failure, sent.length]).toEqual([code, requests]);
  });

  it('that says too few entries ends at its twentieth page', async () => {
    const { mx, sent } = mxAnswering(() => ({ body: pageBody([], 21, 0) }));
    expect(await failureOf(mx.listAccounts(asked))).toMatchObject({ code: 'mx_too_many_accounts' });
    expect(sent).toHaveLength(20);
  });

  it('too large is asked for in smaller pages', async () => {
    const tooLarge = new Failure('mx_bad_answer', 'larger than is read', { tooLarge: true });
    const { mx, sent } = mxAnswering(() => tooLarge);
    expect(await failureOf(mx.listAccounts(asked))).toBe(tooLarge);
    expect(sizesOf(sent)).toEqual(['1000', '250', '50', '10']);
  });

  it('fails of what is no failure of MX’s, at once', async () => {
    const error = new TypeError('a fault of ours');
    const { mx, sent } = mxAnswering(() => error);
    expect(await failureOf(mx.listAccounts(asked))).toBe(error);
    expect(sent).toHaveLength(1);
  });

  it('whose pages disagree on its length is read thrice', async () => {
    const { mx, sent } = mxAnswering((request) => ({
      body: pageBody([{ guid: `ACT-${numberIn(request)}` }], 2, numberIn(request) + 1),
    }));
    expect(await failureOf(mx.listAccounts(asked))).toMatchObject({ code: 'mx_bad_answer' });
    expect(sent).toHaveLength(6);
  });
});

describe('a refusal of the user’s answers', () => {
  const refusedWith = async (error: object, given = answers) => {
    const { mx } = mxAnswering(() => ({ status: 400, body: JSON.stringify({ error }) }));
    const failure = await failureOf(mx.resume(asked, given));
    return failure instanceof Failure ? failure.details : failure;
  };

  it('has MX’s text, unless it repeats an answer', async () => {
    expect(await refusedWith({ message: 'Too late.', type: 'late' })).toStrictEqual({
      mxStatus: 400,
      mxMessage: 'Too late.',
      mxErrorType: 'late',
    });
    expect(await refusedWith({ message: 'GRÜSSE and grüße' })).toStrictEqual({ mxStatus: 400 });
    expect(await refusedWith({})).toStrictEqual({ mxStatus: 400 });
  });

  it('is not searched for an answer of no letters', async () => {
    expect(await refusedWith({ message: 'no' }, [{ guid: 'CRD-1', value: '' }])).toMatchObject({ mxMessage: 'no' });
  });
});
