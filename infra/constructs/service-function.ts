import type { Duration } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type EnvironmentFor, environmentOf, type FunctionName, variableOf } from '../../shared/lambda/environment.ts';
import { acknowledge } from './acknowledged-finding.ts';
import { type Alarms, sum } from './alarms.ts';
import { type KeyUse, keyUseOf } from './encryption.ts';
import type { Placement } from './placement.ts';

/** What all functions of the service share. */
export interface Platform {
  readonly alarms: Alarms;
  readonly logs: LogGroupProps;
  /** Gives the folder with the function's `index.mjs`. */
  readonly bundle: (functionName: FunctionName) => string;
  /** Whether X-Ray records invocations. */
  readonly tracing: boolean;
}

/** The properties of one function. */
export interface ServiceFunctionProps<F extends FunctionName> extends Platform {
  /** Its file in `functions/`, and its heading in docs/runbook.md. */
  readonly functionName: F;
  /** At least what the function's contract names; more is left out. A missing value does not compile. */
  readonly environment: EnvironmentFor<F>;
  /** What a customer or another system notices when it fails. Printed on its alarms. A whole sentence. Null: it has no alarms. */
  readonly whenItFails: string | null;
  /** MB; also sets the share of a CPU. */
  readonly memory: number;
  readonly timeout: Duration;
  /** Its network. @default none: it leaves by AWS's own addresses */
  readonly placement?: Placement | undefined;
  /**
   * The function sends messages to the queue that calls it, more than 16 in a chain. AWS would stop the chain after
   * about 16 invocations (`RecursiveLoop`), and its message would end among the dead letters.
   * @default AWS stops such chains, so that one made by mistake costs little
   */
  readonly chains?: boolean;
  /** Reserved concurrency. @default none */
  readonly reservedConcurrency?: number | undefined;
}

/**
 * A Lambda function the way this service runs them: a role of its own that can do nothing until it is allowed to, a log
 * group that expires, and alarms that say what a customer notices.
 *
 * A correlation id leads through all that belongs to a refresh, with X-Ray and without.
 */
export class ServiceFunction<F extends FunctionName> extends Construct {
  readonly functionName: F;
  readonly fn: LambdaFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;
  /** What its role needs a customer-managed key for, if there is one. */
  readonly keyUses = new Set<KeyUse>();
  /** Set before the function is connected to what invokes it; undefined: updates come at once. */
  alias: IFunction | undefined;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps<F>) {
    super(scope, id);
    this.functionName = props.functionName;
    this.logGroup = new LogGroup(this, 'Logs', props.logs);
    const { logGroup } = this;
    // AWS's managed policy would allow writing to every log group of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(this.role);
    if (props.placement) this.role.addToPolicy(networkInterfaces());
    const reasons = [
      ...(props.placement
        ? [
            'Lambda makes the network interfaces of a function in a VPC under its role, and EC2 knows no resource for them before they exist. The actions are the six that Lambda’s documentation names.',
          ]
        : []),
      ...(props.tracing
        ? [
            'The two actions of X-Ray that a traced function needs (xray:PutTraceSegments, xray:PutTelemetryRecords) know no resources.',
          ]
        : []),
    ];
    if (reasons.length > 0) acknowledge(this.role, 'AwsSolutions-IAM5[Resource::*]', reasons.join(' '));

    this.fn = new LambdaFunction(this, 'Function', {
      description: props.functionName,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle(props.functionName)),
      handler: 'index.handler',
      memorySize: props.memory,
      timeout: props.timeout,
      role: this.role,
      logGroup,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      recursiveLoop: props.chains ? RecursiveLoop.ALLOW : RecursiveLoop.TERMINATE,
      // The functions write JSON themselves. At WARN Lambda leaves out START, END and REPORT, most lines of the log.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      environment: contracted(props.functionName, props.environment),
      // The CDK allows its role the two actions of X-Ray then.
      ...(props.tracing ? { tracing: Tracing.ACTIVE } : {}),
      ...props.placement,
    });

    if (!props.tracing)
      acknowledge(
        this.fn,
        'Serverless-LambdaTracing',
        'A setting (tracing) that is off by default. By default X-Ray records one request a second and 5 % of the rest, so that the refresh in question has mostly no trace. Every refresh has a correlation id that leads through its log lines, messages, events and callbacks.',
      );

    const { whenItFails, functionName: runbook } = props;
    if (whenItFails === null) return;
    props.alarms.raise(this, 'Errors', { metric: this.fn.metricErrors(sum), whenItFails, runbook });
    props.alarms.raise(this, 'Throttles', { metric: this.fn.metricThrottles(sum), whenItFails, runbook });
  }

  /** What the HTTP API and the queues invoke. A schedule invokes the function itself. */
  get invoked(): IFunction {
    return this.alias ?? (this.fn as IFunction);
  }

  /** Allows the function these actions on this resource, and nothing else. */
  allow(actions: readonly string[], resourceArn: string): void {
    this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [resourceArn] }));
    for (const use of actions.map(keyUseOf)) if (use) this.keyUses.add(use);
  }

  /**
   * Denies the function these actions on the items of one partition of a table, also where something else allows them. A call may name
   * several items; one of the partition is enough.
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  denyPartition(actions: readonly string[], tableArn: string, partition: string): void {
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        actions: [...actions],
        resources: [tableArn],
        conditions: { 'ForAnyValue:StringEquals': { 'dynamodb:LeadingKeys': [partition] } },
      }),
    );
  }
}

/** Exactly the variables of the contract, so that no function sees what it does not read. */
function contracted<F extends FunctionName>(name: F, environment: EnvironmentFor<F>): Record<string, string> {
  const names: readonly (keyof typeof environment)[] = environmentOf[name];
  return Object.fromEntries(names.map((value) => [variableOf(value), String(environment[value])]));
}

/** What Lambda needs to put a function into a VPC. EC2 knows no resource for these before the interface exists. */
const networkInterfaces = (): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
