/** Failures as RFC 9457 problems: the one table from codes to HTTP. */

import type { Action } from '../domain/action.ts';
import type { Failure, FailureCode } from '../domain/failure.ts';

/** How a code is told over HTTP. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What the caller, or whoever it tells, should do. */
  readonly action: Action;
  /** One or two sentences for `/problems/{code}` and `docs/problems.md`. */
  readonly meaning: string;
  /** The failure's own message and MX's are for whoever called. Otherwise neither is shown (5xx never leaks a message). */
  readonly showsDetail: boolean;
}

const kind = (status: number, title: string, action: Action, meaning: string, showsDetail = true): ProblemKind => ({
  status,
  title,
  action,
  meaning,
  showsDetail,
});

/** The table. Exhaustive by type. */
export const problemKinds: Readonly<Record<FailureCode, ProblemKind>> = {
  invalid_request: kind(
    400,
    'The request is not valid',
    'none',
    'A path, query, header or body value is not allowed; `detail` names it and says what is. Nothing was called and nothing changed.',
  ),
  unauthorized: kind(
    401,
    'Credentials are missing or wrong',
    'none',
    'Send HTTP Basic credentials of a caller that the operator has entered.',
  ),
  forbidden: kind(
    403,
    'These credentials may not do this',
    'none',
    'The caller lacks the right that this route needs: `read`, `trigger` or `webhook`.',
  ),
  not_found: kind(404, 'There is nothing at this path', 'none', 'The path is not one of this API’s.'),
  method_not_allowed: kind(
    405,
    'The path does not have this method',
    'none',
    'The `Allow` header lists the methods that it has.',
  ),
  not_acceptable: kind(
    406,
    'This API version is not offered',
    'none',
    '`Accept-Version` names a version of MX’s API that this service does not speak. Leave it out, or send v20250224.',
  ),
  idempotency_conflict: kind(
    422,
    'This Idempotency-Key was used for another request',
    'none',
    'The same key came within 24 hours with another body or other options. Use a new key for a new request.',
  ),
  idempotency_in_flight: kind(
    409,
    'The first request with this Idempotency-Key is still being answered',
    'wait',
    'Send the same request again after `Retry-After` seconds: it will get the first one’s answer.',
  ),
  payload_too_large: kind(
    413,
    'The body is too large',
    'none',
    'Bodies of this API are small JSON objects, at most 10,000 bytes.',
  ),
  unsupported_media_type: kind(
    415,
    'The body is not JSON',
    'none',
    'Send `Content-Type: application/json`, or no body.',
  ),
  member_not_found: kind(
    404,
    'The member is not known here',
    'none',
    'No refresh of this member was ever triggered through this service. Trigger one: POST …/check_balance.',
  ),
  member_deleted: kind(
    404,
    'The member was deleted',
    'none',
    'The member was deleted at MX or here. It is not refreshed, its balances are gone, and its refreshes are not shown.',
  ),
  never_refreshed: kind(
    404,
    'No balances are stored for this member',
    'none',
    'The member is known, but no refresh has stored its accounts yet. Trigger one: POST …/check_balance.',
  ),
  refresh_not_found: kind(
    404,
    'There is no such refresh',
    'none',
    'The id is wrong, or the refresh is older than the operator keeps refreshes.',
  ),
  account_not_found: kind(
    404,
    'The member has no such account',
    'none',
    'The member’s balances are stored, but none has this guid or id.',
  ),
  allowance_used_up: kind(
    429,
    'MX’s allowance for this member is used up',
    'retry_later',
    'MX allows a few balance checks per member in two hours. `Retry-After` says when the next one is possible; stored balances can still be read.',
  ),
  too_many_requests: kind(429, 'Too many requests', 'retry_later', 'Try again after `Retry-After` seconds.'),
  mx_credentials_missing: kind(
    502,
    'This service has no MX credentials yet',
    'contact_support',
    'An operator has to put `client_id` and `api_key` into the secret with the MX credentials.',
    false,
  ),
  mx_credentials_rejected: kind(
    502,
    'MX refuses this service’s credentials',
    'contact_support',
    'MX answered 401: an operator has to put the right `client_id` and `api_key` into the secret with the MX credentials.',
    false,
  ),
  mx_forbidden: kind(
    502,
    'MX refuses this service',
    'contact_support',
    'MX answered 403: the address that this service calls from is not on MX’s allow list, or balance checks are not enabled for this client.',
    false,
  ),
  mx_not_found: kind(
    404,
    'MX does not know this user or member',
    'none',
    'MX answered 404. Check both identifiers; each may be MX’s guid or your own id.',
  ),
  mx_refused: kind(
    400,
    'MX does not accept the request',
    'contact_support',
    'MX refused to start a balance check for this member; `error` has its words.',
  ),
  mx_institution: kind(
    400,
    'The institution does not allow a balance check',
    'retry_later',
    'MX names the reason in `error.type`: maintenance and unavailability pass, the others are permanent.',
  ),
  mx_conflict: kind(409, 'Another job is running at MX', 'wait', 'MX runs a job of another kind for this member.'),
  mx_rate_limited: kind(
    429,
    'MX limits our requests',
    'retry_later',
    'MX answered 429. Try again after `Retry-After` seconds.',
  ),
  mx_unavailable: kind(
    503,
    'MX cannot be reached',
    'retry_later',
    'MX did not answer properly, and the member was never seen here, so nothing could be started.',
    false,
  ),
  mx_timeout: kind(
    503,
    'MX did not answer in time',
    'retry_later',
    'MX did not answer in time, and the member was never seen here, so nothing could be started.',
    false,
  ),
  mx_bad_answer: kind(
    502,
    'MX’s answer cannot be used',
    'retry_later',
    'MX answered something that this service cannot read. Nothing was changed.',
    false,
  ),
  bad_message: kind(
    500,
    'An unexpected error',
    'contact_support',
    'A message inside this service could not be read.',
    false,
  ),
  busy: kind(
    503,
    'Too much at once',
    'retry_later',
    'Many requests for the same member arrived at the same moment. Try again.',
    false,
  ),
  internal: kind(
    500,
    'An unexpected error',
    'contact_support',
    'Something that nobody expected. The operator’s log has it under the same request.',
    false,
  ),
};

