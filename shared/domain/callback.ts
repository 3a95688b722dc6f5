/** Telling callers of the end of a refresh by a POST to their own URL: who is to be told, and that nobody is forgotten. */
import { endedEvent, type RefreshEnded } from './event.ts';
import type { Instant } from './instant.ts';
import type { RefreshDeps } from './ports.ts';
import type { Refresh } from './refresh.ts';

/** One caller's wish to be told of one refresh at one URL. */
export interface Callback {
  /** The same for the same refresh, caller and URL: a wish that is repeated is one wish. Sent as `webhook-id`. */
  readonly id: string;
  readonly refreshId: string;
  readonly url: string;
  readonly registeredAt: Instant;
}

/** Where the wishes are kept. Reads are strongly consistent. */
export interface Callbacks {
  /** Repeatable. */
  put(callback: Callback): Promise<void>;
  /** Every wish for `refreshId`, every page. */
  ofRefresh(refreshId: string): Promise<readonly Callback[]>;
}

/** A POST that is to be made, as the queue's message carries it. It holds everything, so its worker reads no table. */
export interface Delivery {
  readonly callbackId: string;
  readonly url: string;
  readonly event: RefreshEnded;
  /** 0 for the first try. */
  readonly attempt: number;
  /** When the first try was booked. */
  readonly since: Instant;
  /** SQS waits for 15 minutes at most: a message that comes before this instant waits again. */
  readonly notBefore: Instant;
}

/** The queue of deliveries. */
export interface Deliveries {
  /** `inSeconds` of any length; SQS makes it 900 at most. */
  send(delivery: Delivery, inSeconds: number): Promise<void>;
}

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
