/** Telling callers of the end of a refresh by a POST to their own URL: who is to be told, and that nobody is forgotten. */
import { endedEvent, type RefreshEnded } from './event.ts';
import type { Callback, RefreshDeps } from './ports.ts';
import type { Refresh } from './refresh.ts';

/** What registering a callback needs: part of every trigger's dependencies. */
export type CallbackDeps = Pick<RefreshDeps, 'callbacks' | 'deliveries' | 'refreshes' | 'now'>;

/**
 * Has a caller told at `url` (checked by `checkCallbackUrl`) of the end of the refresh `refreshId`. Repeatable with the
 * same `id`, which depends on refresh, caller and URL.
 *
 * The wish is written first and the outcome read afterwards; the end of a refresh writes the outcome first and reads
 * the wishes afterwards. Whichever way the two meet, one of them sees the other; both may, with the same id.
 */
export async function registerCallback(deps: CallbackDeps, refreshId: string, id: string, url: string): Promise<void> {
  const callback: Callback = { id, refreshId, url, registeredAt: deps.now() };
  await deps.callbacks.put(callback);
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh?.result) await sendDelivery(deps, callback, eventOf(refresh, refresh.result));
}

/** Books a delivery for every wish for the refresh that `event` tells of. Repeatable: the ids stay the same. */
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
