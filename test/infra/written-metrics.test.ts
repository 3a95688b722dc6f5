import { expect, it } from 'vitest';
import { unlistedMetrics } from './written-metrics.ts';

const line = (
  service: string,
  name: string,
  dimensions: readonly string[],
  Unit = 'Count',
  Namespace = 'MxFreshBalances',
) =>
  JSON.stringify({
    service,
    _aws: { CloudWatchMetrics: [{ Namespace, Dimensions: [dimensions], Metrics: [{ Name: name, Unit }] }] },
  });

it.each<[string, string, readonly string[]]>([
  ['as listed', line('sweep', 'SweepRepaired', ['service', 'stage']), []],
  ['without metrics', '{"service":"sweep","event":"sweep.done"}', []],
  ['not listed', line('sweep', 'SweepDone', ['service', 'stage']), ['SweepDone is not in the table']],
  ['of others', line('sweep', 'ColdStart', ['stage'], 'Count', 'Others'), ['ColdStart is not in the table']],
  ['of others’ functions', line('sweep', 'MembersDue', ['service', 'stage']), ['sweep writes MembersDue']],
  ['by members', line('sweep', 'ColdStart', ['stage', 'member']), ['ColdStart has the dimensions stage,member']],
  ['in minutes', line('sweep', 'SecondsToStored', ['stage'], 'None'), ['SecondsToStored has the unit None']],
])('a metric %s', (_, written, faults) => {
  expect(unlistedMetrics([written, written])).toEqual(faults);
});
