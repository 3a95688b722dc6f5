import { describe, expect, it } from 'vitest';
import type { FormerAmounts } from '../../../shared/domain/balance.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { eraseData } from '../../../shared/domain/erase-data.ts';
import type { ErasureOrder, ErasureWork } from '../../../shared/domain/erasure-ports.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, emptyMember, key, runningRefresh, T0 } from '../../samples.ts';
import { slowly } from './slow-ports.ts';
import { account, refreshed, webhookWorld, withStored } from './webhook-world.ts';

const order: ErasureOrder = {
  erasureId: 'ERS-1',
  userGuid: key.userGuid,
  memberGuid: null,
  atMx: 'nothing',
  requestedAt: T0,
};
const first: ErasureWork = {
  order,
  round: 1,
  after: null,
  hasFound: false,
  userIds: [],
  tries: 0,
  isRestored: false,
};
const ofMember = { ...order, memberGuid: key.memberGuid };

/** A member with balances, and a refresh of its own that has ended. */
async function world(given: Partial<MemberRecord> = {}, others: readonly MemberRecord[] = []) {
  const made = webhookWorld([refreshed(given), ...others]);
  await withStored(made);
  await made.deps.refreshes.put(runningRefresh(key, 'RFR-1'));
  await made.deps.callbacks.put({ id: 'CBK-1', refreshId: 'RFR-1', url: 'https://receiver.example/' }, 1, T0);
  made.table.aliases.set('ALIAS#user-1/USER', key.userGuid);
  made.table.aliases.set(`${key.userGuid}/OWN_ID#user-1`, key.userGuid);
  made.table.aliases.set(`${key.userGuid}/ALIAS#member-1`, key.memberGuid);
  const erase = (work: Partial<ErasureWork> = {}) => eraseData(made.deps, { ...first, ...work });
  /** What waits in the queue of this erasing. */
  const waiting = () =>
    made.waiting().flatMap(({ work, inSeconds }) => (work.kind === 'erase_data' ? [{ ...work, inSeconds }] : []));
  const receipt = () => made.erasures.receipts.get('ERS-1');
  return { ...made, erase, waiting, receipt };
}

const lateRow: FormerAmounts = {
  ...{ member: key, accountGuid: 'ACT-1', amounts: {}, currencyCode: null, previousSince: null },
  ...{ amountsSince: T0, observedAt: T0, refreshId: 'RFR-1' },
};

