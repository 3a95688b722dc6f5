import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { IdempotencyKeys } from '../../../shared/domain/idempotency.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { runningRefresh } from '../../../shared/domain/refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { claim, key, knownMember, T0, unseen } from '../../samples.ts';
import { ending, idempotencyKeys, storeOne, triggerWorld } from './trigger-world.ts';

describe('a trigger with an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-7' };

  it('is answered once: the second time about the same refresh', async () => {
    const { trigger, posts } = triggerWorld();
    const first = await trigger({ headers });
    const second = await trigger({ headers });
    expect(second).toMatchObject({
      status: 202,
      body: { refresh: first.body.refresh },
      headers: { location: first.headers['location'], 'idempotency-replayed': 'true' },
    });
    expect([posts(), first.headers['idempotency-replayed']]).toEqual([1, undefined]);
  });

  it('is refused when the same key asks for something else', async () => {
    const { trigger } = triggerWorld();
    await trigger({ headers });
    const other = trigger({ headers, body: { user_present: true } });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });

  it('is another request when another caller sends it', async () => {
    const { trigger, deps } = triggerWorld();
    await trigger({ headers });
    const other = await trigger({ headers, caller: 'report' });
    expect(other.headers['idempotency-replayed']).toBeUndefined();
    expect(await deps.keys.begin({ id: 'new', requestHash: 'x' })).toMatchObject({ kind: 'first' });
  });

  it('is told of the refresh as it is by then', async () => {
    const { trigger, deps, posts } = triggerWorld();
    const first = await trigger({ headers });
    const { refresh_id: refreshId } = first.body.refresh;
    const attempt = { ...ending, refreshId };
    await deps.refreshes.end({ refresh: runningRefresh(key, claim({ refreshId })), end: attempt });
    await deps.members.end({ key, from: 'running', known: unseen, attempt });
    await deps.members.release(key, refreshId);
    const again = await trigger({ headers });
    expect(again).toMatchObject({ status: 202, body: { refresh: { refresh_id: refreshId, outcome: 'succeeded' } } });
    expect([again.headers['retry-after'], posts()]).toEqual([undefined, 1]);
  });

  it('gets stored balances with their age of now', async () => {
    const { trigger, balances, wait } = triggerWorld();
    await storeOne(balances);
    const body = { max_age: 60 };
    expect((await trigger({ headers, body })).body).toMatchObject({ freshness: { age: 0, verdict: 'fresh' } });
    wait(7200);
    expect(await trigger({ headers, body })).toMatchObject({
      status: 200,
      body: { accounts: [{ guid: 'ACT-1' }], freshness: { age: 7200, verdict: 'stale' } },
      headers: { 'idempotency-replayed': 'true' },
    });
  });

  it('brings nothing back of a member that was deleted meanwhile', async () => {
    const { trigger, balances, table } = triggerWorld();
    await storeOne(balances);
    const body = { max_age: 60 };
    await trigger({ headers, body });
    await trigger({ headers: { 'idempotency-key': 'order-8' } });
    table.members.set(textOf(key), knownMember({ deletedAt: T0 }));
    await expect(trigger({ headers, body })).rejects.toMatchObject({ code: 'member_deleted' });
    const other = trigger({ headers: { 'idempotency-key': 'order-8' } });
    await expect(other).rejects.toMatchObject({ code: 'member_deleted' });
  });

  it('is kept in the same few bytes for 300 accounts', async () => {
    const kept: string[] = [];
    const keys = idempotencyKeys();
    const { trigger, balances } = triggerWorld(knownMember(), {
      keys: { ...keys, keep: async (_request, _token, answer) => void kept.push(answer) },
    });
    const accounts = Array.from({ length: 300 }, (_, index) =>
      readAccount(parseExactJson(`{"guid":"ACT-${index}","balance":10.50}`)),
    );
    await balances.store(key, accounts, { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' });
    expect((await trigger({ headers, body: { max_age: 60 } })).body.accounts).toHaveLength(300);
    expect(kept).toEqual(['{"kind":"stored","member":{"userGuid":"USR-1","memberGuid":"MBR-1"}}']);
  });

  it('repeats a final refusal, with what its refresh says', async () => {
    const { trigger, answers, posts } = triggerWorld();
    answers.start = () => new Failure('mx_refused', 'MX answered 400', { mxErrorType: 'bad', mxMessage: 'No.' });
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'mx_refused' });
    expect(await trigger({ headers })).toMatchObject({
      status: 400,
      body: { code: 'mx_refused', refresh_id: `RFR-${'1'.padStart(26, '0')}`, error: { type: 'bad' } },
      headers: { 'idempotency-replayed': 'true' },
    });
    expect(posts()).toBe(1);
  });

  it.each([
    new Failure('mx_not_found', 'a member that was created a moment ago'),
    new Failure('mx_institution', 'maintenance', { mxErrorType: 'institution_maintenance_error' }),
    new Failure('mx_conflict', 'another job'),
    new Failure('mx_rate_limited', 'too many'),
    new Failure('mx_unavailable', 'away'),
  ])('does better after a failure that passes: $code', async (failure) => {
    const { trigger, answers } = triggerWorld(null);
    const { read } = answers;
    answers.read = () => failure;
    await expect(trigger({ headers })).rejects.toMatchObject({ code: failure.code });
    answers.read = read;
    expect((await trigger({ headers })).status).toBe(202);
  });

  it('is answered anew after another version’s record', async () => {
    const keys: IdempotencyKeys = {
      ...idempotencyKeys(),
      begin: async () => ({ kind: 'answered', answer: '{"status":200,"headers":{},"body":"{}"}' }),
    };
    const { trigger, posts } = triggerWorld(knownMember(), { keys });
    expect([(await trigger({ headers })).status, posts()]).toEqual([202, 1]);
  });

  it('may succeed when sent again after an outage', async () => {
    const { trigger, answers } = triggerWorld(null);
    const { read } = answers;
    answers.read = () => new Failure('mx_unavailable', 'MX is away');
    await expect(trigger({ headers })).rejects.toMatchObject({ code: 'mx_unavailable' });
    answers.read = read;
    expect((await trigger({ headers })).status).toBe(202);
  });
});
