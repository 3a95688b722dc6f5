import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import type { Queues } from './queues.ts';

/** What the operator's command has to do as the functions do it (`infra/operator/deployment.ts`), as stack outputs. */
export function publishForOperator(scope: Construct, settings: Settings, { followUps }: Queues): void {
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
  new CfnOutput(scope, 'FollowUpQueueUrl', {
    value: followUps.queue.queueUrl,
    description: 'The queue of follow-ups, for the operator’s command',
  });
}
