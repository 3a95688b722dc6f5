/** The actions that outcomes, problems and events ask for. */

/** What has to be done now. */
export type Action =
  | 'none'
  | 'wait'
  | 'retry_later'
  | 'reauthenticate'
  | 'answer_mfa'
  | 'act_at_institution'
  | 'reconnect'
  | 'contact_support';

/** Actions that only the end user can take. Unattended triggers start nothing while one is pending (promise 6). */
export const userActions: ReadonlySet<Action> = new Set([
  'reauthenticate',
  'answer_mfa',
  'act_at_institution',
  'reconnect',
]);
