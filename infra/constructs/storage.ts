import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  CfnGlobalTable,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import {
  balancesTable,
  erasuresTable,
  historyTable,
  membersTable,
  refreshesTable,
} from '../../shared/clients/table-keys.ts';

interface Keys {
  readonly partitionKey: string;
  /** @default none */
  readonly sortKey?: string;
  /** @default text */
  readonly sortKeyType?: 'N';
}

const text = (name: string) => ({ name, type: AttributeType.STRING });
const number = (name: string) => ({ name, type: AttributeType.NUMBER });
const keysOf = ({ partitionKey, sortKey, sortKeyType }: Keys) => ({
  partitionKey: text(partitionKey),
  ...(sortKey === undefined ? {} : { sortKey: sortKeyType === 'N' ? number(sortKey) : text(sortKey) }),
});

/**
 * The tables. Their logical ids are made from the construct ids here: renaming one deletes the table and creates
 * an empty one (test/infra compares the ids).
 */
export class Storage extends Construct {
  /** One item per account. Other systems read it: docs/balances-table.md. */
  readonly balances: TableV2;
  /** Members, their aliases and the slots of the schedule. */
  readonly members: TableV2;
  /** Refreshes, who asked for them, and idempotency records. Items expire. */
  readonly refreshes: TableV2;
  /**
   * Former amounts of accounts. Other systems read it. Items expire. It is there without `historyDays` too: what was put
   * before the setting was switched off has to be found by erasings.
   */
  readonly history: TableV2;
  /** Receipts of erasings on request. A restore of the other tables erases again by them. Items expire. */
  readonly erasures: TableV2;

  /**
   * @param name what the parameters with the tables' names are named after.
   * @param key encrypts the tables.
   */
  constructor(
    scope: Construct,
    id: string,
    { name, retain, key }: { name: string; retain: boolean; key: IKey | undefined },
  ) {
    super(scope, id);
    const kept = {
      billing: Billing.onDemand(),
      // DynamoDB's own key is free; the AWS-managed one shuts out readers in other accounts.
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
        // Only members that wait for a person.
        {
          indexName: membersTable.attentionIndex.name,
          ...keysOf(membersTable.attentionIndex),
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

    this.history = new TableV2(this, 'History', {
      ...kept,
      ...keysOf(historyTable),
      timeToLiveAttribute: historyTable.timeToLive,
    });
    this.erasures = new TableV2(this, 'Erasures', {
      ...kept,
      ...keysOf(erasuresTable),
      timeToLiveAttribute: erasuresTable.timeToLive,
    });
    new CfnOutput(scope, 'ErasuresTable', {
      value: this.erasures.tableName,
      description: 'DynamoDB table with the receipts of erasings, for the operator’s command',
    });
    const { balances, members, refreshes, history, erasures } = this;
    if (key) for (const table of [balances, members, refreshes, history, erasures]) encrypt(table, key);

    // The generated names, for systems that read the tables.
    for (const [content, table] of Object.entries({ balances, members, refreshes, history })) {
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

/** In place of the CDK's own property, which takes a key only in a stack that knows its region when it is synthesized. */
function encrypt(table: TableV2, key: IKey): void {
  const resource = table.node.defaultChild;
  if (!(resource instanceof CfnGlobalTable)) throw new TypeError('the resource of a table is no CfnGlobalTable');
  resource.addPropertyOverride('SSESpecification', { SSEEnabled: true, SSEType: 'KMS' });
  resource.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: key.keyArn });
}
