/** The queues of dead letters of a deployment, by its stack outputs. */
import type { Deployment } from '../deployment.ts';
import { exitCodes, Stop } from '../exit-codes.ts';

/** What the queues are called on the command line. */
export const queueNames = ['follow-ups', 'starts', 'callbacks', 'ticks'] as const;

/** One of them. */
export type QueueName = (typeof queueNames)[number];

/** A queue of dead letters. */
export interface DeadLetterQueue {
  readonly name: QueueName;
  readonly url: string;
  /** Where its letters came from and can be sent back to; null: nowhere, they are minutes that the next ones made up for. */
  readonly sourceUrl: string | null;
}

/**
 * The queue called `only`, or all that there are.
 *
 * @throws Stop `usage` when callbacks are asked for and are switched off, `unreachable` for a stack of an older version.
 */
export function deadLetterQueues(
  { output, outputs }: Pick<Deployment, 'output' | 'outputs'>,
  only: QueueName | null,
): readonly DeadLetterQueue[] {
  // Every stack of this version has the first output, so that its absence means an older one and not a setting.
  const queues: DeadLetterQueue[] = [
    { name: 'follow-ups', url: output('FollowUpDeadLetterQueueUrl'), sourceUrl: output('FollowUpQueueUrl') },
    { name: 'starts', url: output('StartDeadLetterQueueUrl'), sourceUrl: output('StartQueueUrl') },
  ];
  if (outputs['CallbackDeadLetterQueueUrl'] !== undefined) {
    const url = output('CallbackDeadLetterQueueUrl');
    queues.push({ name: 'callbacks', url, sourceUrl: output('CallbackQueueUrl') });
  }
  queues.push({ name: 'ticks', url: output('TickDeadLetterQueueUrl'), sourceUrl: null });
  if (only === null) return queues;
  const named = queues.filter(({ name }) => name === only);
  if (named.length > 0) return named;
  throw new Stop(exitCodes.usage, 'There is no queue of callbacks: the setting callbackHosts is empty.');
}
