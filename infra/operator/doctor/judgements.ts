/** What the facts of a deployment mean: no calls, no clock. */
import { LONGEST_DELAY_SECONDS } from '../../../shared/domain/deferral.ts';
import type { Instant } from '../../../shared/domain/instant.ts';
import { OPEN_SHARDS } from '../../../shared/domain/members-ports.ts';
import type { KeptPause } from '../../../shared/domain/pause.ts';
import { counted } from '../table.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** The stack’s state, and both versions. */
export function stackFinding(place: string, status: string, deployed: string, own: string): Finding {
  const says = `${place}: ${status}, version ${deployed}`;
  if (/_FAILED$/.test(status)) {
    return failure('stack', says, 'The last deployment has failed: CloudFormation’s events say why. Deploy again.');
  }
  if (/_IN_PROGRESS$/.test(status)) return warning('stack', says, 'A deployment is under way: ask again after it.');
  if (/ROLLBACK/.test(status)) {
    return warning('stack', says, 'The last deployment was taken back: CloudFormation’s events say why.');
  }
  if (deployed !== own) {
    return warning('stack', `${says}; this command is ${own}`, 'Use the command of the release that is deployed.');
  }
  return ok('stack', says);
}

/** Whether an operator has stopped the calls to MX. */
export function pauseFinding(pauses: readonly KeptPause[], now: Instant): Finding {
  const pause = pauses.find(({ from, until }) => from <= now && now < until);
  if (pause === undefined) return ok('pause', 'calls to MX are not paused');
  return warning('pause', `calls to MX are paused until ${pause.until}: ${pause.why}`, 'End it: resume.');
}

/** What `check-mx` answers. */
export interface CheckedMx {
  readonly accepted: boolean;
  readonly status: number | null;
  readonly code: string | null;
  readonly says: string | null;
  readonly mx_time: string | null;
  readonly at: string;
}

/** Reads the answer of `check-mx`; null: it is none. */
export function readCheckedMx(answer: unknown): CheckedMx | null {
  const isOne = typeof answer === 'object' && answer !== null && 'accepted' in answer && 'at' in answer;
  // Written by our own function of the same release, or one beside it.
  return isOne ? (answer as CheckedMx) : null;
}

/** Whether MX accepts the credentials and the address. */
export function mxFinding(
  { accepted, status, code, says }: CheckedMx,
  secretArn: string,
  addresses: readonly string[],
): Finding {
  if (accepted) return ok('mx', 'MX accepts the credentials and the address');
  const told = says ?? `MX answered ${status}`;
  switch (code) {
    case 'mx_credentials_missing':
      return failure('mx', 'the secret with MX’s credentials is empty', `Put them into ${secretArn}.`);
    case 'mx_credentials_rejected':
      return failure('mx', told, `Put the right ones into ${secretArn}.`);
    case 'mx_forbidden':
      return failure(
        'mx',
        told,
        addresses.length === 0
          ? 'Have MX allow-list the addresses that the functions call from.'
          : `Have MX allow-list ${addresses.join(' and ')}.`,
      );
    case 'paused':
      return warning('mx', 'was not asked: calls to MX are paused');
    case 'mx_redirected':
      return failure('mx', told, 'The setting mxBaseUrl leads elsewhere: deploy with the right one.');
    default:
      return warning('mx', told, 'Ask again in a minute; MX’s own status page says more.');
  }
}

/** The address that MX has to know. */
export function egressFinding(addresses: readonly string[]): Finding {
  if (addresses.length > 0) return ok('address', `calls of MX come from ${addresses.join(' and ')}`);
  return warning(
    'address',
    'calls of MX come from no address of this stack: from your own network’s, or from any of AWS’s',
    'MX has to know the addresses of your network, or to have lifted its rule for you (settings fixedEgress, vpcId).',
  );
}

/** A secret with clients and their keys. */
export function clientsFinding(name: string, text: string, whose: string, arn: string): Finding {
  const clients = clientsIn(text);
  if (clients === null) return failure(name, 'the secret is not {"clients":[…]}', `Put it right: ${arn}.`);
  if (clients > 0) return ok(name, `${counted(clients, 'client')} may call`);
  return failure(name, `the secret is empty: ${whose} is refused`, `Put the hash of a key into ${arn}.`);
}

function clientsIn(text: string): number | null {
  const clients = fieldIn(text, 'clients');
  return Array.isArray(clients) ? clients.length : null;
}

/** A key of callbacks has at least so many bytes (docs/callbacks.md). */
const LEAST_KEY_BYTES = 24;

/** The secret that callbacks are signed with. */
export function callbackKeysFinding(text: string, arn: string): Finding {
  const current = fieldIn(text, 'current');
  const bytes = typeof current === 'string' ? Buffer.from(current.replace(/^whsec_/, ''), 'base64').length : 0;
  if (bytes >= LEAST_KEY_BYTES) return ok('callback keys', 'callbacks are signed');
  return failure('callback keys', 'there is no key to sign callbacks with: none is sent', `Put one into ${arn}.`);
}

function fieldIn(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return Reflect.get(Object(value), name);
  } catch {
    return undefined;
  }
}

