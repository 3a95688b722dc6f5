/** Virtual time for many things at once: nothing waits for a clock. */
import { type Instant, instantOf } from '../../../shared/domain/instant.ts';
import { createScheduler } from '../../simulation/scheduler.ts';

/** A clock, and pauses that end by it. */
export interface VirtualTime {
  /** Epoch milliseconds. */
  now(): number;
  instant(): Instant;
  /** Plans `run`; what is planned for the same millisecond happens together. */
  at(epochMs: number, run: () => void): void;
  pause(ms: number): Promise<void>;
  /** Lets everything happen that is planned up to `epochMs`. */
  runUntil(epochMs: number): Promise<void>;
}

/** Resolves when everything has been done that waits for nothing but other promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock that stands at `start`, epoch milliseconds. */
export function virtualTime(start: number): VirtualTime {
  const scheduler = createScheduler(start);
  const { now } = scheduler;
  const planned = new Map<number, (() => void)[]>();
  let last = { at: start, instant: instantOf(start) };

  function at(epochMs: number, run: () => void): void {
    const when = Math.max(now(), Math.round(epochMs));
    const together = planned.get(when);
    if (together !== undefined) {
      together.push(run);
      return;
    }
    const all = [run];
    planned.set(when, all);
    scheduler.at(when, () => {
      planned.delete(when);
      for (const one of all) one();
    });
  }

  return {
    now,
    instant() {
      if (last.at !== now()) last = { at: now(), instant: instantOf(now()) };
      return last.instant;
    },
    at,
    pause: (ms) => new Promise((resolve) => at(now() + ms, resolve)),
    async runUntil(epochMs) {
      let isOver = false;
      at(epochMs, () => {
        isOver = true;
      });
      await settled();
      while (!isOver && scheduler.step()) await settled();
    },
  };
}
