/** The two queues: follow-ups and starts. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { FollowUps, Starts } from '../domain/ports.ts';
import { encodeFollowUp, encodeStartBatch } from './messages.ts';

/** The longest delay SQS knows (AWS limit). */
const MAX_DELAY_SECONDS = 900;

const send = (client: SQSClient, queueUrl: string, body: string, inSeconds: number) =>
  client.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      // A look that is due later than SQS can wait comes early, finds the job not over, and waits again.
      DelaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(inSeconds))),
    }),
  );

/** The follow-up queue at `queueUrl`. */
export const followUpQueue = (client: SQSClient, queueUrl: string): FollowUps => ({
  async send(followUp, inSeconds) {
    await send(client, queueUrl, encodeFollowUp(followUp), inSeconds);
  },
});

/** The start queue at `queueUrl`. */
export const startQueue = (client: SQSClient, queueUrl: string): Starts => ({
  async send(batch, delaySeconds) {
    await send(client, queueUrl, encodeStartBatch(batch), delaySeconds);
  },
});
