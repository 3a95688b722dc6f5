/** Starting what the schedule says is due: the trigger's own path, member by member, with an unattended trigger's care. */
import { asFailure, type Failure } from './failure.ts';
import { MISSING_SECONDS } from './missing.ts';
import type { RefreshDeps, Schedule, Starts } from './ports.ts';
import type { EnrolledMember, StartBatch } from './schedule.ts';
import { startUnattended } from './start-refresh.ts';
import { publishRefusal, refusedRefreshId } from './unstarted.ts';

/** What starting a batch needs. */
export interface StartDueDeps extends RefreshDeps {
  readonly schedule: Pick<Schedule, 'removeStray'>;
  readonly starts: Starts;
  /** Told of every member that could not be started and is not tried again before its next turn. */
  readonly report: (enrolled: EnrolledMember, error: unknown) => void;
}

/** How many members became what. */
export interface StartDueCounts extends Record<string, number> {
  accepted: number;
  joined: number;
  held_back: number;
  /** Refreshed since they were due: a message that was delivered twice. */
  done_already: number;
  /** The slot's item is left over from an earlier enrolment. */
  stray: number;
  failed: number;
}

/** How many members are started at the same time. */
const AT_ONCE = 5;

/**
 * Starts every member of `batch`. Repeatable: members started by an earlier delivery are skipped.
 *
 * @throws the error of a member whose start may work at the next delivery, after all other members had their turn: the
 * batch stays in the queue.
 */
export async function startDue(deps: StartDueDeps, batch: StartBatch): Promise<StartDueCounts> {
  const counts: StartDueCounts = { accepted: 0, joined: 0, held_back: 0, done_already: 0, stray: 0, failed: 0 };
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

/** SQS delays a message by so much at most. */
const LONGEST_DELAY_SECONDS = 900;

/** The same turn of one member once more. */
const startLater = (
  { starts }: Pick<StartDueDeps, 'starts'>,
  enrolled: EnrolledMember,
  { dueAt }: StartBatch,
  delaySeconds: number,
): Promise<void> => starts.sendAll([{ batch: { dueAt, members: [enrolled] }, delaySeconds }]);

async function start(
  deps: StartDueDeps,
  enrolled: EnrolledMember,
  batch: StartBatch,
): Promise<'accepted' | 'joined' | 'held_back' | 'done_already' | 'stray' | 'failed'> {
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
  const answer = await startUnattended(deps, record, dueAt).catch(asTooEarly);
  if (answer.kind === 'too_early') {
    deps.report(enrolled, answer.failure);
    // Longer than a message can wait: until the member's next turn.
    const { retryAfterSeconds = 0 } = answer.failure.details;
    if (retryAfterSeconds <= LONGEST_DELAY_SECONDS) await startLater(deps, enrolled, batch, retryAfterSeconds);
    return 'failed';
  }
  if (answer.kind === 'refused') {
    deps.report(enrolled, answer.failure);
    // Believed the second time, a minute later: that is long before the member's next turn.
    if (answer.became === 'too_early') await startLater(deps, enrolled, batch, MISSING_SECONDS);
    return 'failed';
  }
  if (answer.kind !== 'accepted') return answer.kind;
  return answer.joined ? 'joined' : 'accepted';
}
