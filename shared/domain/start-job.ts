/** The POST that starts MX's job, and what is recorded before and after it. Used by the trigger and by follow-ups. */
import { afterRefusedStart } from './decision.ts';
import type { Ending } from './ending.ts';
import { jobBeganAt } from './evidence.ts';
import { asFailure, type Failure } from './failure.ts';
import { type Instant, plusSeconds } from './instant.ts';

import type { MemberIdentifiers, MemberKey, MxMember } from './mx.ts';
import type { RefreshDeps } from './ports.ts';
import type { RunningClaim, SentStart, Start, StartedClaim } from './refresh.ts';
import { type StartMark, startedAt } from './start-mark.ts';

/** The result of the POST. */
export type StartedJob =
  | { readonly kind: 'started'; readonly member: MxMember; readonly claim: StartedClaim }
  /** Result unknown, refused for now, or not sent in a pause: follow-ups find out, or start again. */
  | {
      readonly kind: 'open';
      readonly failure: Failure;
      readonly claim: RunningClaim;
      /** MX has asked for no other request before this. */
      readonly notBefore: Instant | null;
    }
  /** Refused for good. Nothing is recorded yet: the caller ends the refresh. */
  | {
      readonly kind: 'refused';
      readonly failure: Failure;
      readonly ending: Ending;
      readonly starts: readonly StartMark[];
    };

/** A job that is to be started. */
export interface JobToStart {
  readonly key: MemberKey;
  readonly identifiers: MemberIdentifiers;
  readonly claim: StartedClaim;
  /** What was known of the newest POST before this one. */
  readonly before: Start;
  /** The member's starts, with this one. */
  readonly starts: readonly StartMark[];
}

/**
 * Sends the POST for a claim whose start is already recorded as `unknown`, and records what came of it. Never repeated
 * here: after a crash or a timeout the next look compares with the baseline first. One that a pause has kept from being
 * sent is taken back, and counts for nothing.
 */
export async function startJob(
  deps: Pick<RefreshDeps, 'mx' | 'members' | 'now'>,
  { key, identifiers, claim, before, starts }: JobToStart,
): Promise<StartedJob> {
  try {
    const member = await deps.mx.checkBalance(identifiers);
    const start: SentStart = { ...claim.start, state: 'accepted', jobGuid: jobNamedBy(member, claim) };
    const flagSeen = claim.flagSeen || member.isBeingAggregated;
    const jobAggregatedAt = claim.jobAggregatedAt ?? jobBeganAt({ ...claim, start }, member);
    await deps.members.recordStart({ key, refreshId: claim.refreshId, start, flagSeen, jobAggregatedAt });
    return { kind: 'started', member, claim: { ...claim, start, flagSeen, jobAggregatedAt } };
  } catch (error) {
    const failure = asFailure(error);
    // Not MX's answer but a fault of ours, for example a write that failed: the result stays `unknown`, which is true.
    if (failure.fate === 'bug') throw error;
    const withoutThis = starts.filter((mark) => startedAt(mark) !== claim.start.at);
    if (failure.code === 'paused') {
      const { refreshId, start } = claim;
      await deps.members.takeBackStart({ key, refreshId, at: start.at, start: before, starts: withoutThis });
      return { kind: 'open', failure, claim: { ...claim, start: before }, notBefore: null };
    }
    const refused = afterRefusedStart(failure);
    if (refused.kind === 'end') return { kind: 'refused', failure, ending: refused.ending, starts: withoutThis };
    const start: SentStart = { ...claim.start, state: refused.state };
    const { retryAfterSeconds } = failure.details;
    const notBefore = retryAfterSeconds === undefined ? null : plusSeconds(deps.now(), retryAfterSeconds);
    if (refused.state !== 'unknown' || notBefore !== null) {
      const { refreshId, flagSeen } = claim;
      const counted = refused.state === 'unknown' ? null : withoutThis;
      const started = { key, refreshId, start, flagSeen, starts: counted, notBefore };
      if (!(await deps.members.recordStart(started)) && notBefore !== null)
        await deps.members.putOffStarts(key, notBefore);
    }
    return { kind: 'open', failure, claim: { ...claim, start }, notBefore };
  }
}

/** The 202 may show the job before ours (it may lag); only a guid that the baseline did not have, or a running one, is ours. */
function jobNamedBy(member: MxMember, claim: StartedClaim): string | null {
  const changed = member.mostRecentJobGuid !== claim.baseline?.mostRecentJobGuid;
  return changed || member.isBeingAggregated ? member.mostRecentJobGuid : null;
}
