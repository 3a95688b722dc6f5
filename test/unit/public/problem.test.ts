import { describe, expect, expectTypeOf, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import { type Problem, problemCodes, problemKind, problemOf } from '../../../shared/lambda/problem.ts';
import type { RefusalCode } from '../../../shared/lambda/refusal.ts';
import {
  BalancesProblem,
  type RefusalCode as PublishedRefusalCode,
  problemFrom,
} from '../../../shared/public/problem.ts';

/** What the client makes of a failure that the service tells. */
function told(failure: Problem): BalancesProblem {
  const { statusCode, headers, body } = problemOf(failure);
  return problemFrom(statusCode, new Headers(headers), body);
}

describe('a problem of the service', () => {
  it.each(problemCodes)('%s arrives with its code, status and action', (code) => {
    const problem = told({ code, message: 'what is wrong', details: {} });
    const { status, action } = problemKind(code);
    expect(problem).toMatchObject({ name: 'BalancesProblem', code, status, action });
    expect(problem.detail).toBe(problemKind(code).showsDetail ? 'what is wrong' : problemKind(code).meaning);
    expect(problem.retryAfter).toBe(status === 429 || status === 503 ? 5 : null);
  });

  it('arrives with everything else that is known', () => {
    const details = { retryAfterSeconds: 61, refreshId: 'RFR-1', field: 'wait', mxMessage: 'Bank is closed.' };
    expect(told(new Failure('allowance_used_up', 'no', details))).toMatchObject({
      message: 'allowance_used_up: no',
      retryAfter: 61,
      refreshId: 'RFR-1',
      field: 'wait',
      userMessage: 'Bank is closed.',
    });
  });

  it('has its pause in the body too, for browsers', () => {
    const { statusCode, body } = problemOf(new Failure('busy', 'no', { retryAfterSeconds: 7 }));
    expect(problemFrom(statusCode, new Headers(), body).retryAfter).toBe(7);
  });

  it('with an unknown action needs a person', () => {
    const problem = problemFrom(400, new Headers(), '{"code":"new_code","action":"dance","detail":"d"}');
    expect(problem).toMatchObject({ code: 'new_code', action: 'contact_support' });
  });
});

describe('what is not a problem of the service', () => {
  it.each([
    [403, '{"message":"Forbidden"}', 'forbidden', 'none'],
    [404, '{"message":"Not Found"}', 'not_found', 'none'],
    [413, '{"message":"Request Entity Too Large"}', 'payload_too_large', 'none'],
    [429, '{"message":"Too Many Requests"}', 'too_many_requests', 'retry_later'],
    [503, '{"message":"Service Unavailable"}', 'gateway', 'retry_later'],
    [504, '<html>', 'gateway', 'retry_later'],
    [418, 'short and stout', 'unexpected_answer', 'contact_support'],
  ])('%i of the gateway is told in the same words', (status, text, code, action) => {
    expect(problemFrom(status, new Headers(), text)).toMatchObject({ status, code, action });
  });

  it('has the pause that its header says', () => {
    expect(problemFrom(429, new Headers({ 'retry-after': '9' }), '').retryAfter).toBe(9);
    expect(problemFrom(429, new Headers({ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), '').retryAfter).toBeNull();
  });
});

it('a problem is an Error of its own class', () => {
  expect(told(new Failure('internal', 'x'))).toBeInstanceOf(BalancesProblem);
  expect(told(new Failure('internal', 'x'))).toBeInstanceOf(Error);
});

it('knows every code with which HTTP alone refuses', () => {
  expectTypeOf<PublishedRefusalCode>().toEqualTypeOf<RefusalCode>();
});
