import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** What an alarm watches, and what its description says. */
export interface AlarmProps {
  readonly metric: IMetric;
  /** Fires when the metric reaches this. @default 1 */
  readonly atLeast?: number;
  /** Fires when the metric is below this, or missing, for three periods: for work that has to happen regularly. */
  readonly below?: number;
  /** What a customer or another system notices. A whole sentence. */
  readonly whenItFails: string;
  /** Heading in docs/runbook.md, as the anchor in its link. */
  readonly runbook: string;
}

/** Metrics over five minutes: shorter periods would make alarms switch on and off with single failures. */
export const overFiveMinutes = (statistic: string): MetricOptions => ({ statistic, period: Duration.minutes(5) });

/** Everything over five minutes, added up. */
export const sum = overFiveMinutes(Stats.SUM);

/** All alarms of the service, sent to one topic. Each says what a customer notices, and links to the runbook. */
export class Alarms extends Construct {
  readonly topic: ITopic;

  /**
   * @param email address that gets the alarms; empty: none.
   * @param topic one that is there already and lets CloudWatch publish, in place of one of its own.
   * @param key encrypts its own topic, and lets CloudWatch use it.
   */
  constructor(
    scope: Construct,
    id: string,
    { email, topic, key }: { email: string; topic: ITopic | undefined; key: IKey | undefined },
  ) {
    super(scope, id);
    this.topic = topic ?? this.addTopic(email, key);
  }

  private addTopic(email: string, key: IKey | undefined): Topic {
    // Without a key of the customer's it is not encrypted: CloudWatch may not use the AWS-managed one, and alarms hold no
    // customer data.
    const topic = new Topic(this, 'Topic', { enforceSSL: true, ...(key === undefined ? {} : { masterKey: key }) });
    // A topic's own policy replaces the default one that lets CloudWatch publish: without this no alarm arrives.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (email !== '') topic.addSubscription(new EmailSubscription(email));
    return topic;
  }

  /** Adds an alarm. Missing data counts as good, except with `below`, where it counts as bad. */
  raise(scope: Construct, id: string, { metric, atLeast = 1, below, whenItFails, runbook }: AlarmProps): Alarm {
    const alarm = new Alarm(scope, id, {
      metric,
      alarmDescription: `${whenItFails} Runbook: docs/runbook.md#${runbook}`,
      ...(below === undefined
        ? {
            threshold: atLeast,
            comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluationPeriods: 1,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            threshold: below,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluationPeriods: 3,
            treatMissingData: TreatMissingData.BREACHING,
          }),
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}
