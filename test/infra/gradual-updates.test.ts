/** The setting gradualUpdates: aliases, what invokes them, and the alarms that take a new version back. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { buildApp, createApp } from '../../infra/app.ts';
import { readSettings } from '../../infra/settings.ts';
import { at, everythingOn, listAt, type Resource, statementsOf, synthesize } from './synthesized.ts';

const gradualUpdates = 'canary10Percent5Minutes';
const off = synthesize(everythingOn);
const on = synthesize({ ...everythingOn, gradualUpdates });

const descriptionOf = (functionId: unknown): unknown =>
  at(on.resources.find(({ id }) => id === functionId)?.Properties, 'Description');
const aliases = on.ofType('AWS::Lambda::Alias');
const functionOf = (alias: Resource | undefined): unknown =>
  descriptionOf(at(alias?.Properties, 'FunctionName', 'Ref'));
const aliasNamedIn = (value: unknown): Resource | undefined =>
  aliases.find(({ id }) => JSON.stringify(value ?? null).includes(`"Ref":"${id}"`));

describe('switched on', () => {
  it('replaces no resource', () => {
    const types = new Map(on.resources.map(({ id, Type }) => [id, Type]));
    expect(off.resources.filter(({ id, Type }) => types.get(id) !== Type)).toEqual([]);
    const known = new Set(off.resources.map(({ id }) => id));
    expect([...new Set(on.resources.filter(({ id }) => !known.has(id)).map(({ Type }) => Type))].toSorted()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CodeDeploy::Application',
      'AWS::CodeDeploy::DeploymentGroup',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::Alias',
      'AWS::Lambda::Version',
    ]);
  });

  it('every function of API and queues has an alias', () => {
    const all = on.ofType('AWS::Lambda::Function').map(({ Properties }) => String(at(Properties, 'Description')));
    const others = ['run-schedule', 'sweep', 'check-mx'];
    expect(aliases.map(functionOf).toSorted()).toEqual(all.filter((name) => !others.includes(name)).toSorted());
  });

  it('the HTTP API invokes aliases, and may', () => {
    for (const { id, Properties } of on.ofType('AWS::ApiGatewayV2::Integration'))
      expect(aliasNamedIn(at(Properties, 'IntegrationUri')), id).toBeDefined();
    const permissions = on.ofType('AWS::Lambda::Permission');
    expect(permissions.length).toBe(off.ofType('AWS::Lambda::Permission').length);
    for (const { id, Properties } of permissions)
      expect(aliasNamedIn(at(Properties, 'FunctionName')), id).toBeDefined();
  });

  it('queues invoke aliases, but the sweep’s its function', () => {
    const invoked = on
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => at(Properties, 'FunctionName'))
      .map((name) => functionOf(aliasNamedIn(name)) ?? at(name, 'Ref'));
    expect(invoked).toEqual(['follow-up', 'deliver-callback', 'start-due', 'SweepFunctionA7728703']);
  });

  it('schedules invoke functions', () => {
    const called = on
      .ofType('AWS::Scheduler::Schedule')
      .map(({ Properties }) => descriptionOf(at(Properties, 'Target', 'Arn', 'Fn::GetAtt', 0)));
    expect(called).toEqual(['run-schedule', 'sweep']);
  });

  it('CodeDeploy may move these aliases and no others', () => {
    const may = statementsOf(on).filter(({ policy }) => policy.startsWith('GradualUpdates'));
    expect(may.map(({ actions }) => actions)).toEqual([
      ['cloudwatch:DescribeAlarms'],
      ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
    ]);
    expect(may[1]?.resources).toHaveLength(2 * aliases.length);
    const [role] = on.ofType('AWS::IAM::Role').filter(({ id }) => id.startsWith('GradualUpdates'));
    expect(at(role?.Properties, 'ManagedPolicyArns')).toBeUndefined();
  });
});

describe('an update', () => {
  const groups = on.ofType('AWS::CodeDeploy::DeploymentGroup');

  it('is made by the configuration of the setting', () => {
    expect(new Set(groups.map(({ Properties }) => at(Properties, 'DeploymentConfigName')))).toEqual(
      new Set(['CodeDeployDefault.LambdaCanary10Percent5Minutes']),
    );
    const linear = synthesize({ gradualUpdates: 'linear10PercentEvery2Minutes' });
    expect(at(linear.ofType('AWS::CodeDeploy::DeploymentGroup')[0]?.Properties, 'DeploymentConfigName')).toBe(
      'CodeDeployDefault.LambdaLinear10PercentEvery2Minutes',
    );
  });

  it('is watched by its group’s alarm before it begins', () => {
    expect(groups).toHaveLength(aliases.length);
    for (const alias of aliases) {
      const group = at(alias, 'UpdatePolicy', 'CodeDeployLambdaAliasUpdate', 'DeploymentGroupName', 'Ref');
      expect(listAt(alias, 'DependsOn'), alias.id).toContain(group);
      const alarms = listAt(groups.find(({ id }) => id === group)?.Properties, 'AlarmConfiguration', 'Alarms');
      const [alarm] = on.resources.filter(({ id }) => id === at(alarms[0], 'Name', 'Ref'));
      expect(watched(alarm), alias.id).toEqual({
        versions: new Set([at(alias.Properties, 'FunctionVersion', 'Fn::GetAtt', 0)]),
        missing: 'notBreaching',
        threshold: 1,
      });
    }
  });

  it('is taken back on alarm, failure and stop', () => {
    for (const { id, Properties } of groups)
      expect(at(Properties, 'AutoRollbackConfiguration', 'Events'), id).toEqual([
        'DEPLOYMENT_FAILURE',
        'DEPLOYMENT_STOP_ON_REQUEST',
        'DEPLOYMENT_STOP_ON_ALARM',
      ]);
  });
});

/** The versions that an alarm's metrics are of, and how it counts what is missing. */
const watched = (alarm: Resource | undefined) => ({
  versions: new Set(
    listAt(alarm?.Properties, 'Metrics')
      .filter((metric) => at(metric, 'MetricStat') !== undefined)
      .map((metric) =>
        listAt(metric, 'MetricStat', 'Metric', 'Dimensions').find((one) =>
          ['ExecutedVersion', 'version'].includes(String(at(one, 'Name'))),
        ),
      )
      .map((dimension) => at(dimension, 'Value', 'Fn::GetAtt', 0)),
  ),
  missing: at(alarm?.Properties, 'TreatMissingData'),
  threshold: at(alarm?.Properties, 'Threshold'),
});

