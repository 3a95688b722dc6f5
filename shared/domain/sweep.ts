/**
 * The sweep: every refresh ends, also one whose message is lost. It queues a look, ends or publishes. A sweep that is not
 * over in time hands the rest of each part of the index on.
 */
import { firstLookState } from './decision.ts';
import { type EndDeps, endRefresh, publishEnd } from './end-refresh.ts';
import { atDeadline } from './ending.ts';
import { groupsOf } from './in-groups.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import { type ListedClaim, OPEN_SHARDS, type OpenCursor, type OpenPage } from './members-ports.ts';
import type { MemberKey } from './mx.ts';
import { bookLook } from './next-look.ts';
import { lastPauseEnd, movedDeadline, type Pause, pauseAt } from './pause.ts';
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
import { tellAllChanges } from './watch-institution.ts';

/** What the sweep needs. */
export type SweepDeps = EndDeps &
  Pick<RefreshDeps, 'followUps' | 'pauses' | 'policy'> & { readonly sweepRests: SweepRests };

/** What to do with one open claim, and the claim in the phase in which that is done. */
export type SweepStep =
  | { readonly kind: 'leave' }
  | { readonly kind: 'publish'; readonly claim: EndedClaim }
  | { readonly kind: 'end'; readonly claim: RunningClaim }
  | { readonly kind: 'end_storing'; readonly claim: StoringClaim }
  | { readonly kind: 'look'; readonly claim: OpenClaim };

/**
 * Pure: what the sweep does with `claim` at `now`. In a pause it publishes what has ended and does nothing else.
 *
 * @param pauses in order
 */
export function sweepStep(claim: Claim, now: Instant, policy: Policy, pauses: readonly Pause[]): SweepStep {
  const lastTouched = claim.lookedAt ?? claim.acceptedAt;
  const quietFor = secondsBetween(lastTouched, now);
  // Until its time limit, the last look's function may still be writing what the sweep would repair.
  const mayBeAtWork = quietFor < LOOK_TIMEOUT_SECONDS;
  if (claim.phase === 'ended') {
    const isFresh = secondsBetween(claim.result.endedAt, now) < LOOK_TIMEOUT_SECONDS;
    return isFresh ? { kind: 'leave' } : { kind: 'publish', claim };
  }
  if (pauseAt(pauses, now) !== null) return { kind: 'leave' };
  if (now >= movedDeadline(pauses, claim)) {
    if (claim.phase === 'running') return { kind: 'end', claim };
    return mayBeAtWork ? { kind: 'leave' } : { kind: 'end_storing', claim };
  }
  // With a message in the queue, looks are at most this far apart; after a longer pause the message is lost.
  const silence = (claim.phase === 'running' ? policy.maxLookGapSeconds : 0) + LOOK_TIMEOUT_SECONDS;
  // What a pause has put off comes back within a minute of its end.
  const resumedFor = secondsBetween(lastPauseEnd(pauses, now) ?? lastTouched, now);
  return Math.min(quietFor, resumedFor) < silence ? { kind: 'leave' } : { kind: 'look', claim };
}

/** Age at which the sweep first reads a claim: most refreshes have ended before, and cost the sweep nothing. */
const LEAVE_ALONE_SECONDS = 30;

/**
 * Counts of what a sweep did. `handed_on`: parts of the index whose rest goes to another invocation; `institution`: those
 * whose breaker had a change that was not told.
 */
export type SweepCounts = Record<SweepStep['kind'] | 'failed' | 'handed_on' | 'dropped' | 'institution', number>;

/** How much a sweep has repaired: what it published, ended, sent a look to, or told. */
export const repairedIn = (counts: SweepCounts): number =>
  counts.publish + counts.end + counts.end_storing + counts.look + counts.institution;

/** What is left of one part of the index of open claims. */
export interface SweepRest {
  /** The part, from 0 to `OPEN_SHARDS` - 1. */
  readonly shard: number;
  /** When the sweep began that this is the rest of. */
  readonly begunAt: Instant;
  /** The last claim that was dealt with. */
  readonly after: OpenCursor | null;
}

/** The queue of rests. */
export interface SweepRests {
  send(rest: SweepRest): Promise<void>;
}

/** How long the function that sweeps may run, in seconds. */
export const SWEEP_TIMEOUT_SECONDS = 50;

/** So long before that, what is left is handed on. */
const HANDED_ON_BEFORE_SECONDS = 10;

/**
 * How long the invocation of a minute works on all parts by itself: most sweeps are over by then. After that each part has
 * an invocation of its own.
 */
const TOGETHER_SECONDS = 10;

