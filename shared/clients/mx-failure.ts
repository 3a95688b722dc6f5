/** MX's error answers as failures with a fate (MX facts 2.1, 9). The body helps, the status decides. */
import { type ExactJson, isExactObject, parseExactJson } from '../domain/decimal.ts';
import { Failure, type FailureDetails } from '../domain/failure.ts';
import type { HttpResponse } from './https-transport.ts';

/** The failure that an answer outside 2xx is. Its message never repeats MX's body. */
export function mxFailure(response: HttpResponse, what: string): Failure {
  const { status } = response;
  const details = detailsOf(response);
  const said = (message: string): string => `MX answered ${status} to ${what}: ${message}`;
  switch (status) {
    case 400:
      return details.mxErrorType?.startsWith('institution_')
        ? new Failure('never-retry', 'mx_institution', said('the institution does not allow it now'), details)
        : new Failure('never-retry', 'mx_refused', said('it does not accept the request'), details);
    case 401:
      return new Failure(
        'never-retry',
        'mx_credentials_rejected',
        said('client_id or api_key is wrong; an operator has to put the right ones into the secret'),
        details,
      );
    case 403:
      return new Failure(
        'never-retry',
        'mx_forbidden',
        said('our address is not on MX’s allow list, or the feature is not enabled for this client'),
        details,
      );
    case 404:
      return new Failure('caller-fault', 'mx_not_found', said('no such user, member or account'), details);
    case 409:
      return new Failure('try-again', 'mx_conflict', said('a job of another kind is running'), details);
    case 429:
      return new Failure('try-again', 'mx_rate_limited', said('too many requests'), details);
    default:
      return status >= 500
        ? new Failure('try-again', 'mx_unavailable', said('MX is in trouble'), details)
        : new Failure('never-retry', 'mx_refused', said('it does not accept the request'), details);
  }
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
