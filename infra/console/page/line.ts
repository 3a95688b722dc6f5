/** The points of a line of amounts. Pure. */
import type { FormerShown } from '../shapes.ts';

/** Points, the oldest first: each amount holds until the next one, the last until now. */
export interface Steps {
  /** Seconds since 1970; they grow. */
  readonly times: readonly number[];
  /** Rounded, for drawing only. Null: MX sent no amount. */
  readonly values: readonly (number | null)[];
}

/** The steps of `amounts`, the newest first. */
export function stepsOf(amounts: readonly FormerShown[], nowMs: number): Steps {
  const points = amounts
    .map(({ since, balance }) => ({
      time: Date.parse(since) / 1_000,
      value: balance === null ? null : Number(balance),
    }))
    .toReversed()
    .filter(
      ({ time }, index, steps) => !Number.isNaN(time) && time > (steps[index - 1]?.time ?? Number.NEGATIVE_INFINITY),
    );
  const last = points.at(-1);
  if (last === undefined) return { times: [], values: [] };
  // A machine's clock that is behind would lead the line back.
  const all = [...points, { time: Math.max(nowMs / 1_000, last.time + 1), value: last.value }];
  return { times: all.map(({ time }) => time), values: all.map(({ value }) => value) };
}
