import { Aws, Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  type CompositeAlarm,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import { metricTable } from '../../shared/lambda/metric-table.ts';
import type { CountOfFunction } from '../../shared/lambda/metrics.ts';
import { overFiveMinutes, sum } from './alarms.ts';
import type { ServiceFunction } from './service-function.ts';
import { type DeploymentMetric, metricOfDeployment, metricOfFunction } from './service-metric.ts';

/** What is shown. */
export interface ServiceDashboardProps {
  /** What the deployment is called; dashboards of an account are of no region, so its region is added. */
  readonly name: string;
  readonly stage: string;
  /** The ceiling on scheduled starts. */
  readonly startsPerSecond: number;
  /** All alarms, and the one that is made of others. */
  readonly alarms: readonly IAlarm[];
  readonly usersAreHurt: CompositeAlarm;
  readonly functions: readonly ServiceFunction<FunctionName>[];
  /** Queues of work, and those with what failed, by what a graph calls them. */
  readonly queues: Readonly<Record<string, IQueue>>;
  readonly deadLetters: Readonly<Record<string, IQueue>>;
  readonly tables: Readonly<Record<string, TableV2>>;
  /** What leaves by these is paid for by the byte. */
  readonly natGatewayIds: readonly string[];
}

/** CloudWatch's grid is 24 wide: three graphs in a row. */
const WIDTH = 8;
const HEIGHT = 6;

/** The functions whose invocations make most of the bill (docs/cost.md). */
const COSTLY: readonly FunctionName[] = ['check-balance', 'start-due', 'follow-up', 'mx-webhook', 'deliver-callback'];

/**
 * What an operator looks at first: the alarms, then how refreshes end and how late, MX, the queues, the schedule, what
 * costs money. Every metric of docs/metrics.md is in a graph or an alarm.
 *
 * With the CDK's own widgets: `cdk-monitoring-constructs` would bring 11 MB to the embedding app, and alarms of its own
 * whose defaults would have to be undone.
 */
export class ServiceDashboard extends Construct {
  readonly #props: ServiceDashboardProps;

  constructor(scope: Construct, id: string, props: ServiceDashboardProps) {
    super(scope, id);
    this.#props = props;
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `${props.name}-${Aws.REGION}`,
      defaultInterval: Duration.hours(12),
    });
    for (const row of this.#rows()) dashboard.addWidgets(...row);
  }

  #rows(): readonly (readonly IWidget[])[] {
    const { alarms, usersAreHurt } = this.#props;
    return [
      [new AlarmStatusWidget({ title: 'Users are hurt', alarms: [usersAreHurt], width: 24, height: 2 })],
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 6 })],
      heading('Refreshes', 'Graphs of seconds: docs/metrics.md says by whose clock.'),
      this.#refreshes(),
      this.#ages(),
      heading('MX and queues'),
      this.#mxAndQueues(),
      this.#messages(),
      heading('Schedule'),
      this.#schedule(),
      heading('Callers, functions, and what costs money'),
      this.#functions(),
      this.#costs(),
    ];
  }

  #refreshes(): readonly IWidget[] {
    return [
      graph(
        'Refreshes by outcome',
        this.#of(
          'RefreshSucceeded',
          'RefreshActionRequired',
          'RefreshFailed',
          'RefreshNotRefreshed',
          'RefreshTimedOut',
        ),
        { stacked: true },
      ),
      graph('Seconds from trigger to stored balances', this.#percentiles('SecondsToStored', [50, 95, 99])),
      graph(
        'Seconds from the end of MX’s job to stored balances',
        this.#percentiles('SecondsAfterJobEnd', [50, 95, 99]),
      ),
    ];
  }

  #ages(): readonly IWidget[] {
    return [
      graph('Looks per refresh', [
        this.#one('LooksTaken', Stats.AVERAGE, 'mean'),
        this.#one('LooksTaken', 'p95', 'p95'),
      ]),
      graph('Age of balances when they are replaced, seconds', this.#percentiles('SecondsUntilReplaced', [50, 95])),
      graph('Accounts left behind; refreshes missed', this.#of('AccountsLeftBehind', 'RefreshMissed')),
    ];
  }

  #mxAndQueues(): readonly IWidget[] {
    const { queues, deadLetters } = this.#props;
    const longest = overFiveMinutes(Stats.MAXIMUM);
    return [
      graph('MX’s failed calls by kind', [
        ...this.#of('MxThrottled', 'MxUnavailable', 'MxTimedOut', 'MxBadAnswer', 'MxRefused'),
        ...this.#by('MxCredentialsRejected'),
      ]),
      graph(
        'Age of the oldest message, seconds',
        Object.entries(queues).map(([label, queue]) =>
          queue.metricApproximateAgeOfOldestMessage({ ...longest, label }),
        ),
      ),
      graph(
        'Dead letters',
        Object.entries(deadLetters).map(([label, queue]) =>
          queue.metricApproximateNumberOfMessagesVisible({ ...longest, label }),
        ),
      ),
    ];
  }

  #messages(): readonly IWidget[] {
    return [
      graph('Webhooks', this.#by('WebhookReceived', 'WebhookHeeded', 'WebhookIgnored')),
      graph(
        'Callbacks and notices',
        this.#by('CallbackDelivered', 'CallbackRetried', 'CallbackGivenUp', 'NoticeFailed'),
      ),
      graph('Repaired, unreadable, unknown, not kept', [
        ...this.#by(
          'SweepRepaired',
          'UnreadableMessage',
          'MessagePutBack',
          'MxFieldDropped',
          'MxUnknownStatus',
          'HistoryNotKept',
        ),
      ]),
    ];
  }

  #schedule(): readonly IWidget[] {
    const { stage, startsPerSecond } = this.#props;
    const perMinute = { statistic: Stats.SUM, period: Duration.minutes(1) };
    return [
      graph(
        'Scheduled starts a minute, against the ceiling',
        [metricOfFunction('RefreshAccepted', { service: 'start-due', stage }, { ...perMinute, label: 'started' })],
        { line: { value: startsPerSecond * 60, label: 'startsPerSecond' } },
      ),
      graph('Due and put off', this.#by('MembersDue', 'StartDeferred', 'StartDropped')),
      graph('Due and not started', this.#by('RefreshHeldBack', 'StartLeftToMx')),
    ];
  }

  #functions(): readonly IWidget[] {
    return [
      graph('Triggers', this.#by('RefreshAccepted', 'RefreshJoined')),
      graph('Requests with wrong keys', this.#by('CallerRefused', 'CallerBraked')),
      graph('Cold starts', this.#of('ColdStart')),
    ];
  }

  #costs(): readonly IWidget[] {
    const { functions, tables, queues, natGatewayIds } = this.#props;
    const costly = functions.filter(({ functionName }) => COSTLY.includes(functionName));
    return [
      graph(
        'Invocations',
        costly.map(({ fn, functionName: label }) => fn.metricInvocations({ ...sum, label })),
      ),
      graph('Units of DynamoDB, messages', [
        ...Object.entries(tables).map(([table, of]) =>
          of.metricConsumedWriteCapacityUnits({ ...sum, label: `written to ${table}` }),
        ),
        ...Object.entries(queues).map(([queue, of]) =>
          of.metricNumberOfMessagesSent({ ...sum, label: `sent to ${queue}` }),
        ),
      ]),
      graph('Bytes of logs and through the NAT gateway', [
        ...costly.map(({ logGroup, functionName }) => bytesOfLogs(logGroup, `log of ${functionName}`)),
        ...natGatewayIds.map(
          (NatGatewayId, zone) =>
            new Metric({
              namespace: 'AWS/NATGateway',
              metricName: 'BytesOutToDestination',
              dimensionsMap: { NatGatewayId },
              ...sum,
              label: `out, zone ${zone + 1}`,
            }),
        ),
      ]),
    ];
  }

  #one(name: DeploymentMetric, statistic: string, label: string): Metric {
    return metricOfDeployment(name, this.#props.stage, { ...overFiveMinutes(statistic), label });
  }

  /** Counts of the deployment, a line each. */
  #of(...names: readonly DeploymentMetric[]): readonly Metric[] {
    return names.map((name) => this.#one(name, Stats.SUM, name));
  }

  #percentiles(name: DeploymentMetric, of: readonly number[]): readonly Metric[] {
    return of.map((percent) => this.#one(name, `p${percent}`, `p${percent}`));
  }

  /** Counts of functions, a line for each function of this deployment that writes them. */
  #by(...names: readonly CountOfFunction[]): readonly Metric[] {
    const { functions, stage } = this.#props;
    return names.flatMap((name) =>
      functions
        .map(({ functionName }) => functionName)
        .filter((service) => metricTable[name].writers.includes(service))
        .map((service) => metricOfFunction(name, { service, stage }, { ...sum, label: `${name} ${service}` })),
    );
  }
}

const heading = (title: string, more = ''): readonly IWidget[] => [
  new TextWidget({ markdown: `## ${title}\n${more}`, width: 24, height: 2 }),
];

const bytesOfLogs = ({ logGroupName }: ILogGroup, label: string): Metric =>
  new Metric({
    namespace: 'AWS/Logs',
    metricName: 'IncomingBytes',
    dimensionsMap: { LogGroupName: logGroupName },
    ...sum,
    label,
  });

/** How a graph differs from lines over time. */
interface GraphOptions {
  readonly stacked?: boolean;
  /** A horizontal line. */
  readonly line?: { readonly value: number; readonly label: string };
}

const graph = (title: string, left: readonly IMetric[], { stacked = false, line }: GraphOptions = {}): IWidget =>
  new GraphWidget({
    title,
    left: [...left],
    stacked,
    leftYAxis: { min: 0, showUnits: false },
    ...(line === undefined ? {} : { leftAnnotations: [line] }),
    width: WIDTH,
    height: HEIGHT,
  });
