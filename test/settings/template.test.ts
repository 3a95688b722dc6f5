/** Settings that act in AWS itself: setting, value → literal properties of the synthesized template. */
import { describe, expect, it } from 'vitest';
import { type SettingName, settings } from '../../infra/setting-table.ts';
import { at, listAt, type Synthesized, synthesize } from '../infra/synthesized.ts';
import { behaviourRows } from './behaviour-rows.ts';

interface TemplateRow {
  readonly setting: SettingName;
  readonly value: string | number | boolean;
  readonly what: string;
  readonly beside?: Readonly<Partial<Record<SettingName, string | number | boolean>>>;
  readonly observe: (stack: Synthesized) => unknown;
  readonly expected: unknown;
}

/** One property of every resource of a type. */
const each =
  (type: string, ...path: readonly (string | number)[]) =>
  (stack: Synthesized): readonly unknown[] => [
    ...new Set(stack.ofType(type).map(({ Properties }) => at(Properties, ...path))),
  ];

const count =
  (...types: readonly string[]) =>
  (stack: Synthesized): readonly number[] =>
    types.map((type) => stack.ofType(type).length);

/** The most batches of a queue at once, by the function that works on them. */
const concurrencyOf = (stack: Synthesized): unknown =>
  Object.fromEntries(
    stack
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => [
        String(at(Properties, 'FunctionName', 'Ref')).replace(/Function.*/, ''),
        at(Properties, 'ScalingConfig', 'MaximumConcurrency'),
      ]),
  );

const policiesOf = (types: readonly string[]) => (stack: Synthesized) =>
  types.map((type) => [type, ...new Set(stack.ofType(type).map(({ DeletionPolicy }) => DeletionPolicy))]);

/** The policies that allow sending traces, and all actions of X-Ray in them. */
function tracesOf(stack: Synthesized): { policies: number; actions: readonly string[] } {
  const allowed = stack
    .ofType('AWS::IAM::Policy')
    .map(({ Properties }) =>
      listAt(Properties, 'PolicyDocument', 'Statement')
        .flatMap((statement) => listAt(statement, 'Action').map(String))
        .filter((action) => action.startsWith('xray:')),
    )
    .filter(({ length }) => length > 0);
  return { policies: allowed.length, actions: [...new Set(allowed.flat())].toSorted() };
}

/** The alarm whose logical id begins so. */
const alarm = (stack: Synthesized, id: string): unknown =>
  stack.ofType('AWS::CloudWatch::Alarm').find((one) => one.id.startsWith(id))?.Properties;

