import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  balanceToStore,
  isNewer,
  keptFields,
  noLongerListed,
  type StorageRules,
  type StoredBalance,
} from '../../../shared/domain/balance.ts';
import { Decimal, parseExactJson } from '../../../shared/domain/decimal.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MxAccount } from '../../../shared/domain/mx.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { seeded } from './number-texts.ts';
import { key, T0 } from './situations.ts';

const rules: StorageRules = { keepAccountNumbers: false, keepUnknownFields: false };
const account = (fields = '"balance":10.00'): MxAccount => readAccount(parseExactJson(`{"guid":"ACT-1",${fields}}`));
const stamp = (refresh: number, after = refresh) => ({
  observedAt: plusSeconds(T0, after),
  refreshId: `RFR-${refresh}`,
  trigger: 'http' as const,
});
const store = (stored: StoredBalance | null, given: MxAccount, by: ReturnType<typeof stamp>, how = rules) =>
  balanceToStore(key, given, by, how, stored);
const stored = (given = account(), by = stamp(1), before: StoredBalance | null = null): StoredBalance => {
  const next = store(before, given, by);
  if (next === null) throw new Error('nothing to store');
  return next;
};

describe('of two observations', () => {
  it('the later one is newer', () => {
    expect(isNewer(stamp(1, 20), stamp(2, 10))).toBe(true);
    expect(isNewer(stamp(2, 10), stamp(1, 20))).toBe(false);
  });

  it('at the same instant the one with the higher refresh id is newer, and none is newer than itself', () => {
    expect(isNewer(stamp(2, 10), stamp(1, 10))).toBe(true);
    expect(isNewer(stamp(1, 10), stamp(2, 10))).toBe(false);
    expect(isNewer(stamp(1, 10), stamp(1, 10))).toBe(false);
  });

  it('an older one never replaces a newer one, and the newest is left in whatever order they arrive', () => {
    const observation = fc.record({ refresh: fc.integer({ min: 1, max: 9 }), after: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.array(observation, { minLength: 1, maxLength: 12 }), (observations) => {
        let last: StoredBalance | null = null;
        for (const { refresh, after } of observations) {
          const by = stamp(refresh, after);
          const next = store(last, account(), by);
          if (last !== null && isNewer(last, by)) expect(next).toBeNull();
          else expect(next).toMatchObject(by);
          last = next ?? last;
        }
        const newest = observations
          .map(({ refresh, after }) => stamp(refresh, after))
          .reduce((a, b) => (isNewer(b, a) ? b : a));
        expect(last).toMatchObject(newest);
      }),
      seeded,
    );
  });
});

describe('what changed', () => {
  it('is not said of an account that is stored for the first time', () => {
    expect(stored()).not.toHaveProperty('previousBalance');
    expect(stored()).not.toHaveProperty('changedByRefresh');
    expect(stored()).not.toHaveProperty('changedAt');
  });

  it('is said with the amount of before, by which refresh and when', () => {
    const next = stored(account('"balance":12.5'), stamp(2), stored());
    expect(next.previousBalance?.text).toBe('10.00');
    expect(next).toMatchObject({ changedByRefresh: 'RFR-2', changedAt: stamp(2).observedAt });
  });

  it('is nothing when MX only writes the same number in another way', () => {
    expect(stored(account('"balance":1e1'), stamp(2), stored())).not.toHaveProperty('changedByRefresh');
  });

  it('stays said through later refreshes that change nothing, and through a repeated message of the same one', () => {
    const changed = stored(account('"balance":12.5'), stamp(2), stored());
    const repeated = stored(account('"balance":12.5'), stamp(2), changed);
    const later = stored(account('"balance":12.50'), stamp(3), repeated);
    for (const next of [repeated, later]) {
      expect(next).toMatchObject({ changedByRefresh: 'RFR-2', changedAt: stamp(2).observedAt });
      expect(next.previousBalance?.text).toBe('10.00');
    }
    expect(later.refreshId).toBe('RFR-3');
  });

  it.each([
    ['null after a number', '"balance":10', '"balance":null', '10'],
    ['a number after null', '"balance":null', '"balance":10', null],
    ['a number after nothing', '"name":"x"', '"balance":0', null],
  ])('is said of %s: missing is not zero', (_what, before, after, previous) => {
    const next = stored(account(after), stamp(2), stored(account(before)));
    expect(next.changedByRefresh).toBe('RFR-2');
    expect(next.previousBalance?.text ?? null).toBe(previous);
    expect(next).toHaveProperty('previousBalance');
  });

  it('is nothing when null and missing follow each other', () => {
    expect(stored(account('"name":"x"'), stamp(2), stored(account('"balance":null')))).not.toHaveProperty('changedAt');
    expect(stored(account('"balance":null'), stamp(2), stored(account('"name":"x"')))).not.toHaveProperty('changedAt');
  });
});

