/** A line of a log, as CloudWatch has it, for people and programs. */
import { instantOf } from '../../../shared/domain/instant.ts';
import { functionNameOf } from '../../constructs/construct-ids.ts';

/** One event of CloudWatch Logs. */
export interface LogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `FollowUp`: whose log group it is in. */
  readonly functionId: string;
  readonly message: string;
}

/** The line’s fields; null when it is no JSON object: a crash of Node’s writes such lines. */
export function fieldsOf({ message }: Pick<LogEvent, 'message'>): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/**
 * Whether an operator should look at it: a warning or an error of ours, what is no line of ours, and of Lambda’s own lines those of
 * invocations that did not succeed, such as one that ran out of time.
 */
export function isTrouble(event: Pick<LogEvent, 'message'>): boolean {
  const fields = fieldsOf(event);
  if (fields === null) return true;
  const record: unknown = fields['record'];
  const status: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, 'status') : undefined;
  if (status !== undefined) return status !== 'success';
  return ['WARN', 'ERROR', 'FATAL'].includes(String(fields['level']));
}

/** Said in columns of their own, or of no use to people. */
const LEFT_OUT = new Set(['level', 'timestamp', 'service', 'event', 'stage', 'version', '_aws']);

/** Names of metrics stand in the line too. */
const isMetric = (name: string): boolean => /^[A-Z]/.test(name);

/** `2026-11-27T19:12:55.349Z INFO  follow-up follow_up.done look=2 outcome=looking_again refresh_id=RFR-…` */
export function lineFor(event: LogEvent): string {
  const fields = fieldsOf(event);
  const time = instantOf(event.at);
  // Nothing in a log may move the cursor of the terminal that shows it.
  if (fields === null)
    return `${time} ?     ${functionNameOf(event.functionId)} ${event.message.replaceAll(/\p{Cc}+/gu, ' ').trim()}`;
  const { level, service, event: name = fields['type'] } = fields;
  const rest = Object.entries(fields)
    .filter(([key, value]) => !LEFT_OUT.has(key) && !isMetric(key) && key !== 'type' && value !== null)
    .map(([key, value]) => `${key}=${shown(value)}`);
  const words = [
    time,
    String(level ?? '?').padEnd(5),
    shown(service ?? functionNameOf(event.functionId)),
    shown(name ?? ''),
    ...rest,
  ];
  return words.join(' ').trimEnd();
}

/** As it is where it is one word; else as JSON, whose escapes hold what a terminal would obey. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value !== 'string' || /^[\p{L}\p{N}\p{P}\p{S}]*$/u.test(text) ? text : JSON.stringify(text);
}

/** The line for programs: as it was written, or, where that is no JSON, in an object. */
export function jsonFor(event: LogEvent): string {
  return fieldsOf(event) === null
    ? JSON.stringify({
        timestamp: instantOf(event.at),
        service: functionNameOf(event.functionId),
        message: event.message,
      })
    : event.message.trim();
}

/** The refreshes that these lines name. */
export function refreshesIn(events: readonly LogEvent[]): ReadonlySet<string> {
  const ids = events.map((event) => fieldsOf(event)?.['refresh_id']);
  return new Set(ids.filter((id) => typeof id === 'string'));
}