const rows: readonly TemplateRow[] = [
  {
    setting: 'stage',
    value: 'acme',
    what: 'names the API, and with it the stack',
    observe: each('AWS::ApiGatewayV2::Api', 'Name'),
    expected: ['mx-fresh-balances-acme'],
  },
  {
    setting: 'mxBaseUrl',
    value: 'https://mx.example.com:8443',
    what: 'functions call it and may reach its port',
    observe: (stack) => [
      stack
        .ofType('AWS::Lambda::Function')
        .map(({ id, Properties }) => [
          id.replace(/Function.*/, ''),
          at(Properties, 'Environment', 'Variables', 'MX_BASE_URL'),
        ])
        .filter(([, url]) => url !== undefined),
      stack
        .ofType('AWS::EC2::SecurityGroup')
        .flatMap(({ Properties }) => listAt(Properties, 'SecurityGroupEgress').map((rule) => at(rule, 'ToPort'))),
    ],
    expected: [
      [
        ['CheckBalance', 'https://mx.example.com:8443'],
        ['FollowUp', 'https://mx.example.com:8443'],
        ['StartRefresh', 'https://mx.example.com:8443'],
        ['CheckMx', 'https://mx.example.com:8443'],
      ],
      [443, 8443],
    ],
  },
  {
    setting: 'fixedEgress',
    value: true,
    what: 'functions that call MX leave through an address of their own',
    observe: count('AWS::EC2::EIP', 'AWS::EC2::NatGateway', 'AWS::EC2::VPC'),
    expected: [1, 1, 1],
  },
  {
    setting: 'fixedEgress',
    value: false,
    what: 'there is no network',
    observe: count('AWS::EC2::EIP', 'AWS::EC2::NatGateway', 'AWS::EC2::VPC'),
    expected: [0, 0, 0],
  },
  {
    setting: 'egressZones',
    value: 2,
    what: 'two zones with an address each',
    observe: count('AWS::EC2::EIP', 'AWS::EC2::NatGateway', 'AWS::EC2::VPC'),
    expected: [2, 2, 1],
  },
  {
    setting: 'flowLogs',
    value: true,
    what: 'the network’s connections are logged',
    observe: (stack) => [
      each('AWS::EC2::FlowLog', 'TrafficType')(stack),
      each('AWS::EC2::FlowLog', 'LogGroupName', 'Ref')(stack).map((id) => String(id).slice(0, 14)),
      stack.ofType('AWS::Logs::LogGroup').length,
    ],
    expected: [['ALL'], ['EgressFlowLogs'], 13],
  },
  {
    setting: 'vpcId',
    value: 'vpc-0a1b2c3d4e5f67890',
    beside: { fixedEgress: false, subnetIds: 'subnet-0a1b2c3d' },
    what: 'a group in it lets only HTTPS out, and nothing is looked up',
    observe: (stack) => [
      each('AWS::EC2::SecurityGroup', 'VpcId')(stack),
      stack
        .ofType('AWS::EC2::SecurityGroup')
        .map(({ Properties }) => [
          listAt(Properties, 'SecurityGroupIngress').length,
          ...listAt(Properties, 'SecurityGroupEgress').map((rule) => at(rule, 'ToPort')),
        ]),
      count('AWS::EC2::VPC', 'AWS::EC2::NatGateway', 'AWS::EC2::Subnet')(stack),
    ],
    expected: [['vpc-0a1b2c3d4e5f67890'], [[0, 443]], [0, 0, 0]],
  },
  {
    setting: 'subnetIds',
    value: 'subnet-0a1b2c3d,subnet-0a1b2c3e',
    beside: { fixedEgress: false, vpcId: 'vpc-0a1b2c3d' },
    what: 'every function is in these subnets',
    observe: (stack) => [
      stack.ofType('AWS::Lambda::Function').length,
      [
        ...new Set(
          stack
            .ofType('AWS::Lambda::Function')
            .map(({ Properties }) => listAt(Properties, 'VpcConfig', 'SubnetIds').join(' ')),
        ),
      ],
    ],
    expected: [11, ['subnet-0a1b2c3d subnet-0a1b2c3e']],
  },
  {
    setting: 'securityGroupIds',
    value: 'sg-0a1b2c3d,sg-0a1b2c3e',
    beside: { fixedEgress: false, vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d' },
    what: 'every function has these groups, and none is made',
    observe: (stack) => [
      [
        ...new Set(
          stack
            .ofType('AWS::Lambda::Function')
            .map(({ Properties }) => listAt(Properties, 'VpcConfig', 'SecurityGroupIds').join(' ')),
        ),
      ],
      ...count('AWS::EC2::SecurityGroup')(stack),
    ],
    expected: [['sg-0a1b2c3d sg-0a1b2c3e'], 0],
  },
  {
    setting: 'keyArn',
    value: 'arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678',
    what: 'encrypts tables, queues, secrets, logs and the topic',
    observe: (stack) => [
      ...new Set([
        ...each('AWS::DynamoDB::GlobalTable', 'Replicas', 0, 'SSESpecification', 'KMSMasterKeyId')(stack),
        ...each('AWS::SQS::Queue', 'KmsMasterKeyId')(stack),
        ...each('AWS::SecretsManager::Secret', 'KmsKeyId')(stack),
        ...each('AWS::Logs::LogGroup', 'KmsKeyId')(stack),
        ...each('AWS::SNS::Topic', 'KmsMasterKeyId')(stack),
      ]),
    ],
    expected: ['arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678'],
  },
  {
    setting: 'permissionsBoundaryArn',
    value: 'arn:aws:iam::123456789012:policy/teams/boundary',
    beside: { webhooks: 'known', callbackHosts: 'hooks.example.com', flowLogs: true },
    what: 'every role has it, those of schedules and flow logs too',
    observe: (stack) => [stack.ofType('AWS::IAM::Role').length, each('AWS::IAM::Role', 'PermissionsBoundary')(stack)],
    expected: [16, ['arn:aws:iam::123456789012:policy/teams/boundary']],
  },
  {
    setting: 'tags',
    value: 'team=payments, cost-centre=a=b',
    what: 'tables, queues, functions, logs and roles have them',
    observe: (stack) =>
      [
        'AWS::SQS::Queue',
        'AWS::Lambda::Function',
        'AWS::Logs::LogGroup',
        'AWS::IAM::Role',
        'AWS::SecretsManager::Secret',
        'AWS::CloudWatch::Alarm',
        'AWS::SNS::Topic',
      ]
        .flatMap((type) => stack.ofType(type))
        .map(({ Properties }) => listAt(Properties, 'Tags'))
        .concat(
          stack.ofType('AWS::DynamoDB::GlobalTable').map(({ Properties }) => listAt(Properties, 'Replicas', 0, 'Tags')),
        )
        .filter(
          (tags) => JSON.stringify(tags) !== '[{"Key":"cost-centre","Value":"a=b"},{"Key":"team","Value":"payments"}]',
        ),
    expected: [],
  },
  {
    setting: 'tags',
    value: '',
    what: 'functions have none',
    observe: each('AWS::Lambda::Function', 'Tags'),
    expected: [undefined],
  },
  {
    setting: 'apiRate',
    value: 70,
    what: 'the gateway’s steady rate, the burst stays',
    observe: each('AWS::ApiGatewayV2::Stage', 'DefaultRouteSettings'),
    expected: [{ ThrottlingRateLimit: 70, ThrottlingBurstLimit: 100 }],
  },
  {
    setting: 'triggerConcurrency',
    value: 20,
    what: 'reserved for the function that triggers, and for no other',
    observe: (stack) =>
      stack
        .ofType('AWS::Lambda::Function')
        .filter(({ Properties }) => at(Properties, 'ReservedConcurrentExecutions') !== undefined)
        .map(({ id, Properties }) => [id.replace(/Function.*/, ''), at(Properties, 'ReservedConcurrentExecutions')]),
    expected: [['CheckBalance', 20]],
  },
  {
    setting: 'apiBurst',
    value: 30,
    what: 'the gateway’s burst, the rate stays',
    observe: each('AWS::ApiGatewayV2::Stage', 'DefaultRouteSettings'),
    expected: [{ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 30 }],
  },
  {
    setting: 'webhookRate',
    value: 700,
    beside: { webhooks: 'known' },
    what: 'the steady rate of MX’s route, its burst stays',
    observe: each('AWS::ApiGatewayV2::Stage', 'RouteSettings'),
    expected: [{ 'POST /webhooks/mx': { ThrottlingRateLimit: 700, ThrottlingBurstLimit: 400 } }],
  },
  {
    setting: 'webhookBurst',
    value: 3000,
    beside: { webhooks: 'known' },
    what: 'the burst of MX’s route, its rate stays',
    observe: each('AWS::ApiGatewayV2::Stage', 'RouteSettings'),
    expected: [{ 'POST /webhooks/mx': { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 3000 } }],
  },
  {
    setting: 'corsOrigins',
    value: 'https://a.example.com,https://b.example.com:8443',
    what: 'browsers may call from these origins',
    observe: each('AWS::ApiGatewayV2::Api', 'CorsConfiguration', 'AllowOrigins'),
    expected: [['https://a.example.com', 'https://b.example.com:8443']],
  },
  {
    setting: 'corsOrigins',
    value: '',
    what: 'browsers may not call',
    observe: each('AWS::ApiGatewayV2::Api', 'CorsConfiguration'),
    expected: [undefined],
  },
  {
    setting: 'followUpConcurrency',
    value: 7,
    what: 'batches of follow-ups at once',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: concurrencyOf,
    expected: { FollowUp: 7, StartRefresh: 5, Sweep: 8, DeliverCallback: 5 },
  },
  {
    setting: 'startConcurrency',
    value: 3,
    what: 'batches of starts at once',
    beside: { callbackHosts: 'hooks.example.com' },
    observe: concurrencyOf,
    expected: { FollowUp: 10, StartRefresh: 3, Sweep: 8, DeliverCallback: 5 },
  },
  {
    setting: 'logRetentionDays',
    value: 90,
    what: 'every log, the gateway’s too, ends after 90 days',
    observe: (stack) => [
      stack.ofType('AWS::Logs::LogGroup').length,
      each('AWS::Logs::LogGroup', 'RetentionInDays')(stack),
    ],
    expected: [12, [90]],
  },
  {
    setting: 'alarmEmail',
    value: 'ops@example.com',
    what: 'is told about alarms',
    observe: (stack) =>
      stack
        .ofType('AWS::SNS::Subscription')
        .map(({ Properties }) => [at(Properties, 'Protocol'), at(Properties, 'Endpoint')]),
    expected: [['email', 'ops@example.com']],
  },
  {
    setting: 'alarmEmail',
    value: '',
    what: 'no address gets the alarms, which exist',
    observe: count('AWS::SNS::Subscription', 'AWS::SNS::Topic'),
    expected: [0, 1],
  },
  {
    setting: 'alarmTopicArn',
    value: 'arn:aws:sns:us-east-1:123456789012:alarms',
    what: 'every alarm goes there, and no topic is made',
    observe: (stack) => [
      [
        ...new Set(
          stack.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => listAt(Properties, 'AlarmActions').join(' ')),
        ),
      ],
      count('AWS::SNS::Topic', 'AWS::SNS::TopicPolicy')(stack),
    ],
    expected: [['arn:aws:sns:us-east-1:123456789012:alarms'], [0, 0]],
  },
  {
    setting: 'tracing',
    value: true,
    what: 'every function is traced, and every role may send traces and nothing more for it',
    observe: (stack) => [each('AWS::Lambda::Function', 'TracingConfig', 'Mode')(stack), tracesOf(stack)],
    expected: [['Active'], { policies: 11, actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'] }],
  },
  {
    setting: 'tracing',
    value: false,
    what: 'no function is, and no role may',
    observe: (stack) => [each('AWS::Lambda::Function', 'TracingConfig')(stack), tracesOf(stack)],
    expected: [[undefined], { policies: 0, actions: [] }],
  },
  {
    setting: 'dashboard',
    value: true,
    what: 'there is one, called after the deployment and its region',
    observe: each('AWS::CloudWatch::Dashboard', 'DashboardName'),
    expected: [{ 'Fn::Join': ['', ['mx-fresh-balances-dev-', { Ref: 'AWS::Region' }]] }],
  },
  {
    setting: 'dashboard',
    value: false,
    what: 'there is none',
    observe: count('AWS::CloudWatch::Dashboard'),
    expected: [0],
  },
  {
    setting: 'pagerTopicArn',
    value: 'arn:aws:sns:us-east-1:123456789012:pager',
    what: 'the composite alarm goes there, and no other',
    observe: (stack) =>
      ['AWS::CloudWatch::CompositeAlarm', 'AWS::CloudWatch::Alarm'].map((type) =>
        stack
          .ofType(type)
          .flatMap(({ Properties }) => [listAt(Properties, 'AlarmActions'), listAt(Properties, 'OKActions')])
          .filter(([action]) => action === 'arn:aws:sns:us-east-1:123456789012:pager'),
      ),
    expected: [[['arn:aws:sns:us-east-1:123456789012:pager'], ['arn:aws:sns:us-east-1:123456789012:pager']], []],
  },
  {
    setting: 'runbookUrl',
    value: 'https://git.example.com/runbook.md',
    what: 'an alarm’s text ends with the address of its heading',
    observe: (stack) => at(alarm(stack, 'HealthMxThrottles'), 'AlarmDescription'),
    expected: expect.stringMatching(/\. Runbook: https:\/\/git\.example\.com\/runbook\.md#mx-throttles$/),
  },
  {
    setting: 'alarmSuccessPercent',
    value: 80,
    what: 'the alarm fires below it',
    observe: (stack) => at(alarm(stack, 'HealthSuccessFalls'), 'Threshold'),
    expected: 80,
  },
  {
    setting: 'alarmMinEnds',
    value: 7,
    what: 'the alarm looks at no fewer ends',
    observe: (stack) => at(alarm(stack, 'HealthSuccessFalls'), 'Metrics', 0, 'Expression'),
    expected: expect.stringContaining('>= 7,'),
  },
  {
    setting: 'alarmLateSeconds',
    value: 1000,
    what: 'the alarms on old messages fire at it',
    observe: (stack) => ['FollowUpsLate', 'StartsLate'].map((id) => at(alarm(stack, id), 'Threshold')),
    expected: [1000, 1000],
  },
  {
    setting: 'alarmMxThrottles',
    value: 99,
    what: 'the alarm fires at it',
    observe: (stack) => at(alarm(stack, 'HealthMxThrottles'), 'Threshold'),
    expected: 99,
  },
  {
    setting: 'alarmPausedMinutes',
    value: 30,
    what: 'the alarm fires at it',
    observe: (stack) => at(alarm(stack, 'HealthPauseLeftOn'), 'Threshold'),
    expected: 30,
  },
  {
    setting: 'alarmWrongKeys',
    value: 50,
    what: 'the alarm fires at it',
    beside: { apiAccess: 'basic' },
    observe: (stack) => at(alarm(stack, 'HttpWrongKeys'), 'Threshold'),
    expected: 50,
  },
  ...[
    { value: true, policy: 'Retain' },
    { value: false, policy: 'Delete' },
  ].map(({ value, policy }) => ({
    setting: 'retainData' as const,
    value,
    what: `deleting the stack means ${policy} for tables, secrets and addresses`,
    observe: (stack: Synthesized) => [
      policiesOf(['AWS::DynamoDB::GlobalTable', 'AWS::SecretsManager::Secret', 'AWS::EC2::EIP'])(stack),
      each('AWS::DynamoDB::GlobalTable', 'Replicas', 0, 'DeletionProtectionEnabled')(stack),
    ],
    expected: [
      [
        ['AWS::DynamoDB::GlobalTable', policy],
        ['AWS::SecretsManager::Secret', policy],
        ['AWS::EC2::EIP', policy],
      ],
      [value],
    ],
  })),
  {
    setting: 'eventArchiveDays',
    value: 14,
    what: 'this service’s events are kept so long',
    observe: (stack) =>
      stack
        .ofType('AWS::Events::Archive')
        .map(({ Properties }) => [
          at(Properties, 'RetentionDays'),
          at(Properties, 'EventPattern'),
          at(Properties, 'SourceArn', 'Fn::GetAtt', 0),
        ]),
    expected: [[14, { source: ['mx-fresh-balances'] }, 'EventsD32975C2']],
  },
  {
    setting: 'eventArchiveDays',
    value: 0,
    what: 'no events are kept',
    observe: count('AWS::Events::Archive'),
    expected: [0],
  },
  {
    setting: 'gradualUpdates',
    value: 'linear10PercentEvery3Minutes',
    what: 'functions behind API and queues get it',
    observe: (stack) => [
      each('AWS::CodeDeploy::DeploymentGroup', 'DeploymentConfigName')(stack),
      count('AWS::Lambda::Alias', 'AWS::Lambda::Version')(stack),
    ],
    expected: [['CodeDeployDefault.LambdaLinear10PercentEvery3Minutes'], [8, 8]],
  },
  {
    setting: 'gradualUpdates',
    value: 'none',
    what: 'there are no aliases and no versions',
    observe: count('AWS::Lambda::Alias', 'AWS::Lambda::Version', 'AWS::CodeDeploy::Application'),
    expected: [0, 0, 0],
  },
  {
    setting: 'apiAccess',
    value: 'basic',
    what: 'there is a secret for the callers’ keys',
    observe: (stack) => stack.ofType('AWS::SecretsManager::Secret').map(({ id }) => id.slice(0, 21)),
    expected: ['CredentialsMxAFD7209C', 'CredentialsApiCallers'],
  },
];

it.each(rows)('$setting=$value: $what', ({ setting, value, beside, observe, expected }) => {
  expect(observe(synthesize({ ...beside, [setting]: value }))).toEqual(expected);
});

describe('the rows', () => {
  const all = [...rows, ...behaviourRows];

  it('are there for every setting of the table', () => {
    expect([...new Set(all.map(({ setting }) => setting))].sort()).toEqual(Object.keys(settings).sort());
  });

  it('have a value other than the default for every setting', () => {
    const moved = all.filter(({ setting, value }) => settings[setting].default !== value);
    expect([...new Set(moved.map(({ setting }) => setting))].sort()).toEqual(Object.keys(settings).sort());
  });
});
