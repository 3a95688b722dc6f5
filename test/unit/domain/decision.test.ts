import { describe, expect, it } from 'vitest';
import { afterRefusedStart, decide, MAX_STARTS } from '../../../shared/domain/decision.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { connectionStatuses } from '../../../shared/domain/statuses.ts';
import { claim, member, newJob, question } from '../../samples.ts';
import { saw, seenJob, situation } from './situations.ts';

const ended = { ...newJob, successfullyAggregatedAt: '2026-11-21T12:00:07.000Z' };
const past = { after: 31, claim: { lookNumber: 6 } };

const store = { kind: 'store' };
const storeAnyway = { kind: 'read_accounts', byImports: { all: store, some: store, none: store, not_judged: store } };

describe('a connected member', () => {
  it('no evidence: not stored at the first idle look', () => {
    expect(decide(situation(), saw(member()))).toMatchObject({ kind: 'look' });
  });

  it('is stored when a later success time proves the end', () => {
    expect(decide(situation(), saw(member(ended)))).toEqual(storeAnyway);
  });

  it('flag true, then false: stored', () => {
    expect(decide(situation({ claim: { flagSeen: true } }), saw(member()))).toEqual(storeAnyway);
  });

  it('a new job guid alone is not believed', () => {
    const look = { kind: 'look' };
    expect(decide(situation(), saw(member(newJob)))).toMatchObject({
      kind: 'read_accounts',
      byImports: { all: store, some: look, none: look, not_judged: look },
    });
    const seen = { ...past, state: { newestJob: seenJob(0) } };
    expect(decide(situation(seen), saw(member(newJob)))).toEqual(storeAnyway);
  });

  it('a new job guid with a new status: believed', () => {
    const before = { ...claim().baseline, connectionStatus: 'DENIED' } as never;
    expect(decide(situation({ claim: { baseline: before } }), saw(member(newJob)))).toEqual(storeAnyway);
  });

  it('grace period without evidence: not refreshed, unless all moved', () => {
    const unproven = {
      kind: 'end',
      ending: { outcome: 'not_refreshed', action: 'retry_later', code: 'no_evidence' },
    };
    expect(decide(situation(past), saw(member()))).toMatchObject({
      kind: 'read_accounts',
      byImports: { all: store, some: unproven, none: unproven, not_judged: unproven },
    });
  });

  it('is not over while the flag is true', () => {
    for (const connectionStatus of connectionStatuses) {
      const step = decide(situation(), saw(member({ ...newJob, connectionStatus, isBeingAggregated: true })));
      expect(step.kind, connectionStatus).toBe('look');
    }
  });
});

describe('an error status', () => {
  const denied = member({ ...newJob, connectionStatus: 'DENIED' });

  it('is believed when it is seen twice in a row', () => {
    const first = decide(situation({ claim: { flagSeen: true } }), saw(denied));
    expect(first).toMatchObject({ kind: 'look', state: { unconfirmedEnd: 'DENIED/' } });
    const second = decide(situation({ claim: { flagSeen: true }, state: { unconfirmedEnd: 'DENIED/' } }), saw(denied));
    expect(second).toMatchObject({ kind: 'end', ending: { outcome: 'action_required', action: 'reauthenticate' } });
  });

  it('with an error code: believed at once', () => {
    const error = { code: '2003', message: 'x', userMessage: 'Too late.' };
    const step = decide(situation({ claim: { flagSeen: true } }), saw({ ...denied, error }));
    expect(step).toMatchObject({
      kind: 'end',
      ending: { action: 'answer_mfa', code: 'mfa_timeout', userMessage: 'Too late.' },
    });
  });

  it('without evidence: not believed, the last job’s', () => {
    const baseline = { ...claim().baseline, connectionStatus: 'DENIED' } as never;
    const error = { code: '2005', message: null, userMessage: null };
    const old = member({ connectionStatus: 'DENIED', error });
    expect(decide(situation({ claim: { baseline } }), saw(old)).kind).toBe('look');
    expect(decide(situation({ ...past, claim: { ...past.claim, baseline } }), saw(old))).toMatchObject({
      kind: 'end',
      ending: { outcome: 'not_refreshed', action: 'reauthenticate', code: 'no_evidence' },
    });
  });

  it('new guid, old status, grace period: not believed', () => {
    const baseline = { ...claim().baseline, connectionStatus: 'DENIED' } as never;
    const state = { unconfirmedEnd: 'DENIED/' };
    expect(decide(situation({ claim: { baseline }, state }), saw(denied)).kind).toBe('look');
    const seen = { ...state, newestJob: seenJob(0) };
    const step = decide(situation({ ...past, claim: { ...past.claim, baseline }, state: seen }), saw(denied));
    expect(step).toMatchObject({ kind: 'end', ending: { code: 'denied' } });
  });
});

