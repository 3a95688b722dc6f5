import { describe, expect, it } from 'vitest';
import { deliver } from '../../../functions/deliver-callback.ts';
import type { Receipt } from '../../../shared/domain/deliver-callback.ts';
import { endedEvent, type RefreshEnded } from '../../../shared/domain/event.ts';
import type { Delivery } from '../../../shared/domain/notify-ports.ts';
import { attemptOf, claim, key, T0 } from '../../samples.ts';
import { callbackWorld, ID, URL_1 } from '../domain/callback-world.ts';
import { recordedTelemetry } from './recorded-telemetry.ts';

const eventOf = (correlationId: string | null): RefreshEnded =>
  endedEvent(key, { ...attemptOf(claim({ refreshId: ID })), correlationId });

const delivery = (given: Partial<Delivery> = {}): Delivery => ({
  callbackId: 'CBK-1',
  url: URL_1,
  event: eventOf(null),
  attempt: 3,
  since: T0,
  notBefore: T0,
  ...given,
});

async function said(given: Partial<Delivery> = {}, receipt: Receipt | null = null) {
  const { deliver: deps, receives } = callbackWorld();
  receives(() => receipt);
  const telemetry = recordedTelemetry();
  await deliver(deps, telemetry, delivery(given));
  return { lines: telemetry.lines, counts: telemetry.counts, order: telemetry.order };
}

const answers = (status: number): Receipt => ({ status, retryAfterSeconds: null });

describe('a delivery says and counts', () => {
  it.each<[string, Partial<Delivery>, Receipt | null, object, readonly string[]]>([
    ['delivered', {}, answers(204), { status: 204 }, ['CallbackDelivered']],
    ['retrying', {}, null, { reason: 'no_answer' }, ['CallbackRetried']],
    ['retrying', {}, answers(500), { status: 500 }, ['CallbackRetried']],
    ['gone', {}, answers(410), { status: 410 }, ['CallbackGivenUp']],
    ['not_allowed', { url: 'https://elsewhere.example.com/1' }, answers(204), {}, ['CallbackGivenUp']],
    ['waiting', { notBefore: '2026-11-21T12:00:01.000Z' }, answers(204), {}, []],
  ])('that it is %s', async (outcome, given, receipt, answer, counts) => {
    const done = await said(given, receipt);
    expect(done.lines).toEqual([
      { event: 'callback.done', fields: { callback_id: 'CBK-1', refresh_id: ID, outcome, count: 3, ...answer } },
    ]);
    expect(done.counts).toEqual(counts);
    // A metric stands in the line that follows it, and costs none of its own.
    expect(done.order.at(-1)).toBe('log');
  });

  it('what its caller calls the refresh', async () => {
    const { lines } = await said({ event: eventOf('order-1') }, answers(204));
    expect(lines).toMatchObject([{ fields: { refresh_id: ID, correlation_id: 'order-1' } }]);
  });
});
