/** A customer-managed key: what is encrypted with it, and what each role may do with it. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../infra/app.ts';
import { Encryption } from '../../infra/constructs/encryption.ts';
import { Blueprint } from '../../infra/local/stack/blueprint.ts';
import { readPolicies } from '../../infra/local/stack/role-policies.ts';
import { readTemplate } from '../../infra/local/stack/template.ts';
import { accountPolicies } from './account-policies.ts';
import { at, everythingOn, listAt, type Resource, type Synthesized, synthesize, withStack } from './synthesized.ts';

const keyArn = 'arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-4e5f-6789-0abc-def012345678';
const withKey = synthesize({ ...everythingOn, apiAccess: 'basic', flowLogs: true, keyArn });

describe('encrypted with the key are', () => {
  const keyOf = (type: string, ...path: readonly (string | number)[]) => [
    ...new Set(withKey.ofType(type).map(({ Properties }) => at(Properties, ...path))),
  ];

  it('tables', () => {
    expect(keyOf('AWS::DynamoDB::GlobalTable', 'Replicas', 0, 'SSESpecification', 'KMSMasterKeyId')).toEqual([keyArn]);
    for (const { id, Properties } of withKey.ofType('AWS::DynamoDB::GlobalTable'))
      expect(at(Properties, 'SSESpecification'), id).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
  });

  it('queues, dead letters too', () => {
    expect(withKey.ofType('AWS::SQS::Queue')).toHaveLength(8);
    expect(keyOf('AWS::SQS::Queue', 'KmsMasterKeyId')).toEqual([keyArn]);
    expect(keyOf('AWS::SQS::Queue', 'SqsManagedSseEnabled')).toEqual([false]);
  });

  it('secrets, logs and the topic', () => {
    expect(withKey.ofType('AWS::SecretsManager::Secret')).toHaveLength(4);
    expect(keyOf('AWS::SecretsManager::Secret', 'KmsKeyId')).toEqual([keyArn]);
    expect(withKey.ofType('AWS::Logs::LogGroup')).toHaveLength(15);
    expect(keyOf('AWS::Logs::LogGroup', 'KmsKeyId')).toEqual([keyArn]);
    expect(keyOf('AWS::SNS::Topic', 'KmsMasterKeyId')).toEqual([keyArn]);
  });
});

/** By role, what it may do with the key through which service; `write tables` stands for its seven actions. */
function keyUses(stack: Synthesized): Record<string, string[]> {
  const found = stack.ofType('AWS::IAM::Policy').map((policy): [string, string[]] => [
    policy.id.replace(/(Role)?DefaultPolicy.*$/, '').replace(/(SchedulerRoleForTarget)\w+/, '$1'),
    ofKey(policy).map((statement) => {
      expect(listAt(statement, 'Resource')).toEqual([keyArn]);
      const [service] = listAt(statement, 'Condition', 'StringEquals', 'kms:ViaService', 'Fn::Join', 1);
      return `${service}${listAt(statement, 'Action').join(' ').replaceAll('kms:', '')}`;
    }),
  ]);
  return Object.fromEntries(found.map(([role, uses]) => [role, uses.toSorted()]));
}

const ofKey = (policy: Resource): readonly unknown[] =>
  listAt(policy.Properties, 'PolicyDocument', 'Statement').filter((statement) =>
    listAt(statement, 'Action').some((action) => String(action).startsWith('kms:')),
  );

const reads = 'dynamodb.Decrypt DescribeKey';
const writes =
  'dynamodb.Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo';
const sends = 'sqs.Decrypt GenerateDataKey';
const secrets = 'secretsmanager.Decrypt';

it('each role uses the key for this only', () => {
  expect(keyUses(withKey)).toEqual({
    CheckBalance: [writes, secrets, sends],
    FollowUp: [writes, secrets, sends],
    StartRefresh: [writes, secrets, sends],
    Sweep: [writes, sends],
    ScheduledRefresh: [writes, sends],
    MemberSchedule: [writes, secrets],
    EraseData: [writes, secrets, sends],
    ReadBalances: [reads, secrets],
    ReadRefresh: [reads, secrets],
    DeliverCallback: [reads, secrets, sends],
    MxWebhook: [secrets, sends],
    UnknownRoute: [],
    CheckMx: [reads, secrets],
    SchedulerRoleForTarget: [sends],
    // Flow logs are written by CloudWatch, which uses the key itself.
    EgressNetworkConnectionsIAM: [],
  });
});

it('the local stack understands what roles may do with it', () => {
  const settings = { ...everythingOn, apiAccess: 'basic', flowLogs: true, keyArn };
  const template = withStack(settings, ({ stack }) => readTemplate(Template.fromStack(stack).toJSON()));
  const place = { region: 'us-east-1', account: '123456789012', stackName: 'x', awsEndpointUrl: 'a', apiUrl: 'b' };
  expect(readPolicies(new Blueprint(template, place)).functions.size).toBe(13);
});

it('without a key no role may use one', () => {
  const policies = synthesize(everythingOn).ofType('AWS::IAM::Policy');
  expect(policies.flatMap(ofKey)).toEqual([]);
});

it('an app’s own key gets the policy of docs/account.md', () => {
  const stack = new Stack(createApp({ validate: false }), 'mx-fresh-balances-prod', {
    env: { account: '123456789012', region: 'us-east-1' },
  });
  new Encryption(stack, 'Encryption', { key: new Key(stack, 'Key'), name: 'mx-fresh-balances-prod' });
  const [key] = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key'));
  const statements = listAt(key, 'Properties', 'KeyPolicy', 'Statement');
  const added = statements.filter((statement) => at(statement, 'Sid') !== undefined);
  expect(JSON.parse(JSON.stringify(added).replaceAll('{"Ref":"AWS::Partition"}', '"aws"'))).toEqual(
    accountPolicies.key,
  );
});
