/** What README says that an idle deployment costs, by AWS's prices of us-east-1, against what is deployed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at, everythingOn, listAt, synthesize } from './synthesized.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').replaceAll(/\s+/g, ' ');

/** The metrics that an alarm looks at. */
const metricsOf = (alarm: unknown): number =>
  Math.max(1, listAt(alarm, 'Metrics').filter((part) => at(part, 'MetricStat') !== undefined).length);

const counts = (settings: Readonly<Record<string, unknown>> = {}) => {
  const { ofType } = synthesize(settings);
  return {
    natGateways: ofType('AWS::EC2::NatGateway').length,
    addresses: ofType('AWS::EC2::EIP').length,
    alarms: ofType('AWS::CloudWatch::Alarm').length,
    // What an alarm costs $0.10 for.
    alarmMetrics: ofType('AWS::CloudWatch::Alarm').reduce((sum, { Properties }) => sum + metricsOf(Properties), 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    compositeAlarms: ofType('AWS::CloudWatch::CompositeAlarm').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
    schedules: ofType('AWS::Scheduler::Schedule').length,
    polledQueues: ofType('AWS::Lambda::EventSourceMapping').length,
  };
};

it('the default settings have what README counts', () => {
  expect(counts()).toEqual({
    natGateways: 1,
    addresses: 1,
    alarms: 35,
    alarmMetrics: 38,
    dashboards: 1,
    compositeAlarms: 1,
    secrets: 1,
    schedules: 2,
    polledQueues: 3,
  });
  // 730 h at $0.045 and $0.005; a metric of an alarm $0.10, a composite alarm $0.50, a dashboard $3.00, a secret $0.40, a metric $0.30.
  expect(readme).toContain(
    'the NAT gateway $32.85, its public address $3.65, 35 alarms on 38 metrics $3.80, a dashboard $3.00 (`dashboard=false` does without), one alarm that is made of others $0.50, two metrics that are written every minute $0.60, one secret $0.40,',
  );
});

it('settings add and take off what README says', () => {
  expect(counts({ fixedEgress: false })).toMatchObject({ natGateways: 0, addresses: 0, alarms: 35 });
  expect(counts({ apiAccess: 'basic' })).toMatchObject({ alarms: 36, alarmMetrics: 43, secrets: 2 });
  expect(counts({ ...everythingOn, historyDays: 0 })).toMatchObject({ alarms: 42, alarmMetrics: 45, secrets: 3 });
  expect(counts(everythingOn)).toMatchObject({ alarms: 43, alarmMetrics: 46, secrets: 3 });
  expect(readme).toContain('`fixedEgress=false` takes off $36.50');
  expect(readme).toContain(
    '`apiAccess=basic` adds a secret and an alarm on five metrics; webhooks and callbacks add seven alarms and two secrets, `historyDays` an alarm',
  );
});
