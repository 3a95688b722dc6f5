/** Institutions that change, and institutions that are learnt from looks alone, job after job in virtual time. */
import { createRandom } from '../../../infra/mx-simulator/random.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { BINS, type JobCounts, learnedLengths } from '../../../shared/domain/job-lengths.ts';
import { sampleOf } from '../../../shared/domain/job-sample.ts';
import { claim, member, newJob, policy } from '../../samples.ts';
import { drawn } from './curves.ts';
import { draw, type Institution, slower } from './institutions.ts';
import { planned, type Schedule } from './schedules.ts';

/** Jobs of an institution before it changes. */
const BEFORE = 500;

/**
 * What is counted of each institution when its jobs take `times` as long from one moment on, and `jobs` have ended since.
 *
 * @param sameDay the moment is in the middle of a day; else at its beginning.
 */
export function afterChange(
  institutions: readonly Institution[],
  { times, jobs, sameDay, seed }: { times: number; jobs: number; sameDay: boolean; seed: number },
): readonly (readonly JobCounts[])[] {
  const random = createRandom(seed, `${jobs} jobs after a change`);
  const after = slower(institutions, times);
  return institutions.map((one, index) => [
    { period: sameDay ? '2026-11-27' : '2026-11-26', bins: drawn(one, BEFORE, random), tooWide: 0 },
    { period: '2026-11-27', bins: drawn(after[index] ?? one, jobs, random), tooWide: 0 },
  ]);
}

/** What is known of an institution whose jobs were looked at one after the other. */
export interface Followed {
  readonly counts: JobCounts;
  /** Jobs of which nothing was counted, not even that its looks were too far apart. */
  readonly dropped: number;
}

const startedAt = '2026-11-26T12:00:00.000Z';

/**
 * So many jobs of one institution, each looked at as planned by the ones before, and counted as the service counts them. MX
 * moves no time at a job's end: the looks alone tell its length.
 *
 * @param countsTooWide whether jobs whose looks were too far apart count for the usual lengths.
 */
export function learnedFromLooks(
  institution: Institution,
  { jobs, lagSeconds, seed, countsTooWide }: { jobs: number; lagSeconds: number; seed: number; countsTooWide: boolean },
): Followed {
  const random = createRandom(seed, 'by looks alone');
  const bins = new Array<number>(BINS).fill(0);
  let [tooWide, dropped] = [0, 0];
  const counts = (): JobCounts => ({ period: '2026-11-26', bins, tooWide: countsTooWide ? tooWide : 0 });
  for (let job = 0; job < jobs; job += 1) {
    const schedule = planned({ lengths: learnedLengths([counts()]), lagSeconds, webhooks: false });
    const sample = sampleOf(endedJob(draw(institution, random), schedule), []);
    if ('bin' in sample) bins[sample.bin] = (bins[sample.bin] ?? 0) + 1;
    else if (sample.dropped === 'too_wide') tooWide += 1;
    else dropped += 1;
  }
  return { counts: counts(), dropped };
}

/** What a refresh knows of a job of `length` seconds that was looked at by `schedule`. */
function endedJob(length: number, schedule: Schedule): Parameters<typeof sampleOf>[0] {
  const index = schedule.findIndex((age) => age >= length);
  const seenOver = schedule[index];
  const lookedAt = seenOver ?? policy.deadlineSeconds;
  const running = seenOver === undefined ? policy.deadlineSeconds : schedule[index - 1];
  const sent = claim({ acceptedAt: startedAt, deadline: plusSeconds(startedAt, policy.deadlineSeconds) });
  const { successfullyAggregatedAt = null } = sent.baseline ?? {};
  return {
    claim: {
      ...sent,
      lookedAt: plusSeconds(startedAt, lookedAt),
      start: { state: 'accepted', at: startedAt, count: 1, lookNumber: 0, jobGuid: newJob.mostRecentJobGuid },
    },
    ending: { outcome: seenOver === undefined ? 'timed_out' : 'succeeded' },
    member: member({ ...newJob, successfullyAggregatedAt, isBeingAggregated: seenOver === undefined }),
    runningAt: running === undefined ? null : plusSeconds(startedAt, running),
  };
}
