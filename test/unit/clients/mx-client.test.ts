/** What the client makes of answers that MX's simulator does not give: each test says what MX sends, byte for byte. */
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../../../shared/clients/https-transport.ts';
import { mxClient } from '../../../shared/clients/mx-client.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberIdentifiers } from '../../../shared/domain/mx.ts';

const secretText = '{"client_id":"id","api_key":"key"}';
const secret = { current: async () => secretText, refetched: async () => secretText };

/** A client whose MX gives these answers, and the paths that it asked for. */
function mxAnswering(answer: (path: string) => object | Failure, headers: HttpResponse['headers'] = {}) {
  const asked: string[] = [];
  const mx = mxClient({
    baseUrl: 'https://mx.example',
    acceptVersion: 'v20250224',
    credentials: secret,
    timeoutMs: 1_000,
    now: () => '2026-11-26T12:00:00.000Z',
    gate: async () => {},
    async send({ url }): Promise<HttpResponse> {
      const path = url.pathname + url.search;
      asked.push(path);
      const given = answer(path);
      if (given instanceof Failure) throw given;
      return { status: 200, headers, body: JSON.stringify(given) };
    },
  });
  return { mx, asked };
}

const guids: MemberIdentifiers = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
const ownIds: MemberIdentifiers = { userIdentifier: 'u-1', memberIdentifier: 'm-1' };

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fine',
    (error: unknown) => (error instanceof Failure ? error.code : error),
  );

describe('an answer about another member is not taken', () => {
  it.each<[string, MemberIdentifiers, object, string]>([
    ['asked by guids, answered so', guids, { guid: 'MBR-1', user_guid: 'USR-1' }, 'fine'],
    ['another member’s guid', guids, { guid: 'MBR-2', user_guid: 'USR-1' }, 'mx_bad_answer'],
    ['another user’s guid', guids, { guid: 'MBR-1', user_guid: 'USR-2' }, 'mx_bad_answer'],
    ['asked by own ids', ownIds, { guid: 'MBR-7', user_guid: 'USR-7', id: 'm-1', user_id: 'u-1' }, 'fine'],
    ['own ids that MX does not send', ownIds, { guid: 'MBR-7', user_guid: 'USR-7' }, 'fine'],
    [
      'another member’s own id',
      ownIds,
      { guid: 'MBR-7', user_guid: 'USR-7', id: 'm-2', user_id: 'u-1' },
      'mx_bad_answer',
    ],
    [
      'another user’s own id',
      ownIds,
      { guid: 'MBR-7', user_guid: 'USR-7', id: 'm-1', user_id: 'u-2' },
      'mx_bad_answer',
    ],
    [
      'a numeric own id',
      { userIdentifier: '12', memberIdentifier: '7' },
      { guid: 'MBR-7', user_guid: 'USR-7', id: 7, user_id: 12 },
      'fine',
    ],
  ])('%s', async (_what, asked, member, expected) => {
    const { mx } = mxAnswering(() => ({ member }));
    expect(await codeOf(mx.readMember(asked))).toBe(expected);
    expect(await codeOf(mx.checkBalance(asked))).toBe(expected);
  });

  it.each<[object, string]>([
    [{ guid: 'MBR-1', user_guid: 'USR-1', challenges: [] }, 'fine'],
    [{ guid: 'MBR-1', challenges: [] }, 'fine'],
    [{ challenges: [] }, 'fine'],
    [{ guid: 'MBR-2', challenges: [] }, 'mx_bad_answer'],
    [{ guid: 'MBR-1', user_guid: 'USR-2', challenges: [] }, 'mx_bad_answer'],
  ])('questions of %j', async (member, expected) => {
    expect(await codeOf(mxAnswering(() => ({ member })).mx.readChallenges(guids))).toBe(expected);
  });

  it.each<[object, string]>([
    [{ guid: 'ACT-1', member_guid: 'MBR-1', user_guid: 'USR-1' }, 'fine'],
    [{ guid: 'ACT-1' }, 'fine'],
    [{ guid: 'ACT-1', member_guid: 'MBR-2' }, 'mx_bad_answer'],
    [{ guid: 'ACT-1', user_guid: 'USR-2' }, 'mx_bad_answer'],
  ])('an account %j', async (account, expected) => {
    const pagination = { total_entries: 1, total_pages: 1 };
    expect(await codeOf(mxAnswering(() => ({ accounts: [account], pagination })).mx.listAccounts(guids))).toBe(
      expected,
    );
  });
});

