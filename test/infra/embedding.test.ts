/** The construct in an app of another team: what it makes, what it takes, what it can be asked for. */
import { readFileSync } from 'node:fs';
import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { BalanceRefresh, type BalanceRefreshProps } from '../../infra/balance-refresh.ts';
import { environmentOf } from '../../shared/lambda/environment.ts';
import logicalIds from './logical-ids.json' with { type: 'json' };
import { reviewOf, unmatched } from './nag-review.ts';
import { at, everythingOn, listAt, type Resource, statementsIn, synthesize } from './synthesized.ts';

const bundle = () => new URL('fixtures', import.meta.url).pathname;

/** A stack of another team's app, without any feature flag. */
const teamStack = (id = 'payments', app = new App({ builtinCloudFormationValidation: false })) =>
  new Stack(app, id, { env: { account: '123456789012', region: 'us-east-1' } });

const embed = (stack: Stack, id: string, props: BalanceRefreshProps = {}) =>
  new BalanceRefresh(stack, id, { bundle, ...props });

const resourcesOf = (stack: Stack): readonly Resource[] =>
  Object.entries<Omit<Resource, 'id'>>(Template.fromStack(stack).toJSON()['Resources']).map(([id, resource]) => ({
    ...resource,
    id,
  }));

const ofType = (stack: Stack, type: string) => resourcesOf(stack).filter(({ Type }) => Type === type);

/** One property of every resource of a type, each value once. */
const each = (stack: Stack, type: string, ...path: readonly (string | number)[]) => [
  ...new Set(ofType(stack, type).map(({ Properties }) => JSON.stringify(at(Properties, ...path)))),
];

describe('two in one stack', () => {
  const stack = teamStack();
  const [one, other] = [embed(stack, 'Balances'), embed(stack, 'Other', { settings: { webhooks: 'known' } })];

  it('have names, stages and parameters of their own', () => {
    expect([one.name, one.stage]).toEqual(['payments-Balances', 'payments-balances']);
    expect([other.name, other.stage]).toEqual(['payments-Other', 'payments-other']);
    const names = ['AWS::ApiGatewayV2::Api', 'AWS::SSM::Parameter', 'AWS::Events::EventBus'].flatMap((type) =>
      ofType(stack, type).map(({ Properties }) => at(Properties, 'Name')),
    );
    expect(names).toHaveLength(12);
    expect(new Set(names).size).toBe(12);
    expect(each(stack, 'AWS::Logs::LogGroup', 'LogGroupName')).toEqual([
      undefined,
      '"/aws/vendedlogs/http-api/payments-Balances"',
      '"/aws/vendedlogs/http-api/payments-Other"',
    ]);
  });

  it('have dashboards and queries of their own', () => {
    expect(each(stack, 'AWS::CloudWatch::Dashboard', 'DashboardName')).toEqual([
      expect.stringContaining('payments-Balances-'),
      expect.stringContaining('payments-Other-'),
    ]);
    const queries = each(stack, 'AWS::Logs::QueryDefinition', 'Name');
    expect(queries).toHaveLength(10);
    expect(queries).toContain('"payments-Other/one refresh"');
  });

  it('have outputs under their path, and no exports', () => {
    const outputs: Record<string, object> = Template.fromStack(stack).toJSON()['Outputs'];
    expect(Object.keys(outputs)).toEqual(
      expect.arrayContaining(['BalancesApiUrl', 'OtherApiUrl', 'OtherMembersTable']),
    );
    expect(Object.values(outputs).filter((output) => 'Export' in output)).toEqual([]);
  });

  it('have metrics that are told apart', () => {
    const stages = ofType(stack, 'AWS::CloudWatch::Alarm')
      .filter(({ Properties }) => at(Properties, 'Namespace') === 'MxFreshBalances')
      .map(({ Properties }) => listAt(Properties, 'Dimensions').find((dimension) => at(dimension, 'Name') === 'stage'));
    expect([...new Set(stages.map((stage) => at(stage, 'Value')))]).toEqual(['payments-balances', 'payments-other']);
    expect(each(stack, 'AWS::Lambda::Function', 'Environment', 'Variables', 'STAGE')).toEqual([
      '"payments-balances"',
      '"payments-other"',
    ]);
  });

  it('have nothing that cdk-nag finds without a reason', () => {
    expect(unmatched(reviewOf(stack.node.root as App))).toEqual({ unanswered: [], needless: [], twice: [] });
  });
});

