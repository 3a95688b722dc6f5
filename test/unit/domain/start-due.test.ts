import { describe, expect, it } from 'vitest';
import { Failure, type FailureCode } from '../../../shared/domain/failure.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { Attempt, EndedClaim } from '../../../shared/domain/refresh.ts';
import type { EnrolledMember } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { claim, knownMember, member, policy, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const slot = 'SLOT#24h#00001#0';
const keyOf = (number: number) => ({ userGuid: `USR-${number}`, memberGuid: `MBR-${number}` });
const scheduled = (number: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({ key: keyOf(number), body: {}, enrolment: { everyHours: 24, slot }, ...given });
const enrolledAs = (number: number): EnrolledMember => ({ member: keyOf(number), everyHours: 24, slot });

function world(...records: MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const reported: [string, unknown][] = [];
  made.answers.read = (asked) =>
    member({ key: { userGuid: asked.userIdentifier, memberGuid: asked.memberIdentifier } });
  made.answers.start = made.answers.read;
  const deps = {
    ...made.deps,
    schedule: made.schedule,
    report: (enrolled: EnrolledMember, error: unknown) => void reported.push([enrolled.member.memberGuid, error]),
  };
  const run = (...numbers: number[]) => startDue(deps, { dueAt: T0, members: numbers.map(enrolledAs) });
  return { ...made, reported, run };
}

const none = { accepted: 0, joined: 0, held_back: 0, done_already: 0, stray: 0, failed: 0 };
const attempt = (acceptedAt: string): Attempt => ({
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

const endedClaim = (acceptedAt: string): EndedClaim => {
  const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt(acceptedAt);
  return { ...claim({ acceptedAt }), phase: 'ended', result };
};

describe('members that are due', () => {
  it('are all started, as unattended refreshes', async () => {
    const { run, table, mxCalls } = world(...[1, 2, 3, 4, 5, 6, 7].map((number) => scheduled(number)));
    expect(await run(1, 2, 3, 4, 5, 6, 7)).toEqual({ ...none, accepted: 7 });
    expect(mxCalls.filter((call) => call.startsWith('start'))).toHaveLength(7);
    const claims = [...table.members.values()].map((record) => record.claim);
    expect(claims.every((made) => made?.trigger === 'schedule' && !made.userPresent)).toBe(true);
  });

  it('are not started again by the same message delivered twice', async () => {
    const first = world(scheduled(1));
    await first.run(1);
    expect(await first.run(1)).toEqual({ ...none, joined: 1 });
    const done = world(scheduled(1, { lastAttempt: attempt(T0) }));
    expect(await done.run(1)).toEqual({ ...none, done_already: 1 });
    expect(done.mxCalls).toEqual([]);
  });

  it.each<[string, Partial<MemberRecord>]>([
    ['has ended and is not released', { claim: endedClaim(T0) }],
    ['was refused and is not released', { claim: endedClaim(plusSeconds(T0, 5)) }],
    ['is followed by one of MX’s own', { lastAttempt: attempt(plusSeconds(T0, -3)), starts: [T0] }],
  ])('are not started again when their refresh %s', async (_what, given) => {
    const { run, mxCalls } = world(scheduled(1, given));
    expect(await run(1)).toEqual({ ...none, done_already: 1 });
    expect(mxCalls).toEqual([]);
  });

  it('are started although one from before is not released', async () => {
    const { run } = world(scheduled(1, { claim: endedClaim(plusSeconds(T0, -1)) }));
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });

  it('are not started by a twin that lost the claim', async () => {
    const { run, answers, table, mxCalls } = world(scheduled(1));
    answers.read = () => {
      // While this one reads the member, the other one has started it, and its refresh has ended.
      const record = table.members.get(textOf(keyOf(1)));
      if (record?.startsVersion === 0) {
        table.members.set(textOf(keyOf(1)), { ...record, startsVersion: 1, lastAttempt: attempt(T0) });
      }
      return member({ key: keyOf(1) });
    };
    expect(await run(1)).toEqual({ ...none, done_already: 1 });
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
  });

  it('are started although they were refreshed before they were due', async () => {
    const { run } = world(scheduled(1, { lastAttempt: attempt(plusSeconds(T0, -1)) }));
    expect(await run(1)).toEqual({ ...none, accepted: 1 });
  });

  it('join a refresh that runs already, and MX is not called', async () => {
    const { run, mxCalls } = world(scheduled(1, { claim: claim({ acceptedAt: plusSeconds(T0, -30) }) }));
    expect(await run(1)).toEqual({ ...none, joined: 1 });
    expect(mxCalls).toEqual([]);
  });

  it.each<[string, Parameters<typeof member>[0]]>([
    ['the credentials are refused', { connectionStatus: 'DENIED' }],
    ['MX waits for an answer', { connectionStatus: 'CHALLENGED' }],
    ['the connection is closed', { connectionStatus: 'CLOSED' }],
    ['MX says that credentials are missing', { needsUpdatedCredentials: true }],
  ])('are held back when %s: nobody is there to repair it', async (_why, seen) => {
    const { run, answers, mxCalls, table } = world(scheduled(1));
    answers.read = () => member({ key: keyOf(1), ...seen });
    expect(await run(1)).toEqual({ ...none, held_back: 1 });
    expect(mxCalls).toEqual(['read USR-1/MBR-1']);
    expect(table.members.get(textOf(keyOf(1)))?.claim).toBeNull();
  });
});

describe('a slot’s item that is left over', () => {
  it.each<[string, MemberRecord[]]>([
    ['of a member that is not known any more', []],
    ['of a member that was deleted', [scheduled(1, { deletedAt: T0 })]],
    [
      'of a member that has moved to another slot',
      [scheduled(1, { enrolment: { everyHours: 1, slot: 'SLOT#1h#00001#0' } })],
    ],
    ['of a member that nobody wants scheduled', [scheduled(1, { enrolment: { everyHours: 0, slot: '' } })]],
    ['of a member whose enrolment was never written', [scheduled(1, { enrolment: null })]],
  ])('%s is removed, and nothing is started', async (_what, records) => {
    const { run, table, schedule, mxCalls } = world(...records);
    table.slots.set(slot, new Map([[textOf(keyOf(1)), 24]]));
    expect(await run(1)).toEqual({ ...none, stray: 1 });
    expect(await schedule.membersOf(slot)).toEqual([]);
    expect(mxCalls).toEqual([]);
  });
});

describe('a member that cannot be started', () => {
  const failing = (code: FailureCode) => {
    const made = world(scheduled(1), scheduled(2), scheduled(3));
    const { start } = made.answers;
    made.answers.start = (asked) => (asked.userIdentifier === 'USR-2' ? new Failure(code, 'no') : start(asked));
    return made;
  };

  it.each<FailureCode>(['mx_not_found', 'mx_refused', 'mx_institution', 'mx_forbidden'])(
    'because of %s is reported and waits for its next turn; the others are started',
    async (code) => {
      const { run, reported } = failing(code);
      expect(await run(1, 2, 3)).toEqual({ ...none, accepted: 2, failed: 1 });
      expect(reported).toEqual([['MBR-2', expect.objectContaining({ code })]]);
    },
  );

  it('because its allowance is used up waits for its next turn and costs MX nothing', async () => {
    const starts = Array.from({ length: policy.allowanceStarts }, (_, index) => plusSeconds(T0, -60 + index));
    const { run, reported, mxCalls } = world(scheduled(1, { starts }));
    expect(await run(1)).toEqual({ ...none, failed: 1 });
    expect(reported).toEqual([['MBR-1', expect.objectContaining({ code: 'allowance_used_up' })]]);
    expect(mxCalls).toEqual([]);
  });

  it('because of a fault of ours keeps the message in the queue, after all others had their turn', async () => {
    const made = failing('internal');
    await expect(made.run(1, 2, 3)).rejects.toMatchObject({ code: 'internal' });
    const claimed = [1, 3].map((number) => made.table.members.get(textOf(keyOf(number)))?.claim);
    expect(claimed).toMatchObject([{ start: { state: 'accepted' } }, { start: { state: 'accepted' } }]);
    expect(made.reported).toEqual([]);
  });
});
