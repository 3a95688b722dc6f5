/**
 * Texts and questions of refreshes. They may be long, so they are in the refresh's own item. The member's item says
 * whether there are any, so that most reads of a member need no read of the refresh.
 */
import type { MemberRecord } from './member.ts';
import type { Challenge, MemberKey } from './mx.ts';
import { outcomes } from './outcome.ts';
import type { Refreshes } from './ports.ts';
import {
  type Attempt,
  type Claim,
  type EndDetails,
  endedRefresh,
  type Refresh,
  type Result,
  runningRefresh,
} from './refresh.ts';
import { fingerprintOf } from './stable-id.ts';

/** What `ending` says beyond its code; null when that is nothing, as mostly. */
export function detailsOf(ending: Pick<Result, 'code'> & EndDetails): EndDetails | null {
  const { code, message, userMessage, challenges } = ending;
  const isSaidByCode = message === outcomes[code].message && userMessage === null && challenges.length === 0;
  return isSaidByCode ? null : { message, userMessage, challenges };
}

/** What the code of an end says, where it has no details. */
export const detailsByCode = ({ code }: Pick<Result, 'code'>): EndDetails => ({
  message: outcomes[code].message,
  userMessage: null,
  challenges: [],
});

/** A short text in the claim that is equal for equal questions of MX's; null for none. */
export const questionsOf = (challenges: readonly Challenge[]): string | null =>
  challenges.length === 0 ? null : fingerprintOf(challenges);

/** Texts and questions of `attempt`; null when it has none, and when its refresh has expired. */
export const detailsOfAttempt = async (
  refreshes: Pick<Refreshes, 'readDetails'>,
  attempt: Attempt | null,
): Promise<EndDetails | null> =>
  attempt?.hasDetails ? refreshes.readDetails(attempt.refreshId, attempt.endedAt) : null;

/** What MX asks the member's user now: in the running refresh, or left by the last one. */
export async function challengesOf(
  refreshes: Pick<Refreshes, 'read' | 'readDetails'>,
  { claim, lastAttempt }: Pick<MemberRecord, 'claim' | 'lastAttempt'>,
): Promise<readonly Challenge[]> {
  if (claim === null || claim.phase === 'ended') {
    const asks = lastAttempt?.action === 'answer_mfa';
    return (asks ? await detailsOfAttempt(refreshes, lastAttempt) : null)?.challenges ?? [];
  }
  return claim.questions === null ? [] : ((await refreshes.read(claim.refreshId))?.challenges ?? []);
}

/** The refresh that `claim` is, as the tables have it now. Reads the refresh's item only for questions and texts. */
export async function currentRefresh(
  refreshes: Pick<Refreshes, 'read' | 'readDetails'>,
  member: MemberKey,
  claim: Claim,
): Promise<Refresh> {
  const { refreshId } = claim;
  if (claim.phase !== 'ended') {
    const asked = claim.questions === null ? null : await refreshes.read(refreshId);
    return runningRefresh(member, claim, asked?.challenges);
  }
  const { hasDetails, ...end } = claim.result;
  const details = hasDetails ? await refreshes.readDetails(refreshId, end.endedAt) : null;
  return endedRefresh(member, claim, { ...end, ...(details ?? detailsByCode(end)) });
}