/** Seconds to wait when nothing better is known. Every 429 and 503 of ours says one. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** A problem as an answer. */
export interface ProblemAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The problem that `failure` is. Beside the problem's own members it has MX's `error` member (`message`, `status`,
 * `type`), where MX's clients look.
 */
export function problemOf(failure: Failure): ProblemAnswer {
  const { status, title, action, showsDetail } = problemKinds[failure.code];
  const { details } = failure;
  const retryAfter =
    details.retryAfterSeconds ?? (status === 429 || status === 503 ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  const detail = showsDetail ? failure.message : problemKinds[failure.code].meaning;
  const body = {
    type: `/problems/${failure.code}`,
    title,
    status,
    detail,
    code: failure.code,
    action: details.action ?? action,
    ...(details.refreshId === undefined ? {} : { refresh_id: details.refreshId }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(details.field === undefined ? {} : { field: details.field }),
    error: {
      message: (showsDetail ? details.userMessage : undefined) ?? title,
      status: statusWord(status),
      type: (showsDetail ? details.mxErrorType : undefined) ?? failure.code,
    },
  };
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(details.allow === undefined ? {} : { allow: details.allow.join(', ') }),
      ...(status === 401 ? { 'www-authenticate': 'Basic realm="mx-fresh-balances", charset="UTF-8"' } : {}),
    },
    body: JSON.stringify(body),
  };
}

/** MX's `status` member: the reason phrase in snake_case (MX facts 9). */
const statusWord = (status: number): string =>
  ({
    400: 'bad_request',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'not_found',
    405: 'method_not_allowed',
    406: 'not_acceptable',
    409: 'conflict',
    413: 'payload_too_large',
    415: 'unsupported_media_type',
    422: 'unprocessable_entity',
    429: 'too_many_requests',
    500: 'internal_server_error',
    502: 'bad_gateway',
    503: 'service_unavailable',
  })[status] ?? 'error';
