import { expect, it } from 'vitest';
import { stepsOf } from '../../../infra/console/page/line.ts';

const nowMs = Date.parse('2026-03-03T00:00:00.000Z');
const former = (since: string, balance: string | null) => ({ since, balance, currency: 'EUR' });

it.each([
  ['none', [], [], []],
  [
    'the last holds until now',
    [former('2026-03-02T00:00:00.000Z', '2.50'), former('2026-03-01T00:00:00.000Z', '1.5')],
    [1_772_323_200, 1_772_409_600, 1_772_496_000],
    [1.5, 2.5, 2.5],
  ],
  [
    'missing is a gap, and not zero',
    [former('2026-03-02T00:00:00.000Z', null), former('2026-03-01T00:00:00.000Z', '0')],
    [1_772_323_200, 1_772_409_600, 1_772_496_000],
    [0, null, null],
  ],
  [
    'two of the same time are one point',
    [former('2026-03-01T00:00:00.000Z', '2'), former('2026-03-01T00:00:00.000Z', '1')],
    [1_772_323_200, 1_772_496_000],
    [1, 1],
  ],
  ['a clock that is behind', [former('2026-03-03T00:00:10.000Z', '2')], [1_772_496_010, 1_772_496_011], [2, 2]],
])('a line of amounts: %s', (_what, amounts, times, values) => {
  expect(stepsOf(amounts, nowMs)).toEqual({ times, values });
});
