/** Starting what the schedule says is due: the trigger's own path, member by member, with an unattended trigger's care. */
import { deferStart, whileMxIsAway } from './deferral.ts';
import { asFailure, type Failure } from './failure.ts';
import { type Instant, plusSeconds } from './instant.ts';
import { MISSING_SECONDS } from './missing.ts';
import type { RefreshDeps, Schedule, Starts } from './ports.ts';
import type { EnrolledMember, StartBatch } from './schedule.ts';
import { startUnattended } from './start-refresh.ts';
import { publishRefusal, refusedRefreshId } from './unstarted.ts';

/** What starting a batch needs. */
export interface StartDueDeps extends RefreshDeps {
  readonly schedule: Pick<Schedule, 'removeStray'>;
  readonly starts: Starts;
  /** Told of every member that is not tried again before its next turn, and of every error. */
  readonly report: (enrolled: EnrolledMember, error: unknown) => void;
}

/** What became of a member that was due. */
export type DueResult =
  | 'accepted'
  | 'joined'
  | 'held_back'
  /** Back in the queue: MX does not answer, or has asked to wait. */
  | 'deferred'
  /** The same, and its next turn is due before it could run. */
  | 'dropped'
  /** Refreshed since it was due: a message that was delivered twice. */
  | 'done_already'
  /** The slot's item is left over from an earlier enrolment. */
  | 'stray'
  | 'failed';

/** How many members became what. */
export type StartDueCounts = Record<DueResult, number>;

/** How many members are started at the same time. */
const AT_ONCE = 5;

/**
 * Starts every member of `batch`. Repeatable: members started by an earlier delivery are skipped.
 *
 * @throws the error of a member whose start may work at the next delivery, after all other members had their turn: the
 * batch stays in the queue.
 */
export async function startDue(deps: StartDueDeps, batch: StartBatch): Promise<StartDueCounts> {
  const counts: StartDueCounts = {
    accepted: 0,
    joined: 0,
    held_back: 0,
    deferred: 0,
    dropped: 0,
    done_already: 0,
    stray: 0,
    failed: 0,
  };
  let again: unknown;
  const startOne = async (enrolled: EnrolledMember): Promise<void> => {
    try {
      counts[await start(deps, enrolled, batch)] += 1;
    } catch (error) {
      counts.failed += 1;
      const failure = asFailure(error);
      // An allowance that is used up frees itself by the next turn; a member unknown to MX will not be known in a minute.
      const forGood =
        failure.code === 'allowance_used_up' || failure.fate === 'caller-fault' || failure.fate === 'never-retry';
      if (forGood) deps.report(enrolled, error);
      else again = error;
    }
  };
  for (let from = 0; from < batch.members.length; from += AT_ONCE) {
    await Promise.all(batch.members.slice(from, from + AT_ONCE).map(startOne));
  }
  if (again !== undefined) throw again;
  return counts;
}

/** MX has refused an earlier start and asked to wait with the next. @throws every other error as it is. */
function asTooEarly(error: unknown): { readonly kind: 'too_early'; readonly failure: Failure } {
  const failure = asFailure(error);
  if (failure.code !== 'mx_rate_limited') throw error;
  return { kind: 'too_early', failure };
}

async function start(deps: StartDueDeps, enrolled: EnrolledMember, batch: StartBatch): Promise<DueResult> {
  const { member, slot } = enrolled;
  const { dueAt } = batch;
  const record = await deps.members.read(member);
  if (record === null || record.deletedAt !== null || record.enrolment?.slot !== slot) {
    await deps.schedule.removeStray(enrolled);
    return 'stray';
  }
  // Refused by MX at an earlier delivery, which may have crashed before it published the refusal.
  const refusedId = refusedRefreshId(member, dueAt);
  if (record.lastAttempt?.refreshId === refusedId) {
    await publishRefusal(deps, member, record.lastAttempt);
    return 'done_already';
  }
  const defer = async (failure: Failure, notBefore: Instant) => {
    const deferred = await deferStart(deps, enrolled, batch, notBefore);
    if (deferred === 'dropped') deps.report(enrolled, failure);
    return deferred;
  };
  const answer = await startUnattended(deps, record, dueAt).catch(asTooEarly);
  switch (answer.kind) {
    case 'too_early':
      return defer(answer.failure, plusSeconds(deps.now(), answer.failure.details.retryAfterSeconds ?? 0));
    case 'mx_away': {
      const { failure } = answer;
      return defer(failure, whileMxIsAway(enrolled, dueAt, deps.now(), failure.details.retryAfterSeconds));
    }
    case 'refused':
      // Believed the second time, a minute later.
      if (answer.became === 'too_early') return defer(answer.failure, plusSeconds(deps.now(), MISSING_SECONDS));
      deps.report(enrolled, answer.failure);
      return 'failed';
    case 'accepted':
      return answer.joined ? 'joined' : 'accepted';
    default:
      return answer.kind;
  }
}