/** Within how many hours the last webhook came; null: none in the longest time that was searched. */
export function webhooksFinding(hours: number | null): Finding {
  if (hours === null) {
    return warning('webhooks', 'none came in seven days', 'See whether MX has the URL and the key (docs/webhooks.md).');
  }
  if (hours > 24) {
    return warning('webhooks', 'none came for a day', 'If refreshes ended meanwhile: see docs/webhooks.md.');
  }
  return ok('webhooks', hours === 1 ? 'one came within the last hour' : `one came within the last ${hours} hours`);
}

/** Who is subscribed to the topic of alarms. */
export function alarmsFinding(confirmed: number, pending: number): Finding {
  if (confirmed > 0) {
    const more = pending === 0 ? '' : `; ${counted(pending, 'other')} not confirmed`;
    return ok('alarms', `go to ${counted(confirmed, 'subscription')}${more}`);
  }
  return pending > 0
    ? failure('alarms', 'reach no person: the subscription is not confirmed', 'Click the link in AWS’s mail.')
    : failure(
        'alarms',
        'reach no person: the topic has no subscription',
        'Set alarmEmail, or subscribe to AlarmTopicArn.',
      );
}

/** What is known of a queue. */
export interface LookedAtQueue {
  readonly waiting: number;
  /** Null: not known. */
  readonly oldestSeconds: number | null;
  /** The setting alarmLateSeconds: the alarm fires when the oldest message is of this age. */
  readonly lateSeconds: number;
}

/** A queue of work. Up to the longest delay on purpose no message is late. */
export function queueFinding(name: string, { waiting, oldestSeconds, lateSeconds }: LookedAtQueue): Finding {
  const line = `queue ${name}`;
  const age = oldestSeconds === null ? '' : `, the oldest sent ${Math.round(oldestSeconds / 60)} minutes ago`;
  const says = `about ${counted(waiting, 'message')}${age}`;
  if (oldestSeconds === null || oldestSeconds <= LONGEST_DELAY_SECONDS) return ok(line, says);
  const todo = `See docs/runbook.md, ${name}-late.`;
  return oldestSeconds < lateSeconds ? warning(line, says, todo) : failure(line, says, todo);
}

/** Messages that failed too often, by queue. */
export function deadLettersFinding(counts: readonly (readonly [name: string, count: number])[]): Finding {
  const some = counts.filter(([, count]) => count > 0);
  if (some.length === 0) return ok('dead letters', 'none');
  const says = some.map(([name, count]) => `about ${count} in ${name}`).join(', ');
  return warning('dead letters', says, 'See them: dead-letters list.');
}

/** What may run at once. */
export interface Concurrency {
  /** Of the account in the region. */
  readonly account: number;
  /** What is not reserved for single functions. */
  readonly unreserved: number;
  readonly followUps: number;
  readonly starts: number;
  readonly callbacks: number;
}

/** Left over for requests, however busy the queues are. */
const FOR_REQUESTS = 20;

/** Whether the account lets as much run at once as the settings ask for. */
export function concurrencyFinding({ account, unreserved, followUps, starts, callbacks }: Concurrency): Finding {
  const queues = followUps + starts + callbacks + 2 * OPEN_SHARDS;
  const says = `the queues may take ${queues} invocations at once, ${unreserved} of the account’s ${account} are not reserved`;
  const todo =
    'Ask AWS for a higher quota of Lambda’s concurrent executions, or lower followUpConcurrency and startConcurrency.';
  if (unreserved < queues) return failure('concurrency', says, todo);
  return unreserved < queues + FOR_REQUESTS ? warning('concurrency', says, todo) : ok('concurrency', says);
}

/** AWS refuses signatures that are so old, in seconds. */
const REFUSED_SECONDS = 300;
const NOTED_SECONDS = 30;

/** This machine’s clock, so many seconds ahead of AWS’s; null: AWS has not said its time. */
export function clockFinding(aheadSeconds: number | null): Finding {
  if (aheadSeconds === null) return warning('clock', 'AWS has not said its time');
  const off = Math.abs(Math.round(aheadSeconds));
  const says = `this machine’s is ${off} s ${aheadSeconds < 0 ? 'behind' : 'ahead of'} AWS’s`;
  if (off >= REFUSED_SECONDS) return failure('clock', says, 'Set this machine’s clock: AWS refuses its signatures.');
  return off >= NOTED_SECONDS ? warning('clock', says, 'Set this machine’s clock.') : ok('clock', says);
}

/** MX’s clock, so many seconds ahead of the functions’; null: MX has not said its time. */
export function mxClockFinding(aheadSeconds: number | null): Finding {
  if (aheadSeconds === null) return warning('mx clock', 'MX has not said its time');
  const off = Math.abs(Math.round(aheadSeconds));
  const says = `MX’s is ${off} s ${aheadSeconds < 0 ? 'behind' : 'ahead of'} ours`;
  if (off < 2 * NOTED_SECONDS) return ok('mx clock', says);
  return warning('mx clock', says, 'Tell MX. Refreshes go on: MX’s times are compared with each other.');
}
