/** What each metric says and which functions write it: docs/metrics.md is made from it. No function imports it. */
import type { FunctionName } from './environment.ts';
import type { MetricName } from './metrics.ts';

/** A metric in words. */
export interface MetricRow {
  /** When it is counted, or what its values are. Whole sentences. */
  readonly says: string;
  /** The functions whose lines may have it. */
  readonly writers: readonly FunctionName[];
}

const ofHttp = [
  'check-balance',
  'read-balances',
  'read-refresh',
  'member-schedule',
  'erase-data',
] as const satisfies readonly FunctionName[];
const ofQueues = ['follow-up', 'start-due', 'deliver-callback'] as const satisfies readonly FunctionName[];
const all = [
  ...ofHttp,
  ...ofQueues,
  'mx-webhook',
  'run-schedule',
  'sweep',
  'unknown-route',
  'check-mx',
] as const satisfies readonly FunctionName[];
const callMx = ['check-balance', 'follow-up', 'start-due'] as const satisfies readonly FunctionName[];
/** What can write the end of a refresh. */
const endRefreshes = ['check-balance', 'follow-up', 'start-due', 'sweep'] as const satisfies readonly FunctionName[];

const ends = (says: string): MetricRow => ({ says, writers: endRefreshes });

/** The table, in the order of the document. */
export const metricTable: Readonly<Record<MetricName, MetricRow>> = {
  RefreshAccepted: { says: 'A refresh was accepted: it will end.', writers: ['check-balance', 'start-due'] },
  RefreshJoined: { says: 'A trigger joined a refresh that ran already.', writers: ['check-balance'] },
  RefreshSucceeded: ends('A refresh ended with outcome `succeeded`. Data that MX gathered by itself are not counted.'),
  RefreshActionRequired: ends('A refresh ended with outcome `action_required`: its user has to act.'),
  RefreshFailed: ends('A refresh ended with outcome `failed`.'),
  RefreshNotRefreshed: ends('A refresh ended with outcome `not_refreshed`.'),
  RefreshTimedOut: ends('A refresh ended with outcome `timed_out`.'),
  RefreshMissed: ends(
    'A refresh ended with `failed`, `not_refreshed` or `timed_out`, and its action is not one of its user. Counted beside the outcome.',
  ),
  SecondsToStored: ends(
    'Of each refresh that succeeded: from its acceptance to its end, by our clock. Balances are stored just before the end.',
  ),
  SecondsAfterJobEnd: ends(
    'Of each refresh that succeeded, if MX’s times show when its job ended: from there to its end. By MX’s clock until MX’s answer to the look that saw it, by ours from that look on; so too long by that one call, and right to a second.',
  ),
  LooksTaken: ends('Of each refresh that ended: the number of its last look.'),
  SecondsUntilReplaced: {
    says: 'Of each refresh that replaced balances: how old the oldest of these was (`fresh_as_of`). Accounts that the job has left behind are not replaced.',
    writers: ['follow-up'],
  },
  AccountsLeftBehind: {
    says: 'Accounts that were listed and stored, but not brought up to date by the job.',
    writers: ['follow-up'],
  },
  MembersDue: { says: 'Members whose turn it was in this minute. 0 in a quiet one.', writers: ['run-schedule'] },
  RefreshHeldBack: {
    says: 'A scheduled member was not started: it needs its user, or its bank has no balance checks.',
    writers: ['start-due'],
  },
  StartLeftToMx: {
    says: 'A scheduled member was read instead, because MX had just run by itself.',
    writers: ['start-due'],
  },
  StartDeferred: {
    says: 'A scheduled start went back into the queue: the ceiling was reached, its bank does not work, MX does not answer, or calls to it are paused.',
    writers: ['start-due'],
  },
  StartDropped: {
    says: 'A scheduled start that could not run before the member’s next turn.',
    writers: ['start-due'],
  },
  MxThrottled: { says: 'MX answered a call with 429.', writers: callMx },
  MxUnavailable: { says: 'MX answered a call with 5xx, or could not be reached.', writers: callMx },
  MxTimedOut: { says: 'MX did not answer a call in time.', writers: callMx },
  MxBadAnswer: { says: 'MX’s answer could not be used.', writers: callMx },
  MxRefused: { says: 'MX refused a call in another way, such as 404, 409 or 401.', writers: callMx },
  MxCredentialsRejected: {
    says: 'MX refused a call for our credentials or our address, or there are none. Counted beside `MxRefused`.',
    writers: callMx,
  },
  MxFieldDropped: { says: 'A field in MX’s answer that this version does not know or cannot read.', writers: callMx },
  MxUnknownStatus: { says: 'A connection status that this version does not know.', writers: callMx },
  WebhookReceived: { says: 'A webhook of MX’s came in.', writers: ['mx-webhook'] },
  WebhookIgnored: {
    says: 'A webhook was not acted on: it is of another kind, or of a member that is not known here.',
    writers: ['mx-webhook', 'follow-up'],
  },
  WebhookHeeded: { says: 'A webhook was acted on.', writers: ['follow-up'] },
  CallbackDelivered: { says: 'A receiver took a callback.', writers: ['deliver-callback'] },
  CallbackRetried: { says: 'A receiver did not take a callback; it is tried again.', writers: ['deliver-callback'] },
  CallbackGivenUp: { says: 'A callback is not sent any more.', writers: ['deliver-callback'] },
  NoticeFailed: { says: 'The end of a refresh could not be told this time.', writers: ['follow-up'] },
  HistoryNotKept: {
    says: 'Former amounts that could not be put into the history: they wait in their account’s item, or were given up.',
    writers: ['follow-up'],
  },
  CallerRefused: {
    says: 'A request had no key or a wrong one. Requests that the gateway refuses (`apiAccess` = `iam`) reach no function and are not among them.',
    writers: [...ofHttp, 'mx-webhook'],
  },
  CallerBraked: {
    says: 'A request was refused unread, because its address had sent too many wrong keys. Also a `CallerRefused`.',
    writers: [...ofHttp, 'mx-webhook'],
  },
  SweepRepaired: {
    says: 'Refreshes that the sweep ended, published or set going again. 0 in most minutes.',
    writers: ['sweep'],
  },
  MinutesPaused: {
    says: 'For how many minutes an operator has paused calls to MX. Written each minute while they are.',
    writers: ['sweep'],
  },
  UnreadableMessage: { says: 'A message of a queue could not be read.', writers: ofQueues },
  MessagePutBack: { says: 'A message that only a newer release can read went back into its queue.', writers: ofQueues },
  ColdStart: { says: 'The first line of a function instance.', writers: all },
  UnexpectedFailure: {
    says: 'A line tells of a bug. Only with `gradualUpdates`, by version.',
    writers: [...ofHttp, ...ofQueues, 'mx-webhook', 'unknown-route'],
  },
};
