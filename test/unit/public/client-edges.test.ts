/** Edges of the client: pages that change, numbers, addresses, problems without words. */
import { describe, expect, it } from 'vitest';
import { readAllPages } from '../../../shared/public/all-pages.ts';
import type { AccountsPage } from '../../../shared/public/client-answers.ts';
import { isDecimalText, withoutExponent } from '../../../shared/public/exact-json.ts';
import { freshnessFromBlock, freshnessFromHeaders } from '../../../shared/public/freshness.ts';
import { httpCalls } from '../../../shared/public/http-calls.ts';
import { checkedIdentifier } from '../../../shared/public/identifiers.ts';
import { accountOf } from '../../../shared/public/mx-shapes.ts';
import { BalancesProblem, problemFrom, retryAfterSeconds } from '../../../shared/public/problem.ts';
import { refreshFrom } from '../../../shared/public/refresh.ts';

const block = {
  verdict: 'fresh',
  fresh_as_of: '2026-01-15T12:00:00.000Z',
  observed_at: '2026-01-15T12:00:00.000Z',
  refresh_id: 'RFR-1',
};
const freshness = freshnessFromBlock({ freshness: block });
const account = (guid: string) => ({ ...accountOf({ guid, member_guid: 'MBR-1', user_guid: 'USR-1' }), ...ours });
const ours = { listed: true, fresh_as_of: '2026-01-15T12:00:00.000Z', stale_reason: null };

describe('all accounts', () => {
  const page = (
    guid: string,
    given: Partial<AccountsPage['freshness']> = {},
    totalEntries = 2,
    totalPages = 2,
  ): AccountsPage => ({
    notModified: false,
    etag: 'x',
    accounts: [account(guid)],
    pagination: { currentPage: 1, perPage: 1000, totalEntries, totalPages },
    freshness: { ...freshness, ...given },
  });

  /** Reads with these pages in turn; what was asked for. */
  async function read(...pages: readonly AccountsPage[]) {
    const asked: [number, number][] = [];
    const reading = readAllPages(async (number, perPage) => {
      if (asked.length > 20) throw new Error('it reads for ever');
      asked.push([number, perPage]);
      return pages[asked.length - 1] ?? pages[pages.length - 1] ?? page('none');
    });
    return { asked, reading };
  }

  it('are every page of the same moment', async () => {
    const { asked, reading } = await read(page('A'), page('B'));
    expect((await reading).accounts).toEqual([account('A'), account('B')]);
    expect(asked).toEqual([
      [1, 1000],
      [2, 1000],
    ]);
  });

  it.each<[string, Partial<AccountsPage['freshness']>, number]>([
    ['another number of accounts', {}, 3],
    ['another age', { freshAsOf: '2026-01-15T12:00:01.000Z' }, 2],
    ['another observation', { observedAt: '2026-01-15T12:00:01.000Z' }, 2],
    ['another refresh', { refreshId: 'RFR-2' }, 2],
  ])('are read anew when the next page has %s', async (_what, given, total) => {
    const { asked, reading } = await read(page('A'), page('B', given, total), page('C'), page('D'));
    expect((await reading).accounts).toEqual([account('C'), account('D')]);
    expect(asked.map(([number]) => number)).toEqual([1, 2, 1, 2]);
  });

  it('are read to the last of three pages', async () => {
    const three = (guid: string) => page(guid, {}, 3, 3);
    const { asked, reading } = await read(three('A'), three('B'), three('C'));
    expect((await reading).accounts).toEqual(['A', 'B', 'C'].map(account));
    expect(asked.map(([number]) => number)).toEqual([1, 2, 3]);
  });

  it('are read no further once a page has changed', async () => {
    const three = (guid: string, of: Partial<AccountsPage['freshness']> = {}) => page(guid, of, 3, 3);
    const { asked, reading } = await read(
      three('A'),
      three('B', { refreshId: 'RFR-2' }),
      ...['D', 'E', 'F'].map((guid) => three(guid)),
    );
    expect((await reading).accounts).toEqual(['D', 'E', 'F'].map(account));
    expect(asked.map(([number]) => number)).toEqual([1, 2, 1, 2, 3]);
  });

  it('are given up when they change three times', async () => {
    const next = page('B', { refreshId: 'RFR-2' });
    const { asked, reading } = await read(page('A'), next, page('A'), next, page('A'), next, page('A'), page('B'));
    await expect(reading).rejects.toMatchObject({
      code: 'unexpected_answer',
      action: 'retry_later',
      detail: 'the list of accounts changed while it was read, 3 times',
    });
    expect(asked).toHaveLength(6);
  });
});

