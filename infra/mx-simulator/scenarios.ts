import { ERROR_CODES, STATUS_IDS, STATUS_MEANINGS, USUAL_ERROR_CODES } from './statuses.ts';

/** Kinds of question that MX can ask (MX facts 2.9). */
export type ChallengeType = 'TEXT' | 'OPTIONS' | 'TOKEN' | 'IMAGE_DATA' | 'IMAGE_OPTIONS';

/** How a job ends. */
export interface JobEnd {
  status: string | null;
  /** `error.error_code`; null = no error object. MX facts 3.5: integer or text. */
  errorCode: number | string | null;
}

/** What happens to a member's jobs. Every deviation from a plain job is a field of its own. */
export interface Scenario {
  description: string;
  end: JobEnd;
  /** The bank asks a question of this type first; the answer decides how the job ends. */
  challenge?: ChallengeType;
  /** POST check_balance is refused with this and nothing starts (MX facts 9). `type` null: the error has none. */
  refuse?: { status: number; type: string | null; message: string };
  /** POST check_balance answers 202 and starts nothing. */
  startsNothing?: boolean;
  /** Length of this member's jobs in seconds. */
  jobSeconds?: number;
  /** This many answers, the 202 included, still show the time before the job: only the flag, or every trace of it. */
  lag?: { answers: number; of: 'flag' | 'everything' };
  /** The job leaves `most_recent_job_guid` as it was. */
  keepsJobGuid?: boolean;
  /** The job leaves `aggregated_at` as it was. */
  keepsAggregatedAt?: boolean;
  /** Half way through a balance job the member shows this status until its end; `idle`: the running flag is down for 4 s. */
  interim?: { status: string; idle: boolean };
  /**
   * What a balance job that ends CONNECTED imports: not the member's last account (of one account: nothing), nothing at
   * all, or everything and nothing in turn, beginning with everything. Absent: everything.
   */
  imports?: 'not-the-last' | 'nothing' | 'in-turn';
  /** A background aggregation starts this many seconds after the job ended. */
  followedBySeconds?: number;
  /** The first POST finds a background aggregation of this many seconds under way, and gets 409. */
  conflictSeconds?: number;
  /** `error` is a JSON text instead of an object (seen in one version of MX's specification). */
  errorAsText?: boolean;
  /** The error of an earlier job stays after a job that went well. */
  keepsOldError?: boolean;
  /** At each successful job every balance has moved a little. */
  balancesMove?: boolean;
  /** What a new member in this scenario shows before its first job; otherwise it is CONNECTED, seen some time ago. */
  before?: { status: string | null; errorCode: number | string | null };
  /** The member connects by OAuth: it has `is_oauth` and a window address. */
  oauth?: boolean;
  /** The member itself answers 404 for this long after it was created. */
  createLagMs?: number;
}

const CONNECTED: JobEnd = { status: 'CONNECTED', errorCode: null };

const endsWith = (status: string | null, given?: number | string | null): Scenario => {
  const errorCode = given === undefined ? (USUAL_ERROR_CODES[status ?? ''] ?? null) : given;
  return { description: endWords(status, errorCode), end: { status, errorCode } };
};

function endWords(status: string | null, errorCode: number | string | null): string {
  const code = errorCode === null ? '' : `, error code ${errorCode}`;
  if (status === null) return `the job ends without any status${code}`;
  const meaning = STATUS_MEANINGS[status] ?? 'a status that MX’s documents do not have';
  // Where the code says more than the status usually does.
  const reason = errorCode === (USUAL_ERROR_CODES[status] ?? null) ? undefined : ERROR_CODES[String(errorCode)]?.text;
  return `the job ends ${status}${code}: ${reason === undefined ? meaning : reason.replace(/\.$/, '')}`;
}

const refusedWith = (status: number, type: string | null, message: string): Scenario => ({
  description: `MX refuses to start a job: ${status}, ${message.replace(/\.$/, '')}`,
  end: CONNECTED,
  refuse: { status, type, message },
});

const good = (description: string, special: Partial<Scenario> = {}): Scenario => ({
  description,
  end: CONNECTED,
  ...special,
});

/** One scenario per status of MX facts 3.1, under its name in lower case; CHALLENGED asks, all others are an end. */
const byStatus = Object.fromEntries(
  Object.keys(STATUS_IDS)
    .filter((status) => status !== 'CHALLENGED' && status !== 'CONNECTED')
    .map((status) => [status.toLowerCase().replaceAll('_', '-'), endsWith(status)]),
);

