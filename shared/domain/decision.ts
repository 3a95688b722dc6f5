/** The decision: what to do with a refresh, from what MX says. One pure function; all traps of MX are dealt with here. */

import { atDeadline, type Ending, endingByFailure, endingByStatus, endingWith, noEvidence } from './ending.ts';
import { anotherJobFollowed, proofIn, succeededSince } from './evidence.ts';
import type { Failure } from './failure.ts';
import { type Instant, secondsBetween } from './instant.ts';
import { secondsAfterFailure, secondsToNextLook } from './look-times.ts';
import type { Challenge, MxMember } from './mx.ts';
import type { OutcomeCode } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Claim } from './refresh.ts';
import { memberErrorEnds, ruleFor } from './statuses.ts';

/** The most POSTs one refresh sends: the first, one after an unknown result or a conflict, and one more. */
export const MAX_STARTS = 3;

/** What one look saw. */
export type Observation =
  | {
      readonly kind: 'member';
      readonly member: MxMember;
      readonly challenges: readonly Challenge[];
      /** Whether the accounts were imported after the POST (MX facts 3.3, point 6); asked for only when it matters. */
      readonly imported: 'not_checked' | 'since_start' | 'not_since_start';
    }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** What the chain of follow-ups carries from look to look, in the message itself. */
export interface LookMemory {
  /** Looks in a row that MX did not answer. */
  readonly failures: number;
  /** An end that the last look saw and that is believed when the next one sees it too. */
  readonly candidate: string | null;
}

/** A chain's memory at its start, or after a message that carries none. */
export const noMemory: LookMemory = { failures: 0, candidate: null };

/** What to do next. */
export type NextStep =
  | { readonly kind: 'look'; readonly inSeconds: number; readonly memory: LookMemory }
  | { readonly kind: 'start' }
  /** Read the accounts, compare `imported_at` with the POST, and decide again. */
  | { readonly kind: 'check_imports' }
  | { readonly kind: 'store' }
  | { readonly kind: 'end'; readonly ending: Ending };

/** Everything a decision depends on. */
export interface Situation {
  readonly claim: Claim;
  readonly memory: LookMemory;
  readonly policy: Policy;
  readonly now: Instant;
  /** In [0, 1), for jitter. */
  readonly random: number;
}

/** The next step of the refresh `situation.claim`, phase `running`, after one look. */
export function decide(situation: Situation, observation: Observation): NextStep {
  if (observation.kind === 'failure') return afterFailedLook(situation, observation.failure);
  const { member, challenges, imported } = observation;
  const step = afterLook(situation, member, challenges, imported);
  // Whichever way led to a start: without anybody there, none may try to log in for a member that needs its user. The
  // user's attention may have become necessary since the refresh was accepted (invariant 6).
  const waitsFor = step.kind === 'start' && situation.claim.trigger !== 'http' ? neededUserAction(member) : null;
  return waitsFor === null ? step : end(endingWith(member, waitsFor, challenges));
}

/** What the user has to do before any login may be tried without them; null when nothing. */
export function neededUserAction(member: MxMember): OutcomeCode | null {
  const rule = ruleFor(member.connectionStatus);
  if (rule.holdsBackUnattended) return rule.end;
  return member.needsUpdatedCredentials ? 'needs_updated_credentials' : null;
}

function afterLook(
  situation: Situation,
  member: MxMember,
  challenges: readonly Challenge[],
  imported: 'not_checked' | 'since_start' | 'not_since_start',
): NextStep {
  const { claim } = situation;
  const rule = ruleFor(member.connectionStatus);

  if (claim.start.state === 'none') {
    if (isOver(situation)) return end(atDeadline(claim, member));
    return { kind: 'start' };
  }

  // MX waits for the user, and the flag stays true meanwhile: waiting for `false` would hang until MX expires the
  // challenge (MX fact 5). The value can be the last job's, so one that was there before is believed the second time.
  if (member.connectionStatus === 'CHALLENGED' && member.isBeingAggregated && challenges.length > 0) {
    const news = claim.baseline?.connectionStatus !== 'CHALLENGED' || situation.memory.candidate === 'challenged';
    if ((news && !claim.userPresent) || isOver(situation)) return end(endingByStatus(rule, member, challenges));
    return lookAgain(situation, 'challenged');
  }

  if (member.isBeingAggregated) {
    const oursSucceeded =
      claim.baseline !== null && anotherJobFollowed(claim, member) && succeededSince(claim.baseline, member);
    if (oursSucceeded) return { kind: 'store' };
    return isOver(situation) ? end(atDeadline(claim, member)) : lookAgain(situation, null);
  }

  // What was read cannot get older: data that another job brought since the baseline is newer data (409, MX facts 2.1).
  const conflicting = claim.start.state === 'conflict' || claim.start.state === 'rate_limited';
  const proof = proofIn(claim, member);
  if (conflicting) {
    const broughtByOther = claim.baseline !== null && succeededSince(claim.baseline, member);
    if (broughtByOther && rule.whenOver === 'store') return { kind: 'store' };
    if (isOver(situation)) return end(atDeadline(claim, member));
    return startAgain(situation, member);
  }

  if (proof === 'none') {
    if (inGrace(situation)) return lookAgain(situation, null);
    if (isOver(situation) || claim.start.state === 'accepted') {
      if (rule.whenOver === 'store' && imported === 'not_checked') return { kind: 'check_imports' };
      if (rule.whenOver === 'store' && imported === 'since_start') return { kind: 'store' };
      return end(noEvidence(member));
    }
    return startAgain(situation, member);
  }

  if (rule.whenOver === 'store') return storeOnceProven(situation, member, proof, imported);
  if (rule.whenOver === 'wait') return waitBetweenStates(situation, member);
  return endOnceBelieved(situation, member, challenges, proof);
}

