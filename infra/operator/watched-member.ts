/** A member for one who watches its refresh: its own item, and the pauses while a refresh runs. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { readPauses } from '../../shared/clients/pauses-table.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { inOrder, withMovedDeadline } from '../../shared/domain/pause.ts';
import type { Claim } from '../../shared/domain/refresh.ts';
import type { Deployment } from './deployment.ts';

/** A member, and its refresh. */
export interface WatchedMember {
  readonly member: Pick<MemberRecord, 'key' | 'lastAttempt'>;
  /** The member's claim, with the deadline that counts without pauses; null: none runs. */
  readonly running: Claim | null;
}

/** Reads one item, two while a refresh runs. Null: the member is not known to the deployment. */
export async function watchedMember(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
  key: MemberKey,
): Promise<WatchedMember | null> {
  const member = await membersReader(client, deployment.output('MembersTable')).read(key);
  if (member === null) return null;
  if (member.claim === null) return { member, running: null };
  const { pauses } = await readPauses(client, deployment.output('RefreshesTable'));
  return { member, running: withMovedDeadline(inOrder(pauses), member.claim) };
}
