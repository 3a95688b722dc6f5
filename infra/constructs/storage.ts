import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
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

  /** @param name what the parameters with the tables' names are named after. */
  constructor(scope: Construct, id: string, { name, retain }: { name: string; retain: boolean }) {
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

    // The generated names, for systems that read the tables.
    const { balances, members, refreshes } = this;
    for (const [content, table] of Object.entries({ balances, members, refreshes })) {
      const title = `${content.charAt(0).toUpperCase()}${content.slice(1)}Table`;
      const description = `DynamoDB table with the ${content}`;
      new StringParameter(this, `${title}Name`, {
        parameterName: `/${name}/tables/${content}`,
        stringValue: table.tableName,
        description: `Name of the ${description}`,
      });
      new CfnOutput(scope, title, { value: table.tableName, description });
    }
  }
}
