/** The lines that `npm start` prints about requests, refreshes, webhooks, callbacks and errors. */
import type { ObservationFeed, Observations } from './stack/observations.ts';
import { isRecord } from './stack/template.ts';

/** The part of a running stack that is used here. */
type Observed = Pick<ObservationFeed, 'on'>;

/**
 * Prints a line for each request, refresh end, change, webhook, callback, error and dead letter.
 *
 * @param now the stack's clock, milliseconds since 1970
 * @returns stops it
 */
export function sayWhatHappens(stack: Observed, say: (line: string) => void, now: () => number = Date.now): () => void {
  const timed = (line: string | undefined): void => {
    if (line !== undefined) say(`  ${new Date(now()).toISOString().slice(11, 19)}  ${line}`);
  };
  const stops = [
    stack.on('http', (request) => timed(requestLine(request))),
    stack.on('event', (event) => timed(eventLine(event))),
    stack.on('log', (entry) => timed(logLine(entry))),
    stack.on('invocation', (invocation) => timed(invocationLine(invocation))),
    stack.on('dead-letter', (letter) => timed(deadLetterLine(letter))),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Says which calls of AWS the template's policies do not allow a function, each once. @returns stops it */
export function sayRefusals(stack: Observed, say: (line: string) => void): () => void {
  const said = new Set<string>();
  return stack.on('aws-call', (call) => {
    const line = refusalLine(call);
    if (line === undefined || said.has(line)) return;
    said.add(line);
    say(`  ${line}`);
  });
}

/** Says every line that a function writes, behind its name. @returns stops it */
export const sayLogs = (stack: Observed, say: (line: string) => void): (() => void) =>
  stack.on('log', ({ function: name, line }) => say(`  [${plainName(name)}] ${line}`));

/** A request to the API. A webhook of MX's gets its line when it has been handled. */
export function requestLine({ method, path, status, ms, route }: Observations['http']): string | undefined {
  if (route === 'POST /webhooks/mx' && status < 400) return undefined;
  const starts = method === 'POST' && path.endsWith('/check_balance');
  return `${starts && status === 202 ? 'accepted: ' : ''}${method} ${path} → ${status} (${ms} ms)`;
}

/** An event on the bus: how a refresh ended, what has changed. */
export function eventLine({ detailType, detail }: Observations['event']): string {
  const data = isRecord(detail) && isRecord(detail['data']) ? detail['data'] : {};
  switch (detailType) {
    case 'refresh.succeeded':
      return `refresh ${data['refresh_id']} ended: succeeded, balances stored`;
    case 'refresh.action_required':
    case 'refresh.failed':
      return `refresh ${data['refresh_id']} ended: ${data['outcome']} (${data['code']}); what to do: ${data['action']}`;
    case 'connection.changed':
      return `connection of ${data['member_guid']} is now ${data['connection_status'] ?? 'without a status'}`;
    case 'schedule.held':
      return `${data['member_guid']} is not started by the schedule (${data['code']}); what to do: ${data['action']}`;
    case 'institution.degraded':
      return `institution ${data['institution_code']} does not work (${data['code']}): scheduled starts wait`;
    case 'institution.recovered':
      return `institution ${data['institution_code']} works again`;
    case 'balance.changed':
      return `balance of ${data['account_guid']} has changed`;
    default:
      return `event ${detailType}`;
  }
}

/** A function's log line, unless the line of an event or a request says the same. */
export function logLine({ function: name, line }: Observations['log']): string | undefined {
  const entry = parsed(line);
  if (entry === undefined) return undefined;
  const { level, event, outcome, reason, counts, failure, code } = entry;
  if (level === 'ERROR') return `error in ${plainName(name)}: ${event}: ${causeOf(entry) ?? failure}`;
  switch (event) {
    case 'webhook.handled':
      return `webhook of MX’s about ${reason}: ${String(outcome).replaceAll('_', ' ')}`;
    case 'webhook.ignored':
      return `webhook of MX’s ignored: ${reason}`;
    case 'callback.done':
      return `callback ${callbackWords[String(outcome)] ?? outcome}`;
    case 'member.erased':
      return `member ${entry['member_guid']} erased: ${outcome}`;
    case 'message.unreadable':
      return `message that cannot be read, in ${plainName(name)}: ${failure}`;
    case 'follow_up.failed':
    case 'callback.failed':
    case 'start.failed':
    case 'sweep.failed':
      return `${String(event).replace('_', '-').replace('.', ' ')} (${code})${failure === undefined ? '' : `: ${failure}`}`;
    case 'schedule.done':
      return counted(counts, 'members') > 0 ? `schedule: ${counted(counts, 'members')} members are due` : undefined;
    default:
      return undefined;
  }
}

/** An invocation that ended badly. */
export const invocationLine = ({ function: name, error }: Observations['invocation']): string | undefined =>
  error === undefined
    ? undefined
    : `function ${plainName(name)} failed: ${error.errorType}: ${firstLine(error.errorMessage)}`;

/** A call that the template's policies do not allow. */
const refusalLine = ({ function: name, refusal }: Observations['aws-call']): string | undefined =>
  refusal === undefined || name === undefined ? undefined : `${plainName(name)} may not do this: ${refusal}`;

/** A message that was given up. */
export const deadLetterLine = ({ queue, messageId }: Observations['dead-letter']): string =>
  `dead letter in ${plainName(queue)}: message ${messageId}`;

const callbackWords: Readonly<Record<string, string>> = {
  delivered: 'delivered',
  waiting: 'waits for its time',
  retrying: 'was not accepted; it will be sent again',
  gone: 'given up: the receiver said 410',
  not_allowed: 'given up: its host is not allowed',
};

/** A function's or queue's logical id without what the CDK and its construct append. */
const plainName = (logicalId: string): string => logicalId.replace(/(Function|Queue)?[0-9A-F]{8}$/, '');

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

function causeOf({ cause }: Readonly<Record<string, unknown>>): string | undefined {
  return isRecord(cause) ? `${cause['name']}: ${firstLine(String(cause['message']))}` : undefined;
}

const counted = (counts: unknown, name: string): number => (isRecord(counts) ? Number(counts[name] ?? 0) : 0);

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
