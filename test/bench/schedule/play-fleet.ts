/** One fleet through a cycle without faults, and through outages: what `bench:schedule` shows of it. */

import type { EveryHours } from '../../../shared/domain/every-hours.ts';
import type { Instant } from '../../../shared/domain/instant.ts';
import { type Counted, dollars, queueRequests, readUnits, writeUnits } from './bill.ts';
import { busiest, byMinute, largest, normalAfter, peakToMean } from './figures.ts';
import { createFleet, quietEdges } from './fleet.ts';
import { createFleetWorld, type FleetWorld } from './fleet-world.ts';

/** A Monday. */
const STARTS_AT: Instant = '2026-11-23T00:00:00.000Z';
/** A start that comes so late is not normal, in seconds. */
export const LONGEST_NORMAL_DELAY = 120;
/** Normal for so long is normal again, in seconds. */
const QUIET_SECONDS = 600;
/** How often it is looked whether it is normal again. */
const STEP_SECONDS = 300;
const HOUR = 3_600;
/** Of members with quiet hours, and of members that are held back. */
export const shares = { quiet: 0.05, held: 0.02 };

/** What stands still. */
export type OutageOf = 'the schedule' | 'MX';

/** A fleet and what it goes through. */
export interface PlayOptions {
  readonly members: number;
  readonly everyHours: EveryHours;
  /** How many hours of the first period are played; the dollars of all of it follow from them. */
  readonly cycleHours: number;
  readonly shards: number;
  readonly startsPerSecond: number;
  readonly startConcurrency: number;
  readonly outages: readonly { readonly of: OutageOf; readonly hours: number }[];
  readonly seed: number;
}

/** A cycle without faults. */
export interface Cycle {
  readonly due: number;
  readonly starts: number;
  readonly meanPerSecond: number;
  readonly busiestSecond: number;
  /** Starts a second in the busiest minute. */
  readonly busiestMinute: number;
  /** The busiest minute beside the mean one, outside the edges of quiet hours. */
  readonly peakToMean: number;
  readonly longestDelay: number;
  /** Reads at MX in the busiest second. */
  readonly busiestReads: number;
  readonly readsAtMxPerStart: number;
  readonly perTick: {
    readonly readUnits: number;
    readonly writes: number;
    readonly queueRequests: number;
    readonly ms: number;
  };
  readonly perStart: { readonly readUnits: number; readonly writeUnits: number; readonly queueRequests: number };
  /** Writes to slots and enrolments. */
  readonly scheduleWrites: number;
  readonly deferred: number;
  /** Of a whole period. */
  readonly dollars: number;
  readonly dollarsPerStart: number;
}

/** What an outage brings. */
export interface CatchUp {
  readonly of: OutageOf;
  readonly hours: number;
  /** Seconds after its end until no start is late any more; null: not within a day. */
  readonly normalAfter: number | null;
  readonly starts: number;
  readonly busiestSecond: number;
  readonly busiestTenSeconds: number;
  readonly busiestMinute: number;
  /** Turns that were left out, because the next one was due. */
  readonly dropped: number;
  readonly messagesPerStart: number;
  /** Beyond what as many starts cost without an outage. */
  readonly extraDollars: number;
  readonly longestTickSeconds: number;
  readonly busiestReads: number;
}

/** What came of it. */
export interface Played {
  readonly options: PlayOptions;
  readonly cycle: Cycle;
  readonly catchUps: readonly CatchUp[];
}

/** Plays a fleet through one period and the outages, one after the other. */
export async function playFleet(options: PlayOptions): Promise<Played> {
  const { members, everyHours, cycleHours, shards, outages, seed } = options;
  const fleet = createFleet({
    ...{ members, everyHours, shards, seed },
    ...{ quietShare: shares.quiet, heldShare: shares.held, at: STARTS_AT },
  });
  const hours = outages.reduce((sum, outage) => sum + outage.hours + 24, cycleHours);
  const world = createFleetWorld(fleet, { ...options, startsAt: STARTS_AT, hours });
  const play = new Play(world);
  await play.forHours(cycleHours);
  const cycle = cycleOf(world, options);
  const catchUps: CatchUp[] = [];
  for (const outage of outages) catchUps.push(await play.outage(outage, cycle.dollarsPerStart));
  return { options, cycle, catchUps };
}

