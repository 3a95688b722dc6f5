/** One try to deliver a callback, and when the next one is due: growing waits over about a day. */

import { type CallbackRules, checkCallbackUrl } from './callback-url.ts';
import { Failure } from './failure.ts';
import { type Clock, plusSeconds, secondsBetween } from './instant.ts';
import type { Deliveries, Delivery } from './notify-ports.ts';
import { type ReadOwnIds, withOwnIds } from './own-ids.ts';

/** What the receiver answered; null when it did not: no connection, no answer in time, an address that is not public. */
export interface Receipt {
  readonly status: number;
  /** Its `Retry-After`, in seconds. */
  readonly retryAfterSeconds: number | null;
}

/**
 * Signs and sends `body` to the delivery's URL. Never follows a redirect.
 *
 * @throws Failure `callback_keys_missing` when it cannot be signed.
 */
export type PostCallback = (delivery: Pick<Delivery, 'callbackId' | 'url'>, body: object) => Promise<Receipt | null>;

/** What delivering needs. */
export interface DeliverDeps {
  readonly post: PostCallback;
  readonly ownIds: ReadOwnIds;
  readonly deliveries: Deliveries;
  readonly rules: CallbackRules;
  readonly now: Clock;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

/** The result of a delivery. */
export type Delivered =
  | 'delivered'
  /** Too early: SQS cannot wait as long as the receiver wants. */
  | 'waiting'
  | 'retrying'
  /** The receiver answered 410: it is not sent again. */
  | 'gone'
  /** The operator has taken the host off the list. */
  | 'not_allowed';

/** Seconds from each try to the next, before jitter: about 22 hours in all. */
export const RETRY_SECONDS: readonly number[] = [5, 30, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800];

/** The longest `Retry-After` that is followed: the longest of our own waits. */
const MAX_RETRY_AFTER_SECONDS = 28_800;

/**
 * Handles one message of the queue of deliveries.
 *
 * @throws Failure `callback_not_delivered` when the last try failed: the queue repeats it a few times and then keeps it
 *   among its dead letters, from where an operator can send it once more.
 */
export async function deliverCallback(deps: DeliverDeps, delivery: Delivery): Promise<Delivered> {
  const now = deps.now();
  const early = secondsBetween(now, delivery.notBefore);
  if (early > 0) {
    await deps.deliveries.send(delivery, Math.ceil(early));
    return 'waiting';
  }
  if (!isAllowed(delivery.url, deps.rules)) return 'not_allowed';
  const body = await bodyOf(deps, delivery);
  const receipt = body && (await deps.post(delivery, body));
  if (receipt !== null && receipt.status >= 200 && receipt.status < 300) return 'delivered';
  if (receipt?.status === 410) return 'gone';
  const wait = waitAfter(delivery.attempt, receipt?.retryAfterSeconds ?? null, deps.random());
  if (wait === null) {
    const answer = receipt === null ? 'did not answer' : `answered ${receipt.status}`;
    const what = body === null ? 'the member of a callback could not be read' : `the receiver of a callback ${answer}`;
    throw new Failure('callback_not_delivered', `${what} for about a day`);
  }
  const next = { ...delivery, attempt: delivery.attempt + 1, notBefore: plusSeconds(deps.now(), wait) };
  await deps.deliveries.send(next, wait);
  return 'retrying';
}

/** The event with the member's own ids; null when these cannot be read now, which is tried again like a POST. */
async function bodyOf({ ownIds }: DeliverDeps, { event }: Delivery): Promise<object | null> {
  try {
    return await withOwnIds(event, ownIds);
  } catch {
    return null;
  }
}

/**
 * Seconds after the failed try `attempt`; null after the last. Jitter of a fifth to both sides, so that everything that
 * failed in one outage does not come back at the same moment.
 */
export function waitAfter(attempt: number, retryAfterSeconds: number | null, random: number): number | null {
  const planned = RETRY_SECONDS[attempt];
  if (planned === undefined) return null;
  const asked = Math.min(retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS);
  return Math.ceil(Math.max(planned * (0.8 + 0.4 * random), asked));
}

function isAllowed(url: string, rules: CallbackRules): boolean {
  try {
    return checkCallbackUrl(url, rules) === url;
  } catch {
    return false;
  }
}
