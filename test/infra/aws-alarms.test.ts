/** The alarms on metrics that AWS writes: the value at which each fires, and the one beside it at which it does not. */
import { describe, expect, it } from 'vitest';
import { type Datum, metricsOfAlarm, stateOf } from './cloudwatch.ts';
import { everythingOn, synthesize } from './synthesized.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

const alarms = synthesize({ ...everythingOn, apiAccess: 'basic' })
  .ofType('AWS::CloudWatch::Alarm')
  .flatMap(({ id, Properties }) => {
    const [metric, ...others] = metricsOfAlarm(Properties);
    const isOfAws = metric !== undefined && others.length === 0 && metric.namespace.startsWith('AWS/');
    return isOfAws ? [{ id: id.replace(/[0-9A-F]{8}$/, ''), Properties, metric }] : [];
  });

type Alarm = (typeof alarms)[number];

/** So many seconds ago the metric had this value. */
const written = ({ metric }: Alarm, value: number, secondsAgo = 10): Datum => ({
  ...metric,
  atMs: NOW - secondsAgo * 1000,
  values: [value],
});

const state = (alarm: Alarm, data: readonly Datum[]) => stateOf(alarm.Properties, data, NOW);

/** By metric: a value that fires it, and one that does not. */
const values: Readonly<Record<string, readonly [fires: number, not: number]>> = {
  Errors: [1, 0],
  Throttles: [1, 0],
  ApproximateNumberOfMessagesVisible: [1, 0],
  ApproximateAgeOfOldestMessage: [1200, 1199],
  '5xx': [5, 4],
};

describe('an alarm on what AWS counts', () => {
  const counting = alarms.filter(({ metric }) => metric.name !== 'Invocations');

  it.each(counting.map((alarm) => [alarm.id, alarm] as const))('%s fires, and not without data', (_, alarm) => {
    const [fires = Number.NaN, not = Number.NaN] = values[alarm.metric.name] ?? [];
    expect(state(alarm, [written(alarm, fires)])).toBe('ALARM');
    expect(state(alarm, [written(alarm, not)])).toBe('OK');
    expect(state(alarm, [])).toBe('OK');
    // What is longer ago than a period is over.
    expect(state(alarm, [written(alarm, fires, 301)])).toBe('OK');
  });

  const ticks = alarms.filter(({ metric }) => metric.name === 'Invocations');

  it.each(ticks.map((alarm) => [alarm.id, alarm] as const))('%s fires after a quarter of an hour', (_, alarm) => {
    expect(state(alarm, [])).toBe('ALARM');
    for (const secondsAgo of [10, 310, 890]) expect(state(alarm, [written(alarm, 1, secondsAgo)])).toBe('OK');
    expect(state(alarm, [written(alarm, 1, 910)])).toBe('ALARM');
  });

  it('there are these', () => {
    expect([...new Set(alarms.map(({ metric }) => metric.name))].toSorted()).toEqual(
      [...Object.keys(values), 'Invocations'].toSorted(),
    );
    expect(ticks.map(({ id }) => id)).toEqual(['EveryMinuteRefreshStopped', 'EveryMinuteSweepStopped']);
  });
});
