/** Following a refresh by one look: take the look, look at MX, decide, act. Works in every state that a crash may leave. */
import { afterFailedLook, decide, firstLookState, type Observation, type Situation, type Step } from './decision.ts';
import { endRefresh, publishEnd } from './end-refresh.ts';
import { endingOf } from './ending.ts';
import { baselineOf, jobBeganAt, proofIn } from './evidence.ts';
import { asFailure, type Failure } from './failure.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import { secondsToFirstLook } from './look-plan.ts';
import { secondsAfterFailure } from './look-times.ts';
import { nextStartAllowedAt, startsInWindow } from './member.ts';
import type { Challenge, MemberIdentifiers, MxMember } from './mx.ts';
import { bookLook, bookLookAfter, bookLookInPause, type FollowDeps, type FollowedRefresh } from './next-look.ts';
import { movedDeadline, pauseAt, secondsUntilBack } from './pause.ts';
import type { NextLook } from './ports.ts';
import { postsOf, type RunningClaim, runningRefresh, type StartedClaim } from './refresh.ts';
import { questionsOf } from './refresh-details.ts';
import { startJob } from './start-job.ts';
import { startMark } from './start-mark.ts';
import { ruleFor } from './statuses.ts';
import { type ObservedAccounts, readAccounts, storeAccounts } from './store-accounts.ts';

/** What a look did, for its log line. */
export type Followed =
  | 'superseded'
  | 'too_early'
  /** Put off: an operator has paused calls to MX. */
  | 'paused'
  | 'looking_again'
  | 'started'
  | 'stored'
  | 'ended'
  | 'published';

/** What a look does beside what it always does when MX has said that the member was deleted. */
export interface ToldOfDeletion {
  /** MX does not know the member any more: the webhook and the read agree. */
  readonly gone: () => Promise<unknown>;
  /** MX still has the member, as read by the look taken at `lookedAt`. */
  readonly seen: (member: MxMember, lookedAt: Instant) => Promise<unknown>;
}

/**
 * Takes one look. Repeating it is safe: a look that was taken is not taken again until its function's
 * time is over, and everything after it is conditional on the claim.
 *
 * @throws what is no failure of MX's, such as a table that does not answer; the next look is booked then.
 */
export async function followRefresh(
  deps: FollowDeps,
  message: NextLook,
  told: ToldOfDeletion | null = null,
): Promise<Followed> {
  try {
    return await takeLook(deps, message, told);
  } catch (error) {
    await lookAfterError(deps, message);
    throw error;
  }
}

/** How many looks in a row may fail before an error's message is left to SQS, which makes a dead letter of it. */
const MAX_FAILED_LOOKS = 3;

/**
 * Books the look that follows one ended by an error. SQS delivers the failed message again only after its visibility
 * timeout (180 s), and until then the look may count as taken: when a webhook's look failed, the message that was booked
 * for the same look came 20 s later and was discarded, and the refresh stood still.
 */
async function lookAfterError(
  deps: FollowDeps,
  { refreshId, member, lookNumber, state, correlationId }: NextLook,
): Promise<void> {
  const before = state ?? firstLookState;
  const failedLooks = before.failedLooks + 1;
  if (failedLooks > MAX_FAILED_LOOKS) return;
  const now = deps.now();
  // The claim may be unreadable just now: no refresh has a later deadline, and a look after it ends the refresh.
  const deadline = plusSeconds(now, deps.policy.deadlineSeconds);
  const failed = { failures: failedLooks, retryAfterSeconds: undefined, now, deadline, random: deps.random() };
  try {
    const next = {
      refreshId,
      member,
      lookNumber: lookNumber + 1,
      state: { ...before, failedLooks, unconfirmedEnd: null },
      correlationId,
    };
    await deps.followUps.send(next, secondsAfterFailure(failed, deps.policy));
  } catch {
    // The first error is the one to report. SQS repeats the message, and the sweep looks for the refresh.
  }
}

async function takeLook(deps: FollowDeps, message: NextLook, told: ToldOfDeletion | null): Promise<Followed> {
  if (pauseAt(await deps.pauses.known(), deps.now()) !== null) return putOff(deps, message, told);
  const taken = await deps.members.takeLook(message.member, message.refreshId, message.lookNumber, deps.now());
  if (taken.kind === 'superseded') return 'superseded';
  if (taken.kind === 'too_early') {
    // A deletion webhook is sent again by its own message.
    if (told !== null) return 'too_early';
    await deps.followUps.send(message, Math.max(1, Math.ceil(secondsBetween(deps.now(), taken.until))));
    return 'too_early';
  }
  const { record, claim } = taken;
  const { key } = record;
  const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };
  const followed = { key, identifiers, record, state: message.state ?? firstLookState };
  switch (claim.phase) {
    case 'ended':
      await publishEnd(deps, key, claim);
      return 'published';
    case 'storing':
      return storeAccounts(deps, { ...followed, claim }, null, null);
    case 'running':
      return followRunning(deps, { ...followed, claim }, told);
  }
}

