/**
 * The breaker of an institution: while its bank does not work, unattended starts wait. It opens when enough jobs of enough
 * users have failed for the bank's reasons, with no answer of the bank in between, and closes with the first job that shows
 * that the bank answers again; not at once when it has opened again and again. Pure; `watch-institution.ts` reads and writes it.
 */
import type { Ending } from './ending.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { OutcomeCode } from './outcome.ts';

/** What the end of a refresh says of the bank. */
export type BankSays = 'answers' | 'fails' | 'nothing';

/** Ends that the bank's own trouble causes (MX facts 4): unavailable, under maintenance, FAILED, DEGRADED, DISCONNECTED. */
const failures: ReadonlySet<OutcomeCode> = new Set([
  'institution_down',
  'institution_maintenance',
  'institution_unavailable',
  'failed',
  'degraded',
  'disconnected',
]);

/** Ends that only a bank which answers can cause: it has checked a login, or asked something. */
const answers: ReadonlySet<OutcomeCode> = new Set([
  'denied',
  'invalid_credentials',
  'challenged',
  'rejected',
  'incorrect_otp',
  'incorrect_mfa',
  'mfa_timeout',
  'locked',
  'impeded',
  'access_denied',
]);

/** What an end says of the bank. MX's own trouble (`mx_…`), and time that was up, say nothing. */
export function bankSays({ outcome, code }: Pick<Ending, 'outcome' | 'code'>): BankSays {
  if (outcome === 'succeeded' || answers.has(code)) return 'answers';
  return failures.has(code) ? 'fails' : 'nothing';
}

/** When it opens, and how often it lets a start through. */
export interface BreakerRules {
  /** So many jobs at least. */
  readonly failures: number;
  /** Of so many users at least: one user's trouble is not the bank's. */
  readonly users: number;
  /** All of which began within so many seconds. */
  readonly windowSeconds: number;
  /** While it is open one unattended start in so many seconds goes through. */
  readonly probeSeconds: number;
  /** One that opens again sooner after it has closed stays open for `pauseSeconds` at least: twice as long each time. */
  readonly steadySeconds: number;
  readonly pauseSeconds: number;
  readonly longestPauseSeconds: number;
}

/** Conservative: a bank of which less is asked in half an hour has no breaker that opens. */
export const breakerRules: BreakerRules = {
  failures: 5,
  users: 3,
  windowSeconds: 1_800,
  probeSeconds: 300,
  steadySeconds: 3_600,
  pauseSeconds: 300,
  longestPauseSeconds: 3_600,
};

/** A job that the bank has failed. */
export interface FailedJob {
  /** When it was requested. */
  readonly startedAt: Instant;
  /** Stands for the user. */
  readonly userTag: string;
}

/** A change that has to be told. */
export interface BreakerChange {
  readonly to: 'degraded' | 'recovered';
  readonly at: Instant;
  /** Since when the bank has not worked. */
  readonly since: Instant;
  /** How the job ended that opened it. */
  readonly code: OutcomeCode;
}

/** What is known of a bank's trouble. */
export interface Breaker {
  /** Null: closed. */
  readonly open: { readonly since: Instant; readonly code: OutcomeCode } | null;
  /** When it last opened or closed. What jobs that were requested before say does not count any more. */
  readonly changedAt: Instant | null;
  /** How often it has opened without having been closed for long (`steadySeconds`) in between; 0: never yet. */
  readonly openings: number;
  /** Since the last answer of the bank, as far as it is known; oldest first. Only while it is closed. */
  readonly failures: readonly FailedJob[];
  /** When the last start was let through while it was open. */
  readonly probedAt: Instant | null;
  /** Changes that have yet to be told, oldest first. */
  readonly untold: readonly BreakerChange[];
}

/** Of a bank without trouble. */
export const closedBreaker: Breaker = {
  open: null,
  changedAt: null,
  openings: 0,
  failures: [],
  probedAt: null,
  untold: [],
};

/** A job that has ended, as the breaker takes it. */
export interface JudgedJob extends FailedJob {
  readonly endedAt: Instant;
  readonly code: OutcomeCode;
}

const countsFor = ({ changedAt }: Breaker, { startedAt }: FailedJob): boolean =>
  changedAt === null || startedAt >= changedAt;

/**
 * The breaker after a job that the bank has failed; itself when nothing changes.
 *
 * @param lastAnswerAt when the bank last answered, as far as any refresh has shown it.
 */
export function afterFailure(
  breaker: Breaker,
  job: JudgedJob,
  lastAnswerAt: Instant | null,
  rules: BreakerRules,
): Breaker {
  if (breaker.open !== null || !countsFor(breaker, job)) return breaker;
  const earliest = plusSeconds(job.startedAt, -rules.windowSeconds);
  const isRecent = (failed: FailedJob): boolean =>
    failed.startedAt >= earliest && (lastAnswerAt === null || failed.startedAt > lastAnswerAt);
  if (!isRecent(job)) return breaker;
  const { startedAt, userTag, code, endedAt } = job;
  // The newest that can matter; a member's own failures one after the other leave those of other users in.
  const recent = [...breaker.failures.filter(isRecent), { startedAt, userTag }].slice(-MOST_REMEMBERED);
  const users = new Set(recent.map((failed) => failed.userTag)).size;
  if (recent.length < rules.failures || users < rules.users) return { ...breaker, failures: recent };
  const { changedAt, openings } = breaker;
  const isSteady = changedAt === null || secondsBetween(changedAt, endedAt) >= rules.steadySeconds;
  return {
    open: { since: endedAt, code },
    changedAt: endedAt,
    openings: isSteady ? 1 : openings + 1,
    failures: [],
    probedAt: null,
    untold: [...breaker.untold, { to: 'degraded' as const, at: endedAt, since: endedAt, code }].slice(-MOST_UNTOLD),
  };
}

/** Enough for every rule; the item stays small. */
const MOST_REMEMBERED = 20;

/** While the bus takes nothing, of older changes nothing is told. */
const MOST_UNTOLD = 4;

/**
 * For how many seconds a breaker that has opened so often stays open at least. A bank that works for 20 s of each minute
 * closed it in each of them when callers asked too, and as many starts failed as without a breaker.
 */
export const leastOpenSeconds = (openings: number, rules: BreakerRules): number =>
  openings < 2 ? 0 : Math.min(rules.pauseSeconds * 2 ** (openings - 2), rules.longestPauseSeconds);

/** The breaker after a job that shows that the bank answers; itself when nothing changes. */
export function afterAnswer(breaker: Breaker, job: JudgedJob, rules: BreakerRules): Breaker {
  if (breaker.open === null || !countsFor(breaker, job)) return breaker;
  const { since, code } = breaker.open;
  const { openings } = breaker;
  if (secondsBetween(since, job.endedAt) < leastOpenSeconds(openings, rules)) return breaker;
  return {
    ...closedBreaker,
    changedAt: job.endedAt,
    openings,
    untold: [...breaker.untold, { to: 'recovered' as const, at: job.endedAt, since, code }].slice(-MOST_UNTOLD),
  };
}

/** Whether an unattended start may go through at `now` as a probe. */
export const mayProbe = ({ open, probedAt }: Breaker, now: Instant, rules: BreakerRules): boolean =>
  open !== null && secondsBetween(probedAt ?? open.since, now) >= rules.probeSeconds;
