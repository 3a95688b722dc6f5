/** Edges of HTTP: tags of answers, failed logins, refusals and their causes, options in headers, ages in bodies. */
import { describe, expect, it } from 'vitest';
import { endingOf } from '../../../shared/domain/ending.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { endedRefresh, runningRefresh } from '../../../shared/domain/refresh.ts';
import { freshnessBody, freshnessHeaders, lastResultBody, refreshBody } from '../../../shared/lambda/api-shapes.ts';
import { readAnswers } from '../../../shared/lambda/challenge-answers.ts';
import { entityTag, matches } from '../../../shared/lambda/etag.ts';
import { failedAttempts } from '../../../shared/lambda/failed-attempts.ts';
import { asNamed, Refusal, refusalCauses } from '../../../shared/lambda/refusal.ts';
import { MAX_WAIT_SECONDS, TRIGGER_TIMEOUT_SECONDS, waitUntil } from '../../../shared/lambda/time-limits.ts';
import { callbackId, callerTag, readTriggerOptions } from '../../../shared/lambda/trigger-options.ts';
import { at, attemptOf, claim, key, T0 } from '../../samples.ts';

describe('an entity tag', () => {
  const tag = entityTag('{}', { 'balances-freshness': 'fresh' });

  it('is one for one answer', () => {
    expect(tag).toBe('"XC1nQVCWfQyFhbPbGGW2cC9IX4a"');
    expect(entityTag('{}', { 'balances-freshness': 'stale' })).not.toBe(tag);
    expect(entityTag('{"a":1}', { 'balances-freshness': 'fresh' })).not.toBe(tag);
  });

  it('is the same while only the age changes', () => {
    expect(entityTag('{}', { age: '7', 'retry-after': '3', date: 'x', 'balances-freshness': 'fresh' })).toBe(tag);
  });

  it.each([
    [tag, true],
    [`W/${tag}`, true],
    [`"x", ${tag}`, true],
    ['*', true],
    ['"x"', false],
    [`xW/${tag}`, false],
    [`${tag.slice(0, 5)}W/${tag.slice(5)}`, false],
    ['', false],
    [undefined, false],
  ])('is named by If-None-Match or not: %s', (header, is) => {
    expect(matches(header, tag)).toBe(is);
  });
});

describe('an address that fails to log in', () => {
  function world() {
    const clock = { now: T0 };
    const attempts = failedAttempts(() => clock.now);
    const fail = (address: string, times: number): void => {
      for (let time = 0; time < times; time += 1) attempts.failed(address);
    };
    const wait = (seconds: number): void => {
      clock.now = plusSeconds(clock.now, seconds);
    };
    return { attempts, fail, wait };
  }

  it('may fail nine times, and waits after the tenth', () => {
    const { attempts, fail, wait } = world();
    fail('1.2.3.4', 9);
    expect(() => attempts.check('1.2.3.4')).not.toThrow();
    fail('1.2.3.4', 1);
    wait(0.5);
    expect(() => attempts.check('1.2.3.4')).toThrow(
      expect.objectContaining({ code: 'too_many_requests', details: { retryAfterSeconds: 60 } }),
    );
    expect(() => attempts.check('1.2.3.5')).not.toThrow();
  });

  it.each([
    [59, false],
    [60, true],
  ])('after %d s may try again: %s', (seconds, may) => {
    const { attempts, fail, wait } = world();
    fail('1.2.3.4', 10);
    wait(seconds);
    if (may) expect(() => attempts.check('1.2.3.4')).not.toThrow();
    else expect(() => attempts.check('1.2.3.4')).toThrow(Refusal);
  });

  it('begins anew after its window', () => {
    const { attempts, fail, wait } = world();
    fail('1.2.3.4', 9);
    wait(60);
    fail('1.2.3.4', 9);
    expect(() => attempts.check('1.2.3.4')).not.toThrow();
    fail('1.2.3.4', 1);
    expect(() => attempts.check('1.2.3.4')).toThrow(Refusal);
  });

  it('that fails anew is not the oldest any more', () => {
    const { attempts, fail, wait } = world();
    fail('first', 1);
    for (let number = 1; number < 1_000; number += 1) fail(`other-${number}`, 1);
    wait(60);
    fail('first', 10);
    fail('another', 1);
    expect(() => attempts.check('first')).toThrow(Refusal);
  });

  it('is forgotten when a thousand others have failed since', () => {
    const { attempts, fail } = world();
    fail('first', 10);
    for (let number = 1; number < 1_000; number += 1) fail(`other-${number}`, 1);
    expect(() => attempts.check('first')).toThrow(Refusal);
    fail('other-1000', 1);
    expect(() => attempts.check('first')).not.toThrow();
  });
});