describe('what is stored of an account', () => {
  const kept = (fields: string, how: Partial<StorageRules> = {}) => keptFields(account(fields), { ...rules, ...how });

  it.each([
    ['"3331261234"', '****1234'],
    ['"XXXXXX5092"', '****5092'],
    ['"12345"', '****2345'],
    ['"1234"', '****'],
    ['""', '****'],
    ['null', null],
  ])('of the account number %s is %s', (number, masked) => {
    expect(kept(`"account_number":${number}`)['account_number']).toBe(masked);
  });

  it('is the whole account number when the settings say so', () => {
    expect(kept('"account_number":"3331261"', { keepAccountNumbers: true })['account_number']).toBe('3331261');
  });

  it('is no field that MX has added since, unless the settings say so', () => {
    expect(kept('"points":7')).not.toHaveProperty('points');
    const known = kept('"points":7.50,"level":"gold"', { keepUnknownFields: true });
    expect([JSON.stringify(known['points']), known['level']]).toEqual(['7.50', 'gold']);
  });

  it.each([
    'observed_at',
    'account_key',
    'refresh_id',
    'trigger',
    'listed',
    'schema_version',
    'previous_balance',
    'changed_by_refresh',
    'changed_at',
  ])('never overwrites our own %s, should MX add a field of that name', (name) =>
    expect(kept(`"${name}":"x"`, { keepUnknownFields: true })).not.toHaveProperty(name),
  );

  it('keeps null apart from missing', () => {
    const fields = kept('"balance":10,"currency_code":null');
    expect(fields['currency_code']).toBeNull();
    expect(fields).not.toHaveProperty('available_balance');
  });

  it('has the guids by which it is found, whatever MX’s item says', () => {
    const { fields, accountGuid, listed } = stored(account('"member_guid":"MBR-other","user_guid":null'));
    expect(fields).toMatchObject({ guid: 'ACT-1', member_guid: key.memberGuid, user_guid: key.userGuid });
    expect({ accountGuid, listed }).toEqual({ accountGuid: 'ACT-1', listed: true });
  });
});

describe('an account that MX no longer lists', () => {
  const other = { ...stored(), accountGuid: 'ACT-2' };

  it('is found by comparing with the list, and only once', () => {
    expect(noLongerListed([stored(), other], new Set(['ACT-1']), stamp(2))).toEqual([other]);
    expect(noLongerListed([{ ...other, listed: false }], new Set(), stamp(2))).toEqual([]);
  });

  it('is not believed to be gone by a list older than itself', () => {
    expect(noLongerListed([{ ...other, ...stamp(3) }], new Set(), stamp(2))).toEqual([]);
  });

  it('is listed again as soon as MX lists it', () => {
    expect(stored(account(), stamp(2), { ...stored(), listed: false }).listed).toBe(true);
  });
});

it('amounts are stored with MX’s own digits', () => {
  const { fields } = stored(account('"balance":12345678901234567.890'));
  expect(fields['balance']).toBeInstanceOf(Decimal);
  expect(JSON.stringify(fields['balance'])).toBe('12345678901234567.890');
});
