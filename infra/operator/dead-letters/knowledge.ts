/** Reading what is stored of what dead letters are about. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { receiptsInDynamoDb } from '../../../shared/clients/erasures-table.ts';
import { membersReader } from '../../../shared/clients/members-reader.ts';
import { pausesInDynamoDb } from '../../../shared/clients/pauses-table.ts';
import { refreshesReader } from '../../../shared/clients/refreshes-table.ts';
import type { Clock } from '../../../shared/domain/instant.ts';
import type { MemberKey } from '../../../shared/domain/mx.ts';
import { withMovedDeadline } from '../../../shared/domain/pause.ts';
import type { Deployment } from '../deployment.ts';
import { type Content, subjectOf } from './letter.ts';
import { judge, type Verdict } from './verdict.ts';

/** Gives the verdict on a letter, by what is stored now. Reads only what its kind needs. */
export type Judge = (content: Content) => Promise<Verdict>;

/** Judges by the deployment's tables. */
export function judgeIn({ output }: Pick<Deployment, 'output'>, client: DynamoDBClient, now: Clock): Judge {
  const members = membersReader(client, output('MembersTable'));
  const refreshes = refreshesReader(client, output('RefreshesTable'), now);
  const receipts = receiptsInDynamoDb(client, output('ErasuresTable'), now);
  // A resend of many letters goes on for long; where the pauses cannot be read any more, the last ones count.
  const pauses = pausesInDynamoDb(client, output('RefreshesTable'), { now, unread: () => {} });

  async function known(member: MemberKey) {
    const record = await members.read(member);
    const claim = record?.claim ?? null;
    return record && { ...record, claim: claim && withMovedDeadline(await pauses.known(), claim) };
  }

  return async (content) => {
    const { refreshId, member } = subjectOf(content);
    const needsMember = content.kind === 'look' || content.kind === 'webhook';
    const needsRefresh = content.kind === 'notify' || content.kind === 'callback';
    const record = needsMember && member !== null ? await known(member) : null;
    const refresh = needsRefresh && refreshId !== null ? await refreshes.read(refreshId) : null;
    const receipt = content.kind === 'erase_data' ? await receipts.read(content.order.erasureId) : null;
    const isErased = receipt !== null && receipt.doneAt !== null;
    return judge(content, { record, hasRefresh: refresh !== null, isErased, now: now() });
  };
}
