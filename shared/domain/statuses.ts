/** What each of MX's connection statuses means once no job runs any more. Data: one row per status, with its source. */
import type { OutcomeCode } from './outcome.ts';

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

/**
 * What a status means when `is_being_aggregated` is false and evidence shows that our job is over.
 * `store`: success. `end`: that result. `wait`: between two states; look again, until the deadline or the grace period.
 */
export interface StatusRule {
  readonly whenOver: 'store' | 'end' | 'wait';
  /** With `end`; with `wait`, the result if it is still so at the deadline. */
  readonly end: OutcomeCode;
  /** What was waited for, when more is known than the end's own row says. */
  readonly message?: string;
  /** A job has to be started (once more) when nothing runs. */
  readonly startOnceMore?: true;
  /** Unattended triggers start nothing while MX shows this status: the user has to act first (promise 6). */
  readonly holdsBackUnattended?: true;
  /**
   * MX has asked the user a question and waits: `is_being_aggregated` stays true meanwhile (MX facts 0.5), and the
   * status route has the questions.
   */
  readonly asksUser?: true;
  /** Where this row comes from. */
  readonly source: string;
}

/** The rows. Exhaustive by type: a status that MX adds to the list above does not compile without its row. */
export const statusRules: Readonly<Record<ConnectionStatus, StatusRule>> = {
  CREATED: {
    whenOver: 'wait',
    startOnceMore: true,
    end: 'deadline',
    message: 'The member is new and no job of it ended in time.',
    source: 'MX facts 3.1, id 0',
  },
  PREVENTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'prevented',
    source: 'MX facts 3.1, id 1',
  },
  DENIED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'denied',
    source: 'MX facts 3.1, id 2',
  },
  CHALLENGED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    asksUser: true,
    end: 'challenged',
    source: 'MX facts 3.1, id 3; 3.2',
  },
  REJECTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'rejected',
    source: 'MX facts 3.1, id 4',
  },
  LOCKED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'locked',
    source: 'MX facts 3.1, id 5',
  },
  CONNECTED: {
    whenOver: 'store',
    end: 'stored',
    source: 'MX facts 3.1, id 6; 3.2',
  },
  IMPEDED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'impeded',
    source: 'MX facts 3.1, id 7',
  },
  RECONNECTED: {
    whenOver: 'end',
    startOnceMore: true,
    end: 'reconnected',
    source: 'MX facts 3.1, id 8',
  },
  DEGRADED: {
    whenOver: 'end',
    end: 'degraded',
    source: 'MX facts 3.1, id 9',
  },
  DISCONNECTED: {
    whenOver: 'end',
    end: 'disconnected',
    source: 'MX facts 3.1, id 10',
  },
  DISCONTINUED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'discontinued',
    source: 'MX facts 3.1, id 11',
  },
  CLOSED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'closed',
    source: 'MX facts 3.1, id 12',
  },
  DELAYED: {
    whenOver: 'end',
    end: 'delayed',
    source: 'MX facts 3.1, id 13',
  },
  FAILED: {
    whenOver: 'end',
    end: 'failed',
    source: 'MX facts 3.1, id 14',
  },
  UPDATED: {
    whenOver: 'wait',
    startOnceMore: true,
    end: 'deadline',
    message: 'The new credentials were not tried in time.',
    source: 'MX facts 3.1, id 15',
  },
  DISABLED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'disabled',
    source: 'MX facts 3.1, id 16',
  },
  IMPORTED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'imported',
    source: 'MX facts 3.1, id 17',
  },
  RESUMED: {
    whenOver: 'wait',
    end: 'deadline',
    message: 'The job did not go on after the multi-factor answer.',
    source: 'MX facts 3.1, id 18',
  },
  EXPIRED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'expired',
    source: 'MX facts 3.1, id 19',
  },
  IMPAIRED: {
    whenOver: 'end',
    holdsBackUnattended: true,
    end: 'impaired',
    source: 'MX facts 3.1, id 20',
  },
  PENDING: {
    whenOver: 'wait',
    holdsBackUnattended: true,
    end: 'pending',
    source: 'MX facts 3.1, id 21',
  },
};

/** No status: no credentials are stored, or the member is manual; also seen while a job is just starting. */
export const noStatusRule: StatusRule = {
  whenOver: 'wait',
  end: 'no_status',
  source: 'MX facts 3.1, null',
};

/** A status that MX has added since: wait while a job runs, then give up for now, and count it. */
export const unknownStatusRule: StatusRule = {
  whenOver: 'end',
  end: 'unknown_status',
  source: 'MX facts 3.1, “Unknown value”',
};

/** Whether `status` is one of the 22. */
export const isConnectionStatus = (status: string): status is ConnectionStatus => Object.hasOwn(statusRules, status);

/** The rule of a status, of none, or of one that this version does not know. */
export function ruleFor(status: string | null): StatusRule {
  if (status === null) return noStatusRule;
  return isConnectionStatus(status) ? statusRules[status] : unknownStatusRule;
}

/** The end that a code of the member's `error` object causes. */
export type MemberErrorEnd = Pick<StatusRule, 'end' | 'source'>;

/**
 * Codes of the member's `error` object that say more than the status (MX facts 3.5). A code that is not here leaves
 * the status's own rule in force; 1000 (verification only) says nothing about a balance job.
 */
export const memberErrorEnds: Readonly<Record<string, MemberErrorEnd>> = {
  1001: {
    end: 'no_accounts',
    source: 'MX facts 3.5, 1001',
  },
  1002: {
    end: 'access_denied',
    source: 'MX facts 3.5, 1002',
  },
  2001: {
    end: 'incorrect_otp',
    source: 'MX facts 3.5, 2001',
  },
  2002: {
    end: 'incorrect_mfa',
    source: 'MX facts 3.5, 2002',
  },
  2003: {
    end: 'mfa_timeout',
    source: 'MX facts 3.5, 2003',
  },
  2004: {
    end: 'reauthorization_required',
    source: 'MX facts 3.5, 2004',
  },
  2005: {
    end: 'invalid_credentials',
    source: 'MX facts 3.5, 2005',
  },
  3000: {
    end: 'institution_down',
    source: 'MX facts 3.5, 3000',
  },
  3001: {
    end: 'institution_maintenance',
    source: 'MX facts 3.5, 3001',
  },
  3002: {
    end: 'institution_unavailable',
    source: 'MX facts 3.5, 3002',
  },
};

/** The end of a code that MX sent; null for one without a row. The code is MX's text: `constructor` has no row. */
export const memberErrorEnd = (code: string | null | undefined): MemberErrorEnd | null =>
  code && Object.hasOwn(memberErrorEnds, code) ? (memberErrorEnds[code] ?? null) : null;
