/** Booking the next look at a refresh: one message of the follow-up queue, delayed. */
import type { LookState } from './decision.ts';
import type { Proof } from './evidence.ts';
import type { Failure } from './failure.ts';
import { plusSeconds } from './instant.ts';
import type { MemberRecord } from './member.ts';
import type { MemberIdentifiers, MemberKey } from './mx.ts';
import { secondsUntilBack } from './pause.ts';
import type { Balances, RefreshDeps } from './ports.ts';
import { unansweredCode } from './progress.ts';
import type { Claim } from './refresh.ts';

/** What a look needs. */
export type FollowDeps = RefreshDeps & {
  readonly balances: Balances;
  /** Told of what a look has seen at MX. */
  readonly looked?: (seen: SeenByLook) => void;
};

/** What MX has shown to a look, and how much that proves of the refresh's own job. */
export interface SeenByLook {
  readonly connectionStatus: string | null;
  readonly isBeingAggregated: boolean;
  readonly proof: Proof;
}

/** The refresh whose next look was taken. */
export interface FollowedRefresh<C extends Claim = Claim> {
  readonly key: MemberKey;
  readonly identifiers: MemberIdentifiers;
  readonly record: MemberRecord;
  readonly claim: C;
  readonly state: LookState;
}

/**
 * Books the look after one that saw nothing because of `failure`, and lets readers know. Booked first: without the message
 * the refresh would wait for the sweep.
 */
export async function bookLookAfter(
  failure: Failure,
  deps: Pick<FollowDeps, 'followUps' | 'members' | 'now'>,
  followed: Pick<FollowedRefresh, 'key' | 'claim'>,
  { state, inSeconds }: { readonly state: LookState; readonly inSeconds: number },
): Promise<'looking_again'> {
  const { key, claim } = followed;
  const { refreshId, lookNumber } = claim;
  const nextLookAt = plusSeconds(deps.now(), inSeconds);
  await bookLook(deps, followed, state, inSeconds);
  const unanswered = { code: unansweredCode(failure.code), nextLookAt };
  await deps.members.recordUnanswered({ key, refreshId, lookNumber, unanswered });
  return 'looking_again';
}

/**
 * Books the look again that a pause has kept from asking MX: with what the look before it knew, and as no failure.
 *
 * @param state as this look was told it.
 */
export async function bookLookInPause(
  deps: Pick<FollowDeps, 'followUps' | 'random'>,
  followed: Pick<FollowedRefresh, 'key' | 'claim'>,
  state: LookState,
): Promise<'paused'> {
  await bookLook(deps, followed, state, secondsUntilBack(deps.random()));
  return 'paused';
}

/** Sends the message that takes the next look. */
export async function bookLook(
  deps: Pick<FollowDeps, 'followUps'>,
  { key, claim }: Pick<FollowedRefresh, 'key' | 'claim'>,
  state: LookState,
  inSeconds: number,
): Promise<'looking_again'> {
  const { refreshId, lookNumber, correlationId } = claim;
  await deps.followUps.send({ refreshId, member: key, lookNumber: lookNumber + 1, state, correlationId }, inSeconds);
  return 'looking_again';
}
