/**
 * The environment of every function: a contract between `infra/`, which sets it, and `functions/`, which read it. A value
 * has one name on its whole way: the setting `graceLooks` is `graceLooks` in the environment that a function reads and in
 * the policy that decides; only the variable between them is written in capitals, by `variableOf`. A value that a function
 * reads but the stack does not set is a compile error in the stack; a stack deployed from older code is a sentence at the
 * cold start, not a wrong row weeks later.
 */
import type { Policy } from '../domain/policy.ts';

const text = (value: string): string => value;

const wholeNumber = (value: string): number => {
  const number = Number(value);
  // Digits only: `Number` takes a blank for 0 and `0x10` for 16.
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) throw new Error('must be a whole number of 0 or more');
  return number;
};

const flag = (value: string): boolean => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
};

const oneOf =
  <const T extends string>(...allowed: readonly T[]) =>
  (value: string): T => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };

/** Every value there is, and how its variable's text is read. */
const readers = {
  /** Deployment stage, a dimension of the metrics. */
  stage: text,
  balancesTable: text,
  membersTable: text,
  refreshesTable: text,
  /** Former amounts of accounts. */
  historyTable: text,
  /** How long these are kept; 0: none are. */
  historyDays: wholeNumber,
  /** Receipts of erasings. */
  erasuresTable: text,
  followUpQueueUrl: text,
  startQueueUrl: text,
  sweepQueueUrl: text,
  eventBusName: text,
  /** ARN of the secret with MX's `client_id` and `api_key`. */
  mxSecretArn: text,
  mxBaseUrl: text,
  mxAcceptVersion: text,
  /** Who may call the HTTP API: `iam` (the gateway has checked already) or `basic` (this code checks). */
  apiAccess: oneOf('iam', 'basic'),
  /** ARN of the secret with the API's callers. Read only with `apiAccess` = `basic`; empty otherwise. */
  apiCallersSecretArn: text,
  /** With `iam`, whether the answers to triggers have accounts. */
  iamTriggerReads: flag,
  deadlineSeconds: wholeNumber,
  firstLookSeconds: wholeNumber,
  minLookGapSeconds: wholeNumber,
  maxLookGapSeconds: wholeNumber,
  graceSeconds: wholeNumber,
  graceLooks: wholeNumber,
  /** Whether looks are planned by what is learnt of institutions. */
  learning: flag,
  /** The lag that looks are planned for: the time from a job's end to the look that sees it. */
  lookLagMilliseconds: wholeNumber,
  /** Whether unattended starts wait while an institution does not work. */
  breaker: flag,
  allowanceStarts: wholeNumber,
  allowanceWindowSeconds: wholeNumber,
  staleAfterSeconds: wholeNumber,
  refreshRetentionDays: wholeNumber,
  /** Hours between refreshes of a member without a chosen schedule; 0 = such members are not scheduled. */
  defaultScheduleHours: wholeNumber,
  scheduleShards: wholeNumber,
  /** Unattended starts in a second, over all instances. */
  startsPerSecond: wholeNumber,
  /** Requests that wait at once; 0: none. */
  waitersAtOnce: wholeNumber,
  keepAccountNumbers: flag,
  keepUnknownFields: flag,
  /** Whether webhooks about known members or about all are handled. */
  webhooks: oneOf('off', 'known', 'all'),
  /** ARN of the secret with the keys that MX calls with. */
  mxWebhookSecretArn: text,
  amountsInEvents: flag,
  /** Whether events on the bus have MX's `id` and `user_id` of their member. */
  ownIdsInEvents: flag,
  /** Empty: the operator has allowed no hosts. */
  callbackQueueUrl: text,
  /** ARN of the secret with the keys that callbacks are signed with. */
  callbackSecretArn: text,
  /** Hosts that callbacks may go to, with commas between them; empty: none. */
  callbackHosts: (value: string): readonly string[] => value.split(',').filter((host) => host !== ''),
  callbackLoopback: flag,
  /** Callbacks of one caller for one refresh. */
  callbacksPerCaller: wholeNumber,
  /** Starts of one caller within the allowance's window, of each member. */
  allowanceStartsPerCaller: wholeNumber,
  /** The shortest time between refreshes that callers may ask for, in hours. */
  minScheduleHours: wholeNumber,
  /** Changes of members' schedules by one caller in a day. */
  scheduleChangesPerCaller: wholeNumber,
} as const;

type Values = { readonly [N in keyof typeof readers]: ReturnType<(typeof readers)[N]> };

/** The name of any value. */
export type ValueName = keyof Values;

/** The variable that carries a value: `GRACE_LOOKS` for `graceLooks`. */
export const variableOf = (name: ValueName): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const mx = ['mxSecretArn', 'mxBaseUrl', 'mxAcceptVersion'] as const;
const http = ['stage', 'apiAccess', 'apiCallersSecretArn'] as const;
const allowance = ['allowanceStarts', 'allowanceWindowSeconds'] as const;
const policy = [
  'deadlineSeconds',
  'firstLookSeconds',
  'minLookGapSeconds',
  'maxLookGapSeconds',
  'graceSeconds',
  'graceLooks',
  ...allowance,
] as const satisfies readonly (keyof Policy)[];
const ending = [
  ...policy,
  'learning',
  'lookLagMilliseconds',
  'breaker',
  'webhooks',
  'refreshRetentionDays',
  'membersTable',
  'refreshesTable',
  'balancesTable',
  'followUpQueueUrl',
  'eventBusName',
  'amountsInEvents',
  'ownIdsInEvents',
  'callbackQueueUrl',
] as const;
const callbackRules = ['callbackHosts', 'callbackLoopback'] as const;
const enrolment = ['defaultScheduleHours', 'scheduleShards'] as const;

