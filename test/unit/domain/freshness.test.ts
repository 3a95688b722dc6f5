import { describe, expect, it } from 'vitest';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { type Freshness, freshnessOf, isYoungEnough, leastFresh } from '../../../shared/domain/freshness.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { Attempt } from '../../../shared/domain/refresh.ts';
import { key, T0 } from '../../samples.ts';

const at = (seconds: number) => plusSeconds(T0, seconds);
const balance = (observedAfter: number, given: Partial<StoredBalance> = {}): StoredBalance => ({
  member: key,
  accountGuid: `ACT-${observedAfter}`,
  fields: {},
  observedAt: at(observedAfter),
  freshAsOf: at(observedAfter),
  amountsSince: T0,
  staleReason: null,
  refreshId: `RFR-${observedAfter}`,
  trigger: 'http',
  lastChange: null,
  listed: true,
  ...given,
});
const attempt = (
  endedAfter: number,
  given: Partial<Attempt> = {},
): Pick<MemberRecord, 'lastAttempt' | 'lastSuccess'> => ({
  lastAttempt: {
    refreshId: 'RFR-9',
    trigger: 'schedule',
    acceptedAt: at(endedAfter - 10),
    outcome: 'action_required',
    action: 'reauthenticate',
    code: 'denied',
    connectionStatus: 'DENIED',
    hasDetails: false,
    endedAt: at(endedAfter),
    observedAt: null,
    ...given,
  },
  lastSuccess: null,
});
const HOUR = 3600;
type Attempts = ReturnType<typeof attempt>;
const verdict = (balances: StoredBalance[], after: number, member: ReturnType<typeof attempt> | null = null) =>
  freshnessOf(balances, member, at(after), HOUR);

describe('stored balances', () => {
  it('are fresh up to the setting and stale after it', () => {
    expect(verdict([balance(0)], HOUR)).toMatchObject({ verdict: 'fresh', ageSeconds: HOUR, reason: null });
    expect(verdict([balance(0)], HOUR + 1)).toMatchObject({ verdict: 'stale', reason: 'not_refreshed_since' });
  });

  it('are as fresh as the oldest account', () => {
    const list = [balance(500), balance(100, { trigger: 'schedule' }), balance(900)];
    expect(verdict(list, 1000)).toEqual({
      verdict: 'fresh',
      freshAsOf: at(100),
      observedAt: at(100),
      ageSeconds: 900,
      refreshId: 'RFR-100',
      trigger: 'schedule',
      reason: null,
    });
  });

  it('are as old as their data, whenever read', () => {
    const list = [balance(900), balance(1000, { freshAsOf: at(40), trigger: 'schedule' }), balance(100)];
    expect(verdict(list, 1000)).toEqual({
      verdict: 'fresh',
      freshAsOf: at(40),
      observedAt: at(1000),
      ageSeconds: 960,
      refreshId: 'RFR-1000',
      trigger: 'schedule',
      reason: null,
    });
    expect(verdict(list, HOUR + 41)).toMatchObject({ verdict: 'stale', ageSeconds: HOUR + 1 });
  });

  it('are never fresh with an unreadable listed account', () => {
    const unreadable = balance(500, { staleReason: 'unreadable' });
    expect(verdict([balance(100), unreadable, balance(900)], 1000)).toEqual({
      verdict: 'stale',
      freshAsOf: at(500),
      observedAt: at(500),
      ageSeconds: 500,
      refreshId: 'RFR-500',
      trigger: 'http',
      reason: 'unreadable',
    });
  });

  it('are stale for the oldest, then for the unreadable one', () => {
    const list = [balance(0), balance(500, { staleReason: 'unreadable' })];
    expect(verdict(list, HOUR + 1)).toMatchObject({ reason: 'not_refreshed_since', refreshId: 'RFR-0' });
  });

  it('are fresh when the unreadable one is not listed', () => {
    const list = [balance(0), balance(500, { staleReason: 'unreadable', listed: false })];
    expect(verdict(list, 1000)).toMatchObject({ verdict: 'fresh' });
  });

  it('are stale when the last success found none', () => {
    const member = {
      lastAttempt: null,
      lastSuccess: { refreshId: 'RFR-1', observedAt: at(5), endedAt: at(6), incomplete: false },
    };
    const none = {
      verdict: 'stale',
      freshAsOf: at(5),
      observedAt: at(5),
      ageSeconds: 5,
      refreshId: 'RFR-1',
      trigger: null,
      reason: 'no_accounts',
    };
    expect(verdict([], 10, member)).toEqual(none);
    expect(verdict([], 10, { ...attempt(8), lastSuccess: member.lastSuccess })).toEqual({ ...none, reason: 'denied' });
  });

  it('have no verdict when there are none', () => expect(verdict([], 0)).toBeNull());

  it('have age 0 when clocks differ', () => {
    expect(verdict([balance(5)], 0)).toMatchObject({ verdict: 'fresh', ageSeconds: 0 });
  });

  it('are not made stale by an unlisted account', () => {
    const list = [balance(0, { listed: false }), balance(HOUR)];
    expect(verdict(list, HOUR + 10)).toMatchObject({ verdict: 'fresh', observedAt: at(HOUR) });
  });

  it('are stale when MX lists none of them', () => {
    for (const age of [0, HOUR + 1]) {
      expect(verdict([balance(0, { listed: false })], age, attempt(60))).toMatchObject({
        verdict: 'stale',
        reason: 'no_longer_listed',
        ageSeconds: age,
      });
    }
  });
});

