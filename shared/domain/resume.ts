/**
 * The user's answers to what MX asks, passed on to MX, and the refresh that follows the job which goes on with them.
 *
 *  1  Our own tables: a deleted member is refused. A running refresh is told that its user is there, so that no look that
 *     has just seen the question ends it.
 *  2  Send the answers to MX, once. Refused by MX: that is the caller's answer. An unknown result is told as such and the
 *     answers are never sent again: a wrong answer that is counted twice may lock the user out.
 *  3  A refresh runs: its questions are cleared, and it looks soon. A crash before that: its next look is booked anyway.
 *     None runs: one begins that follows the job of the answers, message first, then the claim. It sends no POST and
 *     uses none of the allowance. A crash before the claim: MX's job goes on, and its webhook or the next trigger
 *     brings its data.
 */
import { publishEnd } from './end-refresh.ts';
import { baselineOf } from './evidence.ts';
import { asFailure, Failure } from './failure.ts';
import { refuseDeleted, refuseErased } from './find-member.ts';
import { withSeen } from './follow-refresh.ts';
import { type Instant, plusSeconds } from './instant.ts';
import { aliasMarkOf, type MemberRecord, nextJobAllowedAt, startsInWindow, wasRefreshedSince } from './member.ts';
import type { Members } from './members-ports.ts';
import type { ChallengeAnswer, MemberIdentifiers, MemberKey, MxMember } from './mx.ts';
import type { RefreshDeps } from './ports.ts';
import { type OpenClaim, type Refresh, type RunningClaim, runningRefresh, type StartedClaim } from './refresh.ts';

/** MX has taken the answers. */
export interface Resumed {
  readonly refresh: Refresh;
  /** It was running before. */
  readonly joined: boolean;
  /** MX's member, as it was when it took them. */
  readonly member: MxMember;
  readonly nextAllowedAt: Instant | null;
}

/** How often a lost race for the claim is run again. */
const MAX_RACES = 4;

/** MX's answers after which it has certainly not taken the user's. */
const refusals: ReadonlySet<string> = new Set([
  'mx_not_challenged',
  'mx_refused',
  'mx_institution',
  'mx_credentials_missing',
  'mx_credentials_rejected',
  'mx_forbidden',
  'mx_redirected',
  'mx_not_found',
  'mx_conflict',
  'mx_rate_limited',
  'paused',
]);

/**
 * Sends `answers` for the member, once.
 *
 * @param correlationId what the caller calls it: the name of a refresh that begins now.
 * @throws Failure `member_deleted`; MX's refusal, for example `mx_not_challenged`; `answers_unknown` when MX may have taken
 * them; `answers_taken` when it has, and our own tables or queues failed after it.
 */
export async function resumeMember(
  deps: RefreshDeps,
  identifiers: MemberIdentifiers,
  answers: readonly ChallengeAnswer[],
  correlationId: string | null = null,
): Promise<Resumed> {
  // 1.
  const key = await deps.members.resolve(identifiers);
  const known = key && (await deps.members.read(key));
  if (known !== null) refuseDeleted(known);
  if (known?.claim && known.claim.phase !== 'ended' && !known.claim.userPresent) {
    await deps.members.joinUserPresent(known.key, known.claim.refreshId);
  }
  // 2.
  const answeredAt = deps.now();
  const member = await sendAnswers(deps, identifiers, answers);
  // 3.
  try {
    if (known === null) await refuseGone(deps.members, member.key);
    if (known?.aliasMark !== aliasMarkOf(member)) await deps.members.writeAliases(member);
    return await follow(deps, { member, answeredAt, correlationId });
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'member_deleted' || failure.code === 'user_erased') throw failure;
    throw new Failure(
      'answers_taken',
      `MX took the answers; what follows from them failed: ${failure.code}`,
      {},
      { cause: error },
    );
  }
}

/** Before the names are written: those of a member that was deleted, or whose user was erased, must not lead to it again. */
async function refuseGone(members: Pick<Members, 'read' | 'isUserErased'>, key: MemberKey): Promise<void> {
  const record = await members.read(key);
  if (record === null) await refuseErased(members, key);
  else refuseDeleted(record);
}

/** 2. @throws Failure MX's refusal; `answers_unknown` after everything that does not say that MX refused. */
async function sendAnswers(
  deps: Pick<RefreshDeps, 'mx'>,
  identifiers: MemberIdentifiers,
  answers: readonly ChallengeAnswer[],
): Promise<MxMember> {
  try {
    return await deps.mx.resume(identifiers, answers);
  } catch (error) {
    const failure = asFailure(error);
    if (refusals.has(failure.code)) throw failure;
    throw new Failure(
      'answers_unknown',
      `it is not known whether MX took the answers: ${failure.code}`,
      {},
      { cause: error },
    );
  }
}

/** Answers that MX has taken. */
interface TakenAnswers {
  /** As MX showed it when it took them. */
  readonly member: MxMember;
  /** When they were sent. What MX showed with them may be as old as this. */
  readonly answeredAt: Instant;
  readonly correlationId: string | null;
}