describe('a member that waits for its user', () => {
  const challenged = member({ ...newJob, connectionStatus: 'CHALLENGED', isBeingAggregated: true });

  it('unattended: ends at once with the questions', () => {
    expect(decide(situation(), saw(challenged, [question]))).toMatchObject({
      kind: 'end',
      ending: { outcome: 'action_required', action: 'answer_mfa', challenges: [question] },
    });
  });

  it('is watched until the deadline when the user is present', () => {
    expect(decide(situation({ claim: { userPresent: true } }), saw(challenged, [question])).kind).toBe('look');
    const late = situation({ claim: { userPresent: true }, after: 600 });
    expect(decide(late, saw(challenged, [question]))).toMatchObject({ kind: 'end', ending: { action: 'answer_mfa' } });
  });

  it('waited before our POST: believed the second time', () => {
    const baseline = { ...claim().baseline, connectionStatus: 'CHALLENGED' } as never;
    expect(decide(situation({ claim: { baseline } }), saw(challenged, [question]))).toMatchObject({
      kind: 'look',
      state: { unconfirmedEnd: 'challenged' },
    });
    const again = situation({ claim: { baseline }, state: { unconfirmedEnd: 'challenged' } });
    expect(decide(again, saw(challenged, [question])).kind).toBe('end');
  });
});

describe('a start', () => {
  const start = (state: 'unknown' | 'conflict' | 'rate_limited', count = 1) => ({
    start: { ...claim().start, state, count, jobGuid: null },
  });
  const unsent = { start: { state: 'none' } } as const;

  it('that was never sent is sent once MX answers', () => {
    expect(decide(situation({ claim: unsent }), saw(member()))).toEqual({ kind: 'start' });
  });

  it('never sent: not sent unattended when the user must act', () => {
    const scheduled = { ...unsent, trigger: 'schedule' as const };
    const step = decide(situation({ claim: scheduled }), saw(member({ connectionStatus: 'DENIED' })));
    expect(step).toMatchObject({ kind: 'end', ending: { action: 'reauthenticate' } });
  });

  it('after a conflict: not repeated unattended for the user', () => {
    const scheduled = { ...start('conflict'), trigger: 'schedule' as const };
    const denied = member({ connectionStatus: 'DENIED' });
    expect(decide(situation({ claim: scheduled }), saw(denied))).toMatchObject({
      kind: 'end',
      ending: { action: 'reauthenticate', code: 'denied' },
    });
    expect(decide(situation({ claim: start('conflict') }), saw(denied))).toEqual({ kind: 'start' });
  });

  it('is not sent unattended while MX waits for new credentials', () => {
    const scheduled = { ...unsent, trigger: 'schedule' as const };
    const step = decide(situation({ claim: scheduled }), saw(member({ needsUpdatedCredentials: true })));
    expect(step).toMatchObject({ kind: 'end', ending: { code: 'needs_updated_credentials' } });
  });

  it('result unknown: not repeated while its job may show', () => {
    expect(decide(situation({ claim: start('unknown') }), saw(member())).kind).toBe('look');
  });

  it('result unknown: repeated after the grace period, not endlessly', () => {
    const later = { ...past, claim: { ...past.claim, ...start('unknown') } };
    expect(decide(situation(later), saw(member()))).toEqual({ kind: 'start' });
    const last = { ...past, claim: { ...past.claim, ...start('unknown', MAX_STARTS) } };
    expect(decide(situation(last), saw(member()))).toMatchObject({ kind: 'end', ending: { outcome: 'not_refreshed' } });
  });

  it('conflict: waits, then takes the other job’s newer data', () => {
    const running = member({ isBeingAggregated: true });
    expect(decide(situation({ claim: start('conflict') }), saw(running)).kind).toBe('look');
    const over = member({ successfullyAggregatedAt: '2026-11-21T12:00:20.000Z' });
    expect(decide(situation({ claim: start('conflict') }), saw(over))).toEqual(storeAnyway);
    expect(decide(situation({ claim: start('conflict') }), saw(member()))).toEqual({ kind: 'start' });
  });

  it('that MX keeps limiting ends as not refreshed', () => {
    const step = decide(situation({ claim: start('rate_limited', MAX_STARTS) }), saw(member()));
    expect(step).toMatchObject({ kind: 'end', ending: { outcome: 'not_refreshed', code: 'mx_rate_limited' } });
  });

  it('refused for its institution ends with MX’s text', () => {
    const mxErrorType = 'institution_maintenance_error';
    const failure = new Failure('mx_institution', 'x', { mxErrorType, userMessage: 'Sorry.' });
    expect(afterRefusedStart(failure)).toMatchObject({ kind: 'end', ending: { userMessage: 'Sorry.' } });
  });
});

