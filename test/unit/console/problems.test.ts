import { describe, expect, it } from 'vitest';
import {
  badInput,
  problemOfAnswer,
  problemOfError,
  problemOfSilence,
  type RefusedByApi,
} from '../../../infra/console/problems.ts';
import { exitCodes, Stop } from '../../../infra/operator/exit-codes.ts';

const sentenceOf = (given: Partial<RefusedByApi>): string =>
  problemOfAnswer({ status: 500, body: null, retryAfter: null, ...given }).sentence;

describe('an answer of the API', () => {
  it.each<[Partial<RefusedByApi>, string]>([
    [{ status: 401 }, 'The API does not accept this key: it is wrong, or it was revoked.'],
    [
      { status: 403, body: { code: 'forbidden', detail: 'the right read is needed' } },
      'This key may not do that. The right read is needed.',
    ],
    [
      { status: 403, body: { message: 'Forbidden' } },
      'The API’s gateway refuses these credentials: they may not call it, they have expired, or this machine’s clock is wrong.',
    ],
    [{ status: 404, body: { code: 'no_balances', detail: 'nothing is stored.' } }, 'Nothing is stored.'],
    [{ status: 404 }, 'The API has nothing there.'],
    [{ status: 429, body: { message: 'Too Many Requests' } }, 'The API is asked too often.'],
    [
      { status: 429, body: { code: 'allowance_used_up', detail: 'five starts' }, retryAfter: '60' },
      'Five starts. Again in 60 s.',
    ],
    [{ status: 503 }, 'The API cannot do it now (503).'],
    [{ status: 503, retryAfter: 'Fri, 27 Nov 2026 19:00:00 GMT' }, 'The API cannot do it now (503).'],
    [{ status: 502, body: 'Bad gateway' }, 'The API has answered 502.'],
  ])('%o', (given, sentence) => {
    expect(sentenceOf(given)).toBe(sentence);
  });

  it('keeps status, code and how long to wait', () => {
    const given = { status: 429, body: { code: 'busy', detail: 'later' }, retryAfter: '7' };
    expect(problemOfAnswer(given)).toEqual({
      of: 'api',
      status: 429,
      code: 'busy',
      sentence: 'Later. Again in 7 s.',
      retryAfter: 7,
    });
  });
});

describe('no answer', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  it.each([
    [new TypeError('fetch failed', { cause: refused }), 'The API has not answered (not reached: ECONNREFUSED).'],
    [new DOMException('timed out', 'TimeoutError'), 'The API has not answered (not in time).'],
  ])('%s', (error, sentence) => {
    expect(problemOfSilence(error)).toMatchObject({ of: 'api', status: null, sentence });
  });
});

describe('another error', () => {
  const expired = Object.assign(new Error('The security token is expired'), { name: 'ExpiredTokenException' });
  it.each([
    [expired, 'aws', 'The AWS credentials have expired: sign in anew.'],
    [new Stop(exitCodes.unreachable, 'No such stack.'), 'aws', 'No such stack.'],
    [badInput('No.'), 'console', 'No.'],
  ])('%s', (error, of, sentence) => {
    expect(problemOfError(error)).toMatchObject({ of, sentence });
  });
});
