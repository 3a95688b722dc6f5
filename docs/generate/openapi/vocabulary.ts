/** Words and small schemas that the resources are made from. */
import { type Action, type AttentionAction, attentionActions } from '../../../shared/domain/action.ts';
import type { AccountStaleReason } from '../../../shared/domain/balance.ts';
import type { StaleReason } from '../../../shared/domain/freshness.ts';
import type { Outcome, OutcomeCode } from '../../../shared/domain/outcome.ts';
import type { Trigger } from '../../../shared/domain/refresh.ts';

// Records of the domain's types: a new word there does not compile here until it has an explanation.
/** How a refresh may end. */
export const outcomes: Readonly<Record<Outcome, string>> = {
  succeeded: 'the balances are stored',
  action_required: 'the user has to do what `action` says',
  failed: 'it did not work',
  not_refreshed: 'MX started nothing, or nothing proves that it did; old balances were left as they are',
  timed_out: 'it was not over at its deadline',
};

/** What may have to be done after a refresh has ended. */
export const actions: Readonly<Record<Action, string>> = {
  none: 'nothing',
  wait: 'wait, it is under way',
  retry_later: 'ask again later',
  reauthenticate: 'the user has to log in or consent again',
  answer_mfa: 'the user has to answer a question',
  act_at_institution: 'the user has to do something at the institution',
  reconnect: 'the connection has to be made anew',
  contact_support: 'an operator or MX has to repair something',
};

/** Those of them that are the user's or support's. */
export const attentionWords = Object.fromEntries(
  attentionActions.map((action) => [action, actions[action]]),
) as Readonly<Record<AttentionAction, string>>;

/** What may ask for a refresh. */
export const triggers: Readonly<Record<Trigger, string>> = {
  http: 'a call of this API',
  schedule: 'the member’s schedule',
  mx_webhook: 'MX gathered data by itself and said so',
};

/** Signs in MX’s answers that an account’s stored values are not those of now. */
export const accountStaleReasons: Readonly<Record<AccountStaleReason | 'no_longer_listed', string>> = {
  not_imported: 'a job brought the member up to date and left this account behind',
  unreadable: 'MX lists the account with an amount that cannot be read',
  no_longer_listed: 'MX does not list the account any more',
};

/** Why balances may be stale, besides the codes of ends. */
export const staleReasons: Readonly<Record<Exclude<StaleReason, OutcomeCode> | 'no_accounts', string>> = {
  ...accountStaleReasons,
  no_accounts: 'the last success found no account',
  not_refreshed_since: 'no refresh has succeeded since, and none has failed',
};

/** Every word with its meaning, as text. */
export const explained = (words: Readonly<Record<string, string>>): string =>
  Object.entries(words)
    .map(([word, meaning]) => `\`${word}\`: ${meaning}`)
    .join('; ');

/** One of these words. */
export const oneOf = (words: Readonly<Record<string, string>>) => ({
  type: 'string',
  enum: Object.keys(words),
  description: `${explained(words)}.`,
});

/** One of these words, or null. */
export const oneOfOrNull = (words: Readonly<Record<string, string>>) => ({
  type: ['string', 'null'],
  enum: [...Object.keys(words), null],
  description: `${explained(words)}.`,
});

/** RFC 3339, UTC. */
export const instant = { type: 'string', format: 'date-time' };
/** RFC 3339, UTC, or null. */
export const instantOrNull = (description: string) => ({ type: ['string', 'null'], format: 'date-time', description });
/** Any text, or null. */
export const textOrNull = (description: string) => ({ type: ['string', 'null'], description });
/** As `newRefreshId` makes them. */
export const refreshId = { type: 'string', pattern: '^RFR-[0-9A-Z]{26}$' };

/** An object all of whose members are always there. */
export const whole = <const P extends object>(description: string, properties: P) => ({
  type: 'object',
  description,
  required: Object.keys(properties),
  properties,
});
