import { CfnOutput } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { DeadLetterQueue } from '../constructs/work-queue.ts';
import type { Settings } from '../settings.ts';
import type { Queues } from './queues.ts';

/** What the operator's command has to do as the functions do it (`infra/operator/deployment.ts`), as stack outputs. */
export function publishForOperator(
  scope: Construct,
  settings: Settings,
  { queues, tickDeadLetters }: { readonly queues: Queues; readonly tickDeadLetters: DeadLetterQueue },
): void {
  const { scheduleShards, minScheduleHours, mxBaseUrl, mxAcceptVersion } = settings;
  const { learning, breaker, deadlineSeconds } = settings;
  const { staleAfterSeconds, allowanceStarts, allowanceWindowSeconds } = settings;
  const published: Readonly<Record<string, string>> = {
    ScheduleShards: String(scheduleShards),
    MinScheduleHours: String(minScheduleHours),
    MxBaseUrl: mxBaseUrl,
    MxAcceptVersion: mxAcceptVersion,
    Learning: String(learning),
    Breaker: String(breaker),
    DeadlineSeconds: String(deadlineSeconds),
    StaleAfterSeconds: String(staleAfterSeconds),
    AllowanceStarts: String(allowanceStarts),
    AllowanceWindowSeconds: String(allowanceWindowSeconds),
  };
  for (const [name, value] of Object.entries(published)) {
    new CfnOutput(scope, name, { value, description: 'A setting, for the operator’s command' });
  }
  const { followUps, starts, callbacks } = queues;
  const urls: Readonly<Record<string, IQueue | undefined>> = {
    FollowUpQueueUrl: followUps.queue,
    FollowUpDeadLetterQueueUrl: followUps.deadLetters,
    StartQueueUrl: starts.queue,
    StartDeadLetterQueueUrl: starts.deadLetters,
    CallbackQueueUrl: callbacks?.queue,
    CallbackDeadLetterQueueUrl: callbacks?.deadLetters,
    TickDeadLetterQueueUrl: tickDeadLetters.queue,
  };
  for (const [name, queue] of Object.entries(urls)) {
    if (queue === undefined) continue;
    new CfnOutput(scope, name, { value: queue.queueUrl, description: 'A queue, for the operator’s command' });
  }
}
