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

/** Actions for which a member waits for a person: its user, or support. In the order of lists. */
export const attentionActions = [
  'reauthenticate',
  'answer_mfa',
  'act_at_institution',
  'reconnect',
  'contact_support',
] as const satisfies readonly Action[];

/** One of them. */
export type AttentionAction = (typeof attentionActions)[number];

/** Whether `action` is the user's or support's. */
export const isAttentionAction = (action: string): action is AttentionAction =>
  attentionActions.some((one) => one === action);
