/** Lengths of time for people. */

/** So many seconds, in the largest unit that has two of them at least: `47 h`, `2 d`. None that lie ahead. */
export function spanOf(seconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
  ] as const) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}
