import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
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
  /** In place of `atLeast`: fires when the metric is below this. For work that has to happen regularly. */
  readonly below?: number;
  /** How many periods in a row it has to be so. @default 1; with `below` 3 */
  readonly periods?: number;
  /** What a period without data counts as. @default good; with `below` bad */
  readonly silence?: 'good' | 'bad';
  /** What a customer or another system notices. A whole sentence. */
  readonly whenItFails: string;
  /** Heading in docs/runbook.md, as the anchor in its link. */
  readonly runbook: string;
  /**
   * Customers get no balances, or old ones, now and many of them: it is worth waking someone. A single failure is not.
   * @default false
   */
  readonly hurtsUsers?: boolean;
}

/** Where alarms go, and what their texts link to. */
export interface AlarmsProps {
  /** An address that gets the alarms; empty: none. */
  readonly email: string;
  /** One that is there already and lets CloudWatch publish, in place of one of its own. */
  readonly topic: ITopic | undefined;
  /** Gets the composite alarm, and no other. @default it goes to the topic of the others */
  readonly pager: ITopic | undefined;
  /** Encrypts its own topic, and lets CloudWatch use it. */
  readonly key: IKey | undefined;
  /** Address of the runbook, to which `#` and a heading's anchor are added. Empty: its path in the checkout. */
  readonly runbookUrl: string;
}

/** Where the runbook is in the checkout and in the package. */
const RUNBOOK = 'docs/runbook.md';

/** Metrics over five minutes: shorter periods would make alarms switch on and off with single failures. */
export const overFiveMinutes = (statistic: string): MetricOptions => ({ statistic, period: Duration.minutes(5) });

/** Everything over five minutes, added up. */
export const sum = overFiveMinutes(Stats.SUM);

/** All alarms of the service, sent to one topic. Each says what a customer notices, and links to the runbook. */
export class Alarms extends Construct {
  readonly topic: ITopic;
  /** All that were raised so far, in that order. */
  readonly raised: Alarm[] = [];
  readonly #hurtUsers: Alarm[] = [];
  readonly #props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.topic = props.topic ?? this.addTopic(props.email, props.key);
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

  /** Adds an alarm. The topic hears of its end, too. */
  raise(scope: Construct, id: string, props: AlarmProps): Alarm {
    const { metric, atLeast = 1, below, whenItFails, runbook, hurtsUsers = false } = props;
    const { periods = below === undefined ? 1 : 3, silence = below === undefined ? 'good' : 'bad' } = props;
    const alarm = new Alarm(scope, id, {
      metric,
      alarmDescription: this.#described(whenItFails, runbook),
      threshold: below ?? atLeast,
      comparisonOperator:
        below === undefined
          ? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
          : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: periods,
      treatMissingData: silence === 'good' ? TreatMissingData.NOT_BREACHING : TreatMissingData.BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    this.raised.push(alarm);
    if (hurtsUsers) this.#hurtUsers.push(alarm);
    return alarm;
  }

  /** Adds the alarm that fires while one of those does that hurt users. Call it last. */
  raiseForUsers(): CompositeAlarm {
    const alarm = new CompositeAlarm(this, 'UsersAreHurt', {
      alarmRule: AlarmRule.anyOf(...this.#hurtUsers.map((one) => AlarmRule.fromAlarm(one, AlarmState.ALARM))),
      alarmDescription: this.#described(
        'Customers get no new balances, or none at all: another alarm of this deployment says why.',
        'users-are-hurt',
      ),
    });
    const told = new SnsAction(this.#props.pager ?? this.topic);
    alarm.addAlarmAction(told);
    alarm.addOkAction(told);
    return alarm;
  }

  #described(sentence: string, anchor: string): string {
    return `${sentence} Runbook: ${this.#props.runbookUrl || RUNBOOK}#${anchor}`;
  }
}
