import { describe, expect, it } from 'vitest';
import { BINS, binOf, binStarts, type JobCounts, learnedLengths } from '../../../shared/domain/job-lengths.ts';

/** Jobs by bin, for example `{ 7: 30 }`. */
const bins = (counts: Readonly<Record<number, number>>): readonly (number | undefined)[] =>
  Array.from({ length: BINS }, (_, bin) => counts[bin]);

const counted = (period: string, counts: Readonly<Record<number, number>>, tooWide = 0): JobCounts => ({
  period,
  bins: bins(counts),
  tooWide,
});

/** The share of jobs that each bin has, rounded. */
const shares = (...given: JobCounts[]): readonly number[] => {
  const { overBy } = learnedLengths(given);
  return overBy.slice(1).map((over, bin) => Number((over - (overBy[bin] ?? 0)).toFixed(4)));
};

describe('the bin of a length', () => {
  it.each([
    [0, 0],
    [0.4, 0],
    [1, 0],
    [1.32, 0],
    [1.33, 1],
    [8, 7],
    [29.9, 11],
    [30.1, 12],
    [60, 14],
    [677, 22],
    [678, 23],
    [900, 23],
    [86_400, 23],
  ])('of %d s is %d', (seconds, bin) => {
    expect(binOf(seconds)).toBe(bin);
  });

  it('begins where the one before ends', () => {
    expect([0, 5, 12, 23].map((bin) => binOf(binStarts[bin] ?? 0))).toEqual([0, 5, 12, 23]);
  });

  it('is 1.33 times as wide as the one before', () => {
    expect(binStarts.map((start) => Number(start.toFixed(1)))).toEqual([
      1, 1.3, 1.8, 2.3, 3.1, 4.1, 5.5, 7.3, 9.7, 12.8, 17, 22.6, 30, 39.8, 52.9, 70.2, 93.2, 123.8, 164.3, 218.2, 289.6,
      384.6, 510.6, 677.9, 900,
    ]);
  });
});

describe('the lengths of nothing known', () => {
  const { overBy, jobs } = learnedLengths([]);

  it('are the usual ones', () => {
    expect(jobs).toBe(0);
    expect(shares()).toEqual([
      0.056, 0.034, 0.048, 0.063, 0.078, 0.09, 0.098, 0.099, 0.096, 0.086, 0.073, 0.058, 0.038, 0.025, 0.018, 0.013,
      0.009, 0.006, 0.004, 0.003, 0.002, 0.001, 0.001, 0.001,
    ]);
  });

  it.each([
    ['median', 0.5, 8],
    ['p90', 0.9, 34],
    ['p99', 0.99, 173],
  ])('have their %s in the bin of the model’s', (_, share, seconds) => {
    expect(overBy.findLastIndex((over) => over < share)).toBe(binOf(seconds));
  });

  it('are the same of periods without jobs', () => {
    expect(learnedLengths([counted('2026-11-26', {}), counted('2026-11-25', {})])).toEqual(learnedLengths([]));
  });
});