describe('erasing a user', () => {
  it('deletes members, balances, refreshes, callbacks and names', async () => {
    const here = await world();
    expect(await here.erase()).toBe('next_round');
    expect(here.record()).toEqual(emptyMember(key, { deletedAt: T0 }));
    expect(here.table.bodies.get(textOf(key))).toBeNull();
    expect(await here.balances.ofMember(key)).toEqual([]);
    expect(here.formerAmounts.size).toBe(0);
    expect([here.refreshes.size, here.callbacks.size, here.table.aliases.size]).toEqual([0, 0, 0]);
    expect(here.table.erasedUsers.get(key.userGuid)).toBe(T0);
    expect(here.receipt()).toMatchObject({
      doneAt: null,
      erased: { members: 1, accounts: 1, formerAmounts: 1, refreshes: 1, membersAtMx: 0, usersAtMx: 0 },
    });
    expect(here.atMx.deleted).toEqual([]);
  });

  it('is done when a later round finds nothing', async () => {
    const here = await world();
    await here.erase();
    expect(here.waiting()).toMatchObject([{ round: 2, after: null, hasFound: false, inSeconds: 90 }]);
    here.wait(90);
    expect(await here.erase({ round: 2 })).toBe('done');
    expect(here.receipt()?.doneAt).toBe('2026-11-21T12:01:30.000Z');
  });

  it('finds what was written after the first round', async () => {
    const here = await world();
    await here.erase();
    await here.deps.refreshes.put(runningRefresh(key, 'RFR-2'));
    await here.balances.store(key, [account('ACT-9', '1', T0)], {
      observedAt: T0,
      refreshId: 'RFR-2',
      trigger: 'http',
    });
    expect(await here.erase({ round: 2 })).toBe('next_round');
    expect(here.receipt()).toMatchObject({ doneAt: null, erased: { members: 1, accounts: 2, refreshes: 2 } });
    expect(await here.erase({ round: 3 })).toBe('done');
  });

  it('finds former amounts that came after the first round', async () => {
    const here = await world();
    await here.erase();
    here.formerAmounts.set(textOf(key), new Map([['ACT-1#2026', { former: lateRow, expiresAt: T0 }]]));
    expect(await here.erase({ round: 2 })).toBe('next_round');
    expect(here.receipt()?.erased).toMatchObject({ members: 1, accounts: 1, formerAmounts: 2 });
    expect(await here.erase({ round: 3 })).toBe('done');
  });

  it('goes on with the member when its history is long', async () => {
    const here = await world({ deletedAt: '2026-11-01T00:00:00.000Z' });
    const { eraseHistory } = here.deps.erasure;
    const erasure = {
      ...here.deps.erasure,
      eraseHistory: async (of: typeof key, isLate: () => boolean) => {
        here.wait(10);
        return eraseHistory(of, isLate);
      },
    };
    expect(await eraseData({ ...here.deps, erasure }, first)).toBe('goes_on');
    expect(here.formerAmounts.size).toBe(1);
    expect(here.waiting()).toMatchObject([{ round: 1, after: null, inSeconds: 0 }]);
    expect(await here.erase()).toBe('next_round');
    expect(here.formerAmounts.size).toBe(0);
  });

  it('ends a refresh that runs, and tells of it', async () => {
    const here = await world({ claim: claim({ refreshId: 'RFR-1' }) });
    await here.erase();
    expect(here.events.map(({ type }) => type)).toEqual(['refresh.failed', 'connection.changed']);
    expect(here.events[0]?.data).toMatchObject({ code: endingOf('member_deleted').code });
    expect(here.refreshes.size).toBe(0);
  });

  it('erases refreshes of members that were deleted before', async () => {
    const here = await world({ deletedAt: '2026-11-01T00:00:00.000Z' });
    expect(await here.erase()).toBe('next_round');
    expect(here.receipt()?.erased).toMatchObject({ members: 0, accounts: 1, formerAmounts: 1, refreshes: 1 });
    expect(here.record()?.deletedAt).toBe('2026-11-01T00:00:00.000Z');
  });

  it('goes on behind the last member when time is up', async () => {
    const other = { ...key, memberGuid: 'MBR-2' };
    const here = await world({}, [emptyMember(other)]);
    const { readBody } = here.deps.members;
    const slow = {
      ...here.deps,
      members: {
        ...here.deps.members,
        readBody: async (of: typeof key) => {
          here.wait(10);
          return readBody(of);
        },
      },
    };
    expect(await eraseData(slow, first)).toBe('goes_on');
    // The refreshes of the first member were not begun.
    expect(here.waiting()).toMatchObject([{ round: 1, after: null, hasFound: true, inSeconds: 0 }]);
    expect(await here.erase({ after: 'MBR-1', hasFound: true })).toBe('next_round');
    expect(here.table.members.get(textOf(other))?.deletedAt).not.toBeNull();
    expect(here.refreshes.size).toBe(1);
  });

  it('is not begun again once it is done', async () => {
    const here = await world();
    await here.deps.receipts.begin(order);
    here.erasures.receipts.set('ERS-1', { ...(await here.deps.receipts.begin(order)), doneAt: T0 });
    expect(await here.erase()).toBe('done');
    expect(here.record()?.deletedAt).toBeNull();
  });

  it('is begun again after a restore', async () => {
    const here = await world();
    here.erasures.receipts.set('ERS-1', { ...(await here.deps.receipts.begin(order)), doneAt: T0 });
    expect(await here.erase({ isRestored: true })).toBe('next_round');
    expect(here.record()?.deletedAt).toBe(T0);
    expect(here.waiting()).toMatchObject([{ round: 2, isRestored: true }]);
  });
});