describe('refusals', () => {
  it('have these causes', () => {
    const plain = { fate: 'caller-fault', action: 'none' };
    expect(refusalCauses).toEqual({
      unauthorized: plain,
      forbidden: plain,
      not_found: plain,
      stays_at_mx: plain,
      method_not_allowed: plain,
      not_acceptable: plain,
      idempotency_conflict: plain,
      idempotency_in_flight: { fate: 'try-again', action: 'wait' },
      payload_too_large: plain,
      unsupported_media_type: plain,
      too_many_requests: { fate: 'try-again', action: 'retry_later' },
    });
    expect(new Refusal('too_many_requests', 'x')).toMatchObject({ name: 'Refusal', fate: 'try-again', details: {} });
  });

  it.each([
    'TimeoutError',
    'ThrottlingException',
    'ThrottledException',
    'RequestThrottled',
    'TooManyRequestsException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
  ])('%s of AWS passes, by name or code', (name) => {
    expect(asNamed(Object.assign(new Error('x'), { name })).code).toBe('busy');
    expect(asNamed(Object.assign(new Error('x'), { code: name })).code).toBe('busy');
  });

  it.each([
    ['a status that is no number', { $metadata: { httpStatusCode: '500' } }],
    ['no status', { $metadata: {} }],
    ['no metadata', { $metadata: null }],
    ['metadata of another kind', { $metadata: 'x' }],
    ['a code that is no text', { code: 500 }],
  ])('an error of AWS with %s is ours', (_what, more) => {
    expect(asNamed(Object.assign(new Error('x'), more)).code).toBe('internal');
  });
});

describe('a trigger’s options', () => {
  const read = (headers: Record<string, string>, body?: unknown) => readTriggerOptions({ headers, body });

  it('are none by default', () => {
    expect(read({})).toEqual({ maxAge: null, wait: 0, userPresent: false, callbackUrl: null });
  });

  it.each<[Record<string, string>, object]>([
    [{ 'balances-max-age': '0' }, { maxAge: 0 }],
    [{ 'balances-max-age': '31536000' }, { maxAge: 31_536_000 }],
    [{ 'balances-wait': '25' }, { wait: 25 }],
    [{ 'balances-user-present': 'true' }, { userPresent: true }],
    [{ 'balances-user-present': 'false' }, { userPresent: false }],
    [{ 'balances-callback-url': 'https://a.example/' }, { callbackUrl: 'https://a.example/' }],
    [{ 'balances-callback-url': '7' }, { callbackUrl: '7' }],
  ])('may be headers: %j', (headers, expected) => {
    expect(read(headers)).toMatchObject(expected);
  });

  it('win in the body', () => {
    expect(read({ 'balances-wait': '3' }, { wait: 4 }).wait).toBe(4);
  });

  it.each<[Record<string, string>, unknown, string, string]>([
    [
      { 'balances-max-age': '31536001' },
      undefined,
      'max_age',
      'max_age has to be a whole number of seconds from 0 to 31536000',
    ],
    [{ 'balances-max-age': '01' }, undefined, 'max_age', 'max_age has to be'],
    [{ 'balances-max-age': '1.5' }, undefined, 'max_age', 'max_age has to be'],
    [{ 'balances-max-age': '-1' }, undefined, 'max_age', 'max_age has to be'],
    [{ 'balances-max-age': '12345678901' }, undefined, 'max_age', 'max_age has to be'],
    [{ 'balances-max-age': 'x1' }, undefined, 'max_age', 'max_age has to be'],
    [{ 'balances-max-age': '1x' }, undefined, 'max_age', 'max_age has to be'],
    [{}, { max_age: -1 }, 'max_age', 'max_age has to be'],
    [{}, { max_age: 1.5 }, 'max_age', 'max_age has to be'],
    [{ 'balances-wait': '26' }, undefined, 'wait', 'wait has to be a whole number of seconds from 0 to 25'],
    [{ 'balances-user-present': 'yes' }, undefined, 'user_present', 'user_present has to be true or false'],
    [
      {},
      { callback_url: 'x'.repeat(2_001) },
      'callback_url',
      'callback_url has to be a text of at most 2000 characters',
    ],
    [{}, { now: true }, 'now', 'now is not known here; the body may have max_age, wait, user_present, callback_url'],
    [{}, { toString: 1 }, 'toString', 'toString is not known here'],
    [{}, [], 'body', 'the body has to be a JSON object'],
    [{}, null, 'body', 'the body has to be a JSON object'],
    [{}, 7, 'body', 'the body has to be a JSON object'],
  ])('are refused by name: %j %j', (headers, body, field, says) => {
    expect(() => read(headers, body)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(says), details: { field } }),
    );
  });

  it('have ids that stay the same', () => {
    expect(['shop', 'report', 'caller-40'].map(callerTag)).toEqual(['55', '41', '01']);
    expect(callbackId('RFR-1', 'shop', 'https://a.example/')).toBe('CBK-d1ba1cce513c1a5dde43a24dda1c7563');
  });
});