/** 3. */
async function follow(deps: RefreshDeps, taken: TakenAnswers): Promise<Resumed> {
  const { member, answeredAt, correlationId } = taken;
  const { key } = member;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const record = await deps.members.read(key);
    if (record !== null) refuseDeleted(record);
    const { claim = null } = record ?? {};
    const nextAllowedAt = record && nextJobAllowedAt(record, deps.now(), deps.policy);
    if (claim !== null && claim.phase !== 'ended') {
      return { refresh: await lookSoon(deps, claim, taken), joined: true, member, nextAllowedAt };
    }
    if (claim !== null) await publishEnd(deps, key, claim);
    // Another refresh has run since MX took the answers: what MX said then is older than what is stored.
    const isOld = record !== null && wasRefreshedSince(record, answeredAt);
    const newest = isOld ? await readAgain(deps, member) : member;
    const attached = { ...attachedClaim(deps, newest, answeredAt), correlationId };
    if (await writeClaim(deps, record, attached, newest)) {
      const refresh = runningRefresh(key, attached);
      await deps.refreshes.put(refresh);
      return { refresh, joined: false, member, nextAllowedAt };
    }
  }
  throw new Failure('busy', 'too many refreshes of this member at once');
}

/** `member` as MX has it now; as it was, where MX cannot be read: the answers are taken all the same. */
const readAgain = (deps: Pick<RefreshDeps, 'mx'>, member: MxMember): Promise<MxMember> =>
  deps.mx
    .readMember({ userIdentifier: member.key.userGuid, memberIdentifier: member.key.memberGuid })
    .catch(() => member);

/** The running refresh looks as soon as it may, and shows no question until MX asks the next. */
async function lookSoon(
  deps: RefreshDeps,
  claim: OpenClaim,
  { member, answeredAt }: Pick<TakenAnswers, 'member' | 'answeredAt'>,
): Promise<Refresh> {
  const { key } = member;
  const { refreshId, lookNumber, correlationId } = claim;
  // Begun since 1 by a trigger that did not know of the user.
  if (!claim.userPresent) await deps.members.joinUserPresent(key, refreshId);
  // The number of the look that is booked already, without what that one was told: the first of the two is taken.
  await deps.followUps.send(
    { refreshId, member: key, lookNumber: lookNumber + 1, state: null, correlationId },
    deps.policy.minLookGapSeconds,
  );
  const present = { ...claim, userPresent: true };
  // A POST sent after the answers has a job of its own: what MX showed before it says nothing of that one.
  const isOfItsJob = present.start.state !== 'none' && present.start.at <= answeredAt;
  if (present.phase === 'storing' || !isOfItsJob) return runningRefresh(key, present);
  const seen = withSeen(present, { member, challenges: [] });
  const { flagSeen, jobAggregatedAt, seenStatus } = seen;
  await deps.members.recordSeen({ key, refreshId, flagSeen, jobAggregatedAt, seenStatus, questions: null });
  return runningRefresh(key, seen);
}

/**
 * A claim that follows the job which took the answers. MX takes answers only for a job that waits for them (MX facts 2.9),
 * so it ran, and its member was `CHALLENGED`, even if a lagging answer does not show it. The refresh counts from the
 * answers on: the job may be over before the claim can be written.
 */
function attachedClaim(deps: RefreshDeps, member: MxMember, answeredAt: Instant): StartedClaim {
  const { connectionStatus, mostRecentJobGuid: jobGuid, aggregatedAt } = member;
  return {
    refreshId: deps.newRefreshId(answeredAt),
    trigger: 'http',
    phase: 'running',
    acceptedAt: answeredAt,
    deadline: plusSeconds(answeredAt, deps.policy.deadlineSeconds),
    userPresent: true,
    correlationId: null,
    // It sends no POST: nothing counts for its caller.
    callerTag: null,
    baseline: { ...baselineOf(member), connectionStatus: 'CHALLENGED', isBeingAggregated: true },
    start: { state: 'attached', at: answeredAt, count: 0, lookNumber: 0, jobGuid },
    lookNumber: 0,
    lookedAt: null,
    flagSeen: true,
    jobAggregatedAt: aggregatedAt,
    seenStatus: { connectionStatus },
    unanswered: null,
    questions: null,
  };
}

/** False: another refresh has begun meanwhile. */
async function writeClaim(
  deps: RefreshDeps,
  record: MemberRecord | null,
  claim: RunningClaim,
  member: MxMember,
): Promise<boolean> {
  const { key } = member;
  const { refreshId, correlationId } = claim;
  const look = { refreshId, member: key, lookNumber: 1, state: null, correlationId };
  await deps.followUps.send(look, deps.policy.firstLookSeconds);
  const starts = startsInWindow(record?.starts ?? [], deps.now(), deps.policy);
  return deps.members.claim({ key, claim, starts, startsVersion: record?.startsVersion ?? 0, member });
}