/** `CONNECTED`, idle, and a job of ours was started: is what MX shows its end? */
function storeOnceProven(
  situation: Situation,
  member: MxMember,
  proof: 'started' | 'ended',
  imported: 'not_checked' | 'since_start' | 'not_since_start',
): NextStep {
  if (proof === 'ended' || imported === 'since_start') return { kind: 'store' };
  // A lagging flag looks just like this. New imports prove the end; so does an idle member after the grace period.
  if (imported === 'not_checked') return { kind: 'check_imports' };
  if (hasGraceLeft(situation, member))
    return isOver(situation) ? end(atDeadline(situation.claim, member)) : lookAgain(situation, null);
  return { kind: 'store' };
}

/** CREATED, UPDATED, RESUMED, PENDING, null: neither running nor over. */
function waitBetweenStates(situation: Situation, member: MxMember): NextStep {
  const rule = ruleFor(member.connectionStatus);
  if (isOver(situation)) return end(atDeadline(situation.claim, member));
  if (inGrace(situation)) return lookAgain(situation, null);
  if (member.connectionStatus === null) return end(endingByStatus(rule, member, []));
  if (rule.startOnceMore && situation.claim.start.count < 2) return { kind: 'start' };
  return lookAgain(situation, null);
}

/** An error status, idle. MX's own widget believes it when seen twice in a row or with an error code (MX facts 3.2). */
function endOnceBelieved(
  situation: Situation,
  member: MxMember,
  challenges: readonly Challenge[],
  proof: 'started' | 'ended',
): NextStep {
  const { claim, memory } = situation;
  const rule = ruleFor(member.connectionStatus);
  if (rule.startOnceMore && claim.start.count < 2 && !isOver(situation)) return { kind: 'start' };
  // A question is no error: a code beside it is what the last job left behind.
  const code = member.connectionStatus === 'CHALLENGED' ? null : (member.error?.code ?? null);
  const candidate = `${member.connectionStatus}/${code ?? ''}`;
  const seenTwice = memory.candidate === candidate;
  // Started but not proven to have ended, with the status of before: that is what the last job left behind.
  const believed =
    proof === 'ended' ? seenTwice || code !== null || isOver(situation) : seenTwice && !hasGraceLeft(situation, member);
  if (believed) {
    const byCode = code === null ? undefined : memberErrorEnds[code];
    return end(byCode ? endingWith(member, byCode.end, challenges) : endingByStatus(rule, member, challenges));
  }
  if (isOver(situation)) return end(atDeadline(claim, member));
  return lookAgain(situation, candidate);
}

function startAgain(situation: Situation, member: MxMember): NextStep {
  const { claim } = situation;
  if (claim.start.count < MAX_STARTS) return { kind: 'start' };
  if (claim.start.state === 'conflict') return end(endingWith(member, 'mx_conflict'));
  if (claim.start.state === 'rate_limited') return end(endingWith(member, 'mx_rate_limited'));
  return end(noEvidence(member));
}

function afterFailedLook(situation: Situation, failure: Failure): NextStep {
  const { claim, memory, policy, now, random } = situation;
  // Right after a create MX may answer 404 for half a second (MX facts 2.1): believed the second time.
  const unseen = failure.code === 'mx_not_found' && memory.candidate !== 'not_found';
  if (failure.fate !== 'try-again' && !unseen) return end(endingByFailure(failure));
  if (isOver(situation)) return end(atDeadline(claim));
  return {
    kind: 'look',
    inSeconds: secondsAfterFailure(
      memory.failures + 1,
      failure.details.retryAfterSeconds,
      now,
      claim.deadline,
      policy,
      random,
    ),
    memory: { failures: memory.failures + 1, candidate: unseen ? 'not_found' : null },
  };
}

const isOver = ({ claim, now }: Situation): boolean => now >= claim.deadline;

/** Whether it is too early to conclude anything from seeing nothing. At the deadline there is no more time for that. */
const inGrace = (situation: Situation): boolean => !isOver(situation) && hasGraceLeft(situation, null);

/**
 * Whether too little time has passed, or too few looks were taken, to take what looks over for over.
 *
 * @param member with `started` proven: a job that has only just begun, ours or one of MX's own, has its own grace period.
 */
function hasGraceLeft({ claim, policy, now }: Situation, member: MxMember | null): boolean {
  const { at, look } = claim.start;
  const began = member?.aggregatedAt != null && member.aggregatedAt > (at ?? '') ? member.aggregatedAt : at;
  const since = began === null ? 0 : secondsBetween(began, now);
  return since < policy.graceSeconds || claim.look - look < policy.graceLooks;
}

function lookAgain({ claim, policy, now }: Situation, candidate: string | null): NextStep {
  // A candidate only waits for its confirmation; the job itself is not expected to go on.
  const inSeconds =
    candidate === null
      ? secondsToNextLook(claim.start.at ?? claim.acceptedAt, now, claim.deadline, policy)
      : policy.minLookGapSeconds;
  return { kind: 'look', inSeconds, memory: { failures: 0, candidate } };
}

const end = (ending: Ending): NextStep => ({ kind: 'end', ending });

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
