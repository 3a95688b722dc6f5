import { expect, it, vi } from 'vitest';
import { beforeFirstCall, firstCallPrepared } from '../../../functions/wiring/first-call.ts';

const inLambda = { AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' };

it('does everything once, also when parts fail', async () => {
  const done: string[] = [];
  beforeFirstCall(async () => {
    throw new Error('away');
  });
  beforeFirstCall(async () => {
    await new Promise(setImmediate);
    done.push('second');
  });
  await firstCallPrepared(inLambda);
  await firstCallPrepared(inLambda);
  expect(done).toEqual(['second']);
});

it('does not wait longer than it may', async () => {
  beforeFirstCall(() => new Promise(() => {}));
  await expect(firstCallPrepared(inLambda, 1)).resolves.toBeUndefined();
});

it('does nothing outside Lambda', async () => {
  const work = vi.fn(async () => {});
  beforeFirstCall(work);
  await firstCallPrepared({});
  expect(work).not.toHaveBeenCalled();
});

it('leaves no timer behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  beforeFirstCall(async () => {});
  await firstCallPrepared(inLambda, 600_000);
  expect(timers()).toBeLessThanOrEqual(before);
});