describe('two in one account', () => {
  it('of two stacks are told apart', () => {
    const app = new App({ builtinCloudFormationValidation: false });
    const [one, other] = [embed(teamStack('payments', app), 'Balances'), embed(teamStack('loans', app), 'Balances')];
    expect([one.stage, other.stage]).toEqual(['payments-balances', 'loans-balances']);
    expect(() => app.synth()).not.toThrow();
  });

  it('have a stage of twenty letters for a long name', () => {
    const stage = (id: string) => embed(teamStack(id), 'Balances').stage;
    expect(stage('payments-and-loans-prod')).toMatch(/^payments-an-[0-9a-f]{8}$/);
    expect(stage('payments-and-loans-prod')).not.toBe(stage('payments-and-loans-test'));
  });

  it.each([
    ['stage', { settings: { stage: 'prod' } }, 'loans/Balances has the same setting stage (prod)'],
    ['name', { name: 'balances' }, 'loans/Balances has the same name (balances)'],
  ])('with the same %s are refused', (_, props, sentence) => {
    const app = new App({ builtinCloudFormationValidation: false });
    embed(teamStack('payments', app), 'Balances', props);
    embed(teamStack('loans', app), 'Balances', props);
    expect(() => app.synth()).toThrow(sentence);
  });

  it('of two stages of the app are refused too', () => {
    const app = new App({ builtinCloudFormationValidation: false });
    const env = { account: '123456789012', region: 'us-east-1' };
    for (const id of ['Blue', 'Green'])
      embed(new Stack(new Stage(app, id, { env }), 'payments'), 'Balances', { settings: { stage: 'prod' } });
    expect(() => app.synth()).toThrow('has the same setting stage (prod)');
  });

  it.each(['payments balances', '1st', '', 'a'.repeat(129)])('are not called "%s"', (name) => {
    expect(() => embed(teamStack(), 'Balances', { name })).toThrow(/^name must be at most 128 letters/);
  });

  it('may have the same stage in another region', () => {
    const app = new App({ builtinCloudFormationValidation: false });
    embed(teamStack('payments', app), 'Balances', { settings: { stage: 'prod' } });
    const elsewhere = new Stack(app, 'loans', { env: { account: '123456789012', region: 'eu-west-1' } });
    embed(elsewhere, 'Balances', { settings: { stage: 'prod' } });
    expect(() => app.synth()).not.toThrow();
  });
});

it('its name in a nested stack is known', () => {
  const nested = new NestedStack(teamStack(), 'Nested');
  const { name, stage } = embed(nested, 'Balances');
  expect(name).toMatch(/^payments-Nested-Balances-[0-9A-F]{8}$/);
  expect(stage).toMatch(/^payments-ne-[0-9a-f]{8}$/);
  const outputs = Object.keys(Template.fromStack(nested).toJSON()['Outputs']);
  expect(outputs).toContain('BalancesApiUrl');
});

