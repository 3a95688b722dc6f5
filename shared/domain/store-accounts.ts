/** Storing: the job has succeeded. The accounts are read and written, and the refresh ends with success. */

import type { StoredBalance } from './balance.ts';
import { type EndDeps, endRefresh, type RefreshEnd } from './end-refresh.ts';
import { atDeadline, endingByFailure, endingOf, lateBecauseOf } from './ending.ts';
import { importsSince, showsOurJob } from './evidence.ts';
import { asFailure, Failure } from './failure.ts';
import { type Imports, judgeImports, leftBehind } from './imports.ts';
import type { Instant } from './instant.ts';
import { secondsAfterFailure } from './look-times.ts';
import type { MxAccount, MxMember } from './mx.ts';
import { bookLookAfter, bookLookInPause, type FollowDeps, type FollowedRefresh } from './next-look.ts';
import { movedDeadline } from './pause.ts';
import type { OpenClaim, StoringClaim } from './refresh.ts';

/** A member's accounts as MX listed them, beside those that are stored. */
export interface ObservedAccounts {
  readonly kind: 'accounts';
  /** Just before the first page was asked for. */
  readonly observedAt: Instant;
  readonly accounts: readonly MxAccount[];
  readonly stored: readonly StoredBalance[];
  readonly imports: Imports;
}

/**
 * All pages of a member's accounts and what their imports say of the job of `claim`, or why they could not be read.
 *
 * @throws what is no failure of MX's.
 */
export async function readAccounts(
  deps: Pick<FollowDeps, 'mx' | 'now' | 'balances'>,
  { key, identifiers, claim }: Pick<FollowedRefresh<OpenClaim>, 'key' | 'identifiers' | 'claim'>,
): Promise<ObservedAccounts | { readonly kind: 'failure'; readonly failure: Failure }> {
  const observedAt = deps.now();
  // What is stored is read while MX is asked: only `follow-up` writes balances, and on condition of what it has read.
  const [asked, known] = await Promise.allSettled([deps.mx.listAccounts(identifiers), deps.balances.ofMember(key)]);
  if (asked.status === 'rejected') {
    const failure = asFailure(asked.reason);
    if (failure.fate === 'bug') throw asked.reason;
    return { kind: 'failure', failure: failure.code === 'mx_not_found' ? listNotFound(failure) : failure };
  }
  if (known.status === 'rejected') throw known.reason;
  const [accounts, stored] = [asked.value, known.value];
  const { refreshId } = claim;
  const jobAggregatedAt = importsSince(claim);
  const { aggregatedAt: baselineAggregatedAt = null, answeredAt: baselineAnsweredAt = null } = claim.baseline ?? {};
  const before = { baselineAggregatedAt, baselineAnsweredAt };
  const imports = judgeImports({ accounts, stored, refreshId, ...before, jobAggregatedAt });
  return { kind: 'accounts', observedAt, accounts, stored, imports };
}

/**
 * A 404 for the list alone. The member was there a moment before: the next look asks for the member first, and if it is
 * gone, that answer says so.
 */
const listNotFound = ({ details }: Failure): Failure =>
  new Failure('mx_bad_answer', 'MX does not find the accounts of a member that it has just shown', details);

/**
 * Reads all pages, moves the claim to storing, writes newer-wins, ends with success. A message that finds the claim in
 * storing reads the accounts anew, because a crash has lost those that were read before.
 *
 * @param member as this look saw it; null when it did not read the member.
 * @param already the accounts, if this look has read them.
 */
export async function storeAccounts(
  deps: FollowDeps,
  followed: FollowedRefresh<OpenClaim>,
  member: MxMember | null,
  already: ObservedAccounts | null,
): Promise<'stored' | 'superseded' | 'ended' | 'looking_again' | 'paused'> {
  const { key, claim, record } = followed;
  const read = already ?? (await readAccounts(deps, followed));
  if (read.kind === 'failure') return storeLater(deps, followed, read.failure);
  if (read.accounts.length > 0 && read.accounts.every(({ isUnreadable }) => isUnreadable)) {
    return endUnreadable(deps, followed);
  }
  const { refreshId, trigger, lookNumber, jobAggregatedAt, seenStatus } = claim;
  const storing = { key, refreshId, lookNumber, jobAggregatedAt, seenStatus };
  if (claim.phase === 'running' && !(await deps.members.beginStoring(storing))) return 'superseded';
  const { observedAt, accounts, stored, imports } = read;
  const known = { stored, leftBehind: leftBehind(imports, record.importsMove) };
  const storedNow = await deps.balances.store(key, accounts, { observedAt, refreshId, trigger }, known);
  deps.measures.stored({ refreshId, observedAt, before: stored, now: storedNow, leftBehind: known.leftBehind });
  const storingClaim: StoringClaim = { ...claim, phase: 'storing' };
  const importsMove = member !== null && showsOurJob(claim, member) && ['all', 'some'].includes(imports.moved);
  const ending = endingOf(storedCode(accounts, stored), { connectionStatus: member?.connectionStatus ?? 'CONNECTED' });
  await endRefresh(deps, {
    ...{ key, claim: storingClaim, ending, observedAt, member, importsMove, stored: storedNow },
    institutionCode: record.institutionCode,
    attention: record.attention,
    runningAt: followed.state.runningAt,
  });
  return 'stored';
}

