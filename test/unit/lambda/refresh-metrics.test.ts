import { describe, expect, it } from 'vitest';
import { balanceToStore } from '../../../shared/domain/balance.ts';
import type { MeasuredEnd } from '../../../shared/domain/measures.ts';
import { refreshMetrics } from '../../../shared/lambda/refresh-metrics.ts';
import { at, claim, key, member, mxAccount, newJob } from '../../samples.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const end = (ending: Omit<MeasuredEnd['ending'], 'code'>): MeasuredEnd => ({
  claim: claim({
    acceptedAt: at(-2.04),
    lookNumber: 4,
    lookedAt: at(24.26),
    start: { state: 'accepted', at: at(0), count: 1, lookNumber: 0, jobGuid: 'JOB-new' },
  }),
  ending: { ...ending, code: 'stored' },
  member: member({ ...newJob, successfullyAggregatedAt: at(21), isBeingAggregated: false, answeredAt: at(25) }),
  endedAt: at(26),
});

describe('an end', () => {
  it.each([
    ['succeeded', 'none', ['RefreshSucceeded']],
    ['action_required', 'reauthenticate', ['RefreshActionRequired']],
    ['failed', 'retry_later', ['RefreshFailed', 'RefreshMissed']],
    ['failed', 'reconnect', ['RefreshFailed']],
    ['not_refreshed', 'retry_later', ['RefreshNotRefreshed', 'RefreshMissed']],
    ['timed_out', 'retry_later', ['RefreshTimedOut', 'RefreshMissed']],
  ] as const)('%s, %s counts as %j', (outcome, action, counts) => {
    const report = recordedTelemetry();
    refreshMetrics(report).ended(end({ outcome, action }));
    expect(report.counts).toEqual(counts);
  });

  it('with success has times, any has looks', () => {
    const report = recordedTelemetry();
    refreshMetrics(report).ended(end({ outcome: 'succeeded', action: 'none' }));
    refreshMetrics(report).ended(end({ outcome: 'failed', action: 'retry_later' }));
    expect(report.values).toEqual([
      ['SecondsToStored', 28],
      ['SecondsAfterJobEnd', 5.7],
      ['LooksTaken', 4],
      ['LooksTaken', 4],
    ]);
  });

  it('that cannot be counted fails no refresh', () => {
    const report = recordedTelemetry();
    report.count = () => {
      throw new Error('no');
    };
    expect(() => refreshMetrics(report).ended(end({ outcome: 'failed', action: 'retry_later' }))).not.toThrow();
  });
});

describe('stored accounts', () => {
  const stored = (refreshId: string, seconds: number) => {
    const stamp = { observedAt: at(seconds), refreshId, trigger: 'http' as const };
    const account = { member: key, account: mxAccount('ACT-1'), stamp, isLeftBehind: false };
    const balance = balanceToStore(account, { keepAccountNumbers: false, keepUnknownFields: false }, null);
    return balance === null ? [] : [balance];
  };
  const given = { refreshId: 'RFR-2', observedAt: at(100), before: stored('RFR-1', 10), now: stored('RFR-2', 100) };

  it('tell the age of what they replace', () => {
    const report = recordedTelemetry();
    refreshMetrics(report).stored({ ...given, leftBehind: new Set() });
    expect([report.counts, report.values]).toEqual([[], [['SecondsUntilReplaced', 90]]]);
  });

  it('and how many the job has left behind', () => {
    const report = recordedTelemetry();
    refreshMetrics(report).stored({ ...given, leftBehind: new Set(['ACT-1']) });
    expect([report.sums, report.values]).toEqual([{ AccountsLeftBehind: 1 }, []]);
  });
});
