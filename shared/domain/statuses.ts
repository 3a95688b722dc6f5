/** What each of MX's connection statuses means once no job runs any more. Data: one row per status, with its source. */
import type { Action } from './action.ts';
import type { Outcome } from './refresh.ts';

/** MX's 22 connection statuses (MX facts 3.1), in the order of their integer ids. */
export const connectionStatuses = [
  'CREATED',
  'PREVENTED',
  'DENIED',
  'CHALLENGED',
  'REJECTED',
  'LOCKED',
  'CONNECTED',
  'IMPEDED',
  'RECONNECTED',
  'DEGRADED',
  'DISCONNECTED',
  'DISCONTINUED',
  'CLOSED',
  'DELAYED',
  'FAILED',
  'UPDATED',
  'DISABLED',
  'IMPORTED',
  'RESUMED',
  'EXPIRED',
  'IMPAIRED',
  'PENDING',
] as const;

/** One of MX's 22 connection statuses. */
export type ConnectionStatus = (typeof connectionStatuses)[number];

/** An end that a status causes. */
export interface StatusEnd {
  readonly outcome: Outcome;
  readonly action: Action;
  readonly code: string;
  readonly message: string;
}

/**
 * What a status means when `is_being_aggregated` is false and evidence shows that our job is over.
 * `store`: success. `end`: that result. `wait`: between two states; look again, until the deadline or the grace period.
 */
export interface StatusRule {
  readonly whenOver: 'store' | 'end' | 'wait';
  /** With `end`; with `wait`, the result if it is still so at the deadline. */
  readonly end: StatusEnd;
  /** A job has to be started (once more) when nothing runs. */
  readonly startOnceMore?: true;
  /** Unattended triggers start nothing while MX shows this status: the user has to act first (invariant 6). */
  readonly holdsBackUnattended?: true;
  /** Where this row comes from. */
  readonly source: string;
}

const ended = (outcome: Outcome, action: Action, code: string, message: string): StatusEnd => ({
  outcome,
  action,
  code,
  message,
});

const stillWaiting = (message: string): StatusEnd => ended('timed_out', 'retry_later', 'deadline', message);

/** The rows. Exhaustive by type: a status that MX adds to the list above does not compile without its row. */
export const statusRules: Readonly<Record<ConnectionStatus, StatusRule>> = {
  CREATED: {
    whenOver: 'wait',
    startOnceMore: true,
    end: stillWaiting('The member is new and no job of it ended in time.'),
    source: 'MX facts 3.1, id 0',
  },
  PREVENTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'reauthenticate', 'prevented', 'Three logins failed; MX waits for new credentials.'),
    source: 'MX facts 3.1, id 1',
  },
  DENIED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'reauthenticate', 'denied', 'The institution refused the stored credentials.'),
    source: 'MX facts 3.1, id 2',
  },
  CHALLENGED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'answer_mfa', 'challenged', 'The institution asks the user a question.'),
    source: 'MX facts 3.1, id 3; 3.2',
  },
  REJECTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'answer_mfa', 'rejected', 'A multi-factor answer was wrong.'),
    source: 'MX facts 3.1, id 4',
  },
  LOCKED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'act_at_institution', 'locked', 'The institution has locked the user’s login.'),
    source: 'MX facts 3.1, id 5',
  },
  CONNECTED: {
    whenOver: 'store',
    end: ended('succeeded', 'none', 'stored', 'The balances are stored.'),
    source: 'MX facts 3.1, id 6; 3.2',
  },
  IMPEDED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended(
      'action_required',
      'act_at_institution',
      'impeded',
      'The bank wants the user’s attention on its own site.',
    ),
    source: 'MX facts 3.1, id 7',
  },
  RECONNECTED: {
    whenOver: 'end',
    startOnceMore: true,
    end: ended('failed', 'retry_later', 'reconnected', 'MX moved the member to another connection.'),
    source: 'MX facts 3.1, id 8',
  },
  DEGRADED: {
    whenOver: 'end',
    end: ended('failed', 'retry_later', 'degraded', 'Several attempts at the institution failed.'),
    source: 'MX facts 3.1, id 9',
  },
  DISCONNECTED: {
    whenOver: 'end',
    end: ended('failed', 'retry_later', 'disconnected', 'MX’s connection to the institution is broken.'),
    source: 'MX facts 3.1, id 10',
  },
  DISCONTINUED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('failed', 'reconnect', 'discontinued', 'MX no longer supports this connection to the institution.'),
    source: 'MX facts 3.1, id 11',
  },
  CLOSED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('failed', 'reconnect', 'closed', 'The connection was closed by the user, the institution or MX.'),
    source: 'MX facts 3.1, id 12',
  },
  DELAYED: {
    whenOver: 'end',
    end: ended('failed', 'retry_later', 'delayed', 'The institution takes longer than usual.'),
    source: 'MX facts 3.1, id 13',
  },
  FAILED: {
    whenOver: 'end',
    end: ended('failed', 'retry_later', 'failed', 'The job failed for a technical reason.'),
    source: 'MX facts 3.1, id 14',
  },
  UPDATED: {
    whenOver: 'wait',
    startOnceMore: true,
    end: stillWaiting('The new credentials were not tried in time.'),
    source: 'MX facts 3.1, id 15',
  },
  DISABLED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('failed', 'contact_support', 'disabled', 'Importing is switched off for this connection.'),
    source: 'MX facts 3.1, id 16',
  },
  IMPORTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'reauthenticate', 'imported', 'The member has no usable credentials at MX.'),
    source: 'MX facts 3.1, id 17',
  },
  RESUMED: {
    whenOver: 'wait',
    end: stillWaiting('The job did not go on after the multi-factor answer.'),
    source: 'MX facts 3.1, id 18',
  },
  EXPIRED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'answer_mfa', 'expired', 'The multi-factor answer did not arrive in time.'),
    source: 'MX facts 3.1, id 19',
  },
  IMPAIRED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: ended('action_required', 'reauthenticate', 'impaired', 'Some or all credentials are missing.'),
    source: 'MX facts 3.1, id 20',
  },
  PENDING: {
    whenOver: 'wait',
    holdsBackUnattended: true,
    end: ended('action_required', 'reauthenticate', 'pending', 'The user has not completed the connection (OAuth).'),
    source: 'MX facts 3.1, id 21',
  },
};

