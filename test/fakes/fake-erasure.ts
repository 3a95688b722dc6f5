/** Erasing a member's balances and their history in memory, and the message that does it again. */
import { encodeErasure } from '../../shared/clients/messages.ts';
import type { Erasure } from '../../shared/domain/ports.ts';
import type { BalancesTable } from './fake-balances.ts';
import type { HistoryTable } from './fake-history.ts';
import { delayOf, type FakeQueue } from './fake-queue.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** The two tables. */
export interface ErasedTables {
  readonly balances: BalancesTable;
  readonly history: HistoryTable;
}

/** Erases in these tables and sends to the follow-up queue `queue`. */
export const fakeErasure = (
  { balances, history }: ErasedTables,
  queue: Pick<FakeQueue, 'put'>,
  request: Request = atOnce,
): Erasure => ({
  erase: (key) => request('erasure.erase', () => void balances.delete(textOf(key))),
  eraseHistory: (key, isLate) =>
    request('erasure.eraseHistory', () => {
      const rows = history.get(textOf(key)) ?? new Map();
      let erased = 0;
      for (const name of [...rows.keys()]) {
        if (isLate()) return { erased, isAll: false };
        rows.delete(name);
        erased += 1;
      }
      history.delete(textOf(key));
      return { erased, isAll: true };
    }),
  eraseAgain: (key, inSeconds) =>
    request('erasure.eraseAgain', () => void queue.put(encodeErasure(key), delayOf(inSeconds))),
});