/** Which values each function gets. Keys are the names of the files in `functions/`. */
export const environmentOf = {
  'check-balance': [
    ...http,
    ...mx,
    ...ending,
    ...enrolment,
    ...callbackRules,
    'callbacksPerCaller',
    'allowanceStartsPerCaller',
    'staleAfterSeconds',
    'iamTriggerReads',
    'waitersAtOnce',
  ],
  'follow-up': [
    'stage',
    ...mx,
    ...ending,
    'historyTable',
    'historyDays',
    'erasuresTable',
    'keepAccountNumbers',
    'keepUnknownFields',
  ],
  'start-due': ['stage', ...mx, ...ending, 'startQueueUrl', 'startsPerSecond'],
  'run-schedule': ['stage', 'membersTable', 'startQueueUrl', 'scheduleShards', 'startsPerSecond'],
  sweep: ['stage', ...ending, 'sweepQueueUrl'],
  'read-balances': [
    ...http,
    'balancesTable',
    'membersTable',
    'refreshesTable',
    'historyTable',
    'historyDays',
    'staleAfterSeconds',
    ...allowance,
  ],
  'read-refresh': [
    ...http,
    'membersTable',
    'refreshesTable',
    ...allowance,
    'minLookGapSeconds',
    'learning',
    'breaker',
    'deadlineSeconds',
  ],
  'member-schedule': [...http, 'membersTable', 'scheduleShards', 'minScheduleHours', 'scheduleChangesPerCaller'],
  'erase-data': [...http, 'membersTable', 'balancesTable', 'historyTable', 'erasuresTable', 'followUpQueueUrl'],
  'unknown-route': ['stage'],
  'mx-webhook': ['stage', 'mxWebhookSecretArn', 'followUpQueueUrl'],
  'check-mx': ['stage', 'refreshesTable', ...mx],
  'deliver-callback': ['stage', 'membersTable', ...callbackRules, 'callbackSecretArn', 'callbackQueueUrl'],
} as const satisfies Record<string, readonly ValueName[]>;

/** The name of a function: its file in `functions/`, without `.ts`. */
export type FunctionName = keyof typeof environmentOf;

/** What the stack has to set for function `F`: every value, as it is before it becomes a variable's text. */
export type EnvironmentFor<F extends FunctionName> = Record<
  (typeof environmentOf)[F][number],
  string | number | boolean
>;

/** What Lambda sets. */
interface SetByLambda {
  /** The number of the version that runs; absent where functions have none (docs/updates.md). */
  readonly functionVersion?: string;
}

/** What function `F` reads: every value, parsed. */
export type Environment<F extends FunctionName> = Pick<Values, (typeof environmentOf)[F][number]> & SetByLambda;

/** What every function that calls MX reads. */
export type MxEnvironment = Pick<Values, (typeof mx)[number]>;

/** What every HTTP function with callers of ours reads. */
export type HttpEnvironment = Pick<Values, (typeof http)[number]> & SetByLambda;

/** What every function that may end a refresh reads; the whole policy is in it. */
export type EndingEnvironment = Pick<Values, (typeof ending)[number]>;

/** What every function that judges the URLs of callbacks reads. */
export type CallbackRulesEnvironment = Pick<Values, (typeof callbackRules)[number]>;

/** May be set to an empty text: the setting behind it is off. */
const mayBeEmpty: ReadonlySet<ValueName> = new Set(['apiCallersSecretArn', 'callbackQueueUrl', 'callbackHosts']);

/** What Lambda calls the function as it is now, which no alias leads to. */
const UNVERSIONED = '$LATEST';

/**
 * Reads the environment of one function.
 *
 * @throws Error that names every missing or unreadable variable, so that the cold start fails visibly and at once.
 */
export function readEnvironment<F extends FunctionName>(
  functionName: F,
  source: Readonly<Record<string, string | undefined>>,
): Environment<F> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of environmentOf[functionName] as readonly ValueName[]) {
    const variable = variableOf(name);
    const value = source[variable];
    if (value === undefined || (value === '' && !mayBeEmpty.has(name))) {
      faults.push(`${variable} is missing`);
      continue;
    }
    try {
      values[name] = readers[name](value);
    } catch (error) {
      faults.push(`${variable} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0) throw new Error(`function ${functionName} cannot start: ${faults.join('; ')}`);
  const { AWS_LAMBDA_FUNCTION_VERSION: functionVersion = UNVERSIONED } = source;
  if (functionVersion !== UNVERSIONED) values['functionVersion'] = functionVersion;
  // Every name of the contract has been read above; TypeScript cannot see that through the loop.
  return values as Environment<F>;
}
