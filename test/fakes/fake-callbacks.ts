/** The callbacks of each refresh in memory, and the queued deliveries. */
import { encodeDelivery } from '../../shared/clients/messages.ts';
import {
  CALLBACKS_PER_PAGE,
  type Callback,
  type Callbacks,
  type Deliveries,
} from '../../shared/domain/notify-ports.ts';
import { delayOf, type FakeQueue } from './fake-queue.ts';
import { atOnce, type Request } from './request.ts';

/** By refresh, then by callback id. */
export type CallbacksTable = Map<string, Map<string, Callback>>;

/** What of a callback's id stands for its caller. */
const callerIn = (id: string): string => id.slice(0, 20);

/** The callbacks in `table`, `perPage` on one page. */
export const fakeCallbacks = (
  table: CallbacksTable,
  request: Request = atOnce,
  perPage = CALLBACKS_PER_PAGE,
): Callbacks => ({
  put: (callback, most) =>
    request('callbacks.put', () => {
      const of = table.get(callback.refreshId) ?? new Map<string, Callback>();
      const callers = [...of.keys()].filter((id) => callerIn(id) === callerIn(callback.id));
      if (callers.length >= most && !of.has(callback.id)) return false;
      table.set(callback.refreshId, of.set(callback.id, callback));
      return true;
    }),
  page: (refreshId, after) =>
    request('callbacks.page', () => {
      const left = [...(table.get(refreshId)?.values() ?? [])]
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      return { callbacks: left.slice(0, perPage), hasMore: left.length > perPage };
    }),
});

/** The queue of deliveries `queue`. One by one: of a batch, SQS may take some and refuse others. */
export function fakeDeliveries(queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): Deliveries {
  const send: Deliveries['send'] = (delivery, inSeconds) =>
    request('deliveries.send', () => void queue.put(encodeDelivery(delivery), delayOf(inSeconds)));
  return {
    send,
    async sendAll(deliveries) {
      for (const delivery of deliveries) await send(delivery, 0);
    },
  };
}
