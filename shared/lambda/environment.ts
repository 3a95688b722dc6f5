/**
 * The environment variables of every function: a contract between `infra/`, which sets them, and `functions/`, which
 * read them. A variable that a function reads but the stack does not set is a compile error in the stack; a stack
 * deployed from older code is a sentence at the cold start, not a wrong row weeks later.
 */

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

/** Every variable there is, and how its text is read. */
const variables = {
  /** Deployment stage, a dimension of the metrics. */
  STAGE: text,
  BALANCES_TABLE: text,
  MEMBERS_TABLE: text,
  REFRESHES_TABLE: text,
  FOLLOW_UP_QUEUE_URL: text,
  START_QUEUE_URL: text,
  EVENT_BUS_NAME: text,
  /** ARN of the secret with MX's `client_id` and `api_key`. */
  MX_SECRET_ARN: text,
  MX_BASE_URL: text,
  MX_ACCEPT_VERSION: text,
  /** Who may call the HTTP API: `iam` (the gateway has checked already) or `basic` (this code checks). */
  API_ACCESS: oneOf('iam', 'basic'),
  /** ARN of the secret with the API's callers. Read only with `API_ACCESS` = `basic`; empty otherwise. */
  API_CALLERS_SECRET_ARN: (value: string): string => value,
  DEADLINE_SECONDS: wholeNumber,
  FIRST_LOOK_SECONDS: wholeNumber,
  MIN_LOOK_GAP_SECONDS: wholeNumber,
  MAX_LOOK_GAP_SECONDS: wholeNumber,
  GRACE_SECONDS: wholeNumber,
  GRACE_LOOKS: wholeNumber,
  ALLOWANCE_STARTS: wholeNumber,
  ALLOWANCE_WINDOW_SECONDS: wholeNumber,
  STALE_AFTER_SECONDS: wholeNumber,
  REFRESH_RETENTION_DAYS: wholeNumber,
  /** Hours between refreshes of a member that nobody enrolled; 0 = such members are not scheduled. */
  DEFAULT_SCHEDULE_HOURS: wholeNumber,
  SCHEDULE_SHARDS: wholeNumber,
  KEEP_ACCOUNT_NUMBERS: flag,
  KEEP_UNKNOWN_FIELDS: flag,
  /** Whose webhooks are heeded. */
  WEBHOOKS: oneOf('off', 'known', 'all'),
  /** ARN of the secret with the keys that MX calls with. */
  MX_WEBHOOK_SECRET_ARN: text,
  AMOUNTS_IN_EVENTS: flag,
  /** Empty: the operator has allowed no hosts. */
  CALLBACK_QUEUE_URL: text,
  /** ARN of the secret with the keys that callbacks are signed with. */
  CALLBACK_SECRET_ARN: text,
  /** Hosts that callbacks may go to, with commas between them; empty: none. */
  CALLBACK_HOSTS: (value: string): readonly string[] => value.split(',').filter((host) => host !== ''),
  CALLBACK_LOOPBACK: flag,
} as const;

type Variables = typeof variables;

/** The name of any variable. */
export type VariableName = keyof Variables;

const mx = ['MX_SECRET_ARN', 'MX_BASE_URL', 'MX_ACCEPT_VERSION'] as const;
const api = ['STAGE', 'API_ACCESS', 'API_CALLERS_SECRET_ARN'] as const;
const policy = [
  'DEADLINE_SECONDS',
  'FIRST_LOOK_SECONDS',
  'MIN_LOOK_GAP_SECONDS',
  'MAX_LOOK_GAP_SECONDS',
  'GRACE_SECONDS',
  'GRACE_LOOKS',
  'ALLOWANCE_STARTS',
  'ALLOWANCE_WINDOW_SECONDS',
  'REFRESH_RETENTION_DAYS',
] as const;
const ending = [
  'MEMBERS_TABLE',
  'REFRESHES_TABLE',
  'BALANCES_TABLE',
  'FOLLOW_UP_QUEUE_URL',
  'EVENT_BUS_NAME',
  'AMOUNTS_IN_EVENTS',
  'CALLBACK_QUEUE_URL',
] as const;
const callbackRules = ['CALLBACK_HOSTS', 'CALLBACK_LOOPBACK'] as const;
const enrolment = ['DEFAULT_SCHEDULE_HOURS', 'SCHEDULE_SHARDS'] as const;

/** Which variables each function gets. Keys are the names of the files in `functions/`. */
export const environmentOf = {
  'check-balance': [...api, ...mx, ...policy, ...ending, ...enrolment, ...callbackRules, 'STALE_AFTER_SECONDS'],
  'follow-up': ['STAGE', ...mx, ...policy, ...ending, 'WEBHOOKS', 'KEEP_ACCOUNT_NUMBERS', 'KEEP_UNKNOWN_FIELDS'],
  'start-due': ['STAGE', ...mx, ...policy, ...ending, 'START_QUEUE_URL'],
  'run-schedule': ['STAGE', 'MEMBERS_TABLE', 'START_QUEUE_URL', 'SCHEDULE_SHARDS'],
  sweep: ['STAGE', ...policy, ...ending],
  'read-balances': [
    ...api,
    'BALANCES_TABLE',
    'MEMBERS_TABLE',
    'STALE_AFTER_SECONDS',
    'ALLOWANCE_STARTS',
    'ALLOWANCE_WINDOW_SECONDS',
  ],
  'read-refresh': [
    ...api,
    'MEMBERS_TABLE',
    'REFRESHES_TABLE',
    'REFRESH_RETENTION_DAYS',
    'ALLOWANCE_STARTS',
    'ALLOWANCE_WINDOW_SECONDS',
    'MIN_LOOK_GAP_SECONDS',
  ],
  'member-schedule': [...api, 'MEMBERS_TABLE', 'SCHEDULE_SHARDS'],
  'unknown-route': [...api],
  'mx-webhook': ['STAGE', 'MX_WEBHOOK_SECRET_ARN', 'FOLLOW_UP_QUEUE_URL'],
  'deliver-callback': ['STAGE', ...callbackRules, 'CALLBACK_SECRET_ARN', 'CALLBACK_QUEUE_URL'],
} as const satisfies Record<string, readonly VariableName[]>;

/** The name of a function: its file in `functions/`, without `.ts`. */
export type FunctionName = keyof typeof environmentOf;

/** What the stack has to set for function `F`: every variable, as text. */
export type EnvironmentFor<F extends FunctionName> = Record<(typeof environmentOf)[F][number], string>;

/** What function `F` reads: every variable, parsed. */
export type Environment<F extends FunctionName> = {
  readonly [N in (typeof environmentOf)[F][number]]: ReturnType<Variables[N]>;
};

/** May be set to an empty text: the setting behind it is off. */
const mayBeEmpty: ReadonlySet<VariableName> = new Set([
  'API_CALLERS_SECRET_ARN',
  'CALLBACK_QUEUE_URL',
  'CALLBACK_HOSTS',
]);

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
  for (const name of environmentOf[functionName] as readonly VariableName[]) {
    const value = source[name];
    if (value === undefined || (value === '' && !mayBeEmpty.has(name))) {
      faults.push(`${name} is missing`);
      continue;
    }
    try {
      values[name] = variables[name](value);
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (faults.length > 0) throw new Error(`function ${functionName} cannot start: ${faults.join('; ')}`);
  // Every name of the contract has been read above; TypeScript cannot see that through the loop.
  return values as Environment<F>;
}