describe('the lengths of counted jobs', () => {
  it.each([
    // The usual ones have 0.038 in bin 12: (1 + 0.038 × 9.09) / 10.09, and so on.
    [1, 9.0909, 0.1333],
    [10, 5, 0.6793],
    [30, 2.5, 0.926],
    [90, 1, 0.9894],
  ])('%d weigh as many beside %d usual ones', (jobs, usualJobs, share) => {
    expect(shares(counted('2026-11-26', { 12: jobs }))[12]).toBe(share);
    expect(shares(counted('2026-11-26', { 12: jobs }))[7]).toBeCloseTo((0.099 * usualJobs) / (jobs + usualJobs), 4);
  });

  it('begin at 0 and end at 1', () => {
    const { overBy } = learnedLengths([counted('2026-11-26', { 3: 7, 23: 3 })]);
    expect([overBy[0], overBy[24], overBy.length]).toEqual([0, 1, 25]);
    expect(overBy.every((over, index) => index === 0 || over >= (overBy[index - 1] ?? 0))).toBe(true);
  });

  it('are moved little by one odd job', () => {
    expect(shares(counted('2026-11-26', { 22: 1 }))[22]).toBe(0.1);
  });

  it('take all jobs of the newest period', () => {
    expect(learnedLengths([counted('2026-11-26', { 5: 400, 6: 100 })]).jobs).toBe(500);
  });

  it('forget older jobs after 50 newer ones', () => {
    const newer = counted('2026-11-26', { 16: 50 });
    expect(shares(newer, counted('2026-11-25', { 12: 9000 }))).toEqual(shares(newer));
    expect(learnedLengths([newer, counted('2026-11-25', { 12: 9000 })]).jobs).toBe(50);
  });

  it('take no older jobs beside more than 50', () => {
    const newer = counted('2026-11-26', { 16: 60 });
    expect(learnedLengths([newer, counted('2026-11-25', { 12: 9000 })])).toEqual(learnedLengths([newer]));
  });

  it.each([
    ['one job', counted('2026-11-26', { 16: 1 }), 50],
    ['one job seen too roughly', counted('2026-11-26', {}, 1), 49],
  ])('begin with a period of %s', (_, newest, jobs) => {
    expect(learnedLengths([newest, counted('2026-11-25', { 12: 200 })]).jobs).toBeCloseTo(jobs, 10);
  });

  it('take as many older jobs as are missing', () => {
    const periods = [counted('2026-11-26', { 16: 20 }), counted('2026-11-25', { 12: 60, 13: 60 })];
    expect(learnedLengths(periods).jobs).toBeCloseTo(50, 10);
    // 20, 15 and 15 jobs, beside 1.67 usual ones with shares of 0.009, 0.038 and 0.025.
    expect(shares(...periods)[16]).toBe(0.3874);
    expect(shares(...periods)[12]).toBe(0.2915);
    expect(shares(...periods)[13]).toBe(0.2911);
  });

  it('take jobs of three periods, in any order', () => {
    const three = [
      counted('2026-11-20', { 1: 10 }),
      counted('2026-11-26', { 16: 20 }),
      counted('2026-11-25', { 12: 5 }),
    ];
    expect(learnedLengths(three).jobs).toBe(35);
    expect(learnedLengths(three.toReversed())).toEqual(learnedLengths(three));
  });

  it('take the newer of two periods first', () => {
    const periods = [
      counted('2026-11-24', { 3: 50 }),
      counted('2026-11-26', { 16: 40 }),
      counted('2026-11-25', { 12: 10 }),
    ];
    expect(shares(...periods)[3]).toBe(0.002);
    expect(shares(...periods)[12]).toBe(0.1948);
  });

  it('add up the rows of one period', () => {
    const rows = [counted('2026-11-26', { 4: 10 }, 1), counted('2026-11-26', { 4: 5, 9: 15 }, 2)];
    expect(learnedLengths(rows)).toEqual(learnedLengths([counted('2026-11-26', { 4: 15, 9: 15 }, 3)]));
  });

  it('pass over a newest period without jobs', () => {
    const older = counted('2026-11-25', { 4: 80 });
    expect(learnedLengths([counted('2026-11-26', {}), older])).toEqual(learnedLengths([older]));
  });
});

describe('jobs seen too roughly', () => {
  it('count as one more of the usual ones', () => {
    expect(shares(counted('2026-11-26', { 14: 30 }, 20))[14]).toBe(0.5791);
    expect(learnedLengths([counted('2026-11-26', { 14: 30 }, 20)]).jobs).toBe(30);
  });

  it('take the place of older jobs', () => {
    const periods = [counted('2026-11-26', { 14: 10 }, 40), counted('2026-11-25', { 12: 50 })];
    expect(learnedLengths(periods).jobs).toBe(10);
    expect(shares(...periods)[12]).toBe(0.0311);
  });

  it('of an older period count in part', () => {
    const periods = [counted('2026-11-26', { 14: 10 }), counted('2026-11-25', { 12: 40 }, 40)];
    // 20 of each.
    expect(learnedLengths(periods).jobs).toBe(30);
    expect(shares(...periods)[12]).toBe(0.3972);
  });

  it('alone leave the usual lengths', () => {
    expect(shares(counted('2026-11-26', {}, 70))).toEqual(shares());
  });
});
