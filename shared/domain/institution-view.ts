/**
 * An institution as it is shown to callers and operators: what was counted of it, and its breaker. Days and weeks are those
 * of UTC. Nothing in it is of a person. Pure.
 */
import { type Breaker, type BreakerRules, leastOpenSeconds } from './breaker.ts';
import { type Instant, plusSeconds } from './instant.ts';
import type { DayCounts } from './institutions-ports.ts';
import { BINS, binStarts, USUAL_JOBS } from './job-lengths.ts';
import { type DropReason, everyDropReason, leastOfLastBin } from './job-sample.ts';
import type { NotSupported } from './not-supported.ts';
import { everyOutcome, type Outcome, type OutcomeCode, outcomes } from './outcome.ts';
import { noTrouble, type Trouble } from './trouble.ts';

/** What the view depends on besides what is kept. */
export interface ViewRules {
  /** Setting `breaker`, together with `learning`: false, and no start heeds a bank's trouble. */
  readonly breaker: boolean;
  /** Setting `deadlineSeconds`. */
  readonly deadlineSeconds: number;
  readonly breakerRules: BreakerRules;
}

/** What is known of an institution. */
export interface KnownInstitution {
  readonly code: string;
  /** The day by the directory; null or undefined: it is not in there. */
  readonly countedOn: string | null | undefined;
  /** Of the week, in any order. */
  readonly counts: readonly DayCounts[];
  /** Null or undefined: nothing is kept of any. */
  readonly trouble: Trouble | null | undefined;
}

