/**
 * The decision: what to do with a running refresh, from what one look at MX saw. One pure function; all traps of MX are
 * dealt with here. The branches are numbered as in `afterLook` and the functions that it calls; the first that fits
 * counts.
 *
 *     situation                                                         step
 *  1  MX did not answer                                                 look again, at growing distances
 *       404 for a minute, or a failure that no retry repairs            end, by that failure
 *  2  no POST was sent yet                                              start
 *  3  MX waits for the user                                             end, as action_required
 *       no look has seen its questions yet                              look again, once
 *       its user is present                                             look again
 *       it waited before our POST already, and this is the first look   look again
 *  4  a job runs                                                        look again
 *       ours ended well, and this one followed it                       store
 *  5  no job runs, and MX refused ours (409, 429)                       start again
 *       another job has brought newer data since                       store
 *       after the last start                                            end, as not_refreshed
 *  6  no job runs, and nothing shows that ours did                      look again, within the grace period
 *       after it, and MX had answered 202                               store if all accounts moved, else end, as
 *                                                                       not_refreshed
 *       after it, and the POST's result is unknown                      start again
 *  7  ours ran, and MX shows `CONNECTED`
 *       a later success time proves its end                             store
 *       the flag or a new status proves its end                         store
 *         none moved, and imports are known to move                     look again, twice; then end, as not_refreshed
 *       only its start is proven                                        store once the grace period is over, or at once
 *                                                                       if all accounts moved
 *         none moved, and imports are known to move                     look again; at the deadline end, as not_refreshed
 *  8  ours ran, and MX shows a status between two states                look again, or start once more
 *  9  ours ran, and MX shows an error                                   look again; end when it is believed
 *
 * Nothing is stored before the accounts were read: where a branch may store, the step is `read_accounts`, with what to do
 * then by what their imports say (`imports.ts`).
 *
 * No branch starts before the time that MX's `Retry-After` has named: it looks again until then, or ends as not_refreshed if
 * that is after the deadline.
 *
 * At the deadline no branch looks or starts again: where 3, 5, 6, 7 and 9 can end or store as above, they do; all else
 * ends as `atDeadline` says. An unattended refresh ends instead of starting when its user has to act first (promise 6).
 *
 * MX's times are compared with MX's, ours with ours: the two clocks may be apart.
 */
import {
  atDeadline,
  type Ending,
  endingByFailure,
  endingByStatus,
  endingWith,
  lateBecauseOf,
  noEvidence,
} from './ending.ts';
import { anotherJobFollowed, proofIn, succeededSince } from './evidence.ts';
import type { Failure } from './failure.ts';
import type { Imports } from './imports.ts';
import { type Instant, secondsBetween } from './instant.ts';
import { type LookPlan, secondsToLookAgain } from './look-plan.ts';
import { secondsAfterFailure, secondsToNextLook } from './look-times.ts';
import { isBelievedMissing } from './missing.ts';
import type { Challenge, MxMember } from './mx.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { RunningClaim, SentStart, Start } from './refresh.ts';
import { memberErrorEnd, ruleFor } from './statuses.ts';

/** The most POSTs one refresh sends: the first, one after an unknown result or a conflict, and one more. */
export const MAX_STARTS = 3;

/** What one look saw. */
export type Observation =
  | { readonly kind: 'member'; readonly member: MxMember; readonly challenges: readonly Challenge[] }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** What one follow-up message tells the next look, because no table holds it. */
export interface LookState {
  /** Looks in a row that failed: MX did not answer, or an error of ours ended them. */
  readonly failedLooks: number;
  /** An end that the last look saw, and that counts when the next one sees it too. */
  readonly unconfirmedEnd: string | null;
  /** The newest job that looks have seen; null before the first. */
  readonly newestJob: SeenJob | null;
  /** When the last look was taken that saw the job run, by our clock; null: none did, or it is not known. */
  readonly runningAt: Instant | null;
  /** Since when, by our clock, every look was answered that MX does not know the member; null: the last one was not. */
  readonly missingSince: Instant | null;
}

/** A job of MX's as a member shows it, and when a look saw it for the first time. */
export interface SeenJob {
  readonly jobGuid: string | null;
  readonly aggregatedAt: Instant | null;
  /** By our clock. */
  readonly seenAt: Instant;
}