describe('a list of accounts', () => {
  const page = (guidsOfPage: readonly string[], total: unknown, pages: unknown = 1) => ({
    accounts: guidsOfPage.map((guid) => ({ guid })),
    pagination: { total_entries: total, total_pages: pages },
  });

  it.each<[string, object, string[] | string]>([
    ['whole', page(['A', 'B'], 2), ['A', 'B']],
    ['with its totals as texts', page(['A', 'B'], '2', '1'), ['A', 'B']],
    ['empty', page([], 0, 0), []],
    ['with a double that MX counts', page(['A', 'B', 'A'], 3), ['A', 'B']],
    ['with a double that MX does not count', page(['A', 'B', 'A'], 2), ['A', 'B']],
    ['with one too few', page(['A'], 2), 'mx_bad_answer'],
    ['with a double and one too few', page(['A', 'A'], 4), 'mx_bad_answer'],
    ['with one too many', page(['A', 'B', 'C'], 2), 'mx_bad_answer'],
  ])('%s', async (_what, answer, expected) => {
    const { mx } = mxAnswering(() => answer);
    const read = mx.listAccounts(guids).then(
      (accounts) => accounts.map(({ guid }) => guid),
      ({ code }: Failure) => code,
    );
    expect(await read).toEqual(expected);
  });

  it('an account moved between two pages is no double', async () => {
    const { mx, asked } = mxAnswering((path) =>
      path.includes('page=1&') ? page(['A', 'B'], 4, 2) : page(['B', 'D'], 4, 2),
    );
    expect(await codeOf(mx.listAccounts(guids))).toBe('mx_bad_answer');
    expect(asked).toHaveLength(6);
  });

  it('too large for one answer: asked in smaller pages', async () => {
    const all = Array.from({ length: 60 }, (_, n) => `ACT-${n}`);
    const tooLarge = new Failure('mx_bad_answer', 'too large', { tooLarge: true });
    const { mx, asked } = mxAnswering((path) => {
      const query = new URLSearchParams(path.split('?')[1]);
      const [size, number] = [Number(query.get('records_per_page')), Number(query.get('page'))];
      if (size > 50) return tooLarge;
      return page(all.slice((number - 1) * size, number * size), 60, Math.ceil(60 / size));
    });
    expect(await mx.listAccounts(guids)).toHaveLength(60);
    expect(asked.map((path) => path.split('?')[1])).toEqual([
      'page=1&records_per_page=1000',
      'page=1&records_per_page=250',
      'page=1&records_per_page=50',
      'page=2&records_per_page=50',
    ]);
  });

  it('too large even for ten accounts is refused', async () => {
    const { mx, asked } = mxAnswering(() => new Failure('mx_bad_answer', 'too large', { tooLarge: true }));
    expect(await codeOf(mx.listAccounts(guids))).toBe('mx_bad_answer');
    expect(asked).toHaveLength(4);
  });

  it.each([
    [20_000, 'fine'],
    [20_001, 'mx_too_many_accounts'],
  ])('of %i accounts: %s', async (total, expected) => {
    const { mx } = mxAnswering((path) => {
      const number = Number(new URLSearchParams(path.split('?')[1]).get('page'));
      const names = Array.from({ length: Math.min(1000, total - (number - 1) * 1000) }, (_, n) => `${number}-${n}`);
      return page(names, total, Math.ceil(total / 1000));
    });
    expect(await codeOf(mx.listAccounts(guids))).toBe(expected);
  });
});

describe('the user’s answers', () => {
  const answers = [{ guid: 'CRD-1', value: 'Berlin' }];

  /** A client whose MX answers with `status` and `text`, and what it was sent. */
  function answering(status: number, text: string) {
    const sent: { method: string; path: string; type: string | undefined; body: string | undefined }[] = [];
    const mx = mxClient({
      baseUrl: 'https://mx.example',
      acceptVersion: 'v20250224',
      credentials: secret,
      timeoutMs: 1_000,
      now: () => '2026-11-26T12:00:00.000Z',
      gate: async () => {},
      async send({ method, url, headers, body }) {
        sent.push({ method, path: url.pathname, type: headers['content-type'], body });
        return { status, headers: {}, body: text };
      },
    });
    return { mx, sent };
  }

  it('go to MX as MX wants them', async () => {
    const { mx, sent } = answering(202, '{"member":{"guid":"MBR-1","user_guid":"USR-1"}}');
    await mx.resume(guids, answers);
    expect(sent).toEqual([
      {
        method: 'PUT',
        path: '/users/USR-1/members/MBR-1/resume',
        type: 'application/json',
        body: '{"member":{"challenges":[{"guid":"CRD-1","value":"Berlin"}]}}',
      },
    ]);
  });

  it.each([
    [405, 'mx_not_challenged'],
    [400, 'mx_refused'],
    [409, 'mx_conflict'],
    [503, 'mx_unavailable'],
  ])('refused with %i are sent once: %s', async (status, code) => {
    const { mx, sent } = answering(status, '{"error":{"message":"No.","type":"some_error"}}');
    await expect(mx.resume(guids, answers)).rejects.toMatchObject({
      code,
      details: { mxStatus: status, mxMessage: 'No.', mxErrorType: 'some_error' },
    });
    expect(sent).toHaveLength(1);
  });

  it('are not in a failure, also when MX repeats them', async () => {
    const { mx } = answering(400, '{"error":{"message":"BERLIN is wrong","type":"not_berlin"}}');
    const failure = await mx.resume(guids, answers).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(JSON.stringify([failure, String(failure)]).toLowerCase()).not.toContain('berlin');
  });
});

it.each<[string, HttpResponse['headers'], string | null]>([
  ['in whole seconds', { date: 'Thu, 26 Nov 2026 12:00:07 GMT' }, '2026-11-26T12:00:07.000Z'],
  ['not said', {}, null],
  ['not a date', { date: '2026-11-26' }, null],
  ['said twice', { date: ['Thu, 26 Nov 2026 12:00:07 GMT', 'Thu, 26 Nov 2026 12:00:08 GMT'] }, null],
])('MX’s clock at its answer: %s', async (_what, headers, expected) => {
  const { mx } = mxAnswering(() => ({ member: { guid: 'MBR-1', user_guid: 'USR-1' } }), headers);
  expect((await mx.readMember(guids)).answeredAt).toBe(expected);
  expect((await mx.checkBalance(guids)).answeredAt).toBe(expected);
});
