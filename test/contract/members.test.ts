import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Members, Schedule, Seen, Storing } from '../../shared/domain/ports.ts';
import type { Claim, OpenClaim, RunningClaim, StartedClaim } from '../../shared/domain/refresh.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { fakeSchedule } from '../fakes/fake-schedule.ts';
import { emptyMembersTable, textOf } from '../fakes/members-table.ts';
import { at, attemptOf, emptyMember, mxMember, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables.close());

interface Subject {
  readonly members: Members;
  readonly schedule: Schedule;
  /** Marks a member as deleted, which nothing in the service does yet. */
  markDeleted(key: MemberKey): Promise<void>;
}

const fake = (): Subject => {
  const table = emptyMembersTable();
  const members = fakeMembers(table, { policy, now: () => at(0) });
  return {
    members,
    schedule: fakeSchedule(table),
    async markDeleted(key) {
      const known = await members.read(key);
      table.members.set(textOf(key), { ...emptyMember(key), ...known, deletedAt: at(0) });
    },
  };
};

const real = (): Subject => ({
  members: membersInDynamoDb(tables.client, tables.members, policy),
  schedule: scheduleInDynamoDb(tables.client, tables.members),
  markDeleted: (key) => markDeletedInDynamoDb(tables.client, tables.members, key),
});

async function markDeletedInDynamoDb(client: DynamoDBClient, table: string, key: MemberKey): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } },
      UpdateExpression: 'SET deleted_at = :at',
      ExpressionAttributeValues: { ':at': { S: at(0) } },
    }),
  );
}

const seen = (key: MemberKey, id: string): Seen => ({
  key,
  refreshId: id,
  flagSeen: false,
  jobAggregatedAt: null,
  questions: null,
});
const storing = (key: MemberKey, id: string, lookNumber: number): Storing => ({
  key,
  refreshId: id,
  lookNumber,
  jobAggregatedAt: null,
});

