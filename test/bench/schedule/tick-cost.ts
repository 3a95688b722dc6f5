/** What one tick costs, with few and with many members enrolled who are not due in it. */
import type { Instant } from '../../../shared/domain/instant.ts';
import { minuteOf, slotsDueIn } from '../../../shared/domain/schedule.ts';
import { dollars } from './bill.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { createFleetWorld } from './fleet-world.ts';

const STARTS_AT: Instant = '2026-11-23T00:00:00.000Z';
const none = { quietShare: 0, heldShare: 0, at: STARTS_AT };

/** Dollars of one tick, starts not included, and how many it found due. */
export interface TickCost {
  readonly due: number;
  readonly dollars: number;
}

/**
 * The tick of one minute in a fleet of `members` every six hours, and `others` once a week in other minutes than this one.
 */
export async function tickCost(members: number, others: number, shards: number): Promise<TickCost> {
  const due = createFleet({ ...none, members, everyHours: 6, shards, seed: 1 });
  const rest = createFleet({ ...none, members: others, everyHours: 168, shards, seed: 2 });
  const now = new Set(slotsDueIn(minuteOf(STARTS_AT), shards));
  const bySlot = new Map([...due.bySlot, ...[...rest.bySlot].filter(([slot]) => !now.has(slot))]);
  const fleet: Fleet = { ...due, bySlot };
  const world = createFleetWorld(fleet, {
    ...{ shards, startsPerSecond: 100, startConcurrency: 0, startsAt: STARTS_AT, hours: 1, seed: 1 },
  });
  await world.time.runUntil(world.time.now() + 59_000);
  return { due: world.counts.of('due'), dollars: dollars(world.counts.copy()) };
}
