import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import type { Item } from '../../shared/clients/attribute-values.ts';
import { aliasMarkOf } from '../../shared/domain/member.ts';
import type { RunningClaim } from '../../shared/domain/refresh.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { emptyMembersTable } from '../fakes/members-table.ts';
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
import { startLocalTables } from './local-tables.ts';
import { claimedMember, inDynamoDb, membersSubjects, openClaims, seen, storing } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

describe.each(membersSubjects(tables))('members: %s', (_name, subject) => {
  it('knows nothing of a member that was never claimed', async () => {
    expect(await subject.members.read(newKey())).toBeNull();
  });

  it('reads back what a claim wrote, to the last field', async () => {
    const { members, key, claim } = await claimedMember(subject, { userPresent: true });
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
    const { members } = subject;
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
    const { members, key, claim } = await claimedMember(subject);
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
      expect(await subject.members.readBody(newKey())).toBeNull();
    });

    it('is read back as MX sent it', async () => {
      const [{ members }, key] = [subject, newKey()];
      const { body } = mxMember(key, { error: { error_code: 2005, locale: null }, use_cases: ['PFM'], name: null });
      await members.putBody(key, { body, seenAt: at(5) });
      expect(await members.readBody(key)).toEqual({ body, seenAt: at(5) });
      expect(await members.read(key)).toBeNull();
    });

    it('is replaced by a newer reading and by no other', async () => {
      const [{ members }, key] = [subject, newKey()];
      await members.putBody(key, bodyAt(5, 'CONNECTED'));
      await members.putBody(key, bodyAt(4, 'DENIED'));
      await members.putBody(key, bodyAt(5, 'LOCKED'));
      expect(await members.readBody(key)).toEqual(bodyAt(5, 'CONNECTED'));
      await members.putBody(key, bodyAt(6, 'DENIED'));
      expect(await members.readBody(key)).toEqual(bodyAt(6, 'DENIED'));
    });
  });

  it('lets one of twenty parallel claims through', async () => {
    const { members } = subject;
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
    const { members, key, claim } = await claimedMember(subject);
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    await members.release(key, claim.refreshId);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 2 })).toBe(false);
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 1 })).toBe(true);
  });

  it('counts a change of starts by any step', async () => {
    const { members, key, claim } = await claimedMember(subject);
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
    const { members, sightings } = subject;
    const key = newKey();
    await sightings.leaveTombstone(key, null, at(0));
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

  it('changes nothing for a member that has no claim', async () => {
    const { members } = subject;
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
    const { open, key } = await claimedMember(subject);
    expect(await open(at(-0.001))).toEqual([]);
    expect(await open(at(0))).toEqual([key]);
  });

  describe('names', () => {
    it('are found by guids without a look into the table', async () => {
      const key = newKey();
      expect(await subject.members.resolve({ userIdentifier: key.userGuid, memberIdentifier: key.memberGuid })).toEqual(
        key,
      );
    });

    it('lead from own ids to guids, in any mixture', async () => {
      const { members } = subject;
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
      const { members } = subject;
      const key = newKey();
      await members.writeAliases(mxMember(key));
      expect(await members.resolve({ userIdentifier: key.userGuid, memberIdentifier: 'null' })).toBeNull();
    });
  });

  it('keeps the enrolment through a refresh', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await subject.schedule.enrol(key, { everyHours: 6, slot: 'SLOT#6h#00001#0' }, 'always');
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim), bodySeenAt: at(5) });
    await members.release(key, claim.refreshId);
    expect((await members.read(key))?.enrolment).toEqual({ everyHours: 6, slot: 'SLOT#6h#00001#0' });
  });
});

describe('members: DynamoDB alone', () => {
  it('has the items whose size the simulation measures', async () => {
    const { members, sightings } = inDynamoDb(tables);
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
    const open = () => openClaims(members, at(1000));
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
