/** The one error of this package: the API's RFC 9457 problems, and every other way in which there is no answer. */
import type { FailureCode } from '../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject, parseJson } from './exact-json.ts';
import { type Action, isAction } from './vocabulary.ts';

/**
 * What happened. The API's codes are explained at `GET /problems/{code}`; a newer service may have more. Of the client
 * itself: `unreachable` (no connection), `timed_out` (no answer in the time allowed; what was asked for may have
 * happened), `unexpected_answer` (not an answer of this API), `gateway` (an error of the gateway in front of the
 * service that has no code of its own).
 */
export type ProblemCode =
  | FailureCode
  | RefusalCode
  | 'unreachable'
  | 'timed_out'
  | 'unexpected_answer'
  | 'gateway'
  | (string & {});

/** The API's codes for requests that HTTP alone refuses. A test holds them to `shared/lambda/refusal.ts`. */
export type RefusalCode =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'stays_at_mx'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'idempotency_conflict'
  | 'idempotency_in_flight'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests';

/** What is known of a problem. */
export interface ProblemFacts {
  /** HTTP status; null when there was no answer, or none that could be read. */
  readonly status: number | null;
  readonly code: ProblemCode;
  /** What the caller should do, or have done. */
  readonly action: Action;
  /** One sentence for developers and operators. */
  readonly detail: string;
  /** Seconds after which it is worth trying again; null when the answer does not say. */
  readonly retryAfter?: number | null;
  /** The refresh it belongs to. */
  readonly refreshId?: string | null;
  /** The path parameter, query parameter, header or body field at fault. */
  readonly field?: string | null;
  /** The setting whose limit the caller has reached. */
  readonly limit?: string | null;
  /** A text that may be shown to the end user, MX's own where MX gave one. */
  readonly userMessage?: string | null;
}

/** A call that was not answered as asked. Decide by `code` or `action`; `detail` is for people. */
export class BalancesProblem extends Error {
  override readonly name = 'BalancesProblem';
  readonly status: number | null;
  readonly code: ProblemCode;
  readonly action: Action;
  readonly detail: string;
  readonly retryAfter: number | null;
  readonly refreshId: string | null;
  readonly field: string | null;
  readonly limit: string | null;
  readonly userMessage: string | null;

  constructor(facts: ProblemFacts, options?: ErrorOptions) {
    super(`${facts.code}: ${facts.detail}`, options);
    this.status = facts.status;
    this.code = facts.code;
    this.action = facts.action;
    this.detail = facts.detail;
    this.retryAfter = facts.retryAfter ?? null;
    this.refreshId = facts.refreshId ?? null;
    this.field = facts.field ?? null;
    this.limit = facts.limit ?? null;
    this.userMessage = facts.userMessage ?? null;
  }
}

/** An answer that this API does not give: another server, a proxy's page, or a service much older or newer. */
export const unexpectedAnswer = (status: number | null, what: string, options?: ErrorOptions): BalancesProblem =>
  new BalancesProblem({ status, code: 'unexpected_answer', action: 'contact_support', detail: what }, options);

/**
 * What the gateway in front of the service answers by itself, with a plain `{"message": …}`, and which code says the
 * same.
 */
const gatewayCodes: Readonly<Record<number, readonly [code: ProblemCode, action: Action, detail: string]>> = {
  401: ['unauthorized', 'none', 'the gateway did not accept the credentials'],
  403: ['forbidden', 'none', 'the gateway refused the signature, or its owner may not call this route'],
  404: ['not_found', 'none', 'the gateway has nothing at this path; is baseUrl right?'],
  413: ['payload_too_large', 'none', 'the gateway refused the body as too large'],
  429: ['too_many_requests', 'retry_later', 'the gateway limits the requests of this API'],
};

/** The problem that an answer other than 2xx and 304 is. */
export function problemFrom(status: number, headers: Headers, text: string): BalancesProblem {
  const body = jsonOrNull(text);
  if (isJsonObject(body) && typeof body['code'] === 'string') return fromProblemJson(status, body['code'], body);
  const retryAfter = retryAfterSeconds(headers);
  const known = gatewayCodes[status];
  if (known !== undefined) {
    const [code, action, detail] = known;
    return new BalancesProblem({ status, code, action, detail, retryAfter });
  }
  if (status >= 500) {
    const detail = `the gateway in front of the service answered ${status}`;
    return new BalancesProblem({ status, code: 'gateway', action: 'retry_later', detail, retryAfter });
  }
  return unexpectedAnswer(status, `status ${status} without a problem in it; is baseUrl right?`);
}

function fromProblemJson(status: number, code: string, body: JsonObject): BalancesProblem {
  const { action, detail, title, refresh_id: refreshId, field, limit, error } = body;
  const userMessage = isJsonObject(error) ? error['message'] : null;
  return new BalancesProblem({
    status,
    code,
    // An action that only a newer service knows needs a person.
    action: isAction(action) ? action : 'contact_support',
    detail: textOrNull(detail) ?? textOrNull(title) ?? `status ${status}`,
    // Not from the header, which a browser may hide.
    retryAfter: wholeSeconds(textOrNull(body['retry_after'])),
    refreshId: textOrNull(refreshId),
    field: textOrNull(field),
    limit: textOrNull(limit),
    userMessage: textOrNull(userMessage),
  });
}

/** `Retry-After` in seconds, the only form of it that this API sends; null without one. */
export const retryAfterSeconds = (headers: Headers): number | null => wholeSeconds(headers.get('retry-after'));

const wholeSeconds = (text: string | null): number | null => (/^\d{1,9}$/.test(text ?? '') ? Number(text) : null);

const textOrNull = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function jsonOrNull(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
