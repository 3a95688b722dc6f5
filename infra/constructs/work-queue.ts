import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, type EventSourceMappingOptions } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import { acknowledge } from './acknowledged-finding.ts';
import { type Alarms, overFiveMinutes } from './alarms.ts';
import { consume } from './permissions.ts';
import type { ServiceFunction } from './service-function.ts';

/** A queue that requires TLS, encrypted with the key, or else with SQS's own, which is free. */
function closedQueue(scope: Construct, { key, ...props }: QueueProps & { readonly key: IKey | undefined }): Queue {
  const queue = new Queue(scope, 'Queue', {
    ...props,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const resource = queue.node.defaultChild;
  if (!(resource instanceof CfnQueue)) throw new TypeError('the resource of a queue is no CfnQueue');
  if (key) {
    // Not by the CDK's own property, with which it grants wildcards of the key to every role that may use the queue.
    resource.sqsManagedSseEnabled = false;
    resource.kmsMasterKeyId = key.keyArn;
  }
  return queue;
}

/** Messages that failed too often: the first raises an alarm, an operator decides. Kept for 14 days. */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(
    scope: Construct,
    id: string,
    {
      alarms,
      key,
      whenItFails,
      runbook,
    }: Pick<WorkQueueProps, 'alarms' | 'key'> & { whenItFails: string; runbook: string },
  ) {
    super(scope, id);
    this.queue = closedQueue(this, { key, retentionPeriod: Duration.days(14) });
    acknowledge(
      this.queue,
      'Serverless-SQSRedrivePolicy',
      'It is a dead-letter queue: nothing receives from it but an operator, whom its first message alarms.',
    );
    alarms.raise(this, 'NotEmpty', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible(overFiveMinutes('Maximum')),
      whenItFails,
      runbook,
    });
  }
}

/** The function behind a queue, and the texts of its alarms. */
export interface WorkQueueProps {
  readonly alarms: Alarms;
  /** Encrypts the messages. @default SQS's own key */
  readonly key: IKey | undefined;
  /** Longest time that the function which reads it may run. */
  readonly workerTimeout: Duration;
  /** Name in the runbook: headings `<name>-late` and `<name>-dead-letters`. */
  readonly name: string;
  readonly whenItIsLate: string;
  /** The age of the oldest message at which the work is late, in seconds. */
  readonly lateSeconds: number;
  /** Whether users are hurt when it is late. @default false */
  readonly lateHurtsUsers?: boolean;
  readonly whenMessagesFail: string;
}

/** A queue of work for one function, with a dead-letter queue and an alarm when the work is late. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const dead = new DeadLetterQueue(this, 'DeadLetters', {
      alarms: props.alarms,
      key: props.key,
      whenItFails: props.whenMessagesFail,
      runbook: `${props.name}-dead-letters`,
    });
    this.deadLetters = dead.queue;
    this.queue = closedQueue(this, {
      key: props.key,
      retentionPeriod: Duration.days(4),
      // AWS's advice for event sources: with less, a message that waits inside Lambda is received a second time.
      visibilityTimeout: Duration.seconds(6 * props.workerTimeout.toSeconds()),
      deadLetterQueue: { queue: dead.queue, maxReceiveCount: 5 },
    });
    // No message is delayed by more than 15 minutes, so an older one has waited for its function.
    props.alarms.raise(this, 'Late', {
      metric: this.queue.metricApproximateAgeOfOldestMessage(overFiveMinutes('Maximum')),
      atLeast: props.lateSeconds,
      whenItFails: props.whenItIsLate,
      runbook: `${props.name}-late`,
      hurtsUsers: props.lateHurtsUsers ?? false,
    });
  }

  /** Lets the function work on the queue in batches of 10, at most `maxConcurrency` of them at once (2 or more). */
  deliverTo(worker: ServiceFunction<FunctionName>, maxConcurrency: number): void {
    deliver(this.queue, worker, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency });
    failuresStayInTheQueue(
      worker,
      'A message that fails stays in the queue and, after five tries, goes to its dead letters.',
    );
    acknowledge(
      worker.fn,
      'Serverless-LambdaDLQ',
      'It is invoked by its queue, synchronously; Lambda sends only asynchronous invocations to a dead-letter target. The queue has dead letters.',
    );
  }
}

/**
 * A queue for work that is void after a minute, because the next minute does it again. SQS drops what is older, so there
 * are no dead letters: the function's own errors raise the alarm.
 */
export class MinuteQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { workerTimeout, key }: Pick<WorkQueueProps, 'workerTimeout' | 'key'>) {
    super(scope, id);
    this.queue = closedQueue(this, {
      key,
      // The shortest that SQS knows.
      retentionPeriod: Duration.minutes(1),
      visibilityTimeout: Duration.seconds(6 * workerTimeout.toSeconds()),
    });
    const reason =
      'Its messages are void after a minute, when the next minute has done their work, and SQS drops them then. There is nothing that an operator could send again.';
    acknowledge(this.queue, 'AwsSolutions-SQS3', reason);
    acknowledge(this.queue, 'Serverless-SQSRedrivePolicy', reason);
  }

  /** Gives the function one message at a time, at most `maxConcurrency` of them at once (2 or more). */
  deliverTo(worker: ServiceFunction<FunctionName>, maxConcurrency: number): void {
    deliver(this.queue, worker, { batchSize: 1, maxConcurrency });
    failuresStayInTheQueue(
      worker,
      'A message that fails is void after a minute, when the next minute has done its work.',
    );
  }
}

/**
 * Makes the queue an event source of the function. The CDK's own `SqsEventSource` also lets the function look up the
 * queue's URL and change how long messages stay hidden, which Lambda does not do.
 */
function deliver(queue: Queue, worker: ServiceFunction<FunctionName>, options: EventSourceMappingOptions): void {
  // Scope and id are those that SqsEventSource gives: others would replace the event source. Its function may change.
  const id = `SqsEventSource:${Names.nodeUniqueId(queue.node)}`;
  new EventSourceMapping(worker.fn, id, { target: worker.invoked, eventSourceArn: queue.queueArn, ...options });
  worker.allow(consume, queue.queueArn);
  worker.keyUses.add('receiveMessages');
}

function failuresStayInTheQueue({ fn }: ServiceFunction<FunctionName>, what: string): void {
  acknowledge(
    fn,
    'Serverless-LambdaEventSourceMappingDestination',
    `An event source that is an SQS queue takes no destination: Lambda has it for streams only. ${what}`,
  );
}
