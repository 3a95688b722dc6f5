/** Reading an account's history: its amounts as they are now, and those before them, newest first. */
import type { FormerAmounts, StoredBalance } from './balance.ts';
import { formerAmounts, type HistoryReader } from './history.ts';
import { earlierOf, epochMillisecondsOf, type Instant, instantOf, secondsBetween } from './instant.ts';

/** Which amounts are wanted. */
export interface HistoryQuery {
  /** Those that held then or later; null: from the oldest on. */
  readonly from: Instant | null;
  /** Those that were first seen then or earlier; null: up to those of now. */
  readonly to: Instant | null;
  /** Only amounts that were first seen before those of this instant: `next` of the page before; null: the first page. */
  readonly before: Instant | null;
  /** The most amounts on a page. */
  readonly limit: number;
}

/** Amounts of an account. */
export interface AccountAmounts extends Omit<FormerAmounts, 'member' | 'accountGuid'> {
  /** They are the account's stored amounts; others have not been seen since. */
  readonly isCurrent: boolean;
}

/** A page of an account's history. */
export interface HistoryPage {
  readonly amounts: readonly AccountAmounts[];
  /** `before` of the next page; null: this was the last. */
  readonly next: Instant | null;
}

/**
 * A page of the history of `account`, whose item has to be read before this is called: what is overwritten since then is
 * newer than the item, and is not shown beside it.
 */
export async function readHistory(
  history: HistoryReader,
  account: StoredBalance,
  { from, to, before, limit }: HistoryQuery,
): Promise<HistoryPage> {
  const isFirst = before === null && (to === null || account.amountsSince <= to);
  const current = isFirst ? [shown(formerAmounts(account), true)] : [];
  const end = earliest([account.amountsSince, before, to && justAfter(to)]);
  const reachesBack = from === null || account.amountsSince > from;
  // One more than is shown: it tells whether there is a next page.
  const former = reachesBack ? await formerBefore(history, account, end, limit + 1) : [];
  const found = [...current, ...former.map((row) => shown(row, false))];
  // The amounts that held at `from` were first seen at it or before it.
  const last = from === null ? -1 : found.findIndex(({ amountsSince }) => amountsSince <= from);
  const wanted = last === -1 ? found : found.slice(0, last + 1);
  const amounts = wanted.slice(0, limit);
  return { amounts, next: wanted.length > limit ? (amounts.at(-1)?.amountsSince ?? null) : null };
}

/** Rows of the table, and those that wait in the account's item, which count for more. */
async function formerBefore(
  history: HistoryReader,
  account: StoredBalance,
  end: Instant,
  most: number,
): Promise<readonly FormerAmounts[]> {
  const rows = await history.before(account, end, most);
  const waiting = (account.unkept ?? []).filter(({ amountsSince }) => amountsSince < end);
  const newer = new Set(waiting.map(({ amountsSince }) => amountsSince));
  return [...waiting, ...rows.filter(({ amountsSince }) => !newer.has(amountsSince))]
    .toSorted((a, b) => secondsBetween(a.amountsSince, b.amountsSince))
    .slice(0, most);
}

const shown = ({ member: _, accountGuid: __, ...amounts }: FormerAmounts, isCurrent: boolean): AccountAmounts => ({
  ...amounts,
  isCurrent,
});

const justAfter = (instant: Instant): Instant => instantOf(epochMillisecondsOf(instant) + 1);

const earliest = (instants: readonly (Instant | null)[]): Instant =>
  instants.filter((instant) => instant !== null).reduce(earlierOf);
