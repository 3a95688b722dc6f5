/**
 * A closed list of log events (`metrics.ts` has that of metrics): saved queries and the runbook use these names. A line is
 * one JSON object on standard output; what was counted up to then stands in it in CloudWatch's embedded metric format.
 *
 * Not Powertools: its logger and its metrics write two lines for one unit of work, the event twice, a trace id although
 * X-Ray is off by default, and are 34 KB of every bundle. CloudWatch is paid by the byte.
 */
import type { Clock } from '../domain/instant.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { type CountName, OF_A_VERSION, type ValueName } from './metrics.ts';
import { asNamed } from './refusal.ts';

/** The only log events there are: one line at the end of each unit of work, and one for each fault inside it. */
export type LogEvent =
  | 'request.answered'
  | 'request.failed'
  | 'start.accepted'
  | 'start.done'
  | 'start.failed'
  | 'follow_up.done'
  | 'follow_up.failed'
  | 'message.unreadable'
  | 'message.put_back'
  | 'secret.served_on'
  | 'webhook.handled'
  | 'member.erased'
  | 'erasure.asked'
  | 'data.erased'
  | 'notice.done'
  | 'notice.failed'
  | 'callback.done'
  | 'callback.failed'
  | 'mx.failed'
  | 'mx.checked'
  | 'mx.fields_dropped'
  | 'mx.unknown_status'
  | 'history.not_kept'
  | 'pause.unread'
  | 'institution.unread'
  | 'institution.not_learnt'
  | 'schedule.done'
  | 'sweep.done'
  | 'sweep.failed';

/**
 * What a log line may carry. Named one by one: never an event, a body, an account or an answer of MX's. Guids are MX's
 * opaque names; the caller's own ids of users and members do not appear.
 */
export interface LogFields {
  readonly refresh_id?: string | undefined;
  /** What a caller calls its request, where it does: else `request_id` and `refresh_id` are the names to search for. */
  readonly correlation_id?: string | undefined;
  readonly callback_id?: string | undefined;
  readonly erasure_id?: string | undefined;
  readonly member_guid?: string | undefined;
  /** Which of MX's calls. */
  readonly call?: string | undefined;
  /** Names of MX's fields, never their values. */
  readonly fields?: readonly string[] | undefined;
  readonly route?: string | undefined;
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly outcome?: string | undefined;
  readonly reason?: string | undefined;
  readonly look?: number | undefined;
  /** What a look has seen: status, `running` or `idle`, and how much that proves of the job. */
  readonly seen?: string | undefined;
  readonly count?: number | undefined;
  readonly counts?: Readonly<Record<string, number>> | undefined;
  readonly message_id?: string | undefined;
  readonly error?: unknown;
}

/** What stands in every line of one request. */
export interface RequestFields {
  /** The gateway's: `requestId` of its access log, and the answer's header `apigw-requestid`. */
  readonly request_id: string;
  /** A client id or the ARN of a user or role; undefined until it is known who calls. */
  readonly caller?: string | undefined;
  /** As in `LogFields`. */
  readonly correlation_id?: string | undefined;
}

/** What lines have in common: whose they are. */
export type LineNames = Pick<LogFields, 'refresh_id' | 'correlation_id' | 'member_guid' | 'erasure_id'>;

/** `to`, with the names of that moment in each of its lines. What is counted is counted together. */
export const lines = (to: Telemetry, names: () => LineNames): Telemetry => ({
  ...to,
  log: (event, fields = {}) => to.log(event, { ...names(), ...fields }),
});

/** Writes log lines and counts. */
export interface Telemetry {
  /** From here to the next `flush`, every line has these fields. */
  about(request: RequestFields): void;
  /**
   * One line, with what has been counted since the last one. With `error`, its code, fate and message are in it, and
   * where it happened when it is a bug. The message of a caller's fault is not: it may quote what the caller sent.
   */
  log(event: LogEvent, fields?: LogFields): void;
  /** Counted before the line that tells of it, it costs no line of its own. */
  count(metric: CountName, value?: number): void;
  /** A value among those whose percentiles are known. Like a count, it stands in the next line. */
  measure(metric: ValueName, value: number): void;
  /** Writes what was counted and stands in no line yet. Call once, at the end of an invocation. */
  flush(): void;
}

/** Codes for MX not accepting our credentials or our address: until it does, no refresh succeeds. */
const operatorCodes: ReadonlySet<string> = new Set([
  'mx_credentials_missing',
  'mx_credentials_rejected',
  'mx_forbidden',
  'mx_redirected',
]);

/**
 * Telemetry of the function `service` in the deployment `stage`: the dimensions of its metrics.
 *
 * @param version of the function, where it has versions.
 */
export function telemetry(service: string, stage: string, now: Clock, version?: string): Telemetry {
  const metrics = embeddedMetrics();
  let request: RequestFields | undefined;

  // Lambda needs `level` and `timestamp`: a line without a timestamp becomes one of level INFO, and gets one from Lambda.
  function write(level: 'INFO' | 'WARN' | 'ERROR', said: object): void {
    const timestamp = now();
    const counted = metrics.take(timestamp);
    // The stage is a dimension of the metrics; the log group's name has it for all other lines.
    const of = '_aws' in counted ? { service, stage, version } : { service };
    const line = { level, timestamp, ...of, ...request, ...said, ...counted };
    // Not `console`: with the log format JSON, Lambda would put the line as a text into one of its own.
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }

  return {
    about({ request_id, caller, correlation_id }) {
      request = { request_id, caller: caller === undefined ? undefined : bounded(caller), correlation_id };
    },
    log(event, { error, ...fields } = {}) {
      if (error === undefined) {
        write('INFO', { event, ...fields });
        return;
      }
      const failure = asNamed(error);
      const { code, fate } = failure;
      const said = {
        event,
        ...fields,
        code,
        fate,
        failure: fate === 'caller-fault' ? undefined : bounded(failure.message),
      };
      if (failure.fate === 'bug') {
        if (version !== undefined) metrics.count(OF_A_VERSION, 1);
        write('ERROR', { ...said, cause: causeOf(failure) });
      } else write('WARN', said);
    },
    count(metric, value = 1) {
      metrics.count(metric, value);
    },
    measure(metric, value) {
      if (metrics.measure(metric, value)) write('INFO', {});
    },
    flush() {
      if (!metrics.isEmpty()) write('INFO', {});
      request = undefined;
    },
  };
}

/** The longest text of a field, in characters: CloudWatch is paid by the byte. */
const MAX_TEXT = 300;

const bounded = (text: string): string => (text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`);

/** Name, message and place of an unexpected error. AWS's errors name tables and attributes, not values. */
function causeOf(failure: Error): { name: string; message: string; stack: string | undefined } {
  const cause = failure.cause instanceof Error ? failure.cause : failure;
  const places = cause.stack?.split('\n').filter((line) => /^ +at /.test(line));
  return {
    name: bounded(cause.name),
    message: bounded(cause.message),
    stack: places?.slice(0, 3).map(bounded).join('\n'),
  };
}

/** Counts the failures that an operator has to repair, wherever they come up. */
export function countOperatorFaults(to: Telemetry, code: string | undefined): void {
  if (code !== undefined && operatorCodes.has(code)) to.count('MxCredentialsRejected');
}