describe.each<[string, () => Subject]>([
  ['the fake', fake],
  ['DynamoDB', real],
])('members: %s', (_name, subject) => {
  /** A member with a running claim. */
  async function claimed(fields: Partial<StartedClaim> = {}) {
    const it = subject();
    const key = newKey();
    const claim = startingClaim(refreshId(1), fields);
    expect(await it.members.claim({ key, claim, starts: [at(0)], startsVersion: 0, member: mxMember(key) })).toBe(true);
    const open = async (before: string): Promise<MemberKey[]> => {
      const found: MemberKey[] = [];
      for await (const one of it.members.openSince(before)) if (one.memberGuid === key.memberGuid) found.push(one);
      return found;
    };
    const claimNow = async (): Promise<Claim | null | undefined> => (await it.members.read(key))?.claim;
    const openNow = async (): Promise<OpenClaim> => {
      const now = await claimNow();
      return now && now.phase !== 'ended' ? now : expect.fail();
    };
    return { ...it, key, claim, open, claimNow, openNow };
  }

  it('knows nothing of a member that was never claimed', async () => {
    expect(await subject().members.read(newKey())).toBeNull();
  });

  it('reads back what a claim wrote, to the last field', async () => {
    const { members, key, claim } = await claimed({ userPresent: true });
    expect(await members.read(key)).toEqual(
      emptyMember(key, {
        body: mxMember(key).body,
        seenAt: claim.acceptedAt,
        claim,
        starts: [at(0)],
        startsVersion: 1,
      }),
    );
  });

  it('reads back a claim that was made while MX was down', async () => {
    const { members } = subject();
    const key = newKey();
    const claim: RunningClaim = { ...startingClaim(refreshId(1)), baseline: null, start: { state: 'none' } };
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    expect((await members.read(key))?.claim).toEqual(claim);
  });

  it('keeps the body that is known when MX could not be read', async () => {
    const { members, key, claim } = await claimed();
    await members.end({
      key,
      from: 'running',
      attempt: attemptOf(claim),
      member: mxMember(key, { connection_status: 'DENIED' }),
    });
    await members.release(key, claim.refreshId);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 1 })).toBe(true);
    expect((await members.read(key))?.body).toMatchObject({ connection_status: 'DENIED' });
  });

  it('lets one of twenty parallel claims through', async () => {
    const { members } = subject();
    const key = newKey();
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        members.claim({ key, claim: startingClaim(refreshId(index)), starts: [at(0)], startsVersion: 0 }),
      ),
    );
    expect(won.filter((one) => one)).toHaveLength(1);
    expect((await members.read(key))?.claim?.refreshId).toBe(refreshId(won.indexOf(true)));
  });

  it('does not claim on starts that have changed since they were read', async () => {
    const { members, key, claim } = await claimed();
    await members.end({ key, from: 'running', attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 2 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 1 })).toBe(true);
  });

  it('counts a change of the starts by whatever step makes it', async () => {
    const { members, key, claim } = await claimed();
    const version = async () => (await members.read(key))?.startsVersion;
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await version()).toBe(1);
    await members.recordStarting(key, { ...claim, lookNumber: 1 }, [at(0), at(5)]);
    expect(await version()).toBe(2);
    await members.recordStart({
      key,
      refreshId: claim.refreshId,
      start: { ...claim.start, state: 'conflict' },
      flagSeen: false,
      starts: [],
    });
    expect(await version()).toBe(3);
    await members.recordStart({ key, refreshId: claim.refreshId, start: claim.start, flagSeen: false });
    expect(await version()).toBe(3);
    await members.end({ key, from: 'running', attempt: attemptOf(claim), starts: [] });
    expect(await version()).toBe(4);
  });

  it('does not claim a deleted member, and keeps saying that it is deleted', async () => {
    const { members, markDeleted } = subject();
    const key = newKey();
    await markDeleted(key);
    expect(
      await members.claim({
        key,
        claim: startingClaim(refreshId(1)),
        starts: [],
        startsVersion: 0,
        member: mxMember(key),
      }),
    ).toBe(false);
    expect((await members.read(key))?.deletedAt).toBe(at(0));
  });

  describe('taking a look', () => {
    it('gives the member with the claim as taken', async () => {
      const { members, key, claim } = await claimed();
      const taken = await members.takeLook(key, claim.refreshId, 1, at(5));
      expect(taken).toEqual({
        kind: 'taken',
        record: await members.read(key),
        claim: { ...claim, lookNumber: 1, lookedAt: at(5) },
      });
    });

    it('lets one of many twins through', async () => {
      const { members, key, claim } = await claimed();
      const twins = await Promise.all(
        Array.from({ length: 10 }, () => members.takeLook(key, claim.refreshId, 1, at(5))),
      );
      expect(twins.map(({ kind }) => kind).sort()).toEqual([...Array<string>(9).fill('superseded'), 'taken']);
    });

    it('is too early within the minimum gap, for the next look only', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      expect(await members.takeLook(key, claim.refreshId, 2, at(7.999))).toEqual({
        kind: 'too_early',
        until: at(8),
      });
      expect(await members.takeLook(key, claim.refreshId, 1, at(7.999))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ kind: 'taken' });
    });

    it('is superseded by a later look, and for a refresh that is not the claim', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 4, at(5));
      expect(await members.takeLook(key, claim.refreshId, 3, at(500))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, refreshId(9), 5, at(500))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(newKey(), claim.refreshId, 1, at(500))).toEqual({ kind: 'superseded' });
    });

    it('may be taken again when whoever took it has had its time', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      expect(await members.takeLook(key, claim.refreshId, 1, at(34.999))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, claim.refreshId, 1, at(35))).toMatchObject({ kind: 'taken' });
    });

    it('is not taken while accounts may still be being stored', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      await members.beginStoring(storing(key, claim.refreshId, 1));
      expect(await members.takeLook(key, claim.refreshId, 2, at(34.999))).toEqual({ kind: 'too_early', until: at(35) });
      expect(await members.takeLook(key, claim.refreshId, 1, at(34.999))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, claim.refreshId, 2, at(35))).toMatchObject({ claim: { phase: 'storing' } });
    });

    it('is taken after the end, so that somebody publishes it', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      await members.end({ key, from: 'running', attempt: attemptOf(claim) });
      expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ claim: { phase: 'ended' } });
    });
  });

  describe('a start', () => {
    it('is written before it is sent, by the look that sends it and by no other', async () => {
      const { members, key, claim, claimNow } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      const starting: StartedClaim = {
        ...claim,
        lookNumber: 1,
        baseline: { ...(claim.baseline ?? expect.fail()), mostRecentJobGuid: null },
        start: { state: 'unknown', at: at(6), count: 2, lookNumber: 1, jobGuid: null },
      };
      expect(await members.recordStarting(key, { ...starting, lookNumber: 2 }, [])).toBe(false);
      expect(await members.recordStarting(key, { ...starting, refreshId: refreshId(2) }, [])).toBe(false);
      expect(await members.recordStarting(key, starting, [at(0), at(6)])).toBe(true);
      expect(await claimNow()).toEqual({ ...starting, lookedAt: at(5) });
      expect((await members.read(key))?.starts).toEqual([at(0), at(6)]);
      expect(await members.recordStarting(key, { ...starting, baseline: null }, [])).toBe(true);
      expect((await claimNow())?.baseline).toBeNull();
      await members.beginStoring(storing(key, claim.refreshId, 1));
      expect(await members.recordStarting(key, starting, [])).toBe(false);
    });

    it('has what came of it recorded, unless a later one was sent meanwhile', async () => {
      const { members, key, claim, claimNow, openNow } = await claimed();
      const accepted = { ...claim.start, state: 'accepted', jobGuid: 'JOB-2' } as const;
      expect(await members.recordStart({ key, refreshId: claim.refreshId, start: accepted, flagSeen: true })).toBe(
        true,
      );
      expect(await claimNow()).toEqual({ ...claim, start: accepted, flagSeen: true });
      await members.takeLook(key, claim.refreshId, 1, at(5));
      const later = { ...claim.start, at: at(6), count: 2, lookNumber: 1 };
      await members.recordStarting(key, { ...claim, lookNumber: 1, start: later }, []);
      expect(await members.recordStart({ key, refreshId: claim.refreshId, start: accepted, flagSeen: false })).toBe(
        false,
      );
      expect((await openNow()).start).toEqual(later);
    });

    it('keeps the flag that was seen, and the starts when they do not change', async () => {
      const { members, key, claim } = await claimed();
      await members.recordSeen({ ...seen(key, claim.refreshId), flagSeen: true });
      await members.recordStart({
        key,
        refreshId: claim.refreshId,
        start: { ...claim.start, state: 'accepted' },
        flagSeen: false,
      });
      expect(await members.read(key)).toMatchObject({ claim: { flagSeen: true }, starts: [at(0)] });
      await members.recordStart({
        key,
        refreshId: claim.refreshId,
        start: { ...claim.start, state: 'rate_limited' },
        flagSeen: false,
        starts: [],
      });
      expect(await members.read(key)).toMatchObject({ claim: { flagSeen: true }, starts: [] });
    });
  });

  it('remembers that there are questions, and the flag for good', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.recordSeen({ ...seen(key, claim.refreshId), flagSeen: true, questions: 'ABCDEFGHJK' });
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: 'ABCDEFGHJK' });
    await members.recordSeen(seen(key, claim.refreshId));
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: null });
    await members.recordSeen({ ...seen(key, refreshId(2)), questions: 'ABCDEFGHJK' });
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: null });
  });

  it('remembers when the job first began, whatever step saw it', async () => {
    const { members, key, claim, claimNow, openNow } = await claimed();
    const { refreshId: id, start } = claim;
    const began = async () => (await openNow()).jobAggregatedAt;
    await members.recordStart({ key, refreshId: id, start, flagSeen: false });
    await members.recordSeen(seen(key, id));
    expect(await began()).toBeNull();
    await members.recordSeen({ ...seen(key, id), jobAggregatedAt: at(1) });
    await members.recordSeen({ ...seen(key, id), jobAggregatedAt: at(2) });
    await members.recordStart({ key, refreshId: id, start, flagSeen: false, jobAggregatedAt: at(3) });
    expect(await began()).toBe(at(1));
    await members.recordStarting(key, claim, []);
    expect(await began()).toBeNull();
    await members.recordStart({ key, refreshId: id, start, flagSeen: false, jobAggregatedAt: at(4) });
    expect(await began()).toBe(at(4));
    await members.recordStarting(key, { ...claim, jobAggregatedAt: at(4) }, []);
    await members.beginStoring({ ...storing(key, id, 0), jobAggregatedAt: at(5) });
    expect(await claimNow()).toEqual({ ...claim, phase: 'storing', jobAggregatedAt: at(4) });
  });

  it('learns when the job began from the look that stores', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.beginStoring({ ...storing(key, claim.refreshId, 0), jobAggregatedAt: at(5) });
    expect(await claimNow()).toEqual({ ...claim, phase: 'storing', jobAggregatedAt: at(5) });
  });

  it('remembers for good that imports move', async () => {
    const { members, key, claim } = await claimed();
    await members.end({ key, from: 'running', attempt: attemptOf(claim), importsMove: true });
    expect((await members.read(key))?.importsMove).toBe(true);
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2));
    await members.claim({ key, claim: second, starts: [], startsVersion: 1 });
    await members.end({ key, from: 'running', attempt: attemptOf(second) });
    expect((await members.read(key))?.importsMove).toBe(true);
  });

  it('marks the user as present, for the refresh that runs and no other', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.joinUserPresent(key, refreshId(2));
    expect((await claimNow())?.userPresent).toBe(false);
    await members.joinUserPresent(key, claim.refreshId);
    expect((await claimNow())?.userPresent).toBe(true);
  });

  it('begins to store once, and only for the last look taken', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.takeLook(key, claim.refreshId, 2, at(5));
    expect(await members.beginStoring(storing(key, claim.refreshId, 1))).toBe(false);
    expect(await members.beginStoring(storing(key, refreshId(2), 2))).toBe(false);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(true);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(false);
    expect((await claimNow())?.phase).toBe('storing');
  });

  it('ends once, from the phase that was expected, and remembers the attempt', async () => {
    const { members, key, claim, claimNow } = await claimed();
    const attempt = attemptOf(claim, { outcome: 'action_required', action: 'answer_mfa', hasDetails: true });
    expect(await members.end({ key, from: { storingSince: null }, attempt })).toBe(false);
    expect(await members.end({ key, from: 'running', attempt: { ...attempt, refreshId: refreshId(2) } })).toBe(false);
    const member = mxMember(key, { connection_status: 'CHALLENGED' });
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await members.end({ key, from: 'running', attempt, member, starts: [] })).toBe(true);
    expect(await members.end({ key, from: 'running', attempt })).toBe(false);
    const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt;
    expect(await members.read(key)).toMatchObject({
      body: member.body,
      seenAt: at(5),
      lastAttempt: attempt,
      lastSuccess: null,
      starts: [],
    });
    // Of the claim, what publishing needs is left.
    expect(await claimNow()).toEqual({
      refreshId: claim.refreshId,
      trigger: 'http',
      phase: 'ended',
      acceptedAt: at(0),
      deadline: at(600),
      userPresent: false,
      lookNumber: 1,
      lookedAt: at(5),
      baseline: { connectionStatus: 'CONNECTED' },
      result,
    });
  });

  it('ends a refresh for which MX was never read, and one whose status was null', async () => {
    const { baseline: known } = startingClaim('');
    for (const baseline of [null, known && { ...known, connectionStatus: null }]) {
      const { members } = subject();
      const [key, claim] = [newKey(), { ...startingClaim(refreshId(1)), baseline }];
      await members.claim({ key, claim, starts: [], startsVersion: 0 });
      await members.end({ key, from: 'running', attempt: attemptOf(claim) });
      const before = baseline && { connectionStatus: null };
      expect((await members.read(key))?.claim).toMatchObject({ phase: 'ended', baseline: before });
    }
  });

  it('ends while storing only if nobody has taken it over since', async () => {
    const { members, key, claim } = await claimed();
    await members.takeLook(key, claim.refreshId, 1, at(5));
    await members.beginStoring(storing(key, claim.refreshId, 1));
    expect(await members.end({ key, from: 'running', attempt: attemptOf(claim) })).toBe(false);
    await members.takeLook(key, claim.refreshId, 1, at(40));
    expect(await members.end({ key, from: { storingSince: at(5) }, attempt: attemptOf(claim) })).toBe(false);
    expect(await members.end({ key, from: { storingSince: at(40) }, attempt: attemptOf(claim) })).toBe(true);
  });

  it('remembers the last success when a later attempt fails', async () => {
    const { members, key, claim } = await claimed();
    await members.end({
      key,
      from: 'running',
      attempt: attemptOf(claim, { outcome: 'succeeded', action: 'none', code: 'stored', observedAt: at(15) }),
    });
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2));
    await members.claim({ key, claim: second, starts: [], startsVersion: 1 });
    await members.end({ key, from: 'running', attempt: attemptOf(second) });
    expect(await members.read(key)).toMatchObject({
      lastSuccess: { refreshId: claim.refreshId, observedAt: at(15) },
      lastAttempt: { refreshId: second.refreshId, outcome: 'failed' },
    });
  });

  it('releases a claim that has ended and no other, and its entry in the index with it', async () => {
    const { members, key, claim, claimNow, open } = await claimed();
    await members.release(key, claim.refreshId);
    expect((await claimNow())?.phase).toBe('running');
    await members.end({ key, from: 'running', attempt: attemptOf(claim) });
    await members.release(key, refreshId(2));
    expect((await claimNow())?.phase).toBe('ended');
    expect(await open(at(0))).toEqual([key]);
    await members.release(key, claim.refreshId);
    expect(await claimNow()).toBeNull();
    expect(await open(at(0))).toEqual([]);
  });

  it('changes nothing for a member that has no claim', async () => {
    const { members } = subject();
    const key = newKey();
    const claim = startingClaim(refreshId(1));
    await members.joinUserPresent(key, claim.refreshId);
    await members.recordSeen({ ...seen(key, claim.refreshId), flagSeen: true });
    await members.release(key, claim.refreshId);
    expect(await members.recordStarting(key, claim, [])).toBe(false);
    expect(await members.recordStart({ key, refreshId: claim.refreshId, start: claim.start, flagSeen: true })).toBe(
      false,
    );
    expect(await members.beginStoring(storing(key, claim.refreshId, 1))).toBe(false);
    expect(await members.end({ key, from: 'running', attempt: attemptOf(claim) })).toBe(false);
    expect(await members.read(key)).toBeNull();
  });

  it('lists claims that are at least so old', async () => {
    const { open, key } = await claimed();
    expect(await open(at(-0.001))).toEqual([]);
    expect(await open(at(0))).toEqual([key]);
  });

  describe('names', () => {
    it('are found by guids without a look into the table', async () => {
      const key = newKey();
      expect(
        await subject().members.resolve({ userIdentifier: key.userGuid, memberIdentifier: key.memberGuid }),
      ).toEqual(key);
    });

    it('lead from own ids to guids, in any mixture', async () => {
      const { members } = subject();
      const key = newKey();
      const [user, member] = [`user-of-${key.userGuid}`, `member-of-${key.memberGuid}`];
      const find = (userIdentifier: string, memberIdentifier: string) =>
        members.resolve({ userIdentifier, memberIdentifier });
      expect(await find(user, member)).toBeNull();
      await members.writeAliases(mxMember(key, { id: member, user_id: user }));
      expect(await find(user, member)).toEqual(key);
      expect(await find(key.userGuid, member)).toEqual(key);
      expect(await find(user, key.memberGuid)).toEqual(key);
      expect(await find(user, 'another')).toBeNull();
      // A member's own id counts within its user.
      expect(await find(newKey().userGuid, member)).toBeNull();
    });

    it('are not written for members that have none', async () => {
      const { members } = subject();
      const key = newKey();
      await members.writeAliases(mxMember(key));
      expect(await members.resolve({ userIdentifier: key.userGuid, memberIdentifier: 'null' })).toBeNull();
    });
  });

  it('keeps the enrolment through a refresh', async () => {
    const { members, schedule, key, claim } = await claimed();
    await schedule.enrol(key, { everyHours: 6, slot: 'SLOT#6h#00001#0' }, 'always');
    await members.end({ key, from: 'running', attempt: attemptOf(claim), member: mxMember(key) });
    await members.release(key, claim.refreshId);
    expect((await members.read(key))?.enrolment).toEqual({ everyHours: 6, slot: 'SLOT#6h#00001#0' });
  });
});

describe('members: the fake alone', () => {
  it('has an index that can lag: late to show a claim, late to forget one', async () => {
    let now = 0;
    const table = emptyMembersTable();
    const members = fakeMembers(table, { policy, now: () => at(now), indexLagSeconds: 2 });
    const key = newKey();
    const claim = startingClaim(refreshId(1));
    const open = () => Array.fromAsync(members.openSince(at(1000)));
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    expect(await open()).toEqual([]);
    now = 2;
    expect(await open()).toEqual([key]);
    await members.end({ key, from: 'running', attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    expect(await open()).toEqual([key]);
    now = 4;
    expect(await open()).toEqual([]);
  });
});
