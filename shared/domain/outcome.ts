/** How refreshes end: the one table from a code to what it means for the caller. `docs/outcomes.md` is made from it. */
import type { Action } from './action.ts';

/** Every outcome, the best first. */
export const everyOutcome = ['succeeded', 'action_required', 'failed', 'not_refreshed', 'timed_out'] as const;

/** How a refresh ended. */
export type Outcome = (typeof everyOutcome)[number];

/** What the code of an end says. */
export interface OutcomeRow {
  readonly outcome: Outcome;
  /** What has to be done now, unless the end itself names another action (`ending.ts`). */
  readonly action: Action;
  /** Actions that such an end may have instead, when more is known. */
  readonly orActions?: readonly Action[];
  /** `timed_out` is what a failure leads to that lasts until the deadline; else it ends the refresh as the row says. */
  readonly orOutcome?: 'timed_out';
  /** One sentence for operators and developers. */
  readonly message: string;
}

const row =
  (outcome: Outcome) =>
  (action: Action, message: string): OutcomeRow => ({ outcome, action, message });

const succeeded = row('succeeded');
const actionRequired = row('action_required');
const failed = row('failed');
const notRefreshed = row('not_refreshed');
const timedOut = row('timed_out');

/** The table, by what causes the end. */
export const outcomes = {
  // The accounts were stored.
  stored: succeeded('none', 'The balances are stored.'),
  stored_in_part: succeeded(
    'none',
    'Storing was interrupted; some accounts are from this refresh, the others say how old they are.',
  ),

  // An account's amounts cannot be read: it keeps what it had, and is stale.
  stored_unreadable: succeeded(
    'none',
    'The balances are stored, except those of accounts whose amounts cannot be read; these keep what they had.',
  ),
  // The same, and one of those accounts was never stored: lists lack it.
  stored_incomplete: succeeded(
    'none',
    'The balances are stored, except those of new accounts whose amounts cannot be read; lists lack these.',
  ),

  // MX’s connection status (`statuses.ts` has which, and the source).
  prevented: actionRequired('reauthenticate', 'Three logins failed; MX waits for new credentials.'),
  denied: actionRequired('reauthenticate', 'The institution refused the stored credentials.'),
  challenged: actionRequired('answer_mfa', 'The institution asks the user a question.'),
  rejected: actionRequired('answer_mfa', 'A multi-factor answer was wrong.'),
  locked: actionRequired('act_at_institution', 'The institution has locked the user’s login.'),
  impeded: actionRequired('act_at_institution', 'The bank wants the user’s attention on its own site.'),
  reconnected: failed('retry_later', 'MX moved the member to another connection.'),
  degraded: failed('retry_later', 'Several attempts at the institution failed.'),
  disconnected: failed('retry_later', 'MX’s connection to the institution is broken.'),
  discontinued: failed('reconnect', 'MX no longer supports this connection to the institution.'),
  closed: failed('reconnect', 'The connection was closed by the user, the institution or MX.'),
  delayed: failed('retry_later', 'The institution takes longer than usual.'),
  failed: failed('retry_later', 'The job failed for a technical reason.'),
  disabled: failed('contact_support', 'Importing is switched off for this connection.'),
  imported: actionRequired('reauthenticate', 'The member has no usable credentials at MX.'),
  expired: actionRequired('answer_mfa', 'The multi-factor answer did not arrive in time.'),
  impaired: actionRequired('reauthenticate', 'Some or all credentials are missing.'),
  pending: actionRequired('reauthenticate', 'The user has not completed the connection (OAuth).'),
  no_status: failed('reconnect', 'The member has no connection status: MX cannot aggregate it.'),
  unknown_status: failed('retry_later', 'MX gave a connection status that this version does not know.'),
  needs_updated_credentials: actionRequired(
    'reauthenticate',
    'MX does not aggregate this member until its credentials are updated.',
  ),

  // The member's error code (`statuses.ts`).
  no_accounts: failed('retry_later', 'No accounts were found at the institution.'),
  access_denied: actionRequired('reauthenticate', 'The user did not grant the needed permissions.'),
  incorrect_otp: actionRequired('answer_mfa', 'The one-time code was wrong.'),
  incorrect_mfa: actionRequired('answer_mfa', 'The multi-factor answer was wrong.'),
  mfa_timeout: actionRequired('answer_mfa', 'The multi-factor answer did not arrive in time.'),
  reauthorization_required: actionRequired('reauthenticate', 'The user has to renew the consent.'),
  invalid_credentials: actionRequired('reauthenticate', 'The institution refused the credentials.'),
  institution_down: failed('retry_later', 'The institution cannot be reached.'),
  institution_maintenance: failed('retry_later', 'The institution is under maintenance.'),
  institution_unavailable: failed('retry_later', 'The institution does not respond.'),

  // Failures that are not worth another try. Their message is the failure's own.
  mx_credentials_missing: failed('contact_support', 'This service has no MX credentials yet.'),
  mx_credentials_rejected: failed('contact_support', 'MX refuses this service’s credentials.'),
  mx_forbidden: failed('contact_support', 'MX refuses this service.'),
  mx_redirected: failed('contact_support', 'MX’s address has moved.'),
  mx_not_found: failed('reconnect', 'MX does not know this user or member.'),
  mx_refused: failed('contact_support', 'MX does not accept the request.'),
  // Maintenance and unavailability pass by themselves.
  mx_institution: {
    ...failed('contact_support', 'The institution does not allow a balance check.'),
    orActions: ['retry_later'],
  },
  mx_too_many_accounts: failed('contact_support', 'MX lists too many accounts.'),
  internal: failed('contact_support', 'A failure that has no end of its own.'),
  member_deleted: failed('reconnect', 'The member was deleted at MX.'),

  // Only why the schedule holds a member back: no refresh ends so (`not-supported.ts`).
  not_supported: failed('contact_support', 'MX runs no balance checks at this institution, as far as is known.'),

  // Nothing was started, or nothing shows that anything was.
  allowance_used_up: notRefreshed('retry_later', 'MX’s allowance of balance checks for this member is used up.'),
  mx_conflict: { ...notRefreshed('retry_later', 'Another job kept running at MX.'), orOutcome: 'timed_out' },
  mx_rate_limited: { ...notRefreshed('retry_later', 'MX refused to start another job now.'), orOutcome: 'timed_out' },
  // The action may be that of the status before the job: no better hint is known.
  no_evidence: {
    ...notRefreshed('retry_later', 'MX accepted the request, but nothing shows that it started a job.'),
    orActions: ['reauthenticate', 'answer_mfa', 'act_at_institution', 'reconnect'],
  },

  nothing_imported: notRefreshed('retry_later', 'A job ran at MX, but it has brought no account up to date.'),

  // MX did not answer the POST with 202, only with errors, and nothing shows that it took it all the same.
  start_not_confirmed: {
    ...notRefreshed('retry_later', 'MX did not confirm the request, and nothing shows that it started a job.'),
    orActions: ['reauthenticate', 'answer_mfa', 'act_at_institution', 'reconnect'],
  },

  // Time was up.
  mx_unavailable: timedOut('retry_later', 'MX could not be reached before the deadline.'),
  mx_timeout: timedOut('retry_later', 'MX did not answer in time until the deadline.'),
  mx_bad_answer: { ...failed('retry_later', 'MX’s answer cannot be used.'), orOutcome: 'timed_out' },
  deadline: timedOut('retry_later', 'The job did not end before the deadline.'),
} as const satisfies Readonly<Record<string, OutcomeRow>>;

/** Why a refresh ended as it did: machine-readable. */
export type OutcomeCode = keyof typeof outcomes;

/** Whether `text` is the code of an end. */
export const isOutcomeCode = (text: string): text is OutcomeCode => Object.hasOwn(outcomes, text);
