import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { Attempt, EndedClaim, Refresh } from '../../../shared/domain/refresh.ts';
import { type DelayedBatch, type EnrolledMember, noWishes, type StartBatch } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { fakeStartCeiling } from '../../fakes/fake-start-ceiling.ts';
import { withMember } from '../../fakes/members-table.ts';
import { claim, knownMember, member, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

export const slot = 'SLOT#24h#00001#0';
export const keyOf = (number: number) => ({ userGuid: `USR-${number}`, memberGuid: `MBR-${number}` });
export const scheduled = (number: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({ key: keyOf(number), enrolment: { everyHours: 24, slot, ...noWishes }, ...given });
export const enrolledAs = (number: number): EnrolledMember => ({
  member: keyOf(number),
  everyHours: 24,
  slot,
  ...noWishes,
});

export const world = (...records: MemberRecord[]) => worldUnder(Number.POSITIVE_INFINITY, ...records);

export function worldUnder(startsPerSecond: number, ...records: MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const reported: [string, unknown][] = [];
  const refused: string[] = [];
  const accepted: [string, string, boolean][] = [];
  const sent: DelayedBatch[] = [];
  const ceiling = { reservedUntil: 0 };
  made.answers.read = (asked) =>
    member({ key: { userGuid: asked.userIdentifier, memberGuid: asked.memberIdentifier } });
  made.answers.start = made.answers.read;
  const deps = {
    ...made.deps,
    schedule: made.schedule,
    starts: { sendAll: async (batches: readonly DelayedBatch[]) => void sent.push(...batches) },
    ceiling: fakeStartCeiling(ceiling, startsPerSecond),
    accepted: (
      { member: { memberGuid } }: EnrolledMember,
      { refresh, joined }: { refresh: Refresh; joined: boolean },
    ) => void accepted.push([memberGuid, refresh.refreshId, joined]),
    report: (enrolled: EnrolledMember, error: unknown, refreshId?: string) => {
      reported.push([enrolled.member.memberGuid, error]);
      if (refreshId !== undefined) refused.push(refreshId);
    },
  };
  const run = (...numbers: number[]) => startDue(deps, { dueAt: T0, startAt: null, members: numbers.map(enrolledAs) });
  return {
    ...made,
    deps,
    reported,
    /** The refreshes that starts have become by being refused. */
    refused,
    /** Member, refresh, and whether it ran already. */
    accepted,
    batches: sent,
    ceiling,
    run,
    receive: (batch: StartBatch) => startDue(deps, batch),
  };
}

export const none = {
  accepted: 0,
  joined: 0,
  held_back: 0,
  fresh_enough: 0,
  left_to_mx: 0,
  deferred: 0,
  dropped: 0,
  done_already: 0,
  stray: 0,
  failed: 0,
};
export const attempt = (acceptedAt: string): Attempt => ({
  refreshId: 'RFR-0',
  trigger: 'schedule',
  acceptedAt,
  outcome: 'succeeded',
  action: 'none',
  code: 'stored',
  connectionStatus: 'CONNECTED',
  hasDetails: false,
  endedAt: plusSeconds(acceptedAt, 9),
  observedAt: plusSeconds(acceptedAt, 8),
});

export const endedClaim = (acceptedAt: string): EndedClaim => {
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt(acceptedAt);
  return { ...claim({ acceptedAt }), phase: 'ended', result };
};
