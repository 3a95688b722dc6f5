/**
 * Institutions whose jobs the bench of looks is about: 30 of them, each with its own lengths, the first with most of the
 * traffic (Zipf). Assumed, not measured at MX.
 */
import { createRandom, type Random } from '../../../infra/mx-simulator/random.ts';

/** Jobs of about one length: the logarithm of their seconds is normal. */
interface Speed {
  /** Of the institution's jobs. */
  readonly share: number;
  /** The logarithm of the median, in seconds. */
  readonly middle: number;
  /** The standard deviation of the logarithm. */
  readonly spread: number;
}

/** An institution. */
export interface Institution {
  /** Its part of all jobs. */
  readonly traffic: number;
  readonly speeds: readonly Speed[];
}

const INSTITUTIONS = 30;

/** Of all jobs taken together. */
const MEDIAN = 8;
const P90 = 34;
const P99 = 173;

/**
 * How far jobs of one institution spread. With it the best schedule for all has about 1.75 times the lag of the best one for
 * each, in the mean of seeds; 1.8 to 2 is assumed of real institutions, and a smaller spread does not raise it.
 */
const SPREAD = 0.3;

/** How far the shares of jobs over by the median, p90 and p99 may be from 0.5, 0.9 and 0.99. */
const NEAR = 0.005;

/** Each institution has one speed; all jobs taken together have the median, p90 and p99 above. */
export function oneSpeed(seed: number): readonly Institution[] {
  const random = createRandom(seed, 'institutions');
  const parts = Array.from({ length: INSTITUTIONS }, (_, rank) => 1 / (rank + 1));
  const total = parts.reduce((sum, part) => sum + part, 0);
  const inOrder = parts.map((_, index) => scoreOf((index + 0.5) / INSTITUTIONS));
  for (;;) {
    const scores = shuffled(inOrder, random);
    const found = fitted((center, width, skew) =>
      scores.map((score, index) => ({
        traffic: (parts[index] ?? 0) / total,
        speeds: [{ share: 1, middle: center + (width * Math.expm1(skew * score)) / skew, spread: SPREAD }],
      })),
    );
    // Where a slow institution has too much of the traffic no lengths fit: others are drawn.
    if (found !== null) return found;
  }
}

/** As `oneSpeed`, but a quarter of each institution's jobs take four times as long as the others. */
export const twoSpeeds = (seed: number): readonly Institution[] =>
  oneSpeed(seed).map(({ traffic, speeds }) => ({
    traffic,
    speeds: speeds.flatMap(({ middle, spread }) => {
      const fast = middle - 0.25 * Math.log(4);
      return [
        { share: 0.75, middle: fast, spread },
        { share: 0.25, middle: fast + Math.log(4), spread },
      ];
    }),
  }));

/** Institutions whose jobs take `times` as long. */
export const slower = (institutions: readonly Institution[], times: number): readonly Institution[] =>
  institutions.map(({ traffic, speeds }) => ({
    traffic,
    speeds: speeds.map((speed) => ({ ...speed, middle: speed.middle + Math.log(times) })),
  }));

/** The share of an institution's jobs that are over after `seconds`. */
export const shareOver = ({ speeds }: Institution, seconds: number): number =>
  seconds <= 0
    ? 0
    : speeds.reduce((sum, { share, middle, spread }) => sum + share * normal((Math.log(seconds) - middle) / spread), 0);

/** The length that `share` of an institution's jobs are no longer than, in seconds. */
export const lengthAt = (institution: Institution, share: number): number =>
  Math.exp(bisected((logarithm) => shareOver(institution, Math.exp(logarithm)) - share, -5, 9));

/** The length of one job, in seconds. */
export function draw({ speeds }: Institution, random: Random): number {
  let left = random.next();
  const speed = speeds.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  const { middle, spread } = speed ?? speeds[0] ?? { middle: 0, spread: 0 };
  return Math.exp(middle + spread * random.normal());
}

/** The share of all jobs that are over after `seconds`. */
const ofAll = (institutions: readonly Institution[], seconds: number): number =>
  institutions.reduce((sum, one) => sum + one.traffic * shareOver(one, seconds), 0);

type Build = (center: number, width: number, skew: number) => readonly Institution[];

/**
 * The width and the skew with which p90 and p99 come nearest, the center by the median: a search by ever smaller steps. Null
 * if they do not come near enough.
 */
function fitted(build: Build): readonly Institution[] | null {
  const centered = (wide: number, bent: number): readonly Institution[] =>
    build(
      bisected((center) => 0.5 - ofAll(build(center, wide, bent), MEDIAN), -3, 6),
      wide,
      bent,
    );
  const errorOf = (found: readonly Institution[]): number =>
    Math.hypot(ofAll(found, P90) - 0.9, 5 * (ofAll(found, P99) - 0.99));
  let [width, skew, step] = [1, 0.25, 0.4];
  let best = centered(width, skew);
  while (step > 0.002) {
    const better = [-step, 0, step]
      .flatMap((wider) => [-step, 0, step].map((more) => ({ wide: width + wider, bent: skew + more })))
      .filter(({ wide, bent }) => wide > 0.1 && Math.abs(bent) > 0.001)
      .map(({ wide, bent }) => ({ wide, bent, found: centered(wide, bent) }))
      .find(({ found }) => errorOf(found) < errorOf(best));
    if (better === undefined) step /= 2;
    else [width, skew, best] = [better.wide, better.bent, better.found];
  }
  const off = [ofAll(best, MEDIAN) - 0.5, ofAll(best, P90) - 0.9, ofAll(best, P99) - 0.99];
  return off.every((one) => Math.abs(one) <= NEAR) ? best : null;
}

/** Where the rising `f` is 0. */
function bisected(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let step = 0; step < 30; step += 1) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The normal score below which `share` lies. */
const scoreOf = (share: number): number => bisected((score) => normal(score) - share, -6, 6);

/** The share below `score` (Abramowitz and Stegun 26.2.17; wrong by less than 1e-7). */
function normal(score: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(score));
  const polynomial =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  const above = (Math.exp(-(score ** 2) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return score >= 0 ? 1 - above : above;
}

function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  return values
    .map((value) => ({ value, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
