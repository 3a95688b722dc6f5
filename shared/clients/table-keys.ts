/** Keys and indexes of the tables: one place for the stack, the clients and the tests' tables. */

/** One item per account. The item is a published contract: `docs/balances-table.md`. */
export const balancesTable = { partitionKey: 'user_guid', sortKey: 'account_key' } as const;

/** Members, their aliases, the schedule's slots and the tick's bookmark. */
export const membersTable = {
  partitionKey: 'user_guid',
  sortKey: 'item_key',
  /** Only members with a claim have its keys. It projects keys only: a look costs it no write. `open_since`: milliseconds. */
  openIndex: { name: 'open', partitionKey: 'open_shard', sortKey: 'open_since', sortKeyType: 'N' },
  /**
   * Only members that wait for a person have its keys: what they wait for, and since when, in milliseconds. It projects keys
   * only: it is written when a member begins to wait, waits for something else, and does not wait any more.
   */
  attentionIndex: {
    name: 'attention',
    partitionKey: 'attention',
    sortKey: 'attention_since',
    sortKeyType: 'N',
  },
} as const;

/** Refreshes as resources. */
export const refreshesTable = {
  partitionKey: 'refresh_id',
  sortKey: 'item_key',
  timeToLive: 'expires_at',
  /** The operator's pauses. The functions' roles are denied every write to it. */
  pausesPartition: 'PAUSES',
  /**
   * A member's refreshes, oldest first (a ULID sorts by time), with what their history shows: what the item holds besides
   * costs the index no write.
   */
  byMemberIndex: {
    name: 'by_member',
    partitionKey: 'member_key',
    sortKey: 'refresh_id',
    projected: ['refresh', 'details', 'expires_at'],
  },
} as const;

/** An account's former amounts. The item is a published contract too. */
export const historyTable = { partitionKey: 'user_guid', sortKey: 'amounts_key', timeToLive: 'expires_at' } as const;

/** Receipts of erasings, and keyed hashes of the own ids that lead to them. */
export const erasuresTable = { partitionKey: 'erasure_id', timeToLive: 'expires_at' } as const;

/** `account_key` of an account: all of one member's stand together. */
export const accountKey = (memberGuid: string, accountGuid: string): string => `${memberGuid}#${accountGuid}`;

/** `amounts_key` of former amounts: an account's stand together, oldest first. */
export const amountsKey = (memberGuid: string, accountGuid: string, amountsSince: string): string =>
  `${accountKey(memberGuid, accountGuid)}#${amountsSince}`;