describe('an answer for a member without balances', () => {
  const never = {
    freshness: null,
    member: { lastAttempt: null, lastSuccess: null, claim: null, held: null },
    nextAllowedAt: null,
  };

  it('says so in its block', () => {
    expect(freshnessBody(never, null)).toEqual({
      verdict: 'never_refreshed',
      reason: null,
      fresh_as_of: null,
      observed_at: null,
      age: null,
      incomplete: false,
      refresh_id: null,
      trigger: null,
      last_attempt: null,
      last_success: null,
      next_refresh_allowed_at: null,
      schedule_held: null,
    });
  });

  it('says so in its headers', () => {
    expect(freshnessHeaders(never)).toEqual({ 'balances-freshness': 'never_refreshed' });
  });
});

describe('an answer for a member with balances', () => {
  const freshness = {
    verdict: 'stale',
    reason: 'not_refreshed_since',
    freshAsOf: at(-9),
    observedAt: at(-8),
    ageSeconds: 9,
    refreshId: 'RFR-1',
    trigger: 'http',
  } as const;
  const member = {
    lastAttempt: attemptOf(claim()),
    lastSuccess: { refreshId: 'RFR-1', observedAt: at(-8), incomplete: true },
    claim: null,
    held: { since: at(30), code: 'denied', action: 'reauthenticate' },
  } as const;

  it('has every header', () => {
    expect(freshnessHeaders({ freshness, member, nextAllowedAt: at(60) })).toEqual({
      'balances-freshness': 'stale',
      'balances-stale-reason': 'not_refreshed_since',
      'balances-fresh-as-of': at(-9),
      'balances-observed-at': at(-8),
      'balances-refresh-id': 'RFR-1',
      'balances-trigger': 'http',
      'balances-last-attempt': `failed; action=retry_later; code=degraded; ended_at=${at(20)}`,
      'balances-last-success': at(-8),
      'balances-incomplete': 'true',
      'balances-next-refresh-allowed-at': at(60),
      'balances-schedule-held': `denied; action=reauthenticate; since=${at(30)}`,
      age: '9',
      'last-modified': 'Sat, 21 Nov 2026 11:59:52 GMT',
    });
  });

  it('has the same in its block', () => {
    expect(freshnessBody({ freshness, member, nextAllowedAt: at(60) }, 'words')).toMatchObject({
      verdict: 'stale',
      reason: 'not_refreshed_since',
      age: 9,
      incomplete: true,
      last_attempt: { code: 'degraded', user_message: 'words', ended_at: at(20) },
      last_success: { refresh_id: 'RFR-1', observed_at: at(-8) },
      schedule_held: { code: 'denied', action: 'reauthenticate', since: at(30) },
    });
    expect(lastResultBody(attemptOf(claim()))).toEqual({
      refresh_id: 'RFR-1',
      trigger: 'http',
      outcome: 'failed',
      action: 'retry_later',
      code: 'degraded',
      ended_at: at(20),
    });
  });
});

it('an ended refresh as JSON has words for the user', () => {
  const result = { ...endingOf('denied', { userMessage: 'Please log in again.' }), endedAt: at(20), observedAt: null };
  expect(refreshBody(endedRefresh(key, claim(), result), null)).toMatchObject({
    code: 'denied',
    user_message: 'Please log in again.',
  });
});

describe('times of a request', () => {
  it('are over before the gateway’s', () => {
    expect([MAX_WAIT_SECONDS, TRIGGER_TIMEOUT_SECONDS]).toEqual([25, 29]);
  });

  it.each([
    [0, 0],
    [25, 25],
    [26, 25],
  ])('a wait of %i s ends after %i', (asked, granted) => {
    expect(waitUntil(T0, asked)).toBe(at(granted));
  });
});

describe('a running refresh as JSON', () => {
  it('waits without a reason when its job runs', () => {
    expect(refreshBody(runningRefresh(key, claim()), null)).toMatchObject({
      status: 'running',
      action: 'wait',
      code: null,
      message: null,
      user_message: null,
      job_started: true,
      next_look_at: null,
      last_look_at: at(5),
    });
  });

  it('names what it waits for, and until when', () => {
    const unanswered = { code: 'mx_timeout', nextLookAt: at(9) } as const;
    expect(refreshBody(runningRefresh(key, claim({ unanswered })), at(60))).toMatchObject({
      code: 'mx_timeout',
      message: expect.stringMatching(/^MX /),
      next_look_at: at(9),
      next_refresh_allowed_at: at(60),
    });
  });
});

describe('a user’s answers', () => {
  it.each([[''], ['x'.repeat(1_001)]])('have a value, and not a long one: %#', (value) => {
    const body = { member: { challenges: [{ guid: 'CRD-1', value }] } };
    expect(() => readAnswers(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
