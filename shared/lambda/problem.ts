/** Failures and refusals as RFC 9457 problems: the one table from codes to HTTP. What a code asks for is its cause's. */

import type { Action } from '../domain/action.ts';
import { type Cause, causes, type FailureCode, type FailureDetails } from '../domain/failure.ts';
import { type RefusalCode, type RefusalDetails, refusalCauses } from './refusal.ts';

/** A code as a problem has it: the domain's and HTTP's own. */
export type ProblemCode = FailureCode | RefusalCode;

/** How a code is told over HTTP. */
interface Telling {
  readonly status: number;
  readonly title: string;
  /** One or two sentences for `/problems/{code}` and `docs/problems.md`. */
  readonly meaning: string;
  /** Whether the caller may see the failure's own message and MX's. With 5xx never. */
  readonly showsDetail: boolean;
}

/** Everything about a code that can be told. */
export interface ProblemKind extends Telling {
  /** What the caller should do, or have done. */
  readonly action: Action;
}

const told = (status: number, title: string, meaning: string, showsDetail = true): Telling => ({
  status,
  title,
  meaning,
  showsDetail,
});

const allCauses: Readonly<Record<ProblemCode, Cause>> = { ...causes, ...refusalCauses };

/** The table. Exhaustive by type. */
const tellings: Readonly<Record<ProblemCode, Telling>> = {
  invalid_request: told(
    400,
    'The request is not valid',
    'A path, query, header or body value is not allowed; `detail` names it and says what is. Nothing was called and nothing changed.',
  ),
  unauthorized: told(
    401,
    'Credentials are missing or wrong',
    'Send HTTP Basic credentials of a caller that the operator has entered.',
  ),
  forbidden: told(
    403,
    'These credentials may not do this',
    'The caller lacks the right that this route needs: `read`, `trigger` or `webhook`.',
  ),
  not_found: told(404, 'There is nothing at this path', 'The path is not one of this API’s.'),
  stays_at_mx: told(
    404,
    'MX has this route, this service does not',
    'Ask MX itself: this service answers only what it can from the balances and members that it stores. Its routes are in `/openapi.json`.',
  ),
  method_not_allowed: told(
    405,
    'The path does not have this method',
    'The `Allow` header lists the methods that it has.',
  ),
  not_acceptable: told(
    406,
    'This API version is not offered',
    '`Accept-Version` names a version of MX’s API that this service does not speak. Leave it out, or send v20250224.',
  ),
  idempotency_conflict: told(
    422,
    'This Idempotency-Key was used for another request',
    'The same key came within 24 hours with another body or other options. Use a new key for a new request.',
  ),
  idempotency_in_flight: told(
    409,
    'The first request with this Idempotency-Key is still being answered',
    'Send the same request again after `Retry-After` seconds: it will get the first one’s answer.',
  ),
  payload_too_large: told(
    413,
    'The body is too large',
    'Bodies of this API are small JSON objects, at most 10,000 bytes.',
  ),
  unsupported_media_type: told(415, 'The body is not JSON', 'Send `Content-Type: application/json`, or no body.'),
  user_not_found: told(
    404,
    'This user is not known here',
    'This service has met no member of this user, or all that it met were deleted. Trigger a refresh of a member first: `POST …/check_balance`. Check the identifier; it may be MX’s guid or your own id.',
  ),
  member_not_found: told(
    404,
    'The member is not known here',
    'No refresh of this member was ever triggered through this service. Trigger one: POST …/check_balance.',
  ),
  member_deleted: told(
    404,
    'The member was deleted',
    'The member was deleted at MX or here. It is not refreshed, its balances are gone, and its refreshes are not shown.',
  ),
  user_erased: told(
    404,
    'The user’s data were erased',
    'It was asked to erase everything of this user: no member of it is taken up here any more. A user who comes back needs a new user at MX.',
  ),
  erasure_not_found: told(404, 'There is no such erasing', 'The id is wrong, or the receipt is older than 36 days.'),
  never_refreshed: told(
    404,
    'No balances are stored for this member',
    'The member is known, but no refresh has stored its accounts yet. `detail`, `action` and `refresh_id` say how the last one ended, or that one is under way. Without any, trigger one: POST …/check_balance.',
  ),
  refresh_not_found: told(
    404,
    'There is no such refresh',
    'The id is wrong, or the refresh is older than the operator keeps refreshes.',
  ),
  account_not_found: told(
    404,
    'The member has no such account',
    'The member’s balances are stored, but none has this guid or id.',
  ),
  history_off: told(
    404,
    'No history of amounts is kept',
    'The operator has not switched it on (setting `historyDays`): only the newest amounts of an account are shown. Those that were kept before it was switched off are not shown either, because what came after them is missing.',
  ),
  institution_not_found: told(
    404,
    'The institution is not known here',
    'No refresh of a member at this institution was counted within the last 35 days. With the setting `learning` off none is counted. Check the code: it is MX’s.',
  ),
  too_many_to_list: told(
    422,
    'The user has too much for one list',
    'The list would have to be made from more than 32 MB of stored members or accounts. Ask for the members one by one.',
  ),
  allowance_used_up: told(
    429,
    'MX’s allowance for this member is used up',
    'MX allows a few balance checks per member in two hours. `Retry-After` says when the next one is possible; stored balances can still be read.',
  ),
  caller_allowance_used_up: told(
    429,
    'The caller’s share of the member’s allowance is used up',
    'Each caller may start only a part of the balance checks that MX allows for a member (setting `allowanceStartsPerCaller`), so that others can start some too. `Retry-After` says when this caller may start the next one; it may join one that runs, and stored balances can still be read.',
  ),
  schedule_too_often: told(
    400,
    'The operator does not allow so short a schedule',
    '`every` is less than the setting `minScheduleHours`; `detail` says what is possible. Nothing changed.',
  ),
  schedule_changes_used_up: told(
    429,
    'The caller has changed too many schedules today',
    'Each caller may put so many members on the schedule, or take them off, in a day (UTC; setting `scheduleChangesPerCaller`). `Retry-After` says when the next day begins. Nothing changed.',
  ),
  too_many_callbacks: told(
    409,
    'The caller has too many callbacks for this refresh',
    'The refresh runs and was joined, but this `callback_url` was not registered: the caller has as many callbacks for this refresh as the operator allows (setting `callbacksPerCaller`). The end can be read at `GET /refreshes/{refresh_id}`.',
  ),
  too_many_requests: told(429, 'Too many requests', 'Try again after `Retry-After` seconds.'),
  mx_credentials_missing: told(
    502,
    'This service has no MX credentials yet',
    'An operator has to put `client_id` and `api_key` into the secret with the MX credentials.',
    false,
  ),
  mx_credentials_rejected: told(
    502,
    'MX refuses this service’s credentials',
    'MX answered 401: an operator has to put the right `client_id` and `api_key` into the secret with the MX credentials.',
    false,
  ),
  mx_forbidden: told(
    502,
    'MX refuses this service',
    'MX answered 403: the address that this service calls from is not on MX’s allow list, or balance checks are not enabled for this client.',
    false,
  ),
  mx_redirected: told(
    502,
    'MX’s address has moved',
    'MX answered with a redirect, which is not followed: an operator has to put the address of MX’s API into the setting mxBaseUrl.',
    false,
  ),
  mx_not_found: told(
    404,
    'MX does not know this user or member',
    'MX answered 404. Check both identifiers; each may be MX’s guid or your own id.',
  ),
  mx_refused: told(
    400,
    'MX does not accept the request',
    'MX refused to start a balance check for this member; `error` has its words.',
  ),
  mx_institution: told(
    400,
    'The institution does not allow a balance check',
    'MX names the reason in `error.type`: maintenance and unavailability pass, the others are permanent.',
  ),
  mx_conflict: told(409, 'Another job is running at MX', 'MX runs a job of another kind for this member.'),
  mx_not_challenged: told(
    405,
    'MX does not wait for an answer',
    'MX asks this member’s user nothing: the question was answered already, is too old, or was never asked. What MX asks now is at `GET …/challenges`.',
  ),
  answers_unknown: told(
    504,
    'It is not known whether MX took the answers',
    'MX’s answer did not come. Do not send the answers again before you have looked at the member: `GET …/challenges` shows what MX asks now.',
    false,
  ),
  answers_taken: told(
    500,
    'MX took the answers, and no refresh may follow them',
    'MX goes on with the answers, and a service of AWS failed before a refresh that follows them was stored. Do not send them again: a trigger a minute later follows MX’s job or starts the next.',
    false,
  ),
  mx_rate_limited: told(
    429,
    'MX limits our requests',
    'MX answered 429, or has refused a balance check of this member and asked to wait with the next. Try again after `Retry-After` seconds.',
  ),
  paused: told(
    503,
    'Calls to MX are paused',
    'The operator has stopped calls to MX for a while. Nothing was sent to MX, and nothing was started. A refresh that runs can be joined, stored balances can be read, and refreshes that were accepted go on afterwards. Try again after `Retry-After` seconds.',
    false,
  ),
  mx_unavailable: told(
    503,
    'MX cannot be reached',
    'MX did not answer properly, and the member was never seen here, so nothing could be started.',
    false,
  ),
  mx_timeout: told(
    503,
    'MX did not answer in time',
    'MX did not answer in time, and the member was never seen here, so nothing could be started.',
    false,
  ),
  mx_bad_answer: told(
    502,
    'MX’s answer cannot be used',
    'MX answered something that this service cannot read. Nothing was changed.',
    false,
  ),
  mx_too_many_accounts: told(
    502,
    'MX lists too many accounts',
    'MX lists more than 20,000 accounts for this member. Nothing was changed.',
    false,
  ),
  bad_message: told(500, 'An unexpected error', 'A message inside this service could not be read.', false),
  callback_not_delivered: told(500, 'An unexpected error', 'A callback was not delivered within about a day.', false),
  callback_keys_missing: told(
    500,
    'An unexpected error',
    'An operator has to put a key into the secret with the callbacks’ keys.',
    false,
  ),
  busy: told(
    503,
    'Not possible at this moment',
    'Many requests for the same member arrived at the same moment, or a service of AWS did not answer in time. Send the same request again.',
    false,
  ),
  internal: told(
    500,
    'An unexpected error',
    'An unexpected error of this service. The operator’s log has it under the same request.',
    false,
  ),
};

