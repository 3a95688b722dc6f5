/** Callbacks at the end of a refresh: each one asked for is queued, also when it is asked for during the end. */
import { endedEvent, type RefreshEnded } from './event.ts';
import type { Callback, RefreshDeps } from './ports.ts';
import type { Refresh } from './refresh.ts';

/** What registering a callback needs: part of every trigger's dependencies. */
export type CallbackDeps = Pick<RefreshDeps, 'callbacks' | 'deliveries' | 'refreshes' | 'now'>;

/**
 * Registers a callback to `url` (checked by `checkCallbackUrl`) at the end of the refresh `refreshId`. Repeatable with
 * the same `id`, which depends on refresh, caller and URL.
 *
 * The callback is written first and the outcome read afterwards; the end of a refresh writes the outcome first and reads
 * the callbacks afterwards. So at least one of them finds the other; if both do, they queue it with the same id.
 */
export async function registerCallback(deps: CallbackDeps, refreshId: string, id: string, url: string): Promise<void> {
  const callback: Callback = { id, refreshId, url, registeredAt: deps.now() };
  await deps.callbacks.put(callback);
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh?.result) await sendDelivery(deps, callback, eventOf(refresh, refresh.result));
}

/** Queues a delivery for every callback of the refresh that `event` is about. Repeatable: the ids stay the same. */
export async function bookDeliveries(
  deps: Pick<CallbackDeps, 'callbacks' | 'deliveries' | 'now'>,
  event: RefreshEnded,
): Promise<void> {
  const callbacks = await deps.callbacks.ofRefresh(event.data.refresh_id);
  await Promise.all(callbacks.map((callback) => sendDelivery(deps, callback, event)));
}

async function sendDelivery(
  deps: Pick<CallbackDeps, 'deliveries' | 'now'>,
  callback: Callback,
  event: RefreshEnded,
): Promise<void> {
  const now = deps.now();
  const { id: callbackId, url } = callback;
  await deps.deliveries.send({ callbackId, url, event, attempt: 0, since: now, notBefore: now }, 0);
}

const eventOf = (refresh: Refresh, result: NonNullable<Refresh['result']>): RefreshEnded =>
  endedEvent(refresh.member, {
    ...result,
    refreshId: refresh.refreshId,
    trigger: refresh.trigger,
    acceptedAt: refresh.acceptedAt,
  });
