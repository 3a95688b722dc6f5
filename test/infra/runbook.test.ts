import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, everythingOn, listAt, synthesize } from './synthesized.ts';

const stack = synthesize({
  ...everythingOn,
  alarmEmail: 'ops@example.com',
  gradualUpdates: 'canary10Percent5Minutes',
});
const alarms = stack.ofType('AWS::CloudWatch::Alarm');
const composites = stack.ofType('AWS::CloudWatch::CompositeAlarm');
const runbook = readFileSync(resolve(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => {
      const [heading = '', ...rest] = section.split('\n');
      return [heading.trim().toLowerCase().replaceAll(' ', '-'), rest.join('\n')];
    }),
);

/** The CloudWatch metric of a count of `functionName`, from its line on standard output. */
function written(functionName: string, stage: string): unknown {
  const count = `import { telemetry } from './shared/lambda/log.ts';
    const counts = telemetry(${JSON.stringify(functionName)}, ${JSON.stringify(stage)}, () => '2026-11-26T12:00:00.000Z');
    counts.count('MxCredentialsRejected');
    counts.flush();`;
  const root = resolve(import.meta.dirname, '../..');
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', count], { cwd: root, encoding: 'utf8' });
  const line: unknown = JSON.parse(stdout);
  const names = listAt(line, '_aws', 'CloudWatchMetrics', 0, 'Dimensions', 0).map(String);
  return {
    namespace: at(line, '_aws', 'CloudWatchMetrics', 0, 'Namespace'),
    dimensions: Object.fromEntries(names.map((name) => [name, at(line, name)])),
  };
}

