/** Members, claims and policies for tests of decisions. */
import { firstLookState, type LookState, type Observation, type Situation } from '../../../shared/domain/decision.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { Challenge, MxMember } from '../../../shared/domain/mx.ts';
import type { Policy } from '../../../shared/domain/policy.ts';
import type { RunningClaim, StartedClaim } from '../../../shared/domain/refresh.ts';

export const policy: Policy = {
  deadlineSeconds: 600,
  firstLookSeconds: 5,
  minLookGapSeconds: 3,
  maxLookGapSeconds: 60,
  graceSeconds: 30,
  graceLooks: 5,
  allowanceStarts: 5,
  allowanceWindowSeconds: 7200,
};

/** The POST was sent at this instant. */
export const T0 = '2026-11-21T12:00:00.000Z';

export const key = { userGuid: 'USR-1', memberGuid: 'MBR-1' };

/** A member whose job is over, connected, with the job of before. */
export const member = (given: Partial<MxMember> = {}): MxMember => ({
  key,
  userId: 'user-1',
  memberId: 'member-1',
  institutionCode: 'mxbank',
  connectionStatus: 'CONNECTED',
  connectionStatusMessage: 'Connected to MX Bank',
  isBeingAggregated: false,
  mostRecentJobGuid: 'JOB-old',
  aggregatedAt: '2026-11-21T06:00:00.000Z',
  successfullyAggregatedAt: '2026-11-21T06:00:09.000Z',
  needsUpdatedCredentials: false,
  error: null,
  body: {},
  ...given,
});

/** What a new job leaves: another guid, a later start. */
export const newJob = { mostRecentJobGuid: 'JOB-new', aggregatedAt: '2026-11-21T12:00:01.000Z' } as const;

export const claim = (given: Partial<StartedClaim> = {}): StartedClaim => ({
  refreshId: 'RFR-1',
  trigger: 'http',
  phase: 'running',
  acceptedAt: T0,
  deadline: plusSeconds(T0, policy.deadlineSeconds),
  userPresent: false,
  baseline: {
    connectionStatus: 'CONNECTED',
    mostRecentJobGuid: 'JOB-old',
    aggregatedAt: '2026-11-21T06:00:00.000Z',
    successfullyAggregatedAt: '2026-11-21T06:00:09.000Z',
    isBeingAggregated: false,
  },
  start: { state: 'accepted', at: T0, count: 1, lookNumber: 0, jobGuid: 'JOB-new' },
  lookNumber: 1,
  lookedAt: plusSeconds(T0, 5),
  flagSeen: false,
  challenges: [],
  ...given,
});

export const situation = (
  given: { claim?: Partial<RunningClaim>; state?: Partial<LookState>; after?: number } = {},
): Situation => ({
  claim: { ...claim(), ...given.claim },
  state: { ...firstLookState, ...given.state },
  policy,
  now: plusSeconds(T0, given.after ?? 5),
  random: 0.5,
});

export const saw = (seen: MxMember, challenges: readonly Challenge[] = []): Observation => ({
  kind: 'member',
  member: seen,
  challenges,
});

export const question: Challenge = { guid: 'CRD-1', label: 'What city?', type: 'TEXT', fieldName: null, options: [] };
