import { describe, expect, it } from 'vitest';
import type { EveryHours } from '../../../shared/domain/every-hours.ts';
import { isAboutToBeRead, isSameTurn, minuteOf, slotAmong, slotOf } from '../../../shared/domain/schedule.ts';
import { key, T0 } from '../../samples.ts';

describe('shards', () => {
  it.each([
    ['SLOT#24h#00600#0', 'SLOT#24h#00600#0', true],
    ['SLOT#24h#00600#0', 'SLOT#24h#00600#15', true],
    ['SLOT#24h#00600#1', 'SLOT#24h#00601#1', false],
    ['SLOT#24h#00600#1', 'SLOT#48h#00600#1', false],
    ['', 'SLOT#24h#00600#1', false],
  ])('%j has the turns of %j: %s', (first, second, same) => {
    expect(isSameTurn(first, second)).toBe(same);
  });

  it.each([1, 2, 16, 64])('of %i have members where they would be enrolled', (shards) => {
    const slot = slotOf(key, 24, 1);
    expect(slotAmong(shards, { member: key, everyHours: 24, slot })).toBe(slotOf(key, 24, shards));
  });

  it('leave a member that has quiet hours its minute', () => {
    // MBR-1's own minute is 38 of six hours, in shard 1 of 2.
    expect(slotAmong(2, { member: key, everyHours: 6, slot: 'SLOT#6h#00300#0' })).toBe('SLOT#6h#00300#1');
  });
});

describe('a slot is about to be read', () => {
  // Noon: minute 720 of the day, 0 of the hour.
  const noon = minuteOf(T0);
  it.each<[string, EveryHours, string, number | null, boolean]>([
    ['whose minute it is', 24, '00720', noon - 1, true],
    ['of a minute ago that is still to be read', 24, '00719', noon - 2, true],
    ['of a minute ago that was read', 24, '00719', noon - 1, false],
    ['of this minute that was read', 24, '00720', noon, false],
    ['of the next minute', 24, '00721', noon, true],
    ['of in five minutes', 24, '00725', noon, true],
    ['of in six minutes', 24, '00726', noon, false],
    ['of this minute, before the first tick', 24, '00720', null, true],
    ['of a minute ago, before the first tick', 24, '00719', null, false],
    ['of in an hour', 24, '00780', noon - 1, false],
    ['of the hour', 1, '00000', noon - 1, true],
    ['of the hour, a minute ago', 1, '00059', noon - 1, false],
    ['of the hour, when ticks are an hour behind', 1, '00030', noon - 60, true],
    ['of the last hour that was missed', 24, '00670', noon - 60, true],
    ['of before', 24, '00659', noon - 60, false],
    ['of in seven minutes, by the ticks’ clock', 24, '00727', noon + 2, true],
    ['of now, where the ticks’ clock is ahead', 24, '00721', noon + 3, true],
    ['of every day, when ticks are a week behind', 24, '00100', noon - 10_080, true],
  ])('%s', (_what, everyHours, minute, lastMinute, expected) => {
    expect(isAboutToBeRead(`SLOT#${everyHours}h#${minute}#0`, everyHours, { lastMinute, now: T0 })).toBe(expected);
  });
});
