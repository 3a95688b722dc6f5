/** A queue in memory with SQS's rules: delay, visibility timeout, receive count, dead letters; at least once, no order. */
import {
  encodeErasureWork,
  encodeNextLook,
  encodeNotice,
  encodeStartBatch,
  encodeSweepRest,
  encodeWebhook,
} from '../../shared/clients/messages.ts';
import type { ErasureQueue } from '../../shared/domain/erasure-ports.ts';
import type { Notices } from '../../shared/domain/notify-ports.ts';
import type { FollowUps, Starts, Webhooks } from '../../shared/domain/ports.ts';
import type { SweepRests } from '../../shared/domain/sweep.ts';
import { atOnce, type Request } from './request.ts';

/** A message in a queue. */
export interface QueuedMessage {
  readonly id: number;
  readonly body: string;
  /** It is not received before this instant, epoch milliseconds. */
  readonly visibleAt: number;
  /** How often it was received. */
  readonly receives: number;
}

/** A queue. Messages are replaced and never changed, so a copy of the map is a copy of the queue. */
export interface FakeQueue {
  readonly messages: Map<number, QueuedMessage>;
  readonly deadLetters: QueuedMessage[];
  /** Puts a body in, for `delaySeconds`. */
  put(body: string, delaySeconds: number): QueuedMessage;
  /** Receives a visible message (`id`: this one) and hides it; null: none. Received too often: a dead letter. */
  receive(id?: number): QueuedMessage | null;
  delete(id: number): void;
  /** As `ChangeMessageVisibility`. */
  hideFor(id: number, seconds: number): void;
  /** When the next message becomes visible, epoch milliseconds; null when there is none. */
  nextVisibleAt(): number | null;
}

/** How a queue is set up; the stack's own values are in `infra/constructs/work-queue.ts`. */
export interface FakeQueueOptions {
  readonly visibilitySeconds: number;
  readonly maxReceives: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** AWS limit. */
const MAX_DELAY_SECONDS = 900;

/** An empty queue. */
export function fakeQueue(options: FakeQueueOptions): FakeQueue {
  const { visibilitySeconds, maxReceives, now } = options;
  const messages = new Map<number, QueuedMessage>();
  const deadLetters: QueuedMessage[] = [];
  let lastId = 0;

  return {
    messages,
    deadLetters,

    put(body, delaySeconds) {
      if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > MAX_DELAY_SECONDS) {
        throw new RangeError(`SQS refuses a delay of ${delaySeconds} s`);
      }
      lastId += 1;
      const message = { id: lastId, body, visibleAt: now() + delaySeconds * 1000, receives: 0 };
      messages.set(message.id, message);
      return message;
    },

    receive(id) {
      const at = now();
      for (const message of messages.values()) {
        if (message.visibleAt > at || (id !== undefined && message.id !== id)) continue;
        if (message.receives >= maxReceives) {
          messages.delete(message.id);
          deadLetters.push(message);
          continue;
        }
        const received = { ...message, receives: message.receives + 1, visibleAt: at + visibilitySeconds * 1000 };
        messages.set(message.id, received);
        return received;
      }
      return null;
    },

    delete: (id) => void messages.delete(id),

    hideFor(id, seconds) {
      const message = messages.get(id);
      if (message !== undefined) messages.set(id, { ...message, visibleAt: now() + seconds * 1000 });
    },

    nextVisibleAt() {
      let next: number | null = null;
      for (const { visibleAt } of messages.values()) if (next === null || visibleAt < next) next = visibleAt;
      return next;
    },
  };
}

/** As the real client: a look due later than SQS's longest delay comes early and is sent again. */
export const delayOf = (seconds: number): number => Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)));

/** The follow-up queue `queue`. */
export const fakeFollowUps = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): FollowUps => ({
  send: (followUp, inSeconds) =>
    request('followUps.send', () => void queue.put(encodeNextLook(followUp), delayOf(inSeconds))),
});

/** Webhooks on the follow-up queue `queue`. */
export const fakeHints = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): Webhooks => ({
  send: (webhook, inSeconds) =>
    request('webhooks.send', () => void queue.put(encodeWebhook(webhook), delayOf(inSeconds))),
});

/** Notices on the follow-up queue `queue`. */
export const fakeNotices = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): Notices => ({
  send: (notice, inSeconds) => request('notices.send', () => void queue.put(encodeNotice(notice), delayOf(inSeconds))),
});

/** The start queue `queue`. Message by message: of a batch, SQS may take some and refuse others. */
export const fakeStarts = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): Starts => ({
  async sendAll(batches) {
    for (const { batch, delaySeconds } of batches)
      await request('starts.sendAll', () => void queue.put(encodeStartBatch(batch), delayOf(delaySeconds)));
  },
});

/** What is left of sweeps, on the queue `queue`. */
export const fakeSweepRests = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): SweepRests => ({
  send: (rest) => request('sweepRests.send', () => void queue.put(encodeSweepRest(rest), 0)),
});

/** Messages that go on with erasings on request, on the follow-up queue `queue`. */
export const fakeErasures = (queue: Pick<FakeQueue, 'put'>, request: Request = atOnce): ErasureQueue => ({
  send: (work, inSeconds) =>
    request('erasures.send', () => void queue.put(encodeErasureWork(work), delayOf(inSeconds))),
});