describe('an erasing has a next round', () => {
  it('where the first one has found nothing', async () => {
    const here = await world();
    const other = { ...order, userGuid: 'USR-9' };
    expect(await here.erase({ order: other })).toBe('next_round');
    expect(await here.erase({ order: other, round: 2 })).toBe('done');
  });

  it('where a later one has found a name', async () => {
    const here = await world();
    await here.erase();
    here.table.aliases.set('ALIAS#user-1/USER', key.userGuid);
    expect(await here.erase({ round: 2, userIds: ['user-1'] })).toBe('next_round');
    expect(await here.erase({ round: 3, userIds: ['user-1'] })).toBe('done');
  });
});

describe('of a member', () => {
  it.each<[string, Partial<MemberRecord> | null, string]>([
    ['that was deleted before, as of then', { deletedAt: at(-900) }, at(-900)],
    ['of which balances alone are left, as of now', null, T0],
  ])('%s, all is erased', async (_what, given, deletedAt) => {
    const here = await world(given ?? {});
    if (given === null) here.table.members.clear();
    const bodies: unknown[] = [];
    const { eraseBody } = here.deps.seen;
    here.deps.seen.eraseBody = (...of) => {
      bodies.push(of);
      return eraseBody(...of);
    };
    expect(await here.erase()).toBe('next_round');
    expect([bodies, here.receipt()?.erased.members]).toEqual([[[key, deletedAt]], 0]);
    expect([await here.balances.ofMember(key), here.formerAmounts.size, here.refreshes.size]).toEqual([[], 0, 0]);
  });

  it('with a history that is longer it goes on', async () => {
    const here = await world({ deletedAt: at(-900) });
    here.refreshes.clear();
    here.deps.erasure.eraseHistory = async () => ({ erased: 1, isAll: false });
    expect(await here.erase()).toBe('goes_on');
  });
});

describe('an erasing that fails', () => {
  it('goes on behind what is done, with new tries', async () => {
    const other = { ...key, memberGuid: 'MBR-2' };
    const here = await world({}, [emptyMember(other)]);
    const { deleteMember } = here.deps.mxDeletion;
    here.deps.mxDeletion.deleteMember = (of) =>
      of.memberIdentifier === 'MBR-2'
        ? Promise.reject(new Failure('mx_unavailable', 'MX is in trouble'))
        : deleteMember(of);
    expect(await here.erase({ order: { ...order, atMx: 'members' }, tries: 3 })).toBe('waits');
    expect(here.waiting()).toMatchObject([{ after: 'MBR-1', hasFound: true, tries: 1, inSeconds: 15 }]);
  });

  it.each([
    [5, 480],
    [6, 900],
    [99, 900],
  ])('after %i tries is tried again in %i s', async (tries, inSeconds) => {
    const here = await world();
    here.atMx.fails = new Failure('mx_unavailable', 'no');
    const sent: unknown[] = [];
    here.deps.erasures.send = async (work, seconds) => void sent.push([work.tries, seconds]);
    expect(await here.erase({ order: { ...order, atMx: 'members' }, tries })).toBe('waits');
    expect(sent).toEqual([[tries + 1, inSeconds]]);
  });
});

