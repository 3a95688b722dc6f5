/** A day of a fleet's starts with an outage of the schedule in it: the data of the picture in `docs/schedules.md`. */
import type { Instant } from '../../../shared/domain/instant.ts';
import { byMinute } from './figures.ts';
import { createFleet } from './fleet.ts';
import { createFleetWorld } from './fleet-world.ts';
import { shares } from './play-fleet.ts';

const STARTS_AT: Instant = '2026-11-23T00:00:00.000Z';
const HOUR_MS = 3_600_000;

/** What is played. */
export interface DayOptions {
  readonly members: number;
  readonly startsPerSecond: number;
  /** Hours of the day between which no tick comes. */
  readonly outage: { readonly from: number; readonly to: number };
  /** @default 24 */
  readonly hours?: number;
}

/** What came of it. */
export interface Day extends Required<DayOptions> {
  readonly startsPerMinute: readonly number[];
}

/** Members every six hours, from midnight on. */
export async function playDay({ hours = 24, ...options }: DayOptions): Promise<Day> {
  const { members, startsPerSecond, outage } = options;
  const fleet = createFleet({
    ...{ members, everyHours: 6, shards: 1, at: STARTS_AT, seed: 1 },
    ...{ quietShare: shares.quiet, heldShare: shares.held },
  });
  const world = createFleetWorld(fleet, {
    ...{ shards: 1, startsPerSecond, startConcurrency: 5, startsAt: STARTS_AT, hours, seed: 1 },
  });
  const start = world.time.now();
  await world.time.runUntil(start + outage.from * HOUR_MS);
  world.works.ticks = false;
  await world.time.runUntil(start + outage.to * HOUR_MS);
  world.works.ticks = true;
  await world.time.runUntil(start + hours * HOUR_MS);
  return { ...options, hours, startsPerMinute: byMinute(world.recorded.posts.between(0, hours * 3_600)) };
}

/** The longest line of a file, as the formatter has it. */
const LINE = 120;

/** `day` as JSON, its minutes as many to a line as the formatter puts there. */
export function dayText({ startsPerMinute, ...options }: Day): string {
  const lines: string[] = [];
  let line = '   ';
  for (const [minute, count] of startsPerMinute.entries()) {
    const text = ` ${count}${minute === startsPerMinute.length - 1 ? '' : ','}`;
    if (line.length + text.length > LINE) {
      lines.push(line);
      line = '   ';
    }
    line += text;
  }
  const facts = Object.entries(options).map(([name, value]) => `  "${name}": ${spaced(value)},`);
  return ['{', ...facts, '  "startsPerMinute": [', ...lines, line, '  ]', '}', ''].join('\n');
}

const spaced = (value: number | DayOptions['outage']): string =>
  typeof value === 'number' ? String(value) : `{ "from": ${value.from}, "to": ${value.to} }`;
