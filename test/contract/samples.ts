/** Things to store, each its own: a test names what it is about and leaves the rest. */
import { parseExactJson } from '../../shared/domain/decimal.ts';
import type { MemberKey, MxAccount, MxMember } from '../../shared/domain/mx.ts';
import { readAccount, readMember } from '../../shared/domain/mx-readers.ts';
import type { Policy } from '../../shared/domain/policy.ts';
import type { Attempt, Claim, RunningRefresh, StartedClaim } from '../../shared/domain/refresh.ts';

/** The settings' own defaults. */
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

/** `seconds` after the hour at which every test begins. */
export const at = (seconds: number): string =>
  new Date(Date.UTC(2026, 0, 15, 12) + Math.round(seconds * 1000)).toISOString();

let members = 0;

/** A member that no other test has. */
export function newKey(): MemberKey {
  members += 1;
  const suffix = String(members).padStart(12, '0');
  return { userGuid: `USR-00000000-0000-4000-8000-${suffix}`, memberGuid: `MBR-00000000-0000-4000-8000-${suffix}` };
}

/** A refresh id that sorts by `number`. */
export const refreshId = (number: number): string => `RFR-${String(number).padStart(26, '0')}`;

/** A member as MX would send it. */
export const mxMember = (key: MemberKey, fields: Record<string, unknown> = {}): MxMember =>
  readMember(
    parseExactJson(
      JSON.stringify({
        member: {
          guid: key.memberGuid,
          user_guid: key.userGuid,
          connection_status: 'CONNECTED',
          is_being_aggregated: false,
          ...fields,
        },
      }),
    ),
  );

/** An account as MX would send it: `balance` and `more` are JSON text, so that no digit is lost on the way. */
export const mxAccount = (guid: string, balance: string | null = '1000.5', more = ''): MxAccount =>
  readAccount(
    parseExactJson(
      `{"guid":"${guid}"${balance === null ? '' : `,"balance":${balance}`}${more === '' ? '' : `,${more}`}}`,
    ),
  );

/** A claim whose POST has an unknown result. */
export const claimOf = (id: string, fields: Partial<StartedClaim> = {}): StartedClaim => ({
  refreshId: id,
  trigger: 'http',
  phase: 'running',
  acceptedAt: at(0),
  deadline: at(600),
  userPresent: false,
  baseline: {
    connectionStatus: 'CONNECTED',
    mostRecentJobGuid: 'JOB-1',
    aggregatedAt: at(-3600),
    successfullyAggregatedAt: null,
    isBeingAggregated: false,
  },
  start: { state: 'unknown', at: at(0), count: 1, lookNumber: 0, jobGuid: null },
  lookNumber: 0,
  lookedAt: null,
  flagSeen: false,
  jobAggregatedAt: null,
  challenges: [],
  ...fields,
});

/** The end of `claim`. */
export const attemptOf = (claim: Claim, fields: Partial<Attempt> = {}): Attempt => ({
  refreshId: claim.refreshId,
  trigger: claim.trigger,
  acceptedAt: claim.acceptedAt,
  outcome: 'failed',
  action: 'retry_later',
  code: 'degraded',
  message: 'Several attempts at the institution failed.',
  userMessage: null,
  connectionStatus: 'DEGRADED',
  challenges: [],
  endedAt: at(20),
  observedAt: null,
  ...fields,
});

/** A refresh that runs. */
export const refreshOfMember = (
  member: MemberKey,
  id: string,
  fields: Partial<RunningRefresh> = {},
): RunningRefresh => ({
  refreshId: id,
  member,
  trigger: 'http',
  status: 'running',
  acceptedAt: at(0),
  deadline: at(600),
  userPresent: false,
  challenges: [],
  result: null,
  ...fields,
});