const SCENARIO_LIST: Readonly<Record<string, Scenario>> = {
  ok: good('all is well; the balances are the same as before'),
  moving: good('all is well, and every balance has moved', { balancesMove: true }),
  slow: good('all is well, but the job takes four minutes', { jobSeconds: 240 }),
  instant: good('the job is over before the call that starts it is answered: it is never seen running', {
    jobSeconds: 0,
    lag: { answers: 1, of: 'flag' },
  }),
  ...byStatus,
  'no-status': { ...endsWith(null), before: { status: null, errorCode: null } },
  'unknown-status': endsWith('QUARANTINED', null),

  challenged: good('the bank asks a question; the answer is “correct”', { challenge: 'TEXT' }),
  'challenged-options': good('the bank lets the user choose from answers; “correct” is the right one', {
    challenge: 'OPTIONS',
  }),
  'challenged-token': good('the bank sends the user a code; it is “correct”', { challenge: 'TOKEN' }),
  'challenged-image': good('the bank shows an image and asks about it; the answer is “correct”', {
    challenge: 'IMAGE_DATA',
  }),
  'challenged-image-options': good('the bank lets the user choose from images; “correct” is the right one', {
    challenge: 'IMAGE_OPTIONS',
  }),

  'no-verifiable-accounts': endsWith('FAILED', 1000),
  'no-accounts': endsWith('FAILED', 1001),
  'access-denied': endsWith('DENIED', 1002),
  'incorrect-otp': endsWith('REJECTED', 2001),
  'reauthorization-required': endsWith('IMPAIRED', 2004),
  'institution-down': endsWith('FAILED', 3000),
  'institution-in-maintenance': endsWith('FAILED', 3001),
  'error-as-text': {
    ...endsWith('DENIED'),
    description: 'the job ends DENIED, and MX writes its reason as a text in place of an object',
    errorAsText: true,
  },
  'error-code-as-text': endsWith('FAILED', 'REQUEST_FAILED'),
  'denied-without-error': endsWith('DENIED', null),

  'refused-maintenance': refusedWith(
    400,
    'institution_maintenance_error',
    'This institution is temporarily unavailable due to scheduled system maintenance.',
  ),
  'refused-unavailable': refusedWith(
    400,
    'institution_unavailable_error',
    'This institution is temporarily unavailable.',
  ),
  'refused-prevented': refusedWith(400, 'institution_prevented_error', 'This institution does not offer this data.'),
  'refused-prevent-new': refusedWith(
    400,
    'institution_prevent_new_error',
    'This institution is closed for connections.',
  ),
  'refused-prevent-verification': refusedWith(
    400,
    'institution_prevent_verification_error',
    'This data is not offered through this connection.',
  ),
  // MX facts 2.1 show no body for it.
  'refused-not-supported': refusedWith(400, null, 'This institution does not support this job.'),
  'feature-off': refusedWith(403, 'forbidden', 'This feature is not enabled for your client.'),

  'starts-nothing': good('MX says yes (202), and no job ever begins', { startsNothing: true }),
  'flag-lags': good('MX shows only at the third look that the job runs', {
    lag: { answers: 3, of: 'flag' },
  }),
  'everything-lags': good(
    'MX shows nothing of the job until the third look: it looks as if the last one were this one',
    {
      lag: { answers: 3, of: 'everything' },
    },
  ),
  'guid-unchanged': good('the job runs, and MX goes on to name the last one', { keepsJobGuid: true }),
  'evidence-unchanged': good('the job runs, and nothing but MX’s running flag shows it', {
    keepsJobGuid: true,
    keepsAggregatedAt: true,
  }),
  'no-evidence': good('the job runs at once, and nothing that MX shows proves it', {
    keepsJobGuid: true,
    keepsAggregatedAt: true,
    jobSeconds: 0,
    lag: { answers: 1, of: 'flag' },
  }),
  'last-job-failed': good('the last job was DENIED, which MX shows until this one is over; this one goes well', {
    before: { status: 'DENIED', errorCode: 2005 },
  }),
  'old-error-stays': good('all is well, but MX goes on to show the last job’s error', {
    before: { status: 'FAILED', errorCode: 3002 },
    keepsOldError: true,
  }),
  'interim-error': good('MX shows DENIED half way, while the job runs on; then it ends well', {
    interim: { status: 'DENIED', idle: false },
  }),
  flapping: good('half way the job looks over and FAILED for 4 s; then it ends well', {
    interim: { status: 'FAILED', idle: true },
  }),
  'left-behind': good('all is well, but the last account was not read anew', { imports: 'not-the-last' }),
  'nothing-imported': good('the job ends as if all were well, but no account was read anew', { imports: 'nothing' }),
  'imports-in-turn': good('every second job ends as if all were well, but has read no account anew', {
    imports: 'in-turn',
  }),
  followed: good('MX begins a job of its own 1 s after this one', { followedBySeconds: 1 }),
  conflict: good('MX has just begun a job of its own, which takes 20 s: the first request is refused (409)', {
    conflictSeconds: 20,
  }),
  'oauth-pending': {
    ...endsWith('PENDING', null),
    description: 'a login at the bank’s own site that the user never finishes: PENDING before and after every job',
    before: { status: 'PENDING', errorCode: null },
    oauth: true,
  },
  'create-lag': good('MX does not know a new member for half a second (404)', { createLagMs: 500 }),
};

