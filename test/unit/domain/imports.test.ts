import { describe, expect, it } from 'vitest';
import type { StoredBalance } from '../../../shared/domain/balance.ts';
import { judgeImports, leftBehind } from '../../../shared/domain/imports.ts';
import type { Instant } from '../../../shared/domain/instant.ts';
import type { MxAccount } from '../../../shared/domain/mx.ts';
import { key } from '../../samples.ts';

// The night before, MX's nightly run, and the job that is judged. MX's clock; ours plays no part.
const LAST_WEEK = '2026-11-17T12:00:04.000Z';
const YESTERDAY = '2026-11-25T12:00:04.000Z';
const NIGHTLY = '2026-11-26T03:00:00.000Z';
const NIGHTLY_IMPORT = '2026-11-26T03:00:21.000Z';
const JOB = '2026-11-26T12:00:02.000Z';
const JOB_IMPORT = '2026-11-26T12:00:07.000Z';
const LATER_NIGHTLY_IMPORT = '2026-11-26T12:00:40.000Z';

const account = (guid: string, imported_at: unknown, more: MxAccount['fields'] = {}): MxAccount => ({
  guid,
  fields: { ...(typeof imported_at === 'string' || imported_at === null ? { imported_at } : {}), ...more },
  unknownFields: {},
  oddFields: [],
  isUnreadable: false,
});

const stored = (guid: string, importedAt: string | null): StoredBalance => ({
  member: key,
  accountGuid: guid,
  fields: importedAt === null ? {} : { imported_at: importedAt },
  observedAt: YESTERDAY,
  freshAsOf: YESTERDAY,
  amountsSince: YESTERDAY,
  staleReason: null,
  lastChange: null,
  refreshId: 'RFR-1',
  trigger: 'http',
  listed: true,
});

const judge = (given: {
  a: string | null;
  b: string | null;
  job?: Instant | null;
  storedA?: string | null;
  storedB?: string | null;
  baseline?: Instant | null;
  answered?: Instant | null;
}) => {
  const { moved, notMoved } = judgeImports({
    accounts: [account('A', given.a), account('B', given.b)],
    stored: [
      ...(given.storedA === undefined ? [] : [stored('A', given.storedA)]),
      ...(given.storedB === undefined ? [] : [stored('B', given.storedB)]),
    ],
    refreshId: 'RFR-2',
    baselineAggregatedAt: given.baseline ?? null,
    baselineAnsweredAt: given.answered ?? null,
    jobAggregatedAt: given.job ?? null,
  });
  return [moved, [...notMoved]];
};

describe('with the start of the job known', () => {
  it.each<[string, Parameters<typeof judge>[0], [string, string[]]]>([
    ['all moved', { a: JOB_IMPORT, b: JOB_IMPORT, job: JOB }, ['all', []]],
    ['one moved, one is nine days old', { a: JOB_IMPORT, b: LAST_WEEK, job: JOB }, ['some', ['B']]],
    ['none moved', { a: YESTERDAY, b: LAST_WEEK, job: JOB }, ['none', ['A', 'B']]],
    ['none moved, nightly run before', { a: NIGHTLY_IMPORT, b: NIGHTLY_IMPORT, job: JOB }, ['none', ['A', 'B']]],
    ['nightly run during or after it moved B', { a: JOB_IMPORT, b: LATER_NIGHTLY_IMPORT, job: JOB }, ['all', []]],
    ['imported in the second of the start', { a: '2026-11-26T12:00:02.000Z', b: JOB_IMPORT, job: JOB }, ['all', []]],
    [
      'start with a fraction, import without',
      { a: '2026-11-26T12:00:02Z', b: JOB_IMPORT, job: '2026-11-26T12:00:02.900Z' },
      ['all', []],
    ],
    ['one second before the start', { a: '2026-11-26T12:00:01.999Z', b: JOB_IMPORT, job: JOB }, ['some', ['A']]],
    ['an import with an offset', { a: '2026-11-26T14:00:07+02:00', b: JOB_IMPORT, job: JOB }, ['all', []]],
    ['no time for one', { a: JOB_IMPORT, b: null, job: JOB }, ['all', []]],
    ['no readable time for one', { a: 'JOB-2', b: LAST_WEEK, job: JOB }, ['none', ['B']]],
    ['no time at all', { a: null, b: null, job: JOB }, ['not_judged', []]],
    ['the first refresh: nothing is stored', { a: JOB_IMPORT, b: LAST_WEEK, job: JOB }, ['some', ['B']]],
  ])('%s', (_what, given, expected) => {
    expect(judge(given)).toEqual(expected);
  });
});