describe('an erasing does one thing after the other', () => {
  const parallel = ['erasure.erase beside erasure.eraseHistory', 'seen.eraseBody beside erasure.erase'];

  it.each<[string, Partial<ErasureWork>, Failure | null, string[]]>([
    ['a round', { order: { ...order, atMx: 'user' } }, null, parallel],
    ['a failure', { order: { ...order, atMx: 'user' } }, new Failure('mx_unavailable', 'no'), parallel],
    ['a pause', { order: { ...order, atMx: 'user' } }, new Failure('paused', 'no'), parallel],
  ])('%s', async (_what, work, fails, expected) => {
    const here = await world();
    here.atMx.fails = fails;
    const { deps, underWay, done, beside } = slowly(here.deps);
    await eraseData(deps, { ...first, ...work });
    expect([underWay, beside]).toEqual([[], expected]);
    expect(done.slice(0, 3)).toEqual(['receipts.begin', 'storedData.leaveUserTombstone', 'storedData.membersOf']);
  });

  it('the last round', async () => {
    const here = await world({ deletedAt: at(-900) });
    await here.erase();
    const { deps, underWay, done, beside } = slowly(here.deps);
    expect(await eraseData(deps, { ...first, round: 2 })).toBe('done');
    expect([underWay, beside, done.at(-1)]).toEqual([[], ['seen.eraseBody beside erasure.erase'], 'receipts.finish']);
  });

  it('a member that takes too long', async () => {
    const here = await world({ deletedAt: at(-900) });
    here.deps.erasure.eraseHistory = async () => ({ erased: 1, isAll: false });
    const { deps, underWay, done } = slowly(here.deps);
    expect(await eraseData(deps, first)).toBe('goes_on');
    expect([underWay, done.at(-1)]).toEqual([[], 'erasures.send']);
  });
});

describe('erasing a member', () => {
  it('leaves its user, and other members', async () => {
    const other = { ...key, memberGuid: 'MBR-2' };
    const here = await world({}, [emptyMember(other)]);
    here.table.aliases.set(`${key.userGuid}/ALIAS#member-2`, 'MBR-2');
    expect(await here.erase({ order: ofMember })).toBe('next_round');
    expect(here.record()?.deletedAt).toBe(T0);
    expect(here.table.members.get(textOf(other))?.deletedAt).toBeNull();
    expect(here.table.erasedUsers.size).toBe(0);
    expect([...here.table.aliases.keys()].toSorted()).toEqual([
      'ALIAS#user-1/USER',
      'USR-1/ALIAS#member-2',
      'USR-1/OWN_ID#user-1',
    ]);
  });
});

