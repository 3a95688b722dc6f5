import { describe, expect, it } from 'vitest';
import type { Action } from '../../../shared/domain/action.ts';
import { balanceToStore, type StoredBalance } from '../../../shared/domain/balance.ts';
import type { Instant } from '../../../shared/domain/instant.ts';
import {
  countLeftBehind,
  isMissed,
  type MeasuredEnd,
  secondsAfterJobEnd,
  secondsUntilReplaced,
} from '../../../shared/domain/measures.ts';
import type { MxMember } from '../../../shared/domain/mx.ts';
import type { Outcome } from '../../../shared/domain/outcome.ts';
import type { Baseline, SentStart } from '../../../shared/domain/refresh.ts';
import { at, claim, key, member, mxAccount, newJob } from '../../samples.ts';

describe('a refresh without new balances', () => {
  it.each<[Outcome, Action, boolean]>([
    ['succeeded', 'none', false],
    ['action_required', 'reauthenticate', false],
    ['action_required', 'retry_later', false],
    ['failed', 'reconnect', false],
    ['not_refreshed', 'answer_mfa', false],
    ['failed', 'retry_later', true],
    ['failed', 'contact_support', true],
    ['not_refreshed', 'retry_later', true],
    ['timed_out', 'retry_later', true],
  ])('%s, %s: missed %s', (outcome, action, missed) => {
    expect(isMissed({ outcome, action })).toBe(missed);
  });
});

/** The job ended 21 s after the POST by MX's clock; a look at 24 s was answered at 25 s by it; stored at 26 s. */
const start: SentStart = { state: 'accepted', at: at(0), count: 1, lookNumber: 0, jobGuid: 'JOB-new' };
const seen = { ...newJob, successfullyAggregatedAt: at(21), isBeingAggregated: false, answeredAt: at(25) };

const { baseline } = claim();

interface Given {
  readonly member?: Partial<MxMember> | null;
  readonly start?: SentStart;
  readonly baseline?: Baseline | null;
  readonly lookedAt?: Instant | null;
  readonly outcome?: Outcome;
}

const ended = (given: Given = {}): MeasuredEnd => ({
  claim: claim({
    start: given.start ?? start,
    baseline: given.baseline === undefined ? baseline : given.baseline,
    lookedAt: given.lookedAt === undefined ? at(24) : given.lookedAt,
  }),
  ending: { outcome: given.outcome ?? 'succeeded', action: 'none', code: 'stored' },
  member: given.member === null ? null : member({ ...seen, ...given.member }),
  endedAt: at(26),
});

const hours = (given: number): Partial<MxMember> => ({
  successfullyAggregatedAt: at(21 + given * 3600),
  answeredAt: at(25 + given * 3600),
});

describe('the time after the job’s end', () => {
  it.each<[string, number, Given]>([
    ['is MX’s four seconds and our two', 6, {}],
    ['whatever MX’s clock shows', 6, { member: hours(1) }],
    ['with a Date in whole seconds, a fraction earlier', 2, { member: { answeredAt: at(20.1) } }],
    ['a whole second earlier', 2, { member: { answeredAt: at(20) } }],
  ])('%s: %d s', (_, seconds, given) => {
    expect(secondsAfterJobEnd(ended(given))).toBe(seconds);
  });

  it.each<[string, Given]>([
    ['without success', { outcome: 'failed' }],
    ['when no look saw the end', { member: null }],
    ['when the look’s time is not known', { lookedAt: null }],
    ['without a baseline', { baseline: null }],
    ['when MX has not confirmed the POST', { start: { ...start, state: 'unknown' } }],
    ['when MX tells no time of its answer', { member: { answeredAt: null } }],
    ['when MX tells no success', { member: { successfullyAggregatedAt: null } }],
    [
      'when MX’s success is the one before',
      { baseline: baseline && { ...baseline, successfullyAggregatedAt: at(21) } },
    ],
    ['when another job has followed', { member: { mostRecentJobGuid: 'JOB-next' } }],
    ['when MX’s clocks are more than a second apart', { member: { answeredAt: at(19.9) } }],
  ])('is not known %s', (_, given) => {
    expect(secondsAfterJobEnd(ended(given))).toBeNull();
  });
});

const rules = { keepAccountNumbers: false, keepUnknownFields: false };

const stored = (guid: string, refreshId: string, seconds: number): StoredBalance => {
  const given = {
    member: key,
    account: mxAccount(guid),
    stamp: { observedAt: at(seconds), refreshId, trigger: 'http' as const },
    isLeftBehind: false,
  };
  const balance = balanceToStore(given, rules, null);
  if (balance === null) throw new Error('nothing is newer than nothing');
  return balance;
};

const by = (before: readonly StoredBalance[], now: readonly StoredBalance[], leftBehind: readonly string[] = []) => ({
  refreshId: 'RFR-2',
  observedAt: at(100),
  before,
  now,
  leftBehind: new Set(leftBehind),
});

describe('the age of what is replaced', () => {
  const [a, b] = [stored('ACT-a', 'RFR-1', 10), stored('ACT-b', 'RFR-0', 4)];
  const [newA, newB] = [stored('ACT-a', 'RFR-2', 100), stored('ACT-b', 'RFR-2', 100)];

  it.each([
    ['is that of the oldest', by([a, b], [newA, newB]), 96],
    ['of those that were replaced', by([a, b], [newA, b]), 90],
    ['and not left behind', by([a, b], [newA, newB], ['ACT-b']), 90],
    ['counts from fresh_as_of', by([{ ...a, freshAsOf: at(3) }], [newA]), 97],
  ])('%s', (_, given, seconds) => {
    expect(secondsUntilReplaced(given)).toBe(seconds);
  });

  it.each([
    ['at the first refresh', by([], [newA])],
    ['when the same refresh has stored before', by([newA], [newA])],
    ['when something newer is stored', by([a], [stored('ACT-a', 'RFR-3', 101)])],
  ])('is not known %s', (_, given) => {
    expect(secondsUntilReplaced(given)).toBeNull();
  });

  it.each([
    ['once', by([a], [newA, newB], ['ACT-a', 'ACT-b']), 2],
    ['not again', by([newA], [newA, newB], ['ACT-a', 'ACT-b']), 1],
    ['not when another refresh has stored it', by([a], [a], ['ACT-a']), 0],
    ['not without any', by([a], [newA]), 0],
  ])('accounts left behind are counted %s', (_, given, count) => {
    expect(countLeftBehind(given)).toBe(count);
  });
});
