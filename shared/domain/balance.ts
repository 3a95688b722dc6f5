/** A stored account: MX's fields, and where and when they were observed. */
import { Decimal } from './decimal.ts';
import { type Instant, readInstant } from './instant.ts';
import type { FieldValue, MemberKey, MxAccount } from './mx.ts';
import { type AccountField, accountFields, type Treatment } from './mx-fields.ts';
import type { Trigger } from './refresh.ts';

/** A value that is stored. There is no null among them: what MX sent as null and what it did not send are both absent. */
export type StoredValue = Exclude<FieldValue, null>;

/** What is stored for one account. */
export interface StoredBalance {
  readonly member: MemberKey;
  readonly accountGuid: string;
  /** MX's fields under MX's names, after `mx-fields.ts`. */
  readonly fields: Readonly<Record<string, StoredValue>>;
  /** When the values were read from MX. */
  readonly observedAt: Instant;
  /** What the age of the values is counted from; never later than `observedAt`. */
  readonly freshAsOf: Instant;
  /** When the amounts (`amountNames`) were first seen as they are now. */
  readonly amountsSince: Instant;
  readonly refreshId: string;
  readonly trigger: Trigger;
  /** Why its values may not be those of now although it was observed; null: no such reason. */
  readonly staleReason: AccountStaleReason | null;
  /** The last change of `balance`; null when it has never changed since it was first stored. */
  readonly lastChange: BalanceChange | null;
  /** Whether MX still listed the account when its member was last refreshed. */
  readonly listed: boolean;
  /** The `amountsSince` of the amounts before these; absent: there were none, or they are not in the history. */
  readonly previousSince?: Instant;
  /** Former amounts that the table of the history did not take, oldest first; absent: none wait. */
  readonly unkept?: readonly FormerAmounts[];
}

/** Amounts that an account had before others took their place: one row of its history. All of it stays true. */
export interface FormerAmounts {
  readonly member: MemberKey;
  readonly accountGuid: string;
  /** By `amountNames`; an amount that MX did not give is absent. */
  readonly amounts: Amounts;
  /** As it was last seen with these amounts; null: MX gave none. */
  readonly currencyCode: string | null;
  /** When these amounts were first seen. */
  readonly amountsSince: Instant;
  /** When they were last seen, and by which refresh. */
  readonly observedAt: Instant;
  readonly refreshId: string;
  /** As `StoredBalance.previousSince`; null: absent. */
  readonly previousSince: Instant | null;
}

/** Amounts by their names. */
export type Amounts = Readonly<Partial<Record<AmountName, Decimal>>>;

/**
 * Why an account is not as fresh as the observation that stored it. `not_imported`: the job brought others of its member
 * up to date and left this one behind, it is as old as the bank's data. `unreadable`: MX listed it with an amount that
 * cannot be read; it keeps what it had.
 */
export type AccountStaleReason = 'not_imported' | 'unreadable';

/** A change of `balance`. */
export interface BalanceChange {
  /** Null: there was no amount before. */
  readonly previousBalance: Decimal | null;
  /** The refresh that brought it. */
  readonly refreshId: string;
  /** When that refresh observed it. */
  readonly at: Instant;
}

/** The fields that hold the account's amounts. */
export const amountNames = [
  'balance',
  'available_balance',
  'available_credit',
] as const satisfies readonly AccountField[];

/** The name of one of them. */
export type AmountName = (typeof amountNames)[number];

/** Settings of what is stored. */
export interface StorageRules {
  readonly keepAccountNumbers: boolean;
  readonly keepUnknownFields: boolean;
}

/** The refresh that observed a list of accounts, and when. */
export interface ObservationStamp {
  readonly observedAt: Instant;
  readonly refreshId: string;
  readonly trigger: Trigger;
}

/** What is known beside a list of accounts that is stored. */
export interface KnownOfAccounts {
  /** Guids of accounts that the job has left behind. */
  readonly leftBehind?: ReadonlySet<string>;
  /** The stored accounts as they were read before. Without them they are read. */
  readonly stored?: readonly StoredBalance[];
}

/** Attribute names of ours; a field that MX might add under such a name must not overwrite them. */
const ourNames: ReadonlySet<string> = new Set([
  'account_key',
  'observed_at',
  'fresh_as_of',
  'amounts_since',
  'previous_since',
  'unkept_amounts',
  'stale_reason',
  'refresh_id',
  'trigger',
  'previous_balance',
  'changed_by_refresh',
  'changed_at',
  'listed',
  'schema_version',
]);

// Widened: no account field is dropped today, and without this type the case would not compile.
const treatmentOf = (name: AccountField): Treatment => accountFields[name].treatment;

/** The fields of `account` that are stored. */
export function keptFields(account: MxAccount, rules: StorageRules): Readonly<Record<string, StoredValue>> {
  const kept: Record<string, StoredValue> = {};
  for (const name of Object.keys(account.fields) as AccountField[]) {
    const value = account.fields[name] ?? null;
    const treatment = treatmentOf(name);
    if (value === null || treatment === 'drop') continue;
    kept[name] = treatment === 'mask' && !rules.keepAccountNumbers ? lastFour(value) : value;
  }
  if (rules.keepUnknownFields) {
    for (const [name, value] of Object.entries(account.unknownFields)) {
      if (value !== null && !ourNames.has(name)) kept[name] = value;
    }
  }
  return kept;
}

