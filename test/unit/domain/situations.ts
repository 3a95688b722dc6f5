/** Short ways to put the samples before the decision. */
import {
  firstLookState,
  type LookState,
  type Observation,
  type SeenJob,
  type Situation,
} from '../../../shared/domain/decision.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { LookPlan } from '../../../shared/domain/look-plan.ts';
import type { Challenge, MxMember } from '../../../shared/domain/mx.ts';
import type { RunningClaim } from '../../../shared/domain/refresh.ts';
import { claim, newJob, plan, policy, T0 } from '../../samples.ts';

export const situation = (
  given: {
    claim?: Partial<RunningClaim>;
    state?: Partial<LookState>;
    after?: number;
    importsMove?: boolean;
    startNotBefore?: number;
    plan?: Partial<LookPlan>;
  } = {},
): Situation => ({
  claim: { ...claim(), ...given.claim },
  state: { ...firstLookState, ...given.state },
  policy,
  now: plusSeconds(T0, given.after ?? 5),
  random: 0.5,
  importsMove: given.importsMove ?? false,
  startNotBefore: given.startNotBefore === undefined ? null : plusSeconds(T0, given.startNotBefore),
  plan: { ...plan, ...given.plan },
});

/** The new job, seen by a look `after` seconds after the POST. */
export const seenJob = (after: number): SeenJob => ({
  jobGuid: newJob.mostRecentJobGuid,
  aggregatedAt: newJob.aggregatedAt,
  seenAt: plusSeconds(T0, after),
});

export const saw = (seen: MxMember, challenges: readonly Challenge[] = []): Observation => ({
  kind: 'member',
  member: seen,
  challenges,
});
