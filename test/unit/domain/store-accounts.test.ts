/** Storing: the job is over with success, and its accounts are read and written. Interrupted, late and refused. */
import { describe, expect, it } from 'vitest';
import { firstLookState } from '../../../shared/domain/decision.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { MxAccount } from '../../../shared/domain/mx.ts';
import type { OpenClaim, StoringClaim } from '../../../shared/domain/refresh.ts';
import { endInterruptedStoring, storeAccounts } from '../../../shared/domain/store-accounts.ts';
import { at, claim, key, member, mxAccount, newJob } from '../../samples.ts';
import { lookWorld, secondLook } from './look-world.ts';

/** The job is over: a later success, and its own guid. */
const succeeded = member({ ...newJob, successfullyAggregatedAt: at(4) });
const imported = (guid: string, balance: string | null = '7', seconds = 3): MxAccount =>
  mxAccount(guid, balance, `"imported_at":"${at(seconds)}"`);
const unreadable = (guid: string): MxAccount => mxAccount(guid, '"1e400"');

const storing = (given: Partial<StoringClaim> = {}): StoringClaim => ({
  ...claim({ lookedAt: at(-31) }),
  ...given,
  phase: 'storing',
});

/** A world at whose MX the job is over and the list is this, or fails. */
function world(list: readonly MxAccount[] | Failure, held: OpenClaim = claim(), given: Partial<MemberRecord> = {}) {
  const made = lookWorld(held, given);
  made.answers.read = () => succeeded;
  const mx: { list: readonly MxAccount[] | Failure } = { list };
  made.deps.mx.listAccounts = async () => {
    made.steps.push('list');
    if (mx.list instanceof Failure) throw mx.list;
    return mx.list;
  };
  return { ...made, mx };
}

const by = (refreshId: string, seconds: number) => ({ observedAt: at(seconds), refreshId, trigger: 'http' }) as const;

describe('a job that is over', () => {
  it('reads, moves the claim, writes all, then ends', async () => {
    const { look, steps, record, balances } = world([imported('ACT-1'), imported('ACT-2')]);
    expect(await look()).toBe('stored');
    expect(steps).toEqual(['read', 'list', 'storing', 'balances', 'end', 'claim gone']);
    expect(record()).toMatchObject({
      claim: null,
      importsMove: true,
      lastAttempt: { code: 'stored', connectionStatus: 'CONNECTED', observedAt: at(10) },
    });
    expect((await balances.ofMember(key)).map(({ accountGuid }) => accountGuid)).toEqual(['ACT-1', 'ACT-2']);
  });

  it('stores nothing when another look was faster', async () => {
    const { look, deps, balances, record } = world([imported('ACT-1')]);
    deps.members.beginStoring = async () => false;
    expect(await look()).toBe('superseded');
    expect([await balances.ofMember(key), record()?.lastAttempt]).toEqual([[], null]);
  });

  it('says nothing of imports that another job moved', async () => {
    const { look, answers, record } = world([imported('ACT-1')]);
    answers.read = () => member({ ...newJob, mostRecentJobGuid: 'JOB-2', successfullyAggregatedAt: at(4) });
    await look();
    expect(record()).toMatchObject({ importsMove: false, lastAttempt: { code: 'stored' } });
  });

  it('is judged by the imports since the baseline', async () => {
    // `aggregated_at` did not move, and nothing came between what is stored and the baseline.
    const { look, answers, balances } = world([imported('ACT-1', '8', 3), imported('ACT-2', '8', -40_000)]);
    answers.read = () => member({ mostRecentJobGuid: 'JOB-new', successfullyAggregatedAt: at(4) });
    for (const guid of ['ACT-1', 'ACT-2'])
      await balances.store(key, [imported(guid, '7', -20_000)], by('RFR-0', -19_000));
    expect(await look()).toBe('stored');
    const ages = (await balances.ofMember(key)).map(({ accountGuid, staleReason }) => [accountGuid, staleReason]);
    expect(ages).toEqual([
      ['ACT-1', null],
      ['ACT-2', 'not_imported'],
    ]);
  });

  it('ends with the status that MX shows', async () => {
    const { look, answers, record } = world([imported('ACT-1')]);
    // Another job has followed ours, which is over therefore.
    const followed = { mostRecentJobGuid: 'JOB-2', isBeingAggregated: true, connectionStatus: 'UPDATED' };
    answers.read = () => member({ ...followed, successfullyAggregatedAt: at(4) });
    expect(await look()).toBe('stored');
    expect(record()?.lastAttempt).toMatchObject({ connectionStatus: 'UPDATED' });
  });
});

