/** What keeps the promise that every refresh ends: repairs and ends what its own messages no longer reach. */
import { noMemory } from './decision.ts';
import { type EndDeps, endRefresh, publishEnd } from './end-refresh.ts';
import { atDeadline } from './ending.ts';
import { endInterruptedStoring } from './follow-refresh.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { MemberKey } from './mx.ts';
import type { Policy } from './policy.ts';
import type { RefreshDeps } from './ports.ts';
import { type Claim, LOOK_TIMEOUT_SECONDS } from './refresh.ts';

/** What the sweep needs. */
export type SweepDeps = EndDeps & Pick<RefreshDeps, 'followUps' | 'policy'>;

/** What to do with one open claim. */
export type SweepStep = 'leave' | 'publish' | 'end' | 'end_storing' | 'look';

/** Pure: what the sweep does with `claim` at `now`. */
export function sweepStep(claim: Claim, now: Instant, policy: Policy): SweepStep {
  const lastTouched = claim.lookedAt ?? claim.acceptedAt;
  const quietFor = secondsBetween(lastTouched, now);
  // Within this time of a look its function may still be at work on the very thing that would be repaired.
  const mayBeAtWork = quietFor < LOOK_TIMEOUT_SECONDS;
  if (claim.phase === 'ended') {
    const endedAt = claim.result?.endedAt ?? claim.acceptedAt;
    return secondsBetween(endedAt, now) < LOOK_TIMEOUT_SECONDS ? 'leave' : 'publish';
  }
  if (now >= claim.deadline) {
    if (claim.phase === 'running') return 'end';
    return mayBeAtWork ? 'leave' : 'end_storing';
  }
  // A living chain looks at least this often; a longer silence means that its message is gone.
  const silence = (claim.phase === 'running' ? policy.maxLookGapSeconds : 0) + LOOK_TIMEOUT_SECONDS;
  return quietFor < silence ? 'leave' : 'look';
}

/** How long a claim is left alone before the sweep reads it: most refreshes are over by then and cost it nothing. */
const LEAVE_ALONE_SECONDS = 30;

/** Counts of what one sweep did. */
export type SweepCounts = Record<SweepStep | 'failed', number>;

/**
 * Goes through the open claims. Costs what is running, not what ever ran. One claim that cannot be repaired does not
 * keep the others waiting: it is counted, reported, and met again a minute later.
 *
 * @param report gets every error that stopped the repair of one member.
 */
export async function sweep(deps: SweepDeps, report: (key: MemberKey, error: unknown) => void): Promise<SweepCounts> {
  const counts: SweepCounts = { leave: 0, publish: 0, end: 0, end_storing: 0, look: 0, failed: 0 };
  const before = plusSeconds(deps.now(), -Math.min(LEAVE_ALONE_SECONDS, deps.policy.deadlineSeconds));
  const work = async (key: MemberKey): Promise<void> => {
    try {
      counts[await repair(deps, key)] += 1;
    } catch (error) {
      counts.failed += 1;
      report(key, error);
    }
  };
  let batch: Promise<void>[] = [];
  for await (const key of deps.members.openSince(before)) {
    batch.push(work(key));
    if (batch.length === AT_ONCE) {
      await Promise.all(batch);
      batch = [];
    }
  }
  await Promise.all(batch);
  return counts;
}

/** How many members are repaired at the same time. */
const AT_ONCE = 20;

async function repair(deps: SweepDeps, key: MemberKey): Promise<SweepStep> {
  const record = await deps.members.read(key);
  const claim = record?.claim;
  // The index lags behind the table: what it still lists may have ended meanwhile.
  if (!claim) return 'leave';
  const step = sweepStep(claim, deps.now(), deps.policy);
  switch (step) {
    case 'publish':
      await publishEnd(deps, key, claim);
      break;
    case 'end':
      await endRefresh(deps, { key, claim, ending: atDeadline(claim) });
      break;
    case 'end_storing':
      await endInterruptedStoring(deps, key, claim, null);
      break;
    case 'look':
      await deps.followUps.send({ refreshId: claim.refreshId, member: key, look: claim.look + 1, memory: noMemory }, 0);
      break;
    case 'leave':
      break;
  }
  return step;
}
