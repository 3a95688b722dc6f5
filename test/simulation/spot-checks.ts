/** Promises about one moment that no single request shows: after a sweep, and at the answer to a caller. */
import { epochMillisecondsOf, type Instant } from '../../shared/domain/instant.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { inOrder } from '../../shared/domain/pause.ts';
import type { NextLook } from '../../shared/domain/ports.ts';
import { type Claim, LOOK_TIMEOUT_SECONDS } from '../../shared/domain/refresh.ts';
import { openShardOf } from '../fakes/fake-members.ts';
import { wasErased } from './check-erased.ts';
import type { Answer, Stage } from './functions-in-time.ts';
import type { Invocation } from './invocations.ts';
import { deadlineWithout, isJustPaused } from './pauses.ts';
import { Violation } from './violation.ts';
import { followUpVisibilitySeconds, type Reachable, supportRules } from './world.ts';

/**
 * A sweep that nothing disturbed leaves nothing behind that was there for it to repair when it began: in all parts of the
 * index of open claims, null, or in one.
 */
export function checkSwept(stage: Stage, begunAt: Instant, shard: number | null): void {
  const { plan, world, broken } = stage;
  const startedAt = epochMillisecondsOf(begunAt);
  const since = (at: string | null): number =>
    at === null ? Number.POSITIVE_INFINITY : (startedAt - epochMillisecondsOf(at)) / 1000;
  const slack = LOOK_TIMEOUT_SECONDS + plan.indexLagSeconds;
  const mostSilence = plan.policy.maxLookGapSeconds + slack;
  for (const { key } of world.members) {
    const claim = world.record(key)?.claim;
    if (!claim || (shard !== null && openShardOf(claim.refreshId) !== shard)) continue;
    const { refreshId, acceptedAt, lookedAt } = claim;
    const deadline = deadlineWithout(inOrder(world.pauses.pauses), claim);
    const silence = since(lookedAt ?? acceptedAt);
    // In a pause nothing is looked at. What it has put off comes back within a minute, which is as long as between two looks.
    const isResting = [begunAt, world.instant()].some((at) => isJustPaused(world, at, mostSilence));
    if (claim.phase === 'running' && !isResting && silence > mostSilence && startedAt < deadline) {
      if (!hasNextLook(stage, startedAt, refreshId)) {
        broken(new Violation(1, `${refreshId} was not looked at for ${Math.round(silence)} s, and has no message`));
      }
    }
    if (claim.phase !== 'ended' && !isResting && startedAt - deadline > slack * 1000 && since(lookedAt) > slack) {
      broken(new Violation(1, `${refreshId} has not ended one sweep after its deadline`));
    }
    if (claim.phase === 'ended' && since(claim.result.endedAt) > slack) {
      const isTold = world.published.some(({ id }) => id === `${refreshId}/ended`);
      const what = isTold ? 'is still the claim' : 'was not told';
      broken(new Violation(isTold ? 1 : 8, `${refreshId} has ended and ${what}, one sweep later`));
    }
  }
}

/** How long a function uses what it has read of pauses, and how long a trigger takes. */
const KNOWN_SECONDS = 45;

/** Whether a look at `refreshId` waits in the queue, or was taken from it since the sweep began. */
function hasNextLook({ plan, world, scheduler }: Stage, startedAt: number, refreshId: string): boolean {
  // Messages that get lost are a fault of their own: the next sweep sends another.
  if (plan.faults.passiveRate > 0) return true;
  return [...world.followUps.messages.values()].some(
    ({ body, visibleAt, receives }) =>
      body.includes(refreshId) &&
      (visibleAt <= scheduler.now() + NEXT_LOOK_MS || (receives > 0 && visibleAt - VISIBILITY_MS >= startedAt)),
  );
}

/** The sweep books a look for at once. */
const NEXT_LOOK_MS = 1_000;
const VISIBILITY_MS = followUpVisibilitySeconds * 1000;

/**
 * The breaker: while it is open, the schedule sends one POST for each probe. One that was let through before it opened may
 * come after it; and where the breakers could not be read, none counts as open.
 */
function checkProbed({ world, broken }: Stage, invocation: Invocation, probed: Set<string>): void {
  if (invocation.hit) return;
  for (const [code, { breaker }] of world.breakers) {
    const { open, changedAt, probedAt } = breaker;
    if (open === null || changedAt === null || epochMillisecondsOf(changedAt) >= invocation.startedAt) continue;
    const probe = `${code} ${probedAt}`;
    if (probedAt === null || probed.has(probe))
      broken(new Violation(0, `a start at ${code}, which does not work, was no probe`));
    probed.add(probe);
  }
}

