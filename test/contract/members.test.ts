import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { seenMembersInDynamoDb } from '../../shared/clients/seen-members.ts';
import { endedClaim } from '../../shared/domain/end-refresh.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import { aliasMarkOf } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { KnownAtEnd, Members, Schedule, Seen, Storing } from '../../shared/domain/ports.ts';
import type { Claim, OpenClaim, RunningClaim, StartedClaim } from '../../shared/domain/refresh.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { fakeSchedule } from '../fakes/fake-schedule.ts';
import { emptyMembersTable, textOf } from '../fakes/members-table.ts';
import { workingItem } from '../fakes/working-item.ts';
import {
  at,
  attemptOf,
  emptyMember,
  mxMember,
  newKey,
  policy,
  refreshId,
  seenAt,
  startingClaim,
  unseen,
} from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables.close());

interface Subject {
  readonly members: Members;
  readonly schedule: Schedule;
  /** Marks a member as deleted, as the tombstone does. */
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
  seenStatus: null,
  questions: null,
});
const storing = (key: MemberKey, id: string, lookNumber: number): Storing => ({
  key,
  refreshId: id,
  lookNumber,
  jobAggregatedAt: null,
  seenStatus: null,
});

describe.each<[string, () => Subject]>([
  ['the fake', fake],
  ['DynamoDB', real],
])('members: %s', (_name, subject) => {
  /** A member with a running claim. */
  async function claimed(fields: Partial<StartedClaim> = {}) {
    const tested = subject();
    const key = newKey();
    const claim = startingClaim(refreshId(1), fields);
    const member = mxMember(key, { id: `own-${key.memberGuid}`, institution_code: 'riverbank' });
    expect(await tested.members.claim({ key, claim, starts: [at(0)], startsVersion: 0, member, withBody: true })).toBe(
      true,
    );
    const open = async (before: string): Promise<MemberKey[]> => {
      const found: MemberKey[] = [];
      for await (const one of tested.members.openSince(before)) if (one.memberGuid === key.memberGuid) found.push(one);
      return found;
    };
    const claimNow = async (): Promise<Claim | null | undefined> => (await tested.members.read(key))?.claim;
    const openNow = async (): Promise<OpenClaim> => {
      const now = await claimNow();
      return now && now.phase !== 'ended' ? now : expect.fail();
    };
    return { ...tested, key, claim, open, claimNow, openNow };
  }

  it('knows nothing of a member that was never claimed', async () => {
    expect(await subject().members.read(newKey())).toBeNull();
  });

  it('reads back what a claim wrote, to the last field', async () => {
    const { members, key, claim } = await claimed({ userPresent: true });
    expect(await members.read(key)).toEqual(
      emptyMember(key, {
        seenAt: claim.acceptedAt,
        institutionCode: 'riverbank',
        aliasMark: aliasMarkOf({ userId: null, memberId: `own-${key.memberGuid}` }),
        claim,
        starts: [at(0)],
        startsVersion: 1,
      }),
    );
  });

  it('reads back a claim made while MX was down', async () => {
    const { members } = subject();
    const key = newKey();
    const unanswered = { code: 'mx_bad_answer', nextLookAt: at(5) } as const;
    const claim: RunningClaim = {
      ...startingClaim(refreshId(1)),
      baseline: null,
      start: { state: 'none' },
      unanswered,
    };
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    expect((await members.read(key))?.claim).toEqual(claim);
  });

  it('notes a body only before storing it, keeps the rest', async () => {
    const { members, key, claim } = await claimed();
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2), { acceptedAt: at(30) });
    expect(await members.claim({ key, claim: second, starts: [], startsVersion: 1 })).toBe(true);
    expect(await members.read(key)).toMatchObject({ seenAt: at(0), institutionCode: 'riverbank' });
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(second) });
    await members.release(key, second.refreshId);
    const third = startingClaim(refreshId(3), { acceptedAt: at(60) });
    await members.claim({ key, claim: third, starts: [], startsVersion: 2, member: mxMember(key) });
    expect(await members.read(key)).toMatchObject({ seenAt: at(0), institutionCode: null, aliasMark: null });
  });

  describe('MX’s member object', () => {
    const bodyAt = (seconds: number, status: string) => ({ body: { connection_status: status }, seenAt: at(seconds) });

    it('is none before it is stored', async () => {
      expect(await subject().members.readBody(newKey())).toBeNull();
    });

    it('is read back as MX sent it', async () => {
      const [{ members }, key] = [subject(), newKey()];
      const { body } = mxMember(key, { error: { error_code: 2005, locale: null }, use_cases: ['PFM'], name: null });
      await members.putBody(key, { body, seenAt: at(5) });
      expect(await members.readBody(key)).toEqual({ body, seenAt: at(5) });
      expect(await members.read(key)).toBeNull();
    });

    it('is replaced by a newer reading and by no other', async () => {
      const [{ members }, key] = [subject(), newKey()];
      await members.putBody(key, bodyAt(5, 'CONNECTED'));
      await members.putBody(key, bodyAt(4, 'DENIED'));
      await members.putBody(key, bodyAt(5, 'LOCKED'));
      expect(await members.readBody(key)).toEqual(bodyAt(5, 'CONNECTED'));
      await members.putBody(key, bodyAt(6, 'DENIED'));
      expect(await members.readBody(key)).toEqual(bodyAt(6, 'DENIED'));
    });
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

  it('does not claim on starts that have changed', async () => {
    const { members, key, claim } = await claimed();
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 2 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 1 })).toBe(true);
  });

  it('counts a change of starts by any step', async () => {
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
    await members.end({ key, from: 'running', known: seenAt(5), attempt: attemptOf(claim), starts: [] });
    expect(await version()).toBe(4);
  });

  it('does not claim a deleted member, which stays deleted', async () => {
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

    it('is taken by one of many messages', async () => {
      const { members, key, claim } = await claimed();
      const taken = await Promise.all(
        Array.from({ length: 10 }, () => members.takeLook(key, claim.refreshId, 1, at(5))),
      );
      expect(taken.map(({ kind }) => kind).sort()).toEqual([...Array<string>(9).fill('superseded'), 'taken']);
    });

    it('next look within the minimum gap: too early', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      expect(await members.takeLook(key, claim.refreshId, 2, at(7.999))).toEqual({
        kind: 'too_early',
        until: at(8),
      });
      expect(await members.takeLook(key, claim.refreshId, 1, at(7.999))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ kind: 'taken' });
    });

    it('superseded by a later look or another claim', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 4, at(5));
      expect(await members.takeLook(key, claim.refreshId, 3, at(500))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(key, refreshId(9), 5, at(500))).toEqual({ kind: 'superseded' });
      expect(await members.takeLook(newKey(), claim.refreshId, 1, at(500))).toEqual({ kind: 'superseded' });
    });

    it('may be taken again after its taker’s time', async () => {
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

    it('is taken after the end, so that it is published', async () => {
      const { members, key, claim } = await claimed();
      await members.takeLook(key, claim.refreshId, 1, at(5));
      await members.end({ key, from: 'running', known: seenAt(5), attempt: attemptOf(claim) });
      expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ claim: { phase: 'ended' } });
    });
  });

  describe('a start', () => {
    it('is written before sending, by its own look only', async () => {
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

    it('records its result unless a later one was sent', async () => {
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

    it('keeps MX’s time to wait for until the next claim', async () => {
      const { members, key, claim } = await claimed();
      const { refreshId: id, start } = claim;
      const refused = { key, refreshId: id, start, flagSeen: false, notBefore: at(60) };
      expect(await members.recordStart(refused)).toBe(true);
      expect(await members.read(key)).toMatchObject({
        claim,
        starts: [at(0)],
        startsVersion: 1,
        startNotBefore: at(60),
      });
      await members.recordStart({ key, refreshId: id, start: { ...start, state: 'accepted' }, flagSeen: false });
      expect((await members.read(key))?.startNotBefore).toBe(at(60));
      await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
      await members.release(key, id);
      expect((await members.read(key))?.startNotBefore).toBe(at(60));
      expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 1 })).toBe(true);
      expect((await members.read(key))?.startNotBefore).toBeNull();
    });

    it('keeps the seen flag, and unchanged starts', async () => {
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

  it('remembers the status that the last look saw, null too', async () => {
    const { members, key, claim, openNow } = await claimed();
    for (const seenStatus of [{ connectionStatus: 'UPDATED' }, { connectionStatus: null }, null]) {
      await members.recordSeen({ ...seen(key, claim.refreshId), seenStatus });
      expect((await openNow()).seenStatus).toEqual(seenStatus);
    }
    await members.recordStarting(key, { ...claim, seenStatus: { connectionStatus: 'UPDATED' } }, []);
    expect((await openNow()).seenStatus).toEqual({ connectionStatus: 'UPDATED' });
  });

  it('remembers why the last look saw nothing, until one sees', async () => {
    const { members, key, claim, claimNow } = await claimed();
    const id = claim.refreshId;
    const away = { code: 'mx_timeout', nextLookAt: at(9) } as const;
    await members.takeLook(key, id, 1, at(5));
    const looked = { ...claim, lookNumber: 1, lookedAt: at(5) };
    await members.recordUnanswered({ key, refreshId: id, lookNumber: 1, unanswered: away });
    expect(await claimNow()).toEqual({ ...looked, unanswered: away });
    await members.recordSeen(seen(key, id));
    expect(await claimNow()).toEqual(looked);
    await members.takeLook(key, id, 2, at(9));
    const again = { ...looked, lookNumber: 2, lookedAt: at(9) };
    await members.recordUnanswered({ key, refreshId: id, lookNumber: 1, unanswered: away });
    await members.recordUnanswered({ key, refreshId: refreshId(2), lookNumber: 2, unanswered: away });
    expect(await claimNow()).toEqual(again);
    await members.recordUnanswered({ key, refreshId: id, lookNumber: 2, unanswered: away });
    await members.beginStoring(storing(key, id, 2));
    expect(await claimNow()).toEqual({ ...again, phase: 'storing' });
    await members.recordUnanswered({ key, refreshId: id, lookNumber: 2, unanswered: away });
    expect(await claimNow()).toEqual({ ...again, phase: 'storing', unanswered: away });
    await members.end({ key, from: 'storing', known: seenAt(9), attempt: attemptOf(claim) });
    await members.recordUnanswered({ key, refreshId: id, lookNumber: 2, unanswered: away });
    expect(await claimNow()).toEqual(endedClaim({ ...again, phase: 'storing' }, attemptOf(claim)));
  });

  it('remembers when the job first began, from any step', async () => {
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
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim), importsMove: true });
    expect((await members.read(key))?.importsMove).toBe(true);
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2));
    await members.claim({ key, claim: second, starts: [], startsVersion: 1 });
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(second) });
    expect((await members.read(key))?.importsMove).toBe(true);
  });

  it('marks the user present for its refresh only', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.joinUserPresent(key, refreshId(2));
    expect((await claimNow())?.userPresent).toBe(false);
    await members.joinUserPresent(key, claim.refreshId);
    expect((await claimNow())?.userPresent).toBe(true);
  });

  it('begins to store once, for the last look only', async () => {
    const { members, key, claim, claimNow } = await claimed();
    await members.takeLook(key, claim.refreshId, 2, at(5));
    expect(await members.beginStoring(storing(key, claim.refreshId, 1))).toBe(false);
    expect(await members.beginStoring(storing(key, refreshId(2), 2))).toBe(false);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(true);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(false);
    expect((await claimNow())?.phase).toBe('storing');
  });

  it('ends once from the expected phase, remembers the attempt', async () => {
    const { members, key, claim, claimNow } = await claimed();
    const attempt = attemptOf(claim, { outcome: 'action_required', action: 'answer_mfa', hasDetails: true });
    expect(await members.end({ key, from: 'storing', known: unseen, attempt })).toBe(false);
    expect(
      await members.end({ key, from: 'running', known: unseen, attempt: { ...attempt, refreshId: refreshId(2) } }),
    ).toBe(false);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await members.end({ key, from: 'running', known: seenAt(5), attempt, bodySeenAt: at(5), starts: [] })).toBe(
      true,
    );
    expect(await members.end({ key, from: 'running', known: seenAt(5), attempt })).toBe(false);
    const { refreshId: _, trigger: __, acceptedAt: ___, ...result } = attempt;
    expect(await members.read(key)).toMatchObject({
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
      correlationId: null,
      lookNumber: 1,
      lookedAt: at(5),
      baseline: { connectionStatus: 'CONNECTED' },
      result,
    });
  });

  it('ends a refresh without a status or never read', async () => {
    const { baseline: known } = startingClaim('');
    for (const baseline of [null, known && { ...known, connectionStatus: null }]) {
      const { members } = subject();
      const [key, claim] = [newKey(), { ...startingClaim(refreshId(1)), baseline }];
      await members.claim({ key, claim, starts: [], startsVersion: 0 });
      await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
      const before = baseline && { connectionStatus: null };
      expect((await members.read(key))?.claim).toMatchObject({ phase: 'ended', baseline: before });
    }
  });

  it('does not end what was looked at since', async () => {
    const { members, key, claim } = await claimed();
    const end = (known: KnownAtEnd) => members.end({ key, from: 'running', known, attempt: attemptOf(claim) });
    expect(await end(seenAt(5))).toBe(false);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await end(unseen)).toBe(false);
    await members.takeLook(key, claim.refreshId, 2, at(8));
    expect(await end(seenAt(5))).toBe(false);
    expect((await members.read(key))?.lastAttempt).toBeNull();
    expect(await end(seenAt(8))).toBe(true);
  });

  it('does not end what shows a newer job', async () => {
    const { members, key, claim } = await claimed();
    await members.recordStart({
      key,
      refreshId: claim.refreshId,
      start: claim.start,
      flagSeen: false,
      jobAggregatedAt: at(4),
    });
    const end = (jobAggregatedAt: Instant | null) =>
      members.end({ key, from: 'running', known: { lookedAt: null, jobAggregatedAt }, attempt: attemptOf(claim) });
    expect(await end(null)).toBe(false);
    expect(await end(at(3.999))).toBe(false);
    expect(await end(at(4))).toBe(true);
  });

  it('ends while storing unless taken over since', async () => {
    const { members, key, claim } = await claimed();
    await members.takeLook(key, claim.refreshId, 1, at(5));
    await members.beginStoring(storing(key, claim.refreshId, 1));
    expect(await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) })).toBe(false);
    await members.takeLook(key, claim.refreshId, 1, at(40));
    expect(await members.end({ key, from: 'storing', known: seenAt(5), attempt: attemptOf(claim) })).toBe(false);
    expect(await members.end({ key, from: 'storing', known: seenAt(40), attempt: attemptOf(claim) })).toBe(true);
  });

  it('remembers the last success when a later attempt fails', async () => {
    const { members, key, claim } = await claimed();
    await members.end({
      key,
      from: 'running',
      known: unseen,
      attempt: attemptOf(claim, {
        outcome: 'succeeded',
        action: 'none',
        code: 'stored_incomplete',
        observedAt: at(15),
      }),
    });
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2));
    await members.claim({ key, claim: second, starts: [], startsVersion: 1 });
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(second) });
    expect(await members.read(key)).toMatchObject({
      lastSuccess: { refreshId: claim.refreshId, observedAt: at(15), incomplete: true },
      lastAttempt: { refreshId: second.refreshId, outcome: 'failed' },
    });
    await members.release(key, second.refreshId);
    const third = startingClaim(refreshId(3));
    await members.claim({ key, claim: third, starts: [], startsVersion: 2 });
    const complete = attemptOf(third, { outcome: 'succeeded', action: 'none', code: 'stored', observedAt: at(25) });
    await members.end({ key, from: 'running', known: unseen, attempt: complete });
    expect((await members.read(key))?.lastSuccess).toEqual({
      refreshId: third.refreshId,
      observedAt: at(25),
      incomplete: false,
    });
  });

  it('releases an ended claim with its index entry', async () => {
    const { members, key, claim, claimNow, open } = await claimed();
    await members.release(key, claim.refreshId);
    expect((await claimNow())?.phase).toBe('running');
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
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
    expect(await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) })).toBe(false);
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
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim), bodySeenAt: at(5) });
    await members.release(key, claim.refreshId);
    expect((await members.read(key))?.enrolment).toEqual({ everyHours: 6, slot: 'SLOT#6h#00001#0' });
  });
});