describe('when aggregated_at did not move', () => {
  const before = { storedA: YESTERDAY, storedB: YESTERDAY, baseline: YESTERDAY };

  it.each<[string, Parameters<typeof judge>[0], [string, string[]]]>([
    ['later imports than the stored ones', { ...before, a: JOB_IMPORT, b: JOB_IMPORT }, ['all', []]],
    ['one later, one as stored', { ...before, a: JOB_IMPORT, b: YESTERDAY }, ['some', ['B']]],
    ['all as stored', { ...before, a: YESTERDAY, b: YESTERDAY }, ['none', ['A', 'B']]],
    ['an import that went back', { ...before, a: LAST_WEEK, b: JOB_IMPORT }, ['some', ['A']]],
    [
      'a nightly run since storing',
      { ...before, a: NIGHTLY_IMPORT, b: NIGHTLY_IMPORT, baseline: NIGHTLY },
      ['not_judged', []],
    ],
    ['MX never gave aggregated_at', { ...before, a: JOB_IMPORT, b: JOB_IMPORT, baseline: null }, ['not_judged', []]],
    ['after MX showed the baseline', { ...before, answered: JOB, a: JOB_IMPORT, b: JOB_IMPORT }, ['all', []]],
    [
      'before MX showed the baseline: of another job',
      { ...before, answered: JOB, a: NIGHTLY_IMPORT, b: JOB_IMPORT },
      ['some', ['A']],
    ],
    [
      '30 s before it: its clock may be so far off',
      { ...before, answered: JOB, a: '2026-11-26T11:59:32.000Z', b: '2026-11-26T11:59:31.999Z' },
      ['some', ['B']],
    ],
    ['nothing stored to compare with', { a: JOB_IMPORT, b: JOB_IMPORT, baseline: YESTERDAY }, ['not_judged', []]],
    ['one account is new', { a: JOB_IMPORT, b: JOB_IMPORT, storedA: YESTERDAY, baseline: YESTERDAY }, ['all', []]],
    [
      'stored without a time',
      { ...before, a: JOB_IMPORT, b: JOB_IMPORT, storedA: null, storedB: null },
      ['not_judged', []],
    ],
  ])('%s', (_what, given, expected) => {
    expect(judge(given)).toEqual(expected);
  });
});

describe('accounts that get no data any more', () => {
  const none = { baselineAggregatedAt: null, baselineAnsweredAt: null };
  const situation = { stored: [], refreshId: 'RFR-2', ...none, jobAggregatedAt: JOB };

  it.each(['is_closed', 'is_manual'] as const)('%s: not judged, not left behind', (flag) => {
    const accounts = [account('A', JOB_IMPORT), account('B', LAST_WEEK, { [flag]: true })];
    expect(judgeImports({ ...situation, accounts })).toEqual({ moved: 'all', notMoved: new Set() });
  });

  it('a member of such accounts alone cannot be judged', () => {
    const accounts = [account('B', JOB_IMPORT, { is_closed: true })];
    expect(judgeImports({ ...situation, accounts }).moved).toBe('not_judged');
  });

  it('false flags and no flags are judged', () => {
    const accounts = [account('A', LAST_WEEK, { is_closed: false, is_manual: false })];
    expect(judgeImports({ ...situation, accounts })).toEqual({ moved: 'none', notMoved: new Set(['A']) });
  });
});

it('a clock 20 s ahead of ours changes nothing', () => {
  const ahead = (instant: string) => new Date(Date.parse(instant) + 20_000).toISOString();
  expect(judge({ a: ahead(JOB_IMPORT), b: ahead(YESTERDAY), job: ahead(JOB) })).toEqual(['some', ['B']]);
});

describe('storing that was interrupted is judged like the first time', () => {
  const own = (guid: string, importedAt: string, staleReason: StoredBalance['staleReason'] = null): StoredBalance => ({
    ...stored(guid, importedAt),
    refreshId: 'RFR-2',
    staleReason,
  });
  const again = (baselineAggregatedAt: Instant, ...items: StoredBalance[]) => {
    const accounts = [account('A', JOB_IMPORT), account('B', NIGHTLY_IMPORT)];
    const before = { baselineAggregatedAt, baselineAnsweredAt: null };
    const given = { accounts, stored: items, refreshId: 'RFR-2', ...before, jobAggregatedAt: null };
    const { moved, notMoved } = judgeImports(given);
    return [moved, [...notMoved]];
  };

  it.each<[string, StoredBalance[], [string, string[]]]>([
    ['moved stays moved', [own('A', JOB_IMPORT), own('B', NIGHTLY_IMPORT)], ['all', []]],
    ['left behind stays so', [own('A', JOB_IMPORT), own('B', NIGHTLY_IMPORT, 'not_imported')], ['some', ['B']]],
    ['imported meanwhile', [own('A', NIGHTLY_IMPORT, 'not_imported'), own('B', NIGHTLY_IMPORT)], ['all', []]],
    ['what it stored says nothing of a run before it', [own('A', JOB_IMPORT), stored('B', YESTERDAY)], ['all', []]],
    ['one stored, one not yet', [own('A', JOB_IMPORT), stored('B', NIGHTLY_IMPORT)], ['some', ['B']]],
  ])('%s', (_what, items, expected) => {
    expect(again(NIGHTLY, ...items)).toEqual(expected);
  });
});

describe('left behind are', () => {
  const notMoved = new Set(['B']);

  it('those that did not move while others did', () => {
    expect(leftBehind({ moved: 'some', notMoved }, false)).toEqual(notMoved);
  });

  it('all when none moved, where imports are known to move', () => {
    expect(leftBehind({ moved: 'none', notMoved }, true)).toEqual(notMoved);
    expect(leftBehind({ moved: 'none', notMoved }, false)).toEqual(new Set());
  });
});
