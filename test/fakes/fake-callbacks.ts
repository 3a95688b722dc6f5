/** The callbacks of each refresh in memory, and the queued deliveries. */
import { encodeDelivery } from '../../shared/clients/messages.ts';
import type { Callback, Callbacks, Deliveries } from '../../shared/domain/ports.ts';
import { delayOf, type FakeQueue } from './fake-queue.ts';
import { atOnce, type Request } from './request.ts';

/** By refresh, then by callback id. */
export type CallbacksTable = Map<string, Map<string, Callback>>;

/** The callbacks in `table`. */
export const fakeCallbacks = (table: CallbacksTable, request: Request = atOnce): Callbacks => ({
  put: (callback) =>
    request('callbacks.put', () => {
      const of = table.get(callback.refreshId) ?? new Map<string, Callback>();
      table.set(callback.refreshId, of.set(callback.id, callback));
    }),
  ofRefresh: (refreshId) => request('callbacks.ofRefresh', () => [...(table.get(refreshId)?.values() ?? [])]),
});

/** The queue of deliveries `queue`. */
export const fakeDeliveries = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): Deliveries => ({
  send: (delivery, inSeconds) =>
    request('deliveries.send', () => void queue.put(encodeDelivery(delivery), delayOf(inSeconds))),
});