/** Ended refreshes, counted. */
export interface CountedRefreshes {
  /** The first instant that counts. */
  readonly since: Instant;
  readonly refreshes: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** Where a length lies, in seconds: a job of a bin has one of the lengths of that bin. */
export interface LengthRange {
  readonly from: number;
  /** Null: there is no upper limit, because the job was longer than any bin, or still ran at its refresh's deadline. */
  readonly to: number | null;
}

/** How long the jobs of the week took. */
export interface ShownLengths {
  /** How many jobs it is made of. */
  readonly samples: number;
  /** So few that they say little. */
  readonly smallSample: boolean;
  /** Null: no samples. */
  readonly p50: LengthRange | null;
  readonly p90: LengthRange | null;
  readonly p99: LengthRange | null;
  /** Refreshes of the week of whose jobs nothing was learnt, by reason. Only reasons that occurred. */
  readonly notLearnt: Readonly<Partial<Record<DropReason, number>>>;
}

/** A breaker as it is shown. */
export interface ShownBreaker {
  readonly state: 'open' | 'closed';
  /** When it opened, or last closed; null: it has not been open within 35 days. */
  readonly since: Instant | null;
  /** How the job ended that opened it; null: it is closed. */
  readonly code: OutcomeCode | null;
  /** The same as a sentence. */
  readonly message: string | null;
  /** When a scheduled start was last let through, while it is open; null: none was yet. */
  readonly lastProbeAt: Instant | null;
  /** From when on the next one is; null: it is closed. */
  readonly nextProbeAt: Instant | null;
  /** An answer of the bank closes it from then on: it has opened again and again. Null: the next answer does. */
  readonly staysOpenUntil: Instant | null;
}

/** That MX runs no balance checks at an institution, as far as is known. */
export interface ShownNotSupported {
  /** When the first trigger was refused for it. */
  readonly since: Instant;
  /** How the refresh ended with which it was believed. */
  readonly code: OutcomeCode;
  /** What that means, as a sentence. */
  readonly message: string;
  /** Until then no scheduled start asks MX again. */
  readonly until: Instant;
}

/** An institution as it is shown. */
export interface ShownInstitution {
  readonly code: string;
  /** The day on which a refresh was last counted, UTC; null: none was within 35 days. */
  readonly lastCountedOn: string | null;
  readonly today: CountedRefreshes;
  /** Seven days up to today. */
  readonly week: CountedRefreshes;
  readonly jobSeconds: ShownLengths;
  /** Null: no breaker is heeded (settings). */
  readonly breaker: ShownBreaker | null;
  /** Null: there are balance checks, as far as is known; or it is not heeded (settings). */
  readonly notSupported: ShownNotSupported | null;
}

/** The days of a week, today among them. */
const WEEK_DAYS = 7;

/** The first day of the week up to `now`, UTC. */
export const weekBegan = (now: Instant): string => dayOf(plusSeconds(now, -(WEEK_DAYS - 1) * SECONDS_PER_DAY));

const SECONDS_PER_DAY = 86_400;
const dayOf = (instant: Instant): string => instant.slice(0, '2026-11-26'.length);

/** The institution, as seen at `now`. */
export function shownInstitution(known: KnownInstitution, now: Instant, rules: ViewRules): ShownInstitution {
  const { code } = known;
  const { breaker, checks } = known.trouble ?? noTrouble;
  const counts = known.counts.filter(({ day }) => day >= weekBegan(now));
  const days = [known.countedOn ?? [], counts.map(({ day }) => day)].flat();
  return {
    code,
    lastCountedOn: days.toSorted().at(-1) ?? null,
    today: refreshesSince(dayOf(now), counts),
    week: refreshesSince(weekBegan(now), counts),
    jobSeconds: lengthsIn(counts, rules.deadlineSeconds),
    breaker: rules.breaker ? shownBreaker(breaker, now, rules.breakerRules) : null,
    notSupported: rules.breaker && checks.notSupported !== null ? shownNotSupported(checks.notSupported) : null,
  };
}

function refreshesSince(day: string, counts: readonly DayCounts[]): CountedRefreshes {
  const counted = counts.filter((one) => one.day >= day);
  const byOutcome = everyOutcome.map(
    (outcome) => [outcome, sum(counted.map(({ outcomes: of }) => of[outcome] ?? 0))] as const,
  );
  return {
    since: `${day}T00:00:00.000Z`,
    refreshes: sum(byOutcome.map(([, count]) => count)),
    outcomes: Object.fromEntries(byOutcome) as Record<Outcome, number>,
  };
}

function lengthsIn(counts: readonly DayCounts[], deadlineSeconds: number): ShownLengths {
  const bins = Array.from({ length: BINS }, (_, bin) => sum(counts.map((day) => day.bins[bin] ?? 0)));
  const samples = sum(bins);
  const quantile = (percent: number): LengthRange | null =>
    samples === 0 ? null : rangeAt(percent, bins, deadlineSeconds);
  const dropped = everyDropReason.map(
    (reason) => [reason, sum(counts.map((day) => day.dropped[reason] ?? 0))] as const,
  );
  return {
    samples,
    smallSample: samples < USUAL_JOBS,
    p50: quantile(50),
    p90: quantile(90),
    p99: quantile(99),
    notLearnt: Object.fromEntries(dropped.filter(([, count]) => count > 0)),
  };
}

/** The bin in which so many percent of the jobs are reached, as its lengths. */
function rangeAt(percent: number, bins: readonly number[], deadlineSeconds: number): LengthRange {
  const rank = Math.ceil((sum(bins) * percent) / 100);
  let over = 0;
  const bin = bins.findIndex((count) => {
    over += count;
    return over >= rank;
  });
  // Bin 0 has shorter jobs too. The last one has longer jobs, and those that still ran at the deadline.
  if (bin === BINS - 1) return { from: rounded(leastOfLastBin(deadlineSeconds)), to: null };
  return { from: bin === 0 ? 0 : rounded(binStarts[bin] ?? 0), to: rounded(binStarts[bin + 1] ?? 0) };
}

function shownBreaker(breaker: Breaker, now: Instant, rules: BreakerRules): ShownBreaker {
  const { open, changedAt, openings, probedAt } = breaker;
  if (open === null) return { ...closed, since: changedAt };
  const { since, code } = open;
  const closesFrom = plusSeconds(since, leastOpenSeconds(openings, rules));
  return {
    state: 'open',
    since,
    code,
    message: outcomes[code].message,
    lastProbeAt: probedAt,
    nextProbeAt: plusSeconds(probedAt ?? since, rules.probeSeconds),
    staysOpenUntil: closesFrom > now ? closesFrom : null,
  };
}

const closed = {
  state: 'closed',
  code: null,
  message: null,
  lastProbeAt: null,
  nextProbeAt: null,
  staysOpenUntil: null,
} as const;

const shownNotSupported = ({ since, code, until }: NotSupported): ShownNotSupported => ({
  since,
  code,
  message: outcomes.not_supported.message,
  until,
});

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** To tenths of a second. */
const rounded = (seconds: number): number => Number(seconds.toFixed(1));
