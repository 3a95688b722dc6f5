import { afterAll, describe, expect, it } from 'vitest';
import type { StartedClaim } from '../../shared/domain/refresh.ts';
import { at, attemptOf, newKey, refreshId, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { claimedMember, membersSubjects, seen, storing } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

describe.each(membersSubjects(tables))('the start in a claim: %s', (_name, subject) => {
  it('is written before sending, by its own look only', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
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
    const { members, key, claim, claimNow, openNow } = await claimedMember(subject);
    const accepted = { ...claim.start, state: 'accepted', jobGuid: 'JOB-2' } as const;
    expect(await members.recordStart({ key, refreshId: claim.refreshId, start: accepted, flagSeen: true })).toBe(true);
    expect(await claimNow()).toEqual({ ...claim, start: accepted, flagSeen: true });
    await members.takeLook(key, claim.refreshId, 1, at(5));
    const later = { ...claim.start, at: at(6), count: 2, lookNumber: 1 };
    await members.recordStarting(key, { ...claim, lookNumber: 1, start: later }, []);
    expect(await members.recordStart({ key, refreshId: claim.refreshId, start: accepted, flagSeen: false })).toBe(
      false,
    );
    expect((await openNow()).start).toEqual(later);
  });

  it('is taken back when it was not sent', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    const { refreshId: id, start: sent } = claim;
    const unsent = { key, refreshId: id, at: sent.at, start: { state: 'none' }, starts: [] } as const;
    expect(await members.takeBackStart({ ...unsent, at: at(1) })).toBe(false);
    expect(await members.takeBackStart({ ...unsent, refreshId: refreshId(2) })).toBe(false);
    expect(await members.takeBackStart(unsent)).toBe(true);
    expect(await claimNow()).toEqual({ ...claim, start: { state: 'none' } });
    expect(await members.read(key)).toMatchObject({ starts: [], startsVersion: 2 });
    expect(await members.takeBackStart(unsent)).toBe(false);
  });

  it('is as it was before one that was not sent', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
    const before = { ...claim.start, state: 'conflict', jobGuid: 'JOB-2' } as const;
    await members.recordStart({ key, refreshId: claim.refreshId, start: before, flagSeen: false });
    await members.takeLook(key, claim.refreshId, 1, at(5));
    const second = { state: 'unknown', at: at(6), count: 2, lookNumber: 1, jobGuid: null } as const;
    await members.recordStarting(key, { ...claim, lookNumber: 1, start: second }, [at(0), at(6)]);
    const unsent = { key, refreshId: claim.refreshId, at: at(6), start: before, starts: [at(0)] };
    expect(await members.takeBackStart(unsent)).toBe(true);
    expect(await claimNow()).toEqual({ ...claim, lookNumber: 1, lookedAt: at(5), start: before });
    expect((await members.read(key))?.starts).toEqual([at(0)]);
  });

  it('keeps MX’s time to wait for until the next claim', async () => {
    const { members, key, claim } = await claimedMember(subject);
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

  it('keeps it for a refresh that has ended meanwhile', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    const noted = async () => (await members.read(key))?.startNotBefore;
    await members.putOffStarts(key, at(60));
    expect(await noted()).toBe(at(60));
    await members.putOffStarts(key, at(59));
    expect(await noted()).toBe(at(60));
    await members.putOffStarts(key, at(61));
    expect(await noted()).toBe(at(61));
    const unknown = newKey();
    await members.putOffStarts(unknown, at(60));
    expect(await members.read(unknown)).toBeNull();
    await members.release(key, claim.refreshId);
    expect(await subject.sightings.leaveTombstone(key, null, at(70))).toBe(true);
    await members.putOffStarts(key, at(80));
    expect(await noted()).toBeNull();
  });

  it('keeps the seen flag, and unchanged starts', async () => {
    const { members, key, claim } = await claimedMember(subject);
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

  it('remembers when the job first began, from any step', async () => {
    const { members, key, claim, claimNow, openNow } = await claimedMember(subject);
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
});