const of = (counted: Counted, name: string): number => counted.get(name) ?? 0;

/** The cycle, from the beginning on. */
function cycleOf(
  { counts, recorded, time, outcomes }: FleetWorld,
  { everyHours, cycleHours }: Pick<PlayOptions, 'everyHours' | 'cycleHours'>,
): Cycle {
  const seconds = cycleHours * HOUR;
  const counted = counts.copy();
  const posts = recorded.posts.between(0, seconds);
  const reads = recorded.reads.between(0, seconds);
  const minutes = byMinute(posts);
  const starts = of(counted, 'mx.post');
  const ticks = of(counted, 'ticks');
  const perStart = (amount: number): number => amount / starts;
  const tickReads = of(counted, 'schedule.lastMinute') + of(counted, 'slot read units');
  return {
    due: of(counted, 'due'),
    starts,
    meanPerSecond: starts / seconds,
    busiestSecond: largest(posts),
    busiestMinute: largest(minutes) / 60,
    peakToMean: peakToMean(minutes, quietEdges(time.now() - seconds * 1000, cycleHours * 60)),
    longestDelay: largest(recorded.delays.between(0, seconds)),
    busiestReads: largest(reads),
    readsAtMxPerStart: perStart(reads.reduce((sum, count) => sum + count, 0)),
    perTick: {
      readUnits: tickReads / ticks,
      writes: of(counted, 'schedule.setLastMinute') / ticks,
      queueRequests: of(counted, 'sqs.sendStarts') / ticks,
      ms: of(counted, 'tick ms') / ticks,
    },
    perStart: {
      readUnits: perStart(readUnits(counted) - tickReads),
      writeUnits: perStart(writeUnits(counted) - of(counted, 'schedule.setLastMinute')),
      queueRequests: perStart(queueRequests(counted)),
    },
    scheduleWrites: [...counted].reduce(
      (sum, [name, count]) => (/^schedule\.(enrol|removeStray|setVersion)/.test(name) ? sum + count : sum),
      0,
    ),
    deferred: outcomes.get('deferred') ?? 0,
    dollars: (dollars(counted) * everyHours) / cycleHours,
    dollarsPerStart: perStart(dollars(counted)),
  };
}

class Play {
  readonly #world: FleetWorld;
  #second = 0;

  constructor(world: FleetWorld) {
    this.#world = world;
  }

  async forHours(hours: number): Promise<void> {
    await this.#forSeconds(hours * HOUR);
  }

  async #forSeconds(seconds: number): Promise<void> {
    const { time } = this.#world;
    this.#second += seconds;
    await time.runUntil(time.now() + seconds * 1000);
  }

  /** An outage, and what follows until starts are on time again. */
  async outage({ of: what, hours }: { of: OutageOf; hours: number }, dollarsPerStart: number): Promise<CatchUp> {
    const { counts, recorded, works, outcomes, ticks } = this.#world;
    const before = counts.copy();
    const droppedBefore = outcomes.get('dropped') ?? 0;
    ticks.longestMs = 0;
    const set = (isWorking: boolean): void => {
      if (what === 'MX') works.mx = isWorking;
      else works.ticks = isWorking;
    };
    set(false);
    await this.forHours(hours);
    set(true);
    const from = this.#second;
    let normal: number | null = null;
    while (normal === null && this.#second - from < 24 * HOUR) {
      await this.#forSeconds(STEP_SECONDS);
      normal = normalAfter(recorded.delays.between(from, this.#second), LONGEST_NORMAL_DELAY, QUIET_SECONDS);
    }
    const counted = counts.since(before);
    const posts = recorded.posts.between(from, this.#second);
    const reads = recorded.reads.between(from, this.#second);
    const starts = of(counted, 'mx.post');
    return {
      ...{ of: what, hours, starts, normalAfter: normal },
      busiestSecond: largest(posts),
      busiestTenSeconds: busiest(posts, 10) / 10,
      busiestMinute: busiest(posts, 60) / 60,
      dropped: (outcomes.get('dropped') ?? 0) - droppedBefore,
      messagesPerStart: of(counted, 'messages') / starts,
      extraDollars: dollars(counted) - starts * dollarsPerStart,
      longestTickSeconds: ticks.longestMs / 1000,
      busiestReads: largest(reads),
    };
  }
}
