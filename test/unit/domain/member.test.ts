import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import {
  nextJobAllowedAt,
  nextStartAllowedAt,
  nextStartOfCallerAt,
  startsInWindow,
} from '../../../shared/domain/member.ts';
import { callerTagIn, type StartMark, startedAt, startMark } from '../../../shared/domain/start-mark.ts';
import { successOf } from '../../../shared/domain/success.ts';
import { attemptOf, claim, policy, T0 } from '../../samples.ts';
import { seeded } from './number-texts.ts';

const at = (seconds: number) => plusSeconds(T0, seconds);
const starts = (...seconds: number[]) => seconds.map(at);

describe('the success that an end is', () => {
  it.each([
    ['stored', false],
    ['stored_unreadable', false],
    ['stored_incomplete', true],
    ['stored_in_part', true],
  ] as const)('%s: incomplete is %s', (code, incomplete) => {
    const attempt = attemptOf(claim(), { outcome: 'succeeded', code, observedAt: at(9) });
    expect(successOf(attempt)).toEqual({ refreshId: 'RFR-1', observedAt: at(9), incomplete });
  });
});

describe('the next job of a member', () => {
  const five = starts(0, 10, 20, 30, 40);
  it.each<[string, readonly string[], number | null, number | null]>([
    ['may start now', [], null, null],
    ['may start when MX’s wait is over', [], 50, null],
    ['waits as MX asked', [], 51, 51],
    ['waits for the allowance', five, null, 7200],
    ['waits for the allowance, the later of both', five, 60, 7200],
    ['waits as MX asked, the later of both', five, 9000, 9000],
  ])('%s', (_what, made, notBefore, allowedAt) => {
    const member = { starts: made, startNotBefore: notBefore === null ? null : at(notBefore) };
    expect(nextJobAllowedAt(member, at(50), policy)).toBe(allowedAt === null ? null : at(allowedAt));
  });
});

describe('the allowance of a member', () => {
  it('is free until the fifth start', () => {
    expect(nextStartAllowedAt([], T0, policy)).toBeNull();
    expect(nextStartAllowedAt(starts(0, 10, 20, 30), at(40), policy)).toBeNull();
  });

  it('is used up by five starts for two hours', () => {
    const five = starts(0, 10, 20, 30, 40);
    expect(nextStartAllowedAt(five, at(50), policy)).toBe(at(7200));
    expect(nextStartAllowedAt(five, at(7199.999), policy)).toBe(at(7200));
    expect(nextStartAllowedAt(five, at(7200), policy)).toBeNull();
  });

  it('rolls: it does not begin anew as a whole', () => {
    const six = starts(0, 10, 20, 30, 40, 7200);
    expect(nextStartAllowedAt(six, at(7201), policy)).toBe(at(7210));
  });

  it('lowered setting: waits for the surplus starts to leave', () => {
    const lowered = { ...policy, allowanceStarts: 2 };
    expect(nextStartAllowedAt(starts(0, 10, 20, 30), at(40), lowered)).toBe(at(7220));
  });

  it('counts only what is in the window', () => {
    expect(startsInWindow(starts(0, 10, 20), at(7210), policy)).toEqual(starts(20));
  });

  it('no window exceeds it; the named time lets one in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 40 }), (gaps) => {
        const made: string[] = [];
        let now = T0;
        for (const gap of gaps) {
          now = plusSeconds(now, gap);
          const allowedAt = nextStartAllowedAt(made, now, policy);
          if (allowedAt !== null) {
            expect(allowedAt > now).toBe(true);
            expect(nextStartAllowedAt(made, plusSeconds(allowedAt, -0.001), policy)).toBe(allowedAt);
            now = allowedAt;
          }
          expect(nextStartAllowedAt(made, now, policy)).toBeNull();
          made.push(now);
          expect(
            made.filter((start) => start > plusSeconds(now, -policy.allowanceWindowSeconds)).length,
          ).toBeLessThanOrEqual(policy.allowanceStarts);
        }
      }),
      seeded,
    );
  });
});

describe('a caller’s share of the allowance', () => {
  const share = { callerTag: '42', mostStarts: 2 };
  const made = (...marks: readonly [number, string | null][]) => marks.map(([at_, tag]) => startMark(at(at_), tag));

  it.each<[string, readonly StartMark[], string | null]>([
    ['nothing was started', [], null],
    ['one start is left', made([0, '42']), null],
    ['others have started more', made([0, '07'], [10, null], [20, '42'], [30, '07']), null],
    ['it is used up', made([0, '42'], [10, null], [20, '42']), at(7200)],
    ['a start has left the window', made([-7200, '42'], [20, '42']), null],
  ])('%s', (_what, starts_, next) => {
    expect(nextStartOfCallerAt(starts_, at(40), policy, share)).toBe(next);
  });

  it('is told apart by its mark, which sorts by time', () => {
    const mark = startMark(at(0), '42');
    expect([startedAt(mark), callerTagIn(mark), callerTagIn(at(0))]).toEqual([at(0), '42', null]);
    expect([mark > at(0), mark < at(1)]).toEqual([true, true]);
  });

  it('frees at the very instant at which it says so', () => {
    const five = made([0, '42'], [0, '42'], [0, '42'], [0, '42'], [0, '42']);
    expect(nextStartAllowedAt(five, at(7200), policy)).toBeNull();
  });
});
