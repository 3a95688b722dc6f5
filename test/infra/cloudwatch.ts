/** CloudWatch as far as alarms go: metrics out of log lines, and what state they bring an alarm of the template into. */
import { evaluateMath, type Value } from './metric-math.ts';
import { at, listAt } from './synthesized.ts';

/** A value that was written, or several. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly values: readonly number[];
}

/** What CloudWatch takes from these lines: the embedded metric format. */
export function metricsIn(lines: readonly string[]): readonly Datum[] {
  return lines
    .filter((line) => line.includes('"_aws"'))
    .map((line): unknown => JSON.parse(line))
    .flatMap((line) =>
      listAt(line, '_aws', 'CloudWatchMetrics').flatMap((directive) =>
        listAt(directive, 'Dimensions').flatMap((names) =>
          listAt(directive, 'Metrics').map((metric) => ({
            namespace: String(at(directive, 'Namespace')),
            name: String(at(metric, 'Name')),
            dimensions: Object.fromEntries(listAt(names).map((name) => [String(name), String(at(line, String(name)))])),
            atMs: Number(at(line, '_aws', 'Timestamp')),
            values: listAt(line, String(at(metric, 'Name'))).map(Number),
          })),
        ),
      ),
    );
}

/** The widgets of the template's dashboards. References to resources are their logical ids. */
export const widgetsOf = (dashboards: readonly { readonly Properties: unknown }[]): readonly unknown[] =>
  dashboards.flatMap(({ Properties }) => {
    const parts = listAt(Properties, 'DashboardBody', 'Fn::Join', 1);
    const body = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part).replaceAll('"', "'")));
    return listAt(JSON.parse(body.join('')), 'widgets');
  });

/** The metrics of a graph. */
export const metricsOfWidget = (widget: unknown): readonly WatchedMetric[] =>
  listAt(widget, 'properties', 'metrics').map((metric) => {
    const [namespace, name, ...rest] = listAt(metric).filter((part) => typeof part === 'string');
    const dimensions = rest.flatMap((part, index) => (index % 2 === 0 ? [[part, String(rest[index + 1])]] : []));
    return { namespace: String(namespace), name: String(name), dimensions: Object.fromEntries(dimensions) };
  });

/** A metric as the template names it. Dimensions that are references to resources are JSON. */
export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const watched = (metric: unknown): WatchedMetric => ({
  namespace: String(at(metric, 'Namespace')),
  name: String(at(metric, 'MetricName')),
  dimensions: Object.fromEntries(
    listAt(metric, 'Dimensions').map((one) => [String(at(one, 'Name')), text(at(one, 'Value'))]),
  ),
});

/** The metrics that an alarm looks at. */
export const metricsOfAlarm = (alarm: unknown): readonly WatchedMetric[] =>
  at(alarm, 'MetricName') === undefined
    ? listAt(alarm, 'Metrics')
        .map((part) => at(part, 'MetricStat', 'Metric'))
        .filter((metric) => metric !== undefined)
        .map(watched)
    : [watched(alarm)];

const isOf = (datum: Datum, metric: WatchedMetric): boolean =>
  datum.namespace === metric.namespace &&
  datum.name === metric.name &&
  JSON.stringify(Object.entries(datum.dimensions).toSorted()) ===
    JSON.stringify(Object.entries(metric.dimensions).toSorted());

/** @throws Error for statistics that are not implemented. */
function statisticOf(values: readonly number[], statistic: string): Value {
  if (values.length === 0) return null;
  switch (statistic) {
    case 'Sum':
      return values.reduce((sum, value) => sum + value, 0);
    case 'SampleCount':
      return values.length;
    case 'Maximum':
      return Math.max(...values);
    default:
      throw new Error(`the statistic ${statistic} is not implemented`);
  }
}

/**
 * The state of an alarm at `nowMs`. Its periods end there: CloudWatch's default window moves on with each evaluation.
 *
 * @throws Error for what is not implemented.
 */
export function stateOf(alarm: unknown, data: readonly Datum[], nowMs: number): 'ALARM' | 'OK' {
  const periods = Number(at(alarm, 'EvaluationPeriods'));
  const fires = Array.from({ length: periods }, (_, ago) => ago).every((ago) => {
    const value = periodValue(alarm, data, nowMs, ago);
    return value === null ? at(alarm, 'TreatMissingData') === 'breaching' : breaches(alarm, value);
  });
  return fires ? 'ALARM' : 'OK';
}

function breaches(alarm: unknown, value: number): boolean {
  const threshold = Number(at(alarm, 'Threshold'));
  switch (at(alarm, 'ComparisonOperator')) {
    case 'GreaterThanOrEqualToThreshold':
      return value >= threshold;
    case 'LessThanThreshold':
      return value < threshold;
    default:
      throw new Error('the comparison is not implemented');
  }
}

/** The value of the period that ended `ago` periods before `nowMs`. */
function periodValue(alarm: unknown, data: readonly Datum[], nowMs: number, ago: number): Value {
  const inPeriod = (metric: WatchedMetric, seconds: number, statistic: string): Value => {
    const until = nowMs - ago * seconds * 1000;
    const values = data
      .filter((datum) => datum.atMs < until && datum.atMs >= until - seconds * 1000 && isOf(datum, metric))
      .flatMap(({ values: written }) => written);
    return statisticOf(values, statistic);
  };
  if (at(alarm, 'MetricName') !== undefined)
    return inPeriod(watched(alarm), Number(at(alarm, 'Period')), String(at(alarm, 'Statistic')));
  const parts = listAt(alarm, 'Metrics');
  const values = Object.fromEntries(
    parts
      .filter((part) => at(part, 'MetricStat') !== undefined)
      .map((part) => {
        const { Metric, Period, Stat } = Object(at(part, 'MetricStat'));
        return [String(at(part, 'Id')), inPeriod(watched(Metric), Number(Period), String(Stat))];
      }),
  );
  const [expression, ...others] = parts.filter((part) => at(part, 'Expression') !== undefined);
  if (others.length > 0) throw new Error('an alarm with several expressions is not implemented');
  return evaluateMath(String(at(expression, 'Expression')), values);
}
