/** Numbers of the template that nothing else would notice: what alarms wait for, how often is tried, how long is kept. */
import { describe, expect, it } from 'vitest';
import { at, everythingOn, listAt, synthesize } from './synthesized.ts';

const stack = synthesize({ ...everythingOn, apiAccess: 'basic' });
const short = (id: string): string => id.replace(/(Function|Queue|Schedule)?(EventInvokeConfig)?[0-9A-F]{8}$/, '');

const functions = stack.ofType('AWS::Lambda::Function').map(({ id }) => short(id));
const one = 'AT_LEAST 1, once in 300 s, silence is good';

describe('alarms', () => {
  const comparisons: Record<string, string> = {
    GreaterThanOrEqualToThreshold: 'AT_LEAST',
    LessThanThreshold: 'BELOW',
  };
  const silence: Record<string, string> = { notBreaching: 'good', breaching: 'bad' };
  const rows = stack.ofType('AWS::CloudWatch::Alarm').map(({ id, Properties }) => {
    const of = (name: string): string => String(at(Properties, name));
    const metric = at(Properties, 'MetricName') ?? 'a sum of metrics';
    const [period = at(Properties, 'Period')] = listAt(Properties, 'Metrics')
      .map((part) => at(part, 'MetricStat', 'Period'))
      .filter((found) => found !== undefined);
    const statistic = at(Properties, 'Statistic') ?? 'Sum';
    // As many as are looked at have to be bad.
    expect(at(Properties, 'DatapointsToAlarm'), id).toBeUndefined();
    const compared = `${comparisons[of('ComparisonOperator')]} ${of('Threshold')}`;
    const times = of('EvaluationPeriods') === '1' ? 'once' : `${of('EvaluationPeriods')} times`;
    const row = `${compared}, ${times} in ${period} s, silence is ${silence[of('TreatMissingData')]}`;
    return [short(id), `${statistic} of ${metric}: ${row}`] as const;
  });

  it('fire at these values, after these periods', () => {
    // The person who calls CheckMx sees its failures.
    const perFunction = functions
      .filter((name) => name !== 'CheckMx')
      .flatMap((name) => [
        [`${name}Errors`, `Sum of Errors: ${one}`],
        [`${name}Throttles`, `Sum of Throttles: ${one}`],
      ]);
    const notEmpty = `Maximum of ApproximateNumberOfMessagesVisible: ${one}`;
    const late = 'Maximum of ApproximateAgeOfOldestMessage: AT_LEAST 1200, once in 300 s, silence is good';
    const rejected = `Sum of MxCredentialsRejected: ${one}`;
    const stopped = 'Sum of Invocations: BELOW 1, 3 times in 300 s, silence is bad';
    expect(Object.fromEntries(rows)).toEqual({
      ...Object.fromEntries(perFunction),
      CredentialsMxRejectscheckbalance: rejected,
      CredentialsMxRejectsfollowup: rejected,
      CredentialsMxRejectsstartrefresh: rejected,
      FollowUpsDeadLettersNotEmpty: notEmpty,
      StartsDeadLettersNotEmpty: notEmpty,
      CallbacksDeadLettersNotEmpty: notEmpty,
      TickDeadLettersNotEmpty: notEmpty,
      FollowUpsLate: late,
      StartsLate: late,
      CallbacksLate: late,
      EveryMinuteRefreshStopped: stopped,
      EveryMinuteSweepStopped: stopped,
      HealthSuccessFalls: 'Sum of a sum of metrics: BELOW 50, once in 1800 s, silence is good',
      HealthPauseLeftOn: 'Maximum of MinutesPaused: AT_LEAST 240, once in 300 s, silence is good',
      HealthHistoryNotKept: `Sum of HistoryNotKept: ${one}`,
      HealthNothingEnds: 'Sum of a sum of metrics: AT_LEAST 1, 2 times in 1800 s, silence is good',
      HealthMxThrottles: 'Sum of MxThrottled: AT_LEAST 10, 3 times in 300 s, silence is good',
      HttpServerErrors: 'Sum of 5xx: AT_LEAST 5, once in 300 s, silence is good',
      HttpWrongKeys: 'Sum of a sum of metrics: AT_LEAST 300, once in 300 s, silence is good',
    });
  });
});

it('a message is tried five times, then set aside', () => {
  const tries = stack
    .ofType('AWS::SQS::Queue')
    .filter(({ Properties }) => at(Properties, 'RedrivePolicy') !== undefined)
    .map(({ id, Properties }) => [short(id), at(Properties, 'RedrivePolicy', 'maxReceiveCount')]);
  expect(tries).toEqual([
    ['FollowUps', 5],
    ['Starts', 5],
    ['Callbacks', 5],
  ]);
});

it('a tick is tried again within five minutes only', () => {
  const delivered = stack
    .ofType('AWS::Scheduler::Schedule')
    .map(({ id, Properties }) => [short(id), at(Properties, 'Target', 'RetryPolicy')]);
  expect(delivered).toEqual([
    ['EveryMinuteRefresh', { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 }],
    ['EveryMinuteSweep', { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 }],
  ]);
  const run = stack
    .ofType('AWS::Lambda::EventInvokeConfig')
    .map(({ Properties }) => [at(Properties, 'MaximumEventAgeInSeconds'), at(Properties, 'MaximumRetryAttempts')]);
  expect(run).toEqual([
    [300, 2],
    [300, 2],
  ]);
});

it('functions have 512 MB, those without work 256', () => {
  const sizes = stack
    .ofType('AWS::Lambda::Function')
    .map(({ id, Properties }) => [short(id), at(Properties, 'MemorySize')]);
  expect(Object.fromEntries(sizes)).toEqual({
    ...Object.fromEntries(functions.map((name) => [name, 512])),
    UnknownRoute: 256,
    CheckMx: 256,
  });
});
