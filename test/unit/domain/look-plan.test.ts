import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { BINS, binStarts, type JobLengths, learnedLengths } from '../../../shared/domain/job-lengths.ts';
import { type LookPlan, secondsToFirstLook, secondsToLookAgain } from '../../../shared/domain/look-plan.ts';
import { policy, T0 } from '../../samples.ts';
import { seeded } from './number-texts.ts';

const plan = (given: Partial<LookPlan> = {}): LookPlan => ({
  lengths: learnedLengths([]),
  lagSeconds: 0.4,
  webhooks: false,
  ...given,
});

/** Lengths of which these are counted by bin. */
const counted = (counts: Readonly<Record<number, number>>): JobLengths =>
  learnedLengths([{ period: 'a', bins: Array.from({ length: BINS }, (_, bin) => counts[bin]), tooWide: 0 }]);

const job = (deadlineSeconds = policy.deadlineSeconds) => ({
  startedAt: T0,
  deadline: plusSeconds(T0, deadlineSeconds),
});

const again = (given: LookPlan, age: number, deadlineSeconds?: number): number =>
  secondsToLookAgain(given, job(deadlineSeconds), plusSeconds(T0, age), policy);

/** The ages at which the first looks are taken. */
function looks(given: LookPlan, count: number): readonly number[] {
  const ages = [secondsToFirstLook(given, job(), policy)];
  while (ages.length < count) ages.push((ages.at(-1) ?? 0) + again(given, ages.at(-1) ?? 0));
  return ages;
}

const anyLengths = fc
  .array(fc.integer({ min: 0, max: 60 }), { minLength: BINS, maxLength: BINS })
  .map((bins) => ({ bins, lengths: learnedLengths([{ period: 'a', bins, tooWide: 0 }]) }));
const anyAge = fc.integer({ min: 0, max: 599_000 }).map((milliseconds) => milliseconds / 1000);
const anyLag = fc.integer({ min: 1, max: 200 }).map((tenths) => tenths / 10);

describe('looks of an institution of which nothing is known', () => {
  it('come at growing distances', () => {
    expect(looks(plan(), 12)).toEqual([4, 8, 12, 16, 20, 24, 29, 34, 39, 45, 51, 57]);
  });

  it('are fewer with a larger limit', () => {
    expect(looks(plan({ lagSeconds: 2 }), 6)).toEqual([8, 16, 25, 35, 47, 60]);
  });
});

describe('looks of a known institution', () => {
  const thirty = counted({ 12: 500 });

  it('come when its jobs end', () => {
    expect(looks(plan({ lengths: thirty }), 5)).toEqual([33, 36, 39, 42, 48]);
  });

  it('come after 4 jobs in 5 with webhooks', () => {
    // The bin is from 7.3 to 9.7 s.
    expect(looks(plan({ lengths: counted({ 7: 500 }), webhooks: true }), 3)).toEqual([10, 19, 29]);
  });

  it('come sooner where a lost webhook would lag long', () => {
    // The bin is from 123.8 to 164.3 s: 4 jobs in 5 are over after 156 s.
    expect(looks(plan({ lengths: counted({ 17: 500 }), webhooks: true }), 3)).toEqual([60, 120, 180]);
  });

  it('wait for 4 in 5 of those that run', () => {
    const patient = plan({ webhooks: true, lagSeconds: 100 });
    expect([0, 5, 10, 20].map((age) => again(patient, age))).toEqual([21, 24, 30, 48]);
  });

  it('are hardly moved by one job of nine minutes', () => {
    const firstLooks = (lengths: JobLengths) =>
      [0.4, 2, 10].map((lagSeconds) => secondsToFirstLook(plan({ lengths, lagSeconds }), job(), policy));
    expect(firstLooks(learnedLengths([]))).toEqual([4, 8, 20]);
    expect(firstLooks(counted({ 22: 1 }))).toEqual([4, 9, 22]);
  });

  it('are a minute apart where jobs outlast the deadline', () => {
    expect(looks(plan({ lengths: counted({ 23: 500 }) }), 4)).toEqual([60, 120, 180, 240]);
  });
});

it('jobs of the first bin are over bit by bit', () => {
  // From a second to 1.33 s: of those that run later, ever more are the long ones.
  const known = plan({ lengths: counted({ 0: 40, 12: 10 }), lagSeconds: 8 });
  expect([0.9, 1, 1.2, 1.3].map((age) => again(known, age))).toEqual([11, 11, 14, 28]);
});

