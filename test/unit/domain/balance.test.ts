import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountView,
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
import { key, T0 } from '../../samples.ts';
import { nothingKnown } from './nothing-known.ts';
import { seeded } from './number-texts.ts';

const rules: StorageRules = { keepAccountNumbers: false, keepUnknownFields: false };
const account = (fields = '"balance":10.00'): MxAccount => readAccount(parseExactJson(`{"guid":"ACT-1",${fields}}`));
const stamp = (refresh: number, after = refresh) => ({
  observedAt: plusSeconds(T0, after),
  refreshId: `RFR-${refresh}`,
  trigger: 'http' as const,
});
const store = (before: StoredBalance | null, given: MxAccount, by: ReturnType<typeof stamp>, how = rules) =>
  balanceToStore({ member: key, account: given, stamp: by, isLeftBehind: false }, how, before);
const stored = (given = account(), by = stamp(1), before: StoredBalance | null = null, how = rules): StoredBalance => {
  const next = store(before, given, by, how);
  if (next === null) throw new Error('nothing to store');
  return next;
};

describe('of two observations', () => {
  it('the later one is newer', () => {
    expect(isNewer(stamp(1, 20), stamp(2, 10))).toBe(true);
    expect(isNewer(stamp(2, 10), stamp(1, 20))).toBe(false);
  });

  it('same instant: the higher refresh id is newer', () => {
    expect(isNewer(stamp(2, 10), stamp(1, 10))).toBe(true);
    expect(isNewer(stamp(1, 10), stamp(2, 10))).toBe(false);
    expect(isNewer(stamp(1, 10), stamp(1, 10))).toBe(false);
  });

  it('the newest is left in any order of arrival', () => {
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

/** A change of balance, its amount as text. */
const changeOf = ({ lastChange }: StoredBalance) =>
  lastChange && { ...lastChange, previousBalance: lastChange.previousBalance?.text ?? null };

describe('what changed', () => {
  it('a first storing is no change', () => expect(stored().lastChange).toBeNull());

  it('has the amount before, its refresh and time', () => {
    const next = stored(account('"balance":12.5'), stamp(2), stored());
    expect(changeOf(next)).toEqual({ previousBalance: '10.00', refreshId: 'RFR-2', at: plusSeconds(T0, 2) });
  });

  it('is none when only the notation differs', () => {
    expect(stored(account('"balance":1e1'), stamp(2), stored()).lastChange).toBeNull();
  });

  it('stays through later refreshes and a repeated message', () => {
    const changed = stored(account('"balance":12.5'), stamp(2), stored());
    const repeated = stored(account('"balance":12.5'), stamp(2), changed);
    const later = stored(account('"balance":12.50'), stamp(3), repeated);
    for (const next of [repeated, later]) {
      expect(changeOf(next)).toEqual({ previousBalance: '10.00', refreshId: 'RFR-2', at: plusSeconds(T0, 2) });
    }
    expect(later.refreshId).toBe('RFR-3');
  });

  it.each([
    ['null after a number', '"balance":10', '"balance":null', '10'],
    ['nothing after a number', '"balance":10', '"name":"x"', '10'],
    ['a number after null', '"balance":null', '"balance":10', null],
    ['zero after nothing', '"name":"x"', '"balance":0', null],
  ])('is said of %s: missing is not zero', (_what, before, after, previous) => {
    const next = stored(account(after), stamp(2), stored(account(before)));
    expect(changeOf(next)).toEqual({ previousBalance: previous, refreshId: 'RFR-2', at: plusSeconds(T0, 2) });
  });

  it.each([
    ['null', '"balance":null', '"name":"x"'],
    ['missing', '"name":"x"', '"balance":null'],
  ])('is none between null and missing: first %s', (_what, before, after) => {
    expect(stored(account(after), stamp(2), stored(account(before))).lastChange).toBeNull();
  });
});

describe('since when the amounts are what they are', () => {
  const amounts = (balance: string, available: string, credit: string) =>
    account(`"balance":${balance},"available_balance":${available},"available_credit":${credit},"name":"x"`);
  const first = () => stored(amounts('10.00', '8', 'null'), stamp(2));

  it.each([
    ['the same', '10.00', '8', 'null', 2],
    ['the same numbers in other words', '1e1', '8.000', 'null', 2],
    ['another balance', '10.01', '8', 'null', 9],
    ['another available balance', '10', '7', 'null', 9],
    ['an available balance no more', '10', 'null', 'null', 9],
    ['a credit from nothing', '10', '8', '0', 9],
  ])('after %s', (_what, balance, available, credit, since) => {
    const next = stored(amounts(balance, available, credit), stamp(9), first());
    expect(next.amountsSince).toBe(plusSeconds(T0, since));
  });

  it('begins with the first observation; other fields keep it', () => {
    expect(first().amountsSince).toBe(plusSeconds(T0, 2));
    const renamed = account('"balance":10,"available_balance":8,"name":"y","apr":3');
    expect(stored(renamed, stamp(9), first()).amountsSince).toBe(plusSeconds(T0, 2));
  });

  it('goes on through observations that change nothing', () => {
    const third = stored(amounts('10', '8', 'null'), stamp(9), stored(amounts('10', '8', 'null'), stamp(5), first()));
    expect(third).toMatchObject({ amountsSince: plusSeconds(T0, 2), observedAt: plusSeconds(T0, 9) });
  });
});

it('a stored balance’s age counts from its observation', () => {
  expect(stored(account(), stamp(7), stored()).freshAsOf).toBe(plusSeconds(T0, 7));
});

describe('what is stored of an account', () => {
  const kept = (fields: string, how: Partial<StorageRules> = {}) => keptFields(account(fields), { ...rules, ...how });

  it.each([
    ['"3331261234"', '****1234'],
    ['"XXXXXX5092"', '****5092'],
    ['"12345"', '****2345'],
    ['"1234"', '****'],
    ['""', ''],
    ['null', undefined],
  ])('of the account number %s is %s', (number, masked) => {
    expect(kept(`"account_number":${number}`)['account_number']).toBe(masked);
  });

  it('is the whole account number when the settings say so', () => {
    expect(kept('"account_number":"3331261"', { keepAccountNumbers: true })['account_number']).toBe('3331261');
  });

  it('drops fields added by MX, unless the settings keep them', () => {
    expect(kept('"points":7')).not.toHaveProperty('points');
    const known = kept('"points":7.50,"level":"gold"', { keepUnknownFields: true });
    expect([JSON.stringify(known['points']), known['level']]).toEqual(['7.50', 'gold']);
  });

  it.each([
    'observed_at',
    'fresh_as_of',
    'amounts_since',
    'account_key',
    'refresh_id',
    'trigger',
    'listed',
    'schema_version',
    'previous_balance',
    'changed_by_refresh',
    'changed_at',
  ])('never overwrites our own %s with MX’s field', (name) =>
    expect(kept(`"${name}":"x"`, { keepUnknownFields: true })).not.toHaveProperty(name),
  );

  it('is nothing for null, known field or not', () => {
    const fields = kept('"balance":10,"currency_code":null,"brand_new":null', { keepUnknownFields: true });
    expect(Object.keys(fields)).toEqual(['guid', 'balance']);
  });

  it('has the guids that find it', () => {
    const { fields, accountGuid, listed } = stored(account('"member_guid":"MBR-other","user_guid":null'));
    expect(fields).toMatchObject({ guid: 'ACT-1', member_guid: key.memberGuid, user_guid: key.userGuid });
    expect({ accountGuid, listed }).toEqual({ accountGuid: 'ACT-1', listed: true });
  });
});

describe('an account in MX’s shape', () => {
  it('null for unknown; no created_at and is_closed', () => {
    const view = accountView(stored(account('"balance":10.00,"is_closed":null,"created_at":null,"name":null')));
    expect(JSON.parse(JSON.stringify(view))).toEqual({
      ...nothingKnown,
      guid: 'ACT-1',
      member_guid: key.memberGuid,
      user_guid: key.userGuid,
      balance: 10,
    });
  });

  it('has those two when known, and kept unknown fields', () => {
    const given = account('"is_closed":false,"created_at":"2025-02-13T18:08:00+00:00","points":7');
    const view = accountView(stored(given, stamp(1), null, { ...rules, keepUnknownFields: true }));
    expect(view).toMatchObject({ is_closed: false, created_at: '2025-02-13T18:08:00+00:00', balance: null });
    expect(JSON.stringify(view['points'])).toBe('7');
    expect(Object.keys(view)).toHaveLength(59);
  });
});

describe('an account that MX no longer lists', () => {
  const other = { ...stored(), accountGuid: 'ACT-2' };

  it('is found by comparing with the list, and only once', () => {
    expect(noLongerListed([stored(), other], new Set(['ACT-1']), stamp(2))).toEqual([other]);
    expect(noLongerListed([{ ...other, listed: false }], new Set(), stamp(2))).toEqual([]);
  });

  it('is not unlisted by a list older than itself', () => {
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

describe('an account that the job has left behind', () => {
  const leftBehind = (importedAt: unknown, before: StoredBalance | null = null) => {
    const given = account(`"balance":10,"imported_at":${JSON.stringify(importedAt)}`);
    return balanceToStore({ member: key, account: given, stamp: stamp(1, 60), isLeftBehind: true }, rules, before);
  };

  it('is as old as the bank’s data', () => {
    expect(leftBehind('2026-11-12T12:00:00+00:00')).toMatchObject({
      observedAt: '2026-11-21T12:01:00.000Z',
      freshAsOf: '2026-11-12T12:00:00.000Z',
      staleReason: 'not_imported',
    });
  });

  it.each([
    ['MX’s clock is ahead', '2026-11-21T12:01:20Z'],
    ['it has no time', null],
    ['its time cannot be read', 'JOB-2'],
  ])('is never younger than its observation: %s', (_what, importedAt) => {
    expect(leftBehind(importedAt)).toMatchObject({ freshAsOf: '2026-11-21T12:01:00.000Z' });
  });

  it('is fresh again after a job updates it', () => {
    expect(stored(account(), stamp(2, 90), leftBehind('2026-11-12T12:00:00Z'))).toMatchObject({
      freshAsOf: '2026-11-21T12:01:30.000Z',
      staleReason: null,
    });
  });
});
