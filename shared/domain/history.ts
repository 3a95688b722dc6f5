/**
 * The history of an account: the amounts that it had before those of its item. A row is put before its amounts are
 * overwritten, so a crash in between leaves a row about the amounts that the item still has; readers leave that one out.
 *
 * The history never keeps a balance from being stored. Rows that its table does not take wait in the account's own item,
 * and go with its next write.
 */
import { type Amounts, amountNames, type FormerAmounts, type StoredBalance } from './balance.ts';
import { Decimal } from './decimal.ts';
import type { Instant } from './instant.ts';

/** How many rows of one account wait in its item at most: each has about 500 bytes. Beyond that the oldest is lost. */
export const MAX_UNKEPT = 10;

/** The table of the history, for writing. */
export interface HistoryWriter {
  /** Puts a row. Repeatable; of two rows about the same amounts the one that saw them later stays. */
  put(former: FormerAmounts): Promise<void>;
}

/** An account of a member. */
export type AccountKey = Pick<FormerAmounts, 'member' | 'accountGuid'>;

/** The table of the history, for reading. */
export interface HistoryReader {
  /** The newest rows of the account about amounts that were first seen before `before`, newest first, `most` of them. */
  before(account: AccountKey, before: Instant, most: number): Promise<readonly FormerAmounts[]>;
}

/** Rows of a member that were not put, and why the first of them was not. */
export interface NotKept {
  readonly memberGuid: string;
  /** Rows that wait in their accounts' items, those of earlier storings among them. */
  readonly waiting: number;
  /** Rows that had waited, and that there is no room for any more. */
  readonly lost: number;
  readonly error: unknown;
}

/** The history as one storing of a member's accounts writes it. */
export interface HistoryKeeper {
  /** Puts these rows, all of one account; gives those that have to wait in its item. Never rejects. */
  keep(former: readonly FormerAmounts[]): Promise<readonly FormerAmounts[]>;
  /** What was not put; null: everything was. */
  notKept(): NotKept | null;
}

/**
 * A keeper for one storing of the member with `memberGuid`. After the first failure it tries no other row: hundreds of
 * accounts that each wait for a table that does not answer would outlast the function.
 */
export function historyKeeper(history: HistoryWriter, memberGuid: string): HistoryKeeper {
  let failure: { readonly error: unknown } | null = null;
  let [waiting, lost] = [0, 0];
  async function isPut(former: FormerAmounts): Promise<boolean> {
    if (failure !== null) return false;
    try {
      await history.put(former);
      return true;
    } catch (error) {
      failure ??= { error };
      return false;
    }
  }
  return {
    async keep(former) {
      const left: FormerAmounts[] = [];
      for (const row of former) if (!(await isPut(row))) left.push(row);
      const kept = left.slice(-MAX_UNKEPT);
      waiting += kept.length;
      lost += left.length - kept.length;
      return kept;
    },
    notKept: () => (failure === null ? null : { memberGuid, waiting, lost, error: failure.error }),
  };
}

/** An account's item as it is, null where there is none, and as it is to be. */
export interface Replacement {
  readonly stored: StoredBalance | null;
  readonly next: StoredBalance;
}

/**
 * Puts the amounts that `next` replaces, then writes it. `write` is conditional on `stored`: false when another write came
 * first. Then the row is about amounts that were stored all the same, and stays.
 *
 * @param keeper null: no history is kept.
 * @returns what was written; null when another write came first.
 */
export async function writeKeeping(
  keeper: HistoryKeeper | null,
  { stored, next }: Replacement,
  write: (next: StoredBalance) => Promise<boolean>,
): Promise<StoredBalance | null> {
  if (keeper === null || stored === null) return (await write(next)) ? next : null;
  const waiting = stored.unkept ?? [];
  const isReplaced = next.amountsSince !== stored.amountsSince;
  const unkept = await keeper.keep(isReplaced ? [...waiting, formerAmounts(stored)] : waiting);
  const previousSince = isReplaced ? stored.amountsSince : stored.previousSince;
  const { unkept: _, ...rest } = next;
  const linked: StoredBalance = {
    ...rest,
    ...(previousSince === undefined ? {} : { previousSince }),
    ...(unkept.length === 0 ? {} : { unkept }),
  };
  return (await write(linked)) ? linked : null;
}

/** The amounts of an account as a row of its history. */
export function formerAmounts(stored: StoredBalance): FormerAmounts {
  const { member, accountGuid, fields, amountsSince, observedAt, refreshId, previousSince = null } = stored;
  const amounts: Amounts = Object.fromEntries(
    amountNames.flatMap((name) => {
      const amount = fields[name];
      return amount instanceof Decimal ? [[name, amount]] : [];
    }),
  );
  const { currency_code: currency } = fields;
  const currencyCode = typeof currency === 'string' ? currency : null;
  return { member, accountGuid, amounts, currencyCode, amountsSince, observedAt, refreshId, previousSince };
}