/** A rest that is older is dropped: the sweep of the next minute has begun from the oldest claims again. */
const REST_TOO_OLD_SECONDS = 60;

/** Gets every error that stopped the repair of one member, or the reading of a part of the index: null. */
export type SweepReport = (key: MemberKey | null, error: unknown) => void;

/**
 * Goes through the open claims, the oldest first: those over their deadline are among them. Its cost does not depend on
 * history. A claim that cannot be repaired does not stop the others: it is counted, reported, and tried again a minute
 * later. Every repair is conditional, so two sweeps at once do no harm.
 */
export async function sweep(
  deps: SweepDeps,
  report: SweepReport,
  togetherSeconds = TOGETHER_SECONDS,
): Promise<SweepCounts> {
  const begunAt = deps.now();
  const counts = nothing();
  const until = plusSeconds(begunAt, togetherSeconds);
  const parts = Array.from({ length: OPEN_SHARDS }, (_, shard) => ({ shard, begunAt, after: null }));
  await Promise.all([
    ...parts.map((part) => sweepPart(deps, part, { until, counts, report })),
    tellAllChanges(deps).then(
      (told) => {
        counts.institution += told;
      },
      (error) => {
        counts.failed += 1;
        report(null, error);
      },
    ),
  ]);
  return counts;
}

/** Goes on with a part that `sweep` has handed on. */
export async function continueSweep(deps: SweepDeps, rest: SweepRest, report: SweepReport): Promise<SweepCounts> {
  const counts = nothing();
  const now = deps.now();
  if (secondsBetween(rest.begunAt, now) > REST_TOO_OLD_SECONDS) {
    counts.dropped += 1;
    return counts;
  }
  const until = plusSeconds(now, SWEEP_TIMEOUT_SECONDS - HANDED_ON_BEFORE_SECONDS);
  await sweepPart(deps, rest, { until, counts, report });
  return counts;
}

const nothing = (): SweepCounts => ({
  leave: 0,
  publish: 0,
  end: 0,
  end_storing: 0,
  look: 0,
  failed: 0,
  handed_on: 0,
  dropped: 0,
  institution: 0,
});

interface Sweeping {
  readonly until: Instant;
  readonly counts: SweepCounts;
  readonly report: SweepReport;
}

/** How many members of a part are repaired at the same time. */
const AT_ONCE = 20;

/** Repairs what comes behind `rest.after`, and hands on what is left at `until`. Never throws. */
async function sweepPart(deps: SweepDeps, rest: SweepRest, { until, counts, report }: Sweeping): Promise<void> {
  const before = plusSeconds(rest.begunAt, -Math.min(LEAVE_ALONE_SECONDS, deps.policy.deadlineSeconds));
  const work = async ({ member, claim }: ListedClaim): Promise<void> => {
    try {
      counts[await repair(deps, member, claim)] += 1;
    } catch (error) {
      counts.failed += 1;
      report(member, error);
    }
  };
  try {
    let after: OpenCursor | null = rest.after;
    do {
      const page: OpenPage = await deps.members.openPage(rest.shard, before, after);
      const groups = groupsOf(page.listed, AT_ONCE);
      for (const [index, group] of groups.entries()) {
        await Promise.all(group.map(work));
        after = group.at(-1) ?? after;
        const isLast = page.next === null && index === groups.length - 1;
        if (!isLast && deps.now() >= until) {
          await deps.sweepRests.send({ ...rest, after });
          counts.handed_on += 1;
          return;
        }
      }
      after = page.next;
    } while (after !== null);
  } catch (error) {
    counts.failed += 1;
    report(null, error);
  }
}

/** `listed`: the claim as the list has it, which may be a moment old. */
async function repair(deps: SweepDeps, key: MemberKey, listed: ListedClaim['claim']): Promise<SweepStep['kind']> {
  if (listed === null) return 'leave';
  const pauses = await deps.pauses.known();
  if (listed !== 'unreadable' && sweepStep(listed, deps.now(), deps.policy, pauses).kind === 'leave') return 'leave';
  const record = await deps.members.read(key);
  if (!record?.claim) return 'leave';
  const step = sweepStep(record.claim, deps.now(), deps.policy, pauses);
  const { institutionCode, attention } = record;
  switch (step.kind) {
    case 'publish':
      await publishEnd(deps, key, step.claim);
      break;
    case 'end':
      await endRefresh(deps, { key, claim: step.claim, ending: atDeadline(step.claim), institutionCode, attention });
      break;
    case 'end_storing':
      await endInterruptedStoring(deps, { key, claim: step.claim, institutionCode, attention }, null);
      break;
    case 'look':
      await bookLook(deps, { key, claim: step.claim }, firstLookState, 0);
  }
  return step.kind;
}