describe('given resources', () => {
  const stack = teamStack();
  // The CDK's own types do not fit together under exactOptionalPropertyTypes.
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 1 }) as IVpc;
  const given = {
    network: { vpc, securityGroups: [new SecurityGroup(stack, 'Group', { vpc })] },
    encryptionKey: new Key(stack, 'Key'),
    eventBus: new EventBus(stack, 'Bus'),
    alarmTopic: new Topic(stack, 'Topic'),
    pagerTopic: new Topic(stack, 'Pager'),
    permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary'),
  } as BalanceRefreshProps;
  const balances = embed(stack, 'Balances', { ...given, settings: { tags: 'team=payments' } });

  it('take the place of the service’s own', () => {
    expect(ofType(stack, 'AWS::EC2::VPC')).toHaveLength(1);
    expect(ofType(stack, 'AWS::EC2::SecurityGroup')).toHaveLength(1);
    expect(ofType(stack, 'AWS::Events::EventBus')).toHaveLength(1);
    expect(ofType(stack, 'AWS::SNS::Topic')).toHaveLength(2);
    expect([balances.eventBus, balances.alarmTopic]).toEqual([given.eventBus, given.alarmTopic]);
    expect(each(stack, 'AWS::CloudWatch::Alarm', 'AlarmActions')).toEqual(['[{"Ref":"TopicBFC7AF6E"}]']);
    expect(each(stack, 'AWS::CloudWatch::CompositeAlarm', 'AlarmActions')).toEqual([expect.stringContaining('"Pager')]);
    expect(each(stack, 'AWS::SQS::Queue', 'KmsMasterKeyId')).toEqual(['{"Fn::GetAtt":["Key961B73FD","Arn"]}']);
  });

  it('hold for every function and role, those of schedules too', () => {
    const functions = ofType(stack, 'AWS::Lambda::Function');
    expect(functions).toHaveLength(11);
    for (const { id, Properties } of functions)
      expect(at(Properties, 'VpcConfig', 'SecurityGroupIds'), id).toEqual([
        { 'Fn::GetAtt': ['GroupC77FDACD', 'GroupId'] },
      ]);
    const roles = ofType(stack, 'AWS::IAM::Role');
    expect(roles).toHaveLength(13);
    for (const { id, Properties } of roles) {
      expect(JSON.stringify(at(Properties, 'PermissionsBoundary')), id).toContain('policy/boundary');
      expect(at(Properties, 'Tags'), id).toEqual([{ Key: 'team', Value: 'payments' }]);
    }
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['network', { fixedEgress: true }, 'fixedEgress must be false with the property network'],
    [
      'network',
      { vpcId: 'vpc-0a1b2c3d', subnetIds: 'subnet-0a1b2c3d' },
      'vpcId must be empty with the property network, which takes its place.',
    ],
    ['pagerTopic', { pagerTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager' }, 'takes its place'],
    ['alarmTopic', { alarmEmail: 'ops@example.com' }, 'alarmEmail must be empty with the property alarmTopic'],
    ['permissionsBoundary', { permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/b' }, 'takes its place'],
  ])('%s beside %j is refused', (name, settings, sentence) => {
    const beside = { [name]: Reflect.get(given, name), settings };
    expect(() => embed(teamStack(), 'Balances', beside)).toThrow(sentence);
  });
});

describe('the construct', () => {
  const stack = teamStack();
  const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const balances = embed(stack, 'Balances', { encryptionKey: new Key(stack, 'Key') });
  balances.grantReadBalances(reader);
  balances.grantTrigger(caller);
  balances.onRefreshEnded('Failed', { eventPattern: { detailType: ['refresh.failed'] } });
  balances.onRefreshEnded('Ended');

  const granted = (role: string) =>
    ofType(stack, 'AWS::IAM::Policy')
      .filter(({ id }) => id.startsWith(`${role}DefaultPolicy`))
      .flatMap(statementsIn)
      .map(({ actions, resources }) => [actions, resources.map((one) => JSON.stringify(one))]);

  it('lets a system read balances, and nothing more', () => {
    expect(granted('Reader')).toEqual([
      [
        ['dynamodb:GetItem', 'dynamodb:Query'],
        [expect.stringMatching(/^\{"Fn::GetAtt":\["BalancesStorageBalances\w+","Arn"\]\}$/)],
      ],
      [['dynamodb:GetItem'], [expect.stringMatching(/^\{"Fn::GetAtt":\["BalancesStorageMembers\w+","Arn"\]\}$/)]],
      [['kms:Decrypt', 'kms:DescribeKey'], ['{"Fn::GetAtt":["Key961B73FD","Arn"]}']],
    ]);
  });

  it('lets a caller trigger, and nothing more', () => {
    const [[actions, resources]] = granted('Caller') as [[unknown, string[]]];
    expect(actions).toEqual(['execute-api:Invoke']);
    const requests = resources.map((resource) => /\/\$default\/([^"]+)"/.exec(resource)?.[1]);
    const calling = readFileSync(new URL('../../docs/calling.md', import.meta.url), 'utf8');
    const [, ofDocument = ''] = /"Sid": "TriggerRefreshes"[^\]]+"Resource": (\[[^\]]+\])/.exec(calling) ?? [];
    expect(requests).toEqual(JSON.parse(ofDocument).map((arn: string) => arn.split('/$default/')[1]));
    expect(requests).toEqual([
      'POST/users/*/members/*/check_balance',
      'PUT/users/*/members/*/resume',
      'PUT/users/*/members/*/schedule',
      'DELETE/users/*/members/*/schedule',
    ]);
  });

  it('with basic callers grants no trigger', () => {
    const basic = embed(teamStack(), 'Balances', { settings: { apiAccess: 'basic' } });
    expect(() => basic.grantTrigger(caller)).toThrow('give the caller a key with the right trigger');
  });

  it('makes rules for ended refreshes', () => {
    const patterns = ofType(stack, 'AWS::Events::Rule').map(({ Properties }) => [
      at(Properties, 'EventPattern'),
      Object.keys(at(Properties, 'EventBusName') as object),
    ]);
    expect(patterns).toEqual([
      [{ source: ['mx-fresh-balances'], 'detail-type': ['refresh.failed'] }, ['Ref']],
      [
        {
          source: ['mx-fresh-balances'],
          'detail-type': ['refresh.succeeded', 'refresh.action_required', 'refresh.failed'],
        },
        ['Ref'],
      ],
    ]);
  });

  it('refers to everything that it made', () => {
    const all = embed(teamStack(), 'Balances', {
      settings: { webhooks: 'all', callbackHosts: 'hooks.example.com', apiAccess: 'basic' },
    });
    expect(Object.keys(all.functions).toSorted()).toEqual(Object.keys(environmentOf).toSorted());
    expect(Object.values(all.queues).filter((queue) => queue === undefined)).toEqual([]);
    expect(Object.values(all.secrets).filter((secret) => secret === undefined)).toEqual([]);
    expect(Object.values(balances.queues).filter((queue) => queue === undefined)).toHaveLength(2);
    expect(Object.values(balances.secrets).filter((secret) => secret === undefined)).toHaveLength(3);
    expect(balances.functions['mx-webhook']).toBeUndefined();
  });

  it('says when there are no bundles', () => {
    expect(() => new BalanceRefresh(teamStack(), 'Balances')).toThrow(/^there is no bundle of check-balance in /);
  });
});

it('named Default it is this repository’s stack', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'mx-fresh-balances-dev');
  const balances = embed(stack, 'Default', { settings: { ...everythingOn, stage: 'dev' } });
  expect(balances.name).toBe('mx-fresh-balances-dev');
  const here = Object.fromEntries(resourcesOf(stack).map(({ id, Type }) => [id, Type]));
  expect(here).toEqual(logicalIds['webhooks and callbacks on']);
  // Without feature flags of the CDK policies have another form, and nothing else differs.
  const ours = new Map(synthesize(everythingOn).resources.map((resource) => [resource.id, withoutCode(resource)]));
  const other = resourcesOf(stack).filter((resource) => ours.get(resource.id) !== withoutCode(resource));
  expect([...new Set(other.map(({ Type }) => Type))]).toEqual(['AWS::IAM::Policy']);
});

/** Its JSON, without what only says where its code lies. */
const withoutCode = ({ Properties, DeletionPolicy }: Resource): string =>
  JSON.stringify([{ ...(Properties as object), Code: undefined }, DeletionPolicy]);
