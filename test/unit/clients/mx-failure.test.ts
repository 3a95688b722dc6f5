import { describe, expect, it } from 'vitest';
import { mxFailure } from '../../../shared/clients/mx-failure.ts';

const failure = (status: number, body = '', headers: Record<string, string> = {}) =>
  mxFailure({ status, headers, body }, 'read member', 0);

const error = (more: object) => JSON.stringify({ error: more });

/** What each status means, written out: fate and code of 1xx to 5xx. */
const expected = (status: number): [string, string] => {
  if (status === 401) return ['mx_credentials_rejected', 'never-retry'];
  if (status === 403) return ['mx_forbidden', 'never-retry'];
  if (status === 404) return ['mx_not_found', 'caller-fault'];
  if (status === 409) return ['mx_conflict', 'try-again'];
  if (status === 429) return ['mx_rate_limited', 'try-again'];
  if ([408, 421, 425].includes(status)) return ['mx_unavailable', 'try-again'];
  if (status >= 300 && status < 400) return ['mx_redirected', 'never-retry'];
  if (status >= 400 && status < 500) return ['mx_refused', 'never-retry'];
  if (status >= 500 && status < 600) return ['mx_unavailable', 'try-again'];
  return ['mx_bad_answer', 'try-again'];
};

it('every status but 2xx has its code and fate', () => {
  const statuses = Array.from({ length: 1000 }, (_, status) => status).filter((status) => status < 200 || status > 299);
  const found = statuses.map((status) => {
    const { code, fate } = failure(status);
    return [status, code, fate];
  });
  expect(found).toEqual(statuses.map((status) => [status, ...expected(status)]));
});

describe('MX’s text', () => {
  it('is for end users where an institution forbids it', () => {
    const body = error({ type: 'institution_maintenance_error', message: 'Under maintenance.' });
    expect(failure(400, body).details).toEqual({
      mxStatus: 400,
      mxErrorType: 'institution_maintenance_error',
      mxMessage: 'Under maintenance.',
      userMessage: 'Under maintenance.',
    });
  });

  it.each([400, 401, 403, 404, 405, 406, 409, 422, 429, 500, 503, 301])('of %i is for developers', (status) => {
    const { details } = failure(status, error({ message: 'This feature is not enabled for your client.' }));
    expect(details).toEqual({ mxStatus: status, mxMessage: 'This feature is not enabled for your client.' });
  });

  it('may be the error itself', () => {
    expect(failure(400, '{"error":"no"}').details).toEqual({ mxStatus: 400, mxMessage: 'no' });
  });

  it.each(['', '<html>', 'null', '[]', '{}', '{"error":null}', '{"error":7}', '{"error":{"message":7,"type":null}}'])(
    'is none in %s',
    (body) => expect(failure(500, body).details).toEqual({ mxStatus: 500 }),
  );

  it('that there is not is for no one', () => {
    expect(failure(400, error({ type: 'institution_down' })).details).toStrictEqual({
      mxStatus: 400,
      mxErrorType: 'institution_down',
    });
  });

  it.each([
    [500, 500, 'm'],
    [501, 500, '…'],
  ])('of %i characters has %i', (given, kept, last) => {
    const { mxMessage = '' } = failure(400, error({ message: 'm'.repeat(given) })).details;
    expect([mxMessage.length, mxMessage.at(-1)]).toEqual([kept, last]);
  });

  it('is cut at 500 characters, a type at 100', () => {
    const { mxMessage, mxErrorType } = failure(
      400,
      error({ message: 'm'.repeat(9_000), type: 't'.repeat(9_000) }),
    ).details;
    expect([mxMessage?.length, mxErrorType?.length]).toEqual([500, 100]);
  });

  it('is never in the message of the failure', () => {
    expect(failure(403, error({ message: 'secret words' })).message).toBe(
      'MX answered 403 to read member: our address is not on MX’s allow list, or the feature is not enabled for this client',
    );
  });
});

it.each([
  [400, 'it does not accept the request'],
  [422, 'it does not accept the request'],
  [401, 'client_id or api_key is wrong; an operator has to put the right ones into the secret'],
  [404, 'no such user, member or account'],
  [408, 'it did not take the request this time'],
  [409, 'a job of another kind is running'],
  [429, 'too many requests'],
  [302, 'it points to another address; an operator has to put that of MX’s API into the setting mxBaseUrl'],
  [503, 'MX is in trouble'],
  [600, 'no such status'],
])('%i is said in words', (status, says) => {
  expect(failure(status).message).toBe(`MX answered ${status} to read member: ${says}`);
});

it('says when to come back', () => {
  expect(failure(503, '', { 'retry-after': '60' }).details).toEqual({ mxStatus: 503, retryAfterSeconds: 60 });
});
