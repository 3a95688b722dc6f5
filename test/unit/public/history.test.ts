import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BalancesClient, createBalancesClient } from '../../../shared/public/balances-client.ts';
import { type StubApi, stubApi } from './stub-api.ts';

let api: StubApi;
let client: BalancesClient;
beforeAll(async () => {
  api = await stubApi();
  client = createBalancesClient({ baseUrl: api.url, credentials: { clientId: 'me', key: 'k' } });
});
afterAll(() => api.close());

const entry = (given: object = {}): string =>
  JSON.stringify({
    current: false,
    balance: null,
    available_balance: null,
    available_credit: null,
    currency_code: null,
    amounts_since: '2026-11-21T12:00:00.000Z',
    previous_since: null,
    observed_at: '2026-11-21T13:00:00.000Z',
    refresh_id: 'RFR-1',
    ...given,
  });

/** A page with these entries; amounts stand in them as MX's digits. */
const page = (entries: readonly string[], next: string | null = null) => ({
  body: `{"account_guid":"ACT-1","history":[${entries.join(',')}],"next_cursor":${JSON.stringify(next)}}`,
});

async function all(options?: Parameters<BalancesClient['history']>[3]) {
  const found = [];
  for await (const amounts of client.history('user-1', 'member-1', 'ACT-1', options)) found.push(amounts);
  return found;
}

describe('a history', () => {
  it('has exact amounts, and null for none', async () => {
    const exact = entry({ current: true, currency_code: 'USD', previous_since: '2026-11-20T12:00:00.000Z' });
    const amounts = exact
      .replace('"balance":null', '"balance":12345678901234567.89')
      .replace('"available_balance":null', '"available_balance":2.50')
      .replace('"available_credit":null', '"available_credit":3.50');
    api.says(page([amounts, entry()]));
    expect(await all()).toEqual([
      {
        isCurrent: true,
        balance: '12345678901234567.89',
        availableBalance: '2.50',
        availableCredit: '3.50',
        currencyCode: 'USD',
        amountsSince: '2026-11-21T12:00:00.000Z',
        previousSince: '2026-11-20T12:00:00.000Z',
        observedAt: '2026-11-21T13:00:00.000Z',
        refreshId: 'RFR-1',
      },
      expect.objectContaining({ isCurrent: false, balance: null, currencyCode: null, previousSince: null }),
    ]);
    expect(api.asked.map(({ url }) => url)).toEqual(['/users/user-1/members/member-1/accounts/ACT-1/history']);
  });

  it('fetches pages with the same instants', async () => {
    api.says(page([entry()], '1.2'), page([entry(), entry()]));
    const [from, to] = [new Date('2026-11-01T00:00:00Z'), new Date('2026-11-21T00:00:00Z')];
    expect(await all({ from, to })).toHaveLength(3);
    const query = 'from=2026-11-01T00%3A00%3A00.000Z&to=2026-11-21T00%3A00%3A00.000Z';
    expect(api.asked.map(({ url }) => url?.split('?')[1])).toEqual([query, `${query}&cursor=1.2`]);
  });

  it.each([
    ['balance', entry({ balance: 'much' })],
    ['current', entry({ current: null })],
    ['amounts_since', entry({ amounts_since: null })],
    ['an entry of the history', '7'],
  ])('names %s when it is not as told', async (name, told) => {
    api.says(page([told]));
    await expect(all()).rejects.toMatchObject({ code: 'unexpected_answer', message: expect.stringContaining(name) });
  });

  it('refuses what cannot be an account', async () => {
    await expect(client.history('u', 'm', '').next()).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('switched off is a problem', async () => {
    api.says({
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
      body: { code: 'history_off', action: 'none' },
    });
    await expect(all()).rejects.toMatchObject({ status: 404, code: 'history_off', action: 'none' });
  });
});
