/** The arithmetic of `bench:schedule`: pure, from what was counted by the second to figures. */

/** Sums of full minutes; a minute that is not full at the end is left out. */
export function byMinute(perSecond: readonly number[]): readonly number[] {
  return Array.from({ length: Math.floor(perSecond.length / 60) }, (_, minute) =>
    perSecond.slice(minute * 60, minute * 60 + 60).reduce((sum, count) => sum + count, 0),
  );
}

/** The most within any so many seconds on end. */
export function busiest(perSecond: readonly number[], seconds: number): number {
  let sum = 0;
  let most = 0;
  for (const [second, count] of perSecond.entries()) {
    sum += count - (perSecond[second - seconds] ?? 0);
    most = Math.max(most, sum);
  }
  return most;
}

/** The mean; 0 of none. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The largest; 0 of none. */
export const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

/** How much the busiest minute has beside the mean one, `leftOut` aside; 0 of none. */
export function peakToMean(perMinute: readonly number[], leftOut: ReadonlySet<number> = new Set()): number {
  const kept = perMinute.filter((_, minute) => !leftOut.has(minute));
  const middle = mean(kept);
  return middle === 0 ? 0 : largest(kept) / middle;
}

/**
 * Seconds until the delays of starts are normal for good: until the second after the last one whose delay is above
 * `limit`. 0: they were all along. Null: the last `quietSeconds` of the record have such a delay, so it is not over.
 */
export function normalAfter(delays: readonly number[], limit: number, quietSeconds: number): number | null {
  const last = delays.findLastIndex((delay) => delay > limit);
  return last >= delays.length - quietSeconds ? null : last + 1;
}

/** What `members` cause when each is refreshed every `everyHours` hours, by figures of one refresh. */
export interface PaperRow {
  readonly startsPerSecond: number;
  readonly duePerMinute: number;
  /** Reads at MX in a second. */
  readonly readsPerSecond: number;
}

/** Computed, not played. `readsPerStart` as counted; `startedShare` of the members need no user first. */
export function onPaper(
  { members, everyHours, startedShare }: { members: number; everyHours: number; startedShare: number },
  readsPerStart: number,
): PaperRow {
  const startsPerSecond = (members * startedShare) / (everyHours * 3_600);
  return {
    startsPerSecond,
    duePerMinute: members / (everyHours * 60),
    readsPerSecond: startsPerSecond * readsPerStart,
  };
}
