import { STATUS_IDS, USUAL_ERROR_CODES } from './statuses.ts';

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

const endsWith = (status: string | null, errorCode?: number | string | null): Scenario => ({
  description: `the job ends ${status ?? 'with no status (null)'}${errorCode ? ` and error_code ${errorCode}` : ''}`,
  end: { status, errorCode: errorCode === undefined ? (USUAL_ERROR_CODES[status ?? ''] ?? null) : errorCode },
});

const refusedWith = (status: number, type: string | null, message: string): Scenario => ({
  description: `POST check_balance is refused: ${status} ${type ?? 'without an error type'}`,
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
  ok: good('the job ends CONNECTED; balances stay as the bank has them'),
  moving: good('the job ends CONNECTED and every balance has moved', { balancesMove: true }),
  slow: good('the job takes 240 s, then ends CONNECTED', { jobSeconds: 240 }),
  instant: good('the job ends within the call that starts it, and no answer ever shows the running flag', {
    jobSeconds: 0,
    lag: { answers: 1, of: 'flag' },
  }),
  ...byStatus,
  'no-status': { ...endsWith(null), before: { status: null, errorCode: null } },
  'unknown-status': endsWith('QUARANTINED', null),

  challenged: good('a text question; `correct` passes', { challenge: 'TEXT' }),
  'challenged-options': good('a question with options; `correct` passes', { challenge: 'OPTIONS' }),
  'challenged-token': good('a one-time code; `correct` passes', { challenge: 'TOKEN' }),
  'challenged-image': good('a question with an image; `correct` passes', { challenge: 'IMAGE_DATA' }),
  'challenged-image-options': good('a choice of images; `correct` passes', { challenge: 'IMAGE_OPTIONS' }),

  'no-verifiable-accounts': endsWith('FAILED', 1000),
  'no-accounts': endsWith('FAILED', 1001),
  'access-denied': endsWith('DENIED', 1002),
  'incorrect-otp': endsWith('REJECTED', 2001),
  'reauthorization-required': endsWith('IMPAIRED', 2004),
  'institution-down': endsWith('FAILED', 3000),
  'institution-in-maintenance': endsWith('FAILED', 3001),
  'error-as-text': { ...endsWith('DENIED'), description: 'ends DENIED; `error` is a JSON text', errorAsText: true },
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

  'starts-nothing': good('POST answers 202 and nothing starts', { startsNothing: true }),
  'flag-lags': good('the 202 and the next two answers still say is_being_aggregated: false', {
    lag: { answers: 3, of: 'flag' },
  }),
  'everything-lags': good('the 202 and the next two answers show nothing of the job', {
    lag: { answers: 3, of: 'everything' },
  }),
  'guid-unchanged': good('the job runs, most_recent_job_guid does not move', { keepsJobGuid: true }),
  'evidence-unchanged': good('the job runs, only the running flag shows it', {
    keepsJobGuid: true,
    keepsAggregatedAt: true,
  }),
  'no-evidence': good('the job runs within the call and nothing on the member shows it', {
    keepsJobGuid: true,
    keepsAggregatedAt: true,
    jobSeconds: 0,
    lag: { answers: 1, of: 'flag' },
  }),
  'last-job-failed': good('DENIED and its error from the last job show until this job ends CONNECTED', {
    before: { status: 'DENIED', errorCode: 2005 },
  }),
  'old-error-stays': good('ends CONNECTED, the error of the last job stays', {
    before: { status: 'FAILED', errorCode: 3002 },
    keepsOldError: true,
  }),
  'interim-error': good('shows DENIED half way while it runs, then ends CONNECTED', {
    interim: { status: 'DENIED', idle: false },
  }),
  flapping: good('looks over and FAILED for 4 s half way, then ends CONNECTED', {
    interim: { status: 'FAILED', idle: true },
  }),
  'left-behind': good('the job ends CONNECTED and leaves the last account as it was', { imports: 'not-the-last' }),
  'nothing-imported': good('the job ends CONNECTED and has brought no account up to date', { imports: 'nothing' }),
  'imports-in-turn': good('every second job ends CONNECTED and has brought no account up to date', {
    imports: 'in-turn',
  }),
  followed: good('a background aggregation follows 1 s after the job', { followedBySeconds: 1 }),
  conflict: good('a background aggregation of 20 s is under way at the first POST: 409', { conflictSeconds: 20 }),
  'oauth-pending': {
    ...endsWith('PENDING', null),
    description: 'an OAuth connection that is never finished: PENDING before and after every job',
    before: { status: 'PENDING', errorCode: null },
    oauth: true,
  },
  'create-lag': good('the member answers 404 for 500 ms after it was created', { createLagMs: 500 }),
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
