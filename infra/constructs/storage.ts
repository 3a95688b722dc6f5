import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { balancesTable, membersTable, refreshesTable } from '../../shared/clients/table-keys.ts';

interface Keys {
  readonly partitionKey: string;
  readonly sortKey: string;
  /** @default text */
  readonly sortKeyType?: 'N';
}

const text = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });
const keysOf = ({ partitionKey, sortKey, sortKeyType }: Keys) => ({
  partitionKey: text(partitionKey),
  sortKey: sortKeyType === 'N' ? number(sortKey) : text(sortKey),
});

/**
 * The three tables. Their logical ids are made from the construct ids here: renaming one deletes the table and creates
 * an empty one (test/infra compares the ids).
 */
export class Storage extends Construct {
  /** One item per account. Other systems read it: docs/balances-table.md. */
  readonly balances: TableV2;
  /** Members, their aliases and the slots of the schedule. */
  readonly members: TableV2;
  /** Refreshes, who asked for them, and idempotency records. Items expire. */
  readonly refreshes: TableV2;

  constructor(scope: Construct, id: string, { retain }: { retain: boolean }) {
    super(scope, id);
    const kept = {
      billing: Billing.onDemand(),
      // Encrypted with DynamoDB's own key. A KMS key would cost per call, and the AWS-managed one shuts out readers in
      // other accounts, who are the reason for this table.
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: retain,
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    };

    this.balances = new TableV2(this, 'Balances', {
      ...kept,
      ...keysOf(balancesTable),
    });
    this.members = new TableV2(this, 'Members', {
      ...kept,
      ...keysOf(membersTable),
      // Only members with a running refresh have open_shard, so the sweep reads the running refreshes and no others.
      globalSecondaryIndexes: [
        {
          indexName: membersTable.openIndex.name,
          ...keysOf(membersTable.openIndex),
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.refreshes = new TableV2(this, 'Refreshes', {
      ...kept,
      ...keysOf(refreshesTable),
      timeToLiveAttribute: refreshesTable.timeToLive,
      // Only refreshes have member_key, not the items of their callers.
      globalSecondaryIndexes: [
        {
          indexName: refreshesTable.byMemberIndex.name,
          ...keysOf(refreshesTable.byMemberIndex),
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: [...refreshesTable.byMemberIndex.projected],
        },
      ],
    });

    this.publish('balances', this.balances);
    this.publish('members', this.members);
    this.publish('refreshes', this.refreshes);
  }

  /** The generated names, for systems that read the tables. */
  private publish(name: string, table: TableV2): void {
    const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}Table`;
    new StringParameter(this, `${title}Name`, {
      parameterName: `/${Stack.of(this).stackName}/tables/${name}`,
      stringValue: table.tableName,
      description: `Name of the DynamoDB table with the ${name}`,
    });
    new CfnOutput(Stack.of(this), title, { value: table.tableName, description: `DynamoDB table with the ${name}` });
  }
}
