/** Callbacks at the end of a refresh: each one asked for is queued, also when it is asked for during the end. */
import { endedEvent, type RefreshEnded } from './event.ts';
import { Failure } from './failure.ts';
import type { Instant } from './instant.ts';
import type { Callback, Delivery } from './notify-ports.ts';
import type { RefreshDeps } from './ports.ts';
import type { Refresh } from './refresh.ts';

/** What registering a callback needs: part of every trigger's dependencies. */
export interface CallbackDeps extends Pick<RefreshDeps, 'callbacks' | 'deliveries' | 'refreshes' | 'now'> {
  /** Setting: how many callbacks one caller may have for one refresh. */
  readonly callbacksPerCaller: number;
}

/**
 * Registers a callback to a URL that `checkCallbackUrl` has checked. Repeatable.
 *
 * The callback is written first and the outcome read afterwards; the end of a refresh writes the outcome first and reads
 * the callbacks afterwards. So at least one of them finds the other; if both do, they queue it with the same id.
 *
 * @throws Failure `too_many_callbacks`
 */
export async function registerCallback(deps: CallbackDeps, callback: Callback): Promise<void> {
  const { refreshId } = callback;
  if (!(await deps.callbacks.put(callback, deps.callbacksPerCaller, deps.now()))) {
    throw new Failure(
      'too_many_callbacks',
      `one caller may have ${deps.callbacksPerCaller} callbacks for one refresh (setting callbacksPerCaller), and has them`,
      { refreshId, limit: 'callbacksPerCaller' },
    );
  }
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh?.result) {
    await deps.deliveries.send(deliveryOf(callback, eventOf(refresh, refresh.result), deps.now()), 0);
  }
}

/**
 * Queues a delivery of `event`, the end of a refresh, for each callback of the page that begins after the id `after`.
 * Repeatable: the ids stay the same. Gives the last id of the page, after which the next one begins; null: it was the last.
 */
export async function bookDeliveries(
  deps: Pick<CallbackDeps, 'callbacks' | 'deliveries' | 'now'>,
  event: RefreshEnded,
  after: string,
): Promise<string | null> {
  const { callbacks, hasMore } = await deps.callbacks.page(event.data.refresh_id, after);
  const now = deps.now();
  if (callbacks.length > 0) {
    await deps.deliveries.sendAll(callbacks.map((callback) => deliveryOf(callback, event, now)));
  }
  return hasMore ? (callbacks.at(-1)?.id ?? null) : null;
}

const deliveryOf = ({ id: callbackId, url }: Callback, event: RefreshEnded, now: Instant): Delivery => ({
  callbackId,
  url,
  event,
  attempt: 0,
  since: now,
  notBefore: now,
});

const eventOf = (refresh: Refresh, result: NonNullable<Refresh['result']>): RefreshEnded =>
  endedEvent(refresh.member, {
    ...result,
    refreshId: refresh.refreshId,
    trigger: refresh.trigger,
    acceptedAt: refresh.acceptedAt,
    correlationId: refresh.correlationId,
  });
