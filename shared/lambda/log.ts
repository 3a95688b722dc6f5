/** A closed list of log events and metrics: alarms, dashboards and the runbook use these names. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { asNamed } from './refusal.ts';

/** The only log events there are: one line at the end of each unit of work, and one for whatever goes wrong inside it. */
export type LogEvent =
  | 'request.answered'
  | 'request.failed'
  | 'refresh.held_back'
  | 'start.done'
  | 'start.failed'
  | 'follow_up.done'
  | 'follow_up.failed'
  | 'message.unreadable'
  | 'message.put_back'
  | 'secret.served_on'
  | 'webhook.ignored'
  | 'webhook.heeded'
  | 'member.erased'
  | 'callback.done'
  | 'callback.failed'
  | 'mx.failed'
  | 'mx.fields_dropped'
  | 'mx.unknown_status'
  | 'schedule.done'
  | 'sweep.done'
  | 'sweep.failed';

/** The only metrics there are, in namespace `MxFreshBalances`. */
export type MetricName =
  | 'MxCredentialsRejected'
  | 'MxCallFailed'
  | 'MxFieldDropped'
  | 'MxUnknownStatus'
  | 'RefreshAccepted'
  | 'RefreshJoined'
  | 'RefreshHeldBack'
  | 'FollowUp'
  | 'WebhookReceived'
  | 'WebhookIgnored'
  | 'WebhookHeeded'
  | 'CallbackDelivered'
  | 'CallbackRetried'
  | 'CallbackGivenUp'
  | 'UnreadableMessage'
  | 'MessagePutBack'
  | 'MembersDue'
  | 'SweepRepaired'
  | 'CallerRefused';

/**
 * What a log line may carry. Named one by one: never an event, a body, an account or an answer of MX's. Guids are MX's
 * opaque names; the caller's own ids of users and members do not appear.
 */
export interface LogFields {
  readonly refresh_id?: string | undefined;
  readonly callback_id?: string | undefined;
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
  readonly count?: number | undefined;
  readonly counts?: Readonly<Record<string, number>> | undefined;
  readonly message_id?: string | undefined;
  readonly error?: unknown;
}

/** Writes log lines and counts. */
export interface Telemetry {
  /** One line. With `error`, its name, code and message are added, and its stack when it is a bug. */
  log(event: LogEvent, fields?: LogFields): void;
  count(metric: MetricName, value?: number): void;
  /** Writes what was counted. Call once, at the end of an invocation. */
  flush(): void;
}

/** Codes that mean: our credentials or our address are not accepted by MX. Every caller is hurt until it is repaired. */
const operatorCodes: ReadonlySet<string> = new Set([
  'mx_credentials_missing',
  'mx_credentials_rejected',
  'mx_forbidden',
  'mx_redirected',
]);

/** Telemetry of one function: JSON lines on standard output, metrics in CloudWatch's embedded format. */
export function telemetry(functionName: string, stage: string): Telemetry {
  const logger = new Logger({ serviceName: functionName, persistentKeys: { stage } });
  const metrics = new Metrics({
    namespace: 'MxFreshBalances',
    serviceName: functionName,
    defaultDimensions: { stage },
  });
  return {
    log(event, { error, ...fields } = {}) {
      if (error === undefined) {
        logger.info(event, { event, ...fields });
        return;
      }
      const failure = asNamed(error);
      const said = { event, ...fields, code: failure.code, fate: failure.fate, failure: failure.message };
      if (failure.fate === 'bug') logger.error(event, { ...said, cause: causeOf(failure) });
      else logger.warn(event, said);
    },
    count(metric, value = 1) {
      metrics.addMetric(metric, MetricUnit.Count, value);
    },
    flush() {
      metrics.publishStoredMetrics();
    },
  };
}

/** Name, message and place of an error that nobody expected. AWS's errors name tables and keys' names, not values. */
function causeOf(failure: Error): { name: string; message: string; stack: string | undefined } {
  const cause = failure.cause instanceof Error ? failure.cause : failure;
  return { name: cause.name, message: cause.message, stack: cause.stack?.split('\n').slice(1, 4).join('\n') };
}

/** Counts the failures that an operator has to repair, wherever they come up. */
export function countOperatorFaults(to: Telemetry, code: string | undefined): void {
  if (code !== undefined && operatorCodes.has(code)) to.count('MxCredentialsRejected');
}
