// SQS follow-up queue  ->  one look at the job, or at what a webhook spoke of  ->  balances and an event, or another look later
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { balancesEraser } from '../shared/clients/balances-eraser.ts';
import { balancesInDynamoDb } from '../shared/clients/balances-table.ts';
import { decodeWork, type Work } from '../shared/clients/messages.ts';
import { erasureQueue, hintQueue } from '../shared/clients/queues.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../shared/clients/seen-members.ts';
import { eraseAgain } from '../shared/domain/delete-member.ts';
import { followUp } from '../shared/domain/follow-refresh.ts';
import { type HeedDeps, heedWebhook } from '../shared/domain/heed-webhook.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type Telemetry, telemetry } from '../shared/lambda/log.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { dynamoDb, endingDeps, mxOf, sqs } from './wiring/refresh.ts';

/** Does what a message asks for, and says what came of it. */
export async function doWork(deps: HeedDeps, report: Telemetry, work: Work): Promise<void> {
  const { memberGuid } = work.member;
  switch (work.kind) {
    case 'look': {
      const outcome = await followUp(deps, work);
      report.count('FollowUp');
      report.log('follow_up.done', { refresh_id: work.refreshId, member_guid: memberGuid, look: work.look, outcome });
      return;
    }
    case 'webhook': {
      const outcome = await heedWebhook(deps, work);
      report.count(outcome === 'unknown_member' ? 'WebhookIgnored' : 'WebhookHeeded');
      report.log('webhook.heeded', { member_guid: memberGuid, reason: work.about, outcome });
      return;
    }
    case 'erase':
      report.log('member.erased', { member_guid: memberGuid, outcome: await eraseAgain(deps, work.member) });
      return;
  }
}

/** For each call of MX's: a look makes at most four in a row, and the function has 30 s. */
const MX_TIMEOUT_MS = 5_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('follow-up', source);
  const db = dynamoDb();
  const report = telemetry('follow-up', env.STAGE);
  const queue = sqs();
  const ending = endingDeps(env, db);
  const deps: HeedDeps = {
    ...ending,
    mx: mxOf(env, MX_TIMEOUT_MS),
    balances: balancesInDynamoDb(db, env.BALANCES_TABLE, {
      keepAccountNumbers: env.KEEP_ACCOUNT_NUMBERS,
      keepUnknownFields: env.KEEP_UNKNOWN_FIELDS,
    }),
    seen: seenMembersInDynamoDb(db, env.MEMBERS_TABLE, ending.policy),
    schedule: scheduleInDynamoDb(db, env.MEMBERS_TABLE),
    hints: hintQueue(queue, env.FOLLOW_UP_QUEUE_URL),
    erasure: balancesEraser(db, env.BALANCES_TABLE, erasureQueue(queue, env.FOLLOW_UP_QUEUE_URL)),
    // Off: webhooks that were under way when the operator switched them off.
    heed: env.WEBHOOKS === 'all' ? 'all' : 'known',
  };
  return queueHandler({
    telemetry: report,
    decode: decodeWork,
    failedEvent: 'follow_up.failed',
    handle: (work) => doWork(deps, report, work),
    async giveBackNow({ receiptHandle }) {
      await queue.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: env.FOLLOW_UP_QUEUE_URL,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: 0,
        }),
      );
    },
  });
}

export const handler = wire(process.env);
