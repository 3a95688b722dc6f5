/** The bench of looks: its reckoning, and its goals on one seed of each model. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lagAt, meanOf, steps } from '../../bench/looks/curves.ts';
import { goalsOf } from '../../bench/looks/goals.ts';
import { oneSpeed, shareOver, slower, twoSpeeds } from '../../bench/looks/institutions.ts';
import { measure, measureChange, measureWebhooks } from '../../bench/looks/measure.ts';
import { pictureOf, themes } from '../../bench/looks/picture.ts';
import {
  bestSchedule,
  byRule,
  doubling,
  figuresOf,
  type Lengths,
  lengthsOf,
  planned,
  together,
} from '../../bench/looks/schedules.ts';

/** Jobs of 10 s and 100 s, half of each. */
const ages = Array.from({ length: 601 }, (_, age) => age);
const halves: Lengths = {
  over: Float64Array.from(ages, (age) => (age >= 100 ? 1 : age >= 10 ? 0.5 : 0)),
  area: Float64Array.from(ages, (age) => Math.max(0, age - 10) / 2 + Math.max(0, age - 100) / 2),
};

describe('a schedule', () => {
  it.each([
    ['sees both ends at once', [10, 100, 600], { looks: 1.5, lag: 0 }],
    ['sees one end late', [12, 100, 600], { looks: 1.5, lag: 1 }],
    ['takes one look', [600], { looks: 1, lag: 545 }],
    ['looks in vain', [5, 10, 50, 100, 600], { looks: 3, lag: 0 }],
  ])('that %s', (_, schedule, figures) => {
    expect(figuresOf(schedule, halves)).toEqual(figures);
  });

  it('by a rule ends at the deadline', () => {
    expect(byRule(() => 250)).toEqual([250, 500, 600]);
    expect(doubling).toEqual([3, 9, 21, 45, 93, 153, 213, 273, 333, 393, 453, 513, 573, 600]);
  });

  it('without learning is today’s', () => {
    const blind = planned({ lengths: null, lagSeconds: 0.4, webhooks: false });
    expect(blind.slice(0, 8)).toEqual([5, 8, 12, 18, 27, 41, 62, 93]);
  });

  it('that is the best sees every end', () => {
    const best = bestSchedule(halves, 0.5);
    expect(best.filter((age) => age <= 100)).toEqual(expect.arrayContaining([10, 100]));
    expect(figuresOf(best, halves)).toEqual({ looks: 2, lag: 0 });
  });

  it('that is the best is no worse than another', () => {
    const lengths = lengthsOf({ traffic: 1, speeds: [{ share: 1, middle: 3, spread: 0.5 }] });
    const cost = (schedule: readonly number[]): number => {
      const { looks, lag } = figuresOf(schedule, lengths);
      return lag + 0.4 * looks;
    };
    const best = cost(bestSchedule(lengths, 0.4));
    for (const gap of [3, 5, 8, 20]) expect(best).toBeLessThan(cost(byRule(() => gap)));
    expect(best).toBeLessThan(cost(doubling));
  });
});

describe('the institutions', () => {
  it.each([1, 101])('of seed %d have the lengths assumed', (seed) => {
    const institutions = oneSpeed(seed);
    const over = (seconds: number): number =>
      institutions.reduce((sum, one) => sum + one.traffic * shareOver(one, seconds), 0);
    expect(over(8)).toBeCloseTo(0.5, 2);
    expect(over(34)).toBeCloseTo(0.9, 1.5);
    expect(over(173)).toBeCloseTo(0.99, 2);
    expect(institutions.length).toBe(30);
    expect(over(1e9)).toBeCloseTo(1, 6);
  });

  it('of one seed are the same again', () => {
    expect(oneSpeed(3)).toEqual(oneSpeed(3));
    expect(oneSpeed(3)[0]).not.toEqual(oneSpeed(4)[0]);
  });

  it('three times slower are over three times later', () => {
    const [fast] = twoSpeeds(2);
    const [slow] = slower(twoSpeeds(2), 3);
    if (fast === undefined || slow === undefined) throw new Error('no institution');
    expect(shareOver(slow, 60)).toBeCloseTo(shareOver(fast, 20), 10);
  });

  it('together are over as each by its traffic', () => {
    const all = [0.75, 0.25].map((traffic, index) => ({ traffic, lengths: index === 0 ? halves : lengthsOf(never) }));
    expect(together(all).over[50]).toBeCloseTo(0.375, 10);
    expect(together(all).area[20]).toBeCloseTo(3.75, 10);
  });
});

/** Its jobs outlast every deadline. */
const never = { traffic: 1, speeds: [{ share: 1, middle: 100, spread: 0.1 }] };

describe('a curve', () => {
  const curve = [
    { looks: 4, lag: 1 },
    { looks: 2, lag: 3 },
  ];

  it('is read between two points', () => {
    expect([2.5, 3, 4].map((looks) => lagAt(curve, looks))).toEqual([2.5, 2, 1]);
  });

  it('is not read beyond its ends', () => {
    expect(() => lagAt(curve, 5)).toThrow('does not reach 5 looks');
    expect(() => lagAt(curve, 1)).toThrow('does not reach 1 looks');
  });

  it('has points in equal ratios', () => {
    expect(steps(1, 8, 2)).toEqual([1, 2, 4, 8]);
    expect(meanOf(curve)).toEqual({ looks: 3, lag: 2 });
  });
});

describe('the picture', () => {
  const point = { looks: 3, lag: 2 };
  const curve = [
    { looks: 2, lag: 4 },
    { looks: 4, lag: 1 },
    { looks: 9, lag: 0.5 },
  ];
  const measured = {
    ...{ today: point, doubling: point, blind: curve, optimum: curve },
    ours: [0, 10, 50, 500].map((jobs) => ({ jobs, curve, atDefault: point })),
  };
  const names = [
    'best one schedule for all',
    'planned, nothing known',
    'planned, 10 jobs known',
    'planned, 50 jobs known',
    'planned, 500 jobs known',
    'best for each institution',
    'doubling, from 3 s',
    'without learning',
  ];
  const textsIn = (svg: string): readonly (string | undefined)[] =>
    [...svg.matchAll(/<text [^>]*>([^<]+)<\/text>/g)].map(([, text]) => text);

  it.each(themes)('%s names every line and point', async (theme) => {
    const drawn = await pictureOf([measured, measured], theme);
    expect(textsIn(drawn)).toEqual(expect.arrayContaining(names));
    expect(await pictureOf([measured, measured], theme)).toBe(drawn);
    // The point with nine looks is not in the picture.
    expect(drawn).not.toMatch(/L\d{4}/);
  });

  it.each(themes)('%s of docs/looks.md has the same', (theme) => {
    const file = new URL(`../../../docs/images/lag-against-looks-${theme}.svg`, import.meta.url);
    expect(textsIn(readFileSync(file, 'utf8'))).toEqual(expect.arrayContaining(names));
  });
});

it.each([
  ['one speed', oneSpeed],
  ['two speeds', twoSpeeds],
])('one seed of %s meets every goal', (name, build) => {
  const institutions = build(2);
  const goals = goalsOf({
    name,
    ways: [measure(institutions, 2, { draws: 1, step: 1.5 })],
    webhooks: [measureWebhooks(institutions, 2)],
    changes: [measureChange(institutions, { seed: 2, draws: 1, sameDay: false })],
  });
  expect(goals.filter(({ isMet }) => !isMet)).toEqual([]);
  expect(goals.length).toBe(6);
});