describe('accounts that cannot be read', () => {
  it.each<[FailureCode, string]>([
    ['mx_timeout', 'mx_timeout'],
    // Beside a member that was there a moment before.
    ['mx_not_found', 'mx_bad_answer'],
  ])('because of %s are read again', async (code, told) => {
    const { look, steps, record, sent } = world(new Failure(code, 'no'));
    expect(await look()).toBe('looking_again');
    expect(steps).toEqual(['read', 'list', 'seen', 'message', 'unanswered']);
    expect(record()?.claim).toMatchObject({ phase: 'running', unanswered: { code: told } });
    expect(sent).toMatchObject([{ followUp: { state: { failedLooks: 1, unconfirmedEnd: null } } }]);
  });

  it.each<[string, FailureCode, object, string]>([
    [
      'late',
      'mx_bad_answer',
      { outcome: 'timed_out', action: 'retry_later' },
      'The deadline came while MX could not be read. no',
    ],
    ['refused', 'mx_forbidden', { outcome: 'failed', code: 'mx_forbidden' }, 'no'],
  ])('end a refresh that has stored nothing yet: %s', async (_what, code, attempt, message) => {
    const { deps, record, history, steps } = world(new Failure(code, 'no'), claim({ deadline: at(10) }));
    const held = record() ?? expect.fail('no member');
    const followed = {
      key,
      identifiers: { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' },
      record: held,
      claim: claim({ deadline: at(10) }),
      state: firstLookState,
    };
    expect(await storeAccounts(deps, followed, null, null)).toBe('ended');
    expect(record()).toMatchObject({ claim: null, lastAttempt: attempt });
    expect(await history.read('RFR-1')).toMatchObject({ result: { message } });
    expect(steps).toEqual(['list', 'end', 'claim gone']);
  });

  it('because of a fault of ours are thrown', async () => {
    const { look, deps } = world([]);
    const fault = new TypeError('a fault of ours');
    deps.mx.listAccounts = () => Promise.reject(fault);
    await expect(look()).rejects.toBe(fault);
  });

  it('because the stored ones cannot be are thrown', async () => {
    const { look, deps, record } = world([imported('ACT-1')]);
    const fault = new TypeError('the table is away');
    deps.balances.ofMember = () => Promise.reject(fault);
    await expect(look()).rejects.toBe(fault);
    expect(record()?.claim).toMatchObject({ phase: 'running' });
  });

  it('because of their amounts end it, nothing stored', async () => {
    const { look, record, history, balances } = world([unreadable('ACT-1'), unreadable('ACT-2')]);
    expect(await look()).toBe('ended');
    expect(record()).toMatchObject({ claim: null, lastAttempt: { outcome: 'failed', code: 'mx_bad_answer' } });
    expect(await history.read('RFR-1')).toMatchObject({
      result: { message: 'No account of the member has amounts that can be read.' },
    });
    expect(await balances.ofMember(key)).toEqual([]);
  });

  it('are no reason without any account', async () => {
    const { look, record } = world([]);
    expect(await look()).toBe('stored');
    expect(record()?.lastAttempt).toMatchObject({ code: 'stored' });
  });
});

describe('a refresh that was interrupted while storing', () => {
  it('reads anew and ends, as connected as a success is', async () => {
    const { look, steps, record } = world([imported('ACT-1')], storing());
    expect(await look()).toBe('stored');
    expect(steps).toEqual(['list', 'balances', 'end', 'claim gone']);
    expect(record()?.lastAttempt).toMatchObject({ code: 'stored', connectionStatus: 'CONNECTED' });
  });

  it.each([
    [0, 15, 1],
    [1, 18, 2],
  ])('after %d failed looks reads again at %d s', async (failedLooks, seconds, then) => {
    const { look, steps, sent, record } = world(new Failure('mx_timeout', 'no'), storing());
    const state = { failedLooks, unconfirmedEnd: 'DENIED/', newestJob: null, missingSince: null, runningAt: null };
    expect(await look({ ...secondLook, state })).toBe('looking_again');
    expect(steps).toEqual(['list', 'message', 'unanswered']);
    expect(sent).toMatchObject([
      { followUp: { state: { failedLooks: then, unconfirmedEnd: null, newestJob: null } }, inSeconds: seconds - 10 },
    ]);
    expect(record()?.claim).toMatchObject({ unanswered: { nextLookAt: at(seconds) } });
  });

  it('waits as long as MX asks', async () => {
    const { look, sent } = world(new Failure('mx_rate_limited', 'no', { retryAfterSeconds: 42 }), storing());
    await look();
    expect(sent).toMatchObject([{ inSeconds: 42 }]);
  });

  const before = { deadline: at(11) };
  const over = { deadline: at(10) };

  it('goes on until its deadline', async () => {
    const { look } = world(new Failure('mx_timeout', 'no'), storing(before));
    expect(await look()).toBe('looking_again');
  });

  it.each<[string, FailureCode, Partial<StoringClaim>, object]>([
    ['at its deadline', 'mx_timeout', over, { outcome: 'timed_out', action: 'retry_later', code: 'mx_timeout' }],
    ['refused for good', 'mx_forbidden', {}, { outcome: 'failed', action: 'contact_support', code: 'mx_forbidden' }],
    ['refused at its deadline', 'mx_forbidden', over, { outcome: 'failed', code: 'mx_forbidden' }],
  ])('with nothing written ends as it is: %s', async (_what, code, given, end) => {
    const { look, record, steps } = world(new Failure(code, 'no'), storing(given));
    expect(await look()).toBe('ended');
    expect(record()).toMatchObject({ claim: null, lastAttempt: { ...end, observedAt: null } });
    expect(steps).toEqual(['list', 'end', 'claim gone']);
  });

  it.each<[FailureCode, Partial<StoringClaim>]>([
    ['mx_timeout', over],
    ['mx_forbidden', {}],
  ])('with something written has succeeded for that: %s', async (code, given) => {
    const { look, record, balances } = world(new Failure(code, 'no'), storing(given));
    await balances.store(key, [imported('ACT-1')], by('RFR-1', 6));
    expect(await look()).toBe('ended');
    expect(record()?.lastAttempt).toMatchObject({
      outcome: 'succeeded',
      code: 'stored_in_part',
      connectionStatus: 'CONNECTED',
      observedAt: at(6),
    });
  });

  it('with nothing written, late, says so', async () => {
    const { look, history } = world(new Failure('mx_bad_answer', 'HTML'), storing(over));
    await look();
    expect(await history.read('RFR-1')).toMatchObject({
      result: { outcome: 'timed_out', message: 'The deadline came while MX could not be read. HTML' },
    });
  });

  it('reads without anything to compare with', async () => {
    const { look, record } = world([imported('ACT-1')], storing({ baseline: null }));
    expect(await look()).toBe('stored');
    expect(record()?.lastAttempt).toMatchObject({ code: 'stored' });
  });

  it('counts what a newer observation has written over', async () => {
    const { balances, deps, record } = world([], storing());
    await balances.store(key, [imported('ACT-1', '0')], by('RFR-0', 5));
    await balances.store(key, [imported('ACT-1', '1')], by('RFR-1', 6));
    await balances.store(key, [imported('ACT-1', '1')], by('RFR-2', 8));
    expect(
      await endInterruptedStoring(deps, { key, claim: storing(), institutionCode: null, attention: null }, null),
    ).toBe('ended');
    expect(record()?.lastAttempt).toMatchObject({ code: 'stored_in_part', observedAt: at(6) });
  });

  it('is as old as the oldest that it has written', async () => {
    const { balances, deps, record } = world([], storing());
    await balances.store(key, [imported('ACT-1')], by('RFR-1', 7));
    await balances.store(key, [imported('ACT-2')], by('RFR-1', 6));
    await balances.store(key, [imported('ACT-3')], by('RFR-0', -60));
    await endInterruptedStoring(deps, { key, claim: storing(), institutionCode: null, attention: null }, null);
    expect(record()?.lastAttempt).toMatchObject({ observedAt: at(6) });
  });

  it('ends as late when only its time is up', async () => {
    const { deps, record } = world([], storing());
    await endInterruptedStoring(deps, { key, claim: storing(), institutionCode: null, attention: null }, null);
    expect(record()?.lastAttempt).toMatchObject({ outcome: 'timed_out', code: 'deadline' });
  });

  it('ends when no amount can be read any more', async () => {
    const { look, record, balances } = world([unreadable('ACT-1')], storing());
    await balances.store(key, [imported('ACT-2')], by('RFR-1', 6));
    expect(await look()).toBe('ended');
    expect(record()?.lastAttempt).toMatchObject({ code: 'stored_in_part' });
  });
});