describe('a number', () => {
  it.each([
    ['1e200', `1${'0'.repeat(200)}`],
    ['1e201', '1e201'],
    ['1e-200', `0.${'0'.repeat(199)}1`],
    ['1e-201', '1e-201'],
    ['12e-2', '0.12'],
    ['x1e2', 'x1e2'],
    ['1e2x', '1e2x'],
    ['1e+2', '100'],
  ])('%s is written out as %s', (number, plain) => expect(withoutExponent(number)).toBe(plain));
});

it.each([
  ['5', true],
  ['-0.5', true],
  [5, false],
  ['5e3', false],
  [null, false],
])('%j is exact as text: %s', (value, is) => {
  expect(isDecimalText(value)).toBe(is);
});

describe('an address', () => {
  const at = (baseUrl: string) => () =>
    httpCalls({ baseUrl, credentials: { clientId: 'a', key: 'b' }, timeoutSeconds: 1 });

  it.each(['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1', 'https://api.example.com/stage'])(
    'may be %s',
    (baseUrl) => expect(at(baseUrl)).not.toThrow(),
  );

  it.each([
    ['ws://localhost', 'https:'],
    ['https://user@api.example.com', 'credentials are an option'],
    ['https://:key@api.example.com', 'credentials are an option'],
    ['https://api.example.com/#part', 'a host and a path only'],
  ])('is refused: %s', (baseUrl, says) => expect(at(baseUrl)).toThrow(says));
});

it.each(['', '.', '..', 'a/b', 'ä', 'x'.repeat(1001)])('an identifier such as %j is refused here', (value) => {
  expect(() => checkedIdentifier('user', value)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      action: 'none',
      field: 'user',
      status: null,
      detail: 'user may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone',
    }),
  );
});

describe('a problem', () => {
  const none = new Headers();

  it('has null for what it does not say', () => {
    const { retryAfter, refreshId, field, limit, userMessage } = problemFrom(400, none, '{"code":"x"}');
    expect([retryAfter, refreshId, field, limit, userMessage]).toEqual([null, null, null, null, null]);
    const bare = new BalancesProblem({ status: null, code: 'x', action: 'none', detail: 'd' });
    expect([bare.retryAfter, bare.refreshId, bare.field, bare.limit, bare.userMessage]).toEqual(Array(5).fill(null));
  });

  it('names the limit that it met', () => {
    expect(problemFrom(429, none, '{"code":"x","limit":"callbacksPerCaller"}').limit).toBe('callbacksPerCaller');
  });

  it.each([
    ['{"code":"x","detail":"d","title":"t"}', 'd'],
    ['{"code":"x","title":"t"}', 't'],
    ['{"code":"x"}', 'status 400'],
  ])('says what it can: %s', (text, detail) => {
    expect(problemFrom(400, none, text).detail).toBe(detail);
  });

  it.each([
    [500, 'gateway', 'the gateway in front of the service answered 500'],
    [499, 'unexpected_answer', 'status 499 without a problem in it; is baseUrl right?'],
  ])('%d without words is told in ours', (status, code, detail) => {
    expect(problemFrom(status, none, '')).toMatchObject({ code, detail });
  });

  it.each([
    ['9', 9],
    ['123456789', 123_456_789],
    ['1234567890', null],
    ['x9', null],
    ['9x', null],
    [null, null],
  ])('waits as its header says: %j', (value, seconds) => {
    expect(retryAfterSeconds(new Headers(value === null ? {} : { 'retry-after': value }))).toBe(seconds);
  });
});

