/** What every consumer of a queue is wired with: how a message that it cannot handle goes back. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { isNewer } from '../../shared/clients/messages.ts';
import { firstSentAt, giveBackTo, putBackTo } from '../../shared/clients/queues.ts';
import type { ConsumerOptions } from '../../shared/lambda/sqs.ts';
import { now } from './refresh.ts';

/** For the consumer of the queue at `queueUrl`. */
export const queueWiring = (
  client: SQSClient,
  queueUrl: string,
): Pick<ConsumerOptions<unknown>, 'isNewer' | 'firstSentAt' | 'putBack' | 'giveBack' | 'now'> => ({
  isNewer: (body) => isNewer(body),
  firstSentAt,
  putBack: putBackTo(client, queueUrl),
  giveBack: giveBackTo(client, queueUrl),
  now,
});