const nullableFields = Object.entries(accountFields).flatMap(([name, { nullable }]) => (nullable ? [name] : []));

/**
 * The account in MX's shape: MX's fields under MX's names and nothing else. A field of which nothing is known is null if
 * MX may answer null, else left out.
 */
export const accountView = ({ fields }: Pick<StoredBalance, 'fields'>): Readonly<Record<string, FieldValue>> => ({
  ...Object.fromEntries(nullableFields.map((name) => [name, null])),
  ...fields,
});

/** `****1234`; a number of four characters or fewer is masked whole. An empty text is no number and stays empty. */
const lastFour = (value: StoredValue): StoredValue =>
  typeof value === 'string' && value !== '' ? `****${value.length > 4 ? value.slice(-4) : ''}` : value;

/** Whether an observation is newer than a stored one; ties are broken by refresh id. */
export const isNewer = (
  a: { readonly observedAt: Instant; readonly refreshId: string },
  b: { readonly observedAt: Instant; readonly refreshId: string },
): boolean => a.observedAt > b.observedAt || (a.observedAt === b.observedAt && a.refreshId > b.refreshId);

/** An account that is to be stored. */
export interface AccountToStore {
  readonly member: MemberKey;
  readonly account: MxAccount;
  readonly stamp: ObservationStamp;
  /** The job has not brought it up to date. */
  readonly isLeftBehind: boolean;
}

/**
 * What to store for an account, given what is stored already; `null` when that is newer (promise 3). An account that
 * this refresh has stored before (a repeated message) keeps what it said of the change.
 */
export function balanceToStore(
  { member, account, stamp, isLeftBehind }: AccountToStore,
  rules: StorageRules,
  stored: StoredBalance | null,
): StoredBalance | null {
  if (stored !== null && isNewer(stored, stamp)) return null;
  if (account.isUnreadable) return markedUnreadable(stored);
  // The guids of the route win: MX's item names them too, and a reader finds the item by them.
  const guids = { guid: account.guid, member_guid: member.memberGuid, user_guid: member.userGuid };
  const fields: StoredBalance['fields'] = { ...keptFields(account, rules), ...guids };
  const isSame = (name: AccountField): boolean => stored !== null && sameValue(stored.fields[name], fields[name]);
  return {
    member,
    accountGuid: account.guid,
    fields,
    ...stamp,
    freshAsOf: isLeftBehind ? bankDataAsOf(account, stamp) : stamp.observedAt,
    staleReason: isLeftBehind ? 'not_imported' : null,
    amountsSince: stored !== null && amountNames.every(isSame) ? stored.amountsSince : stamp.observedAt,
    lastChange: stored === null || isSame('balance') ? (stored?.lastChange ?? null) : changeOf(stored, stamp),
    listed: true,
  };
}

/** The stored account with its values and the stale reason `unreadable`; null where none is stored. */
const markedUnreadable = (stored: StoredBalance | null): StoredBalance | null =>
  stored === null || (stored.staleReason === 'unreadable' && stored.listed)
    ? null
    : { ...stored, staleReason: 'unreadable', listed: true };

/** When MX imported the account. By MX's clock, which may be ahead of ours: never later than the observation. */
function bankDataAsOf({ fields }: MxAccount, { observedAt }: ObservationStamp): Instant {
  const importedAt = readInstant(fields.imported_at);
  return importedAt === null || importedAt > observedAt ? observedAt : importedAt;
}

function changeOf({ fields }: StoredBalance, { refreshId, observedAt }: ObservationStamp): BalanceChange {
  const { balance } = fields;
  return { previousBalance: balance instanceof Decimal ? balance : null, refreshId, at: observedAt };
}

const sameValue = (a: StoredValue | undefined, b: StoredValue | undefined): boolean =>
  a instanceof Decimal && b instanceof Decimal ? a.equals(b) : a === b;

/** All accounts of the member after `written`, of which null was not written, in place of those `stored` before. */
export function afterWrites(
  stored: readonly StoredBalance[],
  written: readonly (StoredBalance | null)[],
): readonly StoredBalance[] {
  const now = written.filter((balance) => balance !== null);
  const guids = new Set(now.map(({ accountGuid }) => accountGuid));
  return [...now, ...stored.filter(({ accountGuid }) => !guids.has(accountGuid))];
}

/** Stored accounts of the member that `listed` (guids) lacks: MX no longer lists them. Marked, never deleted. */
export const noLongerListed = (
  stored: readonly StoredBalance[],
  listed: ReadonlySet<string>,
  stamp: ObservationStamp,
): readonly StoredBalance[] =>
  stored.filter((balance) => balance.listed && !listed.has(balance.accountGuid) && isNewer(stamp, balance));