/**
 * In a pause no look is taken: its message comes back. What has ended is published all the same, and a message that is
 * void is dropped.
 */
async function putOff(deps: FollowDeps, message: NextLook, told: ToldOfDeletion | null): Promise<Followed> {
  const { member: key, refreshId, lookNumber } = message;
  const claim = (await deps.members.read(key))?.claim;
  // The look with the claim's own number may be one whose function has crashed: it is taken again.
  if (claim?.refreshId !== refreshId || claim.lookNumber > lookNumber) return 'superseded';
  if (claim.phase === 'ended') {
    await publishEnd(deps, key, claim);
    return 'published';
  }
  // A deletion webhook is sent again by its own message.
  if (told === null) await deps.followUps.send(message, secondsUntilBack(deps.random()));
  return 'paused';
}

/** Looks at MX, decides, and acts. */
async function followRunning(
  deps: FollowDeps,
  before: FollowedRefresh<RunningClaim>,
  told: ToldOfDeletion | null,
): Promise<Followed> {
  // Read while MX is asked: it is needed after that.
  const learnt = deps.institutions.lengths(before.record.institutionCode);
  const seen = await observe(deps, before.identifiers);
  // It began after this look was taken.
  if (seen.kind === 'failure' && seen.failure.code === 'paused') {
    return told === null ? bookLookInPause(deps, before, before.state) : 'paused';
  }
  if (told !== null && seen.kind === 'failure' && seen.failure.code === 'mx_not_found') {
    await told.gone();
    return 'ended';
  }
  if (seen.kind === 'member') {
    const { connectionStatus, isBeingAggregated } = seen.member;
    deps.looked?.({ connectionStatus, isBeingAggregated, proof: proofIn(before.claim, seen.member) });
  }
  if (told !== null && seen.kind === 'member') await told.seen(seen.member, before.claim.lookedAt ?? deps.now());
  const claim = seen.kind === 'failure' ? before.claim : withSeen(before.claim, seen);
  const followed = { ...before, claim };
  const deadline = movedDeadline(await deps.pauses.known(), claim);
  const situation: Situation = {
    claim: { ...claim, deadline },
    state: before.state,
    policy: deps.policy,
    now: deps.now(),
    random: deps.random(),
    importsMove: before.record.importsMove,
    startNotBefore: before.record.startNotBefore,
    plan: { ...deps.looks, lengths: await learnt },
  };
  const step = decide(situation, seen);
  const unread: Seen =
    seen.kind === 'member'
      ? { member: seen.member, challenges: seen.challenges, accounts: null, failure: null }
      : { member: null, challenges: [], accounts: null, failure: seen.failure };
  if (step.kind !== 'read_accounts') return act(deps, followed, step, unread);
  const read = await readAccounts(deps, followed);
  if (read.kind === 'failure' && read.failure.code === 'paused') {
    await recordSeen(deps, followed, unread.challenges, true);
    return bookLookInPause(deps, followed, before.state);
  }
  if (read.kind === 'failure') {
    return act(deps, followed, afterFailedLook(situation, read.failure), { ...unread, failure: read.failure });
  }
  // The list just read is what is stored, if that is what follows from it.
  return act(deps, followed, step.byImports[read.imports.moved], { ...unread, accounts: read });
}

/** What a look saw, for the step that follows. */
interface Seen {
  readonly member: MxMember | null;
  readonly challenges: readonly Challenge[];
  readonly accounts: ObservedAccounts | null;
  /** Why it did not see all that it had to. */
  readonly failure: Failure | null;
}

async function act(
  deps: FollowDeps,
  followed: FollowedRefresh<RunningClaim>,
  step: Step,
  { member, challenges, accounts, failure }: Seen,
): Promise<Followed> {
  // Only where another look follows: what stores or ends writes by itself what it needs of this.
  if (step.kind === 'look' || step.kind === 'start') await recordSeen(deps, followed, challenges, failure === null);
  switch (step.kind) {
    case 'look':
      return failure === null
        ? bookLook(deps, followed, step.state, step.inSeconds)
        : bookLookAfter(failure, deps, followed, step);
    case 'start':
      return start(deps, followed, member);
    case 'store':
      return storeAccounts(deps, followed, member, accounts);
    case 'end':
      await endRefresh(deps, { ...endOf(followed), ending: step.ending, member });
      return 'ended';
  }
}

/** What the end of a refresh takes from a look at it. */
const endOf = ({ key, claim, record, state }: FollowedRefresh<RunningClaim>) => ({
  key,
  claim,
  institutionCode: record.institutionCode,
  attention: record.attention,
  runningAt: state.runningAt,
});

/** Reads the member, and its questions when it waits for its user. @throws what is no failure of MX's. */
async function observe(deps: FollowDeps, identifiers: MemberIdentifiers): Promise<Observation> {
  try {
    const member = await deps.mx.readMember(identifiers);
    const challenges: readonly Challenge[] = ruleFor(member.connectionStatus).asksUser
      ? await deps.mx.readChallenges(identifiers)
      : [];
    return { kind: 'member', member, challenges };
  } catch (error) {
    const failure = asFailure(error);
    if (failure.fate === 'bug') throw error;
    return { kind: 'failure', failure };
  }
}

