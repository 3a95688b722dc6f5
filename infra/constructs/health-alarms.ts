import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { type Alarms, overFiveMinutes, sum } from './alarms.ts';
import { metricOfDeployment, metricOfFunction } from './service-metric.ts';

/** The settings of these alarms, and where they go. */
export interface HealthAlarmsProps
  extends Pick<
    Settings,
    | 'stage'
    | 'deadlineSeconds'
    | 'historyDays'
    | 'alarmSuccessPercent'
    | 'alarmMinEnds'
    | 'alarmMxThrottles'
    | 'alarmPausedMinutes'
  > {
  readonly alarms: Alarms;
}

/** How long ends are looked back on. CloudWatch moves this window on every minute. */
const HALF_AN_HOUR = Duration.minutes(30);

/** How long the throttles of MX have to go on, in periods of five minutes. */
const THROTTLED_PERIODS = 3;

/** The sweep ends a refresh at the latest a minute after its deadline; its line may come a minute later. */
const AFTER_DEADLINE_SECONDS = 120;

/**
 * Alarms on what refreshes come to, whichever function fails: none of them needs an error to be counted. A deployment in which
 * little happens trips over none of them.
 */
export class HealthAlarms extends Construct {
  constructor(scope: Construct, id: string, props: HealthAlarmsProps) {
    super(scope, id);
    const { stage, alarms, alarmSuccessPercent, alarmMinEnds, alarmMxThrottles } = props;
    const lately = { statistic: Stats.SUM, period: HALF_AN_HOUR };
    alarms.raise(this, 'SuccessFalls', {
      metric: new MathExpression({
        // What ended because its user has to act counts on neither side. Of two numbers one is mostly missing: without FILL
        // the sum would be, too.
        expression: `IF(FILL(succeeded, 0) + FILL(missed, 0) >= ${alarmMinEnds}, 100 * FILL(succeeded, 0) / (FILL(succeeded, 0) + FILL(missed, 0)), 100)`,
        usingMetrics: {
          succeeded: metricOfDeployment('RefreshSucceeded', stage, lately),
          missed: metricOfDeployment('RefreshMissed', stage, lately),
        },
        label: 'Percent of refreshes that succeeded',
        period: HALF_AN_HOUR,
      }),
      below: alarmSuccessPercent,
      periods: 1,
      silence: 'good',
      whenItFails:
        'Most refreshes end without new balances, and not because their users have to act: balances get old.',
      runbook: 'success-falls',
      hurtsUsers: true,
    });
    // Two windows that follow each other, each with starts: those of the first have to end in one of them.
    const window = Duration.seconds(
      Math.max(HALF_AN_HOUR.toSeconds(), 60 * Math.ceil((props.deadlineSeconds + AFTER_DEADLINE_SECONDS) / 60)),
    );
    const inWindow = { statistic: Stats.SUM, period: window };
    alarms.raise(this, 'NothingEnds', {
      metric: new MathExpression({
        expression: 'IF(FILL(triggered, 0) + FILL(scheduled, 0) > 0 AND FILL(ends, 0) == 0, 1, 0)',
        usingMetrics: {
          triggered: metricOfFunction('RefreshAccepted', { service: 'check-balance', stage }, inWindow),
          scheduled: metricOfFunction('RefreshAccepted', { service: 'start-due', stage }, inWindow),
          // Each refresh that ends has one value of this.
          ends: metricOfDeployment('LooksTaken', stage, { statistic: Stats.SAMPLE_COUNT, period: window }),
        },
        label: 'Refreshes begin, and none ends',
        period: window,
      }),
      periods: 2,
      whenItFails: 'Refreshes are accepted and none ends: no balance is brought up to date.',
      runbook: 'nothing-ends',
      hurtsUsers: true,
    });
    alarms.raise(this, 'MxThrottles', {
      metric: metricOfDeployment('MxThrottled', stage, sum),
      atLeast: alarmMxThrottles,
      periods: THROTTLED_PERIODS,
      whenItFails: 'MX answers with 429 for a quarter of an hour: looks and starts are put off, balances arrive late.',
      runbook: 'mx-throttles',
    });
    alarms.raise(this, 'PauseLeftOn', {
      metric: metricOfFunction('MinutesPaused', { service: 'sweep', stage }, overFiveMinutes(Stats.MAXIMUM)),
      atLeast: props.alarmPausedMinutes,
      whenItFails: 'Calls to MX are paused, for longer than is usual: no balance is brought up to date.',
      runbook: 'pause-left-on',
      hurtsUsers: true,
    });
    if (props.historyDays === 0) return;
    alarms.raise(this, 'HistoryNotKept', {
      metric: metricOfFunction('HistoryNotKept', { service: 'follow-up', stage }, sum),
      whenItFails:
        'Former amounts of accounts are not put into the history: of each account the last ten wait, older ones are lost.',
      runbook: 'history-not-kept',
    });
  }
}
