/**
 * The sweep over many open claims whose last message is lost: `all_at_once`, the deadline of all has just passed; `spread`,
 * they reach it one after the other within the ten minutes that a refresh may last.
 */
import { type Instant, plusSeconds, secondsBetween } from '../../../shared/domain/instant.ts';
import { type ListedClaim, OPEN_SHARDS, type OpenPage } from '../../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../../shared/domain/mx.ts';
import { continueSweep, type SweepDeps, type SweepRest, sweep } from '../../../shared/domain/sweep.ts';
import { textOf } from '../../fakes/members-table.ts';
import { startingClaim } from '../../samples.ts';
import { createFleet } from './fleet.ts';
import { createFleetWorld, type FleetWorld } from './fleet-world.ts';

const STARTS_AT: Instant = '2026-11-23T00:00:00.000Z';
/** Claims in one page of the index (`shared/clients/open-claims.ts`); a page is a query and one request for its members. */
const CLAIMS_IN_PAGE = 100;
/** Minutes that are played at most. */
const MOST_MINUTES = 60;

/** When the deadlines are. */
export type Deadlines = 'all_at_once' | 'spread';

/** What it took. */
export interface Swept {
  readonly claims: number;
  readonly deadlines: Deadlines;
  /** The most seconds from a deadline to the end of its refresh; null: some have not ended within the hour. */
  readonly longest: number | null;
  /** Invocations that the parts of the index were handed on to. */
  readonly handedOn: number;
  readonly minutes: number;
}

/**
 * Lets the sweep tick every minute until no claim is left.
 *
 * @param togetherSeconds how long one invocation works on all parts. @default the sweep's own
 */
export async function playSweep(claims: number, deadlines: Deadlines, togetherSeconds?: number): Promise<Swept> {
  const fleet = createFleet({
    ...{ members: claims, everyHours: 6, shards: 1, quietShare: 0, heldShare: 0, at: STARTS_AT, seed: 1 },
  });
  const world = createFleetWorld(fleet, {
    ...{ shards: 1, startsPerSecond: 100, startConcurrency: 0, startsAt: STARTS_AT, hours: 1, seed: 1 },
  });
  world.works.ticks = false;
  const { deadlineSeconds } = world.deps.policy;
  const index = new OpenIndex(world);
  for (const [number, { member }] of fleet.enrolled.entries()) {
    const record = fleet.records.get(textOf(member));
    if (record === undefined) continue;
    const after = deadlines === 'spread' ? (number / claims) * deadlineSeconds : 0;
    const deadline = plusSeconds(STARTS_AT, after);
    const acceptedAt = plusSeconds(deadline, -deadlineSeconds);
    // Its looks were in time up to the last one.
    const lookedAt = plusSeconds(deadline, -5);
    const refreshId = `RFR-S${String(number).padStart(25, '0')}`;
    const claim = startingClaim(refreshId, { acceptedAt, deadline, lookedAt, trigger: 'schedule' });
    fleet.records.set(textOf(member), { ...record, claim });
    index.add(member, acceptedAt, number % OPEN_SHARDS);
  }
  let longest = 0;
  let handedOn = 0;
  const { members } = world.deps;
  const deps: SweepDeps = {
    ...world.deps,
    members: {
      ...members,
      openPage: (shard, before, after) => index.page(shard, before, after),
      async release(key, refreshId) {
        const deadline = fleet.records.get(textOf(key))?.claim?.deadline ?? STARTS_AT;
        await members.release(key, refreshId);
        longest = Math.max(longest, secondsBetween(deadline, world.time.instant()));
        index.remove(key);
      },
    },
    sweepRests: {
      async send(rest: SweepRest) {
        handedOn += 1;
        world.counts.add('sqs.send');
        await world.time.pause(5);
        void continueSweep(deps, rest, () => {});
      },
    },
  };
  let minutes = 0;
  while (index.size > 0 && minutes < MOST_MINUTES) {
    minutes += 1;
    void sweep(deps, () => {}, togetherSeconds);
    await world.time.runUntil(world.time.now() + 60_000);
  }
  return { claims, deadlines, longest: index.size > 0 ? null : longest, handedOn, minutes };
}

/** The open claims by part of the index, the oldest first. */
class OpenIndex {
  readonly #world: FleetWorld;
  readonly #parts: { readonly member: MemberKey; readonly acceptedAt: Instant }[][] = [];
  /** Where each open claim stands in its part. */
  readonly #places = new Map<string, number>();
  readonly #removed = new Set<string>();

  constructor(world: FleetWorld) {
    this.#world = world;
  }

  get size(): number {
    return this.#places.size - this.#removed.size;
  }

  /** Claims are added in the order of their acceptance. */
  add(member: MemberKey, acceptedAt: Instant, shard: number): void {
    const part = this.#parts[shard] ?? [];
    this.#parts[shard] = part;
    this.#places.set(textOf(member), part.length);
    part.push({ member, acceptedAt });
  }

  remove(member: MemberKey): void {
    this.#removed.add(textOf(member));
  }

  async page(shard: number, before: Instant, after: { readonly member: MemberKey } | null): Promise<OpenPage> {
    const { counts, time, table } = this.#world;
    counts.add('pages of open claims');
    await time.pause(10);
    const part = this.#parts[shard] ?? [];
    const listed: ListedClaim[] = [];
    let place = after === null ? 0 : (this.#places.get(textOf(after.member)) ?? 0) + 1;
    for (; place < part.length && listed.length < CLAIMS_IN_PAGE; place += 1) {
      const one = part[place];
      if (one === undefined || one.acceptedAt > before) break;
      if (this.#removed.has(textOf(one.member))) continue;
      listed.push({ ...one, claim: table.members.get(textOf(one.member))?.claim ?? null });
    }
    return { listed, next: listed.length < CLAIMS_IN_PAGE ? null : (listed.at(-1) ?? null) };
  }
}
