/** The stored balances: the table that other systems read. Every attribute is a published contract, `docs/balances-table.md`. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type AccountToStore,
  afterWrites,
  balanceToStore,
  noLongerListed,
  type StorageRules,
  type StoredBalance,
  type StoredValue,
} from '../domain/balance.ts';
import { Decimal } from '../domain/decimal.ts';
import { Failure } from '../domain/failure.ts';
import {
  type HistoryKeeper,
  type HistoryWriter,
  historyKeeper,
  type NotKept,
  writeKeeping,
} from '../domain/history.ts';
import { inGroups } from '../domain/in-groups.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Balances } from '../domain/ports.ts';
import type { Trigger } from '../domain/refresh.ts';
import { fromAttributes, type Item, toAttributes } from './attribute-values.ts';
import { type Condition, putIf, updateIf } from './conditional-write.ts';
import { fromHistoryItem, historyValues } from './history-table.ts';
import { queryPages } from './query-pages.ts';
import { accountKey, balancesTable } from './table-keys.ts';

/** Raised when an attribute's meaning changes; new attributes do not raise it. */
const SCHEMA_VERSION = 2;

/** How many accounts are written at the same time. */
const AT_ONCE = 10;

/** How often one account is written again after another write came first. */
const MAX_RACES = 5;

/** Reading only: what the API's functions may do. */
export interface BalancesReader extends Pick<Balances, 'ofMember'> {
  /** One account; null when it is not stored. */
  read(key: MemberKey, accountGuid: string): Promise<StoredBalance | null>;
}

/** The stored balances in table `tableName`, for reading. */
export function balancesReader(client: DynamoDBClient, tableName: string): BalancesReader {
  return {
    async read(key, accountGuid) {
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: itemKey(key, accountGuid), ConsistentRead: true }),
      );
      return found === undefined ? null : fromItem(found);
    },

    async ofMember(key) {
      const balances: StoredBalance[] = [];
      const pages = queryPages(client, {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'user_guid = :user AND begins_with(account_key, :member)',
        ExpressionAttributeValues: { ':user': { S: key.userGuid }, ':member': { S: accountKey(key.memberGuid, '') } },
      });
      for await (const items of pages) balances.push(...items.map(fromItem));
      return balances;
    },
  };
}

/** Where former amounts go. */
export interface KeptHistory {
  readonly history: HistoryWriter;
  /** Told, once for each storing, of rows that could not be put. */
  readonly notKept: (what: NotKept) => void;
}

/** The stored balances in table `tableName`, for the one function that writes them. `kept` null: no history is kept. */
export function balancesInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  rules: StorageRules,
  kept: KeptHistory | null = null,
): Balances & BalancesReader {
  const reader = balancesReader(client, tableName);

  /** Newer wins. The write's condition is the item as read: after another write in between, it is read and decided again. */
  async function storeOne(
    given: AccountToStore,
    known: StoredBalance | null,
    keeper: HistoryKeeper | null,
  ): Promise<StoredBalance | null> {
    let stored = known;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const next = balanceToStore(given, rules, stored);
      if (next === null) return stored;
      const condition = unchangedSince(stored);
      const written = await writeKeeping(keeper, { stored, next }, (balance) =>
        putIf(client, tableName, { item: toItem(balance), ...condition }),
      );
      if (written !== null) return written;
      stored = await reader.read(given.member, given.account.guid);
    }
    throw new Failure('busy', 'an account was written by others again and again');
  }

  async function markUnlisted(balance: StoredBalance): Promise<StoredBalance> {
    const { condition, values } = unchangedSince(balance);
    // False: a newer observation has listed it again; that one stays.
    const isMarked = await updateIf(client, tableName, {
      key: itemKey(balance.member, balance.accountGuid),
      change: 'SET listed = :false',
      condition,
      values: { ...values, ':false': { BOOL: false } },
    });
    return isMarked ? { ...balance, listed: false } : balance;
  }

  return {
    ...reader,
    async store(key, accounts, stamp, { leftBehind, stored: known } = {}) {
      const stored = known ?? (await reader.ofMember(key));
      const keeper = kept && historyKeeper(kept.history, key.memberGuid);
      const byGuid = new Map(stored.map((balance) => [balance.accountGuid, balance]));
      const listed = new Set(accounts.map((account) => account.guid));
      const writes = [
        ...accounts.map((account) => () => {
          const isLeftBehind = leftBehind?.has(account.guid) === true;
          return storeOne({ member: key, account, stamp, isLeftBehind }, byGuid.get(account.guid) ?? null, keeper);
        }),
        ...noLongerListed(stored, listed, stamp).map((balance) => () => markUnlisted(balance)),
      ];
      try {
        const written = await inGroups(writes, AT_ONCE, (write) => write());
        return afterWrites(stored, written);
      } finally {
        const notKept = keeper?.notKept();
        if (notKept) kept?.notKept(notKept);
      }
    },
  };
}