describe('of a member that MX does not know any more', () => {
  const gone = { outcome: 'failed', action: 'reconnect', code: 'mx_not_found' } as const;

  it('are stale at once', () => {
    expect(verdict([balance(100)], 200, attempt(150, gone))).toMatchObject({
      verdict: 'stale',
      reason: 'mx_not_found',
      ageSeconds: 100,
    });
  });

  it('are fresh when they were read at that moment', () => {
    expect(verdict([balance(150)], 200, attempt(150, gone))).toMatchObject({ verdict: 'fresh' });
  });

  it('are fresh when they were read after that', () => {
    expect(verdict([balance(160)], 200, attempt(150, gone))).toMatchObject({ verdict: 'fresh' });
  });

  it('are too old for every max_age', () => {
    const success = { lastSuccess: { refreshId: 'RFR-100', observedAt: at(100), endedAt: at(101), incomplete: false } };
    const now = at(200);
    expect(isYoungEnough([balance(100)], { ...attempt(150, gone), ...success }, now, HOUR)).toBe(false);
    expect(isYoungEnough([balance(100)], { ...attempt(150), ...success }, now, HOUR)).toBe(true);
  });
});

describe('stale balances say why', () => {
  const why = (member: ReturnType<typeof attempt> | null) => verdict([balance(100)], 2 * HOUR, member)?.reason;

  it('with the code of an attempt that has failed since', () => expect(why(attempt(200))).toBe('denied'));

  it('MX’s reason, unless an attempt has failed since', () => {
    const leftBehind = balance(100, { staleReason: 'not_imported', freshAsOf: at(-9 * 86_400) });
    expect(verdict([leftBehind, balance(100)], 200)).toMatchObject({ verdict: 'stale', reason: 'not_imported' });
    expect(verdict([leftBehind], 200, attempt(50))).toMatchObject({ reason: 'not_imported' });
    expect(verdict([leftBehind], 200, attempt(150))).toMatchObject({ reason: 'denied' });
  });

  it('with what holds the member back from the schedule', () => {
    const held = { since: at(300), code: 'locked', action: 'act_at_institution' } as const;
    const whyHeld = (given: Partial<MemberRecord>) =>
      freshnessOf([balance(100)], { ...attempt(50), held, claim: null, ...given }, at(2 * HOUR), HOUR)?.reason;
    expect(whyHeld({})).toBe('locked');
    expect(whyHeld(attempt(320))).toBe('denied');
    expect(whyHeld(attempt(320, { outcome: 'succeeded', code: 'stored' }))).toBe('not_refreshed_since');
  });

  it.each([
    ['the failed attempt was before them', attempt(50)],
    ['the attempt since then succeeded', attempt(200, { outcome: 'succeeded', code: 'stored' })],
    ['there was no attempt', { lastAttempt: null, lastSuccess: null }],
    ['the member is not known any more', null],
  ])('and otherwise that no refresh has succeeded since: %s', (_what, member) => {
    expect(why(member)).toBe('not_refreshed_since');
  });
});

