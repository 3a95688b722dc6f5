/** The overview's data: what is counted of banks, what runs, how the schedule is spread. */

import { moves } from '../../shared/domain/explain.ts';
import type { ShownInstitution } from '../../shared/domain/institution-view.ts';
import type { FirstWaiting } from '../operator/first-waiting.ts';
import type { RunningPage } from '../operator/running-refreshes.ts';
import { runningShown } from './member-data.ts';
import type { AttentionGroup, InstitutionList, InstitutionShown, OutcomeCounts, RunningList } from './shapes.ts';

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
