import { describe, expect, it } from 'vitest';
import { mayWait } from '../../../shared/domain/wait-lease.ts';
import { fakeWaitLeases } from '../../fakes/fake-wait-leases.ts';
import { at, newKey, T0 } from '../../samples.ts';

/** Requests that ask one after the other, each with the next of these random numbers. */
function asking(waitersAtOnce: number) {
  const clock = { now: T0 };
  const taken = new Map<number, { until: string }>();
  const waitLeases = fakeWaitLeases(taken, () => clock.now);
  return {
    clock,
    taken,
    ask: (member = newKey(), random = 0) =>
      mayWait({ waitLeases, waitersAtOnce, random: () => random }, member, at(25)),
  };
}

describe('requests that want to wait', () => {
  it('are at most four of one member', async () => {
    const { ask, taken } = asking(100);
    const member = newKey();
    const answers: boolean[] = [];
    for (const random of [0, 0.25, 0.5, 0.75, 0, 0.25, 0.5, 0.75]) answers.push(await ask(member, random));
    expect(answers).toEqual([true, true, true, true, false, false, false, false]);
    expect(taken.size).toBe(4);
  });

  it('are at most as many as the setting says', async () => {
    const { ask, taken } = asking(10);
    const answers: boolean[] = [];
    for (let index = 0; index < 200; index += 1) answers.push(await ask(newKey(), (index % 4) / 4));
    expect(answers.filter((answer) => answer)).toHaveLength(10);
    expect([...taken.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('try a second place when the first is taken', async () => {
    const { ask } = asking(100);
    const member = newKey();
    expect([await ask(member, 0.75), await ask(member, 0.75), await ask(member, 0.75)]).toEqual([true, true, false]);
  });

  it('have places next to each other, by their member', async () => {
    const { ask, taken } = asking(100);
    const member = { userGuid: 'USR-1', memberGuid: 'a' };
    for (const random of [0, 0.25, 0.5, 0.75]) await ask(member, random);
    expect([...taken.keys()]).toEqual([20, 21, 22, 23]);
  });

  it('leave their place by themselves', async () => {
    const { ask, clock } = asking(1);
    expect([await ask(), await ask()]).toEqual([true, false]);
    clock.now = at(25.999);
    expect(await ask()).toBe(false);
    clock.now = at(26);
    expect(await ask()).toBe(true);
  });

  it('do not wait at all with 0', async () => {
    const { ask, taken } = asking(0);
    expect([await ask(), taken.size]).toEqual([false, 0]);
  });
});
