/** Telemetry that keeps its lines, counts and flushes for a test. */
import type { LogEvent, LogFields, MetricName, RequestFields, Telemetry } from '../../../shared/lambda/log.ts';

/** What was logged, counted and flushed, in the order it happened. */
export interface RecordedTelemetry extends Telemetry {
  readonly lines: { event: LogEvent; fields: LogFields }[];
  readonly counts: MetricName[];
  /** Of every metric that was counted, how much. */
  readonly sums: Partial<Record<MetricName, number>>;
  /** What every later line is about. */
  readonly requests: RequestFields[];
  readonly order: ('log' | 'count' | 'flush')[];
}

/** An empty record. */
export function recordedTelemetry(): RecordedTelemetry {
  const lines: RecordedTelemetry['lines'] = [];
  const counts: MetricName[] = [];
  const sums: RecordedTelemetry['sums'] = {};
  const requests: RequestFields[] = [];
  const order: RecordedTelemetry['order'] = [];
  return {
    lines,
    counts,
    sums,
    requests,
    order,
    about: (request) => void requests.push(request),
    log(event, fields = {}) {
      order.push('log');
      lines.push({ event, fields });
    },
    count(metric, value = 1) {
      order.push('count');
      counts.push(metric);
      sums[metric] = (sums[metric] ?? 0) + value;
    },
    flush: () => void order.push('flush'),
  };
}