describe('freshness', () => {
  it.each(['fresh', 'stale', 'never_refreshed'])('knows the verdict %s', (verdict) => {
    expect(freshnessFromBlock({ freshness: { ...block, verdict } }).verdict).toBe(verdict);
  });

  it('does not guess another verdict', () => {
    expect(() => freshnessFromBlock({ freshness: { ...block, verdict: 'rotten' } })).toThrow('verdict in the answer');
  });

  it('is not incomplete, nor held, unless it says so', () => {
    expect(freshness).toMatchObject({ incomplete: false, scheduleHeld: null, reason: null });
    const held = { since: '2026-01-15T12:00:00.000Z', code: 'denied', action: 'reauthenticate' };
    expect(
      freshnessFromBlock({ freshness: { ...block, incomplete: true, reason: 'age', schedule_held: held } }),
    ).toMatchObject({ incomplete: true, scheduleHeld: held, reason: 'age' });
  });

  it('is the same in headers', () => {
    const headers = new Headers({
      'balances-freshness': 'stale',
      'balances-schedule-held': 'denied; action=reauthenticate; since=2026-01-15T12:00:00.000Z',
      'balances-incomplete': 'true',
    });
    expect(freshnessFromHeaders(headers)).toMatchObject({
      verdict: 'stale',
      incomplete: true,
      scheduleHeld: { code: 'denied', action: 'reauthenticate', since: '2026-01-15T12:00:00.000Z' },
    });
  });
});

describe('a refresh', () => {
  const running = {
    refresh_id: 'RFR-1',
    status: 'running',
    joined: false,
    trigger: 'http',
    user_guid: 'USR-1',
    member_guid: 'MBR-1',
    accepted_at: '2026-01-15T12:00:00.000Z',
    deadline: '2026-01-15T12:10:00.000Z',
    user_present: false,
    action: 'wait',
    challenges: [],
  };
  const ended = {
    ...running,
    status: 'ended',
    outcome: 'action_required',
    action: 'answer_mfa',
    code: 'challenged',
    message: 'MX asks.',
    user_message: 'Your bank asks.',
    connection_status: 'CHALLENGED',
    ended_at: '2026-01-15T12:00:09.000Z',
    observed_at: '2026-01-15T12:00:08.000Z',
    next_look_at: '2026-01-15T12:00:10.000Z',
    next_refresh_allowed_at: '2026-01-15T12:00:11.000Z',
    correlation_id: 'mine',
    joined_correlation_ids: ['yours'],
  };

  it.each([null, 'x', ['x']])('is an object: %j', (value) => {
    expect(() => refreshFrom(value)).toThrow('the refresh is not an object');
  });

  it('has every word of its end', () => {
    expect(refreshFrom(ended)).toMatchObject({
      message: 'MX asks.',
      userMessage: 'Your bank asks.',
      connectionStatus: 'CHALLENGED',
      endedAt: '2026-01-15T12:00:09.000Z',
      observedAt: '2026-01-15T12:00:08.000Z',
      nextLookAt: '2026-01-15T12:00:10.000Z',
      nextRefreshAllowedAt: '2026-01-15T12:00:11.000Z',
      correlationId: 'mine',
      joinedCorrelationIds: ['yours'],
    });
  });

  it('has its own id as name when given none', () => {
    expect(refreshFrom(running)).toMatchObject({ correlationId: 'RFR-1', challenges: [] });
  });

  it('has its questions with images and values', () => {
    const challenges = [
      {
        guid: 'CRD-1',
        label: 'Which?',
        type: 'IMAGE_OPTIONS',
        options: [{ guid: 'OPT-1', label: 'One', value: '1' }],
        image_options: [{ guid: 'OPT-2', label: 'Two', value: '2', data_uri: 'data:y' }],
      },
    ];
    expect(refreshFrom({ ...ended, challenges })).toMatchObject({
      challenges: [{ options: [{ value: '1' }], imageOptions: [{ guid: 'OPT-2', value: '2', dataUri: 'data:y' }] }],
    });
  });
});
