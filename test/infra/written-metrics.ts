/** Whether lines of functions have only metrics that docs/metrics.md says they write. */
import { metricTable } from '../../shared/lambda/metric-table.ts';
import { dimensionsOf, type MetricName, NAMESPACE, unitOf } from '../../shared/lambda/metrics.ts';
import { at, listAt } from './synthesized.ts';

const isMetric = (name: string): name is MetricName => Object.hasOwn(metricTable, name);

/** What is wrong with the metrics of a line; nothing when they are as the table says. */
function faultsOf(line: unknown): readonly string[] {
  const service = String(at(line, 'service'));
  return listAt(line, '_aws', 'CloudWatchMetrics').flatMap((directive) =>
    listAt(directive, 'Metrics').flatMap((metric) => {
      const name = String(at(metric, 'Name'));
      if (at(directive, 'Namespace') !== NAMESPACE || !isMetric(name)) return [`${name} is not in the table`];
      const dimensions = listAt(directive, 'Dimensions', 0).join();
      return [
        ...(dimensions === dimensionsOf(name).join() ? [] : [`${name} has the dimensions ${dimensions}`]),
        ...(at(metric, 'Unit') === unitOf(name) ? [] : [`${name} has the unit ${String(at(metric, 'Unit'))}`]),
        ...(metricTable[name].writers.some((writer) => writer === service) ? [] : [`${service} writes ${name}`]),
      ];
    }),
  );
}

/** The same of many lines, each once. */
export const unlistedMetrics = (lines: readonly string[]): readonly string[] => [
  ...new Set(lines.filter((line) => line.includes('"_aws"')).flatMap((line) => faultsOf(JSON.parse(line)))),
];
