/** A refresh that runs, as operators see it: how far it is, and whether it should have ended. Pure. */
import { type Instant, secondsBetween } from './instant.ts';
import type { MemberRecord } from './member.ts';
import { progressOf, type WaitReason } from './progress.ts';
import type { Claim, OpenClaim, Trigger } from './refresh.ts';

/** How far it is. In this order. */
export type OpenStep =
  /** No POST was sent yet. */
  | 'not_started'
  /** A POST was sent; nothing shows yet that MX has begun a job by it. */
  | 'requested'
  | 'job_runs'
  /** The job is over, and its accounts are being stored. */
  | 'storing'
  /** It has ended, which has yet to be told; the member is released after that. */
  | 'being_told';

/** A refresh that runs. */
export interface OpenRefresh {
  readonly refreshId: string;
  readonly userGuid: string;
  readonly memberGuid: string;
  /** MX's; null: not known. */
  readonly institutionCode: string | null;
  readonly trigger: Trigger;
  /** What the caller that began it calls it. */
  readonly correlationId: string | null;
  readonly since: Instant;
  readonly ageSeconds: number;
  readonly deadline: Instant;
  /** Past its deadline: the sweep ends it within a minute, unless it does not work. */
  readonly isStuck: boolean;
  readonly step: OpenStep;
  /** What it waits for besides its job; null: nothing else. */
  readonly waitsFor: WaitReason | null;
  /** How many looks at MX were taken, and when the last one was. */
  readonly looks: number;
  readonly lastLookAt: Instant | null;
  /** When the next one is, as far as it was announced: after a look that MX did not answer. */
  readonly nextLookAt: Instant | null;
  readonly userPresent: boolean;
}

/** The member's refresh that `claim` is, at `now`. */
export function openRefresh(
  { key, institutionCode }: Pick<MemberRecord, 'key' | 'institutionCode'>,
  claim: Claim,
  now: Instant,
): OpenRefresh {
  const { refreshId, trigger, correlationId, acceptedAt, deadline, lookNumber, lookedAt, userPresent } = claim;
  const progress = claim.phase === 'ended' ? null : progressOf(claim);
  return {
    refreshId,
    userGuid: key.userGuid,
    memberGuid: key.memberGuid,
    institutionCode,
    trigger,
    correlationId,
    since: acceptedAt,
    ageSeconds: Math.max(0, Math.floor(secondsBetween(acceptedAt, now))),
    deadline,
    isStuck: now >= deadline,
    step: claim.phase === 'ended' ? 'being_told' : stepOf(claim),
    waitsFor: progress?.waitsFor ?? null,
    looks: lookNumber,
    lastLookAt: lookedAt,
    nextLookAt: progress?.nextLookAt ?? null,
    userPresent,
  };
}

function stepOf(claim: OpenClaim): OpenStep {
  if (claim.phase === 'storing') return 'storing';
  if (claim.start.state === 'none') return 'not_started';
  return progressOf(claim).jobStarted ? 'job_runs' : 'requested';
}

const stepWords: Readonly<Record<OpenStep, string>> = {
  not_started: 'start not sent',
  requested: 'start sent, not confirmed',
  job_runs: 'job runs',
  storing: 'storing',
  being_told: 'ended, being told',
};

/** The step, what it waits for, and the looks, as one text. */
export function stepText({ step, waitsFor, looks, nextLookAt }: OpenRefresh): string {
  const look = looks === 0 ? 'no look yet' : `look ${looks} taken`;
  const next = nextLookAt === null ? '' : `, next at ${nextLookAt}`;
  const wait = waitsFor === null || waitsFor === 'start_not_confirmed' ? '' : `; ${waitsFor}`;
  return `${stepWords[step]}, ${look}${next}${wait}`;
}
