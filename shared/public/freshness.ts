/** How fresh balances are, as a typed object: from the headers of MX-shaped answers, or from the block in our own. */
import { countOrNullIn, flagOrNullIn, objectIn, textIn, textOrNullIn, wordIn, wordOrNullIn } from './answer-fields.ts';
import { isJsonObject, type Json, type JsonObject } from './exact-json.ts';
import { unexpectedAnswer } from './problem.ts';
import { type Action, isAction, isOutcome, isTrigger, type Outcome, type Trigger } from './vocabulary.ts';

/** How fresh balances are. Instants are RFC 3339 in UTC, always 24 characters. */
export interface Freshness {
  /**
   * `stale`: older than the operator's (or the reader's) `staleAfter`, or possibly out of date for another `reason`.
   * `never_refreshed`: no refresh has succeeded yet.
   */
  readonly verdict: 'fresh' | 'stale' | 'never_refreshed';
  /**
   * Why they are stale: `not_imported` (a job left the account behind), `unreadable` (MX lists it with an amount that cannot
   * be read), `no_longer_listed`, `no_accounts` (the last success found none), the last attempt's code, or
   * `not_refreshed_since`. Null unless stale.
   */
  readonly reason: string | null;
  /**
   * What verdict and age go by: `observedAt`, or MX's `imported_at` of an account that a job left behind. A list is as fresh
   * as its oldest account.
   */
  readonly freshAsOf: string | null;
  /** When that account was read from MX. */
  readonly observedAt: string | null;
  /** Seconds since `freshAsOf`. */
  readonly ageSeconds: number | null;
  /** The refresh that read them. */
  readonly refreshId: string | null;
  readonly trigger: Trigger | null;
  /** The last refresh that ended, however it ended; null: none has. */
  readonly lastAttempt: LastAttempt | null;
  /** The last one that succeeded. */
  readonly lastSuccess: LastSuccess | null;
  /**
   * The last success may not have stored every account that MX listed: lists may lack one. It could not be read and was
   * never stored before, or storing was interrupted.
   */
  readonly incomplete: boolean;
  /** Why the schedule does not start the member; null: it does, or the member is on none. */
  readonly scheduleHeld: ScheduleHeld | null;
}

/** The schedule does not start the member until `action` is done. */
export interface ScheduleHeld {
  /** When it was held back for this reason for the first time. */
  readonly since: string;
  readonly code: string;
  /** What has to happen before it is started again. */
  readonly action: Action;
}

/** Freshness as the API tells it. */
export interface ApiFreshness extends Freshness {
  /** When MX's allowance and its `Retry-After` let the next refresh start; null: now. */
  readonly nextRefreshAllowedAt: string | null;
}

/** The last refresh that ended. */
export interface LastAttempt {
  readonly outcome: Outcome;
  /** What has to be done now. */
  readonly action: Action;
  readonly code: string;
  readonly endedAt: string;
  /** Null where only headers tell of it. */
  readonly refreshId: string | null;
  /** MX's text for the end user. Null where only headers tell of it, when read from the tables, and when MX gave none. */
  readonly userMessage: string | null;
}

/** The last refresh that succeeded. */
export interface LastSuccess {
  readonly observedAt: string;
  /** Null where only headers tell of it. */
  readonly refreshId: string | null;
}

const isVerdict = (word: unknown): word is Freshness['verdict'] =>
  word === 'fresh' || word === 'stale' || word === 'never_refreshed';

/** Reads the `freshness` block of an answer. @throws BalancesProblem `unexpected_answer` that names the field. */
export function freshnessFromBlock(body: Json): ApiFreshness {
  const block = objectIn(body, 'freshness');
  const { last_attempt: attempt, last_success: success, schedule_held: held } = block;
  return {
    verdict: wordIn(block, 'verdict', isVerdict),
    reason: textOrNullIn(block, 'reason'),
    freshAsOf: textOrNullIn(block, 'fresh_as_of'),
    observedAt: textOrNullIn(block, 'observed_at'),
    ageSeconds: countOrNullIn(block, 'age'),
    refreshId: textOrNullIn(block, 'refresh_id'),
    trigger: wordOrNullIn(block, 'trigger', isTrigger),
    lastAttempt: isJsonObject(attempt) ? lastAttemptFrom(attempt) : null,
    lastSuccess: isJsonObject(success)
      ? { observedAt: textIn(success, 'observed_at'), refreshId: textOrNullIn(success, 'refresh_id') }
      : null,
    incomplete: flagOrNullIn(block, 'incomplete') ?? false,
    scheduleHeld: heldFrom(held ?? null),
    nextRefreshAllowedAt: textOrNullIn(block, 'next_refresh_allowed_at'),
  };
}

/** Reads why a member is held back. @throws BalancesProblem `unexpected_answer` that names the field. */
export const heldFrom = (held: Json): ScheduleHeld | null =>
  isJsonObject(held)
    ? { since: textIn(held, 'since'), code: textIn(held, 'code'), action: wordIn(held, 'action', isAction) }
    : null;

const lastAttemptFrom = (attempt: JsonObject): LastAttempt => ({
  outcome: wordIn(attempt, 'outcome', isOutcome),
  action: wordIn(attempt, 'action', isAction),
  code: textIn(attempt, 'code'),
  endedAt: textIn(attempt, 'ended_at'),
  refreshId: textOrNullIn(attempt, 'refresh_id'),
  userMessage: textOrNullIn(attempt, 'user_message'),
});

/**
 * Reads the headers of an MX-shaped answer.
 *
 * @throws BalancesProblem `unexpected_answer`; in a browser that is what an API gives that does not expose its headers.
 */
export function freshnessFromHeaders(headers: Headers): ApiFreshness {
  const verdict = headers.get('balances-freshness');
  if (verdict === null) {
    throw unexpectedAnswer(
      null,
      'the answer has no balances-freshness header; to a page in a browser the API has to expose its headers (CORS)',
    );
  }
  const lastSuccess = headers.get('balances-last-success');
  return freshnessFromBlock({
    freshness: {
      verdict,
      reason: headers.get('balances-stale-reason'),
      fresh_as_of: headers.get('balances-fresh-as-of'),
      observed_at: headers.get('balances-observed-at'),
      age: headers.get('age'),
      refresh_id: headers.get('balances-refresh-id'),
      trigger: headers.get('balances-trigger'),
      last_attempt: parametersOf(headers.get('balances-last-attempt'), 'outcome'),
      incomplete: headers.get('balances-incomplete') === 'true',
      schedule_held: parametersOf(headers.get('balances-schedule-held'), 'code'),
      last_success: lastSuccess === null ? null : { observed_at: lastSuccess },
      next_refresh_allowed_at: headers.get('balances-next-refresh-allowed-at'),
    },
  });
}

/** `failed; action=retry_later; code=degraded; ended_at=…` as an object, the first word under the name `first`. */
function parametersOf(header: string | null, first: string): JsonObject | null {
  if (header === null) return null;
  const [word = '', ...parameters] = header.split(';').map((part) => part.trim());
  const pairs = parameters.map((parameter): [string, string] => {
    const [name = '', value = ''] = parameter.split('=');
    return [name, value];
  });
  return { [first]: word, ...Object.fromEntries(pairs) };
}