describe('for a caller who accepts an hour', () => {
  const now = at(3 * HOUR);
  const [young, old] = [3 * HOUR - 60, HOUR];
  const success = (observedAfter: number): Attempts => ({
    lastAttempt: null,
    lastSuccess: { refreshId: `RFR-${observedAfter}`, observedAt: at(observedAfter), incomplete: false },
  });
  const inPart: Attempts = {
    ...attempt(young + 1, { refreshId: `RFR-${young}`, outcome: 'succeeded', code: 'stored_in_part' }),
    lastSuccess: success(young).lastSuccess,
  };
  const other = attempt(young + 1, { refreshId: 'RFR-0', outcome: 'succeeded', code: 'stored_in_part' });
  const leftBehind = balance(young, { accountGuid: 'ACT-B', freshAsOf: at(-9 * 86_400), staleReason: 'not_imported' });
  const unreadable = balance(old, { accountGuid: 'ACT-U', staleReason: 'unreadable' });
  const unlisted = balance(old, { accountGuid: 'ACT-X', listed: false });

  it.each<[string, StoredBalance[], Attempts, boolean]>([
    ['all young', [balance(young)], success(young), true],
    ['an hour old to the second', [balance(2 * HOUR)], success(2 * HOUR), true],
    ['a second older', [balance(2 * HOUR - 1)], success(2 * HOUR - 1), false],
    ['one old', [balance(young), balance(old)], success(young), false],
    ['one left behind by the last success', [balance(young), leftBehind], success(young), true],
    ['all left behind by the last success', [leftBehind], success(young), true],
    ['left behind by a success before the last', [leftBehind], success(young + 30), false],
    ['old by the last success, for no reason', [{ ...leftBehind, staleReason: null }], success(young), false],
    ['left behind, the last success too old', [{ ...leftBehind, refreshId: `RFR-${old}` }], success(old), false],
    ['one that cannot be read', [balance(young), unreadable], success(young), true],
    ['one that cannot be read, the last success too old', [unreadable], success(old), false],
    [
      'a young one that cannot be read, no success',
      [balance(young, { staleReason: 'unreadable' })],
      attempt(young),
      false,
    ],
    ['one no longer listed', [balance(young), unlisted], success(young), true],
    ['young, but none listed, long after the last success', [balance(young, { listed: false })], success(old), false],
    ['none listed any more by the last success', [unlisted], success(young), true],
    ['an empty list', [], success(young), true],
    ['an empty list long ago', [], success(old), false],
    ['nothing known', [], attempt(young), false],
    ['stored in part: one left from before', [balance(young), balance(old)], inPart, false],
    ['stored in part: one that cannot be read', [balance(young), unreadable], inPart, false],
    [
      'stored in part by another than the last success',
      [leftBehind],
      { ...inPart, lastAttempt: other.lastAttempt },
      true,
    ],
    ['stored in part, all young all the same', [balance(young)], inPart, true],
  ])('%s: %#', (_what, balances, member, expected) => {
    expect(isYoungEnough(balances, member, now, HOUR)).toBe(expected);
  });
});

describe('a list of several members', () => {
  const of = (given: Freshness['verdict'], freshAfter: number): Freshness => ({
    verdict: given,
    freshAsOf: at(freshAfter),
    observedAt: at(freshAfter),
    ageSeconds: 0,
    refreshId: `RFR-${freshAfter}`,
    trigger: 'http',
    reason: given === 'fresh' ? null : 'denied',
  });

  it.each<[string, readonly (Freshness | null)[], Freshness | null]>([
    ['fresh ones: the oldest', [of('fresh', 20), of('fresh', 10)], of('fresh', 10)],
    ['a stale one among fresh ones, however young', [of('fresh', 10), of('stale', 30)], of('stale', 30)],
    ['stale ones: the oldest', [of('stale', 30), of('fresh', 10), of('stale', 20)], of('stale', 20)],
    ['one was never refreshed', [of('fresh', 10), null, of('stale', 20)], null],
    ['there are none', [], null],
  ])('is as fresh as the worst: %s', (_what, members, expected) => {
    expect(leastFresh(members)).toEqual(expected);
  });
});
