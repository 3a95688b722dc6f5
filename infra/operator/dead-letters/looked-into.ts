/** Commands of dead letters look into queues one after the other, and give back what they have received. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { snakeCased } from '../../../shared/domain/snake-case.ts';
import type { Deployment } from '../deployment.ts';
import { counted } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { type Judge, judgeIn } from './knowledge.ts';
import { type Letter, shownFields } from './letter.ts';
import { HIDDEN_SECONDS, type OpenQueue, openQueue } from './open-queue.ts';
import { deadLetterQueues, type QueueName } from './queues.ts';
import type { Verdict } from './verdict.ts';

/** What a command works with. */
export interface LookedInto {
  readonly queues: readonly OpenQueue[];
  readonly judge: Judge;
}

/** Does `work` with the queue called `only`, or all; then everything is given back, also after an error. */
export async function lookInto<Result>(
  deployment: Deployment,
  terminal: Terminal,
  only: QueueName | null,
  work: (into: LookedInto) => Promise<Result>,
): Promise<Result> {
  const named = deadLetterQueues(deployment, only);
  const sqs = new SQSClient(deployment.aws());
  const dynamoDb = deployment.dynamoDb();
  const queues = named.map((queue) => openQueue(sqs, queue, deployment.isLocal));
  try {
    return await work({ queues, judge: judgeIn(deployment, dynamoDb, terminal.now) });
  } finally {
    for (const { queue, giveBack } of queues) {
      const left = await giveBack();
      if (left > 0) {
        terminal.say(
          `${counted(left, 'letter')} of ${queue.name} could not be given back at once: SQS does it within ${HIDDEN_SECONDS / 60} minutes.`,
        );
      }
    }
    sqs.destroy();
    dynamoDb.destroy();
  }
}

/** A letter and its verdict, for programs. */
export const asJson = ({ content, ...letter }: Letter, verdict: Verdict): unknown =>
  snakeCased({ ...letter, kind: content.kind, ...shownFields(content), ...verdict });
