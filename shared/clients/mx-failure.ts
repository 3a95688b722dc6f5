/** MX's error answers as failures (MX facts 2.1, 9). The status decides; for some, `error.type` in the body too. */
import { type ExactJson, isExactObject, parseExactJson } from '../domain/decimal.ts';
import { Failure, type FailureCode, type FailureDetails } from '../domain/failure.ts';
import type { HttpResponse } from './https-transport.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** What MX answers when it does not do what it is asked: one row per status or range of statuses. */
export interface MxAnswer {
  /** The first and the last status of the row. */
  readonly from: number;
  readonly to: number;
  /** With a row that is only for answers whose `error.type` begins so; such a row comes before the status's own. */
  readonly errorType?: string;
  /** Its fate is in `causes`: with `try-again`, a POST that was answered so may have started its job all the same. */
  readonly code: FailureCode;
  /** For the operator's log: what it means, and what to do. */
  readonly says: string;
  /** Whether MX's text in such an answer is written for end users. The others speak to developers. */
  readonly forUsers?: true;
  /** Where this row comes from. */
  readonly source: string;
}

const one = (status: number) => ({ from: status, to: status });

const REFUSED = 'it does not accept the request';
const IN_TROUBLE = 'MX is in trouble';
const NOT_NOW = 'it did not take the request this time';

/** The rows, the first that fits wins. Every status from 100 to 599 outside 2xx has one. */
export const mxAnswers: readonly MxAnswer[] = [
  {
    ...one(400),
    errorType: 'institution_',
    code: 'mx_institution',
    says: 'the institution does not allow it now',
    forUsers: true,
    source: 'MX facts 2.1, 9',
  },
  { ...one(400), code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1' },
  {
    ...one(401),
    code: 'mx_credentials_rejected',
    says: 'client_id or api_key is wrong; an operator has to put the right ones into the secret',
    source: 'MX facts 2.1',
  },
  {
    ...one(403),
    code: 'mx_forbidden',
    says: 'our address is not on MX’s allow list, or the feature is not enabled for this client',
    source: 'MX facts 2.1',
  },
  { ...one(404), code: 'mx_not_found', says: 'no such user, member or account', source: 'MX facts 2.1' },
  { ...one(408), code: 'mx_unavailable', says: NOT_NOW, source: 'RFC 9110, 15.5.9: may be repeated' },
  { ...one(409), code: 'mx_conflict', says: 'a job of another kind is running', source: 'MX facts 2.1' },
  { ...one(421), code: 'mx_unavailable', says: NOT_NOW, source: 'RFC 9110, 15.5.20: may be repeated elsewhere' },
  { ...one(425), code: 'mx_unavailable', says: NOT_NOW, source: 'RFC 8470, 5.2: may be repeated' },
  { ...one(429), code: 'mx_rate_limited', says: 'too many requests', source: 'MX facts 2.1, 5' },
  // 405, 406 and 422 are MX's (MX facts 2.1); the rest of 4xx says that the same request will not be taken later either.
  { from: 400, to: 499, code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1; RFC 9110, 15.5' },
  {
    from: 300,
    to: 399,
    code: 'mx_redirected',
    says: 'it points to another address; an operator has to put that of MX’s API into the setting mxBaseUrl',
    source: 'RFC 9110, 15.4; not followed, because the key would go to the address that the answer names',
  },
  { from: 500, to: 599, code: 'mx_unavailable', says: IN_TROUBLE, source: 'MX facts 2.1: 500, 502, 503, 504' },
];

const UNREADABLE_STATUS = { code: 'mx_bad_answer', says: 'no such status', forUsers: undefined } as const;

/**
 * The failure that an answer outside 2xx is. Its message never repeats MX's body.
 *
 * @param nowMs our clock, for a `Retry-After` with a date in an answer without one.
 */
export function mxFailure(response: HttpResponse, what: string, nowMs: number): Failure {
  const { status } = response;
  const error = errorIn(response.body);
  const { code, says, forUsers } =
    mxAnswers.find(
      ({ from, to, errorType = '' }) => status >= from && status <= to && (error.type ?? '').startsWith(errorType),
    ) ?? UNREADABLE_STATUS;
  const retryAfter = retryAfterSeconds(response.headers, nowMs);
  const details: FailureDetails = {
    mxStatus: status,
    ...(error.type === undefined ? {} : { mxErrorType: error.type }),
    ...(error.message === undefined ? {} : { mxMessage: error.message }),
    ...(error.message === undefined || forUsers === undefined ? {} : { userMessage: error.message }),
    ...(retryAfter === null ? {} : { retryAfterSeconds: retryAfter }),
  };
  return new Failure(code, `MX answered ${status} to ${what}: ${says}`, details);
}

/** The longest text of an error that is kept, in characters. */
const MAX_TEXT = 500;

const bounded = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

/** `{"error":{"message","status","type"}}`, `{"error":"text"}`, HTML or nothing: MX facts 9. */
function errorIn(body: string): { type?: string; message?: string } {
  let answer: ExactJson;
  try {
    answer = parseExactJson(body);
  } catch {
    return {};
  }
  const error = isExactObject(answer) ? answer['error'] : undefined;
  if (typeof error === 'string') return { message: bounded(error) };
  if (!isExactObject(error)) return {};
  const { type, message } = error;
  return {
    ...(typeof type === 'string' ? { type: type.slice(0, 100) } : {}),
    ...(typeof message === 'string' ? { message: bounded(message) } : {}),
  };
}
