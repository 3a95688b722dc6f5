/**
 * The closed lists of words in answers and tables. Spelt out here, and checked against the service's own by the
 * compiler, so that the published types depend on nothing else of it.
 */
import type { Action as ServiceAction, AttentionAction as ServiceAttentionAction } from '../domain/action.ts';
import type { Outcome as ServiceOutcome } from '../domain/outcome.ts';
import type { Trigger as ServiceTrigger } from '../domain/refresh.ts';

const triggers = { http: true, schedule: true, mx_webhook: true } as const satisfies Record<ServiceTrigger, true>;

const outcomes = {
  succeeded: true,
  action_required: true,
  failed: true,
  not_refreshed: true,
  timed_out: true,
} as const satisfies Record<ServiceOutcome, true>;

const actions = {
  none: true,
  wait: true,
  retry_later: true,
  reauthenticate: true,
  answer_mfa: true,
  act_at_institution: true,
  reconnect: true,
  contact_support: true,
} as const satisfies Record<ServiceAction, true>;

const attentionActions = {
  reauthenticate: true,
  answer_mfa: true,
  act_at_institution: true,
  reconnect: true,
  contact_support: true,
} as const satisfies Record<ServiceAttentionAction, true>;

/** What asked for a refresh. `mx_webhook`: MX gathered data by itself and the service only read it. */
export type Trigger = keyof typeof triggers;

/** How a refresh ended. Only `succeeded` has stored balances. */
export type Outcome = keyof typeof outcomes;

/** What has to be done now. `reauthenticate`, `answer_mfa`, `act_at_institution` and `reconnect` need the end user. */
export type Action = keyof typeof actions;

/** What a member may wait for its user to do, or, with `contact_support`, for an operator or MX. */
export type AttentionAction = keyof typeof attentionActions;

/** Every outcome. */
export const everyOutcome = Object.keys(outcomes) as readonly Outcome[];

/** Whether `word` is a trigger. */
export const isTrigger = (word: unknown): word is Trigger => isOneOf(triggers, word);
/** Whether `word` is an outcome. */
export const isOutcome = (word: unknown): word is Outcome => isOneOf(outcomes, word);
/** Whether `word` is an action. */
export const isAction = (word: unknown): word is Action => isOneOf(actions, word);
/** Whether `word` is an action for which a member waits. */
export const isAttentionAction = (word: unknown): word is AttentionAction => isOneOf(attentionActions, word);

const isOneOf = (words: object, word: unknown): boolean => typeof word === 'string' && Object.hasOwn(words, word);
