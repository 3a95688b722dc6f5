import { afterAll, describe, expect, it } from 'vitest';
import type { ConnectionChange } from '../../shared/domain/event.ts';
import { aliasMarkOf } from '../../shared/domain/member.ts';
import { at, attemptOf, emptyMember, mxMember, newKey, refreshId, seenAt, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { membersSubjects } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const change = (seconds: number): ConnectionChange => ({
  from: 'CONNECTED',
  to: null,
  at: at(seconds),
  refreshId: null,
});

describe.each(membersSubjects(tables))('members seen outside refreshes: %s', (_name, { members, sightings: seen }) => {
  const known = async () => {
    const key = newKey();
    await seen.recordSighting(mxMember(key, { id: `own-${key.memberGuid}` }), at(0), null);
    return key;
  };

  it('makes a member known, and when it was read', async () => {
    const key = await known();
    expect(await members.read(key)).toMatchObject({
      key,
      seenAt: at(0),
      aliasMark: aliasMarkOf({ userId: null, memberId: `own-${key.memberGuid}` }),
      claim: null,
      processedUntil: null,
      untoldChange: null,
      deletedAt: null,
    });
  });

  it('lets the newer reading win', async () => {
    const key = await known();
    expect(await seen.recordSighting(mxMember(key, { connection_status: 'DENIED' }), at(10), null)).toBe(true);
    expect(await seen.recordSighting(mxMember(key, { connection_status: 'LOCKED' }), at(5), change(5))).toBe(false);
    expect(await seen.recordSighting(mxMember(key, { connection_status: 'LOCKED' }), at(10), null)).toBe(false);
    expect(await members.read(key)).toMatchObject({ seenAt: at(10), untoldChange: null });
  });

  it('keeps what a refresh has read, which is newer', async () => {
    const key = await known();
    await members.claim({
      key,
      claim: startingClaim(refreshId(1), { acceptedAt: at(10) }),
      starts: [],
      startsVersion: 0,
      member: mxMember(key),
      withBody: true,
    });
    expect((await members.read(key))?.seenAt).toBe(at(10));
    expect(await seen.recordSighting(mxMember(key), at(9), null)).toBe(false);
    await members.takeLook(key, refreshId(1), 1, at(20));
    const attempt = attemptOf(startingClaim(refreshId(1), { acceptedAt: at(10) }), { endedAt: at(22) });
    await members.end({ key, from: 'running', known: seenAt(20), attempt, bodySeenAt: at(20) });
    expect((await members.read(key))?.seenAt).toBe(at(20));
  });

  it('spaces reads by the minimum gap, all kinds', async () => {
    const key = await known();
    expect(await seen.reserveRead(key, at(2.9))).toBe(false);
    expect(await seen.reserveRead(key, at(3))).toBe(true);
    expect(await seen.reserveRead(key, at(5.9))).toBe(false);
    expect(await seen.reserveRead(key, at(6))).toBe(true);
  });

  it('reserves no read soon after a look or end', async () => {
    const key = newKey();
    const claim = startingClaim(refreshId(1));
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    await members.takeLook(key, claim.refreshId, 1, at(40));
    expect(await seen.reserveRead(key, at(42.9))).toBe(false);
    expect(await seen.reserveRead(key, at(43))).toBe(true);
    await members.end({ key, from: 'running', known: seenAt(40), attempt: attemptOf(claim, { endedAt: at(50) }) });
    await members.release(key, claim.refreshId);
    expect(await seen.reserveRead(key, at(52.9))).toBe(false);
    expect(await seen.reserveRead(key, at(53))).toBe(true);
  });

  it('reserves no read of an unknown member', async () => {
    const key = newKey();
    expect(await seen.reserveRead(key, at(3))).toBe(false);
    expect(await members.read(key)).toBeNull();
  });

  it('remembers a change until it is told, and no other', async () => {
    const key = await known();
    await seen.recordSighting(mxMember(key, { connection_status: null }), at(10), change(10));
    expect((await members.read(key))?.untoldChange).toEqual(change(10));
    await seen.settleChange(key, change(9));
    expect((await members.read(key))?.untoldChange).toEqual(change(10));
    await seen.settleChange(key, change(10));
    await seen.settleChange(key, change(10));
    expect((await members.read(key))?.untoldChange).toBeNull();
  });

  it('remembers a background refresh unless newer ones exist', async () => {
    const key = await known();
    const attempt = (id: string, observed: number, ended: number) =>
      attemptOf(startingClaim(id, { trigger: 'mx_webhook' }), {
        outcome: 'succeeded',
        code: 'stored_incomplete',
        observedAt: at(observed),
        endedAt: at(ended),
      });
    await seen.recordBackground(key, attempt(refreshId(5), 50, 51));
    expect(await members.read(key)).toMatchObject({
      lastAttempt: { refreshId: refreshId(5), outcome: 'succeeded', trigger: 'mx_webhook' },
      lastSuccess: { refreshId: refreshId(5), observedAt: at(50), incomplete: true },
    });
    await seen.recordBackground(key, attempt(refreshId(4), 40, 60));
    expect(await members.read(key)).toMatchObject({
      lastAttempt: { refreshId: refreshId(4) },
      lastSuccess: { refreshId: refreshId(5) },
    });
    await seen.recordBackground(key, attempt(refreshId(3), 30, 31));
    expect(await members.read(key)).toMatchObject({
      lastAttempt: { refreshId: refreshId(4) },
      lastSuccess: { refreshId: refreshId(5) },
    });
  });

  it('leaves an ended claim alone until it is published', async () => {
    const key = await known();
    const claim = startingClaim(refreshId(1));
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    const background = attemptOf(startingClaim(refreshId(2)), {
      outcome: 'succeeded',
      observedAt: at(50),
      endedAt: at(51),
    });
    await seen.recordBackground(key, background);
    expect(await members.read(key)).toMatchObject({
      claim: { phase: 'ended', result: { code: 'degraded' } },
      lastAttempt: { refreshId: refreshId(1) },
      lastSuccess: { refreshId: refreshId(2) },
    });
    await members.release(key, claim.refreshId);
    await seen.recordBackground(key, background);
    expect((await members.read(key))?.lastAttempt).toEqual(background);
  });

  it('remembers handled completions, never going back', async () => {
    const key = await known();
    await seen.recordProcessed(key, at(20));
    await seen.recordProcessed(key, at(10));
    expect((await members.read(key))?.processedUntil).toBe(at(20));
    const unknown = newKey();
    await seen.recordProcessed(unknown, at(20));
    expect(await members.read(unknown)).toBeNull();
  });

  it('leaves a tombstone: guids and time, for good', async () => {
    const key = await known();
    await members.writeAliases(mxMember(key, { id: `own-${key.memberGuid}` }));
    expect(await seen.leaveTombstone(key, `own-${key.memberGuid}`, at(30))).toBe(true);
    const tombstone = emptyMember(key, { deletedAt: at(30) });
    expect(await members.read(key)).toEqual(tombstone);
    expect(
      await members.resolve({ userIdentifier: key.userGuid, memberIdentifier: `own-${key.memberGuid}` }),
    ).toBeNull();

    expect(await seen.leaveTombstone(key, null, at(40))).toBe(false);
    expect(await seen.reserveRead(key, at(40))).toBe(false);
    expect(await seen.recordSighting(mxMember(key), at(40), null)).toBe(false);
    await seen.recordProcessed(key, at(40));
    await seen.recordBackground(
      key,
      attemptOf(startingClaim(refreshId(1)), { outcome: 'succeeded', observedAt: at(40) }),
    );
    expect(await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 })).toBe(false);
    expect(await members.read(key)).toEqual(tombstone);
  });

  it('erases MX’s member object for good, stored or not', async () => {
    for (const before of [[], [{ body: mxMember(newKey()).body, seenAt: at(10) }]]) {
      const key = await known();
      for (const body of before) await members.putBody(key, body);
      await seen.eraseBody(key, at(30));
      await seen.eraseBody(key, at(30));
      expect(await members.readBody(key)).toBeNull();
      await members.putBody(key, { body: mxMember(key).body, seenAt: at(40) });
      expect(await members.readBody(key)).toBeNull();
    }
  });

  it('leaves no tombstone beside a claim, and other members’ aliases', async () => {
    const key = await known();
    const other = { ...newKey(), userGuid: key.userGuid };
    await members.writeAliases(mxMember(other, { id: `own-${key.memberGuid}` }));
    await members.claim({ key, claim: startingClaim(refreshId(1)), starts: [], startsVersion: 0 });
    expect(await seen.leaveTombstone(key, `own-${key.memberGuid}`, at(30))).toBe(false);
    expect((await members.read(key))?.claim).not.toBeNull();
    expect(await members.resolve({ userIdentifier: key.userGuid, memberIdentifier: `own-${key.memberGuid}` })).toEqual(
      other,
    );
  });
});
