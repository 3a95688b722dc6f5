/** The sweep: every refresh ends, also one whose message is lost. It queues a look, ends or publishes. */
import { firstLookState } from './decision.ts';
import { type EndDeps, endRefresh, publishEnd } from './end-refresh.ts';
import { atDeadline } from './ending.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import type { MemberKey } from './mx.ts';
import { bookLook } from './next-look.ts';
import type { Policy } from './policy.ts';
import type { RefreshDeps } from './ports.ts';
import {
  type Claim,
  type EndedClaim,
  LOOK_TIMEOUT_SECONDS,
  type OpenClaim,
  type RunningClaim,
  type StoringClaim,
} from './refresh.ts';
import { endInterruptedStoring } from './store-accounts.ts';

/** What the sweep needs. */
export type SweepDeps = EndDeps & Pick<RefreshDeps, 'followUps' | 'policy'>;

/** What to do with one open claim, and the claim in the phase in which that is done. */
export type SweepStep =
  | { readonly kind: 'leave' }
  | { readonly kind: 'publish'; readonly claim: EndedClaim }
  | { readonly kind: 'end'; readonly claim: RunningClaim }
  | { readonly kind: 'end_storing'; readonly claim: StoringClaim }
  | { readonly kind: 'look'; readonly claim: OpenClaim };

/** Pure: what the sweep does with `claim` at `now`. */
export function sweepStep(claim: Claim, now: Instant, policy: Policy): SweepStep {
  const lastTouched = claim.lookedAt ?? claim.acceptedAt;
  const quietFor = secondsBetween(lastTouched, now);
  // Until its time limit, the last look's function may still be writing what the sweep would repair.
  const mayBeAtWork = quietFor < LOOK_TIMEOUT_SECONDS;
  if (claim.phase === 'ended') {
    const isFresh = secondsBetween(claim.result.endedAt, now) < LOOK_TIMEOUT_SECONDS;
    return isFresh ? { kind: 'leave' } : { kind: 'publish', claim };
  }
  if (now >= claim.deadline) {
    if (claim.phase === 'running') return { kind: 'end', claim };
    return mayBeAtWork ? { kind: 'leave' } : { kind: 'end_storing', claim };
  }
  // With a message in the queue, looks are at most this far apart; after a longer pause the message is lost.
  const silence = (claim.phase === 'running' ? policy.maxLookGapSeconds : 0) + LOOK_TIMEOUT_SECONDS;
  return quietFor < silence ? { kind: 'leave' } : { kind: 'look', claim };
}

/** Age at which the sweep first reads a claim: most refreshes have ended before, and cost the sweep nothing. */
const LEAVE_ALONE_SECONDS = 30;

/** Counts of what one sweep did. */
export type SweepCounts = Record<SweepStep['kind'] | 'failed', number>;

/**
 * Goes through the open claims; its cost does not depend on history. A claim that cannot be repaired does not stop the
 * others: it is counted, reported, and tried again a minute later.
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

async function repair(deps: SweepDeps, key: MemberKey): Promise<SweepStep['kind']> {
  const record = await deps.members.read(key);
  // The index lags behind the table: what it still lists may have ended meanwhile.
  if (!record?.claim) return 'leave';
  const step = sweepStep(record.claim, deps.now(), deps.policy);
  switch (step.kind) {
    case 'publish':
      await publishEnd(deps, key, step.claim);
      break;
    case 'end':
      await endRefresh(deps, { key, claim: step.claim, ending: atDeadline(step.claim) });
      break;
    case 'end_storing':
      await endInterruptedStoring(deps, key, step.claim, null);
      break;
    case 'look':
      await bookLook(deps, { key, claim: step.claim }, firstLookState, 0);
      break;
    case 'leave':
      break;
  }
  return step.kind;
}
