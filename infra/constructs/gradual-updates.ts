import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, type IFunction, type IVersion } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import { type MetricName, NAMESPACE } from '../../shared/lambda/metrics.ts';
import type { Settings } from '../settings.ts';
import { acknowledge } from './acknowledged-finding.ts';
import type { Alarms } from './alarms.ts';
import type { ServiceFunction } from './service-function.ts';

/** CodeDeploy's own configurations, by the values of the setting. */
const configurations = {
  canary10Percent5Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  canary10Percent10Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
  canary10Percent15Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
  canary10Percent30Minutes: LambdaDeploymentConfig.CANARY_10PERCENT_30MINUTES,
  linear10PercentEvery1Minute: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
  linear10PercentEvery2Minutes: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_2MINUTES,
  linear10PercentEvery3Minutes: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_3MINUTES,
  linear10PercentEvery10Minutes: LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_10MINUTES,
} as const;

/**
 * Called once a minute: a tenth of that shows nothing in five minutes, and each minute would run either version. Or called by
 * a person now and then.
 */
const AT_ONCE: readonly FunctionName[] = ['run-schedule', 'sweep', 'check-mx'];

/** Whether new versions of a function come gradually: those behind the HTTP API and the queues. */
export const comesGradually = (functionName: FunctionName): boolean => !AT_ONCE.includes(functionName);

const ALIAS = 'live';

/** How new versions come, and where their alarms go. */
export interface GradualUpdatesProps {
  readonly speed: Exclude<Settings['gradualUpdates'], 'none'>;
  readonly stage: string;
  readonly alarms: Alarms;
}

/** Puts new versions of functions to work by and by, and takes them back when they fail (docs/updates.md). */
export class GradualUpdates extends Construct {
  readonly #props: GradualUpdatesProps;
  readonly #application: LambdaApplication;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: GradualUpdatesProps) {
    super(scope, id);
    this.#props = props;
    this.#application = new LambdaApplication(this, 'Application');
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
    this.#role.addToPolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
    acknowledge(
      this.#role,
      'AwsSolutions-IAM5[Resource::*]',
      'CodeDeploy reads the states of the alarms that take a new version back. AWS’s managed policy for this has the same permission, for all alarms, because one call asks for several.',
    );
  }

  /** Gives the function an alias that each deployment moves to its new version. Call it before the function is connected. */
  shift(to: ServiceFunction<FunctionName>): void {
    const { fn } = to;
    const version = fn.currentVersion;
    // By the function's name, not the alias's: the alias comes after the alarm.
    const dimensionsMap = {
      FunctionName: fn.functionName,
      Resource: `${fn.functionName}:${ALIAS}`,
      ExecutedVersion: version.version,
    };
    const metricName: MetricName = 'UnexpectedFailure';
    const alarm = this.#props.alarms.raise(to, 'NewVersionFails', {
      metric: new MathExpression({
        // Of two numbers one is mostly missing: without FILL the sum would be, too.
        expression: 'FILL(errors, 0) + FILL(unexpected, 0)',
        usingMetrics: {
          errors: new Metric({ namespace: 'AWS/Lambda', metricName: 'Errors', dimensionsMap, statistic: 'Sum' }),
          unexpected: new Metric({
            namespace: NAMESPACE,
            metricName,
            dimensionsMap: { service: to.functionName, stage: this.#props.stage, version: version.version },
            statistic: 'Sum',
          }),
        },
        label: 'Failures of the newest version',
        period: Duration.minutes(1),
      }),
      whenItFails: 'The newest version of a function fails: a deployment that brings it just now is taken back.',
      runbook: 'update-taken-back',
    });
    // The CDK's own types do not fit together under exactOptionalPropertyTypes (Version and its interface IVersion).
    const alias = new Alias(to, 'Live', { aliasName: ALIAS, version: version as IVersion });
    const group = new LambdaDeploymentGroup(to, 'Deployments', {
      application: this.#application,
      alias,
      deploymentConfig: configurations[this.#props.speed],
      alarms: [alarm],
      autoRollback: { deploymentInAlarm: true, failedDeployment: true, stoppedDeployment: true },
      // As it is: the CDK would add a managed policy that may move every alias of the account.
      role: this.#role.withoutPolicyUpdates(),
    });
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        resources: [fn.functionArn, `${fn.functionArn}:${ALIAS}`],
      }),
    );
    group.node.addDependency(this.#role);
    // The alarm watches the new version before the first call reaches it.
    alias.node.addDependency(group);
    to.alias = alias as IFunction;
  }
}