/** Whether `text` is the code of a problem. */
export const isProblemCode = (text: string): text is ProblemCode => Object.hasOwn(tellings, text);

/** Every code, in the order of the table. */
export const problemCodes: readonly ProblemCode[] = Object.keys(tellings).filter(isProblemCode);

/** What `code` means over HTTP, and what it asks for. */
export const problemKind = (code: ProblemCode): ProblemKind => ({ ...tellings[code], action: allCauses[code].action });

/** Seconds to wait when nothing better is known. Every 429 and 503 of ours says one. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;

/** A problem as an answer. */
export interface ProblemAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What there is to tell: a `Failure`, a `Refusal`, or an example of one. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly details: FailureDetails & RefusalDetails;
}

/**
 * The problem that `failure` is. Beside the problem's own members it has MX's `error` member (`message`, `status`,
 * `type`), where MX's clients look.
 */
export function problemOf(failure: Problem): ProblemAnswer {
  const { status, title, action, meaning, showsDetail } = problemKind(failure.code);
  const { details } = failure;
  const retryAfter =
    details.retryAfterSeconds ?? (status === 429 || status === 503 ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  const detail = showsDetail ? failure.message : meaning;
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
    ...(details.limit === undefined ? {} : { limit: details.limit }),
    error: {
      message: (showsDetail ? details.mxMessage : undefined) ?? title,
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
      // MX's own 405: the path has this method, and MX takes it at another time.
      ...(failure.code === 'mx_not_challenged' ? { allow: 'PUT' } : {}),
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
    504: 'gateway_timeout',
  })[status] ?? 'error';
