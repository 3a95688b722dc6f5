/** MX facts 3.1: the integer of every connection status; REST shows the word, webhooks show both. */
export const STATUS_IDS: Readonly<Record<string, number>> = {
  CREATED: 0,
  PREVENTED: 1,
  DENIED: 2,
  CHALLENGED: 3,
  REJECTED: 4,
  LOCKED: 5,
  CONNECTED: 6,
  IMPEDED: 7,
  RECONNECTED: 8,
  DEGRADED: 9,
  DISCONNECTED: 10,
  DISCONTINUED: 11,
  CLOSED: 12,
  DELAYED: 13,
  FAILED: 14,
  UPDATED: 15,
  DISABLED: 16,
  IMPORTED: 17,
  RESUMED: 18,
  EXPIRED: 19,
  IMPAIRED: 20,
  PENDING: 21,
};

/** MX facts 3.1: what each says, for people who have never heard of it. */
export const STATUS_MEANINGS: Readonly<Record<string, string>> = {
  CREATED: 'the member is new, and nothing was read yet',
  PREVENTED: 'after three refused logins MX tries no more, so that the bank does not lock the user out',
  DENIED: 'the bank did not accept the user’s login',
  CHALLENGED: 'the bank asks the user something, and waits',
  REJECTED: 'the user’s answer to the bank’s question was wrong',
  LOCKED: 'the bank has locked the user’s login',
  CONNECTED: 'the login works, and data were read',
  IMPEDED: 'the login is right, but the bank wants the user to do something on its own site first',
  RECONNECTED: 'the connection was moved to another source of data, and has to be read again',
  DEGRADED: 'several attempts have failed, as while the bank’s site is under maintenance',
  DISCONNECTED: 'the connection to the bank is broken, and MX works on it',
  DISCONTINUED: 'MX does not support this connection to the bank any more',
  CLOSED: 'the connection was closed by the user, the bank or MX',
  DELAYED: 'the bank takes longer than usual',
  FAILED: 'the bank could not be read, for a technical reason',
  UPDATED: 'the user has entered a new login, and it was not tried yet',
  DISABLED: 'reading is switched off for this connection',
  IMPORTED: 'the member was taken over from elsewhere, without a login that works',
  RESUMED: 'the user has answered the bank, and the job should go on',
  EXPIRED: 'the user has not answered the bank’s question in time',
  IMPAIRED: 'a part of the login is missing, or the consent has to be renewed',
  PENDING: 'the user has not finished connecting at the bank’s site',
};

/** MX facts 6.2: entering one of these sends a CONNECTION_STATUS webhook; no other status does. */
export const STATUSES_WITH_WEBHOOK: ReadonlySet<string> = new Set([
  'CHALLENGED',
  'DENIED',
  'EXPIRED',
  'IMPAIRED',
  'IMPEDED',
  'LOCKED',
  'PREVENTED',
  'REJECTED',
]);

/** MX facts 3.5: the code that goes with a status when a scenario names no other; a status not listed has none. */
export const USUAL_ERROR_CODES: Readonly<Record<string, number>> = {
  PREVENTED: 2005,
  DENIED: 2005,
  REJECTED: 2002,
  EXPIRED: 2003,
  IMPAIRED: 2004,
  DEGRADED: 3001,
  DISCONNECTED: 3000,
  FAILED: 3002,
};

/** MX facts 3.5: name and sentence of every error code known. */
export const ERROR_CODES: Readonly<Record<string, { name: string; text: string }>> = {
  1000: { name: 'NO_VERIFIABLE_ACCOUNTS', text: 'No checking or savings account was found that can be verified.' },
  1001: { name: 'NO_ACCOUNTS', text: 'No accounts were found.' },
  1002: { name: 'ACCESS_DENIED', text: 'Access to the accounts was not granted.' },
  2001: { name: 'INCORRECT_OTP', text: 'The one-time code was not correct.' },
  2002: { name: 'INCORRECT_MFA', text: 'The answer to the security question was not correct.' },
  2003: { name: 'MFA_TIMEOUT', text: 'The security question was not answered in time.' },
  2004: { name: 'REAUTHORIZATION_REQUIRED', text: 'The consent to read the accounts has to be renewed.' },
  2005: { name: 'INVALID_CREDENTIALS', text: 'The credentials were not accepted.' },
  3000: { name: 'INSTITUTION_DOWN', text: 'The institution cannot be reached.' },
  3001: { name: 'INSTITUTION_MAINTENANCE', text: 'The institution is under maintenance.' },
  3002: { name: 'INSTITUTION_UNAVAILABLE', text: 'The institution does not respond.' },
};

/** The `connection_status_message` of a member, as shown to end users. */
export function statusMessage(status: string | null, institution: string): string | null {
  switch (status) {
    case null:
      return null;
    case 'CONNECTED':
      return `Connected to ${institution}`;
    case 'CREATED':
    case 'UPDATED':
    case 'RESUMED':
    case 'PENDING':
      return `Connecting to ${institution}...`;
    case 'RECONNECTED':
      return `Reconnecting to ${institution}...`;
    case 'CHALLENGED':
      return `To authenticate your connection to ${institution}, please answer the following challenge(s).`;
    default:
      return `There is a problem with your connection to ${institution}.`;
  }
}
