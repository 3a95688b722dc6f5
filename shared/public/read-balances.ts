/**
 * `mx-fresh-balances/reader`: stored balances straight from the tables, with `GetItem` and `Query` and an IAM permission
 * of the reader's own. It needs `@aws-sdk/client-dynamodb`, and calls neither the service nor MX.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type BalancesReader, balancesReader } from '../clients/balances-table.ts';
import { historyReader } from '../clients/history-table.ts';
import { membersReader } from '../clients/members-reader.ts';
import { accountView, type StoredBalance } from '../domain/balance.ts';
import { Decimal } from '../domain/decimal.ts';
import { findAccount } from '../domain/find-account.ts';
import { freshnessOf } from '../domain/freshness.ts';
import { heldOf } from '../domain/held.ts';
import { instantOf } from '../domain/instant.ts';
import type { MemberRecord } from '../domain/member.ts';
import { readHistory as historyPage, type AccountAmounts as KnownAmounts } from '../domain/read-history.ts';
import { type DecimalText, isDecimalText, withoutExponent } from './exact-json.ts';
import type { Freshness } from './freshness.ts';
import type { AccountAmounts } from './history.ts';
import { checkedIdentifier } from './identifiers.ts';
import { type Account, accountOf } from './mx-shapes.ts';
import type { Trigger } from './vocabulary.ts';

export type { DecimalText, Json } from './exact-json.ts';
export type { Freshness, LastAttempt, LastSuccess, ScheduleHeld } from './freshness.ts';
export type { AccountAmounts } from './history.ts';
export type { Account } from './mx-shapes.ts';
export { BalancesProblem, type ProblemCode } from './problem.ts';
export type { Action, Outcome, Trigger } from './vocabulary.ts';

/** The names of two of the stack's tables: its outputs `BalancesTable` and `MembersTable`. */
export interface BalancesTables {
  readonly balances: string;
  readonly members: string;
}

/** The name of the history's table beside them: the output `HistoryTable`. */
export interface HistoryTables extends BalancesTables {
  readonly history: string;
}

/** A member: MX's guids or your own ids. */
export interface MemberNames {
  readonly user: string;
  readonly member: string;
}

/** What decides between fresh and stale. */
export interface ReadOptions {
  /** @default the clock of this machine */
  readonly now?: () => Date;
  /** @default 86400, a day, as in the service's settings */
  readonly staleAfterSeconds?: number;
  /** Of `readBalances`: also accounts that MX no longer lists. @default false */
  readonly includeUnlisted?: boolean;
}

/** Which amounts of an account. */
export interface HistoryOptions extends Pick<ReadOptions, 'now'> {
  /** Those that held then or later. @default all that are kept */
  readonly from?: Date;
  /** Those that were first seen then or earlier. @default up to those of now */
  readonly to?: Date;
}

/** A stored account: what MX said, and when and how it came here. Instants are RFC 3339 in UTC, always 24 characters. */
export interface StoredAccount {
  readonly account: Account;
  /** When it was read from MX. */
  readonly observedAt: string;
  /** What its age is counted from; never later than `observedAt`. */
  readonly freshAsOf: string;
  /** Why its values may not be those of now: `not_imported` or `unreadable`. Null: no reason. */
  readonly staleReason: string | null;
  /** When `balance`, `available_balance` and `available_credit` were first seen as they are now. */
  readonly amountsSince: string;
  readonly refreshId: string;
  readonly trigger: Trigger;
  /** False: MX did not list it at the last successful refresh; its values are the last ones known. */
  readonly listed: boolean;
  /** The last change of `balance`; null: none since it was first stored. */
  readonly lastChange: {
    /** Null: there was no amount before. */
    readonly previousBalance: DecimalText | null;
    readonly refreshId: string;
    readonly at: string;
  } | null;
}

/** The stored accounts of a member. */
export interface StoredBalances {
  readonly userGuid: string;
  readonly memberGuid: string;
  /**
   * Every page; closed and hidden ones too, those that MX no longer lists only with `includeUnlisted`. Empty when no refresh
   * has succeeded yet, or the last one found none.
   */
  readonly accounts: readonly StoredAccount[];
  /** Of the oldest listed account. */
  readonly freshness: Freshness;
}

/** One stored account and its own freshness. */
export interface StoredAccountAndFreshness extends StoredAccount {
  readonly freshness: Freshness;
}

const STALE_AFTER_SECONDS = 86_400;

/**
 * The stored balances of a member; null when the service has not met it, or it was deleted. Strongly consistent: what
 * an event announced is there. Time limits are those of `client`.
 *
 * @throws BalancesProblem `invalid_request` for what cannot be an identifier, and the errors of `client`.
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { readBalances } from 'mx-fresh-balances/reader';
 *
 * const tables = { balances: 'the output BalancesTable', members: 'the output MembersTable' };
 * const stored = await readBalances(new DynamoDBClient({}), tables, { user: 'user-1', member: 'member-1' });
 * for (const { account, observedAt } of stored?.accounts ?? []) console.log(account.name, account.balance, observedAt);
 * ```
 */
export async function readBalances(
  client: DynamoDBClient,
  tables: BalancesTables,
  names: MemberNames,
  options: ReadOptions = {},
): Promise<StoredBalances | null> {
  const member = await readMember(client, tables, names);
  if (member === null) return null;
  const balances = await balancesReader(client, tables.balances).ofMember(member.key);
  const shown = options.includeUnlisted ? balances : balances.filter(({ listed }) => listed);
  return { ...member.key, accounts: shown.map(storedAccount), freshness: freshness(balances, member, options) };
}

