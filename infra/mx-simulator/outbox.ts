import type { Random } from './random.ts';
import { createRandom } from './random.ts';

/** Which webhooks are sent, and how often they get lost, doubled, late or early. Probabilities go from 0 to 1. */
export interface WebhookOptions {
  balance: boolean;
  aggregation: boolean;
  connectionStatus: boolean;
  /** MEMBER webhooks (every change of a member); many. */
  member: boolean;
  /** Probability that a webhook is never sent. */
  lose: number;
  /** Probability that it is sent twice. */
  double: number;
  /** Probability that it is late, by up to `delaySeconds`; later ones may then arrive before it. */
  delay: number;
  delaySeconds: number;
  /** Probability that BALANCE is sent up to `earlySeconds` before the member shows the end of the job. */
  early: number;
  earlySeconds: number;
  /** Factor on the waits between the retries; 0.001 brings the 24 hours down to 86 seconds. */
  retryScale: number;
}

/** One HTTP POST that is to be made to the receiver. */
export interface Delivery {
  /** The argument of `answered`. MX's own webhooks have no id. */
  readonly id: number;
  readonly type: string;
  readonly memberGuid: string;
  readonly body: string;
  /** 0 for the first try. */
  readonly attempt: number;
  /** Instant at which it is due, epoch milliseconds. */
  readonly dueAt: number;
}

/** MX facts 6.1: at most 12 retries over about 24 hours, the waits grow. In minutes; the sum is 24 h. */
export const RETRY_MINUTES: readonly number[] = [1, 2, 4, 8, 15, 30, 60, 120, 180, 240, 360, 420];

/** How long 429 keeps a delivery back; it counts as no failure (MX facts 6.1). */
const REQUEUE_MINUTES = 1;
const DAY_MS = 24 * 3600 * 1000;

/** The deliveries of a world, by the time they are due. */
export interface Outbox {
  add(memberGuid: string, type: string, body: object, at: number): void;
  /** Takes the deliveries that are due, the oldest first. `answered` has to be called for each. */
  due(now: number): Delivery[];
  /** Records the receiver's HTTP status for a delivery, null for no answer, and plans the retry. */
  answered(id: number, status: number | null): void;
  /** When the next delivery is due; Infinity when none waits. */
  nextAt(): number;
  /** Deliveries that were given up after the last retry. */
  readonly givenUp: Delivery[];
  readonly random: Random;
  clear(): void;
  /** Everything it holds, for `restore`. */
  content(): OutboxContent;
  /** Goes on from `content`: a delivery that was under way is due again, as its answer is not known. */
  restore(content: OutboxContent): void;
}

/** What an outbox holds, as values. */
export interface OutboxContent {
  readonly waiting: readonly { readonly delivery: Delivery; readonly firstDueAt: number }[];
  readonly givenUp: readonly Delivery[];
  readonly lastId: number;
  readonly position: number;
}

/** An empty outbox. */
export function createOutbox(seed: number, now: () => number, options: () => WebhookOptions): Outbox {
  const random = createRandom(seed, 'webhooks');
  const waiting: Delivery[] = [];
  const underway = new Map<number, { delivery: Delivery; firstDueAt: number }>();
  const firstDue = new Map<number, number>();
  const givenUp: Delivery[] = [];
  let lastId = 0;
  let next = Number.POSITIVE_INFINITY;

  const put = (delivery: Delivery, firstDueAt: number): void => {
    waiting.push(delivery);
    firstDue.set(delivery.id, firstDueAt);
    next = Math.min(next, delivery.dueAt);
  };

  return {
    random,
    givenUp,
    add(memberGuid, type, body, at) {
      const how = options();
      if (random.chance(how.lose)) return;
      const text = JSON.stringify(body);
      const copies = random.chance(how.double) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const late = random.chance(how.delay) ? random.next() * how.delaySeconds * 1000 : 0;
        const dueAt = at + late;
        lastId += 1;
        put({ id: lastId, type, memberGuid, body: text, attempt: 0, dueAt }, dueAt);
      }
    },
    due(instant) {
      if (next > instant) return [];
      const taken = waiting.filter((delivery) => delivery.dueAt <= instant);
      const left = waiting.filter((delivery) => delivery.dueAt > instant);
      waiting.splice(0, waiting.length, ...left);
      next = left.reduce((earliest, delivery) => Math.min(earliest, delivery.dueAt), Number.POSITIVE_INFINITY);
      for (const delivery of taken) {
        underway.set(delivery.id, { delivery, firstDueAt: firstDue.get(delivery.id) ?? delivery.dueAt });
        firstDue.delete(delivery.id);
      }
      return taken.sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
    },
    answered(id, status) {
      const known = underway.get(id);
      if (known === undefined) return;
      underway.delete(id);
      if (status !== null && status >= 200 && status < 300) return;
      const { delivery, firstDueAt } = known;
      const instant = now();
      const scale = options().retryScale * 60_000;
      const isRequeued = status === 429;
      const minutes = isRequeued ? REQUEUE_MINUTES : RETRY_MINUTES[delivery.attempt];
      const isTooOld = isRequeued && instant - firstDueAt >= DAY_MS * options().retryScale;
      if (minutes === undefined || isTooOld) {
        givenUp.push(delivery);
        return;
      }
      const attempt = isRequeued ? delivery.attempt : delivery.attempt + 1;
      put({ ...delivery, attempt, dueAt: instant + minutes * scale }, firstDueAt);
    },
    nextAt: () => next,
    clear() {
      waiting.length = 0;
      givenUp.length = 0;
      underway.clear();
      firstDue.clear();
      next = Number.POSITIVE_INFINITY;
    },
    content: () => ({
      waiting: [
        ...underway.values(),
        ...waiting.map((delivery) => ({ delivery, firstDueAt: firstDue.get(delivery.id) ?? delivery.dueAt })),
      ],
      givenUp: [...givenUp],
      lastId,
      position: random.position(),
    }),
    restore(content) {
      this.clear();
      for (const { delivery, firstDueAt } of content.waiting) put(delivery, firstDueAt);
      givenUp.push(...content.givenUp);
      lastId = content.lastId;
      random.moveTo(content.position);
    },
  };
}
