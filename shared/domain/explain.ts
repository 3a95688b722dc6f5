/** Why a member's balances are old, whose move it is, and what happens next: in sentences, for people on call. */
import type { Action } from './action.ts';
import type { AccountStaleReason, StoredBalance } from './balance.ts';
import { type Freshness, freshnessOf, type StaleReason } from './freshness.ts';
import { heldOf } from './held.ts';
import type { Instant } from './instant.ts';
import { type Allowance, type MemberRecord, nextJobAllowedAt } from './member.ts';
import { isOutcomeCode, type OutcomeCode, outcomes } from './outcome.ts';
import { inOrder, type KeptPause, movedDeadline, pauseAt } from './pause.ts';
import { progressOf, waitReasons } from './progress.ts';
import type { OpenClaim } from './refresh.ts';
import { nextDueAt, type ScheduleWishes } from './schedule.ts';
import { spanOf } from './span.ts';

/** What is known. */
export interface Explainable {
  readonly member: MemberRecord;
  readonly balances: readonly StoredBalance[];
  readonly wishes: ScheduleWishes;
  /** Since when the member's bank does not work; null: it works, as far as is known. */
  readonly bankDownSince: Instant | null;
  /** The operator's pauses, with their reasons. */
  readonly pauses: readonly KeptPause[];
  readonly now: Instant;
}

/** The settings that matter. */
export type ExplainRules = Allowance & { readonly staleAfterSeconds: number };

/** The sentences, and what they are made from. */
export interface Explained {
  readonly why: string;
  readonly move: string;
  readonly next: string;
  readonly freshness: Freshness | null;
  /** What has to be done now. */
  readonly action: Action;
}

/** Whose move it is, by what has to be done. */
export const moves: Readonly<Record<Action, string>> = {
  none: 'Nothing has to be done.',
  wait: 'Nothing has to be done: it is under way.',
  retry_later: 'A refresh has to be asked for again later: the schedule does it, or a caller.',
  reauthenticate: 'The user: has to log in or consent again, in the widget of MX that your app shows.',
  answer_mfa:
    'The user: has to answer the bank’s question. It can be asked only while the user is present: a trigger with user_present, then PUT …/resume.',
  act_at_institution: 'The user: has to do something on the bank’s own site.',
  reconnect: 'The user: the connection to the bank has to be made anew, in the widget of MX that your app shows.',
  contact_support: 'The operator: what to repair stands in docs/runbook.md, or MX’s support knows.',
};

/** What an account or a list is stale for, besides the codes of ends. */
const reasons: Readonly<Record<Exclude<StaleReason, OutcomeCode> | 'no_accounts', string>> = {
  no_accounts: 'the last refresh that succeeded found no account',
  no_longer_listed: 'MX no longer lists its accounts',
  not_refreshed_since: 'no refresh has ended since',
  not_imported: 'MX’s last job has brought other accounts of the member up to date, not the oldest one',
  unreadable: 'an amount in MX’s answer cannot be read',
} satisfies Readonly<Record<AccountStaleReason | 'no_accounts' | 'no_longer_listed' | 'not_refreshed_since', string>>;

/** Explains. Pure: reads no clock and no table. */
export function explain(known: Explainable, rules: ExplainRules): Explained {
  const { member, balances, now } = known;
  const freshness = freshnessOf(balances, member, now, rules.staleAfterSeconds);
  const action = actionOf(member, freshness);
  const why = whyOf(member, freshness, rules);
  return { why, move: moveOf(known, action), next: nextOf(known, rules), freshness, action };
}

/** In a pause what waits for time alone waits for the operator. */
function moveOf(known: Explainable, action: Action): string {
  const pause = pauseIn(known);
  if (pause === null || (action !== 'wait' && action !== 'retry_later')) return moves[action];
  return `The operator: has paused calls to MX since ${pause.from} (${withoutDot(pause.why)}); “resume” ends that before ${pause.until}.`;
}

/** The pause at this time, with its reason; null: there is none. */
function pauseIn({ pauses, now }: Explainable): KeptPause | null {
  const kept = pauseAt(pauses, now);
  // Where pauses overlap or touch, it is longer than the one that says why.
  return kept && { ...kept, ...pauseAt(inOrder(pauses), now) };
}

function actionOf(member: MemberRecord, freshness: Freshness | null): Action {
  if (member.deletedAt !== null) return 'none';
  const { claim, lastAttempt } = member;
  if (claim !== null && claim.phase !== 'ended') return claim.questions === null ? 'wait' : 'answer_mfa';
  const held = heldOf(member);
  if (held !== null) return held.action;
  // The last refresh may have ended without a word about it.
  if (member.attention !== null) return member.attention.action;
  if (lastAttempt !== null && lastAttempt.action !== 'none') return lastAttempt.action;
  return freshness?.verdict === 'fresh' ? 'none' : 'retry_later';
}

