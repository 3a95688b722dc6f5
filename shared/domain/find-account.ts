/** Finding one stored account by what a caller calls it. */
import type { StoredBalance } from './balance.ts';

/**
 * The account with this guid, else the one with this own id; null when there is none. Own ids are the feed's and unique
 * within a member (MX facts 7.1), but a connection that was made anew has the same ids under new guids: the account that
 * MX lists wins over one that it lists no longer, then the one that was observed last.
 */
export const findAccount = (balances: readonly StoredBalance[], account: string): StoredBalance | null =>
  balances.find(({ accountGuid }) => accountGuid === account) ??
  balances
    .filter(({ fields }) => fields['id'] === account)
    .reduce<StoredBalance | null>((best, balance) => (best === null || isBetter(balance, best) ? balance : best), null);

const isBetter = (a: StoredBalance, b: StoredBalance): boolean =>
  a.listed === b.listed ? a.observedAt > b.observedAt : a.listed;
