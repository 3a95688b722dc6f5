import { describe, expect, it } from 'vitest';
import type { FormerAmounts, StoredBalance } from '../../../shared/domain/balance.ts';
import { Decimal } from '../../../shared/domain/decimal.ts';
import {
  formerAmounts,
  type HistoryKeeper,
  historyKeeper,
  MAX_UNKEPT,
  writeKeeping,
} from '../../../shared/domain/history.ts';
import { at, key, refreshId } from '../../samples.ts';

const stored = (given: Partial<StoredBalance> = {}): StoredBalance => ({
  member: key,
  accountGuid: 'ACT-1',
  fields: { guid: 'ACT-1', balance: Decimal.of('10.50'), available_balance: Decimal.of('9'), currency_code: 'USD' },
  observedAt: at(5),
  freshAsOf: at(5),
  amountsSince: at(0),
  staleReason: null,
  refreshId: refreshId(1),
  trigger: 'http',
  lastChange: null,
  listed: true,
  ...given,
});

const row = (given: Partial<FormerAmounts> = {}): FormerAmounts => ({
  member: key,
  accountGuid: 'ACT-1',
  amounts: { balance: Decimal.of('10.50'), available_balance: Decimal.of('9') },
  currencyCode: 'USD',
  amountsSince: at(0),
  observedAt: at(5),
  refreshId: refreshId(1),
  previousSince: null,
  ...given,
});

const rows = (count: number): readonly FormerAmounts[] =>
  Array.from({ length: count }, (_, number) => row({ amountsSince: at(number) }));

describe('former amounts', () => {
  it('have amounts, currency and the last sighting', () => {
    expect(formerAmounts(stored())).toEqual(row());
  });

  it.each<[string, Partial<StoredBalance>, Partial<FormerAmounts>]>([
    [
      'zero stays zero',
      { fields: { balance: Decimal.of('0') } },
      { amounts: { balance: Decimal.of('0') }, currencyCode: null },
    ],
    ['a missing amount is absent', { fields: {} }, { amounts: {}, currencyCode: null }],
    ['other fields are left out', { fields: { apr: Decimal.of('1'), name: 'x' } }, { amounts: {}, currencyCode: null }],
    ['those before are named', { previousSince: at(-9) }, { previousSince: at(-9) }],
  ])('%s', (_what, given, expected) => {
    expect(formerAmounts(stored(given))).toEqual(row(expected));
  });
});

describe('a keeper', () => {
  it('puts rows in their order and has none left', async () => {
    const put: FormerAmounts[] = [];
    const keeper = historyKeeper({ put: async (former) => void put.push(former) }, 'MBR-1');
    expect(await keeper.keep(rows(2))).toEqual([]);
    expect(put).toEqual(rows(2));
    expect(keeper.notKept()).toBeNull();
  });

  it('tries nothing more after a failure, and tells it', async () => {
    let tries = 0;
    const error = new Error('no such table');
    const put = async (): Promise<void> => {
      tries += 1;
      throw error;
    };
    const keeper = historyKeeper({ put }, 'MBR-1');
    expect(await keeper.keep(rows(2))).toEqual(rows(2));
    expect(await keeper.keep([row({ accountGuid: 'ACT-2' })])).toEqual([row({ accountGuid: 'ACT-2' })]);
    expect(tries).toBe(1);
    expect(keeper.notKept()).toEqual({ memberGuid: 'MBR-1', waiting: 3, lost: 0, error });
  });

  it('tells the first of two failures at once', async () => {
    const errors = [new Error('first'), new Error('second')];
    const puts: (() => void)[] = [];
    const put = () =>
      new Promise<void>((_, reject) => {
        const error = errors[puts.length];
        puts.push(() => reject(error));
      });
    const keeper = historyKeeper({ put }, 'MBR-1');
    const both = Promise.all([keeper.keep(rows(1)), keeper.keep([row({ accountGuid: 'ACT-2' })])]);
    for (const fail of puts) fail();
    await both;
    expect(keeper.notKept()?.error).toBe(errors[0]);
  });

  it('leaves the newest ten of an account, counts the rest', async () => {
    const keeper = historyKeeper({ put: () => Promise.reject(new Error('throttled')) }, 'MBR-1');
    expect(MAX_UNKEPT).toBe(10);
    expect((await keeper.keep(rows(12))).map(({ amountsSince }) => amountsSince)).toEqual(
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(at),
    );
    expect(keeper.notKept()).toMatchObject({ waiting: 10, lost: 2 });
  });
});

