import { describe, expect, it } from 'vitest';
import { checkTicks, type ReshardCounts, type ReshardDeps, reshardOnce } from '../../../infra/operator/reshard.ts';
import { type Instant, plusSeconds, secondsBetween } from '../../../shared/domain/instant.ts';
import type { Schedule } from '../../../shared/domain/ports.ts';
import { runSchedule } from '../../../shared/domain/run-schedule.ts';
import { type DelayedBatch, hash, isSameTurn, minuteOf, noWishes, slotOf } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { fakeSchedule } from '../../fakes/fake-schedule.ts';
import { memberOf } from '../../fakes/members-table.ts';
import type { Request } from '../../fakes/request.ts';
import { T0 } from '../../samples.ts';
import { keyOf, scheduled, world } from '../domain/start-due-world.ts';

const SHARDS = 4;
const COUNT = 12;
/** Members that are due at ten, in any shard. */
const numbers = Array.from({ length: 20_000 }, (_, n) => n)
  .filter((n) => hash(keyOf(n).memberGuid) % 1_440 === 600)
  .slice(0, COUNT);
const AT_EIGHT = '2026-11-22T08:00:00.000Z';
const AT_TEN = '2026-11-22T10:00:00.000Z';
const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };

/** Members in the one shard of before, at eight. */
async function fleet() {
  const made = world(...numbers.map((n) => scheduled(n, { enrolment: null })));
  const { table, schedule } = made;
  for (const key of numbers.map(keyOf)) {
    const wishes = { quietHours, maxAgeSeconds: 60 };
    await schedule.enrol(key, { everyHours: 24, slot: slotOf(key, 24, 1) }, 'always', wishes);
  }
  table.bookmark = minuteOf(AT_EIGHT) - 1;
  const clock = { now: AT_EIGHT };
  const moveTo = (at: Instant): void => {
    made.wait(secondsBetween(clock.now, at));
    clock.now = at;
    table.bookmark = minuteOf(at) - 1;
  };
  made.wait(secondsBetween(T0, AT_EIGHT));

  const deps = (request?: Request, more: Partial<ReshardDeps> = {}): ReshardDeps => ({
    schedule: fakeSchedule(table, request),
    async *items() {
      const found = [...table.slots].flatMap(([slot, members]) =>
        [...members.keys()].map((text) => ({
          member: memberOf(text),
          everyHours: 24 as const,
          slot,
          ...(table.wishes.get(`${slot} ${text}`) ?? noWishes),
        })),
      );
      yield found.slice(0, 4);
      yield found.slice(4);
    },
    shards: SHARDS,
    turn: async () => {},
    now: () => clock.now,
    dryRun: false,
    isStopped: () => false,
    tell: () => {},
    ...more,
  });

  /** The messages of the tick at ten. */
  async function tick(membersOf: Schedule['membersOf'] = schedule.membersOf): Promise<readonly DelayedBatch[]> {
    const sent: DelayedBatch[] = [];
    await runSchedule({
      schedule: { ...fakeSchedule(table), membersOf },
      starts: { sendAll: async (batches) => void sent.push(...batches) },
      shards: SHARDS,
      startsPerSecond: 100,
      now: () => AT_TEN,
    });
    return sent;
  }
  /** Which members MX was asked to start. */
  async function started(batches: readonly DelayedBatch[]): Promise<string[]> {
    for (const { batch } of batches) await startDue(made.deps, batch);
    return made.mxCalls.filter((call) => call.startsWith('start')).toSorted();
  }
  const places = async () => {
    const found: string[] = [];
    for (const key of numbers.map(keyOf)) {
      const slots = [...table.slots].flatMap(([slot, members]) =>
        members.has(`${key.userGuid}#${key.memberGuid}`) ? [slot] : [],
      );
      const enrolment = (await made.deps.members.read(key))?.enrolment;
      found.push(`${slots.join()} ${enrolment?.slot === slots[0]}`);
      if (slots[0] !== undefined) {
        expect(await schedule.wishesOf(key, slots[0])).toEqual({ quietHours, maxAgeSeconds: 60 });
      }
    }
    return found;
  };
  return { ...made, deps, tick, started, places, moveTo };
}

const each = numbers.map((n) => `start USR-${n}/MBR-${n}`).toSorted();
const spread = numbers.map((n) => `${slotOf(keyOf(n), 24, SHARDS)} true`);
const moving = numbers.filter((n) => slotOf(keyOf(n), 24, SHARDS) !== slotOf(keyOf(n), 24, 1)).length;
const counted = (counts: Partial<ReshardCounts>): ReshardCounts => ({
  inPlace: 0,
  moved: 0,
  dueNow: 0,
  changed: 0,
  ...counts,
});

