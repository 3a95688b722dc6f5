/** One sweep over open claims: what it counts, repairs, waits for, and does not stop at. */
import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { attemptOf, type Claim, type StoringClaim } from '../../../shared/domain/refresh.ts';
import { continueSweep, repairedIn, type SweepDeps, type SweepRest, sweep } from '../../../shared/domain/sweep.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { at, claim, knownMember, mxAccount, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const keyOf = (number: number) => ({ userGuid: `USR-${number}`, memberGuid: `MBR-${number}` });
const holding = (number: number, held: Claim | null, given: Partial<MemberRecord> = {}): MemberRecord =>
  knownMember({ key: keyOf(number), claim: held, ...given });

const ended = (number: number): MemberRecord => {
  const held = claim({ refreshId: `RFR-${number}` });
  const lastAttempt = attemptOf(held, { ...endingOf('denied'), endedAt: at(5), observedAt: null }, false);
  return holding(number, endedClaim(held, lastAttempt), { lastAttempt });
};
const storing = (given: Partial<StoringClaim> = {}): StoringClaim => ({ ...claim(), ...given, phase: 'storing' });

/** A world `seconds` after the refreshes were accepted. `waited`: what was done when the sweep was over. */
function world(seconds: number, ...records: readonly MemberRecord[]) {
  const made = refreshWorld(withMember(...records));
  made.wait(seconds);
  const waited: string[] = [];
  const asked: string[] = [];
  const rests: SweepRest[] = [];
  const slow =
    <A extends readonly unknown[], R>(what: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
      waited.push(what);
      return act(...args);
    };
  const { members, followUps } = made.deps;
  const deps: SweepDeps = {
    ...made.deps,
    members: {
      ...members,
      // All in the first part, also such as have no claim any more.
      openPage: async (shard, before) => {
        asked.push(before);
        const listed = records.map(({ key, claim: held }) => ({ member: key, acceptedAt: T0, claim: held }));
        return { listed: shard === 0 ? listed : [], next: null };
      },
      release: slow('claim gone', members.release),
    },
    followUps: { send: slow('message', followUps.send) },
    sweepRests: { send: async (rest) => void rests.push(rest) },
  };
  const reported: unknown[] = [];
  const run = () => sweep(deps, (key, error) => reported.push([key?.userGuid, error]));
  const record = (number: number) => made.table.members.get(textOf(keyOf(number)));
  return { ...made, deps, run, waited, asked, rests, reported, record };
}

const none = {
  leave: 0,
  publish: 0,
  end: 0,
  end_storing: 0,
  look: 0,
  failed: 0,
  handed_on: 0,
  dropped: 0,
  institution: 0,
};

