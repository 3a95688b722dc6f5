import { expect, it } from 'vitest';
import { fleetGoals, sweepGoal, tickGoal } from '../../bench/schedule/goals.ts';
import { playFleet } from '../../bench/schedule/play-fleet.ts';
import { playSweep } from '../../bench/schedule/play-sweep.ts';
import { tickCost } from '../../bench/schedule/tick-cost.ts';

const small = { everyHours: 1, cycleHours: 1, shards: 1, startConcurrency: 2, seed: 1 } as const;

it('a small fleet through a cycle and two outages', async () => {
  const played = await playFleet({
    ...{ ...small, members: 400, startsPerSecond: 2 },
    outages: [
      { of: 'the schedule', hours: 1 },
      { of: 'MX', hours: 1 },
    ],
  });
  const { cycle, catchUps } = played;
  // Some are held back, and some have their night.
  expect(cycle.due).toBeGreaterThan(350);
  expect(cycle.starts).toBeGreaterThan(0.95 * cycle.due);
  expect(cycle.starts).toBeLessThanOrEqual(cycle.due);
  expect(cycle).toMatchObject({ scheduleWrites: 0 });
  expect(cycle.longestDelay).toBeLessThan(120);
  expect(cycle.readsAtMxPerStart).toBeGreaterThanOrEqual(5);
  // A read of one unit for the bookmark, and half a one for each of eleven slots that holds little.
  expect(cycle.perTick.readUnits).toBe(6.5);
  expect(cycle.perStart.writeUnits).toBeCloseTo(6, 0);
  const [schedule, mx] = catchUps;
  // A full hour is overdue: at two a second it takes three to four minutes.
  expect(schedule?.normalAfter).toBeGreaterThan(60);
  expect(schedule?.normalAfter).toBeLessThan(600);
  expect(schedule?.busiestMinute).toBeGreaterThan(1);
  expect(schedule?.busiestMinute).toBeLessThanOrEqual(2);
  expect(mx?.normalAfter).toBeLessThan(1_800);
  expect(mx?.messagesPerStart).toBeGreaterThan(schedule?.messagesPerStart ?? Number.POSITIVE_INFINITY);
  expect(fleetGoals(played).filter(({ isMet }) => !isMet)).toEqual([]);
});

it('the same seed plays the same', async () => {
  const once = () => playFleet({ ...small, members: 60, startsPerSecond: 10, outages: [] });
  expect(await once()).toEqual(await once());
});

it('members who are not due cost a tick nothing', async () => {
  const [few, many] = [await tickCost(1_000, 0, 1), await tickCost(1_000, 4_000, 1)];
  expect(few.due).toBeGreaterThan(0);
  expect(many).toEqual(few);
});

it('the first sweep ends a few claims over their deadline', async () => {
  const swept = await playSweep(200, 'all_at_once');
  expect(swept).toMatchObject({ claims: 200, handedOn: 0, minutes: 1 });
  expect(swept.longest).toBeGreaterThan(0);
  expect(swept.longest).toBeLessThan(1);
});

it('deadlines one after the other take ten minutes', async () => {
  const swept = await playSweep(100, 'spread');
  expect(swept).toMatchObject({ claims: 100, handedOn: 0, minutes: 11 });
  expect(swept.longest).toBeGreaterThan(50);
  expect(swept.longest).toBeLessThan(61);
});

it('the parts of a long sweep are handed on', async () => {
  const swept = await playSweep(400, 'all_at_once', 0.05);
  expect(swept).toMatchObject({ handedOn: 4, minutes: 1 });
  expect(swept.longest).toBeGreaterThan(0.05);
  expect(swept.longest).toBeLessThan(2);
});

it.each([
  [1.1, true],
  [1.11, false],
])('a tick of %f times the cost: %s', (dollars, isMet) => {
  expect(tickGoal({ due: 5, dollars: 1 }, { due: 5, dollars })).toMatchObject({ isMet });
});

it.each([
  [61, true],
  [61.1, false],
  [null, false],
])('the last claim ended %s s after its deadline: %s', (longest, isMet) => {
  expect(sweepGoal({ claims: 1, deadlines: 'spread', handedOn: 0, minutes: 1, longest })).toMatchObject({ isMet });
});
