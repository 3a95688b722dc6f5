/** What `bench:looks` measures of one model of institutions, and the goals that it is held against. */
import { learnedLengths } from '../../../shared/domain/job-lengths.ts';
import {
  bestBlind,
  type Curve,
  doubled,
  figuresOfAll,
  type Known,
  known,
  lagAt,
  learned,
  meanOf,
  optimum,
  ours,
  steps,
  today,
} from './curves.ts';
import { afterChange, learnedFromLooks } from './day-by-day.ts';
import { type Institution, slower } from './institutions.ts';
import { type Figures, planned } from './schedules.ts';
import { everyMinute, figuresWithWebhooks, oursWithWebhooks, todayWithWebhooks } from './webhooks.ts';

/** How finely it is measured. */
export interface Fineness {
  /** How often what is known of an institution is drawn anew. */
  readonly draws: number;
  /** Each limit, and each price of a look, is so many times the one before. */
  readonly step: number;
}

/** Jobs known of each institution. */
export const KNOWN_JOBS = [0, 10, 50, 500] as const;

/** The goals' number of looks. */
export const LOOKS = 3;

/** The limit that is the setting's default: about three looks, once some jobs are known. */
export const LAG_SECONDS = 0.4;

const JOBS_SINCE_CHANGE = [0, 5, 10, 20, 50] as const;
const TIMES_SLOWER = 3;

/** Of one model and seed. */
export interface Measured {
  readonly today: Figures;
  readonly doubling: Figures;
  readonly blind: Curve;
  readonly optimum: Curve;
  readonly ours: readonly { readonly jobs: number; readonly curve: Curve; readonly atDefault: Figures }[];
}

/** Draws of what is known: of nothing there is but one. */
const drawsOf = (jobs: number, draws: number): readonly number[] =>
  Array.from({ length: jobs === 0 ? 1 : draws }, (_, draw) => draw);

/** Every way of looking, without webhooks. */
export function measure(institutions: readonly Institution[], seed: number, { draws, step }: Fineness): Measured {
  const all = known(institutions);
  const prices = steps(0.02, 20, step);
  const limits = steps(0.08, 5, step);
  return {
    today: today(all),
    doubling: doubled(all),
    blind: bestBlind(all, prices),
    optimum: optimum(all, prices),
    ours: KNOWN_JOBS.map((jobs) => {
      const drawn = drawsOf(jobs, draws).map((draw) => learned(institutions, jobs, 1000 * seed + draw));
      const at = (limit: number): Figures => meanOf(drawn.map((lengths) => ours(all, lengths, limit)));
      return { jobs, curve: limits.map(at), atDefault: at(LAG_SECONDS) };
    }),
  };
}

/** At so many looks; of several seeds the mean. */
export const lagOf = (measured: readonly Measured[], curveOf: (one: Measured) => Curve): number =>
  measured.reduce((sum, one) => sum + lagAt(curveOf(one), LOOKS), 0) / measured.length;

/** Ours, with so many jobs known. */
export const oursOf =
  (jobs: (typeof KNOWN_JOBS)[number]) =>
  (one: Measured): Curve =>
    one.ours.find((those) => those.jobs === jobs)?.curve ?? [];

/** With webhooks of which one in ten gets lost. */
export interface WithWebhooks {
  readonly everyMinute: Figures;
  readonly today: Figures;
  readonly ours: readonly { readonly jobs: number; readonly figures: Figures }[];
}

/** What the setting chooses: with 50 jobs known of each institution, alone and with webhooks. */
export function measureLimit(
  institutions: readonly Known[],
  { seed, draws, lagSeconds }: { seed: number; draws: number; lagSeconds: number },
): readonly Figures[] {
  const drawn = drawsOf(50, draws).map((draw) => learned(institutions, 50, 1000 * seed + draw));
  const schedules = learned(institutions, 50, seed).map((one) => oursWithWebhooks(one, lagSeconds));
  return [
    meanOf(drawn.map((lengths) => ours(institutions, lengths, lagSeconds))),
    figuresWithWebhooks(institutions, (index) => schedules[index] ?? []),
  ];
}

export const measureWebhooks = (institutions: readonly Institution[], seed: number): WithWebhooks => ({
  everyMinute: figuresWithWebhooks(institutions, () => everyMinute),
  today: figuresWithWebhooks(institutions, () => todayWithWebhooks),
  ours: KNOWN_JOBS.map((jobs) => {
    const schedules = learned(institutions, jobs, seed).map((lengths) => oursWithWebhooks(lengths, LAG_SECONDS));
    return { jobs, figures: figuresWithWebhooks(institutions, (index) => schedules[index] ?? []) };
  }),
});

/** Institutions that are three times slower from one moment on. */
export interface AfterChange {
  /** By how many jobs have ended since. */
  readonly since: readonly { readonly jobs: number; readonly figures: Figures }[];
  /** Institutions that have always been so slow, of each of which 50 jobs are known. */
  readonly always: Figures;
}

/** @param sameDay the moment is in the middle of a day; else at its beginning. */
export function measureChange(
  institutions: readonly Institution[],
  { seed, draws, sameDay }: { seed: number; draws: number; sameDay: boolean },
): AfterChange {
  const after = slower(institutions, TIMES_SLOWER);
  const all = known(after);
  const seeds = drawsOf(1, draws).map((draw) => 1000 * seed + draw);
  const since = JOBS_SINCE_CHANGE.map((jobs) => {
    const counted = seeds.map((from) =>
      afterChange(institutions, { times: TIMES_SLOWER, jobs, sameDay, seed: from }).map(learnedLengths),
    );
    return { jobs, figures: meanOf(counted.map((lengths) => ours(all, lengths, LAG_SECONDS))) };
  });
  return { since, always: meanOf(seeds.map((from) => ours(all, learned(after, 50, from), LAG_SECONDS))) };
}

/** Where MX's times tell no length: after so many jobs, and the same without counting jobs whose looks are too far apart. */
export function measureLooksAlone(
  institutions: readonly Known[],
  seed: number,
  jobs: number,
  countsTooWide: boolean,
): Figures {
  const schedules = institutions.map((one, index) => {
    const options = { jobs, lagSeconds: LAG_SECONDS, seed: 100 * seed + index, countsTooWide };
    const { counts } = learnedFromLooks(one, options);
    return planned({ lengths: learnedLengths([counts]), lagSeconds: LAG_SECONDS, webhooks: false });
  });
  return figuresOfAll(institutions, (index) => schedules[index] ?? []);
}
