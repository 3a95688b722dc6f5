// SQS follow-up queue  ->  a look at the job, a webhook handled, an end told, or a second erasing  ->  balances and an event, or a later look
import { balancesEraser } from '../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../shared/clients/balances-table.ts';
import { decodeFollowUp, type FollowUp } from '../shared/clients/messages.ts';
import { erasureQueue, webhookQueue } from '../shared/clients/queues.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../shared/clients/seen-members.ts';
import { eraseAgain } from '../shared/domain/delete-member.ts';
import { followRefresh } from '../shared/domain/follow-refresh.ts';
import { type HandleWebhookDeps, handleWebhook } from '../shared/domain/handle-webhook.ts';
import { continueNotice } from '../shared/domain/notify.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type Telemetry, telemetry } from '../shared/lambda/log.ts';
import { observedMx } from '../shared/lambda/observed-mx.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { queueWiring } from './wiring/queue.ts';
import { dynamoDb, endingDeps, mxOf, now, sqs } from './wiring/refresh.ts';

/** Does what a follow-up asks for, and says what came of it. */
export async function followUp(deps: HandleWebhookDeps, report: Telemetry, message: FollowUp): Promise<void> {
  const { memberGuid } = message.member;
  switch (message.kind) {
    case 'look': {
      const outcome = await followRefresh(deps, message);
      report.log('follow_up.done', {
        refresh_id: message.refreshId,
        member_guid: memberGuid,
        look: message.lookNumber,
        outcome,
      });
      return;
    }
    case 'webhook': {
      const outcome = await handleWebhook(deps, message);
      report.count(outcome === 'unknown_member' ? 'WebhookIgnored' : 'WebhookHeeded');
      report.log('webhook.handled', { member_guid: memberGuid, reason: message.about, outcome });
      return;
    }
    case 'notify': {
      const about = { refresh_id: message.refreshId, member_guid: memberGuid };
      const outcome = await continueNotice(deps, message, (error) => {
        report.count('NoticeFailed');
        report.log('notice.failed', { ...about, error });
      });
      report.log('notice.done', { ...about, outcome });
      return;
    }
    case 'erase':
      report.log('member.erased', { member_guid: memberGuid, outcome: await eraseAgain(deps, message.member) });
      return;
  }
}

/** For each call of MX's: a look makes at most four in a row, and the function has 30 s. */
const MX_TIMEOUT_MS = 5_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('follow-up', source);
  const db = dynamoDb();
  const report = telemetry('follow-up', env.stage, now);
  const queue = sqs();
  const ending = endingDeps(env, db);
  const deps: HandleWebhookDeps = {
    ...ending,
    mx: observedMx(mxOf(env, MX_TIMEOUT_MS), report),
    balances: balancesInDynamoDb(db, env.balancesTable, {
      keepAccountNumbers: env.keepAccountNumbers,
      keepUnknownFields: env.keepUnknownFields,
    }),
    seen: seenMembersInDynamoDb(db, env.membersTable, ending.policy),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    webhooks: webhookQueue(queue, env.followUpQueueUrl),
    erasure: balancesEraser(db, env.balancesTable, erasureQueue(queue, env.followUpQueueUrl)),
    // Off: webhooks that were under way when the operator switched them off.
    webhooksOf: env.webhooks === 'all' ? 'all' : 'known',
  };
  return queueHandler({
    ...queueWiring(queue, env.followUpQueueUrl),
    telemetry: report,
    decode: decodeFollowUp,
    failedEvent: 'follow_up.failed',
    handle: (message) => followUp(deps, report, message),
  });
}

export const handler = wire(process.env);
