/** What alarms and the dashboard look at is written, by the functions as docs/metrics.md says or by AWS, and all of it is looked at. */
import { describe, expect, it } from 'vitest';
import { metricTable } from '../../shared/lambda/metric-table.ts';
import { dimensionsOf, type MetricName, NAMESPACE } from '../../shared/lambda/metrics.ts';
import { metricsOfAlarm, metricsOfWidget, type WatchedMetric, widgetsOf } from './cloudwatch.ts';
import { at, everythingOn, listAt, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, apiAccess: 'basic', gradualUpdates: 'canary10Percent5Minutes' });

/** Metrics that AWS writes (the guides of each service, "metrics"), with their dimensions. */
const ofAws: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda Errors': ['FunctionName', 'FunctionName,Resource,ExecutedVersion'],
  'AWS/Lambda Throttles': ['FunctionName'],
  'AWS/Lambda Invocations': ['FunctionName'],
  'AWS/SQS ApproximateNumberOfMessagesVisible': ['QueueName'],
  'AWS/SQS ApproximateAgeOfOldestMessage': ['QueueName'],
  'AWS/SQS NumberOfMessagesSent': ['QueueName'],
  'AWS/ApiGateway 5xx': ['ApiId'],
  'AWS/DynamoDB ConsumedWriteCapacityUnits': ['TableName'],
  'AWS/NATGateway BytesOutToDestination': ['NatGatewayId'],
  'AWS/Logs IncomingBytes': ['LogGroupName'],
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
    return stack.resources.some(({ id }) => new RegExp(`['"]${id}['"]`).test(resource))
      ? null
      : `${resource} is no resource here`;
  }
  if (!isMetric(name)) return `${name} is not written`;
  if (sorted(dimensionsOf(name)) !== sorted(named)) return `${name} is not written with ${named}`;
  if (dimensions['stage'] !== 'dev') return `${name} is not of this stage`;
  const { service } = dimensions;
  const isWritten = service === undefined || metricTable[name].writers.some((writer) => writer === service);
  return isWritten ? null : `${service} does not write ${name}`;
}

const inAlarms = stack.ofType('AWS::CloudWatch::Alarm').flatMap(({ Properties }) => metricsOfAlarm(Properties));
const dashboards = stack.ofType('AWS::CloudWatch::Dashboard');
const widgets = widgetsOf(dashboards);
const inGraphs = widgets.flatMap(metricsOfWidget);

const sorted = (names: readonly string[]): string => names.toSorted().join();

describe('alarms', () => {
  it('look at metrics that are written', () => {
    expect(inAlarms.length).toBeGreaterThan(40);
    expect(inAlarms.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
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

describe('the dashboard', () => {
  it('shows metrics that are written', () => {
    expect(inGraphs.length).toBeGreaterThan(70);
    expect(inGraphs.map(faultOf).filter((fault) => fault !== null)).toEqual([]);
  });

  it('and alarms show every metric of ours', () => {
    const shown = new Set([...inAlarms, ...inGraphs].map(({ name }) => name));
    expect(Object.keys(metricTable).filter((name) => !shown.has(name))).toEqual([]);
  });

  it('shows every line of a function that writes it', () => {
    const missing = inGraphs
      .filter(({ namespace, dimensions }) => namespace === NAMESPACE && dimensions['service'] !== undefined)
      .filter(({ name }) => name !== 'RefreshAccepted')
      .flatMap(({ name }) =>
        (isMetric(name) ? metricTable[name].writers : []).filter(
          (service) => !inGraphs.some((other) => other.name === name && other.dimensions['service'] === service),
        ),
      );
    expect(missing).toEqual([]);
  });

  it('has all alarms at its top', () => {
    const [users, all] = widgets;
    const [composite] = stack.ofType('AWS::CloudWatch::CompositeAlarm');
    const arn = (id: string | undefined) => `{'Fn::GetAtt':['${id}','Arn']}`;
    expect(listAt(users, 'properties', 'alarms')).toEqual([arn(composite?.id)]);
    expect(listAt(all, 'properties', 'alarms').toSorted()).toEqual(
      stack
        .ofType('AWS::CloudWatch::Alarm')
        .map(({ id }) => arn(id))
        .toSorted(),
    );
    expect([at(users, 'y'), at(all, 'y')]).toEqual([0, 2]);
  });

  it('is of the region of its stack, also by name', () => {
    expect(new Set(widgets.map((widget) => at(widget, 'properties', 'region')))).toEqual(
      new Set([undefined, "{'Ref':'AWS::Region'}"]),
    );
    expect(dashboards.map(({ Properties }) => at(Properties, 'DashboardName'))).toEqual([
      { 'Fn::Join': ['', ['mx-fresh-balances-dev-', { Ref: 'AWS::Region' }]] },
    ]);
  });

  it('shows the ceiling on starts a minute', () => {
    const { ofType } = synthesize({ startsPerSecond: 7, webhooks: 'known' });
    const lines = widgetsOf(ofType('AWS::CloudWatch::Dashboard')).flatMap((widget) =>
      listAt(widget, 'properties', 'annotations', 'horizontal').map((line) => [at(line, 'label'), at(line, 'value')]),
    );
    expect(lines).toEqual([['startsPerSecond', 420]]);
  });

  it('is one that can be left out', () => {
    expect(synthesize({ dashboard: false }).ofType('AWS::CloudWatch::Dashboard')).toEqual([]);
  });
});
