/** What alarms look at is written: by the functions, as docs/metrics.md says, or by AWS. */
import { describe, expect, it } from 'vitest';
import { metricTable } from '../../shared/lambda/metric-table.ts';
import { dimensionsOf, type MetricName, NAMESPACE } from '../../shared/lambda/metrics.ts';
import { metricsOfAlarm, type WatchedMetric } from './cloudwatch.ts';
import { everythingOn, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, apiAccess: 'basic', gradualUpdates: 'canary10Percent5Minutes' });

/** Metrics that AWS writes (developer guides of Lambda, SQS and API Gateway, "metrics"), with their dimensions. */
const ofAws: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda Errors': ['FunctionName', 'FunctionName,Resource,ExecutedVersion'],
  'AWS/Lambda Throttles': ['FunctionName'],
  'AWS/Lambda Invocations': ['FunctionName'],
  'AWS/SQS ApproximateNumberOfMessagesVisible': ['QueueName'],
  'AWS/SQS ApproximateAgeOfOldestMessage': ['QueueName'],
  'AWS/ApiGateway 5xx': ['ApiId'],
};

const isMetric = (name: string): name is MetricName => Object.hasOwn(metricTable, name);

/** What is wrong with a metric that is looked at; null: it is written. */
function faultOf({ namespace, name, dimensions }: WatchedMetric): string | null {
  const named = Object.keys(dimensions);
  if (namespace !== NAMESPACE) {
    const known = ofAws[`${namespace} ${name}`];
    if (known === undefined) return `${namespace} ${name} is not known`;
    if (!known.some((set) => sorted(set.split(',')) === sorted(named))) return `${name} has no dimensions ${named}`;
    const [resource = ''] = Object.values(dimensions);
    return stack.resources.some(({ id }) => resource.includes(`"${id}"`)) ? null : `${resource} is no resource here`;
  }
  if (!isMetric(name)) return `${name} is not written`;
  if (sorted(dimensionsOf(name)) !== sorted(named)) return `${name} is not written with ${named}`;
  if (dimensions['stage'] !== 'dev') return `${name} is not of this stage`;
  const { service } = dimensions;
  const isWritten = service === undefined || metricTable[name].writers.some((writer) => writer === service);
  return isWritten ? null : `${service} does not write ${name}`;
}

const sorted = (names: readonly string[]): string => names.toSorted().join();

describe('alarms', () => {
  it('look at metrics that are written', () => {
    const watched = stack.ofType('AWS::CloudWatch::Alarm').flatMap(({ Properties }) => metricsOfAlarm(Properties));
    expect(watched.length).toBeGreaterThan(40);
    expect(watched.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
  });

  it.each<[string, WatchedMetric]>([
    ['is not written', { namespace: NAMESPACE, name: 'RefreshEnded', dimensions: { stage: 'dev' } }],
    ['is not written with', { namespace: NAMESPACE, name: 'MxThrottled', dimensions: { stage: 'dev', service: 'x' } }],
    [
      'does not write',
      { namespace: NAMESPACE, name: 'RefreshAccepted', dimensions: { stage: 'dev', service: 'sweep' } },
    ],
    ['is not of this stage', { namespace: NAMESPACE, name: 'ColdStart', dimensions: { stage: 'prod' } }],
    ['is not known', { namespace: 'AWS/SQS', name: 'Depth', dimensions: { QueueName: 'x' } }],
    ['has no dimensions', { namespace: 'AWS/SQS', name: 'ApproximateAgeOfOldestMessage', dimensions: { Queue: 'x' } }],
    ['is no resource here', { namespace: 'AWS/Lambda', name: 'Errors', dimensions: { FunctionName: '"Other"' } }],
  ])('a metric that %s is noticed', (fault, metric) => {
    expect(faultOf(metric)).toContain(fault);
  });
});
