/** What `explain` and the console's page say of a member, as data. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { balancesReader } from '../../shared/clients/balances-table.ts';
import { breakersInDynamoDb } from '../../shared/clients/breakers-table.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { readPauses } from '../../shared/clients/pauses-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import type { StoredBalance } from '../../shared/domain/balance.ts';
import { type Explained, explain } from '../../shared/domain/explain.ts';
import type { Clock, Instant } from '../../shared/domain/instant.ts';
import type { MemberRecord } from '../../shared/domain/member.ts';
import { inOrder, withMovedDeadline } from '../../shared/domain/pause.ts';
import type { Claim } from '../../shared/domain/refresh.ts';
import { noWishes } from '../../shared/domain/schedule.ts';
import { type Deployment, flagOf, wholeNumberOf } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';

/** What reading a member needs. */
export interface ReadingMember {
  /** Of the deployment; the caller destroys it. */
  readonly client: DynamoDBClient;
  readonly now: Clock;
}

/** A member, explained, and what that was made from. */
export interface ExplainedMember {
  readonly member: MemberRecord;
  readonly balances: readonly StoredBalance[];
  /** Since when the member's bank does not work; null also when no breaker is heeded. */
  readonly bankDownSince: Instant | null;
  readonly explained: Explained;
  /** The member's claim, with the deadline that counts without pauses. */
  readonly running: Claim | null;
}

/**
 * Reads the member from the deployment's tables and explains it.
 *
 * @param names MX's guids or own ids
 * @throws Stop `usage` for a member that is not known here; the SDK's errors as they are
 */
export async function explainedMember(
  deployment: Pick<Deployment, 'output' | 'place'>,
  { client, now }: ReadingMember,
  names: { readonly userIdentifier: string; readonly memberIdentifier: string },
): Promise<ExplainedMember> {
  const rules = {
    staleAfterSeconds: wholeNumberOf(deployment, 'StaleAfterSeconds'),
    allowanceStarts: wholeNumberOf(deployment, 'AllowanceStarts'),
    allowanceWindowSeconds: wholeNumberOf(deployment, 'AllowanceWindowSeconds'),
  };
  const members = membersReader(client, deployment.output('MembersTable'));
  const key = await members.resolve(names);
  const member = key && (await members.read(key));
  if (member === null) {
    throw new Stop(exitCodes.usage, `This member is not known to ${deployment.place}, by this name at least.`);
  }
  const schedule = scheduleInDynamoDb(client, deployment.output('MembersTable'));
  const { enrolment } = member;
  const isOn = enrolment !== null && enrolment.everyHours !== 0;
  const [balances, wishes, bankDownSince, { pauses }] = await Promise.all([
    balancesReader(client, deployment.output('BalancesTable')).ofMember(member.key),
    isOn ? schedule.wishesOf(member.key, enrolment.slot) : null,
    bankDown(deployment, { client, now }, member),
    readPauses(client, deployment.output('RefreshesTable')),
  ]);
  const known = { member, balances, wishes: wishes ?? noWishes, bankDownSince, pauses, now: now() };
  const running = member.claim && withMovedDeadline(inOrder(pauses), member.claim);
  return { member, balances, bankDownSince, explained: explain(known, rules), running };
}

async function bankDown(
  deployment: Pick<Deployment, 'output'>,
  { client, now }: ReadingMember,
  { institutionCode }: MemberRecord,
): Promise<Instant | null> {
  if (institutionCode === null || !(flagOf(deployment, 'Learning') && flagOf(deployment, 'Breaker'))) return null;
  const fails = (error: unknown): never => {
    throw error;
  };
  const breakers = breakersInDynamoDb(client, deployment.output('RefreshesTable'), { now, unread: fails });
  return (await breakers.open()).get(institutionCode)?.since ?? null;
}
