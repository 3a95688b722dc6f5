import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Running, startRunning } from './running.ts';

let running: Running;
beforeAll(async () => {
  running = await startRunning({ gradualUpdates: 'linear10PercentEvery1Minute' });
});
afterAll(() => running?.close());

it('with aliases a refresh goes its way', async () => {
  const { path } = running.addMember();
  const { trigger, event } = await running.refresh(path);
  expect(trigger.status).toBe(202);
  expect(event).toMatchObject({ type: 'refresh.succeeded' });
  const accounts = await running.call('GET', `${path}/accounts`);
  expect([accounts.status, accounts.headers.get('balances-freshness')]).toEqual([200, 'fresh']);
});
