/** What runs now: the members whose refresh has not ended, for a person who looks. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { openClaims } from '../../shared/clients/open-claims.ts';
import { readPauses } from '../../shared/clients/pauses-table.ts';
import { type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import { OPEN_SHARDS } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { inOrder, withMovedDeadline } from '../../shared/domain/pause.ts';
import type { Claim } from '../../shared/domain/refresh.ts';
import type { Deployment } from './deployment.ts';

/** A refresh that has not ended, or whose end is about to be published. */
export interface RunningNow {
  readonly member: MemberKey;
  /** Its deadline counts without pauses. */
  readonly claim: Claim;
}

/** Some of what runs. */
export interface RunningPage {
  /** The oldest first. */
  readonly running: readonly RunningNow[];
  /** More run than were read: at most a hundred of each part of the index are. */
  readonly isMore: boolean;
}

/** Claims are found that were accepted until a day ahead: this machine's clock may be behind. */
const AHEAD_SECONDS = 86_400;

/**
 * The first page of each part of the index of open claims, four calls however many refreshes run, and one for the pauses. A claim
 * that cannot be read is left out; the sweep's log says why.
 */
export async function runningRefreshes(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
  now: Instant,
): Promise<RunningPage> {
  const page = openClaims(client, deployment.output('MembersTable'));
  const before = plusSeconds(now, AHEAD_SECONDS);
  const [stored, ...pages] = await Promise.all([
    readPauses(client, deployment.output('RefreshesTable')),
    ...Array.from({ length: OPEN_SHARDS }, (_, shard) => page(shard, before, null)),
  ]);
  const pauses = inOrder(stored.pauses);
  const running = pages.flatMap(({ listed }) =>
    listed.flatMap(({ member, claim }) =>
      claim === null || claim === 'unreadable' ? [] : [{ member, claim: withMovedDeadline(pauses, claim) }],
    ),
  );
  return {
    running: running.toSorted((first, second) => (first.claim.acceptedAt < second.claim.acceptedAt ? -1 : 1)),
    isMore: pages.some(({ next }) => next !== null),
  };
}
