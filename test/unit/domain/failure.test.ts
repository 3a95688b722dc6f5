import { describe, expect, it } from 'vitest';
import type { Action } from '../../../shared/domain/action.ts';
import { asFailure, causes, Failure, type FailureCode, type Fate } from '../../../shared/domain/failure.ts';

/** Not from `causes`: what each code has to decide. */
const fates: Readonly<Record<FailureCode, Fate>> = {
  invalid_request: 'caller-fault',
  user_not_found: 'caller-fault',
  member_not_found: 'caller-fault',
  member_deleted: 'caller-fault',
  user_erased: 'caller-fault',
  erasure_not_found: 'caller-fault',
  never_refreshed: 'caller-fault',
  refresh_not_found: 'caller-fault',
  account_not_found: 'caller-fault',
  history_off: 'caller-fault',
  institution_not_found: 'caller-fault',
  too_many_to_list: 'caller-fault',
  allowance_used_up: 'try-again',
  caller_allowance_used_up: 'try-again',
  schedule_too_often: 'caller-fault',
  schedule_changes_used_up: 'try-again',
  too_many_callbacks: 'caller-fault',
  mx_credentials_missing: 'never-retry',
  mx_credentials_rejected: 'never-retry',
  mx_forbidden: 'never-retry',
  mx_redirected: 'never-retry',
  mx_not_found: 'caller-fault',
  mx_refused: 'never-retry',
  mx_institution: 'never-retry',
  mx_conflict: 'try-again',
  mx_not_challenged: 'caller-fault',
  answers_unknown: 'caller-fault',
  answers_taken: 'caller-fault',
  mx_rate_limited: 'try-again',
  paused: 'try-again',
  mx_unavailable: 'try-again',
  mx_timeout: 'try-again',
  mx_bad_answer: 'try-again',
  mx_too_many_accounts: 'never-retry',
  bad_message: 'never-retry',
  callback_not_delivered: 'try-again',
  callback_keys_missing: 'never-retry',
  busy: 'try-again',
  internal: 'bug',
};

/** And what it asks for. */
const actions: Readonly<Record<FailureCode, Action>> = {
  invalid_request: 'none',
  user_not_found: 'none',
  member_not_found: 'none',
  member_deleted: 'none',
  user_erased: 'none',
  erasure_not_found: 'none',
  never_refreshed: 'none',
  refresh_not_found: 'none',
  account_not_found: 'none',
  history_off: 'none',
  institution_not_found: 'none',
  too_many_to_list: 'none',
  allowance_used_up: 'retry_later',
  caller_allowance_used_up: 'retry_later',
  schedule_too_often: 'none',
  schedule_changes_used_up: 'retry_later',
  too_many_callbacks: 'none',
  mx_credentials_missing: 'contact_support',
  mx_credentials_rejected: 'contact_support',
  mx_forbidden: 'contact_support',
  mx_redirected: 'contact_support',
  mx_not_found: 'none',
  mx_refused: 'contact_support',
  mx_institution: 'retry_later',
  mx_conflict: 'wait',
  mx_not_challenged: 'none',
  answers_unknown: 'wait',
  answers_taken: 'wait',
  mx_rate_limited: 'retry_later',
  paused: 'retry_later',
  mx_unavailable: 'retry_later',
  mx_timeout: 'retry_later',
  mx_bad_answer: 'retry_later',
  mx_too_many_accounts: 'contact_support',
  bad_message: 'contact_support',
  callback_not_delivered: 'contact_support',
  callback_keys_missing: 'contact_support',
  busy: 'retry_later',
  internal: 'contact_support',
};

describe('a failure', () => {
  it('asks for the action of its code', () => {
    expect(Object.fromEntries(Object.entries(causes).map(([code, { action }]) => [code, action]))).toEqual(actions);
  });

  it('has the fate of its code', () => {
    const decided = Object.fromEntries(Object.entries(causes).map(([code, { fate }]) => [code, fate]));
    expect(decided).toEqual(fates);
    expect(new Failure('mx_timeout', 'x').fate).toBe('try-again');
  });

  it('no retry: asks an operator or names the institution', () => {
    const final = Object.entries(causes).filter(([, { fate }]) => fate === 'never-retry');
    expect(new Set(final.map(([code, { action }]) => (code === 'mx_institution' ? 'institution' : action)))).toEqual(
      new Set(['contact_support', 'institution']),
    );
  });
});

describe('anything else thrown', () => {
  it('is a bug, and keeps its cause', () => {
    const error = new TypeError('x');
    expect(asFailure(error)).toMatchObject({ code: 'internal', fate: 'bug', cause: error });
  });

  it('that is a failure already stays one', () => {
    const failure = new Failure('busy', 'x');
    expect(asFailure(failure)).toBe(failure);
  });
});
