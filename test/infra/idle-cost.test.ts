/** What README says that an idle deployment costs, by AWS's prices of us-east-1, against what is deployed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { everythingOn, synthesize } from './synthesized.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').replaceAll(/\s+/g, ' ');

const counts = (settings: Readonly<Record<string, unknown>> = {}) => {
  const { ofType } = synthesize(settings);
  return {
    natGateways: ofType('AWS::EC2::NatGateway').length,
    addresses: ofType('AWS::EC2::EIP').length,
    alarms: ofType('AWS::CloudWatch::Alarm').length,
    secrets: ofType('AWS::SecretsManager::Secret').length,
    schedules: ofType('AWS::Scheduler::Schedule').length,
    polledQueues: ofType('AWS::Lambda::EventSourceMapping').length,
  };
};

it('the default settings have what README counts', () => {
  expect(counts()).toEqual({ natGateways: 1, addresses: 1, alarms: 31, secrets: 1, schedules: 2, polledQueues: 3 });
  // 730 h at $0.045 and $0.005; an alarm $0.10, a secret $0.40.
  expect(readme).toContain('the NAT gateway $32.85, its public address $3.65, 31 alarms $3.10, one secret $0.40,');
});

it('settings add and take off what README says', () => {
  expect(counts({ fixedEgress: false })).toMatchObject({ natGateways: 0, addresses: 0, alarms: 31 });
  expect(counts({ apiAccess: 'basic' })).toMatchObject({ alarms: 32, secrets: 2 });
  expect(counts(everythingOn)).toMatchObject({ alarms: 38, secrets: 3 });
  expect(readme).toContain('`fixedEgress=false` takes off $36.50');
  expect(readme).toContain(
    '`apiAccess=basic` adds a secret and an alarm on five metrics; webhooks and callbacks add seven alarms and two secrets',
  );
});
