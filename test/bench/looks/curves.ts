/** Lag against looks: what each way of looking leads to, over all institutions of a model. */
import { createRandom } from '../../../infra/mx-simulator/random.ts';
import { binOf, type JobLengths, learnedLengths } from '../../../shared/domain/job-lengths.ts';
import { draw, type Institution } from './institutions.ts';
import {
  bestSchedule,
  doubling,
  type Figures,
  figuresOf,
  type Lengths,
  lengthsOf,
  planned,
  type Schedule,
  together,
} from './schedules.ts';

/** Few looks to many, or the other way round. */
export type Curve = readonly Figures[];

/** An institution and its lengths. */
export interface Known extends Institution {
  readonly lengths: Lengths;
}

export const known = (institutions: readonly Institution[]): readonly Known[] =>
  institutions.map((one) => ({ ...one, lengths: lengthsOf(one) }));

/** The mean over all jobs, each institution's looked at by its schedule. */
export function figuresOfAll(institutions: readonly Known[], scheduleOf: (index: number) => Schedule): Figures {
  let [looks, lag] = [0, 0];
  for (const [index, { traffic, lengths }] of institutions.entries()) {
    const figures = figuresOf(scheduleOf(index), lengths);
    looks += traffic * figures.looks;
    lag += traffic * figures.lag;
  }
  return { looks, lag };
}

/** The mean of several runs. */
export const meanOf = (all: readonly Figures[]): Figures => ({
  looks: all.reduce((sum, { looks }) => sum + looks, 0) / all.length,
  lag: all.reduce((sum, { lag }) => sum + lag, 0) / all.length,
});

/** From `from` to about `to`, each `times` the one before. */
export function steps(from: number, to: number, times: number): readonly number[] {
  const count = Math.round(Math.log(to / from) / Math.log(times));
  return Array.from({ length: count + 1 }, (_, index) => from * times ** index);
}

/** The best schedule for each institution, as if its lengths were known. */
export const optimum = (institutions: readonly Known[], prices: readonly number[]): Curve =>
  prices.map((price) =>
    figuresOfAll(institutions, (index) => bestSchedule(institutions[index]?.lengths ?? none, price)),
  );

const none: Lengths = { over: new Float64Array(), area: new Float64Array() };

/** The best one schedule for all. */
export function bestBlind(institutions: readonly Known[], prices: readonly number[]): Curve {
  const all = together(institutions);
  return prices.map((price) => figuresOf(bestSchedule(all, price), all));
}

/** The service's own rule without learning, and doubling back-off. */
export const today = (institutions: readonly Known[]): Figures =>
  figuresOfAll(institutions, () => planned({ lengths: null, lagSeconds: 0, webhooks: false }));

export const doubled = (institutions: readonly Known[]): Figures => figuresOfAll(institutions, () => doubling);

/** What is known of each institution after so many jobs of one day. */
export function learned(institutions: readonly Institution[], jobs: number, seed: number): readonly JobLengths[] {
  const random = createRandom(seed, `${jobs} jobs`);
  return institutions.map((one) =>
    learnedLengths([{ period: '2026-11-26', bins: drawn(one, jobs, random), tooWide: 0 }]),
  );
}

/** So many jobs, counted by bin. */
export function drawn(
  institution: Institution,
  jobs: number,
  random: ReturnType<typeof createRandom>,
): readonly number[] {
  const bins = new Array<number>(24).fill(0);
  for (let job = 0; job < jobs; job += 1) {
    const bin = binOf(draw(institution, random));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

/** The service's rule with these lengths. */
export const ours = (institutions: readonly Known[], lengths: readonly JobLengths[], lagSeconds: number): Figures =>
  figuresOfAll(institutions, (index) =>
    planned({ lengths: lengths[index] ?? learnedLengths([]), lagSeconds, webhooks: false }),
  );

/**
 * The lag at so many looks: between the two points around it, as of a service that takes the one schedule for some jobs and
 * the other for the rest.
 *
 * @throws if the curve does not reach so few or so many looks.
 */
export function lagAt(curve: Curve, looks: number): number {
  const sorted = curve.toSorted((one, other) => one.looks - other.looks);
  const above = sorted.findIndex((point) => point.looks >= looks);
  const [a, b] = [sorted[above - 1], sorted[above]];
  if (a === undefined || b === undefined) throw new Error(`the curve does not reach ${looks} looks`);
  return a.lag + ((looks - a.looks) * (b.lag - a.lag)) / (b.looks - a.looks);
}