describe('erasing at MX', () => {
  it('deletes each member there after it was erased here', async () => {
    const here = await world();
    await here.erase({ order: { ...order, atMx: 'members' } });
    expect(here.atMx.deleted).toEqual(['MBR-1']);
    expect(here.receipt()?.erased).toMatchObject({ membersAtMx: 1, usersAtMx: 0 });
  });

  it('deletes the user there last', async () => {
    const here = await world();
    const asked: string[] = [];
    const { deleteMember, deleteUser } = here.deps.mxDeletion;
    here.deps.mxDeletion.deleteMember = (of) => {
      asked.push(of.memberIdentifier);
      return deleteMember(of);
    };
    here.deps.mxDeletion.deleteUser = (of) => {
      asked.push(of);
      return deleteUser(of);
    };
    await here.erase({ order: { ...order, atMx: 'user' } });
    expect(here.atMx.deleted).toEqual(['MBR-1', 'USR-1']);
    await here.erase({ order: { ...order, atMx: 'user' }, round: 2 });
    expect(asked).toEqual(['MBR-1', 'USR-1']);
    expect(here.receipt()?.erased).toMatchObject({ membersAtMx: 1, usersAtMx: 1 });
  });

  it('asks again for a member that has become known since', async () => {
    const here = await world();
    await here.erase({ order: { ...order, atMx: 'members' } });
    here.table.members.set(textOf(key), refreshed());
    here.atMx.gone.clear();
    await here.erase({ order: { ...order, atMx: 'members' }, round: 2 });
    expect(here.atMx.deleted).toEqual(['MBR-1', 'MBR-1']);
    here.table.members.set(textOf(key), refreshed());
    here.atMx.gone.clear();
    await here.erase({ round: 3 });
    expect(here.atMx.deleted).toHaveLength(2);
  });

  it('is done where MX has nothing any more', async () => {
    const here = await world();
    here.atMx.gone.add('MBR-1');
    expect(await here.erase({ order: { ...order, atMx: 'members' } })).toBe('next_round');
    expect(here.receipt()?.erased.membersAtMx).toBe(0);
  });

  it('waits for an MX that is away, and says so', async () => {
    const here = await world();
    const asked = { ...order, atMx: 'members' as const };
    here.atMx.fails = new Failure('mx_unavailable', 'MX is in trouble');
    expect(await here.erase({ order: asked })).toBe('waits');
    expect(here.record()?.deletedAt).toBe(T0);
    expect(here.receipt()?.waitsFor).toEqual({ code: 'mx_unavailable', since: T0 });
    expect(here.waiting()).toMatchObject([{ round: 1, after: null, tries: 1, inSeconds: 15 }]);
    here.wait(15);
    await here.erase({ order: asked, tries: 1 });
    expect(here.waiting().at(-1)).toMatchObject({ tries: 2, inSeconds: 30 });
    expect(here.receipt()?.waitsFor?.since).toBe(T0);
    here.atMx.fails = null;
    expect(await here.erase({ order: asked, tries: 2 })).toBe('next_round');
    expect(here.atMx.deleted).toEqual(['MBR-1']);
    expect(here.receipt()?.waitsFor).toBeNull();
  });

  it('counts what it has erased here, whatever MX does', async () => {
    const here = await world();
    const asked = { ...order, atMx: 'members' as const };
    here.atMx.fails = new Failure('mx_unavailable', 'MX is in trouble');
    expect(await here.erase({ order: asked })).toBe('waits');
    const counts = { members: 1, accounts: 1, refreshes: 1, membersAtMx: 0 };
    expect(here.receipt()?.erased).toMatchObject(counts);
    here.atMx.fails = null;
    expect(await here.erase(here.waiting().at(-1))).toBe('next_round');
    expect(here.receipt()?.erased).toMatchObject({ ...counts, membersAtMx: 1 });
  });

  it('asks again for what a later try has erased here', async () => {
    const here = await world();
    const asked = { ...order, atMx: 'members' as const };
    await here.erase({ order: asked });
    here.table.members.set(textOf(key), refreshed());
    here.atMx.gone.clear();
    here.atMx.fails = new Failure('paused', 'a pause');
    expect(await here.erase({ order: asked, round: 2 })).toBe('waits');
    here.atMx.fails = null;
    expect(await here.erase(here.waiting().at(-1))).toBe('next_round');
    expect(here.atMx.deleted).toEqual(['MBR-1', 'MBR-1']);
  });

  it.each([0, 100])('waits in a pause, after %d tries', async (tries) => {
    const here = await world();
    const asked = { ...order, atMx: 'members' as const };
    here.atMx.fails = new Failure('paused', 'a pause');
    expect(await here.erase({ order: asked, tries })).toBe('waits');
    expect(here.receipt()?.waitsFor).toEqual({ code: 'paused', since: T0 });
    expect(here.waiting()).toMatchObject([{ round: 1, after: null, tries, inSeconds: 53 }]);
  });

  it.each([
    ['refuses for good', new Failure('mx_forbidden', 'no'), 0],
    ['stays away for a day', new Failure('mx_unavailable', 'no'), 100],
  ])('fails as a message when MX %s', async (_what, failure, tries) => {
    const here = await world();
    here.atMx.fails = failure;
    await expect(here.erase({ order: { ...order, atMx: 'members' }, tries })).rejects.toBe(failure);
    expect(here.receipt()?.waitsFor?.code).toBe(failure.code);
    expect(here.waiting()).toEqual([]);
  });
});
