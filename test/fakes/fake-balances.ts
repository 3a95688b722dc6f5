/** The stored balances in memory: newer wins by the same conditions as `shared/clients/balances-table.ts` writes. */
import type { BalancesReader, KeptHistory } from '../../shared/clients/balances-table.ts';
import {
  type AccountToStore,
  afterWrites,
  balanceToStore,
  noLongerListed,
  type StorageRules,
  type StoredBalance,
} from '../../shared/domain/balance.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { type HistoryKeeper, historyKeeper, writeKeeping } from '../../shared/domain/history.ts';
import { inGroups } from '../../shared/domain/in-groups.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Balances } from '../../shared/domain/ports.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** Member, then account guid. Items are replaced and never changed. */
export type BalancesTable = Map<string, Map<string, StoredBalance>>;

const MAX_RACES = 5;
const AT_ONCE = 10;

/** The balances in `table`. */
export function fakeBalances(
  table: BalancesTable,
  rules: StorageRules,
  request: Request = atOnce,
  kept: KeptHistory | null = null,
): Balances & BalancesReader {
  const get = (key: MemberKey, guid: string): StoredBalance | null => table.get(textOf(key))?.get(guid) ?? null;
  const all = (key: MemberKey): readonly StoredBalance[] => [...(table.get(textOf(key))?.values() ?? [])];

  /** The conditional write: nothing, when the item is no longer the observation that was read. */
  function put(next: StoredBalance, read: StoredBalance | null): boolean {
    const { member, accountGuid } = next;
    const stored = get(member, accountGuid);
    if (stored?.observedAt !== read?.observedAt || stored?.refreshId !== read?.refreshId) return false;
    const items = table.get(textOf(member)) ?? new Map<string, StoredBalance>();
    items.set(accountGuid, next);
    table.set(textOf(member), items);
    return true;
  }

  async function storeOne(
    given: AccountToStore,
    known: StoredBalance | null,
    keeper: HistoryKeeper | null,
  ): Promise<StoredBalance | null> {
    let stored = known;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const next = balanceToStore(given, rules, stored);
      const read = stored;
      if (next === null) return stored;
      const written = await writeKeeping(keeper, { stored, next }, (balance) =>
        request('balances.store/put', () => put(balance, read)),
      );
      if (written !== null) return written;
      stored = await request('balances.store/read', () => get(given.member, given.account.guid));
    }
    throw new Failure('busy', 'an account was written by others again and again');
  }

  return {
    read: (key, accountGuid) => request('balances.read', () => get(key, accountGuid)),
    ofMember: (key) => request('balances.ofMember', () => all(key)),
    async store(key, accounts, stamp, { leftBehind, stored: known } = {}) {
      const stored = known ?? (await request('balances.store/query', () => all(key)));
      const keeper = kept && historyKeeper(kept.history, key.memberGuid);
      const byGuid = new Map(stored.map((balance) => [balance.accountGuid, balance]));
      const listed = new Set(accounts.map((account) => account.guid));
      const writes = [
        ...accounts.map((account) => () => {
          const isLeftBehind = leftBehind?.has(account.guid) === true;
          return storeOne({ member: key, account, stamp, isLeftBehind }, byGuid.get(account.guid) ?? null, keeper);
        }),
        ...noLongerListed(stored, listed, stamp).map((balance) => async () => {
          const next = { ...balance, listed: false };
          return (await request('balances.store/unlist', () => put(next, balance))) ? next : balance;
        }),
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
