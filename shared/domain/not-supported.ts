/**
 * Whether MX runs balance checks at an institution at all. MX answers the POST with 400 where it does not, but its documents
 * show no body for that (MX facts 2.1, 10); so it is believed only when two users' POSTs were refused, an hour apart, and
 * the bank has answered no other job in between. Pure; `watch-institution.ts` and `hold-not-supported.ts` read and write it.
 */
import type { Failure } from './failure.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { OutcomeCode } from './outcome.ts';

/** Errors of MX's that say so: data that the institution does not offer (MX facts 9). */
const errorTypes: ReadonlySet<string> = new Set(['institution_prevented_error']);

/**
 * Whether MX's refusal of a POST may mean it: 400 without an `error.type`, or with one that says so. With any other type the
 * request was wrong, or the institution is blocked for a while.
 */
export const saysNotSupported = ({ details: { mxStatus, mxErrorType } }: Failure): boolean =>
  mxStatus === 400 && (mxErrorType === undefined || errorTypes.has(mxErrorType));

/** When it is believed, and for how long. */
export interface SupportRules {
  /** Two refusals count together when they are so far apart at least: a fault of MX's, or of ours, passes sooner. */
  readonly apartSeconds: number;
  /** And so far at most: for so long it is known whether the bank has answered in between. */
  readonly windowSeconds: number;
  /** For so long no scheduled start asks MX; then one does. */
  readonly rememberSeconds: number;
  /** When nothing is known of that one after so many seconds, another one asks. */
  readonly askSeconds: number;
}

/** A week. */
export const supportRules: SupportRules = {
  apartSeconds: 3_600,
  windowSeconds: 86_400,
  rememberSeconds: 604_800,
  askSeconds: 300,
};

/** A POST that was refused so. */
export interface Refusal {
  /** When it was sent. */
  readonly startedAt: Instant;
  /** Stands for the user. */
  readonly userTag: string;
}

/** An institution without balance checks, as far as is known. */
export interface NotSupported {
  /** When the first POST was sent that was refused for it. */
  readonly since: Instant;
  /** How the refresh ended with which it was believed. */
  readonly code: OutcomeCode;
  /** Until then no scheduled start asks MX. */
  readonly until: Instant;
  /** When, after that, one was let through last. */
  readonly askedAt: Instant | null;
}

/** What is known of balance checks at an institution. */
export interface BalanceChecks {
  /** Refusals that count, of two users at most, one of each. Only while it is not believed. */
  readonly refusals: readonly Refusal[];
  /** Null: there are balance checks, as far as is known. */
  readonly notSupported: NotSupported | null;
  /** When an answer of the bank showed last that there are, after all. POSTs that were sent before do not count any more. */
  readonly clearedAt: Instant | null;
}

/** Of an institution of which nothing else is known. */
export const supported: BalanceChecks = { refusals: [], notSupported: null, clearedAt: null };

/** A refused POST, and the end that it was. */
export interface JudgedRefusal extends Refusal {
  readonly endedAt: Instant;
  readonly code: OutcomeCode;
}

/** Two users are enough, and each further refusal is of another user than one of these. */
const MOST_REMEMBERED = 2;

/**
 * What is known after a POST that was refused so; the same when nothing changes.
 *
 * @param lastAnswerAt when the bank last answered, as far as any refresh has shown it.
 */
export function withRefusal(
  before: BalanceChecks,
  job: JudgedRefusal,
  lastAnswerAt: Instant | null,
  rules: SupportRules,
): BalanceChecks {
  const checks = withAnswer(before, lastAnswerAt);
  const { notSupported, clearedAt } = checks;
  const { startedAt, userTag, code, endedAt } = job;
  const until = plusSeconds(endedAt, rules.rememberSeconds);
  if (notSupported !== null) {
    if (endedAt < notSupported.until) return checks;
    return { ...checks, notSupported: { ...notSupported, until, askedAt: null } };
  }
  const earliest = plusSeconds(startedAt, -rules.windowSeconds);
  const counts = (refusal: Refusal): boolean =>
    refusal.startedAt >= earliest && [lastAnswerAt, clearedAt].every((at) => at === null || refusal.startedAt > at);
  if (!counts(job)) return checks;
  const refusals = checks.refusals.filter(counts);
  const other = refusals.find(
    (refusal) =>
      refusal.userTag !== userTag && Math.abs(secondsBetween(refusal.startedAt, startedAt)) >= rules.apartSeconds,
  );
  if (other !== undefined) {
    const since = other.startedAt < startedAt ? other.startedAt : startedAt;
    return { ...checks, refusals: [], notSupported: { since, code, until, askedAt: null } };
  }
  const isKnown = refusals.length === MOST_REMEMBERED || refusals.some((refusal) => refusal.userTag === userTag);
  if (isKnown) return checks;
  return { ...checks, refusals: [...refusals, { startedAt, userTag }] };
}

/** What is known after the bank has answered a job at `answeredAt`; the same when nothing changes. Null: it has not. */
export function withAnswer(checks: BalanceChecks, answeredAt: Instant | null): BalanceChecks {
  const { notSupported } = checks;
  if (notSupported === null || answeredAt === null || answeredAt <= notSupported.since) return checks;
  return { ...supported, clearedAt: answeredAt };
}

/** Whether a scheduled start may ask MX at `now`, to find out whether it is still so. */
export const mayAsk = ({ until, askedAt }: NotSupported, now: Instant, { askSeconds }: SupportRules): boolean =>
  now >= until && (askedAt === null || secondsBetween(askedAt, now) >= askSeconds);
