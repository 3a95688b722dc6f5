/** The former amounts of accounts: a table that other systems read. Every attribute is a published contract, `docs/balances-table.md`. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Amounts, amountNames, type FormerAmounts } from '../domain/balance.ts';
import { Decimal } from '../domain/decimal.ts';
import { Failure } from '../domain/failure.ts';
import type { HistoryReader, HistoryWriter } from '../domain/history.ts';
import { type Clock, epochMillisecondsOf, instantOf } from '../domain/instant.ts';
import { fromAttributes, type Item, toAttributes } from './attribute-values.ts';
import { putIf } from './conditional-write.ts';
import { queryPage } from './query-pages.ts';
import { amountsKey, historyTable } from './table-keys.ts';
import { expiresAt, hasExpired } from './time-to-live.ts';

/** Raised when an attribute's meaning changes; new attributes do not raise it. */
const SCHEMA_VERSION = 1;

/** The history in table `tableName`, for reading. */
export const historyReader = (client: DynamoDBClient, tableName: string, now: Clock): HistoryReader => ({
  async before({ member, accountGuid }, before, most) {
    const keyOf = (instant: string): Item[string] => ({ S: amountsKey(member.memberGuid, accountGuid, instant) });
    const found: FormerAmounts[] = [];
    let from: Item | undefined;
    do {
      const { items, last } = await queryPage(
        client,
        {
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: `${historyTable.partitionKey} = :user AND ${historyTable.sortKey} BETWEEN :first AND :last`,
          ExpressionAttributeValues: {
            ':user': { S: member.userGuid },
            ':first': keyOf(''),
            ':last': keyOf(instantOf(epochMillisecondsOf(before) - 1)),
          },
          ScanIndexForward: false,
          Limit: most - found.length,
        },
        from,
      );
      // DynamoDB deletes what has expired within days, not at once. A filter of the query would count it for the limit.
      found.push(...items.filter((item) => !hasExpired(item[historyTable.timeToLive], now())).map(fromHistoryItem));
      from = last;
    } while (from !== undefined && found.length < most);
    return found;
  },
});

/** The history in table `tableName`, for the one function that writes it. A row is kept for `days` from when it is put. */
export const historyInDynamoDb = (
  client: DynamoDBClient,
  tableName: string,
  { days, now }: { readonly days: number; readonly now: Clock },
): HistoryWriter => ({
  async put(former) {
    const expires = expiresAt(now(), { days });
    // False: the row that is there has seen these amounts later. Of the same sighting the new one stays: it expires later.
    await putIf(client, tableName, {
      item: { ...toAttributes(historyValues(former)), [historyTable.timeToLive]: expires },
      condition: `attribute_not_exists(${historyTable.sortKey}) OR observed_at < :observed OR (observed_at = :observed AND refresh_id <= :refresh)`,
      values: { ':observed': { S: former.observedAt }, ':refresh': { S: former.refreshId } },
    });
  },
});

/** What the item of former amounts says, but for its time to live. The golden test in `test/contract` pins it. */
export const historyValues = ({ member, accountGuid, amounts, ...former }: FormerAmounts): object => ({
  [historyTable.partitionKey]: member.userGuid,
  [historyTable.sortKey]: amountsKey(member.memberGuid, accountGuid, former.amountsSince),
  schema_version: SCHEMA_VERSION,
  member_guid: member.memberGuid,
  account_guid: accountGuid,
  ...amounts,
  currency_code: former.currencyCode ?? undefined,
  amounts_since: former.amountsSince,
  previous_since: former.previousSince ?? undefined,
  observed_at: former.observedAt,
  refresh_id: former.refreshId,
});

/** Reads an item of the history. @throws Failure when it is not one, or of another `schema_version`. */
export function fromHistoryItem(item: Item): FormerAmounts {
  const values = fromAttributes(item);
  const version = values['schema_version'];
  if (!(version instanceof Decimal) || version.text !== String(SCHEMA_VERSION)) {
    throw new Failure('internal', `an item of the history is not of schema_version ${SCHEMA_VERSION}`);
  }
  const text = (name: string): string => {
    const value = values[name];
    if (typeof value !== 'string') throw new Failure('internal', `an item of the history has no ${name}`);
    return value;
  };
  const textOrNull = (name: string): string | null => (values[name] === undefined ? null : text(name));
  const amounts: Amounts = Object.fromEntries(
    amountNames.flatMap((name) => {
      const amount = values[name];
      return amount instanceof Decimal ? [[name, amount]] : [];
    }),
  );
  return {
    member: { userGuid: text(historyTable.partitionKey), memberGuid: text('member_guid') },
    accountGuid: text('account_guid'),
    amounts,
    currencyCode: textOrNull('currency_code'),
    amountsSince: text('amounts_since'),
    observedAt: text('observed_at'),
    refreshId: text('refresh_id'),
    previousSince: textOrNull('previous_since'),
  };
}
