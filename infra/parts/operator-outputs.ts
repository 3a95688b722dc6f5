import { CfnOutput } from 'aws-cdk-lib';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import packageJson from '../../package.json' with { type: 'json' };
import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { Alarms } from '../constructs/alarms.ts';
import type { ServiceFunction } from '../constructs/service-function.ts';
import type { DeadLetterQueue } from '../constructs/work-queue.ts';
import type { Settings } from '../settings.ts';
import type { Queues } from './queues.ts';

/** The parts that the operator's command looks at. */
export interface PublishedParts {
  readonly queues: Queues;
  readonly tickDeadLetters: DeadLetterQueue;
  readonly alarms: Pick<Alarms, 'topic'>;
  readonly mxCheck: ServiceFunction<FunctionName>;
}

/** What the operator's command has to do as the functions do it (`infra/operator/deployment.ts`), as stack outputs. */
export function publishForOperator(
  scope: Construct,
  settings: Settings,
  { queues, tickDeadLetters, alarms, mxCheck }: PublishedParts,
): void {
  const { scheduleShards, minScheduleHours, mxBaseUrl, mxAcceptVersion } = settings;
  const { followUpConcurrency, startConcurrency } = settings;
  const { learning, breaker, deadlineSeconds } = settings;
  const { staleAfterSeconds, allowanceStarts, allowanceWindowSeconds } = settings;
  const { alarmLateSeconds, alarmPausedMinutes } = settings;
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
    AlarmLateSeconds: String(alarmLateSeconds),
    AlarmPausedMinutes: String(alarmPausedMinutes),
    FollowUpConcurrency: String(followUpConcurrency),
    StartConcurrency: String(startConcurrency),
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
  const others: Readonly<Record<string, readonly [value: string, description: string]>> = {
    Version: [packageJson.version, 'The release of mx-fresh-balances that was deployed'],
    AlarmTopicArn: [alarms.topic.topicArn, 'Where the alarms go'],
    CheckMxFunction: [mxCheck.fn.functionName, 'Asks MX whether it accepts us, for the operator’s command'],
  };
  for (const [name, [value, description]] of Object.entries(others)) new CfnOutput(scope, name, { value, description });
}
