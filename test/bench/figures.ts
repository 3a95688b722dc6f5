/** Figures of the bench. */

/** The median; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** The smallest value that `share` of all are no larger than. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A line of a table: the first cell to the left, the others to the right, each `width` wide. */
export const row = ([first = '', ...rest]: readonly string[], width = 11): string =>
  `  ${first.padEnd(26)}${rest.map((cell) => cell.padStart(width)).join('')}`;
