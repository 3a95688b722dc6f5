/** Learning from a refresh that has ended. Never in the way of its end: it comes after it, and its errors end nothing. */
import type { EndedJob } from './job-sample.ts';
import { sampleOf } from './job-sample.ts';
import type { Instant } from './instant.ts';
import type { RefreshDeps } from './ports.ts';

/** What learning needs. */
export type LearnDeps = Pick<RefreshDeps, 'institutions' | 'within'>;

/** How long an invocation waits for it. */
const LEARNING_MS = 1_000;

/**
 * Counts the refresh for its institution. An institution that is not known learns nothing. What fails or takes too long is
 * lost: one sample of many.
 */
export async function learnFrom(
  deps: LearnDeps,
  institutionCode: string | null,
  job: EndedJob,
  endedAt: Instant,
): Promise<void> {
  if (institutionCode === null) return;
  const counted = deps.institutions.count(institutionCode, {
    outcome: job.ending.outcome,
    sample: sampleOf(job),
    endedAt,
  });
  await deps.within(
    LEARNING_MS,
    counted.catch(() => {}),
  );
}
