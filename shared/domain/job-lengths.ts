/**
 * How long an institution's jobs take, as counted: 24 bins from 1 to 900 s, each 1.33 times as wide as the one before. One
 * counter a bin, so that learning from a job is one atomic `ADD`.
 */

/** How many bins there are. */
export const BINS = 24;

/** Where the last bin ends, in seconds. What is longer counts in it all the same. */
const LONGEST_SECONDS = 900;

/** Where each bin begins, in seconds, and where the last one ends. A job of less than 1 s counts in bin 0. */
export const binStarts: readonly number[] = Array.from(
  { length: BINS + 1 },
  (_, bin) => LONGEST_SECONDS ** (bin / BINS),
);

/** The bin of a job of `seconds`. */
export const binOf = (seconds: number): number =>
  Math.max(
    0,
    binStarts.slice(0, BINS).findLastIndex((start) => start <= seconds),
  );

/** The jobs of one institution counted in one period, all of them or a part. */
export interface JobCounts {
  /** Periods sort by time as text, for example days: `2026-11-26`. Rows of one period are added up. */
  readonly period: string;
  /** Jobs by bin; none: 0 or absent. */
  readonly bins: readonly (number | undefined)[];
  /** Jobs whose length was seen too roughly for a bin (`job-sample.ts`). */
  readonly tooWide: number;
}

/** How long the jobs of an institution take, as far as it is known. */
export interface JobLengths {
  /** The share of jobs that are over when each bin begins, and when the last one ends: from 0 to 1. */
  readonly overBy: readonly number[];
  /** How many of the institution's own jobs it is made of. A part of a job counts as a part. */
  readonly jobs: number;
}

/**
 * How many jobs the lengths are made of when the newest period has fewer. Thus an institution that is slower from one day
 * to the next is judged by its new lengths alone once it has run as many jobs, however many it had run before. Above 20
 * jobs the plan gets hardly better with each (`docs/looks.md`).
 */
const ENOUGH_JOBS = 50;

/** The weight of the usual lengths, in jobs, beside none of the institution. With fewer of its own than that little is known. */
export const USUAL_JOBS = 10;

/**
 * The weight of the usual lengths, in jobs, beside `own` jobs of the institution: ten at first, so that one odd job barely
 * moves the plan; half as many beside ten, and two beside fifty. With ten throughout, the lag is 4 to 7 % longer at fifty
 * jobs, because what they show of an institution leaves little room for lengths that are usual elsewhere.
 */
const usualJobs = (own: number): number => USUAL_JOBS ** 2 / (USUAL_JOBS + own);

/**
 * The usual lengths, in thousandths by bin: median 8 s, p90 34 s, p99 173 s. Assumed, not measured at MX: logarithms of
 * lengths are normal between these quantiles. It stands in for an institution of which nothing is known.
 */
const usual: readonly number[] = [
  56, 34, 48, 63, 78, 90, 98, 99, 96, 86, 73, 58, 38, 25, 18, 13, 9, 6, 4, 3, 2, 1, 1, 1,
];

/**
 * The lengths that looks are planned by: all jobs of the newest period; of the periods before it, newest first, as many as
 * are missing to 50, where each job of a period that has more counts in part; and the usual lengths, as ten jobs or fewer.
 * A job whose length was seen too roughly counts as one more of the usual ones: if it were left out, only the longer jobs of
 * an institution would be counted where looks alone tell lengths, and its first look would come later and later.
 *
 * @param counted in any order; none: the usual lengths alone.
 */
export function learnedLengths(counted: readonly JobCounts[]): JobLengths {
  const own = new Array<number>(BINS).fill(0);
  let [jobs, roughly] = [0, 0];
  for (const [index, { bins, tooWide }] of newestFirst(counted).entries()) {
    const inPeriod = bins.reduce((sum, count) => sum + count, tooWide);
    const missing = Math.max(0, ENOUGH_JOBS - jobs - roughly);
    const share = index === 0 ? 1 : Math.min(1, missing / inPeriod);
    for (const [bin, count] of bins.entries()) own[bin] = (own[bin] ?? 0) + share * count;
    jobs += share * (inPeriod - tooWide);
    roughly += share * tooWide;
  }
  return { overBy: overBy(own, usualJobs(jobs) + roughly), jobs };
}

/** Periods with any job, each as one row. */
function newestFirst(
  counted: readonly JobCounts[],
): readonly { readonly bins: readonly number[]; readonly tooWide: number }[] {
  const periods = new Map<string, { bins: number[]; tooWide: number }>();
  for (const { period, bins, tooWide } of counted) {
    const sum = periods.get(period) ?? { bins: new Array<number>(BINS).fill(0), tooWide: 0 };
    sum.bins = sum.bins.map((count, bin) => count + (bins[bin] ?? 0));
    sum.tooWide += tooWide;
    periods.set(period, sum);
  }
  return [...periods]
    .filter(([, { bins, tooWide }]) => tooWide > 0 || bins.some((count) => count > 0))
    .sort(([a], [b]) => b.localeCompare(a))
    .map(([, sum]) => sum);
}

/** Shares by the start of each bin, of jobs that were counted and of usual ones with a weight. */
function overBy(own: readonly number[], weightOfUsual: number): readonly number[] {
  const usualTotal = usual.reduce((sum, count) => sum + count, 0);
  const weights = usual.map((count, bin) => (own[bin] ?? 0) + (weightOfUsual * count) / usualTotal);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let over = 0;
  const shares = weights.map((weight) => {
    over += weight;
    return over / total;
  });
  return [0, ...shares.slice(0, -1), 1];
}
