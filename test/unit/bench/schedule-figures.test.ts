import { describe, expect, it } from 'vitest';
import { dollars, queueRequests, readUnits, writeUnits } from '../../bench/schedule/bill.ts';
import { delayClock } from '../../bench/schedule/delay.ts';
import { busiest, byMinute, normalAfter, onPaper, peakToMean } from '../../bench/schedule/figures.ts';
import { quietEdges } from '../../bench/schedule/fleet.ts';
import { PerSecond } from '../../bench/schedule/per-second.ts';
import { span } from '../../bench/schedule/tables.ts';

const T0 = Date.parse('2026-11-23T00:00:00.000Z');

describe('by the second', () => {
  it('a minute that is not full is left out', () => {
    expect(byMinute([...Array<number>(60).fill(2), ...Array<number>(59).fill(1)])).toEqual([120]);
  });

  it.each([
    [1, 9],
    [2, 10],
    [3, 12],
    [10, 14],
  ])('the busiest %i seconds have %i', (seconds, most) => {
    expect(busiest([2, 1, 9, 0, 2], seconds)).toBe(most);
  });

  it('the peak is taken beside the mean', () => {
    expect(peakToMean([10, 10, 40, 20])).toBe(2);
    expect(peakToMean([10, 10, 40, 20], new Set([2, 3]))).toBe(1);
    expect(peakToMean([])).toBe(0);
  });

  it.each<[string, number[], number | null]>([
    ['was all along', [5, 20, 7, 0, 0, 0], 0],
    ['is so after the last late start', [5, 21, 7, 21, 0, 0], 4],
    ['is not so yet', [0, 0, 0, 0, 21, 0], null],
  ])('it %s', (_, delays, seconds) => {
    expect(normalAfter(delays, 20, 2)).toBe(seconds);
  });

  it('what lies outside the record is left out', () => {
    const counts = new PerSecond(2);
    for (const second of [0, 1, 1, 2, -1]) counts.add(second);
    counts.atLeast(0, 7);
    counts.atLeast(0, 3);
    expect(counts.between(0, 3)).toEqual([7, 2]);
  });
});

it('ten million every six hours, on paper', () => {
  expect(onPaper({ members: 10_800_000, everyHours: 6, startedShare: 0.5 }, 4)).toEqual({
    startsPerSecond: 250,
    duePerMinute: 30_000,
    readsPerSecond: 1_000,
  });
});

describe('the delay of a start', () => {
  const quietHours = { from: '01:00', to: '02:00', timeZone: 'UTC' };
  const delay = delayClock(T0, 4);

  it.each([
    ['counts from the turn', null, '00:10', '00:15', 300],
    ['counts from it before the night', quietHours, '00:10', '00:15', 300],
    ['counts from the end of a night in between', quietHours, '00:59', '02:03', 180],
    ['counts from the turn after a night', quietHours, '02:30', '02:31', 60],
    ['is never less than nothing', null, '00:10', '00:09', 0],
  ])('%s', (_, quiet, dueAt, at, seconds) => {
    const dueInstant = `2026-11-23T${dueAt}:00.000Z`;
    expect(delay({ quietHours: quiet }, dueInstant, Date.parse(`2026-11-23T${at}:00.000Z`))).toBe(seconds);
  });
});

it('a night in New York begins and ends at edges', () => {
  // 22:00 and 07:00 there.
  const edges = quietEdges(T0, 24 * 60);
  expect([179, 180, 181, 719, 720, 721].map((minute) => edges.has(minute))).toEqual(Array(6).fill(true));
  expect([178, 182, 600, 1_200].some((minute) => edges.has(minute))).toBe(false);
});

it('a bill by hand', () => {
  const counted = new Map([
    ['schedule.lastMinute', 1],
    ['slot read units', 6.5],
    ['schedule.setLastMinute', 1],
    ['sqs.sendStarts', 2],
    ['ceiling writes', 3],
    ['members.read', 10],
    ['members.claim', 10],
    ['refreshes.put', 10],
    ['sqs.send', 10],
    ['invocations', 4],
    ['ticks', 1],
    ['invocation ms', 1_900],
    ['tick ms', 100],
  ]);
  expect(readUnits(counted)).toBe(17.5);
  expect(writeUnits(counted)).toBe(44);
  expect(queueRequests(counted)).toBe(20);
  // 2.1875 + 27.5 + 8 + 1 + 13.3334 millionths.
  expect(dollars(counted) * 1e6).toBeCloseTo(52.0209, 4);
});

it.each([
  [null, 'not within a day'],
  [95, '95 s'],
  [1_020, '17 min'],
  [4_320, '72 min'],
  [18_720, '5.2 h'],
])('%s seconds are %s', (seconds, words) => {
  expect(span(seconds)).toBe(words);
});
