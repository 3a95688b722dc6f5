import { STATUS_IDS, STATUSES_WITH_WEBHOOK, statusMessage } from './statuses.ts';
import type { Member, World } from './world.ts';

const unixSeconds = (at: number): number => Math.floor(at / 1000);

/** MX facts 6.2: BALANCE, sent only after a balance job that ended well; without a job guid and without amounts. */
export function sendBalance(world: World, member: Member, completedAt: number, sentAt: number): void {
  if (!world.settings.webhooks.balance) return;
  const body = {
    action: 'member_data_updated',
    completed_at: unixSeconds(completedAt),
    completed_on: new Date(completedAt).toISOString().slice(0, 10),
    member_guid: member.guid,
    type: 'BALANCE',
    user_guid: member.user.guid,
  };
  world.outbox.add(member.guid, 'BALANCE', body, sentAt);
}

/** MX facts 6.2: AGGREGATION, sent after a standard or background aggregation that ended well. */
export function sendAggregation(
  world: World,
  member: Member,
  job: { guid: string; isBackground: boolean },
  at: number,
): void {
  if (!world.settings.webhooks.aggregation) return;
  const body = {
    action: 'member_data_updated',
    completed_at: unixSeconds(at),
    completed_on: new Date(at).toISOString().slice(0, 10),
    is_background: job.isBackground,
    job_guid: job.guid,
    member_guid: member.guid,
    transactions_created_count: 0,
    transactions_updated_count: 0,
    type: 'AGGREGATION',
    user_guid: member.user.guid,
    user_id: member.user.id,
  };
  world.outbox.add(member.guid, 'AGGREGATION', body, at);
}

/** MX facts 6.2: CONNECTION_STATUS, sent when a member enters one of eight statuses; it has no time at all. */
export function sendConnectionStatus(world: World, member: Member, status: string, at: number): void {
  if (!world.settings.webhooks.connectionStatus || !STATUSES_WITH_WEBHOOK.has(status)) return;
  const body = {
    action: 'CHANGED',
    connection_status: status,
    connection_status_id: STATUS_IDS[status],
    connection_status_message: statusMessage(status, member.institution.name),
    member_guid: member.guid,
    type: 'CONNECTION_STATUS',
    user_guid: member.user.guid,
  };
  world.outbox.add(member.guid, 'CONNECTION_STATUS', body, at);
}

/** MX facts 6.2: MEMBER, sent when a member was created, changed or deleted; off unless asked for. */
export function sendMember(world: World, member: Member, action: 'created' | 'updated' | 'deleted', at: number): void {
  if (!world.settings.webhooks.member) return;
  const { shown } = member;
  member.revision += 1;
  const body = {
    action,
    aggregated_at: shown.aggregatedAt === null ? null : unixSeconds(shown.aggregatedAt),
    connection_status: shown.connectionStatus,
    connection_status_id: STATUS_IDS[shown.connectionStatus ?? ''] ?? null,
    connection_status_message: statusMessage(shown.connectionStatus, member.institution.name),
    created_at: unixSeconds(member.createdAt),
    guid: member.guid,
    id: member.id,
    institution_code: member.institution.code,
    institution_guid: member.institution.guid,
    is_being_aggregated: shown.isBeingAggregated,
    revision: member.revision,
    type: 'MEMBER',
    user_guid: member.user.guid,
  };
  world.outbox.add(member.guid, 'MEMBER', body, at);
}
