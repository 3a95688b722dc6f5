/** Messages on their way from a queue to their function: late, out of order, twice, or to the dead letters instead. */
import { createRandom, hashText } from '../../infra/mx-simulator/random.ts';
import type { FakeQueue } from '../fakes/fake-queue.ts';
import type { FaultChooser, PassiveFault } from './faults.ts';
import type { Ended, Invocation, Invocations, Role } from './invocations.ts';
import type { Scheduler } from './scheduler.ts';

/** What a queue's function does with one message. */
export interface Consumer {
  readonly queue: FakeQueue;
  readonly role: Role;
  readonly timeoutSeconds: number;
  work(body: string): { readonly about: string; run(invocation: Invocation): Promise<unknown> };
}

const messageFaults: readonly PassiveFault[] = ['message lost', 'message doubled', 'message late', 'delete lost'];

/** A poller is never quite on time, so messages overtake each other. */
const POLL_MS = 1_500;
const LATE_MS = 90_000;

/** Gives message `id` to its consumer when it is visible, and deletes it when that goes well. */
export function messageDelivery(
  seed: number,
  scheduler: Scheduler,
  faults: FaultChooser,
  invocations: Invocations,
  ended: (ended: Ended<unknown>, invocation: Invocation) => void,
  told: (line: string) => void,
): (consumer: Consumer, id: number) => void {
  return function deliver(consumer, id) {
    const { queue, role, timeoutSeconds } = consumer;
    const message = queue.messages.get(id);
    if (message === undefined) return;
    const key = `${role} message ${id}.${message.receives + 1}`;
    const random = createRandom(hashText(key, seed), 'message');
    const drawn = faults.passive(key, random, messageFaults, scheduler.now());
    // SQS keeps what it has taken; looks are lost here all the same, because an operator may purge the queue.
    const hit = drawn?.kind === 'message lost' && message.body.includes('"kind":"notify"') ? null : drawn;
    if (hit !== null) told(`${hit.kind}   [${key}]`);
    const late = hit?.kind === 'message late' ? hit.amount * LATE_MS : random.next() * POLL_MS;
    scheduler.at(message.visibleAt + late, () => {
      if (hit?.kind === 'message lost') {
        queue.delete(id);
        return;
      }
      const received = queue.receive(id);
      if (received === null) return;
      const { about, run } = consumer.work(received.body);
      // Invisible, not gone: it comes again unless it is deleted in time.
      scheduler.at(received.visibleAt, () => deliver(consumer, id));
      invocations.start(role, about, timeoutSeconds, run, (how, invocation) => {
        ended(how, invocation);
        if (how.kind === 'returned' && hit?.kind !== 'delete lost') queue.delete(id);
      });
      if (hit?.kind === 'message doubled') invocations.start(role, about, timeoutSeconds, run, ended);
    });
  };
}
