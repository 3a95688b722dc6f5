/**
 * Sample objects: a test names the fields that it is about and leaves the rest. Those that docs/outcomes.md is made with
 * are in docs/generate, where nothing may import a test.
 */
import { baseline, claim, key, member, policy, T0 } from '../docs/generate/sample-refresh.ts';
import { parseExactJson } from '../shared/domain/decimal.ts';
import { type Instant, plusSeconds } from '../shared/domain/instant.ts';
import { aliasMarkOf, type MemberRecord } from '../shared/domain/member.ts';
import type { KnownAtEnd } from '../shared/domain/members-ports.ts';
import type { MemberKey, MxAccount, MxMember } from '../shared/domain/mx.ts';
import { readAccount, readMember } from '../shared/domain/mx-readers.ts';
import type { Attempt, Claim, RunningRefresh, StartedClaim } from '../shared/domain/refresh.ts';

export { claim, key, member, newJob, plan, policy, question, T0 } from '../docs/generate/sample-refresh.ts';

/** `seconds` after `T0`. */
export const at = (seconds: number): Instant => plusSeconds(T0, seconds);

let members = 0;

/** A member that no other test of the same file has. */
export function newKey(): MemberKey {
  members += 1;
  const suffix = String(members).padStart(12, '0');
  return { userGuid: `USR-00000000-0000-4000-8000-${suffix}`, memberGuid: `MBR-00000000-0000-4000-8000-${suffix}` };
}

/** A refresh id that sorts by `number`. */
export const refreshId = (number: number): string => `RFR-${String(number).padStart(26, '0')}`;

/** A member of which nothing is known. */
export const emptyMember = (of: MemberKey, given: Partial<MemberRecord> = {}): MemberRecord => ({
  key: of,
  seenAt: null,
  aliasMark: null,
  institutionCode: null,
  claim: null,
  lastAttempt: null,
  lastSuccess: null,
  starts: [],
  startsVersion: 0,
  startNotBefore: null,
  enrolment: null,
  processedUntil: null,
  untoldChange: null,
  importsMove: false,
  missing: null,
  held: null,
  attention: null,
  deletedAt: null,
  ...given,
});

/** The member `key`, met before, with nothing running. */
export const knownMember = (given: Partial<MemberRecord> = {}): MemberRecord =>
  emptyMember(key, { aliasMark: aliasMarkOf(member()), ...given });

/** A member as MX sends it: `fields` are MX's own, and are kept in its body. */
export const mxMember = (of: MemberKey, fields: Record<string, unknown> = {}): MxMember =>
  readMember(
    parseExactJson(
      JSON.stringify({
        member: {
          guid: of.memberGuid,
          user_guid: of.userGuid,
          connection_status: 'CONNECTED',
          is_being_aggregated: false,
          ...fields,
        },
      }),
    ),
  );

/** An account as MX sends it: `balance` and `more` are JSON text, so that no digit is lost on the way. */
export const mxAccount = (guid: string, balance: string | null = '1000.5', more = ''): MxAccount =>
  readAccount(
    parseExactJson(
      `{"guid":"${guid}"${balance === null ? '' : `,"balance":${balance}`}${more === '' ? '' : `,${more}`}}`,
    ),
  );

/** A claim as it is written first: the result of its POST is unknown. The member never had a success. */
export const startingClaim = (id: string, given: Partial<StartedClaim> = {}): StartedClaim =>
  claim({
    refreshId: id,
    baseline: { ...baseline, successfullyAggregatedAt: null },
    start: { state: 'unknown', at: T0, count: 1, lookNumber: 0, jobGuid: null },
    lookNumber: 0,
    lookedAt: null,
    ...given,
  });

/** The end of `ended`: a failure, 20 s after `T0`. */
export const attemptOf = (ended: Claim, given: Partial<Attempt> = {}): Attempt => ({
  refreshId: ended.refreshId,
  trigger: ended.trigger,
  acceptedAt: ended.acceptedAt,
  outcome: 'failed',
  action: 'retry_later',
  code: 'degraded',
  connectionStatus: 'DEGRADED',
  hasDetails: false,
  endedAt: at(20),
  observedAt: null,
  ...given,
});

/** A success, 20 s after `T0`, of balances observed then. */
export const successOf = (ended: Claim, given: Partial<Attempt> = {}): Attempt =>
  attemptOf(ended, {
    outcome: 'succeeded',
    action: 'none',
    code: 'stored',
    connectionStatus: 'CONNECTED',
    observedAt: at(20),
    ...given,
  });

/** What is known of a claim at its end: no look, no job. */
export const unseen: KnownAtEnd = { lookedAt: null, jobAggregatedAt: null };

/** A look so many seconds after `T0`, and no job. */
export const seenAt = (seconds: number): KnownAtEnd => ({ lookedAt: at(seconds), jobAggregatedAt: null });

/** A refresh that runs since `T0`. */
export const runningRefresh = (of: MemberKey, id: string, given: Partial<RunningRefresh> = {}): RunningRefresh => ({
  refreshId: id,
  member: of,
  trigger: 'http',
  status: 'running',
  acceptedAt: T0,
  deadline: at(policy.deadlineSeconds),
  userPresent: false,
  correlationId: null,
  joinedCorrelationIds: [],
  challenges: [],
  progress: null,
  result: null,
  ...given,
});