/** Where MX is believed to have no balance checks, the schedule asks for none until the time is over. */
function checkSupported({ world, scheduler, broken }: Stage, invocation: Invocation): void {
  if (invocation.hit) return;
  for (const [code, { checks }] of world.breakers) {
    if (checks.notSupported === null) continue;
    const until = epochMillisecondsOf(checks.notSupported.until);
    const believedAt = until - supportRules.rememberSeconds * 1000;
    if (believedAt < invocation.startedAt && scheduler.now() < until) {
      broken(new Violation(0, `${invocation.id} has asked for a job at ${code}, which has no balance checks`));
    }
  }
}

/** What a caller may be told without MX having been asked: what our own tables say of the member, or of the caller. */
const ownRefusals: ReadonlySet<string> = new Set([
  'member_deleted',
  'allowance_used_up',
  'caller_allowance_used_up',
  'mx_rate_limited',
  'too_many_callbacks',
  'idempotency_in_flight',
]);

/**
 * No trigger is refused for its bank: neither while that does not work, nor where it has no balance checks.
 *
 * @param isRepeated it has an Idempotency-Key, so that the answer may be about a refresh of before.
 */
export function checkAsked(
  { broken, world }: Stage,
  { id }: Invocation,
  { code, member, isRepeated }: { readonly code: string; readonly member: MemberKey; readonly isRepeated: boolean },
): void {
  if (code === 'paused' && isJustPaused(world, world.instant(), KNOWN_SECONDS)) return;
  // The kept answer names a refresh that was erased with its member since.
  if (code === 'refresh_not_found' && isRepeated && wasErased(world, member)) return;
  if (!ownRefusals.has(code)) broken(new Violation(0, `${id} was refused as ${code}, and MX was not asked`));
}

/**
 * The dependencies of scheduled starts, watched: what they ask of MX, and which probes they take. `probed`: probes whose POST
 * was sent, by any invocation. `isOver`: to be called with how many were started.
 */
export function watchedStarts(
  stage: Stage,
  invocation: Invocation,
  deps: Reachable,
  probed: Set<string>,
): { readonly deps: Reachable; isOver(started: number): void } {
  const { mx, breakers } = deps;
  const taken = new Set<string>();
  const watched: Reachable = {
    ...deps,
    mx: {
      ...mx,
      checkBalance(member) {
        checkProbed(stage, invocation, probed);
        checkSupported(stage, invocation);
        return mx.checkBalance(member);
      },
    },
    breakers: {
      ...breakers,
      async write(code, trouble, version) {
        const isWritten = await breakers.write(code, trouble, version);
        if (isWritten && trouble.breaker.probedAt !== null) taken.add(`${code} ${trouble.breaker.probedAt}`);
        return isWritten;
      },
    },
  };
  return { deps: watched, isOver: (started) => checkGivenBack(stage, invocation, started, taken) };
}

/** A probe that has started nothing is given back. `taken`: by this invocation, each by its institution and instant. */
function checkGivenBack(
  { world, broken }: Stage,
  { hit }: Invocation,
  started: number,
  taken: ReadonlySet<string>,
): void {
  if (hit || started > 0) return;
  for (const [code, { breaker }] of world.breakers) {
    if (taken.has(`${code} ${breaker.probedAt}`)) {
      broken(new Violation(0, `a probe of ${code} has started nothing and was not given back`));
    }
  }
}

/** The caller of a running refresh with `user_present` has marked the refresh so. */
export function checkJoined(
  { broken }: Stage,
  { refreshId, userPresent }: Pick<Answer, 'refreshId'> & { readonly userPresent: boolean },
  claim: Claim | null,
): void {
  if (!userPresent || claim?.refreshId !== refreshId || claim.phase !== 'running' || claim.userPresent) return;
  broken(new Violation(2, `${refreshId} does not know that a user is present, although one joined it`));
}

/**
 * Progress: a look after which another one is booked says in the claim whether MX answered it; null, or what is wrong. The
 * message's look may not be the last one any more.
 */
export function checkProgress(
  { refreshId, lookNumber }: Pick<NextLook, 'refreshId' | 'lookNumber'>,
  wasAnswered: boolean,
  claim: Claim | null,
): Violation | null {
  if (claim?.refreshId !== refreshId || claim.lookNumber !== lookNumber || claim.phase === 'ended') return null;
  if ((claim.unanswered === null) === wasAnswered) return null;
  const says = claim.unanswered === null ? 'nothing' : claim.unanswered.code;
  return new Violation(0, `${refreshId} says ${says} after look ${lookNumber}, which MX answered: ${wasAnswered}`);
}
