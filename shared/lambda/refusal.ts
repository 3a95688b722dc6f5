/** Refusals for reasons of HTTP: who calls, which path, in what form, how often. Such a request reaches no use case. */
import { asFailure, type Cause, Failure, type FailureDetails, type Fate } from '../domain/failure.ts';

/** Every such reason, and what it decides, in the terms of `causes` (`shared/domain/failure.ts`). */
export const refusalCauses = {
  unauthorized: { fate: 'caller-fault', action: 'none' },
  forbidden: { fate: 'caller-fault', action: 'none' },
  not_found: { fate: 'caller-fault', action: 'none' },
  stays_at_mx: { fate: 'caller-fault', action: 'none' },
  method_not_allowed: { fate: 'caller-fault', action: 'none' },
  not_acceptable: { fate: 'caller-fault', action: 'none' },
  idempotency_conflict: { fate: 'caller-fault', action: 'none' },
  idempotency_in_flight: { fate: 'try-again', action: 'wait' },
  payload_too_large: { fate: 'caller-fault', action: 'none' },
  unsupported_media_type: { fate: 'caller-fault', action: 'none' },
  too_many_requests: { fate: 'try-again', action: 'retry_later' },
} as const satisfies Readonly<Record<string, Cause>>;

/** The name of a reason. */
export type RefusalCode = keyof typeof refusalCauses;

/** What a refusal knows beyond its name. */
export interface RefusalDetails extends Pick<FailureDetails, 'field' | 'retryAfterSeconds'> {
  /** Methods that the path does have, with `method_not_allowed`. */
  readonly allow?: readonly string[];
}

/** A request that is refused for what HTTP alone says of it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly fate: Fate;
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.fate = refusalCauses[code].fate;
    this.code = code;
    this.details = details;
  }
}

/**
 * Anything thrown, under the name that it is told and logged by: `busy` for an AWS service that did not answer or asked
 * for less, which a later request may not meet; `internal` for every other error without a name of ours.
 */
export function asNamed(error: unknown): Failure | Refusal {
  if (error instanceof Refusal || error instanceof Failure) return error;
  const away = awsAway(error);
  return away === null
    ? asFailure(error)
    : new Failure('busy', `an AWS service did not answer: ${away}`, {}, { cause: error });
}

/** Errors of AWS that pass: its own time limit (`aws-limits.ts`), throttling, 5xx, and sockets that broke. */
const passingErrors: ReadonlySet<string> = new Set([
  'TimeoutError',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'TooManyRequestsException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** The name of an error of AWS that passes; null for every other. */
function awsAway(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const known = [error.name, code].find((name) => passingErrors.has(name));
  return known ?? (statusOf(error) >= 500 ? error.name : null);
}

/** The HTTP status of an AWS error; 0 for one that has none. */
function statusOf(error: Error): number {
  const metadata: unknown = '$metadata' in error ? error.$metadata : null;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : 0;
  return typeof status === 'number' ? status : 0;
}
