import { createHash } from 'node:crypto';
import type { Properties } from './properties.ts';

/** Where the stack runs: what names and ARNs are made of. */
export interface Place {
  readonly region: string;
  readonly account: string;
  readonly stackName: string;
  /** Origin of the AWS gateway: `http://127.0.0.1:port`. */
  readonly awsEndpointUrl: string;
  /** Origin of the HTTP API. */
  readonly apiUrl: string;
}

/** What a resource is called: the answer to `Ref` and `Fn::GetAtt`. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

type Identify = (logicalId: string, properties: Properties, place: Place) => Identity;

/** A short text that is the same in every run for the same input, in the alphabet of CloudFormation's name suffixes. */
export const stableSuffix = (text: string, length: number): string =>
  BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, length);

/** The name CloudFormation would generate: stack, logical id and a suffix; stable instead of random. */
export function generatedName(logicalId: string, place: Place, maximum: number): string {
  const suffix = stableSuffix(`${place.stackName}/${logicalId}`, 12);
  return `${`${place.stackName}-${logicalId}`.slice(0, maximum - suffix.length - 1)}-${suffix}`;
}

const arn = (place: Place, service: string, resource: string): string =>
  `arn:aws:${service}:${place.region}:${place.account}:${resource}`;

const table: Identify = (logicalId, properties, place) => {
  const ref = properties.optionalText('TableName') ?? generatedName(logicalId, place, 255);
  return { ref, attributes: { Arn: arn(place, 'dynamodb', `table/${ref}`), TableId: stableSuffix(ref, 24) } };
};

/** Resource types that the local stack runs. */
const running: Readonly<Record<string, Identify>> = {
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::SQS::Queue': (logicalId, properties, place) => {
    const suffix = properties.optionalFlag('FifoQueue') === true ? '.fifo' : '';
    const name = properties.optionalText('QueueName') ?? `${generatedName(logicalId, place, 75)}${suffix}`;
    const ref = `${place.awsEndpointUrl}/${place.account}/${name}`;
    return { ref, attributes: { Arn: arn(place, 'sqs', name), QueueName: name, QueueUrl: ref } };
  },
  'AWS::SQS::QueuePolicy': (logicalId) => plain(stableSuffix(logicalId, 24).toLowerCase(), 'Id'),
  'AWS::IAM::Role': (logicalId, properties, place) => {
    const ref = properties.optionalText('RoleName') ?? generatedName(logicalId, place, 64);
    const path = properties.optionalText('Path') ?? '/';
    return {
      ref,
      attributes: { Arn: `arn:aws:iam::${place.account}:role${path}${ref}`, RoleId: `AROA${stableSuffix(ref, 17)}` },
    };
  },
  'AWS::IAM::Policy': (logicalId) => plain(stableSuffix(logicalId, 24).toLowerCase(), 'Id'),
  'AWS::IAM::ManagedPolicy': (logicalId, properties, place) => {
    const name = properties.optionalText('ManagedPolicyName') ?? generatedName(logicalId, place, 128);
    const path = properties.optionalText('Path') ?? '/';
    return plain(`arn:aws:iam::${place.account}:policy${path}${name}`, 'PolicyArn');
  },
  'AWS::Lambda::Function': (logicalId, properties, place) => {
    const ref = properties.optionalText('FunctionName') ?? generatedName(logicalId, place, 64);
    return { ref, attributes: { Arn: arn(place, 'lambda', `function:${ref}`) } };
  },
  'AWS::Lambda::Version': (_logicalId, properties, place) => {
    const ref = arn(place, 'lambda', `function:${nameIn(properties.text('FunctionName'))}:1`);
    return { ref, attributes: { Version: '1', FunctionArn: ref } };
  },
  'AWS::Lambda::Alias': (_logicalId, properties, place) => {
    const name = nameIn(properties.text('FunctionName'));
    return plain(arn(place, 'lambda', `function:${name}:${properties.text('Name')}`), 'AliasArn');
  },
  'AWS::Lambda::EventSourceMapping': (logicalId, _properties, place) => {
    const ref = stableSuffix(logicalId, 24).toLowerCase();
    return {
      ref,
      attributes: { Id: ref, EventSourceMappingArn: arn(place, 'lambda', `event-source-mapping:${ref}`) },
    };
  },
  'AWS::ApiGatewayV2::Api': (logicalId, _properties, place) => {
    const ref = stableSuffix(logicalId, 10).toLowerCase();
    return { ref, attributes: { ApiId: ref, ApiEndpoint: place.apiUrl } };
  },
  'AWS::ApiGatewayV2::Route': (logicalId) => plain(stableSuffix(logicalId, 7).toLowerCase(), 'RouteId'),
  'AWS::ApiGatewayV2::Integration': (logicalId) => plain(stableSuffix(logicalId, 7).toLowerCase(), 'IntegrationId'),
  'AWS::ApiGatewayV2::Authorizer': (logicalId) => plain(stableSuffix(logicalId, 6).toLowerCase(), 'AuthorizerId'),
  'AWS::ApiGatewayV2::Stage': (_logicalId, properties) => plain(properties.text('StageName'), 'Id'),
  'AWS::Scheduler::Schedule': (logicalId, properties, place) => {
    const ref = properties.optionalText('Name') ?? generatedName(logicalId, place, 64);
    return { ref, attributes: { Arn: arn(place, 'scheduler', `schedule/default/${ref}`) } };
  },
  'AWS::Events::Rule': (logicalId, properties, place) => {
    const ref = properties.optionalText('Name') ?? generatedName(logicalId, place, 64);
    return { ref, attributes: { Arn: arn(place, 'events', `rule/${ref}`) } };
  },
  'AWS::Events::EventBus': (_logicalId, properties, place) => {
    const ref = properties.text('Name');
    return { ref, attributes: { Arn: arn(place, 'events', `event-bus/${ref}`), Name: ref } };
  },
  'AWS::SecretsManager::Secret': (logicalId, properties, place) => {
    const name = properties.optionalText('Name') ?? generatedName(logicalId, place, 64);
    const ref = arn(place, 'secretsmanager', `secret:${name}-${stableSuffix(name, 6)}`);
    return { ref, attributes: { Id: ref } };
  },
  'AWS::SSM::Parameter': (logicalId, properties, place) => ({
    ref: properties.optionalText('Name') ?? generatedName(logicalId, place, 128),
    attributes: { Type: properties.text('Type'), Value: properties.text('Value') },
  }),
};

