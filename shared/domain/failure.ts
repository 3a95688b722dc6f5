import type { Action } from './action.ts';

/**
 * What to do with something that went wrong. `caller-fault`: the caller has to change the request. `try-again`: it may
 * work later as it is. `never-retry`: it will not work until somebody changes something here or at MX. `bug`: ours.
 */
export type Fate = 'caller-fault' | 'try-again' | 'never-retry' | 'bug';

/** Every cause there is a name for. Logs, alarms, problems and outcomes use these names. */
export type FailureCode =
  | 'invalid_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'idempotency_conflict'
  | 'idempotency_in_flight'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'member_not_found'
  | 'member_deleted'
  | 'never_refreshed'
  | 'refresh_not_found'
  | 'account_not_found'
  | 'allowance_used_up'
  | 'too_many_requests'
  | 'mx_credentials_missing'
  | 'mx_credentials_rejected'
  | 'mx_forbidden'
  | 'mx_not_found'
  | 'mx_refused'
  | 'mx_institution'
  | 'mx_conflict'
  | 'mx_rate_limited'
  | 'mx_unavailable'
  | 'mx_timeout'
  | 'mx_bad_answer'
  | 'bad_message'
  | 'busy'
  | 'internal';

/** What a failure knows beyond its name. None of it holds a credential, an account number or an amount. */
export interface FailureDetails {
  /** The HTTP status MX answered with. */
  readonly mxStatus?: number;
  /** MX's `error.type` (MX facts 9), for example `institution_maintenance_error`. */
  readonly mxErrorType?: string;
  /** MX's own text; MX allows to show it to end users (MX facts 9). */
  readonly userMessage?: string;
  /** When it is worth trying again, in seconds. */
  readonly retryAfterSeconds?: number;
  /** The refresh it belongs to. */
  readonly refreshId?: string;
  /** What somebody has to do, when more is known than the code alone says. */
  readonly action?: Action;
  /** The request field at fault. */
  readonly field?: string;
  /** Methods that the path does have, with `method_not_allowed`. */
  readonly allow?: readonly string[];
}

/** The one error class. Its `fate` says what to do, its `code` what happened. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly fate: Fate;
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(fate: Fate, code: FailureCode, message: string, details: FailureDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.fate = fate;
    this.code = code;
    this.details = details;
  }
}

/** The fate of anything thrown. What we did not name ourselves is a bug: it is retried and the dead-letter queue tells. */
export const fateOf = (error: unknown): Fate => (error instanceof Failure ? error.fate : 'bug');

/** `error` as a `Failure`; what we did not name ourselves becomes `internal`. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('bug', 'internal', 'an unexpected error', {}, { cause: error });