describe('a version', () => {
  /** What a version holds of a function, and the logical id of its version, by function. Reservations and tags it has not. */
  const versionsIn = (resources: readonly Resource[]) =>
    new Map(
      resources
        .filter(({ Type }) => Type === 'AWS::Lambda::Version')
        .map(({ id, Properties }) => {
          const of = at(Properties, 'FunctionName', 'Ref');
          const {
            ReservedConcurrentExecutions: _,
            Tags: __,
            ...held
          } = Object(resources.find((one) => one.id === of)?.Properties);
          return [String(of), { id, held: JSON.stringify(held) }];
        }),
    );
  const before = versionsIn(on.resources);

  /** Functions whose version is another one, and those that are different ones. */
  const changedIn = (resources: readonly Resource[]) => {
    const after = versionsIn(resources);
    const changed = (what: 'id' | 'held') =>
      [...before].filter(([name, version]) => after.get(name)?.[what] !== version[what]).map(([name]) => name);
    return { versions: changed('id'), functions: changed('held') };
  };

  it.each<[Record<string, string | number | boolean>, number]>([
    [{}, 0],
    [{ deadlineSeconds: 900 }, 4],
    [{ mxBaseUrl: 'https://api.mx.com' }, 3],
    [{ staleAfterSeconds: 3600 }, 2],
    [{ callbackHosts: 'hooks.example.org' }, 2],
    [{ stage: 'other' }, 10],
    [{ apiAccess: 'basic' }, 5],
    [{ fixedEgress: false }, 3],
    [{ tags: 'team=payments' }, 0],
    [{ triggerConcurrency: 20 }, 0],
    [{ apiRate: 70 }, 0],
    [{ logRetentionDays: 90 }, 0],
  ])('changes exactly when its function does: %j', (settings, functions) => {
    const changed = changedIn(synthesize({ ...everythingOn, gradualUpdates, ...settings }).resources);
    expect(changed.versions).toEqual(changed.functions);
    expect(changed.versions).toHaveLength(functions);
  });

  it('changes with the code of its function', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradual-'));
    try {
      const code = (name: string) => {
        mkdirSync(join(folder, name), { recursive: true });
        const text = name === 'follow-up' ? 'changed' : 'export const handler = async () => ({});\n';
        writeFileSync(join(folder, name, 'index.mjs'), text);
        return join(folder, name);
      };
      const app = createApp({ validate: false, outdir: join(folder, 'cdk.out') });
      const { stack } = buildApp(readSettings({ ...everythingOn, gradualUpdates }), { app, bundle: code });
      const resources = Object.entries<Resource>(Template.fromStack(stack).toJSON()['Resources']);
      expect(changedIn(resources.map(([id, resource]) => ({ ...resource, id }))).versions).toEqual([
        'FollowUpFunction5F37093A',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('depends on nothing that is known at deployment only', () => {
    // A value that changes without the template would change the function and not its version.
    for (const { id, Properties } of on.ofType('AWS::Lambda::Function'))
      for (const value of Object.values(Object(at(Properties, 'Environment', 'Variables')))) {
        const named = at(value, 'Ref') ?? at(value, 'Fn::GetAtt', 0);
        if (typeof value !== 'string')
          expect(
            on.resources.map((one) => one.id),
            id,
          ).toContain(named);
      }
  });
});
