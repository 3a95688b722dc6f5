/** The overview's data: what is counted of banks, what runs, how refreshes ended in the last hours. */

import { moves } from '../../shared/domain/explain.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import type { ShownInstitution } from '../../shared/domain/institution-view.ts';
import { everyOutcome } from '../../shared/domain/outcome.ts';
import type { FirstWaiting } from '../operator/first-waiting.ts';
import type { RecentEnds } from '../operator/logs/recent-ends.ts';
import type { RunningPage } from '../operator/running-refreshes.ts';
import { runningShown } from './member-data.ts';
import type {
  AttentionGroup,
  InstitutionList,
  InstitutionShown,
  OutcomeCounts,
  RecentEndsShown,
  RunningList,
} from './shapes.ts';

/** What runs. */
export const runningList = ({ running, isMore }: RunningPage): RunningList => ({
  running: running.map(({ member, claim }) => runningShown(member, claim)),
  isMore,
});

/** Members that wait for the same. */
export const attentionGroup = ({ action, count, first }: FirstWaiting): AttentionGroup => ({
  action,
  move: moves[action],
  count: count.members,
  isAtLeast: !count.isAll,
  first: first.map(({ userGuid, memberGuid, institutionCode, since, message }) => ({
    ...{ userGuid, memberGuid, institution: institutionCode, since, why: message },
  })),
});

/** What is said beside institutions. */
export interface InstitutionsContext {
  readonly isMore: boolean;
  readonly learning: boolean;
  readonly breaker: boolean;
  readonly deadlineSeconds: number;
}

/** Banks, and the sums of what is shown. */
export function institutionList(
  found: readonly ShownInstitution[],
  { isMore, learning, breaker, deadlineSeconds }: InstitutionsContext,
): InstitutionList {
  return {
    institutions: found.map(institutionShown),
    isMore,
    today: sumOf(found.map(({ today }) => today.outcomes)),
    week: sumOf(found.map(({ week }) => week.outcomes)),
    note: noteOf(learning, breaker),
    deadlineSeconds,
  };
}

function noteOf(learning: boolean, breaker: boolean): string | null {
  if (!learning) return 'Nothing more is counted: the setting learning is false.';
  return breaker ? null : 'No scheduled start waits for a bank: the setting breaker is false.';
}

function institutionShown(institution: ShownInstitution): InstitutionShown {
  const { code, today, week, jobSeconds, breaker, notSupported } = institution;
  const { samples, smallSample: isFew, p50, p90, p99 } = jobSeconds;
  return {
    code,
    ...stateOf({ breaker, notSupported }),
    today: today.outcomes,
    week: week.outcomes,
    jobs: { samples, isFew, p50, p90, p99 },
  };
}

function stateOf({
  breaker,
  notSupported,
}: Pick<ShownInstitution, 'breaker' | 'notSupported'>): Pick<InstitutionShown, 'state' | 'since' | 'why'> {
  if (breaker === null) return { state: 'not_watched', since: null, why: null };
  if (breaker.state === 'open') return { state: 'down', since: breaker.since, why: breaker.message };
  if (notSupported !== null) return { state: 'no_checks', since: notSupported.since, why: notSupported.message };
  return { state: 'works', since: null, why: null };
}

/** Each outcome's sum over `counts`. */
export function sumOf(counts: readonly OutcomeCounts[]): OutcomeCounts {
  const sums: Record<string, number> = {};
  for (const one of counts) {
    for (const [outcome, count] of Object.entries(one)) sums[outcome] = (sums[outcome] ?? 0) + count;
  }
  return sums;
}

/** The last hours that are shown, and into how many stretches they are cut: a quarter of an hour each. */
export const RECENT_HOURS = 6;
const STRETCHES = 24;
const STRETCH_MS = (RECENT_HOURS * 3_600_000) / STRETCHES;

/** The ends of the hours before `now`, by stretches of time. Those of other times are left out. */
export function recentEndsShown({ ends, isPart }: RecentEnds, now: Instant): RecentEndsShown {
  const first = epochMillisecondsOf(now) - RECENT_HOURS * 3_600_000;
  const counted = Array.from({ length: STRETCHES }, (): Record<string, number> => ({}));
  for (const { at, outcome, count } of ends) {
    // What has ended at this very moment belongs to the last stretch.
    const stretch = at === first + RECENT_HOURS * 3_600_000 ? STRETCHES - 1 : Math.floor((at - first) / STRETCH_MS);
    const counts = counted[stretch];
    if (counts !== undefined) counts[outcome] = (counts[outcome] ?? 0) + count;
  }
  const stretches = counted.map((counts, index) => ({ from: instantOf(first + index * STRETCH_MS), counts }));
  return { stretches, counts: { ...noEnds, ...sumOf(counted) }, hours: RECENT_HOURS, isPart };
}

const noEnds: OutcomeCounts = Object.fromEntries(everyOutcome.map((outcome) => [outcome, 0]));