/** No status: no credentials are stored, or the member is manual; also seen while a job is just starting. */
export const noStatusRule: StatusRule = {
  whenOver: 'wait',
  end: ended('failed', 'reconnect', 'no_status', 'The member has no connection status: MX cannot aggregate it.'),
  source: 'MX facts 3.1, null',
};

/** A status that MX has added since: wait while a job runs, then give up for now, and count it. */
export const unknownStatusRule: StatusRule = {
  whenOver: 'end',
  end: ended('failed', 'retry_later', 'unknown_status', 'MX gave a connection status that this version does not know.'),
  source: 'MX facts 3.1, “Unknown value”',
};

/** Whether `status` is one of the 22. */
export const isConnectionStatus = (status: string): status is ConnectionStatus => Object.hasOwn(statusRules, status);

/** The rule for whatever MX says. */
export function ruleFor(status: string | null): StatusRule {
  if (status === null) return noStatusRule;
  return isConnectionStatus(status) ? statusRules[status] : unknownStatusRule;
}

/**
 * Codes of the member's `error` object that say more than the status (MX facts 3.5). A code that is not here leaves
 * the status's own rule in force; 1000 (verification only) says nothing about a balance job.
 */
export const memberErrorEnds: Readonly<Record<string, StatusEnd & { readonly source: string }>> = {
  1001: {
    ...ended('failed', 'retry_later', 'no_accounts', 'No accounts were found at the institution.'),
    source: 'MX facts 3.5, 1001',
  },
  1002: {
    ...ended('action_required', 'reauthenticate', 'access_denied', 'The user did not grant the needed permissions.'),
    source: 'MX facts 3.5, 1002',
  },
  2001: {
    ...ended('action_required', 'answer_mfa', 'incorrect_otp', 'The one-time code was wrong.'),
    source: 'MX facts 3.5, 2001',
  },
  2002: {
    ...ended('action_required', 'answer_mfa', 'incorrect_mfa', 'The multi-factor answer was wrong.'),
    source: 'MX facts 3.5, 2002',
  },
  2003: {
    ...ended('action_required', 'answer_mfa', 'mfa_timeout', 'The multi-factor answer did not arrive in time.'),
    source: 'MX facts 3.5, 2003',
  },
  2004: {
    ...ended('action_required', 'reauthenticate', 'reauthorization_required', 'The user has to renew the consent.'),
    source: 'MX facts 3.5, 2004',
  },
  2005: {
    ...ended('action_required', 'reauthenticate', 'invalid_credentials', 'The institution refused the credentials.'),
    source: 'MX facts 3.5, 2005',
  },
  3000: {
    ...ended('failed', 'retry_later', 'institution_down', 'The institution cannot be reached.'),
    source: 'MX facts 3.5, 3000',
  },
  3001: {
    ...ended('failed', 'retry_later', 'institution_maintenance', 'The institution is under maintenance.'),
    source: 'MX facts 3.5, 3001',
  },
  3002: {
    ...ended('failed', 'retry_later', 'institution_unavailable', 'The institution does not respond.'),
    source: 'MX facts 3.5, 3002',
  },
};
