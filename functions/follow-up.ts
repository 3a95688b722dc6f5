// SQS follow-up queue  ->  a look at the job, a webhook handled, an end told, or data erased  ->  balances and an event, or a later look
import { balancesEraser } from '../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../shared/clients/balances-table.ts';
import { receiptsInDynamoDb } from '../shared/clients/erasures-table.ts';
import { decodeFollowUp, type FollowUp } from '../shared/clients/messages.ts';
import { erasureQueue, erasureWorkQueue, looksTogether, webhookQueue } from '../shared/clients/queues.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../shared/clients/seen-members.ts';
import { unlessSilent } from '../shared/clients/silent-mx.ts';
import { storedDataInDynamoDb } from '../shared/clients/stored-data.ts';
import { eraseAgain } from '../shared/domain/delete-member.ts';
import { type EraseDataDeps, eraseData } from '../shared/domain/erase-data.ts';
import { followRefresh } from '../shared/domain/follow-refresh.ts';
import { type HandleWebhookDeps, handleWebhook } from '../shared/domain/handle-webhook.ts';
import type { Measures } from '../shared/domain/measures.ts';
import type { SeenByLook } from '../shared/domain/next-look.ts';
import { continueNotice } from '../shared/domain/notify.ts';
import { isConnectionStatus } from '../shared/domain/statuses.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type LineNames, lines, type Telemetry } from '../shared/lambda/log.ts';
import { observedMx } from '../shared/lambda/observed-mx.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { keptHistory } from './wiring/history.ts';
import { queueWiring } from './wiring/queue.ts';
import { dynamoDb, endingDeps, mxAndDeletionOf, now, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** What the lines of a message name: its refresh, and what the caller calls it; of others whom or what it is about. */
function namesIn(message: FollowUp): LineNames {
  switch (message.kind) {
    case 'look':
    case 'notify':
      return { refresh_id: message.refreshId, correlation_id: message.correlationId ?? undefined };
    case 'webhook':
    case 'erase':
      return { member_guid: message.member.memberGuid };
    case 'erase_data':
      return { erasure_id: message.order.erasureId };
  }
}

/** What the lines of a message name, which can grow while it is handled. */
export interface Names {
  current: LineNames;
}

/** At first what the message itself says. */
export const namesOf = (message: FollowUp): Names => ({ current: namesIn(message) });

/** What follow-ups need. */
export type FollowUpDeps = HandleWebhookDeps & EraseDataDeps;

/** A status that MX's documents do not have is not for this line: `mx.unknown_status` tells of it. */
const seenWords = ({ connectionStatus, isBeingAggregated, proof }: SeenByLook): string => {
  const isKnown = connectionStatus !== null && isConnectionStatus(connectionStatus);
  const status = connectionStatus === null ? 'no_status' : 'unknown_status';
  return `${isKnown ? connectionStatus : status} ${isBeingAggregated ? 'running' : 'idle'} ${proof}`;
};

/**
 * Does what a follow-up asks for, and says what came of it.
 *
 * @param names gets the refresh that a webhook turns out to be about, before MX is asked.
 */
export async function followUp(
  deps: FollowUpDeps,
  of: Telemetry,
  message: FollowUp,
  names: Names = namesOf(message),
): Promise<void> {
  const report = lines(of, () => names.current);
  if (message.kind === 'erase_data') {
    const outcome = await eraseData(deps, message);
    report.log('data.erased', { outcome });
    return;
  }
  const { memberGuid } = message.member;
  let seen: string | undefined;
  const looked = (by: SeenByLook): void => {
    seen = seenWords(by);
  };
  switch (message.kind) {
    case 'look': {
      let code: string | undefined;
      const ended: Measures['ended'] = (end) => {
        deps.measures.ended(end);
        code = end.ending.code;
      };
      const outcome = await followRefresh({ ...deps, looked, measures: { ...deps.measures, ended } }, message);
      // The lines that begin and end a refresh name its member; those in between have its id.
      const about = outcome === 'looking_again' ? {} : { member_guid: memberGuid };
      // Why it has ended, unless the outcome says it.
      const why = code === undefined || code === outcome ? {} : { code };
      report.log('follow_up.done', { ...about, look: message.lookNumber, outcome, ...why, seen });
      return;
    }
    case 'webhook': {
      const outcome = await handleWebhook({ ...deps, looked }, message, ({ refreshId, correlationId }) => {
        names.current = { ...names.current, refresh_id: refreshId, correlation_id: correlationId ?? undefined };
      });
      report.count(outcome === 'unknown_member' ? 'WebhookIgnored' : 'WebhookHeeded');
      report.log('webhook.handled', { reason: message.about, outcome, seen });
      return;
    }
    case 'notify': {
      const outcome = await continueNotice(deps, message, (error) => {
        report.count('NoticeFailed');
        report.log('notice.failed', { member_guid: memberGuid, error });
      });
      report.log('notice.done', { member_guid: memberGuid, outcome });
      return;
    }
    case 'erase':
      report.log('member.erased', { outcome: await eraseAgain(deps, message.member) });
  }
}

/** For each call of MX's: a look makes at most four in a row, and the function has 30 s. */
const MX_TIMEOUT_MS = 5_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('follow-up', source);
  const db = dynamoDb(env.membersTable, 1);
  const report = instanceTelemetry('follow-up', env);
  const queue = sqs(env.followUpQueueUrl);
  const looks = looksTogether(queue, env.followUpQueueUrl);
  const ending = { ...endingDeps(env, db, report, queue), followUps: looks };
  const atMx = mxAndDeletionOf(env, ending.pauses, MX_TIMEOUT_MS);
  const mx = unlessSilent(atMx.mx, now);
  const loggedFields = new Set<string>();
  const tables = {
    members: env.membersTable,
    balances: env.balancesTable,
    history: env.historyTable,
    refreshes: env.refreshesTable,
  };
  const deps: FollowUpDeps = {
    ...ending,
    mx,
    balances: balancesInDynamoDb(
      db,
      env.balancesTable,
      { keepAccountNumbers: env.keepAccountNumbers, keepUnknownFields: env.keepUnknownFields },
      keptHistory(db, env, report),
    ),
    seen: seenMembersInDynamoDb(db, env.membersTable, ending.policy),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    webhooks: webhookQueue(queue, env.followUpQueueUrl),
    erasure: balancesEraser(db, tables, erasureQueue(queue, env.followUpQueueUrl)),
    receipts: receiptsInDynamoDb(db, env.erasuresTable, now),
    storedData: storedDataInDynamoDb(db, tables),
    mxDeletion: atMx.mxDeletion,
    erasures: erasureWorkQueue(queue, env.followUpQueueUrl),
    // Off: webhooks that were under way when the operator switched them off.
    webhooksOf: env.webhooks === 'all' ? 'all' : 'known',
  };
  return queueHandler({
    ...queueWiring(queue, env.followUpQueueUrl),
    telemetry: report,
    decode: decodeFollowUp,
    failedEvent: 'follow_up.failed',
    namesIn,
    // The messages of a batch are handled at the same time, so each one's calls of MX are logged with its own names.
    handle: (message) => {
      const names = namesOf(message);
      const observed = observedMx(
        mx,
        lines(report, () => names.current),
        loggedFields,
      );
      return looks.during(() => followUp({ ...deps, mx: observed }, report, message, names));
    },
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
