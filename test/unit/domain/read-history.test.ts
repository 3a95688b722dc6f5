import { describe, expect, it } from 'vitest';
import type { FormerAmounts, StoredBalance } from '../../../shared/domain/balance.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import { type HistoryQuery, readHistory } from '../../../shared/domain/read-history.ts';
import { fakeHistory, type HistoryTable } from '../../fakes/fake-history.ts';
import { at, key, refreshId } from '../../samples.ts';

/** Stored since 40 s after `T0`. */
const account: StoredBalance = {
  member: key,
  accountGuid: 'ACT-1',
  fields: { balance: Decimal.of('4'), currency_code: 'USD' },
  observedAt: at(45),
  freshAsOf: at(45),
  amountsSince: at(40),
  staleReason: null,
  refreshId: refreshId(9),
  trigger: 'http',
  lastChange: null,
  listed: true,
  previousSince: at(30),
};

const row = (seconds: number, given: Partial<FormerAmounts> = {}): FormerAmounts => ({
  member: key,
  accountGuid: 'ACT-1',
  amounts: { balance: Decimal.of(String(seconds)) },
  currencyCode: 'USD',
  amountsSince: at(seconds),
  observedAt: at(seconds + 5),
  refreshId: refreshId(1),
  previousSince: null,
  ...given,
});

const all: HistoryQuery = { from: null, to: null, before: null, limit: 10 };

/** Rows since 10, 20 and 30 s after `T0`. */
async function history(...seconds: readonly number[]) {
  const table: HistoryTable = new Map();
  const made = fakeHistory(table, { days: 90, now: () => at(50) });
  for (const second of seconds) await made.put(row(second));
  return made;
}

it('one row more is read than is shown', async () => {
  const asked: unknown[] = [];
  const reader = {
    ...(await history(10)),
    before: async (...of: unknown[]) => {
      asked.push(of.at(-1));
      return [];
    },
  };
  await readHistory(reader, account, { ...all, limit: 7 });
  expect(asked).toEqual([8]);
});

describe('a history', () => {
  it.each<[string, Partial<HistoryQuery>, readonly number[], number | null]>([
    ['is newest first, the current amounts before all', {}, [40, 30, 20, 10], null],
    ['ends on its last page', { limit: 4 }, [40, 30, 20, 10], null],
    ['goes on behind a full page', { limit: 3 }, [40, 30, 20], 20],
    ['of one, goes on behind the current amounts', { limit: 1 }, [40], 40],
    ['behind the current amounts has former ones', { before: at(40), limit: 2 }, [30, 20], 20],
    ['goes on to its end', { before: at(20), limit: 2 }, [10], null],
    ['behind the oldest is empty', { before: at(10) }, [], null],
    ['behind an instant to come has no current amounts', { before: at(99) }, [30, 20, 10], null],
    ['from an instant has those that held then', { from: at(25) }, [40, 30, 20], null],
    ['from the beginning of amounts has these last', { from: at(20) }, [40, 30, 20], null],
    ['from an instant before all has all', { from: at(1) }, [40, 30, 20, 10], null],
    ['from now has the current amounts alone', { from: at(99) }, [40], null],
    ['from the current amounts’ beginning has them alone', { from: at(40) }, [40], null],
    ['up to an instant has what began by then', { to: at(30) }, [30, 20, 10], null],
    ['up to an instant between leaves out later ones', { to: at(29.999) }, [20, 10], null],
    ['up to the current amounts’ beginning has them', { to: at(40) }, [40, 30, 20, 10], null],
    ['up to an instant before all is empty', { to: at(9) }, [], null],
    ['of an instant has what held then', { from: at(25), to: at(25) }, [20], null],
    ['between instants ends a page like any other', { from: at(15), to: at(35), limit: 2 }, [30, 20], 20],
    ['between instants goes on', { from: at(15), to: at(35), limit: 2, before: at(20) }, [10], null],
  ])('%s', async (_what, query, seconds, next) => {
    const page = await readHistory(await history(10, 20, 30), account, { ...all, ...query });
    expect(page.amounts.map(({ amountsSince }) => amountsSince)).toEqual(seconds.map(at));
    expect(page.next).toBe(next === null ? null : at(next));
    expect(page.amounts.filter(({ isCurrent }) => isCurrent)).toHaveLength(seconds.includes(40) ? 1 : 0);
  });

  it('says of each what is known', async () => {
    const { amounts } = await readHistory(await history(30), account, all);
    expect(amounts).toEqual([
      {
        isCurrent: true,
        amounts: { balance: Decimal.of('4') },
        currencyCode: 'USD',
        amountsSince: at(40),
        previousSince: at(30),
        observedAt: at(45),
        refreshId: refreshId(9),
      },
      {
        isCurrent: false,
        amounts: { balance: Decimal.of('30') },
        currencyCode: 'USD',
        amountsSince: at(30),
        previousSince: null,
        observedAt: at(35),
        refreshId: refreshId(1),
      },
    ]);
  });

  it('leaves out rows about the current amounts, or newer', async () => {
    const { amounts } = await readHistory(await history(30, 40, 50), account, all);
    expect(amounts.map(({ amountsSince, observedAt }) => [amountsSince, observedAt])).toEqual([
      [at(40), at(45)],
      [at(30), at(35)],
    ]);
  });

  it('has rows that wait in the item, for others too', async () => {
    const waiting = [row(20, { observedAt: at(29) }), row(30)];
    const of = { ...account, unkept: waiting };
    const read = async (query: Partial<HistoryQuery>) =>
      (await readHistory(await history(10, 20), of, { ...all, ...query })).amounts.map(({ observedAt }) => observedAt);
    expect(await read({})).toEqual([at(45), at(35), at(29), at(15)]);
    expect(await read({ before: at(30) })).toEqual([at(29), at(15)]);
    expect(await read({ limit: 2 })).toEqual([at(45), at(35)]);
  });

  it.each([at(40), at(41)])('from %s on, the table is not read', async (from) => {
    const unread = { before: () => Promise.reject(new Error('read')) };
    const page = await readHistory(unread, account, { ...all, from });
    expect(page).toMatchObject({ amounts: [{ amountsSince: at(40), isCurrent: true }], next: null });
  });

  it('of one account has nothing of others', async () => {
    const made = await history(30);
    await made.put(row(20, { accountGuid: 'ACT-2' }));
    expect((await readHistory(made, account, all)).amounts).toHaveLength(2);
  });
});
