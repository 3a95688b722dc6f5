/** Edges of decisions that no history comes by often: deadlines with questions, a job that another one follows. */
import { describe, expect, it } from 'vitest';
import { afterWrites, balanceToStore, keptFields, type StoredBalance } from '../../../shared/domain/balance.ts';
import { decide } from '../../../shared/domain/decision.ts';
import { atDeadline, endingByFailure } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { judgeImports } from '../../../shared/domain/imports.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { at, claim, key, member, mxAccount, newJob, question } from '../../samples.ts';
import { saw, seenJob, situation } from './situations.ts';

describe('MX’s questions at the deadline of a refused start', () => {
  const start = { ...claim().start, state: 'conflict' } as const;
  const shown = member({ connectionStatus: 'CHALLENGED' });

  it.each([
    [true, { code: 'challenged', challenges: [question] }],
    [false, { code: 'deadline', challenges: [] }],
  ])('are the end for a user who is present: %s', (userPresent, ending) => {
    const late = situation({ claim: { start, userPresent }, after: 600 });
    expect(decide(late, saw(shown, [question]))).toMatchObject({ kind: 'end', ending });
  });
});

describe('the newest job that looks have seen', () => {
  const state = { newestJob: seenJob(5) };
  const look = (given: Partial<MxMember>) =>
    decide(situation({ state, after: 20 }), saw(member({ ...newJob, isBeingAggregated: true, ...given })));

  it.each<[string, Partial<MxMember>, number]>([
    ['the same', {}, 5],
    ['with another guid', { mostRecentJobGuid: 'JOB-next' }, 20],
    ['with the same guid, begun anew', { aggregatedAt: at(12) }, 20],
  ])('is seen since: %s', (_what, given, seconds) => {
    expect(look(given)).toMatchObject({ kind: 'look', state: { newestJob: { seenAt: at(seconds) } } });
  });
});

describe('a refresh whose deadline has passed', () => {
  const unsent: RunningClaim = { ...claim(), start: { state: 'none' } };

  it.each<[string, RunningClaim, Partial<MxMember>, string]>([
    [
      'a job of MX’s own asks, ours was never sent',
      unsent,
      { connectionStatus: 'CHALLENGED', isBeingAggregated: true },
      'mx_unavailable',
    ],
    ['ours asks', claim(), { connectionStatus: 'CHALLENGED', isBeingAggregated: true }, 'challenged'],
    ['between two states', claim(), { connectionStatus: 'PENDING' }, 'pending'],
    [
      'between two states, and a job runs',
      claim(),
      { connectionStatus: 'PENDING', isBeingAggregated: true },
      'deadline',
    ],
    ['between two states, ours was never sent', unsent, { connectionStatus: 'PENDING' }, 'mx_unavailable'],
  ])('ends as it is seen: %s', (_what, held, shown, code) => {
    expect(atDeadline(held, member(shown)).code).toBe(code);
  });
});

it('a failure without words for the user has none', () => {
  expect(endingByFailure(new Failure('mx_forbidden', 'no')).userMessage).toBeNull();
  expect(endingByFailure(new Failure('mx_forbidden', 'no', { userMessage: 'Sorry.' })).userMessage).toBe('Sorry.');
});

it.each([
  ['institution_maintenance_error', 'retry_later'],
  ['institution_unavailable_error', 'retry_later'],
  ['institution_not_supported_error', 'contact_support'],
  [undefined, 'contact_support'],
])('a refusal with MX’s error %s: %s', (mxErrorType, action) => {
  const details = mxErrorType === undefined ? {} : { mxErrorType };
  expect(endingByFailure(new Failure('mx_institution', 'no', details))).toMatchObject({
    code: 'mx_institution',
    action,
  });
});

const sample: StoredBalance = {
  member: key,
  accountGuid: 'ACT-1',
  fields: {},
  observedAt: at(-60),
  freshAsOf: at(-60),
  amountsSince: at(-60),
  staleReason: null,
  lastChange: null,
  refreshId: 'RFR-0',
  trigger: 'http',
  listed: true,
};

describe('what is stored of an account', () => {
  it.each([
    'account_key',
    'observed_at',
    'fresh_as_of',
    'amounts_since',
    'previous_since',
    'unkept_amounts',
    'stale_reason',
    'refresh_id',
    'trigger',
    'previous_balance',
    'changed_by_refresh',
    'changed_at',
    'listed',
    'schema_version',
  ])('has no unknown field of MX’s under our name %s', (name) => {
    const rules = { keepAccountNumbers: false, keepUnknownFields: true };
    const account = mxAccount('ACT-1', '1', `"${name}":"dropped","other":"kept"`);
    expect(keptFields(account, rules)).toMatchObject({ other: 'kept' });
    expect(keptFields(account, rules)).not.toHaveProperty(name);
  });

  const stored: StoredBalance = { ...sample, staleReason: 'unreadable' };
  const unreadable = {
    member: key,
    account: mxAccount('ACT-1', '"1e400"'),
    stamp: { observedAt: at(5), refreshId: 'RFR-1', trigger: 'http' as const },
    isLeftBehind: false,
  };
  const rules = { keepAccountNumbers: false, keepUnknownFields: false };

  it.each<[string, Partial<StoredBalance>, object | null]>([
    ['unreadable already', {}, null],
    ['unreadable and not listed any more', { listed: false }, { staleReason: 'unreadable', listed: true }],
    ['read before', { staleReason: null }, { staleReason: 'unreadable', observedAt: at(-60) }],
  ])('stays as it was when it cannot be read: %s', (_what, given, expected) => {
    const found = balanceToStore(unreadable, rules, { ...stored, ...given });
    if (expected === null) expect(found).toBeNull();
    else expect(found).toMatchObject(expected);
  });
});

it('what this refresh has stored itself compares nothing', () => {
  const balance = (guid: string, refreshId: string, importedAt: string): StoredBalance => ({
    member: key,
    accountGuid: guid,
    fields: { imported_at: importedAt },
    observedAt: at(5),
    freshAsOf: at(5),
    amountsSince: at(5),
    staleReason: null,
    lastChange: null,
    refreshId,
    trigger: 'http',
    listed: true,
  });
  const judged = (refreshId: string) =>
    judgeImports({
      accounts: [mxAccount('B', '1', `"imported_at":"${at(4)}"`)],
      stored: [balance('A', refreshId, at(3)), balance('B', 'RFR-0', at(-900))],
      refreshId: 'RFR-1',
      baselineAggregatedAt: at(-60),
      baselineAnsweredAt: null,
      jobAggregatedAt: null,
    }).moved;
  expect([judged('RFR-0'), judged('RFR-1')]).toEqual(['all', 'not_judged']);
});

it('stored after a write: the written, and the others', () => {
  const [one, two, three] = ['ACT-1', 'ACT-2', 'ACT-3'].map((accountGuid) => ({ ...sample, accountGuid }));
  const written = { ...sample, accountGuid: 'ACT-2', refreshId: 'RFR-9' };
  if (one === undefined || two === undefined || three === undefined) throw new Error('three accounts');
  expect(afterWrites([one, two, three], [written, null])).toEqual([written, one, three]);
});