describe('the next look', () => {
  it('comes as soon as the expected lag reaches the limit', () => {
    fc.assert(
      fc.property(anyLengths, anyAge, anyLag, ({ lengths }, age, lagSeconds) => {
        const next = again(plan({ lengths, lagSeconds }), age, 86_400);
        // The clock of the test and of the plan count in milliseconds.
        const lag = (seconds: number): number => expectedLag(lengths, age, age + seconds);
        if (next < policy.maxLookGapSeconds) expect(lag(next)).toBeGreaterThan(lagSeconds - 0.01);
        if (next > policy.minLookGapSeconds) expect(lag(next - 1)).toBeLessThan(lagSeconds + 0.01);
      }),
      seeded,
    );
  });

  it('is between MX’s gap and the cap, in whole seconds', () => {
    fc.assert(
      fc.property(anyLengths, anyAge, anyLag, fc.boolean(), ({ lengths }, age, lagSeconds, webhooks) => {
        const next = again(plan({ lengths, lagSeconds, webhooks }), age);
        expect(next).toBeGreaterThanOrEqual(3);
        expect(next).toBeLessThanOrEqual(60);
        expect(Number.isInteger(next)).toBe(true);
        expect(age + next).toBeLessThan(603);
      }),
      seeded,
    );
  });

  it('is never earlier with a larger limit', () => {
    fc.assert(
      fc.property(anyLengths, anyAge, anyLag, anyLag, ({ lengths }, age, a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        expect(again(plan({ lengths, lagSeconds: small }), age)).toBeLessThanOrEqual(
          again(plan({ lengths, lagSeconds: large }), age),
        );
      }),
      seeded,
    );
  });

  it('falls on the deadline when that is nearer', () => {
    const slow = counted({ 23: 500 });
    expect([570, 596, 598, 700].map((age) => again(plan({ lengths: slow }), age))).toEqual([30, 4, 3, 3]);
  });

  it('is at the cap where no length is known', () => {
    expect([899, 900, 5000].map((age) => again(plan(), age, 86_400))).toEqual([3, 60, 60]);
    expect([899, 900, 5000].map((age) => again(plan({ webhooks: true }), age, 86_400))).toEqual([60, 60, 60]);
  });
});

describe('the first look', () => {
  it('is never earlier for longer jobs', () => {
    fc.assert(
      fc.property(anyLengths, anyLag, fc.boolean(), ({ bins, lengths }, lagSeconds, webhooks) => {
        const longer = learnedLengths([
          { period: 'a', bins: [0, ...bins.slice(0, -2), sum(bins.slice(-2))], tooWide: 0 },
        ]);
        const first = (of: JobLengths) =>
          secondsToFirstLook(plan({ lengths: of, lagSeconds, webhooks }), job(), policy);
        expect(first(lengths)).toBeLessThanOrEqual(first(longer));
      }),
      seeded,
    );
  });

  it('falls on a deadline that is nearer', () => {
    expect(secondsToFirstLook(plan({ lengths: counted({ 23: 500 }) }), job(30), policy)).toBe(30);
  });

  it('comes later with webhooks', () => {
    expect(secondsToFirstLook(plan({ webhooks: true }), job(), policy)).toBe(9);
    expect(secondsToFirstLook(plan({ webhooks: true, lagSeconds: 10 }), job(), policy)).toBe(21);
  });
});

describe('without learning', () => {
  const blind = plan({ lengths: null });

  it('the first look comes as set', () => {
    expect(secondsToFirstLook(blind, job(), policy)).toBe(5);
    expect(secondsToFirstLook(blind, job(), { ...policy, firstLookSeconds: 20 })).toBe(20);
  });

  it('looks come after half of the job’s age', () => {
    expect([5, 8, 20, 60, 300, 580].map((age) => again(blind, age))).toEqual([3, 4, 10, 30, 60, 20]);
    expect([5, 8, 20, 60, 300, 580].map((age) => again({ ...blind, webhooks: true }, age))).toEqual([
      3, 4, 10, 30, 60, 20,
    ]);
  });
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The share of jobs over at `age`, lengths spread evenly over their bin. */
function over({ overBy }: JobLengths, age: number): number {
  const bin = binStarts.findIndex((from, index) => from <= age && age < (binStarts[index + 1] ?? 0));
  if (bin < 0) return age < 1 ? 0 : 1;
  const [start, end] = [binStarts[bin] ?? 0, binStarts[bin + 1] ?? 0];
  const [before, after] = [overBy[bin] ?? 0, overBy[bin + 1] ?? 0];
  return before + ((after - before) * (age - start)) / (end - start);
}

/** The lag expected at `to` since a look at `from`, by adding up small steps. */
function expectedLag(lengths: JobLengths, from: number, to: number): number {
  const steps = 400;
  const width = (to - from) / steps;
  const now = over(lengths, from);
  let lag = 0;
  for (let step = 0; step < steps; step += 1) {
    lag += (width * (over(lengths, from + (step + 0.5) * width) - now)) / (1 - now);
  }
  return lag;
}