/** The function's name in a name or an ARN. */
const nameIn = (function_: string): string => function_.slice(function_.lastIndexOf(':') + 1);

const plain = (ref: string, attribute: string): Identity => ({ ref, attributes: { [attribute]: ref } });

/** Resource types that are understood and have no effect on one machine, each with its reason. */
const withoutEffect: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^AWS::Lambda::Permission$/, reason: 'says who may invoke; locally only this stack can' },
  { pattern: /^AWS::Lambda::EventInvokeConfig$/, reason: 'asynchronous invocations are not repeated locally' },
  { pattern: /^AWS::CodeDeploy::/, reason: 'a start has one version of each function' },
  { pattern: /^AWS::Logs::/, reason: 'log lines are observations, and function-logs.ts shows the last ones' },
  { pattern: /^AWS::CloudWatch::/, reason: 'no metric is kept, so no alarm is raised' },
  { pattern: /^AWS::SNS::/, reason: 'only alarms use topics' },
  { pattern: /^AWS::EC2::/, reason: 'functions reach the network as this machine does' },
  { pattern: /^AWS::KMS::/, reason: 'nothing is kept on disk, so nothing is encrypted' },
  { pattern: /^AWS::Events::Archive$/, reason: 'no event is kept to be sent again' },
  { pattern: /^AWS::Budgets::/, reason: 'nothing costs anything' },
  { pattern: /^AWS::Scheduler::ScheduleGroup$/, reason: 'only groups names' },
  { pattern: /^AWS::CDK::Metadata$/, reason: 'tells AWS the version of the CDK' },
];

/** Whether resources of this type run locally. */
export const runsLocally = (type: string): boolean => Object.hasOwn(running, type);

/**
 * Checks that a resource type is known.
 *
 * @throws Error with a sentence that says what to do: to ignore an unknown type would hide a missing part.
 */
export function requireKnownType(logicalId: string, type: string): void {
  if (runsLocally(type) || withoutEffect.some(({ pattern }) => pattern.test(type))) return;
  throw new Error(
    `the local stack does not know resource type ${type} (logical id ${logicalId}): ` +
      'teach it in infra/local/stack/resource-types.ts, as running or as without local effect with the reason',
  );
}

/** The names of one resource. Types without local effect get a name and placeholders, so that references resolve. */
export function identify(logicalId: string, type: string, properties: () => Properties, place: Place): Identity {
  const known = running[type];
  if (known !== undefined) return known(logicalId, properties(), place);
  const ref = generatedName(logicalId, place, 128);
  const [, service = ''] = type.split('::');
  // Policies name ARNs, and what is no ARN stops the start.
  const ownArn = arn(place, service.toLowerCase(), type === 'AWS::Logs::LogGroup' ? `log-group:${ref}:*` : ref);
  const attributeOf = (name: string): string => (name === 'Arn' ? ownArn : `${ref}.${name}`);
  return {
    ref,
    attributes: new Proxy<Record<string, string>>({}, { get: (_target, name) => attributeOf(String(name)) }),
  };
}
