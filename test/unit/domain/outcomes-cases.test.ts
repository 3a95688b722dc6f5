/** The cases that docs/outcomes.md is made from, each with its literal expectation. */
import { describe, expect, it } from 'vitest';
import {
  afterLook,
  afterPost,
  mxFailures,
  otherEnds,
  type StatusCase,
  statusCase,
} from '../../../docs/generate/outcomes-cases.ts';
import type { Step } from '../../../shared/domain/decision.ts';
import { connectionStatuses } from '../../../shared/domain/statuses.ts';

/** A step in a word: its kind, or how it ends the refresh. */
const inWords = (step: Step): string =>
  step.kind === 'end' ? `${step.ending.outcome} ${step.ending.action} ${step.ending.code}` : step.kind;

/** While the job runs; over; over after it was started again; in the end; whether the schedule holds back. */
const byStatus: readonly (readonly [
  status: string | null,
  whileRunning: StatusCase['whileRunning'],
  over: StatusCase['over'],
  overAgain: StatusCase['overAgain'],
  end: string,
  holdsBack: boolean,
])[] = [
  ['CREATED', 'look', 'start', 'look', 'timed_out retry_later deadline', false],
  ['PREVENTED', 'look', 'end', 'end', 'action_required reauthenticate prevented', true],
  ['DENIED', 'look', 'end', 'end', 'action_required reauthenticate denied', true],
  ['CHALLENGED', 'end', 'end', 'end', 'action_required answer_mfa challenged', true],
  ['REJECTED', 'look', 'end', 'end', 'action_required answer_mfa rejected', true],
  ['LOCKED', 'look', 'end', 'end', 'action_required act_at_institution locked', true],
  ['CONNECTED', 'look', 'store', 'store', 'store', false],
  ['IMPEDED', 'look', 'end', 'end', 'action_required act_at_institution impeded', true],
  ['RECONNECTED', 'look', 'start', 'end', 'failed retry_later reconnected', false],
  ['DEGRADED', 'look', 'end', 'end', 'failed retry_later degraded', false],
  ['DISCONNECTED', 'look', 'end', 'end', 'failed retry_later disconnected', false],
  ['DISCONTINUED', 'look', 'end', 'end', 'failed reconnect discontinued', true],
  ['CLOSED', 'look', 'end', 'end', 'failed reconnect closed', true],
  ['DELAYED', 'look', 'end', 'end', 'failed retry_later delayed', false],
  ['FAILED', 'look', 'end', 'end', 'failed retry_later failed', false],
  ['UPDATED', 'look', 'start', 'look', 'timed_out retry_later deadline', false],
  ['DISABLED', 'look', 'end', 'end', 'failed contact_support disabled', true],
  ['IMPORTED', 'look', 'end', 'end', 'action_required reauthenticate imported', true],
  ['RESUMED', 'look', 'look', 'look', 'timed_out retry_later deadline', false],
  ['EXPIRED', 'look', 'end', 'end', 'action_required answer_mfa expired', true],
  ['IMPAIRED', 'look', 'end', 'end', 'action_required reauthenticate impaired', true],
  ['PENDING', 'look', 'look', 'look', 'action_required reauthenticate pending', true],
  [null, 'look', 'end', 'end', 'failed reconnect no_status', false],
  ['NEW_AT_MX', 'look', 'end', 'end', 'failed retry_later unknown_status', false],
];

describe('a status of MX, proven to be our job’s', () => {
  it('has its row, all 22', () => {
    const rows = byStatus.map(([status]) => status);
    expect(rows).toEqual([...connectionStatuses, null, 'NEW_AT_MX']);
  });

  it.each(byStatus)('%s: %s, %s, %s; %s; schedule held back: %s', (...row) => {
    const [status, whileRunning, over, overAgain, end, holdsBack] = row;
    const seen = statusCase(status);
    expect({ ...seen, end: inWords(seen.end) }).toMatchObject({ whileRunning, over, overAgain, end, holdsBack });
    if (seen.end.kind === 'end') expect(seen.end.ending.connectionStatus).toBe(status);
  });
});

