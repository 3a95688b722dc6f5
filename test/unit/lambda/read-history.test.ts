import { describe, expect, it } from 'vitest';
import { readAccountHistory } from '../../../functions/read-balances.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { amountsBody } from '../../../shared/lambda/api-shapes.ts';
import { type BalancesTable, fakeBalances } from '../../fakes/fake-balances.ts';
import { fakeHistory } from '../../fakes/fake-history.ts';
import { withMember } from '../../fakes/members-table.ts';
import { key, knownMember, mxAccount, policy, refreshId, T0 } from '../../samples.ts';
import { refreshWorld } from '../domain/refresh-world.ts';
import { apiRequest } from './api-event.ts';
import { parameters } from './stored-member.ts';

const rules = { keepAccountNumbers: false, keepUnknownFields: false };
const routeKey = 'GET /users/{u}/members/{m}/accounts/{a}/history';

/** An account whose balance was 1.10, 2.10 … up to `amounts`, one each minute up to `T0`. */
async function world(amounts = 3, record: MemberRecord = knownMember()) {
  const made = refreshWorld(withMember(record));
  const history = fakeHistory(new Map(), { days: 90, now: made.deps.now });
  const table: BalancesTable = new Map();
  const balances = fakeBalances(table, rules, undefined, { history, notKept: () => expect.fail('kept') });
  for (let number = 1; number <= amounts; number += 1) {
    const account = mxAccount('ACT-1', `${number}.10`, '"id":"own-1","currency_code":"USD"');
    const observedAt = plusSeconds(T0, (number - amounts) * 60);
    await balances.store(key, [account], { observedAt, refreshId: refreshId(number), trigger: 'http' });
  }
  const deps = {
    ...{ members: made.deps.members, balances, history, refreshes: made.history },
    ...{ allowance: policy, staleAfterSeconds: 3600, now: made.deps.now },
  };
  const read = (account = 'ACT-1', query: Record<string, string> = {}, changed: Partial<typeof deps> = {}) =>
    readAccountHistory(
      { ...deps, ...changed },
      apiRequest({ parameters: { ...parameters, account_identifier: account }, routeKey, query }),
    );
  return { ...made, read, deps };
}

const bodyOf = ({ body }: { readonly body?: unknown }) => JSON.parse(JSON.stringify(body));

describe('reading a history', () => {
  it('has all amounts, exact, with the account’s freshness', async () => {
    const { read, mxCalls } = await world(2);
    const answer = await read();
    expect(answer).toMatchObject({ status: 200, logged: { member_guid: 'MBR-1' } });
    expect(JSON.stringify(answer.body)).toContain('"balance":2.10');
    expect(bodyOf(answer)).toEqual({
      account_guid: 'ACT-1',
      history: [
        {
          current: true,
          balance: 2.1,
          available_balance: null,
          available_credit: null,
          currency_code: 'USD',
          amounts_since: T0,
          previous_since: plusSeconds(T0, -60),
          observed_at: T0,
          refresh_id: refreshId(2),
        },
        {
          current: false,
          balance: 1.1,
          available_balance: null,
          available_credit: null,
          currency_code: 'USD',
          amounts_since: plusSeconds(T0, -60),
          previous_since: null,
          observed_at: plusSeconds(T0, -60),
          refresh_id: refreshId(1),
        },
      ],
      next_cursor: null,
    });
    expect(answer.headers).toMatchObject({ 'balances-freshness': 'fresh', 'balances-observed-at': T0, age: '0' });
    expect(mxCalls).toEqual([]);
  });

  it.each([
    [{}, { balance: null, available_balance: null, available_credit: null }],
    [
      { balance: Decimal.of('1.50'), available_balance: Decimal.of('2'), available_credit: Decimal.of('3') },
      { balance: Decimal.of('1.50'), available_balance: Decimal.of('2'), available_credit: Decimal.of('3') },
    ],
  ])('has null for what MX did not give: %j', (amounts, shown) => {
    const rest = { currencyCode: null, amountsSince: T0, previousSince: null, observedAt: T0 };
    expect(amountsBody({ ...rest, amounts, refreshId: refreshId(1), isCurrent: true })).toMatchObject(shown);
  });

  it('of no account is known after a success without any', async () => {
    const { read, table } = await world(0);
    for (const [name, record] of table.members)
      table.members.set(name, {
        ...record,
        lastSuccess: { refreshId: refreshId(1), observedAt: T0, incomplete: false },
      });
    await expect(read('ACT-1')).rejects.toMatchObject({ code: 'account_not_found' });
  });

  it('is found by the account’s own id, page by page', async () => {
    const { read } = await world(5);
    const seen: number[] = [];
    const sizes: number[] = [];
    let cursor: string | null = null;
    do {
      const page: { history: { balance: number }[]; next_cursor: string | null } = bodyOf(
        await read('own-1', { limit: '2', ...(cursor === null ? {} : { cursor }) }),
      );
      sizes.push(page.history.length);
      seen.push(...page.history.map(({ balance }) => balance));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual([5.1, 4.1, 3.1, 2.1, 1.1]);
    expect(sizes).toEqual([2, 2, 1]);
  });

  it('heeds from and to, and refuses a foreign cursor', async () => {
    const { read } = await world(4);
    const between = { from: plusSeconds(T0, -130), to: plusSeconds(T0, -60), limit: '1' };
    const { history, next_cursor: cursor } = bodyOf(await read('ACT-1', between));
    expect(history).toMatchObject([{ balance: 3.1, current: false }]);
    expect(bodyOf(await read('ACT-1', { ...between, limit: '9', cursor }))).toMatchObject({
      history: [{ balance: 2.1 }, { balance: 1.1 }],
      next_cursor: null,
    });
    await expect(read('ACT-1', { cursor })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'cursor' },
    });
    await expect(read('ACT-1', { limit: 'x' })).rejects.toMatchObject({ details: { field: 'limit' } });
  });

  it('shows an account that MX no longer lists', async () => {
    const { read, deps } = await world(2);
    await deps.balances.store(key, [], { observedAt: plusSeconds(T0, 1), refreshId: refreshId(9), trigger: 'http' });
    const answer = await read();
    expect(bodyOf(answer).history).toMatchObject([{ balance: 2.1, current: true }, { balance: 1.1 }]);
    expect(answer.headers).toMatchObject({
      'balances-freshness': 'stale',
      'balances-stale-reason': 'no_longer_listed',
    });
  });

  it.each<[string, string, () => ReturnType<typeof world>]>([
    ['account', 'account_not_found', () => world(2)],
    ['balances', 'never_refreshed', () => world(0)],
    ['member', 'member_deleted', () => world(2, knownMember({ deletedAt: T0 }))],
  ])('without %s is %s', async (_what, code, made) => {
    await expect((await made()).read('ACT-9')).rejects.toMatchObject({ code });
  });

  it('switched off says so to every question', async () => {
    const { deps } = await world(2);
    const request = (account: string) =>
      readAccountHistory(
        { ...deps, history: null },
        apiRequest({ parameters: { ...parameters, account_identifier: account }, routeKey }),
      );
    await expect(request('ACT-1')).rejects.toMatchObject({ code: 'history_off' });
    await expect(request('ACT-9')).rejects.toMatchObject({ code: 'history_off' });
  });
});