describe('alarms', () => {
  it('say what customers notice, and link the runbook', () => {
    expect(alarms.length).toBeGreaterThan(20);
    for (const { id, Properties } of [...alarms, ...composites]) {
      const [, sentence, anchor] =
        /^([A-Z].{20,}\.) Runbook: docs\/runbook\.md#([a-z0-9-]+)$/.exec(String(at(Properties, 'AlarmDescription'))) ??
        [];
      expect(sentence, id).toBeDefined();
      expect([...sections.keys()], id).toContain(anchor);
    }
  });

  it('link the runbook where the setting says', () => {
    const runbookUrl = 'https://git.example.com/balances/runbook.md';
    const { ofType } = synthesize({ runbookUrl });
    const links = [...ofType('AWS::CloudWatch::Alarm'), ...ofType('AWS::CloudWatch::CompositeAlarm')].map(
      ({ Properties }) => /(\S+)$/.exec(String(at(Properties, 'AlarmDescription')))?.[1] ?? '',
    );
    expect(links).toContain(`${runbookUrl}#follow-ups-late`);
    expect(links).toContain(`${runbookUrl}#users-are-hurt`);
    expect(links.filter((link) => !link.startsWith(`${runbookUrl}#`))).toEqual([]);
  });

  it('reach the topic that CloudWatch may publish to', () => {
    const [topic] = stack.ofType('AWS::SNS::Topic');
    for (const { id, Properties } of [...alarms, ...composites])
      for (const change of ['AlarmActions', 'OKActions'])
        expect(at(Properties, change), `${id} ${change}`).toEqual([{ Ref: topic?.id }]);
    const [policy] = stack.ofType('AWS::SNS::TopicPolicy');
    expect(JSON.stringify(policy?.Properties)).toContain('cloudwatch.amazonaws.com');
    expect(stack.ofType('AWS::SNS::Subscription').map(({ Properties }) => at(Properties, 'Endpoint'))).toEqual([
      'ops@example.com',
    ]);
  });

  it('watch errors and throttles of every function that works unseen', () => {
    const watched = alarms.flatMap(({ Properties }) => {
      const fn = at(Properties, 'Dimensions', 0, 'Value', 'Ref');
      return at(Properties, 'Dimensions', 0, 'Name') === 'FunctionName'
        ? [`${String(fn)} ${String(at(Properties, 'MetricName'))}`]
        : [];
    });
    const unseen = stack.ofType('AWS::Lambda::Function').filter(({ id }) => !id.startsWith('CheckMx'));
    for (const { id } of unseen) expect(watched).toEqual(expect.arrayContaining([`${id} Errors`, `${id} Throttles`]));
  });

  it('on refused credentials watch the functions’ own numbers', () => {
    const watched = alarms
      .filter(({ Properties }) => at(Properties, 'MetricName') === 'MxCredentialsRejected')
      .map(({ Properties }) => ({
        namespace: at(Properties, 'Namespace'),
        dimensions: Object.fromEntries(
          listAt(Properties, 'Dimensions').map((dimension) => [at(dimension, 'Name'), at(dimension, 'Value')]),
        ),
      }));
    const callMx = ['check-balance', 'follow-up', 'start-due'];
    expect(watched).toEqual(callMx.map((functionName) => written(functionName, 'dev')));
  });

  it('on wrong keys add up every checking function’s count', () => {
    for (const [apiAccess, services] of [
      ['iam', ['mx-webhook']],
      ['basic', ['check-balance', 'mx-webhook', 'read-balances', 'read-refresh', 'member-schedule', 'erase-data']],
    ] as const) {
      const [alarm] = synthesize({ ...everythingOn, apiAccess })
        .ofType('AWS::CloudWatch::Alarm')
        .filter(({ id }) => id.startsWith('HttpWrongKeys'));
      const metrics = listAt(alarm?.Properties, 'Metrics');
      const counts = metrics.filter((metric) => at(metric, 'MetricStat') !== undefined);
      expect(counts.map((metric) => at(metric, 'MetricStat', 'Metric', 'MetricName'))).toEqual(
        services.map(() => 'CallerRefused'),
      );
      const dimension = (metric: unknown, name: string) =>
        listAt(metric, 'MetricStat', 'Metric', 'Dimensions').find((one) => at(one, 'Name') === name);
      expect(counts.map((metric) => at(dimension(metric, 'service'), 'Value'))).toEqual(services);
      expect(metrics.find((metric) => at(metric, 'Expression') !== undefined)).toMatchObject({
        Expression: services.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
      });
      expect(at(alarm?.Properties, 'Threshold')).toBe(300);
    }
  });

  it('have no more metrics than CloudWatch takes', () => {
    const counts = alarms.map(({ Properties }) =>
      listAt(Properties, 'Metrics').filter((part) => at(part, 'MetricStat') !== undefined),
    );
    expect(Math.max(...counts.map(({ length }) => length))).toBeLessThanOrEqual(10);
  });

  it('that hurt users are the composite one’s', () => {
    const [users, ...others] = composites;
    expect(others).toEqual([]);
    const rule = JSON.stringify(at(users?.Properties, 'AlarmRule'));
    const inRule = alarms.filter(({ id }) => rule.includes(`"${id}"`)).map(({ id }) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(inRule.toSorted()).toEqual([
      'CredentialsMxRejectscheckbalance',
      'CredentialsMxRejectsfollowup',
      'CredentialsMxRejectsstartrefresh',
      'EveryMinuteRefreshStopped',
      'FollowUpsLate',
      'HealthNothingEnds',
      'HealthPauseLeftOn',
      'HealthSuccessFalls',
      'HttpServerErrors',
      'StartsLate',
    ]);
    expect(rule.split(' OR ')).toHaveLength(10);
  });

  it('take silence for trouble where a minute must pass', () => {
    const silent = alarms.filter(({ Properties }) => at(Properties, 'TreatMissingData') === 'breaching');
    expect(silent.map(({ Properties }) => at(Properties, 'MetricName'))).toEqual(['Invocations', 'Invocations']);
  });
});

describe('the runbook', () => {
  it('says meaning, effect, checks and repair of each alarm', () => {
    const anchors = [...alarms, ...composites].map(
      ({ Properties }) => String(at(Properties, 'AlarmDescription')).split('#')[1] ?? '',
    );
    for (const anchor of new Set(anchors))
      for (const part of ['**Means:**', '**Hurt:**', '**Look:**', '**Repair:**'])
        expect(sections.get(anchor), anchor).toContain(part);
  });

  it('has no line with a missing or ambiguous resource', () => {
    const named = [...runbook.matchAll(/\$\(physical (\w+) (AWS::\w+::\w+)\)/g)];
    expect(named.length).toBeGreaterThan(5);
    for (const [line, prefix = '', type = ''] of named)
      expect(
        stack.ofType(type).filter(({ id }) => id.startsWith(prefix)),
        line,
      ).toHaveLength(1);
  });
});
