// EventBridge, every minute, or the SQS sweep queue  ->  open claims  ->  ended, published, or set going again
import middy from '@middy/core';
import type { EventBridgeEvent, SQSEvent } from 'aws-lambda';
import { decodeSweepRest } from '../shared/clients/messages.ts';
import { sweepQueue } from '../shared/clients/queues.ts';
import { secondsBetween } from '../shared/domain/instant.ts';
import { pauseAt } from '../shared/domain/pause.ts';
import { continueSweep, repairedIn, type SweepCounts, type SweepDeps, sweep } from '../shared/domain/sweep.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, endingDeps, now, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** A minute, or a message with what the sweep of a minute has left. */
type SweepEvent = EventBridgeEvent<string, unknown> | SQSEvent;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('sweep', source);
  const report = instanceTelemetry('sweep', env);
  const queue = sqs(env.followUpQueueUrl);
  const deps: SweepDeps = {
    ...endingDeps(env, dynamoDb(env.membersTable, 1), report, queue),
    sweepRests: sweepQueue(queue, env.sweepQueueUrl),
  };
  const failed = (key: { readonly memberGuid: string } | null, error: unknown): void =>
    report.log('sweep.failed', { member_guid: key?.memberGuid, error });

  async function sweptFor(event: SweepEvent): Promise<SweepCounts> {
    // The queue hands over one message at a time.
    const [message] = 'Records' in event ? event.Records : [];
    return message === undefined ? sweep(deps, failed) : continueSweep(deps, decodeSweepRest(message.body), failed);
  }

  async function countPause(): Promise<void> {
    const pause = await deps.pauses.known().then(
      (pauses) => pauseAt(pauses, now()),
      (error) => report.log('pause.unread', { error }),
    );
    if (pause) report.count('MinutesPaused', Math.floor(secondsBetween(pause.from, now()) / 60));
  }

  return middy<SweepEvent, void>().handler(async (event) => {
    const counts = await sweptFor(event);
    report.count('SweepRepaired', repairedIn(counts));
    await countPause();
    report.log('sweep.done', { counts });
    report.flush();
    // After all others: only the alarm on this function's errors tells an operator. A message is void a minute later.
    if (counts.failed > 0) {
      throw new Error(`${counts.failed} open refreshes or parts of their list failed: the lines sweep.failed say why`);
    }
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
