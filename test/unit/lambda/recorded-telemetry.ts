/** Telemetry that keeps its lines, counts and flushes for a test. */
import type { LogEvent, LogFields, RequestFields, Telemetry } from '../../../shared/lambda/log.ts';
import type { CountName, ValueName } from '../../../shared/lambda/metrics.ts';

/** What was logged, counted and flushed, in the order it happened. */
export interface RecordedTelemetry extends Telemetry {
  readonly lines: { event: LogEvent; fields: LogFields }[];
  readonly counts: CountName[];
  readonly values: [ValueName, number][];
  /** Of every metric that was counted, how much. */
  readonly sums: Partial<Record<CountName, number>>;
  /** What every later line is about. */
  readonly requests: RequestFields[];
  readonly order: ('log' | 'count' | 'flush')[];
}

/** An empty record. */
export function recordedTelemetry(): RecordedTelemetry {
  const lines: RecordedTelemetry['lines'] = [];
  const counts: CountName[] = [];
  const values: RecordedTelemetry['values'] = [];
  const sums: RecordedTelemetry['sums'] = {};
  const requests: RequestFields[] = [];
  const order: RecordedTelemetry['order'] = [];
  return {
    lines,
    counts,
    values,
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
    measure: (metric, value) => void values.push([metric, value]),
    flush: () => void order.push('flush'),
  };
}
