import { describe, expect, it } from 'vitest';
import { type Breaker, breakerRules, closedBreaker } from '../../../shared/domain/breaker.ts';
import { type KnownInstitution, shownInstitution, weekBegan } from '../../../shared/domain/institution-view.ts';
import type { DayCounts } from '../../../shared/domain/institutions-ports.ts';
import { BINS } from '../../../shared/domain/job-lengths.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';

const now = '2026-11-27T08:00:00.000Z';
const rules = { breaker: true, deadlineSeconds: 600, breakerRules };

const day = (date: string, given: Partial<DayCounts> = {}): DayCounts => ({
  day: date,
  outcomes: {},
  bins: [],
  dropped: {},
  ...given,
});

const shown = (known: Partial<KnownInstitution>, given: Partial<typeof rules> = {}) =>
  shownInstitution({ code: 'mxbank', countedOn: null, counts: [], trouble: null, ...known }, now, {
    ...rules,
    ...given,
  });

/** Jobs by bin, for example `{ 7: 30 }`, of today. */
const jobs = (counts: Readonly<Record<number, number>>, deadlineSeconds = 600) =>
  shown(
    { counts: [day('2026-11-27', { bins: Array.from({ length: BINS }, (_, bin) => counts[bin] ?? 0) })] },
    { deadlineSeconds },
  ).jobSeconds;

it('an institution of which nothing is known is empty', () => {
  const none = { succeeded: 0, action_required: 0, failed: 0, not_refreshed: 0, timed_out: 0 };
  expect(shown({})).toEqual({
    code: 'mxbank',
    lastCountedOn: null,
    today: { since: '2026-11-27T00:00:00.000Z', refreshes: 0, outcomes: none },
    week: { since: '2026-11-21T00:00:00.000Z', refreshes: 0, outcomes: none },
    jobSeconds: { samples: 0, smallSample: true, p50: null, p90: null, p99: null, notLearnt: {} },
    breaker: {
      ...{ state: 'closed', since: null, code: null, message: null },
      ...{ lastProbeAt: null, nextProbeAt: null, staysOpenUntil: null },
    },
    notSupported: null,
  });
});

it.each([
  ['2026-11-27T00:00:00.000Z', '2026-11-21'],
  ['2026-11-26T23:59:59.999Z', '2026-11-20'],
])('the week up to %s began on %s', (moment, began) => {
  expect(weekBegan(moment)).toBe(began);
});

describe('what was counted', () => {
  it('is added up for today and the week', () => {
    const { today, week, jobSeconds } = shown({
      counts: [
        day('2026-11-20', { outcomes: { succeeded: 1_000 }, bins: [1_000], dropped: { restarted: 1_000 } }),
        day('2026-11-21', { outcomes: { succeeded: 100, timed_out: 1 }, bins: [100], dropped: { not_seen: 1 } }),
        day('2026-11-27', { outcomes: { succeeded: 10 }, bins: [10] }),
        day('2026-11-27', {
          outcomes: { succeeded: 1, failed: 2 },
          bins: [1],
          dropped: { not_succeeded: 2, not_seen: 0 },
        }),
      ],
    });
    const { outcomes: todays, ...ofToday } = today;
    expect(ofToday).toEqual({ since: '2026-11-27T00:00:00.000Z', refreshes: 13 });
    expect(todays).toEqual({ succeeded: 11, action_required: 0, failed: 2, not_refreshed: 0, timed_out: 0 });
    const { outcomes: weeks, ...ofWeek } = week;
    expect(ofWeek).toEqual({ since: '2026-11-21T00:00:00.000Z', refreshes: 114 });
    expect(weeks).toEqual({ succeeded: 111, action_required: 0, failed: 2, not_refreshed: 0, timed_out: 1 });
    expect(jobSeconds).toMatchObject({ samples: 111, notLearnt: { not_seen: 1, not_succeeded: 2 } });
    expect(jobSeconds.notLearnt).not.toHaveProperty('restarted');
  });

  it.each([
    ['by the directory', '2026-11-01', [], '2026-11-01'],
    ['by a later count', '2026-11-25', ['2026-11-27', '2026-11-26'], '2026-11-27'],
    ['not by an earlier count', '2026-11-27', ['2026-11-26'], '2026-11-27'],
    ['by counts alone', null, ['2026-11-26'], '2026-11-26'],
  ])('says on which day the last was: %s', (_how, countedOn, days, expected) => {
    expect(shown({ countedOn, counts: days.map((date) => day(date)) }).lastCountedOn).toBe(expected);
  });
});