/**
 * `claim` with what later looks cannot see again (the flag seen true, when the job began), and with what readers are shown
 * while it runs: the status, and the questions for a user who is present. The claim itself when there is nothing new.
 */
export function withSeen(
  claim: RunningClaim,
  seen: Omit<Extract<Observation, { kind: 'member' }>, 'kind'>,
): RunningClaim {
  if (claim.start.state === 'none') return claim;
  const flagSeen = claim.flagSeen || seen.member.isBeingAggregated;
  const jobAggregatedAt = claim.jobAggregatedAt ?? jobBeganAt(claim, seen.member);
  const questions = claim.userPresent ? questionsOf(seen.challenges) : claim.questions;
  const { connectionStatus } = seen.member;
  const isShown = (claim.seenStatus ?? claim.baseline)?.connectionStatus === connectionStatus;
  const isKnown =
    flagSeen === claim.flagSeen &&
    jobAggregatedAt === claim.jobAggregatedAt &&
    questions === claim.questions &&
    isShown;
  const seenStatus = isShown ? claim.seenStatus : { connectionStatus };
  return isKnown ? claim : { ...claim, flagSeen, jobAggregatedAt, seenStatus, questions };
}

/**
 * Writes what `withSeen` has found new, which it says by another claim than the one that was taken, and that MX answers
 * again. Questions first, to where they are read when the claim says that there are some.
 */
async function recordSeen(
  deps: FollowDeps,
  { key, claim, record }: FollowedRefresh<RunningClaim>,
  challenges: readonly Challenge[],
  isAnswered: boolean,
): Promise<void> {
  const { claim: taken } = record;
  if (taken === null || taken.phase === 'ended') return;
  // Before the first POST there is nothing to keep, and the POST's own write takes back that MX was away.
  const isAnsweredAgain = isAnswered && taken.unanswered !== null && taken.start.state !== 'none';
  if (claim === taken && !isAnsweredAgain) return;
  const { refreshId, flagSeen, jobAggregatedAt, seenStatus, questions } = claim;
  if (questions !== null && questions !== taken.questions) {
    await deps.refreshes.put(runningRefresh(key, claim, challenges));
  }
  await deps.members.recordSeen({ key, refreshId, flagSeen, jobAggregatedAt, seenStatus, questions });
}

/** Starts the job, or starts it again. The next look is booked first: a crash after the POST cannot strand the refresh. */
async function start(
  deps: FollowDeps,
  followed: FollowedRefresh<RunningClaim>,
  member: MxMember | null,
): Promise<'started' | 'superseded' | 'ended'> {
  const { key, claim, record } = followed;
  const now = deps.now();
  const counting = startsInWindow(record.starts, now, deps.policy);
  if (nextStartAllowedAt(counting, now, deps.policy) !== null) {
    const ending = endingOf('allowance_used_up', { connectionStatus: member?.connectionStatus ?? null });
    await endRefresh(deps, { ...endOf(followed), ending, member });
    return 'ended';
  }
  const starts = [...counting, startMark(now, claim.callerTag)];
  const wasRefused = claim.start.state === 'conflict' || claim.start.state === 'rate_limited';
  // Before a first POST that was not sent, because of a pause, MX was read too: another job may have run since.
  const isFirst = claim.start.state === 'none';
  const starting: StartedClaim = {
    ...claim,
    // An earlier POST that certainly started nothing leaves nothing to prove; one with an unknown result does.
    baseline: isFirst || wasRefused ? member && baselineOf(member) : claim.baseline,
    start: { state: 'unknown', at: now, count: postsOf(claim.start) + 1, lookNumber: claim.lookNumber, jobGuid: null },
    flagSeen: false,
    unanswered: null,
    // What it is later than may be another baseline now.
    jobAggregatedAt: wasRefused ? null : claim.jobAggregatedAt,
    seenStatus: wasRefused ? null : claim.seenStatus,
  };
  const { start: sent } = starting;
  const deadline = movedDeadline(await deps.pauses.known(), claim);
  const lengths = await deps.institutions.lengths(record.institutionCode);
  const inSeconds = secondsToFirstLook({ ...deps.looks, lengths }, { startedAt: sent.at, deadline }, deps.policy);
  await bookLook(deps, followed, firstLookState, inSeconds);
  if (!(await deps.members.recordStarting(key, starting, starts))) return 'superseded';
  const job = await startJob(deps, {
    ...{ key, identifiers: followed.identifiers, claim: starting, starts },
    before: claim.start,
  });
  if (job.kind !== 'refused') return 'started';
  const { ending, starts: counted, failure: refusedBy } = job;
  await endRefresh(deps, { ...endOf(followed), claim: starting, ending, member, starts: counted, refusedBy });
  return 'ended';
}
