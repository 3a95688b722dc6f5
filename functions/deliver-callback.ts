// SQS callbacks queue  ->  one signed POST to the caller's URL  ->  done, or another try later
import { callbackPost } from '../shared/clients/callback-post.ts';
import { membersReader } from '../shared/clients/members-reader.ts';
import { decodeDelivery } from '../shared/clients/messages.ts';
import { deliveryQueue } from '../shared/clients/queues.ts';
import {
  type DeliverDeps,
  type Delivered,
  deliverCallback,
  type PostCallback,
  type Receipt,
} from '../shared/domain/deliver-callback.ts';
import type { Delivery } from '../shared/domain/notify-ports.ts';
import { ownIdsIn } from '../shared/domain/own-ids.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import type { LogFields, Telemetry } from '../shared/lambda/log.ts';
import type { CountName } from '../shared/lambda/metrics.ts';
import { queueHandler } from '../shared/lambda/sqs.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { queueWiring } from './wiring/queue.ts';
import { callbackRulesOf, dynamoDb, keptForMinutes, now, secretOf, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

const metrics: Readonly<Record<Delivered, CountName | null>> = {
  delivered: 'CallbackDelivered',
  waiting: null,
  retrying: 'CallbackRetried',
  gone: 'CallbackGivenUp',
  not_allowed: 'CallbackGivenUp',
};

/** What the lines of a delivery name. Not the URL: it may hold a token of its owner's. */
function namesIn({ callbackId, event }: Delivery): LogFields {
  const { refresh_id, correlation_id } = event.data;
  // Absent in deliveries from before there were any.
  return {
    callback_id: callbackId,
    refresh_id,
    correlation_id: correlation_id === refresh_id ? undefined : correlation_id,
  };
}

/** What the receiver did, for the line of a try: its status, or that it did not answer. Undefined: it was not asked. */
const answered = (receipt: Receipt | null | undefined): LogFields => {
  if (receipt === undefined) return {};
  return receipt === null ? { reason: 'no_answer' } : { status: receipt.status };
};

/** Delivers once, and says what came of it. */
export async function deliver(deps: DeliverDeps, report: Telemetry, delivery: Delivery): Promise<void> {
  let receipt: Receipt | null | undefined;
  const post: PostCallback = async (to, body) => {
    receipt = await deps.post(to, body);
    return receipt;
  };
  const outcome = await deliverCallback({ ...deps, post }, delivery);
  const metric = metrics[outcome];
  if (metric !== null) report.count(metric);
  report.log('callback.done', { ...namesIn(delivery), outcome, count: delivery.attempt, ...answered(receipt) });
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('deliver-callback', source);
  const report = instanceTelemetry('deliver-callback', env);
  const queue = sqs(env.callbackQueueUrl);
  const deps: DeliverDeps = {
    post: callbackPost({
      secret: secretOf(env.callbackSecretArn, keptForMinutes(report)),
      loopback: env.callbackLoopback,
      now,
    }),
    ownIds: ownIdsIn(membersReader(dynamoDb(env.membersTable), env.membersTable)),
    deliveries: deliveryQueue(queue, env.callbackQueueUrl),
    rules: callbackRulesOf(env),
    now,
    random: Math.random,
  };
  return queueHandler({
    ...queueWiring(queue, env.callbackQueueUrl),
    telemetry: report,
    decode: decodeDelivery,
    failedEvent: 'callback.failed',
    namesIn,
    handle: (delivery) => deliver(deps, report, delivery),
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