describe('the length of jobs', () => {
  it.each<[string, Record<number, number>, object]>([
    ['one job', { 7: 1 }, { p50: { from: 7.3, to: 9.7 }, p90: { from: 7.3, to: 9.7 }, p99: { from: 7.3, to: 9.7 } }],
    ['half in each bin', { 3: 5, 9: 5 }, { p50: { from: 2.3, to: 3.1 }, p90: { from: 12.8, to: 17 } }],
    ['more than half in the upper', { 3: 4, 9: 5 }, { p50: { from: 12.8, to: 17 } }],
    ['nine in ten, and one', { 3: 9, 9: 1 }, { p90: { from: 2.3, to: 3.1 }, p99: { from: 12.8, to: 17 } }],
    ['99 in 100, and one', { 3: 99, 9: 1 }, { p99: { from: 2.3, to: 3.1 } }],
    ['half of a thousand', { 3: 499, 9: 501 }, { p50: { from: 12.8, to: 17 } }],
    ['the shortest', { 0: 1 }, { p50: { from: 0, to: 1.3 } }],
    ['the longest with an end', { 22: 1 }, { p50: { from: 510.6, to: 677.9 } }],
  ])('is the bin that has the quantile: %s', (_what, counts, expected) => {
    expect(jobs(counts)).toMatchObject(expected);
  });

  it.each([
    [600, 300],
    [1_200, 600],
    [7_200, 677.9],
  ])('of a last bin is open: deadline %d s', (deadlineSeconds, from) => {
    expect(jobs({ 3: 5, 23: 5 }, deadlineSeconds)).toMatchObject({
      p50: { from: 2.3, to: 3.1 },
      p90: { from, to: null },
      p99: { from, to: null },
    });
  });

  it.each([
    [0, true],
    [9, true],
    [10, false],
  ])('of %d jobs is a small sample: %s', (count, smallSample) => {
    expect(jobs({ 3: count })).toMatchObject({ samples: count, smallSample });
  });
});

describe('the breaker', () => {
  const since = '2026-11-27T07:50:00.000Z';
  const open: Breaker = { ...closedBreaker, open: { since, code: 'institution_down' }, changedAt: since, openings: 1 };
  const breaker = (given: Breaker, heeded = true) =>
    shown({ trouble: { ...noTrouble, breaker: given } }, { breaker: heeded }).breaker;

  it('that is open says since when and why', () => {
    expect(breaker(open)).toEqual({
      state: 'open',
      since,
      code: 'institution_down',
      message: 'The institution cannot be reached.',
      lastProbeAt: null,
      nextProbeAt: '2026-11-27T07:55:00.000Z',
      staysOpenUntil: null,
    });
  });

  it('that is probed says when, and when next', () => {
    expect(breaker({ ...open, probedAt: '2026-11-27T07:56:00.000Z' })).toMatchObject({
      since,
      lastProbeAt: '2026-11-27T07:56:00.000Z',
      nextProbeAt: '2026-11-27T08:01:00.000Z',
    });
  });

  it.each([
    [2, null],
    [3, null],
    [4, '2026-11-27T08:10:00.000Z'],
    [9, '2026-11-27T08:50:00.000Z'],
  ])('opened %d times says until when it stays so', (openings, staysOpenUntil) => {
    expect(breaker({ ...open, openings })).toMatchObject({ staysOpenUntil });
  });

  it('that has closed says when', () => {
    expect(breaker({ ...closedBreaker, changedAt: since, openings: 4 })).toEqual({
      state: 'closed',
      since,
      code: null,
      message: null,
      lastProbeAt: null,
      nextProbeAt: null,
      staysOpenUntil: null,
    });
  });

  it('that no start heeds is not shown', () => {
    expect(breaker(open, false)).toBeNull();
  });
});

describe('an institution without balance checks', () => {
  const refused = { since: '2026-11-26T09:00:00.000Z', until: '2026-12-03T12:00:00.000Z', askedAt: null };
  const checks = { ...supported, notSupported: { ...refused, code: 'mx_refused' as const } };
  const trouble = { ...noTrouble, checks };

  it('says since when, and when MX is asked again', () => {
    expect(shown({ trouble }).notSupported).toEqual({
      since: '2026-11-26T09:00:00.000Z',
      code: 'mx_refused',
      message: 'MX runs no balance checks at this institution, as far as is known.',
      until: '2026-12-03T12:00:00.000Z',
    });
  });

  it('that no start heeds is not shown', () => {
    expect(shown({ trouble }, { breaker: false }).notSupported).toBeNull();
  });
});
