// EventBridge, every minute  ->  open claims  ->  ended, published, or set going again
import middy from '@middy/core';
import { type SweepDeps, sweep } from '../shared/domain/sweep.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { telemetry } from '../shared/lambda/log.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, endingDeps, now } from './wiring/refresh.ts';

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('sweep', source);
  const report = telemetry('sweep', env.stage, now);
  const deps: SweepDeps = endingDeps(env, dynamoDb(env.membersTable));
  return middy().handler(async () => {
    const counts = await sweep(deps, (key, error) =>
      report.log('sweep.failed', { member_guid: key.memberGuid, error }),
    );
    report.count('SweepRepaired', counts.publish + counts.end + counts.end_storing + counts.look);
    report.log('sweep.done', { counts });
    report.flush();
    // After all others: only the alarm on this function's errors tells an operator.
    if (counts.failed > 0) throw new Error(`${counts.failed} open refreshes could not be repaired`);
  });
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
