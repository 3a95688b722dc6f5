/**
 * The decision: what to do with a running refresh, from what one look at MX saw. One pure function; all traps of MX are
 * dealt with here. The branches are numbered as in `afterLook` and the functions that it calls; the first that fits
 * counts.
 *
 *     situation                                                         step
 *  1  MX did not answer                                                 look again, at growing distances
 *       404 twice in a row, or a failure that no retry repairs          end, by that failure
 *  2  no POST was sent yet                                              start
 *  3  MX waits for the user, and shows its questions                    end, as action_required
 *       its user is present                                             look again
 *       it waited before our POST already, and this is the first look   look again
 *  4  a job runs                                                        look again
 *       ours ended well, and this one followed it                       store
 *  5  no job runs, and MX refused ours (409, 429)                       start again
 *       another job has brought newer data since                       store
 *       after the last start                                            end, as not_refreshed
 *  6  no job runs, and nothing shows that ours did                      look again, within the grace period
 *       after it, and MX had answered 202                               store if accounts were imported since, else end,
 *                                                                       as not_refreshed
 *       after it, and the POST's result is unknown                      start again
 *  7  ours ran, and MX shows `CONNECTED`                                store
 *       only its start is proven                                        store if accounts were imported since or the
 *                                                                       grace period is over, else look again
 *  8  ours ran, and MX shows a status between two states                look again, or start once more
 *  9  ours ran, and MX shows an error                                   look again; end when it is believed
 *
 * At the deadline no branch looks or starts again: where 3, 5, 6, 7 and 9 can end or store as above, they do; all else
 * ends as `atDeadline` says. An unattended refresh ends instead of starting when its user has to act first (invariant 6).
 */
import { atDeadline, type Ending, endingByFailure, endingByStatus, endingWith, noEvidence } from './ending.ts';
import { anotherJobFollowed, proofIn, succeededSince } from './evidence.ts';
import type { Failure } from './failure.ts';
import { type Instant, secondsBetween } from './instant.ts';
import { secondsAfterFailure, secondsToNextLook } from './look-times.ts';
import type { Challenge, MxMember } from './mx.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { RunningClaim, SentStart } from './refresh.ts';
import { memberErrorEnds, ruleFor } from './statuses.ts';

/** The most POSTs one refresh sends: the first, one after an unknown result or a conflict, and one more. */
export const MAX_STARTS = 3;

/** What one look saw. */
export type Observation =
  | { readonly kind: 'member'; readonly member: MxMember; readonly challenges: readonly Challenge[] }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** What one follow-up message tells the next look, because no table holds it. */
export interface LookState {
  /** Looks in a row that MX did not answer. */
  readonly failedLooks: number;
  /** An end that the last look saw, and that counts when the next one sees it too. */
  readonly unconfirmedEnd: string | null;
}

/** Before the first look, and after a message that says nothing. */
export const firstLookState: LookState = { failedLooks: 0, unconfirmedEnd: null };

