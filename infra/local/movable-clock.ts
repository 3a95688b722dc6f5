/** A clock that can be moved ahead. */

/** It runs as the machine's does, so far ahead of it as it was moved. */
export interface MovableClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How far it is ahead of the machine's. */
  readonly aheadMs: () => number;
  /** Moves it to an instant that is yet to come; to a past one it does not go. */
  moveTo(epochMs: number): void;
}

/** A clock that is not ahead yet. */
export function movableClock(machine: () => number = Date.now): MovableClock {
  let aheadMs = 0;
  return {
    now: () => machine() + aheadMs,
    aheadMs: () => aheadMs,
    moveTo(epochMs) {
      aheadMs = Math.max(aheadMs, epochMs - machine());
    },
  };
}
