/** How a batch of due members is worked through: how many at once, what is waited for, what stays in the queue. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { type DelayedBatch, type EnrolledMember, noWishes, type StartBatch } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { refusedRefreshId } from '../../../shared/domain/unstarted.ts';
import { fakeStartCeiling } from '../../fakes/fake-start-ceiling.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { at, attemptOf, claim, knownMember, member, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const slot = 'SLOT#24h#00001#0';
const keyOf = (number: number) => ({ userGuid: `USR-${number}`, memberGuid: `MBR-${number}` });
const scheduled = (number: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({ key: keyOf(number), enrolment: { everyHours: 24, slot }, ...given });
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/** A world whose writes of a batch's end are slow, and noted when they are done. */
function world(...records: MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  const done: string[] = [];
  const reported: unknown[] = [];
  const batches: DelayedBatch[] = [];
  const atMx = { now: 0, most: 0 };
  const slow = async (what: string, act: () => unknown): Promise<void> => {
    await turns();
    await act();
    done.push(what);
  };
  made.answers.read = (asked) =>
    member({ key: { userGuid: asked.userIdentifier, memberGuid: asked.memberIdentifier } });
  made.answers.start = made.answers.read;
  const { readMember } = made.deps.mx;
  const deps = {
    ...made.deps,
    mx: {
      ...made.deps.mx,
      readMember: async (asked: Parameters<typeof readMember>[0]) => {
        atMx.now += 1;
        atMx.most = Math.max(atMx.most, atMx.now);
        await turns();
        atMx.now -= 1;
        return readMember(asked);
      },
    },
    events: { publish: (event: { readonly type: string }) => slow(event.type, () => {}) },
    schedule: { removeStray: () => slow('stray removed', () => {}) },
    starts: { sendAll: (some: readonly DelayedBatch[]) => slow('sent back', () => batches.push(...some)) },
    ceiling: fakeStartCeiling({ reservedUntil: 0 }, Number.POSITIVE_INFINITY),
    accepted: () => {},
    report: (_: EnrolledMember, error: unknown) => void reported.push(error),
  };
  const run = (...numbers: number[]) =>
    startDue(deps, {
      dueAt: T0,
      startAt: null,
      members: numbers.map((number) => ({ member: keyOf(number), everyHours: 24, slot, ...noWishes })),
    });
  return { ...made, deps, run, done, reported, batches, atMx };
}

it('five members are started at a time', async () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7];
  const { run, atMx } = world(...numbers.map((number) => scheduled(number)));
  expect(await run(...numbers)).toMatchObject({ accepted: 7 });
  expect(atMx.most).toBe(5);
});

describe('a batch is over when', () => {
  it('a stray item is removed', async () => {
    const { run, done } = world();
    expect(await run(1)).toMatchObject({ stray: 1 });
    expect(done).toEqual(['stray removed']);
  });

  it('a member is back in the queue', async () => {
    const { run, done, batches } = world(scheduled(1, { startNotBefore: at(60) }));
    expect(await run(1)).toMatchObject({ deferred: 1 });
    expect([done, batches]).toMatchObject([['sent back'], [{ delaySeconds: 60 }]]);
  });

  it('the refusal of an earlier delivery is published', async () => {
    const lastAttempt = attemptOf(claim({ refreshId: refusedRefreshId(keyOf(1), T0), trigger: 'schedule' }));
    const { run, done } = world(scheduled(1, { lastAttempt }));
    expect(await run(1)).toMatchObject({ done_already: 1 });
    expect(done).toEqual(['refresh.failed']);
  });
});

describe('an error of one member', () => {
  const deleted = () => {
    const made = world(scheduled(1), scheduled(2));
    const { claim: write } = made.deps.members;
    // Deleted while MX was read: the claim is lost, and our own table says why.
    made.deps.members.claim = async (of) => {
      if (of.key.userGuid !== 'USR-1') return write(of);
      made.table.members.set(textOf(keyOf(1)), scheduled(1, { deletedAt: T0 }));
      return false;
    };
    return made;
  };

  it('that is for good is reported, the batch done', async () => {
    const { run, reported } = deleted();
    expect(await run(1, 2)).toMatchObject({ accepted: 1, failed: 1 });
    expect(reported).toMatchObject([{ code: 'member_deleted' }]);
  });

  it('that passes leaves the batch in the queue, unreported', async () => {
    const { run, deps, reported } = world(scheduled(1));
    deps.members.claim = async () => false;
    await expect(run(1)).rejects.toMatchObject({ code: 'busy' });
    expect(reported).toEqual([]);
  });
});

describe('turns that cannot be kept', () => {
  const quietHours = { from: '11:00', to: '13:00', timeZone: 'UTC' };
  const enrolled = (number: number, given: Partial<EnrolledMember> = {}): EnrolledMember => ({
    member: keyOf(number),
    everyHours: 1,
    slot,
    maxAgeSeconds: null,
    quietHours: null,
    ...given,
  });
  const batchOf = (...members: readonly EnrolledMember[]): StartBatch => ({ dueAt: T0, startAt: null, members });

  it('wait for their quiet hours’ end in one message', async () => {
    const { deps, batches } = world(scheduled(1), scheduled(2));
    const quiet = { everyHours: 24, quietHours } as const;
    expect(await startDue(deps, batchOf(enrolled(1, quiet), enrolled(2, quiet)))).toMatchObject({ deferred: 2 });
    expect(batches.map(({ batch }) => batch.members.length)).toEqual([2]);
  });

  it('are dropped when those end after the next turn', async () => {
    const { deps, batches } = world(scheduled(1));
    expect(await startDue(deps, batchOf(enrolled(1, { quietHours })))).toMatchObject({ deferred: 0, dropped: 1 });
    expect(batches).toEqual([]);
  });

  it('are dropped and reported when MX stays away until then', async () => {
    const { deps, answers, reported, wait } = world(scheduled(1), scheduled(2), scheduled(3));
    answers.read = () => new Failure('mx_timeout', 'no answer');
    wait(3_300);
    const all = batchOf(enrolled(1), enrolled(2), enrolled(3, { everyHours: 24 }));
    expect(await startDue(deps, all)).toMatchObject({ deferred: 1, dropped: 2 });
    expect(reported).toMatchObject([{ code: 'mx_timeout' }, { code: 'mx_timeout' }]);
  });
});
