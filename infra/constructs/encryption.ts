/** A customer-managed key for what the service keeps, and what its roles need of that key. */
import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** What a role does that needs the key. AWS uses the key on the role's behalf, with the role's own permissions. */
export type KeyUse = 'readTables' | 'writeTables' | 'sendMessages' | 'receiveMessages' | 'readSecrets';

interface Need {
  /** The service that calls KMS for the role; the key may be used through no other. */
  readonly service: 'dynamodb' | 'sqs' | 'secretsmanager';
  readonly actions: readonly string[];
}

/** What IAM has to allow of a key. */
export interface KeyPermission {
  readonly actions: readonly string[];
  readonly arn: string;
  readonly conditions: Record<string, Record<string, string>>;
}

const readTables = ['kms:Decrypt', 'kms:DescribeKey'];

/**
 * Of AWS's documentation: "Managing encrypted tables" of DynamoDB, without `kms:CreateGrant`, which only creating a table
 * needs; "Configuring AWS KMS permissions" of SQS; "Permissions for the KMS key" of Secrets Manager.
 */
const needs: Readonly<Record<KeyUse, Need>> = {
  readTables: { service: 'dynamodb', actions: readTables },
  writeTables: {
    service: 'dynamodb',
    actions: [
      ...readTables,
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'kms:GenerateDataKeyWithoutPlaintext',
      'kms:ReEncryptFrom',
      'kms:ReEncryptTo',
    ],
  },
  sendMessages: { service: 'sqs', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
  receiveMessages: { service: 'sqs', actions: ['kms:Decrypt'] },
  readSecrets: { service: 'secretsmanager', actions: ['kms:Decrypt'] },
};

/** What an action of a role needs the key for; undefined: nothing. The bus is not encrypted with it. */
export function keyUseOf(action: string): KeyUse | undefined {
  if (/^dynamodb:(Get|BatchGet|Query)/.test(action)) return 'readTables';
  if (action.startsWith('dynamodb:')) return 'writeTables';
  if (action === 'sqs:SendMessage') return 'sendMessages';
  return action.startsWith('secretsmanager:') ? 'readSecrets' : undefined;
}

/** What CloudWatch's services do with the key themselves. The policy of a key of this app is given these statements. */
export class Encryption extends Construct {
  readonly key: IKey;

  /**
   * @param key an imported one keeps its policy as it is: docs/account.md has the statements that it needs.
   * @param name what the log group of the HTTP API is named after.
   */
  constructor(scope: Construct, id: string, { key, name }: { key: IKey; name: string }) {
    super(scope, id);
    this.key = key;
    const stack = Stack.of(this);
    const logGroups = [`${stack.stackName}-*`, `/aws/vendedlogs/http-api/${name}`].map((group) =>
      stack.formatArn({ service: 'logs', resource: `log-group:${group}` }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroupsOfFreshBalances',
        principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
      }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsToEncryptedTopic',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
  }

  /** What a role needs for these uses of the key: one permission per service that calls KMS for it. */
  needed(uses: Iterable<KeyUse>): readonly KeyPermission[] {
    const needed = [...uses].map((use) => needs[use]);
    return [...new Set(needed.map(({ service }) => service))].map((service) => ({
      actions: [
        ...new Set(needed.filter((need) => need.service === service).flatMap(({ actions }) => actions)),
      ].toSorted(),
      arn: this.key.keyArn,
      conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(this).region}.amazonaws.com` } },
    }));
  }

  /** Lets the role use the key for this, through the service in question only. */
  allow(role: IRole, uses: Iterable<KeyUse>): void {
    for (const { actions, arn, conditions } of this.needed(uses))
      role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [arn], conditions }));
  }
}
