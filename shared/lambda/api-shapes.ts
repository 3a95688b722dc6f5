/** Our own resources as JSON. MX-shaped answers keep MX's bodies; these stand beside them or in headers. */
import { accountView, type StoredBalance } from '../domain/balance.ts';
import type { Freshness } from '../domain/freshness.ts';
import { type Held, heldOf } from '../domain/held.ts';
import type { Instant } from '../domain/instant.ts';
import type { MemberRecord } from '../domain/member.ts';
import { challengeView } from '../domain/member-view.ts';
import { outcomes } from '../domain/outcome.ts';
import { waitReasons } from '../domain/progress.ts';
import type { AccountAmounts } from '../domain/read-history.ts';
import { type Attempt, correlationOf, type Refresh } from '../domain/refresh.ts';
import type { FreshnessHeader } from './header-names.ts';

/**
 * A refresh as `GET /refreshes/{refresh_id}` and the trigger show it.
 *
 * @param joinedIds what callers that joined it call it; null where its item was not read.
 */
export const refreshBody = (
  refresh: Refresh,
  nextAllowedAt: Instant | null,
  joinedIds: readonly string[] | null = null,
) => ({
  refresh_id: refresh.refreshId,
  correlation_id: correlationOf(refresh),
  joined_correlation_ids: joinedIds,
  user_guid: refresh.member.userGuid,
  member_guid: refresh.member.memberGuid,
  trigger: refresh.trigger,
  status: refresh.status,
  job_started: refresh.progress?.jobStarted ?? null,
  outcome: refresh.result?.outcome ?? null,
  action: refresh.result?.action ?? (refresh.challenges.length > 0 ? 'answer_mfa' : 'wait'),
  code: refresh.result?.code ?? refresh.progress?.waitsFor ?? null,
  message: refresh.result?.message ?? waitMessage(refresh),
  user_message: refresh.result?.userMessage ?? null,
  connection_status: refresh.result?.connectionStatus ?? null,
  challenges: refresh.challenges.map(challengeView),
  user_present: refresh.userPresent,
  accepted_at: refresh.acceptedAt,
  deadline: refresh.deadline,
  ended_at: refresh.result?.endedAt ?? null,
  observed_at: refresh.result?.observedAt ?? null,
  last_look_at: refresh.progress?.lastLookAt ?? null,
  next_look_at: refresh.progress?.nextLookAt ?? null,
  next_refresh_allowed_at: nextAllowedAt,
});

const waitMessage = ({ progress }: Refresh): string | null =>
  progress === null || progress.waitsFor === null ? null : waitReasons[progress.waitsFor];

/**
 * An account as MX has it, and three fields of this service: whether MX still lists it, from when its age is counted, and
 * why its values may not be those of now. In the body, because a list has accounts of different ages; MX's clients
 * ignore fields that they do not know.
 */
export const accountBody = (balance: StoredBalance) => ({
  ...accountView(balance),
  listed: balance.listed,
  fresh_as_of: balance.freshAsOf,
  stale_reason: balance.listed ? balance.staleReason : 'no_longer_listed',
});

/** Amounts of an account. What MX did not give is null. */
export const amountsBody = ({ amounts, ...of }: AccountAmounts) => ({
  current: of.isCurrent,
  balance: amounts.balance ?? null,
  available_balance: amounts.available_balance ?? null,
  available_credit: amounts.available_credit ?? null,
  currency_code: of.currencyCode,
  amounts_since: of.amountsSince,
  previous_since: of.previousSince,
  observed_at: of.observedAt,
  refresh_id: of.refreshId,
});

/** What is known about the age of a member's balances. */
export interface KnownFreshness {
  /** Null when nothing is stored. */
  readonly freshness: Freshness | null;
  readonly member: Pick<MemberRecord, 'lastAttempt' | 'lastSuccess' | 'claim' | 'held'>;
  readonly nextAllowedAt: Instant | null;
}

/** Why the schedule holds a member back, as JSON. */
export const heldBody = (held: Held | null) =>
  held && { since: held.since, code: held.code, action: held.action, message: outcomes[held.code].message };

/** How the member's last refresh ended, of any trigger. */
export const lastResultBody = ({ refreshId, trigger, outcome, action, code, endedAt }: Attempt) => ({
  refresh_id: refreshId,
  trigger,
  outcome,
  action,
  code,
  ended_at: endedAt,
});

/**
 * Freshness as a block in our own resources.
 *
 * @param userMessage MX's text for the end user at the end of the last attempt.
 */
export const freshnessBody = ({ freshness, member, nextAllowedAt }: KnownFreshness, userMessage: string | null) => ({
  verdict: freshness?.verdict ?? 'never_refreshed',
  reason: freshness?.reason ?? null,
  fresh_as_of: freshness?.freshAsOf ?? null,
  observed_at: freshness?.observedAt ?? null,
  age: freshness?.ageSeconds ?? null,
  incomplete: member.lastSuccess?.incomplete === true,
  refresh_id: freshness?.refreshId ?? null,
  trigger: freshness?.trigger ?? null,
  last_attempt: member.lastAttempt && {
    refresh_id: member.lastAttempt.refreshId,
    outcome: member.lastAttempt.outcome,
    action: member.lastAttempt.action,
    code: member.lastAttempt.code,
    user_message: userMessage,
    ended_at: member.lastAttempt.endedAt,
  },
  last_success: member.lastSuccess && {
    refresh_id: member.lastSuccess.refreshId,
    observed_at: member.lastSuccess.observedAt,
  },
  next_refresh_allowed_at: nextAllowedAt,
  schedule_held: heldBody(heldOf(member)),
});

/** Freshness as headers on MX-shaped answers, whose bodies stay MX's. */
export function freshnessHeaders({ freshness, member, nextAllowedAt }: KnownFreshness): Record<string, string> {
  const { lastAttempt, lastSuccess } = member;
  const held = heldOf(member);
  const headers: Record<Lowercase<FreshnessHeader>, string | null | undefined> = {
    'balances-freshness': freshness?.verdict ?? 'never_refreshed',
    'balances-stale-reason': freshness?.reason,
    'balances-fresh-as-of': freshness?.freshAsOf,
    'balances-observed-at': freshness?.observedAt,
    'balances-refresh-id': freshness?.refreshId,
    'balances-trigger': freshness?.trigger,
    'balances-last-attempt':
      lastAttempt &&
      `${lastAttempt.outcome}; action=${lastAttempt.action}; code=${lastAttempt.code}; ended_at=${lastAttempt.endedAt}`,
    'balances-last-success': lastSuccess?.observedAt,
    'balances-incomplete': lastSuccess?.incomplete ? 'true' : null,
    'balances-next-refresh-allowed-at': nextAllowedAt,
    'balances-schedule-held': held && `${held.code}; action=${held.action}; since=${held.since}`,
    age: freshness && String(freshness.ageSeconds),
    'last-modified': freshness && new Date(freshness.observedAt).toUTCString(),
  };
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
