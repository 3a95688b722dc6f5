import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { dynamoDb, endingDeps, keptForMinutes } from '../../../functions/wiring/refresh.ts';
import { readEnvironment } from '../../../shared/lambda/environment.ts';
import { placeholders } from '../../placeholders.ts';
import { T0 } from '../../samples.ts';
import { recordedTelemetry } from '../lambda/recorded-telemetry.ts';

/** A client that must not be called. */
const unused = (): DynamoDBClient => dynamoDb('none');

const wired = (given: Partial<typeof placeholders> = {}) =>
  endingDeps(readEnvironment('sweep', { ...placeholders, ...given }), unused(), recordedTelemetry());

describe('work within a time', () => {
  const { within } = wired();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

  it('that is done is done', async () => {
    const before = timers();
    const work = new Promise<void>((resolve) => setImmediate(resolve));
    expect(await within(600_000, work)).toBe(true);
    expect(timers()).toBeLessThanOrEqual(before);
  });

  it('that takes longer is not', async () => {
    expect(await within(1, new Promise(() => {}))).toBe(false);
  });

  it('that fails has failed', async () => {
    const error = new Error('away');
    await expect(within(600_000, Promise.reject(error))).rejects.toBe(error);
  });
});

describe('the id of a refresh', () => {
  const ids = Array.from({ length: 200 }, () => wired().newRefreshId(T0));

  it('has the time, then chance', () => {
    // 2026-11-21T12:00:00.000Z in Crockford's base 32.
    for (const id of ids) expect(id).toMatch(/^RFR-01M7YZMHG0[0-9A-HJKMNP-TV-Z]{16}$/);
  });

  it('has all characters by chance', () => {
    expect([...new Set(ids.flatMap((id) => [...id.slice(14)]))].toSorted().join('')).toBe(
      '0123456789ABCDEFGHJKMNPQRSTVWXYZ',
    );
  });
});

it('without a queue for them there are no callbacks', async () => {
  expect(await wired({ CALLBACK_QUEUE_URL: '' }).callbacks.page('RFR-1', '')).toEqual({
    callbacks: [],
    hasMore: false,
  });
});

it('a secret is kept for five minutes, and then said', () => {
  const telemetry = recordedTelemetry();
  const { maxAgeSeconds, onServedOn } = keptForMinutes(telemetry);
  const error = new Error('away');
  onServedOn?.(error);
  expect([maxAgeSeconds, telemetry.lines]).toEqual([300, [{ event: 'secret.served_on', fields: { error } }]]);
});
