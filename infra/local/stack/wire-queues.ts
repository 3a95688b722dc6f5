import type { AwsCaller, AwsService } from './aws-call.ts';
import type { AwsCalls } from './aws-calls.ts';
import type { Blueprint, RunningResource } from './blueprint.ts';
import { EventSource, type EventSourceSpec, type SqsCall } from './event-source.ts';
import { EAGER_WORKERS, type FunctionHost } from './function-host.ts';
import type { ObservationFeed } from './observations.ts';
import type { HostOf } from './wire-functions.ts';

export interface QueueWiring {
  readonly blueprint: Blueprint;
  readonly hostOf: HostOf;
  readonly calls: AwsCalls;
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/** The pollers of the template's enabled event sources, by the name of the queue each takes from. */
export function eventSources({ blueprint, hostOf, calls, observations, now }: QueueWiring): Map<string, EventSource> {
  const sources = new Map<string, EventSource>();
  for (const mapping of blueprint.ofType('AWS::Lambda::EventSourceMapping')) {
    const host = hostOf(mapping.properties.text('FunctionName'), `event source ${mapping.logicalId}`);
    const spec = eventSourceSpec(mapping, blueprint, host);
    if (mapping.properties.optionalFlag('Enabled') === false || host.spec.maxWorkers === 0) continue;
    const queue = queueName(spec.queueUrl);
    if (sources.has(queue))
      throw mapping.properties.fault('EventSourceArn', 'is a queue that another event source takes from');
    const sqs = sqsFor(calls, { via: 'event-source', function: host.spec.logicalId });
    const sqsItself = sqsFor(calls, { via: 'tools' });
    sources.set(queue, new EventSource(spec, { host, sqs, sqsItself, observations, now }));
  }
  return sources;
}

/** The last part of a queue's URL. */
export const queueName = (url: string): string => url.slice(url.lastIndexOf('/') + 1);

/** SQS as `caller` calls it. */
const sqsFor =
  (calls: AwsCalls, caller: AwsCaller): SqsCall =>
  async (action, input) => {
    const service: AwsService = 'sqs';
    const body = Buffer.from(JSON.stringify(input));
    const answer = await calls.call({ caller, service, action, body });
    if (answer.status !== 200) throw new Error(answer.body.toString());
    const result: unknown = JSON.parse(answer.body.toString());
    return result;
  };

/** The queues that are some other queue's dead-letter queue: name → logical id. */
export function deadLetterQueues(blueprint: Blueprint): Map<string, string> {
  const found = new Map<string, string>();
  for (const { properties } of blueprint.ofType('AWS::SQS::Queue')) {
    if (!properties.has('RedrivePolicy')) continue;
    const policy = properties.object('RedrivePolicy');
    const target = blueprint.named(policy.text('deadLetterTargetArn'));
    if (target?.type !== 'AWS::SQS::Queue')
      throw policy.fault('deadLetterTargetArn', 'must be a queue of this template');
    found.set(queueName(target.ref), target.logicalId);
  }
  return found;
}

/** What Lambda starts with when the mapping sets no limit. */
const DEFAULT_CONCURRENCY = 5;

/** Reads an `AWS::Lambda::EventSourceMapping` of a queue. @throws Error with a sentence for other sources and filters */
function eventSourceSpec(
  { logicalId, properties }: RunningResource,
  blueprint: Blueprint,
  host: FunctionHost,
): EventSourceSpec {
  const queue = blueprint.named(properties.text('EventSourceArn'));
  if (queue?.type !== 'AWS::SQS::Queue') {
    throw properties.fault('EventSourceArn', 'must be a queue of this template: the local stack polls nothing else');
  }
  if (properties.has('FilterCriteria'))
    throw properties.fault('FilterCriteria', 'is not run locally; filter in the code');
  const maximum = properties.object('ScalingConfig').optionalNumber('MaximumConcurrency') ?? DEFAULT_CONCURRENCY;
  return {
    logicalId,
    queueUrl: queue.ref,
    queueArn: queue.arn,
    region: blueprint.place.region,
    batchSize: properties.optionalNumber('BatchSize') ?? 10,
    batchingWindowSeconds: properties.optionalNumber('MaximumBatchingWindowInSeconds') ?? 0,
    // More batches than workers would only wait while their visibility timeout runs.
    maxConcurrency: Math.max(1, Math.min(maximum, host.spec.maxWorkers, EAGER_WORKERS)),
    hasDeadLetterQueue: queue.properties.has('RedrivePolicy'),
    reportsBatchItemFailures: properties.list('FunctionResponseTypes').includes('ReportBatchItemFailures'),
  };
}