describe('writing an account', () => {
  /** What happens, in order; `unkept` is what the keeper leaves. */
  function world(unkept: readonly FormerAmounts[] = [], written = true) {
    const steps: string[] = [];
    const items: StoredBalance[] = [];
    const keeper: HistoryKeeper = {
      async keep(former) {
        steps.push(...former.map(({ amountsSince }) => `row since ${amountsSince}`));
        return unkept;
      },
      notKept: () => null,
    };
    const write = async (item: StoredBalance): Promise<boolean> => {
      steps.push('written');
      items.push(item);
      return written;
    };
    return { steps, items, keeper, write };
  }
  const next = stored({ amountsSince: at(20), observedAt: at(20), refreshId: refreshId(2) });

  it('puts what it replaces first, and links to it', async () => {
    const { steps, keeper, write } = world();
    const written = await writeKeeping(keeper, { stored: stored(), next }, write);
    expect(steps).toEqual([`row since ${at(0)}`, 'written']);
    expect(written).toEqual({ ...next, previousSince: at(0) });
  });

  it('puts nothing while amounts stay, and keeps the link', async () => {
    const { steps, keeper, write } = world();
    const same = { ...next, amountsSince: at(0) };
    expect(await writeKeeping(keeper, { stored: stored({ previousSince: at(-9) }), next: same }, write)).toEqual({
      ...same,
      previousSince: at(-9),
    });
    expect(await writeKeeping(keeper, { stored: stored(), next: same }, write)).toEqual(same);
    expect(steps).toEqual(['written', 'written']);
  });

  it('puts nothing of a new account', async () => {
    const { steps, keeper, write } = world();
    expect(await writeKeeping(keeper, { stored: null, next }, write)).toEqual(next);
    expect(steps).toEqual(['written']);
  });

  it('has rows that were not put in the item', async () => {
    const { items, keeper, write } = world([row()]);
    await writeKeeping(keeper, { stored: stored(), next }, write);
    expect(items).toEqual([{ ...next, previousSince: at(0), unkept: [row()] }]);
  });

  it('tries waiting rows again, and drops them when put', async () => {
    const { steps, items, keeper, write } = world();
    const waiting = [row({ amountsSince: at(-9) })];
    const before = stored({ unkept: waiting });
    await writeKeeping(keeper, { stored: before, next: { ...before, amountsSince: at(0) } }, write);
    await writeKeeping(keeper, { stored: before, next }, write);
    expect(steps).toEqual([`row since ${at(-9)}`, 'written', `row since ${at(-9)}`, `row since ${at(0)}`, 'written']);
    expect(items.map(({ unkept }) => unkept)).toEqual([undefined, undefined]);
  });

  it('gives null when another write came first', async () => {
    const { steps, keeper, write } = world([], false);
    expect(await writeKeeping(keeper, { stored: stored(), next }, write)).toBeNull();
    expect(steps).toEqual([`row since ${at(0)}`, 'written']);
    expect(await writeKeeping(null, { stored: stored(), next }, write)).toBeNull();
  });

  it('without a history only writes', async () => {
    const { steps, write } = world();
    expect(await writeKeeping(null, { stored: stored(), next }, write)).toEqual(next);
    expect(steps).toEqual(['written']);
  });
});
