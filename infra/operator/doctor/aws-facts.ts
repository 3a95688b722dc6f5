/** Reading what AWS knows of a deployment. Each call needs a permission of its own. */
import {
  CloudWatchClient,
  type CompositeAlarm,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetAccountSettingsCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { instantOf } from '../../../shared/domain/instant.ts';
import type { Deployment } from '../deployment.ts';
import { resourcesOf, type StackResource } from '../stack-resources.ts';
import type { AlarmState } from './alarm-states.ts';

/** What came of an invocation: what the function returned, or its error. */
export type Invoked = { readonly answer: unknown } | { readonly error: string };

/** The messages of a queue, and AWS’s time when it counted them, in milliseconds since 1970. */
export interface CountedQueue {
  /** Those that can be received, wait for their delay, or are being handled. */
  readonly messages: number;
  readonly awsTime: number | null;
}

/** The facts of AWS. Times are milliseconds since 1970. */
export interface AwsFacts {
  readonly queue: (url: string) => Promise<CountedQueue>;
  /** Seconds; null: no data, as of a queue that was empty for hours. */
  readonly oldestMessage: (url: string, now: number) => Promise<number | null>;
  readonly secret: (arn: string) => Promise<string>;
  readonly invoke: (functionName: string) => Promise<Invoked>;
  readonly subscriptions: (topicArn: string) => Promise<{ readonly confirmed: number; readonly pending: number }>;
  readonly resources: () => Promise<readonly StackResource[]>;
  /** Of the alarms with these names; one that does not exist is left out. */
  readonly alarms: (names: readonly string[]) => Promise<readonly AlarmState[]>;
  readonly concurrency: () => Promise<{ readonly account: number; readonly unreserved: number }>;
  /** Whether the log group has a line that `pattern` fits, from then on. */
  readonly hasLine: (logGroup: string, pattern: string, from: number) => Promise<boolean>;
  readonly close: () => void;
}

/** How many pages of a log are searched: an answer has to come while a person waits. */
const MOST_PAGES = 50;

/** CloudWatch takes so many names in one call, and gives so many alarms in one page. */
const ALARMS_AT_ONCE = 100;

/** Reads them with the deployment’s credentials. */
export function awsFacts(deployment: Pick<Deployment, 'aws' | 'stack'>): AwsFacts {
  const { aws } = deployment;
  const sqs = new SQSClient(aws());
  const watch = new CloudWatchClient(aws());
  const secrets = new SecretsManagerClient(aws());
  const lambda = new LambdaClient(aws());
  const sns = new SNSClient(aws());
  const logs = new CloudWatchLogsClient(aws());
  let awsTime: number | null = null;
  sqs.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      const time = Date.parse(headers?.['date'] ?? '');
      awsTime = Number.isNaN(time) ? null : time;
      return result;
    },
    { step: 'deserialize' },
  );
  return {
    async queue(QueueUrl) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      const counts = Object.values(Attributes).map(Number);
      return { messages: counts.reduce((sum, count) => sum + count, 0), awsTime };
    },
    async oldestMessage(url, now) {
      const { Datapoints = [] } = await watch.send(
        new GetMetricStatisticsCommand({
          Namespace: 'AWS/SQS',
          MetricName: 'ApproximateAgeOfOldestMessage',
          Dimensions: [{ Name: 'QueueName', Value: url.slice(url.lastIndexOf('/') + 1) }],
          StartTime: new Date(now - 15 * 60_000),
          EndTime: new Date(now),
          Period: 300,
          Statistics: ['Maximum'],
        }),
      );
      const newest = Datapoints.toSorted((a, b) => Number(a.Timestamp) - Number(b.Timestamp)).at(-1);
      return newest?.Maximum ?? null;
    },
    async secret(SecretId) {
      const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      return SecretString;
    },
    async invoke(FunctionName) {
      const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
      const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
      if (FunctionError === undefined) return { answer };
      const { errorType = FunctionError, errorMessage = '' } = Object(answer);
      return { error: `${String(errorType)}: ${String(errorMessage)}` };
    },
    async subscriptions(TopicArn) {
      let confirmed = 0;
      let pending = 0;
      let NextToken: string | undefined;
      do {
        const page = await sns.send(
          new ListSubscriptionsByTopicCommand({ TopicArn, ...(NextToken === undefined ? {} : { NextToken }) }),
        );
        // AWS says `PendingConfirmation` in place of an ARN; of one that was unsubscribed, `Deleted`.
        const arns = (page.Subscriptions ?? []).map(({ SubscriptionArn = '' }) => SubscriptionArn);
        confirmed += arns.filter((arn) => arn.startsWith('arn:')).length;
        pending += arns.filter((arn) => arn === 'PendingConfirmation').length;
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return { confirmed, pending };
    },
    resources: () => resourcesOf(deployment),
    async alarms(names) {
      const found: AlarmState[] = [];
      for (let at = 0; at < names.length; at += ALARMS_AT_ONCE) {
        let NextToken: string | undefined;
        do {
          const page = await watch.send(
            new DescribeAlarmsCommand({
              AlarmNames: names.slice(at, at + ALARMS_AT_ONCE),
              // Without them only metric alarms are answered.
              AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
              MaxRecords: ALARMS_AT_ONCE,
              ...(NextToken === undefined ? {} : { NextToken }),
            }),
          );
          found.push(...[...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])].map(alarmState));
          NextToken = page.NextToken;
        } while (NextToken !== undefined);
      }
      return found;
    },
    async concurrency() {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      return {
        account: AccountLimit?.ConcurrentExecutions ?? 0,
        unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
      };
    },
    async hasLine(logGroupName, filterPattern, startTime) {
      let nextToken: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const page = await logs.send(
          new FilterLogEventsCommand({
            ...{ logGroupName, filterPattern, startTime, limit: 1 },
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
        );
        if ((page.events ?? []).length > 0) return true;
        nextToken = page.nextToken;
        if (nextToken === undefined) return false;
      }
      return false;
    },
    close() {
      for (const client of [sqs, watch, secrets, lambda, sns, logs]) client.destroy();
    },
  };
}

function alarmState({
  AlarmName: name = '',
  StateValue: state = 'INSUFFICIENT_DATA',
  AlarmDescription: description = '',
  StateTransitionedTimestamp,
  StateUpdatedTimestamp,
}: MetricAlarm | CompositeAlarm): AlarmState {
  // The second one moves on when the state stays and only its reason changes.
  const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
  return { name, state, description, since: since === undefined ? null : instantOf(since.getTime()) };
}
