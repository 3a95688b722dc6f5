/** The members that wait for a person, as many of each kind as a page shows. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { attentionReader } from '../../shared/clients/attention-reader.ts';
import { type AttentionAction, attentionActions } from '../../shared/domain/action.ts';
import { listWaiting, type WaitingCount, type WaitingMember } from '../../shared/domain/waiting-members.ts';
import type { Deployment } from './deployment.ts';
import { asStop } from './show-attention.ts';

/** Members that wait for one action. */
export interface FirstWaiting {
  readonly action: AttentionAction;
  readonly count: WaitingCount;
  /** The oldest first. */
  readonly first: readonly WaitingMember[];
}

/** How many are shown, and how many answers of the table are counted, of some 6,000 members each: a page asks again and again. */
const [SHOWN, COUNTED_PAGES] = [20, 2];

/** Of each action its count and first members. @throws Stop `unreachable` where the index is not there yet. */
export async function firstWaiting(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
): Promise<readonly FirstWaiting[]> {
  const reader = attentionReader(client, deployment.output('MembersTable'));
  try {
    return await Promise.all(
      attentionActions.map(async (action) => {
        const count = await reader.count(action, COUNTED_PAGES);
        if (count.members === 0) return { action, count, first: [] };
        const { members } = await listWaiting(reader, action, { limit: SHOWN, after: null });
        return { action, count, first: members };
      }),
    );
  } catch (error) {
    throw asStop(error);
  }
}