describe('between two states', () => {
  it('no status: fails after the grace period', () => {
    const seen = saw(member({ ...newJob, connectionStatus: null }));
    expect(decide(situation({ claim: { flagSeen: true } }), seen).kind).toBe('look');
    const late = { ...past, claim: { ...past.claim, flagSeen: true } };
    expect(decide(situation(late), seen)).toMatchObject({ kind: 'end', ending: { code: 'no_status' } });
  });

  it('OAuth unfinished: ends at the deadline, user has to act', () => {
    const seen = saw(member({ ...newJob, connectionStatus: 'PENDING' }));
    const claimed = { flagSeen: true, lookNumber: 20 };
    expect(decide(situation({ claim: claimed, after: 300 }), seen).kind).toBe('look');
    const step = decide(situation({ claim: claimed, after: 600 }), seen);
    expect(step).toMatchObject({ kind: 'end', ending: { outcome: 'action_required', action: 'reauthenticate' } });
  });

  it.each(['CREATED', 'UPDATED'] as const)('%s is started once more after the grace period', (connectionStatus) => {
    const seen = saw(member({ ...newJob, connectionStatus }));
    const claimed = { flagSeen: true, lookNumber: 20 };
    expect(decide(situation({ claim: claimed, after: 60 }), seen)).toEqual({ kind: 'start' });
    const again = { ...claimed, start: { ...claim().start, count: 2 } };
    expect(decide(situation({ claim: again, after: 60 }), seen).kind).toBe('look');
  });
});

describe('a look that MX did not answer', () => {
  const failed = (code: 'mx_timeout' | 'mx_not_found', retryAfterSeconds = 0) =>
    ({ kind: 'failure', failure: new Failure(code, 'x', { retryAfterSeconds }) }) as const;

  it('is repeated later and later, or as MX asks', () => {
    const first = decide(situation(), failed('mx_timeout'));
    const later = decide(situation({ state: { failedLooks: 4 } }), failed('mx_timeout'));
    const asked = decide(situation(), failed('mx_timeout', 40));
    expect(first).toMatchObject({ kind: 'look', inSeconds: 5, state: { failedLooks: 1 } });
    expect(later).toMatchObject({ kind: 'look', inSeconds: 32 });
    expect(asked).toMatchObject({ kind: 'look', inSeconds: 40 });
  });

  it('ends the refresh at the deadline', () => {
    const step = decide(situation({ after: 600 }), failed('mx_timeout'));
    expect(step).toMatchObject({ kind: 'end', ending: { outcome: 'timed_out', action: 'retry_later' } });
  });

  it('believes that a member is gone after a minute', () => {
    const first = decide(situation(), failed('mx_not_found'));
    expect(first).toMatchObject({ kind: 'look', state: { failedLooks: 1, missingSince: '2026-11-21T12:00:05.000Z' } });
    const state = { failedLooks: 1, missingSince: '2026-11-21T12:00:05.000Z' };
    const early = decide(situation({ state, after: 64.999 }), failed('mx_not_found'));
    expect(early).toMatchObject({ kind: 'look', state: { failedLooks: 2, missingSince: state.missingSince } });
    const believed = decide(situation({ state, after: 65 }), failed('mx_not_found'));
    expect(believed).toMatchObject({
      kind: 'end',
      ending: { outcome: 'failed', action: 'reconnect', code: 'mx_not_found' },
    });
  });

  it('forgets missing when MX answers or fails otherwise', () => {
    const state = { missingSince: '2026-11-21T12:00:05.000Z' };
    const seen = decide(situation({ state }), saw(member({ isBeingAggregated: true })));
    expect(seen).toMatchObject({ kind: 'look', state: { missingSince: null } });
    const away = decide(situation({ state }), failed('mx_timeout'));
    expect(away).toMatchObject({ kind: 'look', state: { missingSince: null } });
  });

  it('at the deadline: missing counts after a minute only', () => {
    const at = (missingSince: string) =>
      decide(situation({ state: { missingSince }, after: 600 }), failed('mx_not_found'));
    expect(at('2026-11-21T12:09:30.000Z')).toMatchObject({
      kind: 'end',
      ending: { outcome: 'timed_out', code: 'deadline' },
    });
    expect(at('2026-11-21T12:09:00.000Z')).toMatchObject({ kind: 'end', ending: { code: 'mx_not_found' } });
  });
});

it('no step ever ends with success: only stored accounts do', () => {
  for (const connectionStatus of [...connectionStatuses, null, 'NEW']) {
    for (const isBeingAggregated of [true, false]) {
      for (const after of [5, 40, 600]) {
        const seen = member({ ...newJob, connectionStatus, isBeingAggregated });
        const step = decide(situation({ claim: { flagSeen: true, lookNumber: 9 }, after }), saw(seen));
        if (step.kind === 'end') expect(step.ending.outcome).not.toBe('succeeded');
      }
    }
  }
});
