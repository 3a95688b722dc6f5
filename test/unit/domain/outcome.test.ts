import { describe, expect, it } from 'vitest';
import { userActions } from '../../../shared/domain/action.ts';
import { atDeadline, endingByFailure, endingOf, endingWith, noEvidence } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { type OutcomeRow, outcomes } from '../../../shared/domain/outcome.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { connectionStatuses, memberErrorEnds, noStatusRule, ruleFor } from '../../../shared/domain/statuses.ts';
import { claim, member, question } from '../../samples.ts';

const rows: readonly (readonly [string, OutcomeRow])[] = Object.entries(outcomes);

describe('the table of outcomes', () => {
  it('says who has to act, except after success', () => {
    for (const [code, { outcome, action, message }] of rows) {
      expect(action === 'none', code).toBe(outcome === 'succeeded');
      expect(message, code).toMatch(/^[A-Z].*\.$/);
      if (outcome === 'action_required') expect(userActions, code).toContain(action);
    }
  });

  it('has no code that nothing ends or waits with', () => {
    const byStatus = [...connectionStatuses, null, 'UNKNOWN'].map((status) => ruleFor(status).end);
    const byErrorCode = Object.values(memberErrorEnds).map(({ end }) => end);
    const others = [
      'stored_unreadable',
      'stored_incomplete',
      'stored_in_part',
      'needs_updated_credentials',
      'mx_credentials_missing',
      'mx_credentials_rejected',
      'mx_forbidden',
      'mx_redirected',
      'mx_not_found',
      'mx_refused',
      'mx_institution',
      'mx_too_many_accounts',
      'internal',
      'member_deleted',
      'allowance_used_up',
      'mx_conflict',
      'mx_rate_limited',
      'no_evidence',
      'nothing_imported',
      'start_not_confirmed',
      'mx_unavailable',
      'mx_timeout',
      'mx_bad_answer',
      // Why a member is held back.
      'not_supported',
    ];
    expect(new Set(rows.map(([code]) => code))).toEqual(new Set([...byStatus, ...byErrorCode, ...others]));
  });
});

describe('an ending', () => {
  it('is its row, and nothing of MX’s', () => {
    expect(endingOf('allowance_used_up')).toEqual({
      outcome: 'not_refreshed',
      action: 'retry_later',
      code: 'allowance_used_up',
      message: 'MX’s allowance of balance checks for this member is used up.',
      userMessage: null,
      connectionStatus: null,
      challenges: [],
    });
  });

  it('has MX’s words: the error’s before the status’s', () => {
    expect(endingWith(member({ connectionStatus: 'DENIED' }), 'denied').userMessage).toBe('Connected to MX Bank');
    const error = { code: '2005', message: null, userMessage: 'Wrong password.' };
    expect(endingWith(member({ error }), 'denied').userMessage).toBe('Wrong password.');
  });

  it('has MX’s questions only where they are to be answered', () => {
    expect(endingWith(member(), 'challenged', [question]).challenges).toEqual([question]);
    expect(endingWith(member(), 'denied', [question]).challenges).toEqual([]);
  });
});

describe('no evidence', () => {
  it.each([
    ['CONNECTED', 'retry_later'],
    ['DENIED', 'reauthenticate'],
    ['CLOSED', 'reconnect'],
    ['DISABLED', 'retry_later'],
    [null, 'reconnect'],
  ])('beside %s: %s', (connectionStatus, action) => {
    const seen = member({ connectionStatus });
    expect(noEvidence(claim().start, seen)).toMatchObject({ outcome: 'not_refreshed', code: 'no_evidence', action });
    const unanswered = { ...claim().start, state: 'unknown' } as const;
    const ending = { outcome: 'not_refreshed', code: 'start_not_confirmed', action };
    expect(noEvidence(unanswered, seen)).toMatchObject(ending);
  });

  it('after errors does not say that MX accepted', () => {
    const unanswered = { ...claim().start, state: 'unknown' } as const;
    expect(noEvidence(unanswered, member()).message).toBe(
      'MX did not confirm the request, and nothing shows that it started a job.',
    );
  });
});

describe('at the deadline', () => {
  const unsent: RunningClaim = { ...claim(), start: { state: 'none' } };

  it.each([
    ['MX was not read', claim(), null, 'timed_out', 'deadline'],
    ['MX was not read, nothing was sent', unsent, null, 'timed_out', 'mx_unavailable'],
    ['the job runs', claim(), member({ isBeingAggregated: true }), 'timed_out', 'deadline'],
    ['OAuth is not completed', claim(), member({ connectionStatus: 'PENDING' }), 'action_required', 'pending'],
    [
      'OAuth is not completed, nothing was sent',
      unsent,
      member({ connectionStatus: 'PENDING' }),
      'timed_out',
      'mx_unavailable',
    ],
    ['there is no status', claim(), member({ connectionStatus: null }), 'failed', noStatusRule.end],
    [
      'its user is asked without questions',
      claim(),
      member({ connectionStatus: 'CHALLENGED', isBeingAggregated: true }),
      'action_required',
      'challenged',
    ],
    ['a question was left from before', claim(), member({ connectionStatus: 'CHALLENGED' }), 'timed_out', 'deadline'],
  ])('%s', (_what, given, seen, outcome, code) => {
    expect(atDeadline(given, seen)).toMatchObject({ outcome, code });
  });

  it('is what MX asks a user who is present', () => {
    expect(atDeadline(claim(), member({ connectionStatus: 'CHALLENGED' }), [question])).toMatchObject({
      outcome: 'action_required',
      code: 'challenged',
      challenges: [question],
    });
  });

  it('says what was waited for', () => {
    expect(atDeadline(claim(), member({ connectionStatus: 'RESUMED' })).message).toBe(
      'The job did not go on after the multi-factor answer.',
    );
  });
});

describe('a failure that is not worth another try', () => {
  it.each<[FailureCode, string]>([
    ['mx_credentials_missing', 'contact_support'],
    ['mx_credentials_rejected', 'contact_support'],
    ['mx_forbidden', 'contact_support'],
    ['mx_redirected', 'contact_support'],
    ['mx_refused', 'contact_support'],
    ['mx_not_found', 'reconnect'],
    ['mx_too_many_accounts', 'contact_support'],
  ])('%s ends as failed: %s', (code, action) => {
    const expected = { outcome: 'failed', action, code, message: 'as it said' };
    expect(endingByFailure(new Failure(code, 'as it said'))).toMatchObject(expected);
  });

  it('without a row of its own ends as internal', () => {
    expect(endingByFailure(new Failure('bad_message', 'x'))).toMatchObject({ outcome: 'failed', code: 'internal' });
  });
});
