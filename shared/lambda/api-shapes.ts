/** Our own resources as JSON. MX-shaped answers keep MX's bodies; these stand beside them or in headers. */
import type { StoredBalance } from '../domain/balance.ts';
import type { Freshness } from '../domain/freshness.ts';
import type { Instant } from '../domain/instant.ts';
import type { MemberRecord } from '../domain/member.ts';
import type { Attempt, Refresh } from '../domain/refresh.ts';

/** A refresh as `GET /refreshes/{refresh_id}` and the trigger show it. */
export const refreshBody = (refresh: Refresh, nextAllowedAt: Instant | null) => ({
  refresh_id: refresh.refreshId,
  user_guid: refresh.member.userGuid,
  member_guid: refresh.member.memberGuid,
  trigger: refresh.trigger,
  status: refresh.status,
  outcome: refresh.result?.outcome ?? null,
  action: refresh.result?.action ?? (refresh.challenges.length > 0 ? 'answer_mfa' : 'wait'),
  code: refresh.result?.code ?? null,
  message: refresh.result?.message ?? null,
  user_message: refresh.result?.userMessage ?? null,
  connection_status: refresh.result?.connectionStatus ?? null,
  challenges: refresh.challenges.map(({ fieldName, ...challenge }) => ({ ...challenge, field_name: fieldName })),
  user_present: refresh.userPresent,
  accepted_at: refresh.acceptedAt,
  deadline: refresh.deadline,
  ended_at: refresh.result?.endedAt ?? null,
  observed_at: refresh.result?.observedAt ?? null,
  next_refresh_allowed_at: nextAllowedAt,
});

/** The last attempt, short. */
export const attemptBody = (attempt: Attempt) => ({
  refresh_id: attempt.refreshId,
  outcome: attempt.outcome,
  action: attempt.action,
  code: attempt.code,
  ended_at: attempt.endedAt,
});

/** An account in MX's shape: MX's fields under MX's names, nothing else (MX facts 4.1). */
export const accountBody = (balance: StoredBalance) => balance.fields;

/** Freshness as headers on MX-shaped answers, whose bodies stay MX's. */
export function freshnessHeaders(
  freshness: Freshness | null,
  member: Pick<MemberRecord, 'lastAttempt' | 'lastSuccess'> | null,
): Record<string, string> {
  if (freshness === null) return {};
  return {
    'balances-freshness': freshness.verdict,
    ...(freshness.reason === null ? {} : { 'balances-stale-reason': freshness.reason }),
    'balances-observed-at': freshness.observedAt,
    'balances-refresh-id': freshness.refreshId,
    'balances-trigger': freshness.trigger,
    ...(member?.lastAttempt
      ? {
          'balances-last-attempt': `${member.lastAttempt.outcome}; action=${member.lastAttempt.action}; ended_at=${member.lastAttempt.endedAt}`,
        }
      : {}),
    age: String(freshness.ageSeconds),
    'last-modified': new Date(freshness.observedAt).toUTCString(),
  };
}
