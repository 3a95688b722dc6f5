/** How far a refresh that runs has come: whether MX has started its job, and what it waits for if not. */

import type { Instant } from './instant.ts';
import type { OutcomeCode } from './outcome.ts';

/** What a refresh may wait for besides its job, and what each says to developers and operators. */
export const waitReasons = {
  start_not_confirmed: 'MX has not confirmed the request, and nothing shows yet that it started a job.',
  mx_conflict: 'MX runs another job of this member; ours is requested again after it.',
  mx_rate_limited: 'MX takes no request for a job of this member now; it is asked again later.',
  mx_unavailable: 'MX cannot be reached; it is asked again.',
} as const satisfies Readonly<Partial<Record<OutcomeCode, string>>>;

/** Why a refresh that runs makes no progress now. Its end may have another code. */
export type WaitReason = keyof typeof waitReasons;

/** The progress of a refresh that runs. */
export interface Progress {
  /** MX has accepted the newest request for a job, or has shown that a job of this refresh began. */
  readonly jobStarted: boolean;
  /** Null: nothing but its job, which runs. */
  readonly waitsFor: WaitReason | null;
}

/** What of a claim tells its progress. */
export interface ProgressFacts {
  /** What is known of the newest POST. */
  readonly start: { readonly state: 'none' | 'unknown' | 'accepted' | 'conflict' | 'rate_limited' };
  readonly flagSeen: boolean;
  readonly jobAggregatedAt: Instant | null;
}

/** The progress of a refresh whose claim says this. */
export function progressOf(claim: ProgressFacts): Progress {
  const waitsFor = waitsForStart(claim);
  return { jobStarted: waitsFor === null, waitsFor };
}

/** Why no job has started; null when one has. */
function waitsForStart({ start, flagSeen, jobAggregatedAt }: ProgressFacts): WaitReason | null {
  const reason = byState[start.state];
  // What shows a job proves ours only where MX has not refused it: the job that caused a 409 shows itself too.
  const isShown = flagSeen || jobAggregatedAt !== null;
  return reason === 'start_not_confirmed' && isShown ? null : reason;
}

/** By what is known of the newest POST. None was sent: MX could not be read before it. */
const byState: Readonly<Record<ProgressFacts['start']['state'], WaitReason | null>> = {
  none: 'mx_unavailable',
  unknown: 'start_not_confirmed',
  accepted: null,
  conflict: 'mx_conflict',
  rate_limited: 'mx_rate_limited',
};
