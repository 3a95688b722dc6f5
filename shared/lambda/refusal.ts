/** What HTTP alone can say no to: who calls, where, how and how often. Nothing of such a request reaches the domain. */
import { asFailure, type Cause, type Failure, type FailureDetails, type Fate } from '../domain/failure.ts';

/** Every such reason, and what it decides, in the terms of `causes` (`shared/domain/failure.ts`). */
export const refusalCauses = {
  unauthorized: { fate: 'caller-fault', action: 'none' },
  forbidden: { fate: 'caller-fault', action: 'none' },
  not_found: { fate: 'caller-fault', action: 'none' },
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

/** Anything thrown, under the name that it is told and logged by; what we did not name ourselves becomes `internal`. */
export const asNamed = (error: unknown): Failure | Refusal => (error instanceof Refusal ? error : asFailure(error));
