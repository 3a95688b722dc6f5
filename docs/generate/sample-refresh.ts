/** A sample member of MX and the claim of its refresh, for calls of the decision. The tests of the domain use them too. */
import { plusSeconds } from '../../shared/domain/instant.ts';
import type { LookPlan } from '../../shared/domain/look-plan.ts';
import type { Challenge, MxMember } from '../../shared/domain/mx.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { Baseline, StartedClaim } from '../../shared/domain/refresh.ts';

/** The defaults of the settings. */
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

/** Looks as the settings time them, without anything learnt. */
export const plan: LookPlan = { lengths: null, lagSeconds: 0.4, webhooks: false };

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
  answeredAt: null,
  oddFields: [],
  error: null,
  body: {},
  ...given,
});

/** What a new job leaves: another guid, a later start. */
export const newJob = { mostRecentJobGuid: 'JOB-new', aggregatedAt: '2026-11-21T12:00:01.000Z' } as const;

/** The member before the POST: the state that `member` shows until a new job changes it. */
export const baseline: Baseline = {
  connectionStatus: 'CONNECTED',
  mostRecentJobGuid: 'JOB-old',
  aggregatedAt: '2026-11-21T06:00:00.000Z',
  successfullyAggregatedAt: '2026-11-21T06:00:09.000Z',
  isBeingAggregated: false,
  answeredAt: null,
};

/** A refresh whose POST was accepted, after its first look. */
export const claim = (given: Partial<StartedClaim> = {}): StartedClaim => ({
  refreshId: 'RFR-1',
  trigger: 'http',
  phase: 'running',
  acceptedAt: T0,
  deadline: plusSeconds(T0, policy.deadlineSeconds),
  userPresent: false,
  correlationId: null,
  callerTag: null,
  baseline,
  start: { state: 'accepted', at: T0, count: 1, lookNumber: 0, jobGuid: 'JOB-new' },
  lookNumber: 1,
  lookedAt: plusSeconds(T0, 5),
  flagSeen: false,
  jobAggregatedAt: null,
  seenStatus: null,
  questions: null,
  unanswered: null,
  ...given,
});

export const question: Challenge = {
  guid: 'CRD-1',
  label: 'What city?',
  type: 'TEXT',
  fieldName: null,
  options: [],
  imageData: null,
  imageOptions: [],
};