describe('a sweep', () => {
  it('reads claims of 30 s and more', async () => {
    const { run, asked } = world(100);
    expect(await run()).toEqual(none);
    expect(asked).toEqual([at(70), at(70), at(70), at(70)]);
  });

  it('reads younger ones when refreshes are that short', async () => {
    const { deps, asked } = world(100);
    await sweep({ ...deps, policy: { ...deps.policy, deadlineSeconds: 20 } }, expect.fail);
    expect(asked).toEqual([at(80), at(80), at(80), at(80)]);
  });

  it('publishes an end that was not', async () => {
    const { run, waited, record } = world(100, ended(1));
    expect(await run()).toEqual({ ...none, publish: 1 });
    expect([waited, record(1)?.claim]).toEqual([['claim gone'], null]);
  });

  it('ends what is over its deadline', async () => {
    const { run, record } = world(600, holding(1, claim()));
    expect(await run()).toEqual({ ...none, end: 1 });
    expect(record(1)).toMatchObject({ claim: null, lastAttempt: { outcome: 'timed_out', code: 'deadline' } });
  });

  it('ends storing that was interrupted', async () => {
    const { run, record, balances, sent } = world(600, holding(1, storing()));
    const stamp = { observedAt: at(9), refreshId: 'RFR-1', trigger: 'http' } as const;
    await balances.store(keyOf(1), [mxAccount('ACT-1')], stamp);
    expect(await run()).toEqual({ ...none, end_storing: 1 });
    expect(record(1)).toMatchObject({ claim: null, lastAttempt: { code: 'stored_in_part', observedAt: at(9) } });
    expect(sent).toEqual([]);
  });

  it('books the look that was lost, for now', async () => {
    const { run, sent, waited } = world(96, holding(1, claim({ lookedAt: at(5), correlationId: 'mine' })));
    expect(await run()).toEqual({ ...none, look: 1 });
    expect(waited).toEqual(['message']);
    expect(sent).toMatchObject([
      { followUp: { refreshId: 'RFR-1', lookNumber: 2, correlationId: 'mine' }, inSeconds: 0 },
    ]);
  });

  it.each<[string, MemberRecord]>([
    ['has ended meanwhile', holding(1, null)],
    ['may still be looked at', holding(1, claim({ lookedAt: at(90) }))],
  ])('leaves what %s', async (_what, record) => {
    const { run, waited } = world(100, record);
    expect(await run()).toEqual({ ...none, leave: 1 });
    expect(waited).toEqual([]);
  });

  it('leaves what is gone', async () => {
    const { run, table } = world(100, holding(1, claim()));
    table.members.clear();
    expect(await run()).toEqual({ ...none, leave: 1 });
  });

  it('goes on after one that it cannot repair', async () => {
    const { run, deps, reported } = world(600, holding(1, claim()), holding(2, claim({ refreshId: 'RFR-2' })));
    const fault = new Error('the table is away');
    const { read } = deps.members;
    deps.members.read = (key) => (key.userGuid === 'USR-1' ? Promise.reject(fault) : read(key));
    expect(await run()).toEqual({ ...none, end: 1, failed: 1 });
    expect(reported).toEqual([['USR-1', fault]]);
  });

  it('repairs 20 at the same time, and all of them', async () => {
    const numbers = Array.from({ length: 45 }, (_, index) => index + 1);
    const { run, deps } = world(600, ...numbers.map((number) => holding(number, claim())));
    const atWork = { now: 0, most: 0 };
    const { read } = deps.members;
    deps.members.read = async (key) => {
      atWork.now += 1;
      atWork.most = Math.max(atWork.most, atWork.now);
      // For so long that all could come together.
      for (let turns = 0; turns < 500; turns += 1) await Promise.resolve();
      atWork.now -= 1;
      return read(key);
    };
    expect(await run()).toEqual({ ...none, end: 45 });
    expect(atWork.most).toBe(20);
  });

  it('counts institutions whose changes it has told', async () => {
    const { deps } = world(100);
    const breakers = { ...deps.breakers, untold: async () => ['a', 'b'] };
    expect(await sweep({ ...deps, breakers }, expect.fail)).toEqual({ ...none, institution: 2 });
  });

  it('reports that those cannot be read', async () => {
    const { deps, reported } = world(600, holding(1, claim()));
    const fault = new Error('the table is away');
    const breakers = { ...deps.breakers, untold: () => Promise.reject(fault) };
    const report = (key: unknown, error: unknown) => reported.push([key, error]);
    expect(await sweep({ ...deps, breakers }, report)).toEqual({ ...none, end: 1, failed: 1 });
    expect(reported).toEqual([[null, fault]]);
  });

  it('reads no member whose claim is healthy', async () => {
    const { run, deps } = world(100, holding(1, claim({ lookedAt: at(90) })));
    deps.members.read = () => expect.fail();
    expect(await run()).toEqual({ ...none, leave: 1 });
  });

  it('names what kept MX away at the deadline', async () => {
    const unanswered = { code: 'mx_timeout', nextLookAt: T0 } as const;
    const { run, record } = world(600, holding(1, claim({ unanswered })));
    await run();
    expect(record(1)?.lastAttempt).toMatchObject({ code: 'mx_timeout', outcome: 'timed_out' });
  });
});

it('what was left, failed or handed on is not repaired', () => {
  const done = { publish: 1, end: 2, end_storing: 4, look: 8, institution: 16 };
  expect(repairedIn({ ...none, ...done, leave: 32, failed: 64, handed_on: 128, dropped: 256 })).toBe(31);
});

