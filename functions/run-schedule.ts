// EventBridge, every minute  ->  who is due  ->  SQS start queue
import middy from '@middy/core';
import { startQueue } from '../shared/clients/queues.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import { runSchedule } from '../shared/domain/run-schedule.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now, sqs } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** What AWS calls, given its environment. An error is thrown: Lambda repeats the invocation twice. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('run-schedule', source);
  const report = instanceTelemetry('run-schedule', env);
  const deps = {
    schedule: scheduleInDynamoDb(dynamoDb(env.membersTable), env.membersTable),
    starts: startQueue(sqs(env.startQueueUrl), env.startQueueUrl),
    shards: env.scheduleShards,
    startsPerSecond: env.startsPerSecond,
    now,
  };
  return middy().handler(async () => {
    const { minutes, members } = await runSchedule(deps);
    report.count('MembersDue', members);
    report.log('schedule.done', { counts: { minutes, members } });
    report.flush();
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
