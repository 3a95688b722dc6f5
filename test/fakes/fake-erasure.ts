/** Erasing a member's balances in memory, and the message that does it again. */
import { encodeErasure } from '../../shared/clients/messages.ts';
import type { Erasure } from '../../shared/domain/ports.ts';
import type { BalancesTable } from './fake-balances.ts';
import { delayOf, type FakeQueue } from './fake-queue.ts';
import { textOf } from './members-table.ts';
import { atOnce, type Request } from './request.ts';

/** Erases in `table` and sends to the follow-up queue `queue`. */
export const fakeErasure = (
  table: BalancesTable,
  queue: Pick<FakeQueue, 'put'>,
  request: Request = atOnce,
): Erasure => ({
  erase: (key) => request('erasure.erase', () => void table.delete(textOf(key))),
  eraseAgain: (key, inSeconds) =>
    request('erasure.eraseAgain', () => void queue.put(encodeErasure(key), delayOf(inSeconds))),
});
