// SQS start queue  ->  the same start as the trigger's, for every due member of a message
import { decodeStartBatch } from '../shared/clients/messages.ts';
import { startQueue, webhookQueue } from '../shared/clients/queues.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { startCeilingInDynamoDb } from '../shared/clients/start-ceiling.ts';
import type { StartBatch } from '../shared/domain/schedule.ts';
import { type StartDueDeps, startDue } from '../shared/domain/start-due.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import type { Telemetry } from '../shared/lambda/log.ts';
import { observedMx } from '../shared/lambda/observed-mx.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { queueWiring } from './wiring/queue.ts';
import { dynamoDb, endingDeps, mxOf, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** For each call of MX's; a member's start makes two. */
const MX_TIMEOUT_MS = 5_000;

/** Starts the members of a batch, and counts what came of them. */
export async function startBatch(deps: StartDueDeps, report: Telemetry, batch: StartBatch): Promise<void> {
  const counts = await startDue(deps, batch);
  report.count('RefreshAccepted', counts.accepted);
  report.count('RefreshHeldBack', counts.held_back);
  report.count('StartLeftToMx', counts.left_to_mx);
  report.count('StartDeferred', counts.deferred);
  report.count('StartDropped', counts.dropped);
  report.log('start.done', { counts });
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('start-due', source);
  const db = dynamoDb(env.membersTable, 1);
  const queue = sqs(env.startQueueUrl);
  const report = instanceTelemetry('start-due', env);
  const ending = endingDeps(env, db, report, queue);
  const deps: StartDueDeps = {
    ...ending,
    mx: observedMx(mxOf(env, ending.pauses, MX_TIMEOUT_MS), report),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    starts: startQueue(queue, env.startQueueUrl),
    webhooks: webhookQueue(queue, env.followUpQueueUrl),
    ceiling: startCeilingInDynamoDb(db, env.membersTable, env.startsPerSecond),
    accepted: ({ member }, { refresh, joined }) => {
      const outcome = joined ? 'joined' : 'accepted';
      report.log('start.accepted', { refresh_id: refresh.refreshId, member_guid: member.memberGuid, outcome });
    },
    report: ({ member }, error, refreshId) => {
      report.log('start.failed', { refresh_id: refreshId, member_guid: member.memberGuid, error });
    },
  };
  return queueHandler({
    ...queueWiring(queue, env.startQueueUrl),
    telemetry: report,
    decode: decodeStartBatch,
    failedEvent: 'start.failed',
    handle: (batch) => startBatch(deps, report, batch),
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