const support = 'failed contact_support';

/** The code; what the POST leaves; what a look leads to at first, and the second time in a row. */
const byFailure: readonly (readonly [what: string, code: string, post: string, look: string, again: string])[] = [
  [
    '400 `institution_maintenance_error`',
    'mx_institution',
    'failed retry_later',
    'failed retry_later',
    'failed retry_later',
  ],
  [
    '400 `institution_unavailable_error`',
    'mx_institution',
    'failed retry_later',
    'failed retry_later',
    'failed retry_later',
  ],
  ['400 `institution_prevented_error`', 'mx_institution', support, support, support],
  ['400 `institution_prevent_new_error`', 'mx_institution', support, support, support],
  ['400 `institution_prevent_verification_error`', 'mx_institution', support, support, support],
  ['400, anything else', 'mx_refused', support, support, support],
  ['401', 'mx_credentials_rejected', support, support, support],
  ['403', 'mx_forbidden', support, support, support],
  ['404', 'mx_not_found', 'unknown', 'look', 'failed reconnect'],
  ['408', 'mx_unavailable', 'unknown', 'look', 'look'],
  ['409', 'mx_conflict', 'conflict', 'look', 'look'],
  ['421', 'mx_unavailable', 'unknown', 'look', 'look'],
  ['425', 'mx_unavailable', 'unknown', 'look', 'look'],
  ['429', 'mx_rate_limited', 'rate_limited', 'look', 'look'],
  ['any other 4xx', 'mx_refused', support, support, support],
  ['300 to 399', 'mx_redirected', support, support, support],
  ['500 to 599', 'mx_unavailable', 'unknown', 'look', 'look'],
  ['no answer in time', 'mx_timeout', 'unknown', 'look', 'look'],
  ['an answer that cannot be read', 'mx_bad_answer', 'unknown', 'look', 'look'],
  ['nothing: our secret is empty', 'mx_credentials_missing', support, support, support],
];

describe('a failure of MX', () => {
  it('has its row', () => {
    expect(mxFailures.map(({ what }) => what)).toEqual(byFailure.map(([what]) => what));
  });

  it.each(byFailure)('%s is %s; POST: %s; looks: %s, %s', (what, code, post, look, again) => {
    const found = mxFailures.find((candidate) => candidate.what === what);
    if (found === undefined) throw new Error(`there is no case ${what}`);
    const { failure } = found;
    const refused = afterPost(failure);
    const posted = refused.kind === 'end' ? inWords(refused) : refused.state;
    const withCode = (expected: string) => (expected.startsWith('failed') ? `${expected} ${code}` : expected);
    expect(failure.code).toBe(code);
    expect([posted, ...afterLook(failure).map(inWords)]).toEqual([post, look, again].map(withCode));
  });
});

const others: readonly (readonly [when: string, end: string])[] = [
  ['MX accepted the POST, and nothing shows that a job ran', 'not_refreshed retry_later no_evidence'],
  [
    'The job is over, and no account was imported, though jobs of this member are known to bring imports',
    'not_refreshed retry_later nothing_imported',
  ],
  ['MX answered 409 again and again', 'not_refreshed retry_later mx_conflict'],
  ['MX answered 429 again and again', 'not_refreshed retry_later mx_rate_limited'],
  ['MX’s job still runs at the deadline', 'timed_out retry_later deadline'],
  ['MX could not be reached until the deadline', 'timed_out retry_later mx_unavailable'],
  ['MX wants new credentials, and no user is present', 'action_required reauthenticate needs_updated_credentials'],
];

describe('an end that neither names', () => {
  it('has its row', () => {
    expect(otherEnds().map(({ when }) => when)).toEqual(others.map(([when]) => when));
  });

  it.each(others)('%s: %s', (when, expected) => {
    const found = otherEnds().filter((candidate) => candidate.when === when);
    expect(found.map(({ step }) => inWords(step))).toEqual([expected]);
  });
});
