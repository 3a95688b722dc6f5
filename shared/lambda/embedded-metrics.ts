/** What is counted and measured until it stands in a line, in CloudWatch's embedded metric format. */
import { epochMillisecondsOf, type Instant } from '../domain/instant.ts';
import { type CountName, dimensionsOf, type MetricName, NAMESPACE, unitOf, type ValueName } from './metrics.ts';

/** The most values of one metric in a line: CloudWatch's limit. */
export const MOST_VALUES = 100;

/** Counts and values that stand in no line yet. */
export interface EmbeddedMetrics {
  readonly isEmpty: () => boolean;
  readonly count: (metric: CountName, value: number) => void;
  /** True: no more of them fit into a line. A value that is no number, or negative, is left out. */
  readonly measure: (metric: ValueName, value: number) => boolean;
  /** Takes everything, as the fields of a line at `at`; none when there is nothing. */
  readonly take: (at: Instant) => object;
}

/** Nothing yet. */
export function embeddedMetrics(): EmbeddedMetrics {
  const counts = new Map<CountName, number>();
  const values = new Map<ValueName, number[]>();
  const isEmpty = (): boolean => counts.size === 0 && values.size === 0;
  return {
    isEmpty,
    count(metric, value) {
      counts.set(metric, (counts.get(metric) ?? 0) + value);
    },
    measure(metric, value) {
      if (!(value >= 0 && Number.isFinite(value))) return false;
      const measured = values.get(metric) ?? [];
      measured.push(value);
      values.set(metric, measured);
      return measured.length >= MOST_VALUES;
    },
    take(at) {
      if (isEmpty()) return {};
      const taken: Partial<Record<MetricName, number | readonly number[]>> = Object.fromEntries([...counts, ...values]);
      const names = [...counts.keys(), ...values.keys()];
      counts.clear();
      values.clear();
      const byDimensions = Map.groupBy(names, (name) => dimensionsOf(name).join());
      const CloudWatchMetrics = [...byDimensions].map(([dimensions, of]) => ({
        Namespace: NAMESPACE,
        Dimensions: [dimensions.split(',')],
        Metrics: of.map((Name) => ({ Name, Unit: unitOf(Name) })),
      }));
      return { _aws: { Timestamp: epochMillisecondsOf(at), CloudWatchMetrics }, ...taken };
    },
  };
}
