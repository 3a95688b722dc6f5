import { describe, expect, it } from 'vitest';
import {
  type Problem,
  type ProblemCode,
  problemCodes,
  problemKind,
  problemOf,
} from '../../../shared/lambda/problem.ts';

const tell = (code: ProblemCode, details: Problem['details'] = {}, message = 'the inner workings') => {
  const { statusCode, headers, body } = problemOf({ code, message, details });
  return { statusCode, headers, body: JSON.parse(body) };
};

describe.each(problemCodes)('the problem %s', (code) => {
  const { status, title, action, meaning, showsDetail } = problemKind(code);

  it('has the members of RFC 9457 and MX’s error member', () => {
    const { statusCode, headers, body } = tell(code);
    expect(statusCode).toBe(status);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({ type: `/problems/${code}`, title, status, code, action });
    expect(body.error).toEqual({ message: title, status: expect.stringMatching(/^[a-z_]+$/), type: code });
    // `error` is the fallback of the table of words: a status without its word.
    expect(body.error.status).not.toBe('error');
  });

  it('says what it means, in sentences', () => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(meaning).toMatch(/^[A-Z`].*\.$/);
  });

  it('shows the failure’s own message below 500 only', () => {
    expect(showsDetail).toBe(status < 500);
    const answer = tell(code);
    if (status < 500) expect(answer.body.detail).toBe('the inner workings');
    else expect(JSON.stringify(answer)).not.toContain('the inner workings');
  });

  it('says when to retry with 429 and 503', () => {
    const always = status === 429 || status === 503;
    expect(tell(code).headers['retry-after'] !== undefined).toBe(always);
    const told = tell(code, { retryAfterSeconds: 77 });
    expect([told.headers['retry-after'], told.body.retry_after]).toEqual(['77', 77]);
  });
});

describe('a problem', () => {
  it('names the refresh and the field that it is about', () => {
    const { body } = tell('invalid_request', { refreshId: 'RFR-1', field: 'page' });
    expect(body).toMatchObject({ refresh_id: 'RFR-1', field: 'page' });
    expect(Object.keys(tell('invalid_request').body)).not.toContain('refresh_id');
  });

  it('passes on MX’s own words and type', () => {
    const mxMessage = 'This institution is temporarily unavailable.';
    const { body } = tell('mx_institution', { mxMessage, mxErrorType: 'institution_maintenance_error' });
    expect(body.error).toEqual({ message: mxMessage, status: 'bad_request', type: 'institution_maintenance_error' });
  });

  it('asks for credentials with 401 only', () => {
    const asking = problemCodes.filter((code) => tell(code).headers['www-authenticate'] !== undefined);
    expect(asking).toEqual(['unauthorized']);
  });

  it('asks for what its failure asks for', () => {
    expect(tell('mx_refused', { action: 'retry_later' }).body.action).toBe('retry_later');
  });

  it('MX’s own 405 names the method, which it has', () => {
    expect(tell('mx_not_challenged').headers['allow']).toBe('PUT');
    expect(tell('mx_refused').headers).not.toHaveProperty('allow');
  });

  it('lists the methods of the path with 405', () => {
    expect(tell('method_not_allowed', { allow: ['GET', 'PUT'] }).headers['allow']).toBe('GET, PUT');
  });
});

it('MX’s 400, 404, 409 and 429 are passed on', () => {
  const statuses = (['mx_refused', 'mx_not_found', 'mx_conflict', 'mx_rate_limited'] as const).map(
    (code) => problemKind(code).status,
  );
  expect(statuses).toEqual([400, 404, 409, 429]);
});

it('MX’s 401 and 403 are 502, not the caller’s fault', () => {
  for (const code of ['mx_credentials_missing', 'mx_credentials_rejected', 'mx_forbidden', 'mx_redirected'] as const) {
    expect(problemKind(code)).toMatchObject({ status: 502, action: 'contact_support' });
  }
});
