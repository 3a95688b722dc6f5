/** MX's error answers as failures (MX facts 2.1, 9). The body helps, the status decides. */
import { type ExactJson, isExactObject, parseExactJson } from '../domain/decimal.ts';
import { Failure, type FailureCode, type FailureDetails } from '../domain/failure.ts';
import type { HttpResponse } from './https-transport.ts';

/** What MX answers when it does not do what it is asked: one row per status. The code's fate is in `causes`. */
export interface MxAnswer {
  readonly status: number;
  /** With a row that is only for answers whose `error.type` begins so; such a row comes before the status's own. */
  readonly errorType?: string;
  readonly code: FailureCode;
  /** For the operator's log: what it means, and what to do. */
  readonly says: string;
  /** Where this row comes from. */
  readonly source: string;
}

const REFUSED = 'it does not accept the request';
const IN_TROUBLE = 'MX is in trouble';

/** The rows, the first that fits wins. A status without a row is refused below 500 and trouble of MX's above. */
export const mxAnswers: readonly MxAnswer[] = [
  {
    status: 400,
    errorType: 'institution_',
    code: 'mx_institution',
    says: 'the institution does not allow it now',
    source: 'MX facts 2.1, 9',
  },
  { status: 400, code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1' },
  {
    status: 401,
    code: 'mx_credentials_rejected',
    says: 'client_id or api_key is wrong; an operator has to put the right ones into the secret',
    source: 'MX facts 2.1',
  },
  {
    status: 403,
    code: 'mx_forbidden',
    says: 'our address is not on MX’s allow list, or the feature is not enabled for this client',
    source: 'MX facts 2.1',
  },
  { status: 404, code: 'mx_not_found', says: 'no such user, member or account', source: 'MX facts 2.1' },
  { status: 405, code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1' },
  { status: 406, code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1' },
  { status: 409, code: 'mx_conflict', says: 'a job of another kind is running', source: 'MX facts 2.1' },
  { status: 422, code: 'mx_refused', says: REFUSED, source: 'MX facts 2.1' },
  { status: 429, code: 'mx_rate_limited', says: 'too many requests', source: 'MX facts 2.1, 5' },
  { status: 500, code: 'mx_unavailable', says: IN_TROUBLE, source: 'MX facts 2.1' },
  { status: 502, code: 'mx_unavailable', says: IN_TROUBLE, source: 'MX facts 2.1' },
  { status: 503, code: 'mx_unavailable', says: IN_TROUBLE, source: 'MX facts 2.1' },
  { status: 504, code: 'mx_unavailable', says: IN_TROUBLE, source: 'MX facts 2.1' },
];

const unlisted = (status: number): Pick<MxAnswer, 'code' | 'says'> =>
  status >= 500 ? { code: 'mx_unavailable', says: IN_TROUBLE } : { code: 'mx_refused', says: REFUSED };

/** The failure that an answer outside 2xx is. Its message never repeats MX's body. */
export function mxFailure(response: HttpResponse, what: string): Failure {
  const { status } = response;
  const details = detailsOf(response);
  const row = mxAnswers.find(
    (answer) => answer.status === status && (details.mxErrorType ?? '').startsWith(answer.errorType ?? ''),
  );
  const { code, says } = row ?? unlisted(status);
  return new Failure(code, `MX answered ${status} to ${what}: ${says}`, details);
}

function detailsOf({ status, headers, body }: HttpResponse): FailureDetails {
  const error = errorIn(body);
  const retryAfter = Number(headers['retry-after']);
  return {
    mxStatus: status,
    ...(error.type === undefined ? {} : { mxErrorType: error.type }),
    ...(error.message === undefined ? {} : { userMessage: error.message }),
    ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfterSeconds: Math.ceil(retryAfter) } : {}),
  };
}

/** `{"error":{"message","status","type"}}`, `{"error":"text"}`, HTML or nothing: MX facts 9. */
function errorIn(body: string): { type?: string; message?: string } {
  let answer: ExactJson;
  try {
    answer = parseExactJson(body);
  } catch {
    return {};
  }
  const error = isExactObject(answer) ? answer['error'] : undefined;
  if (typeof error === 'string') return { message: error };
  if (!isExactObject(error)) return {};
  const { type, message } = error;
  return { ...(typeof type === 'string' ? { type } : {}), ...(typeof message === 'string' ? { message } : {}) };
}
