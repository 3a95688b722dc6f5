/** The queues, outgoing: follow-ups (with webhooks and erasures), starts, deliveries. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Deliveries, Erasure, FollowUps, Hints, Starts } from '../domain/ports.ts';
import { encodeDelivery, encodeErasure, encodeHint, encodeNextLook, encodeStartBatch } from './messages.ts';

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

/** Looks on the follow-up queue at `queueUrl`. */
export const followUpQueue = (client: SQSClient, queueUrl: string): FollowUps => ({
  async send(look, inSeconds) {
    await send(client, queueUrl, encodeNextLook(look), inSeconds);
  },
});

/** Webhooks on the follow-up queue at `queueUrl`. */
export const hintQueue = (client: SQSClient, queueUrl: string): Hints => ({
  async send(hint, inSeconds) {
    await send(client, queueUrl, encodeHint(hint), inSeconds);
  },
});

/** Sends the message that erases again, on the follow-up queue at `queueUrl`. */
export const erasureQueue =
  (client: SQSClient, queueUrl: string): Erasure['eraseAgain'] =>
  async (key, inSeconds) => {
    await send(client, queueUrl, encodeErasure(key), inSeconds);
  };

/** The queue of deliveries at `queueUrl`. */
export const deliveryQueue = (client: SQSClient, queueUrl: string): Deliveries => ({
  async send(delivery, inSeconds) {
    await send(client, queueUrl, encodeDelivery(delivery), inSeconds);
  },
});

/** The start queue at `queueUrl`. */
export const startQueue = (client: SQSClient, queueUrl: string): Starts => ({
  async send(batch, delaySeconds) {
    await send(client, queueUrl, encodeStartBatch(batch), delaySeconds);
  },
});
