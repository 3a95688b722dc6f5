/** The member's item in every phase of a refresh: a write of it is paid for by its size, and one unit is 1,024 bytes. */
import { describe, expect, it } from 'vitest';
import { toRecord } from '../../../shared/clients/member-item.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { Attempt, Claim, RunningClaim } from '../../../shared/domain/refresh.ts';
import { startMark } from '../../../shared/domain/start-mark.ts';
import { itemBytes } from '../../dynamodb/item-size.ts';
import { MAX_WORKING_ITEM_BYTES, workingItem } from '../../fakes/working-item.ts';
import { emptyMember } from '../../samples.ts';

const guid = '12345678-90ab-cdef-1234-567890abcdef';
const member = { userGuid: `USR-${guid}`, memberGuid: `MBR-${guid}` };
const at = (minute: number): string => `2026-11-21T12:${String(minute).padStart(2, '0')}:00.123Z`;

/** What most members have: known for long, refreshed by the schedule, nothing of note. */
const attempt: Attempt = {
  refreshId: 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TC',
  trigger: 'schedule',
  acceptedAt: at(0),
  outcome: 'succeeded',
  action: 'none',
  code: 'stored',
  connectionStatus: 'CONNECTED',
  endedAt: at(1),
  observedAt: at(1),
  hasDetails: false,
};

const usual = emptyMember(member, {
  seenAt: at(1),
  aliasMark: 'ABCDEFGHJK',
  institutionCode: 'riverbank',
  lastAttempt: attempt,
  lastSuccess: { refreshId: attempt.refreshId, observedAt: at(1), incomplete: false },
  starts: [at(0)],
  startsVersion: 1200,
  enrolment: { everyHours: 24, slot: 'SLOT#24h#01234#0' },
  importsMove: true,
});

/** Everything at once that can be: five starts, webhooks on, notes of starts that were not, the longest words, a change to tell. */
const worst = emptyMember(member, {
  ...usual,
  institutionCode: 'an_institution_code_of_40_characters_000',
  lastSuccess: { refreshId: attempt.refreshId, observedAt: at(1), incomplete: true },
  lastAttempt: {
    ...attempt,
    outcome: 'action_required',
    action: 'act_at_institution',
    code: 'needs_updated_credentials',
    connectionStatus: 'DISCONTINUED',
    observedAt: null,
    hasDetails: true,
  },
  starts: [at(0), at(1), at(2), at(3), at(4)].map((start, index) => startMark(start, `1${index + 1}`)),
  startsVersion: 123_456,
  startNotBefore: at(59),
  enrolment: { everyHours: 168, slot: 'SLOT#168h#10079#15' },
  processedUntil: at(1),
  untoldChange: { from: 'DISCONTINUED', to: 'RECONNECTED', at: at(1), refreshId: null },
  missing: at(0),
  held: { since: at(0), code: 'needs_updated_credentials', action: 'act_at_institution' },
});

/** A claim removes why the member was held back. */
const worstOpen: MemberRecord = { ...worst, held: null };

const running: RunningClaim = {
  refreshId: 'RFR-01KJPWK7Y0QX0V5D8ZJ4H2M9TD',
  trigger: 'http',
  phase: 'running',
  acceptedAt: at(5),
  deadline: at(15),
  userPresent: false,
  correlationId: null,
  callerTag: '07',
  baseline: {
    connectionStatus: 'CONNECTED',
    mostRecentJobGuid: `JOB-${guid}`,
    aggregatedAt: at(0),
    successfullyAggregatedAt: at(0),
    isBeingAggregated: false,
    answeredAt: at(5),
  },
  start: { state: 'accepted', at: at(5), count: 1, lookNumber: 0, jobGuid: `JOB-${guid}` },
  lookNumber: 3,
  lookedAt: at(6),
  flagSeen: true,
  jobAggregatedAt: at(5),
  seenStatus: null,
  questions: null,
  unanswered: null,
};

const longest: RunningClaim = {
  ...running,
  userPresent: true,
  baseline: running.baseline && { ...running.baseline, connectionStatus: 'DISCONTINUED', isBeingAggregated: true },
  start: { state: 'unknown', at: at(5), count: 3, lookNumber: 17, jobGuid: `JOB-${guid}` },
  lookNumber: 18,
  seenStatus: { connectionStatus: 'DISCONNECTED' },
  questions: 'ABCDEFGHJK',
  unanswered: { code: 'mx_unavailable', nextLookAt: at(6) },
};

const ended = ({ baseline, ...claim }: RunningClaim, of: MemberRecord): Claim => {
  const { refreshId, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt } = claim;
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = of.lastAttempt ?? expect.fail();
  const facts = { refreshId, trigger, acceptedAt, deadline, userPresent, correlationId, lookNumber, lookedAt };
  return { ...facts, phase: 'ended', baseline: baseline && { connectionStatus: baseline.connectionStatus }, result };
};

const unrecorded = { reservedAt: at(1), enrolmentVersion: 12 };
const item = (record: MemberRecord) => workingItem(record, unrecorded);

describe('the member’s item is one write unit', () => {
  it.each<[string, number, MemberRecord]>([
    ['at rest', 517, usual],
    ['while a refresh runs', 776, { ...usual, claim: running }],
    ['while it stores', 779, { ...usual, claim: { ...running, phase: 'storing' } }],
    ['when it has ended', 628, { ...usual, claim: ended(running, usual) }],
    ['at rest, with everything', 749, worst],
    ['while a refresh runs, with everything', 1005, { ...worstOpen, claim: longest }],
    ['while it stores, with everything', 1008, { ...worstOpen, claim: { ...longest, phase: 'storing' } }],
    ['when it has ended, with everything', 804, { ...worstOpen, claim: ended(longest, worst) }],
  ])('%s: %i bytes', (_when, bytes, record) => {
    expect(itemBytes(item(record))).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(MAX_WORKING_ITEM_BYTES);
  });

  it('and is read back as it was', () => {
    for (const record of [usual, worst, { ...worstOpen, claim: longest }])
      expect(toRecord(item(record))).toEqual(record);
  });
});
