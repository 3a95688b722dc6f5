// SQS follow-up queue  ->  one look at the job  ->  balances in DynamoDB and an event, or another look later
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { balancesInDynamoDb } from '../shared/clients/balances-table.ts';
import { decodeFollowUp } from '../shared/clients/messages.ts';
import { type FollowDeps, followUp } from '../shared/domain/follow-refresh.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { telemetry } from '../shared/lambda/log.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { dynamoDb, endingDeps, mxOf, sqs } from './wiring/refresh.ts';

/** For each call of MX's: a look makes at most four in a row, and the function has 30 s. */
const MX_TIMEOUT_MS = 5_000;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('follow-up', source);
  const db = dynamoDb();
  const report = telemetry('follow-up', env.STAGE);
  const queue = sqs();
  const deps: FollowDeps = {
    ...endingDeps(env, db),
    mx: mxOf(env, MX_TIMEOUT_MS),
    balances: balancesInDynamoDb(db, env.BALANCES_TABLE, {
      keepAccountNumbers: env.KEEP_ACCOUNT_NUMBERS,
      keepUnknownFields: env.KEEP_UNKNOWN_FIELDS,
    }),
  };
  return queueHandler({
    telemetry: report,
    decode: decodeFollowUp,
    failedEvent: 'follow_up.failed',
    async handle(message) {
      const done = await followUp(deps, message);
      report.count('FollowUp');
      report.log('follow_up.done', {
        refresh_id: message.refreshId,
        member_guid: message.member.memberGuid,
        look: message.look,
        outcome: done,
      });
    },
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
