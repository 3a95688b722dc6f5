/** Promises about one moment that no single request shows: after a sweep, and at the answer to a caller. */
import { epochMillisecondsOf } from '../../shared/domain/instant.ts';
import { type Claim, LOOK_TIMEOUT_SECONDS } from '../../shared/domain/refresh.ts';
import type { Answer, Stage } from './functions-in-time.ts';
import type { Invocation } from './invocations.ts';
import { Violation } from './violation.ts';

/** A sweep that nothing disturbed leaves nothing behind that was there for it to repair. */
export function checkSwept({ plan, world, broken }: Stage, invocation: Invocation): void {
  const since = (at: string | null): number =>
    at === null ? Number.POSITIVE_INFINITY : (invocation.startedAt - epochMillisecondsOf(at)) / 1000;
  const slack = LOOK_TIMEOUT_SECONDS + plan.indexLagSeconds;
  for (const { key } of world.members) {
    const claim = world.record(key)?.claim;
    if (!claim) continue;
    const { refreshId, deadline, lookedAt } = claim;
    if (claim.phase !== 'ended' && since(deadline) > slack && since(lookedAt) > slack) {
      broken(new Violation(1, `${refreshId} has not ended one sweep after its deadline`));
    }
    if (claim.phase === 'ended' && since(claim.result.endedAt) > slack) {
      const isTold = world.published.some(({ id }) => id === `${refreshId}/ended`);
      const what = isTold ? 'is still the claim' : 'nobody was told';
      broken(new Violation(isTold ? 1 : 8, `${refreshId} has ended and ${what}, one sweep later`));
    }
  }
}

/** Who is told that a refresh runs, and that its user is there, has told the refresh so. */
export function checkJoined({ broken }: Stage, { refreshId, action }: Answer, claim: Claim | null): void {
  if (!action.userPresent || claim?.refreshId !== refreshId || claim.phase !== 'running' || claim.userPresent) return;
  broken(new Violation(2, `${refreshId} does not know that a user is present, although one joined it`));
}
