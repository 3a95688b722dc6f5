/** Where the end of a refresh is told: the event bus, callbacks and their deliveries, and notices of what is left to tell. */
import type { ChangedBalance, DomainEvent, RefreshEnded } from './event.ts';
import type { Instant } from './instant.ts';
import type { MemberKey } from './mx.ts';
import type { Baseline } from './refresh.ts';

/** One caller's callback: a refresh and the URL to POST its end to. */
export interface Callback {
  /**
   * The same for the same refresh, caller and URL: asking twice gives one callback. Sent as `webhook-id`. `CBK-`,
   * 16 characters that stand for the caller among those of the refresh, and 16 for the URL among the caller's.
   */
  readonly id: string;
  readonly refreshId: string;
  readonly url: string;
}

/** Some of a refresh's callbacks. */
export interface CallbackPage {
  /** In the order of their ids. */
  readonly callbacks: readonly Callback[];
  /** False: none comes after these. */
  readonly hasMore: boolean;
}

/** Where callbacks are stored. Reads are strongly consistent. */
export interface Callbacks {
  /**
   * Repeatable. False: the caller has `most` callbacks for this refresh already, and this is none of them.
   *
   * @param at from when on it is kept for as long as refreshes are.
   */
  put(callback: Callback, most: number, at: Instant): Promise<boolean>;
  /** The first callbacks of `refreshId` whose ids come after `after` (an empty text: all do); `CALLBACKS_PER_PAGE` at most. */
  page(refreshId: string, after: string): Promise<CallbackPage>;
}

/** How many callbacks one page has: ten requests to SQS of ten deliveries each. */
export const CALLBACKS_PER_PAGE = 100;

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
  /** All of them at once. Rejects when some were not taken; others may have been sent. */
  sendAll(deliveries: readonly Delivery[]): Promise<void>;
}

/** What is left to tell of the end of a refresh, as a message of the follow-up queue carries it (`notify.ts`). */
export interface Notice {
  readonly refreshId: string;
  /** As in the claim. */
  readonly correlationId: string | null;
  readonly member: MemberKey;
  /** The connection status before the job; null: MX was never read. */
  readonly before: Pick<Baseline, 'connectionStatus'> | null;
  /** Whether the events are left. */
  readonly events: boolean;
  /**
   * The balances that the refresh changed, for their events, because a later refresh may have changed them again by
   * then. Null: there are more than `MAX_CHANGED`, and events are sent for those that no later refresh has changed.
   */
  readonly changed: readonly Pick<ChangedBalance, 'accountGuid' | 'at'>[] | null;
  /** The callbacks whose ids come after this text are left (an empty text: all of them); null: none. */
  readonly callbacksAfter: string | null;
  /** How often in a row nothing could be told. */
  readonly tries: number;
  /** When something was told last, or the refresh ended. */
  readonly since: Instant;
}

/** Notices on the follow-up queue. */
export interface Notices {
  /** `inSeconds` up to 900 (SQS limit). */
  send(notice: Notice, inSeconds: number): Promise<void>;
}

/** The event bus. At least once: the same refresh may be published twice, with the same event id. */
export interface Events {
  publish(event: DomainEvent): Promise<void>;
}