/** MX facts 7.1: the passwords of MX Bank (user `mxuser`) that are not simply a success. */
const MX_BANK_PASSWORDS: Readonly<Record<string, Scenario>> = {
  challenge: good('MX Bank asks a text question', { challenge: 'TEXT' }),
  options: good('MX Bank asks a question with options', { challenge: 'OPTIONS' }),
  image: good('MX Bank asks a question with an image', { challenge: 'IMAGE_DATA' }),
  BAD_REQUEST: endsWith('FAILED', 3002),
  UNAUTHORIZED: endsWith('DENIED'),
  INVALID: endsWith('DENIED'),
  LOCKED: endsWith('LOCKED'),
  DISABLED: endsWith('DENIED'),
  SERVER_ERROR: endsWith('FAILED', 3000),
  UNAVAILABLE: endsWith('FAILED', 3002),
};

const NAMED = new Map(Object.entries(SCENARIO_LIST));
const PASSWORDS = new Map(Object.entries(MX_BANK_PASSWORDS));

/** What a scenario is about, in the order in which they are best shown. */
export const SCENARIO_KINDS = [
  'ends-well',
  'ends-otherwise',
  'asks-the-user',
  'refuses',
  'misleads',
  'imports-in-part',
  'another-job',
] as const;

/** What a scenario is about. */
export type ScenarioKind = (typeof SCENARIO_KINDS)[number];

/** What it is about, by what it does: the first of these that fits. */
export function kindOf(scenario: Scenario): ScenarioKind {
  if (scenario.challenge !== undefined) return 'asks-the-user';
  if (scenario.refuse !== undefined) return 'refuses';
  if (scenario.imports !== undefined) return 'imports-in-part';
  if (scenario.conflictSeconds !== undefined || scenario.followedBySeconds !== undefined) return 'another-job';
  if (scenario.end.status !== 'CONNECTED') return 'ends-otherwise';
  const { startsNothing, lag, keepsJobGuid, keepsAggregatedAt, interim, before, createLagMs } = scenario;
  const traps = [startsNothing, lag, keepsJobGuid, keepsAggregatedAt, interim, before, createLagMs];
  return traps.some((trap) => trap !== undefined) ? 'misleads' : 'ends-well';
}

/** The names that a member's scenario can have. */
export const scenarioNames = (): string[] => [...NAMED.keys()];

/** The scenario of that name, undefined when there is none. */
export const namedScenario = (name: string): Scenario | undefined => NAMED.get(name);

/** What MX Bank does with a password. `scenario:<name>` is the simulator's own addition and picks any scenario. */
export function scenarioForPassword(password: string): Scenario {
  const named = password.startsWith('scenario:') ? NAMED.get(password.slice('scenario:'.length)) : undefined;
  return named ?? PASSWORDS.get(password) ?? good('any other password: success');
}

/** How a job goes on after an answer to its challenge; undefined for a wrong answer (MX facts 7.1). */
export function endForAnswer(answer: string): JobEnd | 'another-challenge' | undefined {
  if (answer === 'correct') return CONNECTED;
  if (answer === 'challenge') return 'another-challenge';
  const word = PASSWORDS.get(answer);
  return word === undefined || word.challenge !== undefined ? undefined : word.end;
}