const itemKey = (key: MemberKey, accountGuid: string): Item => ({
  [balancesTable.partitionKey]: { S: key.userGuid },
  [balancesTable.sortKey]: { S: accountKey(key.memberGuid, accountGuid) },
});

function unchangedSince(stored: StoredBalance | null): Condition {
  if (stored === null) return { condition: `attribute_not_exists(${balancesTable.sortKey})` };
  return {
    condition: 'observed_at = :observed AND refresh_id = :refresh',
    values: { ':observed': { S: stored.observedAt }, ':refresh': { S: stored.refreshId } },
  };
}

/** The item of one account. The golden test in `test/contract` pins every attribute of it. */
export function toItem(balance: StoredBalance): Item {
  return {
    ...toAttributes(balance.fields),
    ...itemKey(balance.member, balance.accountGuid),
    ...toAttributes({
      schema_version: SCHEMA_VERSION,
      observed_at: balance.observedAt,
      fresh_as_of: balance.freshAsOf,
      amounts_since: balance.amountsSince,
      previous_since: balance.previousSince,
      unkept_amounts: balance.unkept?.map(historyValues),
      stale_reason: balance.staleReason ?? undefined,
      refresh_id: balance.refreshId,
      trigger: balance.trigger,
      listed: balance.listed,
      previous_balance: balance.lastChange?.previousBalance ?? undefined,
      changed_by_refresh: balance.lastChange?.refreshId,
      changed_at: balance.lastChange?.at,
    }),
  };
}

/** Former amounts that wait in the item; nothing where none do. */
function unkeptIn({ unkept_amounts: unkept }: Item): Pick<StoredBalance, 'unkept'> {
  const waiting = (unkept?.L ?? []).flatMap(({ M: row }) => (row === undefined ? [] : [fromHistoryItem(row)]));
  return waiting.length === 0 ? {} : { unkept: waiting };
}

/** Reads an item of the balances table. @throws Failure when it is not one, or of another `schema_version`. */
export function fromItem(item: Item): StoredBalance {
  const {
    account_key: key,
    schema_version: version,
    observed_at: observedAt,
    fresh_as_of: freshAsOf,
    amounts_since: amountsSince,
    previous_since: previousSince,
    unkept_amounts: _,
    stale_reason: staleReason,
    refresh_id: refreshId,
    trigger,
    listed,
    previous_balance: previousBalance,
    changed_by_refresh: changedByRefresh,
    changed_at: changedAt,
    ...fields
  } = fromAttributes(item);
  if (!(version instanceof Decimal) || version.text !== String(SCHEMA_VERSION)) {
    throw new Failure('internal', `an item of the balances table is not of schema_version ${SCHEMA_VERSION}`);
  }
  const { user_guid: userGuid, member_guid: memberGuid, guid } = fields;
  if (
    typeof key !== 'string' ||
    typeof userGuid !== 'string' ||
    typeof memberGuid !== 'string' ||
    typeof guid !== 'string' ||
    typeof observedAt !== 'string' ||
    typeof freshAsOf !== 'string' ||
    typeof amountsSince !== 'string' ||
    typeof refreshId !== 'string'
  ) {
    throw new Failure('internal', 'an item of the balances table has no keys or no times');
  }
  return {
    member: { userGuid, memberGuid },
    accountGuid: guid,
    // Only scalars are ever written: `keptFields` has filtered them.
    fields: fields as Record<string, StoredValue>,
    observedAt,
    freshAsOf,
    amountsSince,
    staleReason: staleReason === 'not_imported' || staleReason === 'unreadable' ? staleReason : null,
    refreshId,
    trigger: trigger as Trigger,
    listed: listed !== false,
    ...(typeof previousSince === 'string' ? { previousSince } : {}),
    ...unkeptIn(item),
    lastChange:
      typeof changedByRefresh === 'string' && typeof changedAt === 'string'
        ? {
            previousBalance: previousBalance instanceof Decimal ? previousBalance : null,
            refreshId: changedByRefresh,
            at: changedAt,
          }
        : null,
  };
}
