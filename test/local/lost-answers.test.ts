/** Answers of AWS that get lost, in the running stack. */
import { expect, it } from 'vitest';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { dataOf, refreshIdOf, startRunning } from './running.ts';

it('a look whose table falls silent is followed soon', async () => {
  let silent = false;
  const reads = { lost: 0 };
  const aroundEngines = (engines: AwsEngines): AwsEngines => ({
    ...engines,
    dynamodb(call) {
      const isLost = silent && call.caller.function?.startsWith('FollowUp') && call.action !== 'UpdateItem';
      if (!isLost) return engines.dynamodb(call);
      reads.lost += 1;
      return new Promise(() => {});
    },
  });
  const running = await startRunning({ deadlineSeconds: 600 }, { aroundEngines });
  const failed = new Promise<void>((resolve) => {
    running.project.stack.on('log', ({ line }) => {
      if (!line.includes('"follow_up.failed"')) return;
      silent = false;
      resolve();
    });
  });
  silent = true;
  const trigger = await running.call('POST', `${running.addMember().path}/check_balance`);
  await failed;
  const failedAt = performance.now();
  const event = await running.ended(refreshIdOf(trigger));
  expect(dataOf(event)['outcome']).toBe('succeeded');
  expect(reads.lost).toBeGreaterThan(0);
  // SQS would deliver the failed message again after 180 s.
  expect(performance.now() - failedAt).toBeLessThan(60_000);
  await running.close();
});