describe('a part of the index', () => {
  /** Claims that are over their deadline, `pageSize` in a page of part 0. */
  function parts(count: number, pageSize: number) {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const made = world(600, ...numbers.map((number) => holding(number, claim({ refreshId: `RFR-${number}` }))));
    const places = numbers.map((number) => ({ member: keyOf(number), acceptedAt: T0, claim: claim() }));
    let pages = 0;
    made.deps.members.openPage = async (shard, _before, after) => {
      pages += 1;
      if (pages > 50) throw new Error('the index is read without end');
      if (shard !== 0) return { listed: [], next: null };
      const from = after === null ? 0 : Number(after.member.userGuid.slice('USR-'.length));
      const listed = places.slice(from, from + pageSize);
      return { listed, next: from + pageSize < count ? (listed.at(-1) ?? null) : null };
    };
    const rest = (after: number | null): SweepRest => ({
      shard: 0,
      begunAt: at(600),
      after: after === null ? null : { member: keyOf(after), acceptedAt: T0 },
    });
    return { ...made, rest };
  }

  it.each([
    [1, 1],
    [7, 3],
    [45, 45],
    [100, 50],
  ])('is read to its end: %d of %d', async (count, pageSize) => {
    const { run, rests } = parts(count, pageSize);
    expect(await run()).toEqual({ ...none, end: count });
    expect(rests).toEqual([]);
  });

  it('is handed on when the time is over', async () => {
    const { deps, rests, rest, wait } = parts(50, 30);
    const { end } = deps.members;
    let written = 0;
    deps.members.end = async (change) => {
      written += 1;
      // The first of the third group: until ten seconds are over, with a page of 30 between them.
      if (written === 21) wait(10);
      return end(change);
    };
    expect(await sweep(deps, expect.fail)).toEqual({ ...none, end: 30, handed_on: 1 });
    expect(rests).toMatchObject([{ ...rest(30), begunAt: at(600) }]);
  });

  it('is not handed on when nothing is left', async () => {
    const { deps, rests } = parts(20, 20);
    expect(await sweep(deps, expect.fail, 0)).toEqual({ ...none, end: 20 });
    expect(rests).toEqual([]);
  });

  it('is gone on with behind the last claim', async () => {
    const { deps, rest, rests, record } = parts(50, 30);
    expect(await continueSweep(deps, rest(30), expect.fail)).toEqual({ ...none, end: 20 });
    expect([record(30)?.claim?.refreshId, record(31)?.claim, rests]).toEqual(['RFR-30', null, []]);
  });

  it('is handed on again, ten seconds before the function ends', async () => {
    const { deps, rest, rests, wait } = parts(50, 50);
    const { end } = deps.members;
    let written = 0;
    deps.members.end = async (change) => {
      written += 1;
      if (written === 1) wait(39);
      if (written === 21) wait(1);
      return end(change);
    };
    expect(await continueSweep(deps, rest(null), expect.fail)).toEqual({ ...none, end: 40, handed_on: 1 });
    expect(rests).toMatchObject([{ shard: 0, begunAt: at(600), after: { member: keyOf(40) } }]);
  });

  it.each([
    [60, { ...none, end: 2 }],
    [61, { ...none, dropped: 1 }],
  ])('that is %d s old: %o', async (seconds, counts) => {
    const { deps, rest, wait } = parts(2, 2);
    wait(seconds);
    expect(await continueSweep(deps, rest(null), expect.fail)).toEqual(counts);
  });

  it('that cannot be read stops no other', async () => {
    const { deps, run, reported } = parts(1, 1);
    const fault = new Error('throttled');
    const { openPage } = deps.members;
    deps.members.openPage = (shard, before, after) =>
      shard === 3 ? Promise.reject(fault) : openPage(shard, before, after);
    expect(await run()).toEqual({ ...none, end: 1, failed: 1 });
    expect(reported).toEqual([[undefined, fault]]);
  });

  it('says so when its rest cannot be handed on', async () => {
    const { deps } = parts(30, 30);
    const reported: unknown[] = [];
    deps.sweepRests.send = () => Promise.reject(new Error('no queue'));
    const counts = await sweep(deps, (key, error) => reported.push([key, String(error)]), 0);
    expect(counts).toEqual({ ...none, end: 20, handed_on: 0, failed: 1 });
    expect(reported).toEqual([[null, 'Error: no queue']]);
  });
});

describe('a claim of the list', () => {
  it.each(['unreadable', claim()] as const)('is read before it is repaired: %o', async (listed) => {
    const { deps, run } = world(600, holding(1, claim({ lookedAt: at(599), deadline: at(700) })));
    deps.members.openPage = async (shard) => ({
      listed: shard === 0 ? [{ member: keyOf(1), acceptedAt: T0, claim: listed }] : [],
      next: null,
    });
    expect(await run()).toEqual({ ...none, leave: 1 });
  });
});
