/** `Idempotency-Key`: what is kept of an answer, what of a refusal, and what is let go for the next try. */
import { describe, expect, it } from 'vitest';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode, type FailureDetails } from '../../../shared/domain/failure.ts';
import type { IdempotencyKeys } from '../../../shared/domain/idempotency.ts';
import { endedRefresh } from '../../../shared/domain/refresh.ts';
import { answerOnce } from '../../../shared/lambda/answer-once.ts';
import type { ApiAnswer } from '../../../shared/lambda/http.ts';
import { Refusal } from '../../../shared/lambda/refusal.ts';
import { claim, key, T0 } from '../../samples.ts';

const request = { id: 'id', requestHash: 'hash' };
const answer: ApiAnswer = { status: 202, headers: {}, text: '{}' };
const about = { kind: 'accepted', member: key, refreshId: 'RFR-1', joined: false } as const;

type Begun = Awaited<ReturnType<IdempotencyKeys['begin']>>;

/** Keys that begin so; what was done with them, each a while after it was asked for. */
function keysThat(begun: Begun) {
  const done: string[] = [];
  const later = async (what: string): Promise<void> => {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
    done.push(what);
  };
  const keys: IdempotencyKeys = {
    begin: async () => begun,
    keep: (_request, token, kept) => later(`${token} keeps ${kept}`),
    release: (_request, token) => later(`${token} is let go`),
  };
  return { keys, done };
}

const failing = (error: unknown) => ({
  first: () => Promise.reject(error),
  again: () => expect.fail('not again'),
  refresh: () => expect.fail('no refresh'),
});

describe('the first request with a key', () => {
  const first: Begun = { kind: 'first', token: 'T' };

  it('is over when its answer is kept', async () => {
    const { keys, done } = keysThat(first);
    const answering = { ...failing(null), first: async () => ({ answer, about }) };
    expect(await answerOnce(keys, request, answering)).toBe(answer);
    expect(done).toEqual([`T keeps ${JSON.stringify(about)}`]);
  });

  it.each<[FailureCode, Partial<FailureDetails>]>([
    ['mx_refused', { refreshId: 'RFR-1' }],
    ['mx_refused', { refreshId: 'RFR-1', mxErrorType: 'institution_error' }],
    ['invalid_request', {}],
  ])('refused for good keeps that: %s', async (code, details) => {
    const { keys, done } = keysThat(first);
    const error = new Failure(code, 'no', details);
    await expect(answerOnce(keys, request, failing(error))).rejects.toBe(error);
    const { refreshId = null, mxErrorType: errorType = null } = details;
    expect(done).toEqual([`T keeps ${JSON.stringify({ kind: 'refused', code, refreshId, errorType })}`]);
  });

  it.each<[string, unknown]>([
    ['a 5xx', new Failure('internal', 'x')],
    ['MX’s own gate', new Failure('mx_forbidden', 'x')],
    ['MX away', new Failure('mx_unavailable', 'x')],
    ['a 404', new Failure('mx_not_found', 'x')],
    ['a 409', new Failure('mx_conflict', 'x')],
    ['a 429', new Failure('allowance_used_up', 'x')],
    ['a 409 that asks for nothing', new Failure('too_many_callbacks', 'x')],
    ['a 429 that asks for nothing', new Failure('mx_rate_limited', 'x', { action: 'none' })],
    ['what its failure says may work later', new Failure('mx_refused', 'x', { action: 'retry_later' })],
    ['what its failure says to wait for', new Failure('mx_refused', 'x', { action: 'wait' })],
    ['what passes at the bank', new Failure('mx_institution', 'x', { action: 'retry_later' })],
    ['what is being done', new Refusal('idempotency_in_flight', 'x')],
    ['a fault of ours', new TypeError('x')],
    ['an AWS service away', Object.assign(new Error('x'), { name: 'ThrottlingException' })],
  ])('that may work later frees its key: %s', async (_what, error) => {
    const { keys, done } = keysThat(first);
    await expect(answerOnce(keys, request, failing(error))).rejects.toBe(error);
    expect(done).toEqual(['T is let go']);
  });
});

describe('the next request with a key', () => {
  it('waits while the first is answered', async () => {
    const { keys } = keysThat({ kind: 'in_flight' });
    await expect(answerOnce(keys, request, failing(null))).rejects.toMatchObject({
      code: 'idempotency_in_flight',
      details: { field: 'Idempotency-Key', retryAfterSeconds: 2 },
    });
  });

  it('is refused when it asks for something else', async () => {
    const { keys } = keysThat({ kind: 'other_request' });
    await expect(answerOnce(keys, request, failing(null))).rejects.toMatchObject({
      code: 'idempotency_conflict',
      details: { field: 'Idempotency-Key' },
    });
  });

  const answered = (kept: object) => keysThat({ kind: 'answered', answer: JSON.stringify(kept) }).keys;

  it('is answered again, and told so', async () => {
    const again = async (of: object) => ({ ...answer, text: JSON.stringify(of) });
    const told = await answerOnce(answered(about), request, { ...failing(null), again });
    expect(told).toEqual({ status: 202, headers: { 'idempotency-replayed': 'true' }, text: JSON.stringify(about) });
  });

  it.each<[string, object]>([
    ['another kind', { ...about, kind: 'new' }],
    ['an unknown code', { kind: 'refused', code: 'no_such_code', refreshId: null, errorType: null }],
    ['no code', { kind: 'refused', code: 7, refreshId: null, errorType: null }],
  ])('kept in another form is answered anew: %s', async (_what, kept) => {
    const answering = { ...failing(null), first: async () => ({ answer, about }) };
    expect(await answerOnce(answered(kept), request, answering)).toBe(answer);
  });

  it('is refused in the words of its ended refresh', async () => {
    const result = { ...endingOf('mx_refused', { message: 'MX said no.' }), endedAt: T0, observedAt: null };
    const kept = { kind: 'refused', code: 'mx_refused', refreshId: 'RFR-1', errorType: null };
    const refresh = async () => endedRefresh(key, claim(), result);
    const told = await answerOnce(answered(kept), request, { ...failing(null), refresh });
    expect(told).toMatchObject({ headers: { 'idempotency-replayed': 'true' } });
    expect(JSON.parse(String(told.text))).toMatchObject({
      code: 'mx_refused',
      detail: 'MX said no.',
      refresh_id: 'RFR-1',
      action: 'contact_support',
    });
    const other = async () => endedRefresh(key, claim(), { ...result, action: 'reauthenticate' });
    const said = await answerOnce(answered(kept), request, { ...failing(null), refresh: other });
    expect(JSON.parse(String(said.text))).toMatchObject({ code: 'mx_refused', action: 'reauthenticate' });
  });

  it('is refused in our words without a refresh', async () => {
    const kept = { kind: 'refused', code: 'invalid_request', refreshId: null, errorType: null };
    const body = JSON.parse(String((await answerOnce(answered(kept), request, failing(null))).text));
    expect(body).toMatchObject({ code: 'invalid_request', status: 400 });
    expect(body.detail).toEqual(expect.stringMatching(/^.{10,}$/));
    expect(body).not.toHaveProperty('refresh_id');
  });
});
