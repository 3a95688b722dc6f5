import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plusSeconds, secondsBetween } from '../../../shared/domain/instant.ts';
import { secondsAfterFailure, secondsToNextLook } from '../../../shared/domain/look-times.ts';
import type { Policy } from '../../../shared/domain/policy.ts';
import { policy, T0 } from '../../samples.ts';
import { seeded } from './number-texts.ts';

const policies: fc.Arbitrary<Policy> = fc
  .record({
    minLookGapSeconds: fc.integer({ min: 3, max: 30 }),
    more: fc.integer({ min: 0, max: 800 }),
    deadlineSeconds: fc.integer({ min: 30, max: 3600 }),
  })
  .map(({ more, ...given }) => ({ ...policy, ...given, maxLookGapSeconds: given.minLookGapSeconds + more }));

const milliseconds = (most: number) => fc.integer({ min: 0, max: most * 1000 }).map((value) => value / 1000);

describe('the next look', () => {
  it('between MX’s gap and the cap, in whole seconds', () => {
    fc.assert(
      fc.property(policies, milliseconds(4000), (given, after) => {
        const deadline = plusSeconds(T0, given.deadlineSeconds);
        const next = secondsToNextLook(T0, plusSeconds(T0, after), deadline, given);
        expect(next).toBeGreaterThanOrEqual(given.minLookGapSeconds);
        expect(next).toBeLessThanOrEqual(given.maxLookGapSeconds);
        expect(Number.isInteger(next)).toBe(true);
      }),
      seeded,
    );
  });

  it('reaches the deadline once, with few looks before', () => {
    fc.assert(
      fc.property(policies, (given) => {
        const deadline = plusSeconds(T0, given.deadlineSeconds);
        let now = plusSeconds(T0, given.firstLookSeconds);
        let looks = 0;
        while (now < deadline) {
          now = plusSeconds(now, secondsToNextLook(T0, now, deadline, given));
          looks += 1;
        }
        expect(secondsBetween(deadline, now)).toBeLessThan(given.minLookGapSeconds);
        expect(looks).toBeLessThanOrEqual(given.deadlineSeconds / given.minLookGapSeconds + 1);
      }),
      seeded,
    );
  });

  it('waits half of the job’s age so far', () => {
    const after = (seconds: number) =>
      secondsToNextLook(T0, plusSeconds(T0, seconds), plusSeconds(T0, policy.deadlineSeconds), policy);
    expect([5, 8, 20, 60, 300, 580].map(after)).toEqual([3, 4, 10, 30, 60, 20]);
  });
});

describe('the look after a failed one', () => {
  const cases = fc.record({
    failures: fc.integer({ min: 1, max: 2000 }),
    retryAfter: fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }),
    after: milliseconds(4000),
    random: fc.integer({ min: 0, max: 999_999 }).map((value) => value / 1_000_000),
  });

  it('between MX’s gap and the cap, for any Retry-After', () => {
    fc.assert(
      fc.property(policies, cases, (given, { failures, retryAfter, after, random }) => {
        const deadline = plusSeconds(T0, given.deadlineSeconds);
        const next = secondsAfterFailure(
          { failures, retryAfterSeconds: retryAfter, now: plusSeconds(T0, after), deadline, random },
          given,
        );
        expect(next).toBeGreaterThanOrEqual(given.minLookGapSeconds);
        expect(next).toBeLessThanOrEqual(given.maxLookGapSeconds);
        expect(Number.isInteger(next)).toBe(true);
      }),
      seeded,
    );
  });

  const far = plusSeconds(T0, 100_000);
  const next = (failures: number, random: number, retryAfter?: number) =>
    secondsAfterFailure({ failures, retryAfterSeconds: retryAfter, now: T0, deadline: far, random }, policy);

  it('is spread over a time that doubles with every failure', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => next(failures, 0))).toEqual([3, 3, 3, 3, 3, 3]);
    expect([1, 2, 3, 4, 5, 50].map((failures) => next(failures, 0.999_999))).toEqual([6, 12, 24, 48, 60, 60]);
  });

  it('comes no earlier than MX’s Retry-After, up to the cap', () => {
    expect([next(1, 0, 40), next(1, 0, 4000), next(4, 0.999_999, 10)]).toEqual([40, 60, 48]);
  });

  it('falls on the deadline when that is nearer', () => {
    const failed = { failures: 9, retryAfterSeconds: undefined, now: T0, deadline: plusSeconds(T0, 7), random: 0.9 };
    expect(secondsAfterFailure(failed, policy)).toBe(7);
  });
});