function whyOf(member: MemberRecord, freshness: Freshness | null, { staleAfterSeconds }: ExplainRules): string {
  const { deletedAt, lastAttempt } = member;
  if (deletedAt !== null) return `The member was deleted at ${deletedAt}: nothing is stored of it.`;
  if (freshness === null) {
    return lastAttempt === null
      ? 'Nothing is stored: no refresh of this member has ended yet.'
      : `Nothing is stored: ${attemptOf(lastAttempt)}.`;
  }
  const { verdict, freshAsOf, ageSeconds, reason } = freshness;
  const age = `as of ${freshAsOf}, ${spanOf(ageSeconds)} old`;
  if (verdict === 'fresh')
    return `The balances are fresh: the oldest account is ${age}, of ${spanOf(staleAfterSeconds)} allowed.`;
  return `The oldest account is ${age}: ${reason === null ? reasons.not_refreshed_since : becauseOf(reason, lastAttempt)}.`;
}

function becauseOf(reason: StaleReason, lastAttempt: MemberRecord['lastAttempt']): string {
  if (!isOutcomeCode(reason)) return reasons[reason];
  if (lastAttempt?.code === reason) return attemptOf(lastAttempt);
  // The list is empty after a success, or the schedule holds the member back.
  return reason === 'no_accounts' ? reasons.no_accounts : `${reason} (${withoutDot(outcomes[reason].message)})`;
}

const attemptOf = ({ endedAt, code }: NonNullable<MemberRecord['lastAttempt']>): string =>
  `the last refresh ended at ${endedAt} as ${code} (${withoutDot(outcomes[code].message)})`;

function nextOf(known: Explainable, rules: ExplainRules): string {
  const { member, now } = known;
  if (member.deletedAt !== null) return 'Nothing: a deleted member is not refreshed any more.';
  const { claim } = member;
  if (claim !== null && claim.phase !== 'ended') return runningOf(known, claim);
  const pause = pauseIn(known);
  const triggers =
    pause === null
      ? triggerOf(nextJobAllowedAt(member, now, rules))
      : `Until ${pause.until} triggers are refused and starts wait: calls to MX are paused.`;
  return [turnOf(known), triggers].join(' ');
}

function runningOf(known: Explainable, claim: OpenClaim): string {
  const { refreshId, acceptedAt } = claim;
  const deadline = movedDeadline(inOrder(known.pauses), claim);
  const begun = `${refreshId} runs since ${acceptedAt} and ends by ${deadline}.`;
  const pause = pauseIn(known);
  if (pause !== null)
    return `${begun} Calls to MX are paused until ${pause.until}; it goes on within a minute of that.`;
  if (claim.phase === 'storing') return `${begun} Its accounts are being stored.`;
  const { waitsFor, lastLookAt, nextLookAt } = progressOf(claim);
  const step = waitsFor === null ? 'MX’s job runs.' : waitReasons[waitsFor];
  const looked = lastLookAt === null ? 'MX was not looked at yet.' : `MX was last looked at at ${lastLookAt}.`;
  return [begun, step, looked, ...(nextLookAt === null ? [] : [`Next look: ${nextLookAt}.`])].join(' ');
}

/** What the schedule does. */
function turnOf({ member, wishes, bankDownSince, now }: Explainable): string {
  const { enrolment } = member;
  if (enrolment === null) return ON_NO_SCHEDULE;
  const dueAt = nextDueAt(enrolment, now, wishes.quietHours);
  if (dueAt === null) return ON_NO_SCHEDULE;
  const turn = `The schedule’s next turn is at ${dueAt}, every ${enrolment.everyHours} h.`;
  const held = heldOf(member);
  if (held !== null) {
    return `${turn} It does not start the member: held back since ${held.since}, ${held.code} (${withoutDot(outcomes[held.code].message)}). MX is asked once a day whether that is over.`;
  }
  if (bankDownSince !== null) return `${turn} Starts wait: the bank does not work since ${bankDownSince}.`;
  return turn;
}

const ON_NO_SCHEDULE = 'It is on no schedule.';

const triggerOf = (allowedAt: Instant | null): string =>
  allowedAt === null
    ? 'A trigger starts a refresh at once.'
    : `A trigger is accepted from ${allowedAt} on: MX’s allowance.`;

const withoutDot = (sentence: string): string => sentence.replace(/\.$/, '');
