import { describe, expect, it } from 'vitest';
import { asFailure, causes, Failure, type FailureCode, type Fate } from '../../../shared/domain/failure.ts';

/** Not from `causes`: what each code has to decide. */
const fates: Readonly<Record<FailureCode, Fate>> = {
  invalid_request: 'caller-fault',
  user_not_found: 'caller-fault',
  member_not_found: 'caller-fault',
  member_deleted: 'caller-fault',
  never_refreshed: 'caller-fault',
  refresh_not_found: 'caller-fault',
  account_not_found: 'caller-fault',
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

describe('a failure', () => {
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
