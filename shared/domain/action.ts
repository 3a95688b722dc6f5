/** Who has to do what: the small vocabulary that outcomes, problems and events share. */

/** What somebody has to do now. */
export type Action =
  | 'none'
  | 'wait'
  | 'retry_later'
  | 'reauthenticate'
  | 'answer_mfa'
  | 'act_at_institution'
  | 'reconnect'
  | 'contact_support';

/** Actions that only the end user can take. Unattended triggers hold back while one is pending (invariant 6). */
export const userActions: ReadonlySet<Action> = new Set([
  'reauthenticate',
  'answer_mfa',
  'act_at_institution',
  'reconnect',
]);
