/**
 * The closed list of metrics, in namespace `MxFreshBalances`: alarms, the dashboard and docs/metrics.md use these names.
 * None has a dimension per member, user, institution or caller. What each says: `metric-table.ts`.
 */

/** The namespace of all metrics. */
export const NAMESPACE = 'MxFreshBalances';

/** Counted for each function, with dimensions `service` and `stage`. */
export type CountOfFunction =
  | 'MxCredentialsRejected'
  | 'MxFieldDropped'
  | 'MxUnknownStatus'
  | 'RefreshAccepted'
  | 'RefreshJoined'
  | 'RefreshHeldBack'
  | 'StartLeftToMx'
  | 'StartDeferred'
  | 'StartDropped'
  | 'WebhookReceived'
  | 'WebhookIgnored'
  | 'WebhookHeeded'
  | 'CallbackDelivered'
  | 'CallbackRetried'
  | 'CallbackGivenUp'
  | 'NoticeFailed'
  | 'HistoryNotKept'
  | 'UnreadableMessage'
  | 'MessagePutBack'
  | 'MembersDue'
  | 'SweepRepaired'
  | 'MinutesPaused'
  | 'CallerRefused'
  | 'CallerBraked';

/**
 * Counted for the deployment, with dimension `stage` alone: several functions write them, each name is paid for once, and an
 * alarm on them has nothing to add up.
 */
export const countsOfDeployment = [
  'RefreshSucceeded',
  'RefreshActionRequired',
  'RefreshFailed',
  'RefreshNotRefreshed',
  'RefreshTimedOut',
  'RefreshMissed',
  'AccountsLeftBehind',
  'MxThrottled',
  'MxUnavailable',
  'MxTimedOut',
  'MxBadAnswer',
  'MxRefused',
  'ColdStart',
] as const;

/** Measured for the deployment, value by value, so that CloudWatch knows their percentiles. Dimension `stage`. */
export const valuesOfDeployment = [
  'SecondsToStored',
  'SecondsAfterJobEnd',
  'LooksTaken',
  'SecondsUntilReplaced',
] as const;

/**
 * Counted for each line of a bug, with the version of the function as a further dimension, so that a new version can be told
 * from the one before it while both run (docs/updates.md). Without versions it is not counted.
 */
export const OF_A_VERSION = 'UnexpectedFailure';

/** What is measured value by value. */
export type ValueName = (typeof valuesOfDeployment)[number];

/** What is counted. */
export type CountName = CountOfFunction | (typeof countsOfDeployment)[number] | typeof OF_A_VERSION;

/** The only metrics there are. */
export type MetricName = CountName | ValueName;

const ofDeployment: ReadonlySet<string> = new Set([...countsOfDeployment, ...valuesOfDeployment]);

/** The dimensions that `name` is written with. */
export function dimensionsOf(name: MetricName): readonly string[] {
  if (name === OF_A_VERSION) return ['service', 'stage', 'version'];
  return ofDeployment.has(name) ? ['stage'] : ['service', 'stage'];
}

/** The unit that CloudWatch is told. */
export const unitOf = (name: MetricName): 'Count' | 'Seconds' => (name.startsWith('Seconds') ? 'Seconds' : 'Count');