describe('members: DynamoDB alone', () => {
  it('has the items whose size the simulation measures', async () => {
    const { members } = real();
    const sightings = seenMembersInDynamoDb(tables.client, tables.members, policy);
    const [key, claim] = [newKey(), startingClaim(refreshId(1), { userPresent: true })];
    const member = mxMember(key, { id: 'own', institution_code: 'riverbank' });
    const raw = async (): Promise<Item> => {
      const Key = { user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } };
      const { Item: found } = await tables.client.send(new GetItemCommand({ TableName: tables.members, Key }));
      return found ?? {};
    };
    const check = async (reservedAt: string | null = null): Promise<void> => {
      const record = await members.read(key);
      const measured = record && workingItem(record, { reservedAt, enrolmentVersion: 0 });
      // Any mark, and any shard, are as long.
      expect({ ...(await raw()), mark: 0, open_shard: 0 }).toEqual({ ...measured, mark: 0, open_shard: 0 });
    };
    await members.claim({ key, claim, starts: [at(0)], startsVersion: 0, member, withBody: true });
    await check();
    await members.recordStart({
      key,
      refreshId: refreshId(1),
      start: { ...claim.start, state: 'accepted', jobGuid: 'JOB-2' },
      flagSeen: true,
    });
    await members.takeLook(key, refreshId(1), 1, at(5));
    await members.recordSeen({ ...seen(key, refreshId(1)), questions: 'ABCDEFGHJK', jobAggregatedAt: at(1) });
    await check();
    await members.beginStoring(storing(key, refreshId(1), 1));
    await check();
    const attempt = attemptOf(claim, { outcome: 'succeeded', observedAt: at(5), hasDetails: true });
    const known = { lookedAt: at(5), jobAggregatedAt: at(1) };
    await members.end({ key, from: 'storing', known, attempt, bodySeenAt: at(5), importsMove: true });
    await check();
    await members.release(key, refreshId(1));
    await sightings.reserveRead(key, at(60));
    await sightings.recordSighting(member, at(60), { from: 'CONNECTED', to: null, at: at(60), refreshId: null });
    await sightings.recordProcessed(key, at(61));
    await check(at(60));
    await sightings.leaveTombstone(key, null, at(70));
    await check();
  });
});

describe('members: the fake alone', () => {
  it('has an index that can lag, both ways', async () => {
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
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    expect(await open()).toEqual([key]);
    now = 4;
    expect(await open()).toEqual([]);
  });
});
