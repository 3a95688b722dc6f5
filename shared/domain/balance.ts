/** A stored account: MX's fields, and where and when they were observed. */
import { Decimal } from './decimal.ts';
import type { Instant } from './instant.ts';
import type { FieldValue, MemberKey, MxAccount } from './mx.ts';
import { type AccountField, accountFields, type Treatment } from './mx-fields.ts';
import type { Trigger } from './refresh.ts';

/** What is stored for one account. */
export interface StoredBalance {
  readonly member: MemberKey;
  readonly accountGuid: string;
  /** MX's fields under MX's names, after `mx-fields.ts`. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly observedAt: Instant;
  readonly refreshId: string;
  readonly trigger: Trigger;
  /** The `balance` before the last change; absent when it never changed. */
  readonly previousBalance?: Decimal | null;
  /** The refresh that last changed `balance`; absent when none did. */
  readonly changedByRefresh?: string;
  /** When `balance` last changed. */
  readonly changedAt?: Instant;
  /** Whether MX still listed the account when its member was last refreshed. */
  readonly listed: boolean;
}

/** Settings of what is stored. */
export interface StorageRules {
  readonly keepAccountNumbers: boolean;
  readonly keepUnknownFields: boolean;
}

/** By whom and when a list of accounts was observed. */
export interface ObservationStamp {
  readonly observedAt: Instant;
  readonly refreshId: string;
  readonly trigger: Trigger;
}

/** Attribute names of ours; a field that MX might add under such a name must not overwrite them. */
const ourNames: ReadonlySet<string> = new Set([
  'account_key',
  'observed_at',
  'refresh_id',
  'trigger',
  'previous_balance',
  'changed_by_refresh',
  'changed_at',
  'listed',
  'schema_version',
]);

// Widened on purpose: no account field is dropped today, one may be tomorrow.
const treatmentOf = (name: AccountField): Treatment => accountFields[name].treatment;

/** The fields of `account` that are stored. */
export function keptFields(account: MxAccount, rules: StorageRules): Readonly<Record<string, FieldValue>> {
  const kept: Record<string, FieldValue> = {};
  for (const name of Object.keys(account.fields) as AccountField[]) {
    const value = account.fields[name];
    const treatment = treatmentOf(name);
    if (value === undefined || treatment === 'drop') continue;
    kept[name] = treatment === 'mask' && !rules.keepAccountNumbers ? lastFour(value) : value;
  }
  if (rules.keepUnknownFields) {
    for (const [name, value] of Object.entries(account.unknownFields)) if (!ourNames.has(name)) kept[name] = value;
  }
  return kept;
}

/** `********1234`; shorter than that is masked whole. The length is not kept either. */
const lastFour = (value: FieldValue): FieldValue =>
  typeof value === 'string' ? `****${value.length > 4 ? value.slice(-4) : ''}` : value;

/** Whether an observation is newer than a stored one; ties are broken by refresh id. */
export const isNewer = (
  a: { readonly observedAt: Instant; readonly refreshId: string },
  b: { readonly observedAt: Instant; readonly refreshId: string },
): boolean => a.observedAt > b.observedAt || (a.observedAt === b.observedAt && a.refreshId > b.refreshId);

/**
 * What to store for `account`, given what is stored already; `null` when that is newer (invariant 3). An account that
 * this refresh has stored before (a repeated message) keeps what it said of the change.
 */
export function balanceToStore(
  member: MemberKey,
  account: MxAccount,
  stamp: ObservationStamp,
  rules: StorageRules,
  stored: StoredBalance | null,
): StoredBalance | null {
  if (stored !== null && isNewer(stored, stamp)) return null;
  const next: StoredBalance = {
    member,
    accountGuid: account.guid,
    // The guids of the route win: MX's item names them too, and a reader finds the item by them.
    fields: {
      ...keptFields(account, rules),
      guid: account.guid,
      member_guid: member.memberGuid,
      user_guid: member.userGuid,
    },
    ...stamp,
    listed: true,
  };
  if (stored === null) return next;
  const before = stored.fields['balance'];
  if (!sameValue(before, next.fields['balance'])) {
    return {
      ...next,
      previousBalance: before instanceof Decimal ? before : null,
      changedByRefresh: stamp.refreshId,
      changedAt: stamp.observedAt,
    };
  }
  return {
    ...next,
    ...(stored.previousBalance === undefined ? {} : { previousBalance: stored.previousBalance }),
    ...(stored.changedByRefresh === undefined ? {} : { changedByRefresh: stored.changedByRefresh }),
    ...(stored.changedAt === undefined ? {} : { changedAt: stored.changedAt }),
  };
}

const sameValue = (a: FieldValue | undefined, b: FieldValue | undefined): boolean =>
  a instanceof Decimal && b instanceof Decimal ? a.equals(b) : (a ?? null) === (b ?? null);

/** Stored accounts of the member that `listed` (guids) lacks: MX no longer lists them. Marked, never deleted. */
export const noLongerListed = (
  stored: readonly StoredBalance[],
  listed: ReadonlySet<string>,
  stamp: ObservationStamp,
): readonly StoredBalance[] =>
  stored.filter((balance) => balance.listed && !listed.has(balance.accountGuid) && isNewer(stamp, balance));