/** The state before the first look, and for a message without one. */
export const firstLookState: LookState = {
  failedLooks: 0,
  unconfirmedEnd: null,
  newestJob: null,
  runningAt: null,
  missingSince: null,
};

/** What to do next. */
export type Step =
  | { readonly kind: 'look'; readonly inSeconds: number; readonly state: LookState }
  | { readonly kind: 'start' }
  | { readonly kind: 'store' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** Read the accounts; what to do then, by what their imports say of the job. */
export interface ReadAccounts {
  readonly kind: 'read_accounts';
  readonly byImports: Readonly<Record<Imports['moved'], Step>>;
}

/** What a look leads to: never to storing what has not been read yet. */
export type NextStep = Exclude<Step, { kind: 'store' }> | ReadAccounts;

/** Everything a decision depends on, besides what the look saw. */
export interface Situation {
  readonly claim: RunningClaim;
  readonly state: LookState;
  readonly policy: Policy;
  readonly now: Instant;
  /** In [0, 1), for jitter. */
  readonly random: number;
  /** Whether a job of ours was seen to move the imports of this member's accounts. */
  readonly importsMove: boolean;
  /** MX has asked for no request for a job of this member before this. */
  readonly startNotBefore: Instant | null;
  /** What looks at a running job are planned by. */
  readonly plan: LookPlan;
}

/** A situation in which a POST was sent. */
interface StartedSituation extends Situation {
  readonly start: SentStart;
  /** The newest job that this look saw, and since when looks have seen it. */
  readonly newestJob: SeenJob;
  /** What MX asks a user who is present. */
  readonly asked: readonly Challenge[];
}

/**
 * The next step of a running refresh after one look.
 *
 * @example
 * ```ts
 * import { claim, member, newJob, plan, policy } from '../../docs/generate/sample-refresh.ts';
 * import { decide, firstLookState } from './decision.ts';
 *
 * const now = '2026-11-21T12:00:10.000Z';
 * const known = { importsMove: false, startNotBefore: null, plan };
 * const situation = { claim: claim({ flagSeen: true }), state: firstLookState, policy, now, random: 0, ...known };
 * const running = member({ ...newJob, isBeingAggregated: true });
 * console.log(decide(situation, { kind: 'member', member: running, challenges: [] }).kind); // look
 * const over = member({ ...newJob, isBeingAggregated: false });
 * console.log(decide(situation, { kind: 'member', member: over, challenges: [] }).kind); // read_accounts
 * ```
 */
export function decide(situation: Situation, observation: Observation): NextStep {
  if (observation.kind === 'failure') return afterFailedLook(situation, observation.failure);
  const { member, challenges } = observation;
  const step = afterLook(situation, member, challenges);
  if (step.kind !== 'start') return step;
  // The member may need its user since the refresh was accepted.
  const needed = situation.claim.trigger !== 'http' ? neededUserAction(member) : null;
  return needed === null ? startOnceAllowed(situation, member) : end(endingWith(member, needed, challenges));
}

/** A start, not before the time that MX's `Retry-After` has named. The looks until then may see that none is needed. */
function startOnceAllowed(situation: Situation, member: MxMember): NextStep {
  const { claim, startNotBefore, policy, now } = situation;
  if (startNotBefore === null || now >= startNotBefore) return { kind: 'start' };
  if (startNotBefore >= claim.deadline) return end(refusedUntilTooLate(claim.start, member));
  const wanted = Math.min(secondsBetween(now, startNotBefore), policy.maxLookGapSeconds);
  const inSeconds = Math.ceil(Math.max(wanted, policy.minLookGapSeconds));
  return { kind: 'look', inSeconds, state: { ...firstLookState, newestJob: newestJobIn(situation, member) } };
}

/** What is known of the newest POST says why nothing was started. */
function refusedUntilTooLate(start: Start, member: MxMember): Ending {
  if (start.state === 'unknown') return noEvidence(start, member);
  return endingWith(member, start.state === 'conflict' ? 'mx_conflict' : 'mx_rate_limited');
}

/** What the user has to do before any login may be tried without them; null when nothing. */
export function neededUserAction(member: MxMember): OutcomeCode | null {
  const rule = ruleFor(member.connectionStatus);
  if (rule.holdsBackUnattended) return rule.end;
  return member.needsUpdatedCredentials ? 'needs_updated_credentials' : null;
}

/** 1: MX did not answer. */
export function afterFailedLook(situation: Situation, failure: Failure): Exclude<Step, { kind: 'store' }> {
  const { claim, state, policy, now, random } = situation;
  // MX may answer 404 right after a create (MX facts 2.1), and a wrong environment makes every member unknown.
  const missing = failure.code === 'mx_not_found' ? (state.missingSince ?? now) : null;
  const isBelieved = missing === null || isBelievedMissing(missing, now);
  if (failure.fate !== 'try-again' && isBelieved) return end(endingByFailure(failure));
  if (isOver(situation)) return end(lateBecauseOf(failure));
  const failedLooks = state.failedLooks + 1;
  const { retryAfterSeconds } = failure.details;
  const failed = { failures: failedLooks, retryAfterSeconds, now, deadline: claim.deadline, random };
  return {
    kind: 'look',
    inSeconds: secondsAfterFailure(failed, policy),
    state: { ...state, failedLooks, unconfirmedEnd: null, missingSince: missing },
  };
}

function afterLook(situation: Situation, member: MxMember, challenges: readonly Challenge[]): NextStep {
  const { claim } = situation;
  const rule = ruleFor(member.connectionStatus);

  // 2: no POST was sent yet.
  if (claim.start.state === 'none') return isOver(situation) ? end(atDeadline(claim, member)) : { kind: 'start' };
  const started: StartedSituation = {
    ...situation,
    start: claim.start,
    newestJob: newestJobIn(situation, member),
    asked: claim.userPresent ? challenges : [],
  };

  // 3: MX waits for the user.
  if (rule.asksUser && member.isBeingAggregated) {
    return whileUserIsAsked(started, member, challenges);
  }

  // 4: a job runs.
  if (member.isBeingAggregated) return whileRunning(started, member);

  // 5: MX refused ours.
  const { state } = claim.start;
  if (state === 'conflict' || state === 'rate_limited') return afterRefusal(started, member);

  const proof = proofIn(claim, member);
  // 6: nothing shows that ours ran.
  if (proof === 'none') return withoutProof(started, member);
  // 7: it ran, and MX shows success.
  if (rule.whenOver === 'store') return afterSuccess(started, member, proof);
  // 8: it ran, and MX is between two states.
  if (rule.whenOver === 'wait') return betweenStates(started, member);
  // 9: it ran, and MX shows an error.
  return endOnceBelieved(started, member, challenges, proof);
}

/**
 * 3. The flag stays true while MX waits: waiting for `false` would last until MX expires the question (MX facts 0.5).
 * The status may be left from the last job, and the questions may come after it: if the baseline had the status, or MX
 * shows no question, two looks have to see it.
 */
function whileUserIsAsked(situation: StartedSituation, member: MxMember, challenges: readonly Challenge[]): NextStep {
  const { claim, state } = situation;
  const wasAskedBefore = claim.baseline !== null && ruleFor(claim.baseline.connectionStatus).asksUser === true;
  const isBelieved = (!wasAskedBefore && challenges.length > 0) || state.unconfirmedEnd === 'challenged';
  if ((isBelieved && !claim.userPresent) || isOver(situation)) {
    return end(endingByStatus(ruleFor(member.connectionStatus), member, challenges));
  }
  return lookAgain(situation, 'challenged');
}

/** 4. */
function whileRunning(situation: StartedSituation, member: MxMember): NextStep {
  const { claim, start } = situation;
  const { baseline } = claim;
  const oursSucceeded =
    baseline !== null && anotherJobFollowed(start, baseline, member) && succeededSince(baseline, member);
  if (oursSucceeded) return storeAnyway;
  if (isOver(situation)) return end(atDeadline(claim, member));
  const { plan, policy, now, newestJob } = situation;
  const job = { startedAt: start.at, deadline: claim.deadline };
  const inSeconds = secondsToLookAgain(plan, job, now, policy);
  return { kind: 'look', inSeconds, state: { ...firstLookState, newestJob, runningAt: claim.lookedAt } };
}

/** 5. What was read cannot get older: what another job brought since the baseline is newer data (409, MX facts 2.1). */
function afterRefusal(situation: StartedSituation, member: MxMember): NextStep {
  const { claim, start, asked } = situation;
  const broughtByOther = claim.baseline !== null && succeededSince(claim.baseline, member);
  if (broughtByOther && ruleFor(member.connectionStatus).whenOver === 'store') return storeAnyway;
  if (isOver(situation)) return end(atDeadline(claim, member, asked));
  if (start.count < MAX_STARTS) return { kind: 'start' };
  return end(endingWith(member, start.state === 'conflict' ? 'mx_conflict' : 'mx_rate_limited'));
}

/** 6. All accounts are asked for, because they arrive one by one (MX facts 3.4): some may be what another job began. */
function withoutProof(situation: StartedSituation, member: MxMember): NextStep {
  const { start } = situation;
  if (inGrace(situation)) return lookAgain(situation);
  const mayStart = start.state === 'unknown' && start.count < MAX_STARTS && !isOver(situation);
  if (mayStart) return { kind: 'start' };
  const unproven = end(noEvidence(start, member));
  const mayBeStored = start.state !== 'unknown' || isOver(situation);
  if (!mayBeStored || ruleFor(member.connectionStatus).whenOver !== 'store') return unproven;
  return { kind: 'read_accounts', byImports: { all: store, some: unproven, none: unproven, not_judged: unproven } };
}

/** 7. */
function afterSuccess(situation: StartedSituation, member: MxMember, proof: 'started' | 'ended'): NextStep {
  const { baseline } = situation.claim;
  if (baseline !== null && succeededSince(baseline, member)) return storeAnyway;
  const { importsMove } = situation;
  if (proof === 'ended') {
    const none = importsMove ? endOnceUnmoved(situation, member) : store;
    return { kind: 'read_accounts', byImports: { all: store, some: store, none, not_judged: store } };
  }
  // A lagging flag shows the same. The end is proven by imports of all accounts, or an idle member after the grace period.
  const wait = isOver(situation) ? end(atDeadline(situation.claim, member)) : lookAgain(situation);
  const afterGrace = hasGraceLeft(situation, seenSince(situation)) ? wait : store;
  // Imports that are known to move and did not speak against an end: the flag lags behind a job that still runs.
  const none = importsMove ? untilDeadline(situation, member) : afterGrace;
  return { kind: 'read_accounts', byImports: { all: store, some: afterGrace, none, not_judged: afterGrace } };
}

/** 7: the job is over, as far as the flag says, and has brought nothing. Two more looks give imports time to arrive. */
function endOnceUnmoved(situation: StartedSituation, member: MxMember): Step {
  const { unconfirmedEnd } = situation.state;
  if (isOver(situation) || unconfirmedEnd === 'nothing_imported_again') return nothingImported(member);
  return lookAgain(situation, unconfirmedEnd === 'nothing_imported' ? 'nothing_imported_again' : 'nothing_imported');
}

/** 7: nothing shows that the job is over. */
const untilDeadline = (situation: StartedSituation, member: MxMember): Step =>
  isOver(situation) ? nothingImported(member) : lookAgain(situation);

const nothingImported = (member: MxMember): Step => end(endingWith(member, 'nothing_imported'));

const store = { kind: 'store' } as const;

/** The job's end is proven by more than imports: they only say which accounts it left behind. */
const storeAnyway: ReadAccounts = {
  kind: 'read_accounts',
  byImports: { all: store, some: store, none: store, not_judged: store },
};

/** 8. CREATED, UPDATED, RESUMED, PENDING, null: neither running nor over. */
function betweenStates(situation: StartedSituation, member: MxMember): NextStep {
  const rule = ruleFor(member.connectionStatus);
  if (isOver(situation)) return end(atDeadline(situation.claim, member));
  if (inGrace(situation)) return lookAgain(situation);
  if (member.connectionStatus === null) return end(endingByStatus(rule, member, []));
  if (rule.startOnceMore && mayStartOnceMore(situation.start)) return { kind: 'start' };
  return lookAgain(situation);
}

/** 9. MX's own widget believes an error when it is seen twice in a row or with an error code (MX facts 3.2). */
function endOnceBelieved(
  situation: StartedSituation,
  member: MxMember,
  challenges: readonly Challenge[],
  proof: 'started' | 'ended',
): NextStep {
  const { claim, start, state } = situation;
  const rule = ruleFor(member.connectionStatus);
  if (rule.startOnceMore && mayStartOnceMore(start) && !isOver(situation)) return { kind: 'start' };
  // A question is no error: a code beside it is what the last job left behind.
  const code = rule.asksUser ? null : (member.error?.code ?? null);
  const seen = `${member.connectionStatus}/${code ?? ''}`;
  const isSeenTwice = state.unconfirmedEnd === seen;
  // Started but not proven to have ended, with the status of before: that is what the last job left behind.
  const isBelieved =
    proof === 'ended'
      ? isSeenTwice || code !== null || isOver(situation)
      : isSeenTwice && !hasGraceLeft(situation, seenSince(situation));
  if (isBelieved) {
    const byCode = memberErrorEnd(code);
    return end(byCode ? endingWith(member, byCode.end, challenges) : endingByStatus(rule, member, challenges));
  }
  if (isOver(situation)) return end(atDeadline(claim, member, situation.asked));
  return lookAgain(situation, seen);
}

/** Whether a status that asks for one more job gets it. A refresh that follows a job of before has no POST of its own. */
const mayStartOnceMore = ({ state, count }: SentStart): boolean => state !== 'attached' && count < 2;

const isOver = ({ claim, now }: Situation): boolean => now >= claim.deadline;

/** Whether it is too early to conclude anything from seeing nothing. At the deadline there is no more time for that. */
const inGrace = (situation: StartedSituation): boolean =>
  !isOver(situation) && hasGraceLeft(situation, situation.start.at);

/** Whether too little time has passed, or too few looks were taken, to take what looks over for over. */
const hasGraceLeft = ({ claim, start, policy, now }: StartedSituation, since: Instant): boolean =>
  secondsBetween(since, now) < policy.graceSeconds || claim.lookNumber - start.lookNumber < policy.graceLooks;

/**
 * A job that has only just begun, ours or one of MX's own, has its own grace period. It counts from the look that first
 * saw that job: when it began is told by MX's clock only.
 */
const seenSince = ({ start, newestJob }: StartedSituation): Instant =>
  newestJob.seenAt > start.at ? newestJob.seenAt : start.at;

/** The job that `member` shows, seen now unless an earlier look has seen it. */
function newestJobIn({ state, now }: Situation, { mostRecentJobGuid, aggregatedAt }: MxMember): SeenJob {
  const job = { jobGuid: mostRecentJobGuid, aggregatedAt };
  return state.newestJob !== null && isSameJob(state.newestJob, job) ? state.newestJob : { ...job, seenAt: now };
}

type ShownJob = Omit<SeenJob, 'seenAt'>;

const isSameJob = (a: ShownJob, b: ShownJob): boolean => a.jobGuid === b.jobGuid && a.aggregatedAt === b.aggregatedAt;

/** @param unconfirmedEnd what only waits for its confirmation: the job itself is not expected to go on. */
function lookAgain(
  { claim, start, state, newestJob, policy, now }: StartedSituation,
  unconfirmedEnd: string | null = null,
): Extract<Step, { kind: 'look' }> {
  const inSeconds =
    unconfirmedEnd === null ? secondsToNextLook(start.at, now, claim.deadline, policy) : policy.minLookGapSeconds;
  return {
    kind: 'look',
    inSeconds,
    state: { ...firstLookState, unconfirmedEnd, newestJob, runningAt: state.runningAt },
  };
}

const end = (ending: Ending): Extract<Step, { kind: 'end' }> => ({ kind: 'end', ending });

/** What a POST that was not answered with 202 means for the refresh. */
export type RefusedStart =
  | { readonly kind: 'state'; readonly state: 'unknown' | 'conflict' | 'rate_limited' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** Maps the failure of a POST (MX facts 2.1). Only a definite refusal gives the allowance back. */
export function afterRefusedStart(failure: Failure): RefusedStart {
  if (failure.code === 'mx_conflict') return { kind: 'state', state: 'conflict' };
  if (failure.code === 'mx_rate_limited') return { kind: 'state', state: 'rate_limited' };
  // The member was read just before. If it is gone, the looks find that for a minute.
  if (failure.code === 'mx_not_found') return { kind: 'state', state: 'unknown' };
  // 5xx, a timeout, an answer that cannot be read: the job may or may not have started.
  if (failure.fate === 'try-again') return { kind: 'state', state: 'unknown' };
  return { kind: 'end', ending: endingByFailure(failure) };
}
