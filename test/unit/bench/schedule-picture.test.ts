import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pictureOf, themes } from '../../bench/schedule/picture.ts';
import { type Day, dayText, playDay } from '../../bench/schedule/play-day.ts';

const root = join(import.meta.dirname, '../../..');
const onDisk = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the picture of docs/schedules.md', () => {
  const text = onDisk('test/bench/schedule/day.json');
  const day: Day = JSON.parse(text);

  it.each(themes)('is what its day draws (%s)', async (theme) => {
    const drawn = await pictureOf(day, theme);
    // Compared as true or false: vitest would print the difference of 30,000 letters.
    expect(drawn === onDisk(`docs/images/starts-per-minute-${theme}.svg`), 'npm run bench:schedule -- --picture').toBe(
      true,
    );
  });

  it('shows a day of minutes', () => {
    expect(day.startsPerMinute).toHaveLength(1_440);
    expect(dayText(day)).toBe(text);
  });
});

it('a played day stands still in its outage', async () => {
  const { startsPerMinute, hours } = await playDay({
    ...{ members: 360, startsPerSecond: 1, hours: 2, outage: { from: 0.5, to: 1 } },
  });
  expect(hours).toBe(2);
  expect(startsPerMinute).toHaveLength(120);
  const between = (from: number, to: number) => startsPerMinute.slice(from, to).reduce((sum, count) => sum + count, 0);
  // One a minute; what is due in the minute before the outage may be started in its first one.
  expect(between(0, 30)).toBeGreaterThan(15);
  expect(between(31, 60)).toBe(0);
  expect(between(60, 63)).toBeGreaterThan(15);
  expect(Math.max(...startsPerMinute)).toBeLessThanOrEqual(60);
});