/** One stored account, by guid or own id; null when the member or the account is not known. Otherwise as `readBalances`. */
export async function readAccount(
  client: DynamoDBClient,
  tables: BalancesTables,
  names: MemberNames & { readonly account: string },
  options: ReadOptions = {},
): Promise<StoredAccountAndFreshness | null> {
  const account = checkedIdentifier('account', names.account);
  const member = await readMember(client, tables, names);
  if (member === null) return null;
  const balance = await find(balancesReader(client, tables.balances), member, account);
  return balance === null ? null : { ...storedAccount(balance), freshness: freshness([balance], member, options) };
}

/** Amounts that are read at a time. */
const PAGE = 100;

/**
 * The amounts of an account, by guid or own id, newest first: those of now, then each that others have replaced; pages are
 * read as they are needed. Nothing when the member or the account is not known. Otherwise as `readBalances`.
 *
 * @example
 * ```ts
 * import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
 * import { readHistory } from 'mx-fresh-balances/reader';
 *
 * const tables = { balances: 'BalancesTable', members: 'MembersTable', history: 'HistoryTable' };
 * const names = { user: 'user-1', member: 'member-1', account: 'account-1' };
 * for await (const { amountsSince, balance } of readHistory(new DynamoDBClient({}), tables, names)) {
 *   console.log(amountsSince, balance);
 * }
 * ```
 */
export async function* readHistory(
  client: DynamoDBClient,
  tables: HistoryTables,
  names: MemberNames & { readonly account: string },
  { from, to, now = () => new Date() }: HistoryOptions = {},
): AsyncGenerator<AccountAmounts, void, undefined> {
  const account = checkedIdentifier('account', names.account);
  const member = await readMember(client, tables, names);
  const balance = member && (await find(balancesReader(client, tables.balances), member, account));
  if (balance === null) return;
  const history = historyReader(client, tables.history, () => instantOf(now().getTime()));
  const wanted = { from: from?.toISOString() ?? null, to: to?.toISOString() ?? null, limit: PAGE };
  let before: string | null = null;
  do {
    const page = await historyPage(history, balance, { ...wanted, before });
    yield* page.amounts.map(publicAmounts);
    before = page.next;
  } while (before !== null);
}

function publicAmounts({ amounts, ...of }: KnownAmounts): AccountAmounts {
  const textOf = (decimal: Decimal | undefined) => (decimal === undefined ? null : decimalText(decimal));
  return {
    isCurrent: of.isCurrent,
    balance: textOf(amounts.balance),
    availableBalance: textOf(amounts.available_balance),
    availableCredit: textOf(amounts.available_credit),
    currencyCode: of.currencyCode,
    amountsSince: of.amountsSince,
    previousSince: of.previousSince,
    observedAt: of.observedAt,
    refreshId: of.refreshId,
  };
}

async function readMember(
  client: DynamoDBClient,
  tables: BalancesTables,
  { user, member }: MemberNames,
): Promise<MemberRecord | null> {
  const identifiers = {
    userIdentifier: checkedIdentifier('user', user),
    memberIdentifier: checkedIdentifier('member', member),
  };
  const members = membersReader(client, tables.members);
  const key = await members.resolve(identifiers);
  const record = key && (await members.read(key));
  return record === null || record.deletedAt !== null ? null : record;
}

/** Own ids must not begin like MX's guids (MX facts 1, "Identifiers"), so the prefix decides what is cheaper to read. */
async function find(reader: BalancesReader, { key }: MemberRecord, account: string): Promise<StoredBalance | null> {
  if (account.startsWith('ACT-')) return reader.read(key, account);
  return findAccount(await reader.ofMember(key), account);
}

function storedAccount(balance: StoredBalance): StoredAccount {
  const { observedAt, freshAsOf, staleReason, amountsSince, refreshId, trigger, listed, lastChange } = balance;
  const fields = Object.entries(accountView(balance)).map(([name, value]) => [
    name,
    value instanceof Decimal ? withoutExponent(value.text) : value,
  ]);
  return {
    account: accountOf(Object.fromEntries(fields)),
    observedAt,
    freshAsOf,
    staleReason,
    amountsSince,
    refreshId,
    trigger,
    listed,
    lastChange: lastChange && {
      ...lastChange,
      previousBalance: lastChange.previousBalance && decimalText(lastChange.previousBalance),
    },
  };
}

function decimalText(decimal: Decimal): DecimalText {
  const text = withoutExponent(decimal.text);
  if (!isDecimalText(text)) throw new TypeError('a stored number is outside DynamoDB’s range');
  return text;
}

function freshness(
  balances: readonly StoredBalance[],
  member: Pick<MemberRecord, 'lastAttempt' | 'lastSuccess' | 'claim' | 'held'>,
  { now = () => new Date(), staleAfterSeconds = STALE_AFTER_SECONDS }: ReadOptions,
): Freshness {
  const { lastAttempt, lastSuccess } = member;
  const known = freshnessOf(balances, member, instantOf(now().getTime()), staleAfterSeconds);
  return {
    verdict: known?.verdict ?? 'never_refreshed',
    reason: known?.reason ?? null,
    freshAsOf: known?.freshAsOf ?? null,
    observedAt: known?.observedAt ?? null,
    ageSeconds: known?.ageSeconds ?? null,
    refreshId: known?.refreshId ?? null,
    trigger: known?.trigger ?? null,
    lastAttempt: lastAttempt && {
      outcome: lastAttempt.outcome,
      action: lastAttempt.action,
      code: lastAttempt.code,
      endedAt: lastAttempt.endedAt,
      refreshId: lastAttempt.refreshId,
      // In the refresh's own item, which this reader does not read.
      userMessage: null,
    },
    lastSuccess: lastSuccess && { observedAt: lastSuccess.observedAt, refreshId: lastSuccess.refreshId },
    incomplete: lastSuccess?.incomplete === true,
    scheduleHeld: heldOf(member),
  };
}
