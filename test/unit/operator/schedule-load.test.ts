import { describe, expect, it } from 'vitest';
import { turnsByHour } from '../../../infra/operator/schedule-load.ts';

const enrolled = (everyHours: 1 | 6 | 24 | 48 | 168, minute: number) => ({
  everyHours,
  slot: `SLOT#${everyHours}h#${String(minute).padStart(5, '0')}#0`,
});

/** Hours with turns, as `hour: turns`. */
const load = (...members: readonly ReturnType<typeof enrolled>[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...turnsByHour(members).entries()].filter(([, turns]) => turns > 0));

describe('turns by hour', () => {
  it.each([
    ['once a day', [enrolled(24, 100)], { 1: 1 }],
    ['every six hours', [enrolled(6, 359)], { 5: 1, 11: 1, 17: 1, 23: 1 }],
    ['every second day, on the second', [enrolled(48, 1_440 + 60)], { 1: 0.5 }],
    ['once a week', [enrolled(168, 7 * 1_440 - 1)], { 23: 24 / 168 }],
    ['two in the same hour', [enrolled(24, 0), enrolled(24, 59)], { 0: 2 }],
    ['none', [], {}],
  ])('%s', (_what, members, expected) => {
    expect(load(...members)).toEqual(expected);
  });

  it('every hour fills the day', () => {
    expect(turnsByHour([enrolled(1, 30)])).toEqual(Array.from({ length: 24 }, () => 1));
  });
});