/** What the end of a storing refresh says of accounts whose amounts cannot be read. */
export function storedCode(
  accounts: readonly MxAccount[],
  stored: readonly StoredBalance[],
): 'stored' | 'stored_unreadable' | 'stored_incomplete' {
  const unreadable = accounts.filter(({ isUnreadable }) => isUnreadable);
  if (unreadable.length === 0) return 'stored';
  const known = new Set(stored.map(({ accountGuid }) => accountGuid));
  return unreadable.every(({ guid }) => known.has(guid)) ? 'stored_unreadable' : 'stored_incomplete';
}

/** The job succeeded, and no amount of what it brought can be read. Reading the same list again would not change that. */
async function endUnreadable(
  deps: FollowDeps,
  { key, claim, record }: Pick<FollowedRefresh<OpenClaim>, 'key' | 'claim' | 'record'>,
): Promise<'ended'> {
  const { institutionCode, attention } = record;
  const failure = new Failure('mx_bad_answer', 'No account of the member has amounts that can be read.');
  if (claim.phase === 'storing')
    return endInterruptedStoring(deps, { key, claim, institutionCode, attention }, failure);
  const ending = endingOf('mx_bad_answer', { message: failure.message });
  await endRefresh(deps, { key, claim, ending, institutionCode, attention });
  return 'ended';
}

/** The job succeeded, but the accounts could not be read: again, inside the deadline. */
async function storeLater(
  deps: FollowDeps,
  followed: FollowedRefresh<OpenClaim>,
  failure: Failure,
): Promise<'ended' | 'looking_again' | 'paused'> {
  const { key, claim, state } = followed;
  if (failure.code === 'paused') return bookLookInPause(deps, followed, state);
  const { institutionCode, attention } = followed.record;
  const deadline = movedDeadline(await deps.pauses.known(), claim);
  const now = deps.now();
  const isHopeless = failure.fate !== 'try-again';
  if (isHopeless || now >= deadline) {
    if (claim.phase === 'storing')
      return endInterruptedStoring(deps, { key, claim, institutionCode, attention }, failure);
    const ending = isHopeless ? endingByFailure(failure) : lateBecauseOf(failure);
    await endRefresh(deps, { key, claim, ending, institutionCode, attention });
    return 'ended';
  }
  const failedLooks = state.failedLooks + 1;
  const { retryAfterSeconds } = failure.details;
  const failed = { failures: failedLooks, retryAfterSeconds, now, deadline, random: deps.random() };
  const inSeconds = secondsAfterFailure(failed, deps.policy);
  return bookLookAfter(failure, deps, followed, { state: { ...state, failedLooks, unconfirmedEnd: null }, inSeconds });
}

/**
 * Storing was interrupted and the accounts cannot be read again in time. If none was written, the refresh has changed
 * nothing and may end as failed; if some were, it has succeeded for those, and each account says itself how old it is.
 *
 * @param failure why they cannot be read; null when only time is up.
 */
export async function endInterruptedStoring(
  deps: EndDeps,
  {
    key,
    claim,
    institutionCode,
    attention,
  }: Pick<RefreshEnd, 'key' | 'institutionCode' | 'attention'> & { readonly claim: StoringClaim },
  failure: Failure | null,
): Promise<'ended'> {
  // Also what a newer observation has written over since, as far as it can still be seen.
  const written = (await deps.balances.ofMember(key)).flatMap((balance) =>
    balance.refreshId === claim.refreshId
      ? [balance.observedAt]
      : balance.lastChange?.refreshId === claim.refreshId
        ? [balance.lastChange.at]
        : [],
  );
  const observedAt = written.sort()[0] ?? null;
  const ending =
    observedAt !== null
      ? endingOf('stored_in_part', { connectionStatus: 'CONNECTED' })
      : failure === null
        ? atDeadline(claim)
        : failure.fate === 'try-again'
          ? lateBecauseOf(failure)
          : endingByFailure(failure);
  await endRefresh(deps, { key, claim, ending, observedAt, institutionCode, attention });
  return 'ended';
}
