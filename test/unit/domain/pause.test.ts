import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import {
  backAfter,
  inOrder,
  type KeptPause,
  lastPauseEnd,
  MAX_PAUSES,
  movedDeadline,
  type Pause,
  pauseAt,
  pausedSeconds,
  secondsUntilBack,
  withoutPauseAt,
  withPause,
} from '../../../shared/domain/pause.ts';
import { at, T0 } from '../../samples.ts';

type Span = readonly [number, number];
const pause = ([from, until]: Span): Pause => ({ from: at(from), until: at(until) });
const pauses = (...spans: readonly Span[]): readonly Pause[] => spans.map(pause);
const kept = ([from, until]: Span, why: string): KeptPause => ({ ...pause([from, until]), why });

describe('pauses in order', () => {
  it.each<[string, readonly Span[], readonly Span[]]>([
    ['none', [], []],
    [
      'the later one first',
      [
        [50, 60],
        [10, 20],
      ],
      [
        [10, 20],
        [50, 60],
      ],
    ],
    [
      'overlapping: one',
      [
        [10, 30],
        [20, 40],
      ],
      [[10, 40]],
    ],
    [
      'touching: one',
      [
        [10, 20],
        [20, 40],
      ],
      [[10, 40]],
    ],
    [
      'one within the other: the longer',
      [
        [10, 40],
        [20, 30],
      ],
      [[10, 40]],
    ],
    [
      'of the same beginning: the longer',
      [
        [10, 20],
        [10, 40],
      ],
      [[10, 40]],
    ],
    [
      'without any time: none',
      [
        [10, 10],
        [30, 20],
      ],
      [],
    ],
  ])('%s', (_what, given, ordered) => {
    expect(inOrder(pauses(...given))).toEqual(pauses(...ordered));
  });
});

describe('the pause at', () => {
  it.each<[string, number, Span | null]>([
    ['a moment before it: none', 9.999, null],
    ['its beginning', 10, [10, 20]],
    ['a moment before its end', 19.999, [10, 20]],
    ['its end: none', 20, null],
    ['the second one', 30, [30, 40]],
  ])('%s', (_what, seconds, found) => {
    expect(pauseAt(pauses([10, 20], [30, 40]), at(seconds))).toEqual(found && pause(found));
  });
});

describe('a deadline 100 s after the beginning', () => {
  it.each<[string, readonly Span[], number]>([
    ['stays without a pause', [], 100],
    ['stays when the pause was over before', [[-20, 0]], 100],
    ['moves by what of it came since', [[-20, 5]], 105],
    ['moves by all of it', [[40, 70]], 130],
    ['moves when it begins just before', [[99, 199]], 200],
    ['stays when it begins then', [[100, 200]], 100],
    [
      'moves into the next one',
      [
        [40, 70],
        [120, 220],
      ],
      230,
    ],
    [
      'moves no further than before the next one',
      [
        [40, 70],
        [130, 230],
      ],
      130,
    ],
    ['moves by one that goes on, to its agreed end', [[40, 7_240]], 7_300],
  ])('%s', (_what, spans, moved) => {
    expect(movedDeadline(pauses(...spans), { acceptedAt: T0, deadline: at(100) })).toBe(at(moved));
  });

  it('is as many seconds without pauses away, counted', () => {
    const span = fc.tuple(fc.integer({ min: -50, max: 400 }), fc.integer({ min: 1, max: 120 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 6 }), fc.integer({ min: 1, max: 150 }), (drawn, length) => {
        const spans = drawn.map(([from, seconds]): Span => [from, from + seconds]);
        const isIn = (one: number): boolean => spans.some(([from, until]) => from <= one && one < until);
        let [passed, second] = [0, 0];
        for (; passed < length; second += 1) if (!isIn(second)) passed += 1;
        const ordered = inOrder(pauses(...spans));
        expect(movedDeadline(ordered, { acceptedAt: T0, deadline: at(length) })).toBe(at(second));
        expect(pausedSeconds(ordered, T0, at(second))).toBe(second - length);
        expect(pauseAt(ordered, at(second - 1))).toBeNull();
      }),
      { seed: 19, numRuns: 500 },
    );
  });
});

