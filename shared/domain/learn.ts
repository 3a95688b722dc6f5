/** Learning from a refresh that has ended. Never in the way of its end: it comes after it, and its errors end nothing. */
import { bankSays } from './breaker.ts';
import type { Ending } from './ending.ts';
import { Failure } from './failure.ts';
import type { Instant } from './instant.ts';
import { type EndedJob, sampleOf } from './job-sample.ts';
import type { MemberKey } from './mx.ts';
import { saysNotSupported } from './not-supported.ts';
import type { RefreshDeps } from './ports.ts';
import { hash } from './schedule.ts';
import { type InstitutionSays, type WatchDeps, watchInstitution } from './watch-institution.ts';

/** What learning needs. */
export type LearnDeps = WatchDeps & Pick<RefreshDeps, 'institutions' | 'notLearnt' | 'pauses' | 'within'>;

/** A refresh that has ended. */
export interface LearntFrom {
  readonly key: MemberKey;
  /** Null: nothing is learnt. */
  readonly institutionCode: string | null;
  readonly job: EndedJob & { readonly ending: Pick<Ending, 'outcome' | 'code'> };
  readonly endedAt: Instant;
  /** How MX refused its POST for good; null: it did not. */
  readonly refusedBy: Failure | null;
}

/** How long an invocation waits for it. */
const LEARNING_MS = 1_000;

/**
 * Counts the refresh for its institution, and puts what its job has shown into the institution's breaker. What fails or
 * takes too long is told and lost: one sample of many.
 */
export async function learnFrom(deps: LearnDeps, learnt: LearntFrom): Promise<void> {
  const isInTime = await deps.within(LEARNING_MS, countAndWatch(deps, learnt).catch(deps.notLearnt));
  if (!isInTime) deps.notLearnt(new Failure('busy', 'learning from a refresh took longer than a second'));
}

async function countAndWatch(deps: LearnDeps, learnt: LearntFrom): Promise<void> {
  const { key, institutionCode, job, endedAt } = learnt;
  if (institutionCode === null) return;
  const { start } = job.claim;
  const { outcome, code } = job.ending;
  const says = institutionSays(learnt);
  await deps.institutions.count(institutionCode, {
    outcome,
    sample: sampleOf(job, await deps.pauses.known()),
    isAnswer: says === 'answers',
    endedAt,
  });
  if (start.state === 'none') return;
  const judged = { startedAt: start.at, endedAt, code, userTag: hash(key.userGuid).toString(36) };
  await watchInstitution(deps, institutionCode, says, judged);
}

/** Without a job of ours an end is about something else: a read of MX, or a job that MX began. */
function institutionSays({ job, refusedBy }: LearntFrom): InstitutionSays {
  if (refusedBy !== null && saysNotSupported(refusedBy)) return 'no_checks';
  return job.claim.start.state === 'accepted' ? bankSays(job.ending) : 'nothing';
}