describe('spreading over more shards', () => {
  it('moves members into their shards, and only once', async () => {
    const { deps, places } = await fleet();
    expect(moving).toBeGreaterThan(2);
    expect(await reshardOnce(deps())).toEqual(counted({ moved: moving, inPlace: COUNT - moving }));
    expect(await places()).toEqual(spread);
    expect(await reshardOnce(deps())).toEqual(counted({ inPlace: COUNT }));
  });

  it('leaves the minute of every member', async () => {
    const { deps, tick, started, moveTo } = await fleet();
    await reshardOnce(deps());
    moveTo(AT_TEN);
    expect(await started(await tick())).toEqual(each);
  });

  it('changes nothing on trial', async () => {
    const { deps, places } = await fleet();
    const before = await places();
    expect(await reshardOnce(deps(undefined, { dryRun: true }))).toMatchObject({ moved: moving });
    expect(await places()).toEqual(before);
  });

  it('waits for members that are due about now', async () => {
    const { deps, places, moveTo } = await fleet();
    const before = await places();
    for (const at of [plusSeconds(AT_TEN, -5 * 60), AT_TEN]) {
      moveTo(at);
      expect(await reshardOnce(deps())).toMatchObject({ moved: 0, dueNow: moving });
    }
    expect(await places()).toEqual(before);
    moveTo(plusSeconds(AT_TEN, 60));
    expect(await reshardOnce(deps())).toMatchObject({ moved: moving, dueNow: 0 });
  });

  it('stops where the operator says so', async () => {
    const { deps } = await fleet();
    let turns = 0;
    const turn = async () => {
      turns += 1;
    };
    expect(await reshardOnce(deps(undefined, { turn, isStopped: () => turns === 2 }))).toMatchObject({ moved: 2 });
  });

  it('moves no member that was enrolled anew meanwhile', async () => {
    const { deps, schedule, table } = await fleet();
    const [key] = numbers.filter((n) => slotOf(keyOf(n), 24, SHARDS) !== slotOf(keyOf(n), 24, 1)).map(keyOf);
    if (key === undefined) throw new Error('some member moves');
    const at6 = { everyHours: 6, slot: slotOf(key, 6, SHARDS) } as const;
    const turn = async () => schedule.enrol(key, at6, 'always');
    await reshardOnce(deps(undefined, { turn }));
    const slots = [...table.slots].flatMap(([slot, members]) =>
      members.has(`${key.userGuid}#${key.memberGuid}`) ? [slot] : [],
    );
    expect(slots).toEqual([at6.slot]);
  });
});

/** Every request of the schedule's table, in order; at the one with this number `event` happens first. */
const beforeRequest = (number: number, event: () => Promise<void>): { request: Request; count: () => number } => {
  let count = 0;
  const request: Request = async (_what, act) => {
    count += 1;
    if (count === number) await event();
    return act();
  };
  return { request, count: () => count };
};

const requests = await (async () => {
  const { deps } = await fleet();
  const { request, count } = beforeRequest(0, async () => {});
  await reshardOnce(deps(request));
  return Array.from({ length: count() }, (_, n) => n + 1);
})();

describe('with a crash at any request', () => {
  it('there are enough of them', () => {
    expect(requests.length).toBeGreaterThan(5 * moving);
  });

  it.each(requests)('a crash at %i: one start each, then done', async (number) => {
    const { deps, tick, started, places, moveTo } = await fleet();
    const { request } = beforeRequest(number, async () => {
      throw new Error('crashed');
    });
    await expect(reshardOnce(deps(request))).rejects.toThrow('crashed');
    moveTo(AT_TEN);
    expect(await started(await tick())).toEqual(each);
    moveTo(plusSeconds(AT_TEN, 3_600));
    for (let run = 0; run < 2; run += 1) await reshardOnce(deps());
    expect(await places()).toEqual(spread);
  });

  it.each(requests)('a pause at %i: one start each', async (number) => {
    const { deps, tick, started, moveTo } = await fleet();
    let batches: readonly DelayedBatch[] = [];
    const { request } = beforeRequest(number, async () => {
      moveTo(AT_TEN);
      batches = await tick();
    });
    await reshardOnce(deps(request));
    expect(await started(batches)).toEqual(each);
  });

  it.each(requests)('a tick around %i: one start each', async (number) => {
    const { deps, tick, started, schedule, moveTo } = await fleet();
    const ended = Promise.withResolvers<void>();
    let batches: Promise<readonly DelayedBatch[]> = Promise.resolve([]);
    const { request } = beforeRequest(number, async () => {
      moveTo(AT_TEN);
      const begun = Promise.withResolvers<void>();
      // It finds the new shards as they are now, and the former one as it is in the end.
      batches = tick(async (slot) => {
        if (isSameTurn(slot, 'SLOT#24h#00600#0') && slot.endsWith('#0')) await ended.promise;
        const found = await schedule.membersOf(slot);
        begun.resolve();
        return found;
      });
      await begun.promise;
    });
    await reshardOnce(deps(request));
    ended.resolve();
    expect(await started(await batches)).toEqual(each);
  });
});

describe('ticks that are behind', () => {
  it.each([
    [null, null],
    [59, null],
    [60, /^the schedule is 60 minutes behind/],
    [100_000, /^the schedule is a week or more behind/],
  ])('%s minutes', async (behind, refused) => {
    const schedule = { lastMinute: async () => (behind === null ? null : minuteOf(AT_TEN) - behind) };
    const checked = checkTicks({ schedule: { ...fakeSchedule(world().table), ...schedule }, now: () => AT_TEN });
    await (refused === null ? expect(checked).resolves.toBeUndefined() : expect(checked).rejects.toThrow(refused));
  });
});
