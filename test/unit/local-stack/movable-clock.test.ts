import { expect, it } from 'vitest';
import { movableClock } from '../../../infra/local/movable-clock.ts';

it('runs ahead of the machine, and never back', () => {
  const machine = { now: 1_000 };
  const clock = movableClock(() => machine.now);
  expect([clock.now(), clock.aheadMs()]).toEqual([1_000, 0]);
  clock.moveTo(61_000);
  expect([clock.now(), clock.aheadMs()]).toEqual([61_000, 60_000]);
  machine.now = 1_500;
  expect(clock.now()).toBe(61_500);
  clock.moveTo(61_200);
  expect(clock.now()).toBe(61_500);
});
