import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { LOOK_TIMEOUT_SECONDS } from '../../shared/domain/refresh.ts';
import { SWEEP_TIMEOUT_SECONDS } from '../../shared/domain/sweep.ts';
import { acknowledge } from '../constructs/acknowledged-finding.ts';
import type { Alarms } from '../constructs/alarms.ts';
import { DeadLetterQueue, MinuteQueue, WorkQueue } from '../constructs/work-queue.ts';
import { callbacksAreOn, type Settings } from '../settings.ts';

/** The queues between the functions. Without `callbacks`, no callback_url can be accepted. */
export interface Queues {
  readonly followUps: WorkQueue;
  readonly starts: WorkQueue;
  readonly sweeps: MinuteQueue;
  readonly callbacks: WorkQueue | undefined;
}

/** Longest times that the functions behind the queues may run: the queues hide a message for six times as long. */
export const timeouts = {
  look: Duration.seconds(LOOK_TIMEOUT_SECONDS),
  start: Duration.seconds(60),
  sweep: Duration.seconds(SWEEP_TIMEOUT_SECONDS),
  callback: Duration.seconds(20),
} as const;

/** The settings of the deployment, where alarms go, and what encrypts messages. */
export interface QueuesProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  /** @default SQS's own key */
  readonly key: IKey | undefined;
}

/** Makes the queues in `scope`, each with its dead letters and alarms. */
export function addQueues(scope: Construct, { settings, alarms, key }: QueuesProps): Queues {
  const lateSeconds = settings.alarmLateSeconds;
  const followUps = new WorkQueue(scope, 'FollowUps', {
    alarms,
    key,
    name: 'follow-ups',
    lateSeconds,
    lateHurtsUsers: true,
    workerTimeout: timeouts.look,
    whenItIsLate: 'Running refreshes are looked at late: balances arrive late or refreshes time out.',
    whenMessagesFail: 'Looks at running refreshes failed five times: these refreshes hang until the sweep ends them.',
  });
  const starts = new WorkQueue(scope, 'Starts', {
    alarms,
    key,
    name: 'starts',
    lateSeconds,
    lateHurtsUsers: true,
    workerTimeout: timeouts.start,
    whenItIsLate: 'Scheduled refreshes start late: balances of scheduled members get old.',
    whenMessagesFail: 'Scheduled refreshes could not be started: these members wait for their next turn.',
  });
  const sweeps = new MinuteQueue(scope, 'Sweeps', { workerTimeout: timeouts.sweep, key });
  const callbacks = callbacksAreOn(settings)
    ? new WorkQueue(scope, 'Callbacks', {
        alarms,
        key,
        name: 'callbacks',
        lateSeconds,
        workerTimeout: timeouts.callback,
        whenItIsLate: 'Callbacks go out late: callers that wait for them learn late how their refreshes ended.',
        whenMessagesFail:
          'A receiver did not take a callback in 12 tries over about 22 hours, or one could not be read: it does not learn how a refresh ended until the message is sent back.',
      })
    : undefined;
  return { followUps, starts, sweeps, callbacks };
}

/** Makes the queue for minutes of the schedule and of the sweep that failed. */
export function addTickDeadLetters(scope: Construct, { alarms, key }: Omit<QueuesProps, 'settings'>): DeadLetterQueue {
  const deadLetters = new DeadLetterQueue(scope, 'TickDeadLetters', {
    alarms,
    key,
    whenItFails:
      'A minute of the schedule or of the sweep failed three times: some members were not refreshed in time.',
    runbook: 'tick-dead-letters',
  });
  acknowledge(
    deadLetters.queue,
    'AwsSolutions-SQS3',
    'It is the dead-letter queue of two schedules and of the two functions that they call; the rule looks for queues and functions only.',
  );
  return deadLetters;
}
