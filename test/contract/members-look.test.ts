import { afterAll, describe, expect, it } from 'vitest';
import { endedClaim } from '../../shared/domain/end-refresh.ts';
import { at, attemptOf, newKey, refreshId, seenAt } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { claimedMember, membersSubjects, seen, storing } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

describe.each(membersSubjects(tables))('taking a look: %s', (_name, subject) => {
  it('gives the member with the claim as taken', async () => {
    const { members, key, claim } = await claimedMember(subject);
    const taken = await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(taken).toEqual({
      kind: 'taken',
      record: await members.read(key),
      claim: { ...claim, lookNumber: 1, lookedAt: at(5) },
    });
  });

  it('is taken by one of many messages', async () => {
    const { members, key, claim } = await claimedMember(subject);
    const taken = await Promise.all(Array.from({ length: 10 }, () => members.takeLook(key, claim.refreshId, 1, at(5))));
    expect(taken.map(({ kind }) => kind).sort()).toEqual([...Array<string>(9).fill('superseded'), 'taken']);
  });

  it('next look within the minimum gap: too early', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await members.takeLook(key, claim.refreshId, 2, at(7.999))).toEqual({
      kind: 'too_early',
      until: at(8),
    });
    expect(await members.takeLook(key, claim.refreshId, 1, at(7.999))).toEqual({ kind: 'superseded' });
    expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ kind: 'taken' });
  });

  it('superseded by a later look or another claim', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 4, at(5));
    expect(await members.takeLook(key, claim.refreshId, 3, at(500))).toEqual({ kind: 'superseded' });
    expect(await members.takeLook(key, refreshId(9), 5, at(500))).toEqual({ kind: 'superseded' });
    expect(await members.takeLook(newKey(), claim.refreshId, 1, at(500))).toEqual({ kind: 'superseded' });
  });

  it('may be taken again after its taker’s time', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    expect(await members.takeLook(key, claim.refreshId, 1, at(34.999))).toEqual({ kind: 'superseded' });
    expect(await members.takeLook(key, claim.refreshId, 1, at(35))).toMatchObject({ kind: 'taken' });
  });

  it('is not taken while accounts may still be being stored', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    await members.beginStoring(storing(key, claim.refreshId, 1));
    expect(await members.takeLook(key, claim.refreshId, 2, at(34.999))).toEqual({ kind: 'too_early', until: at(35) });
    expect(await members.takeLook(key, claim.refreshId, 1, at(34.999))).toEqual({ kind: 'superseded' });
    expect(await members.takeLook(key, claim.refreshId, 2, at(35))).toMatchObject({ claim: { phase: 'storing' } });
  });

  it('is taken after the end, so that it is published', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    await members.end({ key, from: 'running', known: seenAt(5), attempt: attemptOf(claim) });
    expect(await members.takeLook(key, claim.refreshId, 2, at(8))).toMatchObject({ claim: { phase: 'ended' } });
  });
});

describe.each(membersSubjects(tables))('a look: %s', (_name, subject) => {
  it('remembers that there are questions, and the flag for good', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    await members.recordSeen({ ...seen(key, claim.refreshId), flagSeen: true, questions: 'ABCDEFGHJK' });
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: 'ABCDEFGHJK' });
    await members.recordSeen(seen(key, claim.refreshId));
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: null });
    await members.recordSeen({ ...seen(key, refreshId(2)), questions: 'ABCDEFGHJK' });
    expect(await claimNow()).toEqual({ ...claim, flagSeen: true, questions: null });
  });

  it('remembers the status that the last look saw, null too', async () => {
    const { members, key, claim, openNow } = await claimedMember(subject);
    for (const seenStatus of [{ connectionStatus: 'UPDATED' }, { connectionStatus: null }, null]) {
      await members.recordSeen({ ...seen(key, claim.refreshId), seenStatus });
      expect((await openNow()).seenStatus).toEqual(seenStatus);
    }
    await members.recordStarting(key, { ...claim, seenStatus: { connectionStatus: 'UPDATED' } }, []);
    expect((await openNow()).seenStatus).toEqual({ connectionStatus: 'UPDATED' });
  });

  it('remembers why the last look saw nothing, until one sees', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
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

  it('learns when the job began from the look that stores', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    await members.beginStoring({ ...storing(key, claim.refreshId, 0), jobAggregatedAt: at(5) });
    expect(await claimNow()).toEqual({ ...claim, phase: 'storing', jobAggregatedAt: at(5) });
  });

  it('marks the user present for its refresh only', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    await members.joinUserPresent(key, refreshId(2));
    expect((await claimNow())?.userPresent).toBe(false);
    await members.joinUserPresent(key, claim.refreshId);
    expect((await claimNow())?.userPresent).toBe(true);
  });

  it('begins to store once, for the last look only', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 2, at(5));
    expect(await members.beginStoring(storing(key, claim.refreshId, 1))).toBe(false);
    expect(await members.beginStoring(storing(key, refreshId(2), 2))).toBe(false);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(true);
    expect(await members.beginStoring(storing(key, claim.refreshId, 2))).toBe(false);
    expect((await claimNow())?.phase).toBe('storing');
  });
});
