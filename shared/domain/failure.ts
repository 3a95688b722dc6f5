import type { Action } from './action.ts';

/**
 * What to do after a failure. `caller-fault`: the caller has to change the request. `try-again`: it may work later as it
 * is. `never-retry`: it works only after a change here or at MX. `bug`: a fault of this service.
 */
export type Fate = 'caller-fault' | 'try-again' | 'never-retry' | 'bug';

/** What the name of a failure decides. */
export interface Cause {
  readonly fate: Fate;
  /** What the caller should do, or have done. */
  readonly action: Action;
}

const cause = (fate: Fate, action: Action): Cause => ({ fate, action });

/**
 * Every cause that the domain and its clients have a name for, and what it decides. Logs, alarms, problems and outcomes
 * use these names. How each is told over HTTP stands in `shared/lambda/problem.ts`, beside the codes that only HTTP has.
 */
export const causes = {
  invalid_request: cause('caller-fault', 'none'),
  user_not_found: cause('caller-fault', 'none'),
  member_not_found: cause('caller-fault', 'none'),
  member_deleted: cause('caller-fault', 'none'),
  user_erased: cause('caller-fault', 'none'),
  erasure_not_found: cause('caller-fault', 'none'),
  never_refreshed: cause('caller-fault', 'none'),
  refresh_not_found: cause('caller-fault', 'none'),
  account_not_found: cause('caller-fault', 'none'),
  history_off: cause('caller-fault', 'none'),
  institution_not_found: cause('caller-fault', 'none'),
  too_many_to_list: cause('caller-fault', 'none'),
  allowance_used_up: cause('try-again', 'retry_later'),
  caller_allowance_used_up: cause('try-again', 'retry_later'),
  schedule_too_often: cause('caller-fault', 'none'),
  schedule_changes_used_up: cause('try-again', 'retry_later'),
  too_many_callbacks: cause('caller-fault', 'none'),
  mx_credentials_missing: cause('never-retry', 'contact_support'),
  mx_credentials_rejected: cause('never-retry', 'contact_support'),
  mx_forbidden: cause('never-retry', 'contact_support'),
  mx_redirected: cause('never-retry', 'contact_support'),
  mx_not_found: cause('caller-fault', 'none'),
  mx_refused: cause('never-retry', 'contact_support'),
  mx_institution: cause('never-retry', 'retry_later'),
  mx_conflict: cause('try-again', 'wait'),
  mx_not_challenged: cause('caller-fault', 'none'),
  answers_unknown: cause('caller-fault', 'wait'),
  answers_taken: cause('caller-fault', 'wait'),
  mx_rate_limited: cause('try-again', 'retry_later'),
  paused: cause('try-again', 'retry_later'),
  mx_unavailable: cause('try-again', 'retry_later'),
  mx_timeout: cause('try-again', 'retry_later'),
  mx_bad_answer: cause('try-again', 'retry_later'),
  mx_too_many_accounts: cause('never-retry', 'contact_support'),
  bad_message: cause('never-retry', 'contact_support'),
  callback_not_delivered: cause('try-again', 'contact_support'),
  callback_keys_missing: cause('never-retry', 'contact_support'),
  busy: cause('try-again', 'retry_later'),
  internal: cause('bug', 'contact_support'),
} as const satisfies Readonly<Record<string, Cause>>;

/** The name of a cause. */
export type FailureCode = keyof typeof causes;

/** What a failure knows beyond its name. None of it holds a credential, an account number or an amount. */
export interface FailureDetails {
  /** The HTTP status MX answered with. */
  readonly mxStatus?: number;
  /** MX's `error.type` (MX facts 9), for example `institution_maintenance_error`. */
  readonly mxErrorType?: string;
  /** MX's own text, for developers of the caller. */
  readonly mxMessage?: string;
  /** MX's own text where it is written for end users: what an institution does not allow (MX facts 9). */
  readonly userMessage?: string;
  /** When it is worth trying again, in seconds. */
  readonly retryAfterSeconds?: number;
  /** The refresh it belongs to. */
  readonly refreshId?: string;
  /** What has to be done, when more is known than the code alone says. */
  readonly action?: Action;
  /** MX's answer was larger than is read: less may be asked for. */
  readonly tooLarge?: true;
  /** The request field at fault. */
  readonly field?: string;
  /** The setting whose limit the caller has reached. */
  readonly limit?: string;
}

/** The domain's one error class. Its `code` says what happened, and decides its `fate`: what to do with it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly fate: Fate;
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.fate = causes[code].fate;
    this.code = code;
    this.details = details;
  }
}

/** `error` as a `Failure`; any other error becomes `internal`: a bug, retried until it is a dead letter. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('internal', 'an unexpected error', {}, { cause: error });
