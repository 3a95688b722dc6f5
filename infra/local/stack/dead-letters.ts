import type { ObservationFeed } from './observations.ts';
import { messagesIn, type Sqs } from './sqs-engine.ts';

const LOOK_EVERY_MS = 250;

/**
 * Watches dead-letter queues. fauxqs moves a message during a receive from the source queue and reports nothing, so the
 * messages in the queue are compared with those of the last look.
 */
export class DeadLetters {
  readonly #sqs: Sqs;
  readonly #observations: ObservationFeed;
  /** Name of a queue → its logical id and the messages seen. */
  readonly #queues: ReadonlyMap<string, { readonly logicalId: string; seen: ReadonlySet<string> }>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  /** @param queues name of a dead-letter queue → its logical id */
  constructor(queues: ReadonlyMap<string, string>, sqs: Sqs, observations: ObservationFeed) {
    this.#sqs = sqs;
    this.#observations = observations;
    this.#queues = new Map([...queues].map(([name, logicalId]) => [name, { logicalId, seen: new Set<string>() }]));
  }

  start(): void {
    if (this.#queues.size === 0) return;
    this.#timer = setInterval(() => void this.look().catch(() => {}), LOOK_EVERY_MS);
  }

  /** Looks now; everything that has arrived before is observed when it resolves. */
  look(): Promise<void> {
    // One look at a time: two would report the same message twice.
    this.#looking = this.#looking.catch(() => {}).then(() => this.#look());
    return this.#looking;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking.catch(() => {});
  }

  async #look(): Promise<void> {
    const depths = await this.#sqs.depths();
    for (const [name, queue] of this.#queues) {
      if (messagesIn(depths.get(name)) === 0 && queue.seen.size === 0) continue;
      const messages = await this.#sqs.messages(name);
      for (const { messageId, body } of messages) {
        if (!queue.seen.has(messageId))
          this.#observations.emit('dead-letter', { queue: queue.logicalId, messageId, body });
      }
      queue.seen = new Set(messages.map(({ messageId }) => messageId));
    }
  }
}