describe('after a pause', () => {
  it.each([
    [0, 20],
    [0.5, 50],
    [0.999, 79.94],
  ])('with %d drawn, what waits comes back at %d s', (random, seconds) => {
    expect(backAfter(pause([10, 20]), random)).toBe(at(seconds));
  });

  it.each([
    [0, 45],
    [0.5, 53],
    [0.999, 60],
  ])('with %d drawn, a message comes back in %d s', (random, seconds) => {
    expect(secondsUntilBack(random)).toBe(seconds);
  });

  it.each<[number, number | null]>([
    [19, null],
    [20, 20],
    [35, 20],
    [50, 40],
  ])('at %d s the last end was at %s', (now, end) => {
    expect(lastPauseEnd(pauses([10, 20], [30, 40]), at(now))).toBe(end === null ? null : at(end));
  });
});

describe('a pause that is begun', () => {
  it('stands beside those before', () => {
    expect(withPause([kept([10, 20], 'a')], kept([30, 40], 'b'), at(30))).toEqual([
      kept([10, 20], 'a'),
      kept([30, 40], 'b'),
    ]);
  });

  it('makes one that goes on longer, never shorter', () => {
    const goesOn = [kept([10, 50], 'a')];
    expect(withPause(goesOn, kept([30, 90], 'b'), at(30))).toEqual([kept([10, 90], 'a; b')]);
    expect(withPause(goesOn, kept([30, 40], 'a'), at(30))).toEqual([kept([10, 50], 'a')]);
  });

  const days = 86_400;

  it.each<[string, number, boolean]>([
    ['two days later', 20 + 2 * days, true],
    ['after that', 20 + 2 * days + 1, false],
  ])('an old one is kept: %s', (_what, now, isKept) => {
    const after = withPause([kept([10, 20], 'a')], kept([now, now + 60], 'b'), at(now));
    expect(after.map(({ why }) => why)).toEqual(isKept ? ['a', 'b'] : ['b']);
  });

  it('the time of pauses does not make one old', () => {
    const now = 3 * days;
    const after = withPause([kept([10, 20], 'a'), kept([30, 30 + 2 * days], 'b')], kept([now, now + 60], 'c'), at(now));
    expect(after.map(({ why }) => why)).toEqual(['a', 'b', 'c']);
  });

  it('where there are too many, the nearest two are one', () => {
    const many = Array.from({ length: MAX_PAUSES }, (_, index) =>
      kept([100 * index, 100 * index + (index === 7 ? 90 : 10)], String(index)),
    );
    const after = withPause(many, kept([2_100, 2_160], 'new'), at(2_100));
    expect(after.length).toBe(20);
    expect(after.slice(6, 9)).toEqual([kept([600, 610], '6'), kept([700, 810], '7; 8'), kept([900, 910], '9')]);
  });

  it('the nearest two may be the last', () => {
    const many = Array.from({ length: MAX_PAUSES }, (_, index) => kept([100 * index, 100 * index + 10], String(index)));
    const after = withPause(many, kept([1_915, 2_000], 'new'), at(1_915));
    expect([after.length, after[0], after.at(-1)]).toEqual([20, kept([0, 10], '0'), kept([1_900, 2_000], '19; new')]);
  });

  it('keeps 500 characters of the reasons', () => {
    const [only] = withPause([kept([10, 50], 'a'.repeat(400))], kept([20, 60], 'b'.repeat(400)), at(20));
    expect(only?.why).toBe(`${'a'.repeat(400)}; ${'b'.repeat(98)}`);
  });
});

describe('a pause that is ended', () => {
  it('was until then', () => {
    expect(withoutPauseAt([kept([10, 20], 'a'), kept([30, 90], 'b')], at(40))).toEqual([
      kept([10, 20], 'a'),
      kept([30, 40], 'b'),
    ]);
  });

  it('at its very beginning was none', () => {
    expect(withoutPauseAt([kept([30, 90], 'b')], at(30))).toEqual([]);
  });

  it.each([29, 90])('is none at %d s', (now) => {
    expect(withoutPauseAt([kept([30, 90], 'b')], at(now))).toBeNull();
  });
});

it('all that overlap are ended', () => {
  expect(withoutPauseAt([kept([10, 60], 'a'), kept([30, 90], 'b')], at(40))).toEqual([
    kept([10, 40], 'a'),
    kept([30, 40], 'b'),
  ]);
});

it('a pause can last a millisecond', () => {
  expect(pauseAt([{ from: T0, until: plusSeconds(T0, 0.001) }], T0)).not.toBeNull();
});