/** What to do next. */
export type Step =
  | { readonly kind: 'look'; readonly inSeconds: number; readonly state: LookState }
  | { readonly kind: 'start' }
  | { readonly kind: 'store' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** Read the accounts: whether all were imported after the POST (MX facts 3.3, point 6) decides between two steps. */
export interface CheckImports {
  readonly kind: 'check_imports';
  readonly ifImported: Step;
  readonly ifNot: Step;
}

/** Everything a decision depends on, besides what the look saw. */
export interface Situation {
  readonly claim: RunningClaim;
  readonly state: LookState;
  readonly policy: Policy;
  readonly now: Instant;
  /** In [0, 1), for jitter. */
  readonly random: number;
}

/** A situation in which a POST was sent. */
interface StartedSituation extends Situation {
  readonly start: SentStart;
}

/** The next step of a running refresh after one look. */
export function decide(situation: Situation, observation: Observation): Step | CheckImports {
  if (observation.kind === 'failure') return afterFailedLook(situation, observation.failure);
  const { member, challenges } = observation;
  const step = afterLook(situation, member, challenges);
  // The user's attention may have become necessary since the refresh was accepted.
  const needed = step.kind === 'start' && situation.claim.trigger !== 'http' ? neededUserAction(member) : null;
  return needed === null ? step : end(endingWith(member, needed, challenges));
}

/** What the user has to do before any login may be tried without them; null when nothing. */
export function neededUserAction(member: MxMember): OutcomeCode | null {
  const rule = ruleFor(member.connectionStatus);
  if (rule.holdsBackUnattended) return rule.end;
  return member.needsUpdatedCredentials ? 'needs_updated_credentials' : null;
}

/** 1: MX did not answer. */
export function afterFailedLook(situation: Situation, failure: Failure): Step {
  const { claim, state, policy, now, random } = situation;
  // Right after a create MX may answer 404 for half a second (MX facts 2.1): believed the second time.
  const isFirst404 = failure.code === 'mx_not_found' && state.unconfirmedEnd !== 'not_found';
  if (failure.fate !== 'try-again' && !isFirst404) return end(endingByFailure(failure));
  if (isOver(situation)) return end(atDeadline(claim));
  const failedLooks = state.failedLooks + 1;
  const { retryAfterSeconds } = failure.details;
  const failed = { failures: failedLooks, retryAfterSeconds, now, deadline: claim.deadline, random };
  return {
    kind: 'look',
    inSeconds: secondsAfterFailure(failed, policy),
    state: { failedLooks, unconfirmedEnd: isFirst404 ? 'not_found' : null },
  };
}

function afterLook(situation: Situation, member: MxMember, challenges: readonly Challenge[]): Step | CheckImports {
  const { claim } = situation;
  const rule = ruleFor(member.connectionStatus);

  // 2: no POST was sent yet.
  if (claim.start.state === 'none') return isOver(situation) ? end(atDeadline(claim, member)) : { kind: 'start' };
  const started: StartedSituation = { ...situation, start: claim.start };

  // 3: MX waits for the user.
  if (rule.asksUser && member.isBeingAggregated && challenges.length > 0) {
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
  if (rule.whenOver === 'store') return proof === 'ended' ? { kind: 'store' } : storeOnceProven(started, member);
  // 8: it ran, and MX is between two states.
  if (rule.whenOver === 'wait') return betweenStates(started, member);
  // 9: it ran, and MX shows an error.
  return endOnceBelieved(started, member, challenges, proof);
}

/**
 * 3. The flag stays true while MX waits: waiting for `false` would last until MX expires the question (MX fact 5).
 * The status may be left from the last job: if the baseline had it, two looks have to see it.
 */
function whileUserIsAsked(situation: StartedSituation, member: MxMember, challenges: readonly Challenge[]): Step {
  const { claim, state } = situation;
  const wasAskedBefore = claim.baseline !== null && ruleFor(claim.baseline.connectionStatus).asksUser === true;
  const isBelieved = !wasAskedBefore || state.unconfirmedEnd === 'challenged';
  if ((isBelieved && !claim.userPresent) || isOver(situation)) {
    return end(endingByStatus(ruleFor(member.connectionStatus), member, challenges));
  }
  return lookAgain(situation, 'challenged');
}

/** 4. */
function whileRunning(situation: StartedSituation, member: MxMember): Step {
  const { claim, start } = situation;
  const { baseline } = claim;
  const oursSucceeded =
    baseline !== null && anotherJobFollowed(start, baseline, member) && succeededSince(baseline, member);
  if (oursSucceeded) return { kind: 'store' };
  return isOver(situation) ? end(atDeadline(claim, member)) : lookAgain(situation);
}

/** 5. What was read cannot get older: what another job brought since the baseline is newer data (409, MX facts 2.1). */
function afterRefusal(situation: StartedSituation, member: MxMember): Step {
  const { claim, start } = situation;
  const broughtByOther = claim.baseline !== null && succeededSince(claim.baseline, member);
  if (broughtByOther && ruleFor(member.connectionStatus).whenOver === 'store') return { kind: 'store' };
  if (isOver(situation)) return end(atDeadline(claim, member));
  if (start.count < MAX_STARTS) return { kind: 'start' };
  return end(endingWith(member, start.state === 'conflict' ? 'mx_conflict' : 'mx_rate_limited'));
}

/** 6. */
function withoutProof(situation: StartedSituation, member: MxMember): Step | CheckImports {
  const { start } = situation;
  if (inGrace(situation)) return lookAgain(situation);
  const mayStart = start.state === 'unknown' && start.count < MAX_STARTS && !isOver(situation);
  if (mayStart) return { kind: 'start' };
  const unproven = end(noEvidence(member));
  const mayBeStored = start.state === 'accepted' || isOver(situation);
  return mayBeStored && ruleFor(member.connectionStatus).whenOver === 'store'
    ? { kind: 'check_imports', ifImported: { kind: 'store' }, ifNot: unproven }
    : unproven;
}

/** 7. A lagging flag looks just like this. New imports prove the end; so does an idle member after the grace period. */
function storeOnceProven(situation: StartedSituation, member: MxMember): CheckImports {
  const wait = isOver(situation) ? end(atDeadline(situation.claim, member)) : lookAgain(situation);
  const ifNot: Step = hasGraceLeft(situation, member) ? wait : { kind: 'store' };
  return { kind: 'check_imports', ifImported: { kind: 'store' }, ifNot };
}

/** 8. CREATED, UPDATED, RESUMED, PENDING, null: neither running nor over. */
function betweenStates(situation: StartedSituation, member: MxMember): Step {
  const rule = ruleFor(member.connectionStatus);
  if (isOver(situation)) return end(atDeadline(situation.claim, member));
  if (inGrace(situation)) return lookAgain(situation);
  if (member.connectionStatus === null) return end(endingByStatus(rule, member, []));
  if (rule.startOnceMore && situation.start.count < 2) return { kind: 'start' };
  return lookAgain(situation);
}

/** 9. MX's own widget believes an error when it is seen twice in a row or with an error code (MX facts 3.2). */
function endOnceBelieved(
  situation: StartedSituation,
  member: MxMember,
  challenges: readonly Challenge[],
  proof: 'started' | 'ended',
): Step {
  const { claim, start, state } = situation;
  const rule = ruleFor(member.connectionStatus);
  if (rule.startOnceMore && start.count < 2 && !isOver(situation)) return { kind: 'start' };
  // A question is no error: a code beside it is what the last job left behind.
  const code = rule.asksUser ? null : (member.error?.code ?? null);
  const seen = `${member.connectionStatus}/${code ?? ''}`;
  const isSeenTwice = state.unconfirmedEnd === seen;
  // Started but not proven to have ended, with the status of before: that is what the last job left behind.
  const isBelieved =
    proof === 'ended'
      ? isSeenTwice || code !== null || isOver(situation)
      : isSeenTwice && !hasGraceLeft(situation, member);
  if (isBelieved) {
    const byCode = code === null ? undefined : memberErrorEnds[code];
    return end(byCode ? endingWith(member, byCode.end, challenges) : endingByStatus(rule, member, challenges));
  }
  if (isOver(situation)) return end(atDeadline(claim, member));
  return lookAgain(situation, seen);
}

const isOver = ({ claim, now }: Situation): boolean => now >= claim.deadline;

/** Whether it is too early to conclude anything from seeing nothing. At the deadline there is no more time for that. */
const inGrace = (situation: StartedSituation): boolean => !isOver(situation) && hasGraceLeft(situation, null);

/**
 * Whether too little time has passed, or too few looks were taken, to take what looks over for over.
 *
 * @param member with `started` proven: a job that has only just begun, ours or one of MX's own, has its own grace period.
 */
function hasGraceLeft({ claim, start, policy, now }: StartedSituation, member: MxMember | null): boolean {
  const { at, lookNumber } = start;
  const began = member?.aggregatedAt != null && member.aggregatedAt > at ? member.aggregatedAt : at;
  return secondsBetween(began, now) < policy.graceSeconds || claim.lookNumber - lookNumber < policy.graceLooks;
}

/** @param unconfirmedEnd what only waits for its confirmation: the job itself is not expected to go on. */
function lookAgain({ claim, start, policy, now }: StartedSituation, unconfirmedEnd: string | null = null): Step {
  const inSeconds =
    unconfirmedEnd === null ? secondsToNextLook(start.at, now, claim.deadline, policy) : policy.minLookGapSeconds;
  return { kind: 'look', inSeconds, state: { failedLooks: 0, unconfirmedEnd } };
}

const end = (ending: Ending): Step => ({ kind: 'end', ending });

/** What a POST that was not answered with 202 means for the refresh. */
export type RefusedStart =
  | { readonly kind: 'state'; readonly state: 'unknown' | 'conflict' | 'rate_limited' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** Maps the failure of a POST (MX facts 2.1). Only a definite refusal gives the allowance back. */
export function afterRefusedStart(failure: Failure): RefusedStart {
  if (failure.code === 'mx_conflict') return { kind: 'state', state: 'conflict' };
  if (failure.code === 'mx_rate_limited') return { kind: 'state', state: 'rate_limited' };
  // 5xx, a timeout, an answer that cannot be read: the job may or may not have started.
  if (failure.fate === 'try-again') return { kind: 'state', state: 'unknown' };
  return { kind: 'end', ending: endingByFailure(failure) };
}
