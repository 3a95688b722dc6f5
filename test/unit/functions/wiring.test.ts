import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { keptHistory } from '../../../functions/wiring/history.ts';
import { callbackRulesOf, dynamoDb, endingDeps, keptForMinutes } from '../../../functions/wiring/refresh.ts';
import { noBreakers } from '../../../shared/clients/breakers-table.ts';
import { noInstitutions } from '../../../shared/clients/institutions-table.ts';
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

it.each([
  [{}, { lagSeconds: 0.4, webhooks: false }],
  [
    { LOOK_LAG_MILLISECONDS: '2500', WEBHOOKS: 'known' },
    { lagSeconds: 2.5, webhooks: true },
  ],
  [{ WEBHOOKS: 'all' }, { lagSeconds: 0.4, webhooks: true }],
])('with %j looks are planned by %j', (given, looks) => {
  expect(wired(given).looks).toEqual(looks);
});

it.each([
  ['false', 'true', false, false],
  ['true', 'false', true, false],
  ['true', 'true', true, true],
])('learning %s, breaker %s: counted %s, heeded %s', (LEARNING, BREAKER, isCounted, isHeeded) => {
  const { institutions, breakers } = wired({ LEARNING, BREAKER });
  expect([institutions !== noInstitutions, breakers !== noBreakers]).toEqual([isCounted, isHeeded]);
});

describe('a table that does not answer', () => {
  const error = new Error('away');
  const tables = { send: () => Promise.reject(error) } as never;
  const failing = () => {
    const telemetry = recordedTelemetry();
    const env = readEnvironment('sweep', { ...placeholders, LEARNING: 'true', BREAKER: 'true' });
    return { telemetry, deps: endingDeps(env, tables, telemetry) };
  };

  it.each<[string, (deps: ReturnType<typeof endingDeps>) => Promise<unknown>]>([
    ['of lengths', ({ institutions }) => institutions.lengths('mxbank')],
    ['of breakers', ({ breakers }) => breakers.open()],
  ])('%s is said', async (_what, read) => {
    const { telemetry, deps } = failing();
    await read(deps);
    expect(telemetry.lines).toMatchObject([{ event: 'institution.unread', fields: { error: expect.any(Error) } }]);
  });

  it('to learn from a refresh is said', () => {
    const { telemetry, deps } = failing();
    deps.notLearnt(error);
    expect(telemetry.lines).toEqual([{ event: 'institution.not_learnt', fields: { error } }]);
  });
});

describe('former amounts', () => {
  it('go nowhere without days to keep them', () => {
    expect(keptHistory(unused(), { historyTable: '', historyDays: 0 }, recordedTelemetry())).toBeNull();
  });

  it('that are not kept are counted and said', () => {
    const telemetry = recordedTelemetry();
    const error = new Error('away');
    const kept = keptHistory(unused(), { historyTable: 'none', historyDays: 1 }, telemetry);
    kept?.notKept({ memberGuid: 'MBR-1', waiting: 3, lost: 2, error });
    expect([telemetry.sums, telemetry.lines]).toEqual([
      { HistoryNotKept: 5 },
      [{ event: 'history.not_kept', fields: { member_guid: 'MBR-1', counts: { waiting: 3, lost: 2 }, error } }],
    ]);
  });
});

it('callbacks go where the operator allows', () => {
  expect(callbackRulesOf({ callbackHosts: ['hooks.example.com'], callbackLoopback: true })).toEqual({
    hosts: ['hooks.example.com'],
    loopback: true,
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
