import { afterAll, describe, expect, it } from 'vitest';
import type { Instant } from '../../shared/domain/instant.ts';
import type { KnownAtEnd } from '../../shared/domain/members-ports.ts';
import { at, attemptOf, newKey, refreshId, seenAt, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { claimedMember, membersSubjects, storing } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

describe.each(membersSubjects(tables))('the end of a claim: %s', (_name, subject) => {
  it('ends once from the expected phase, remembers the attempt', async () => {
    const { members, key, claim, claimNow } = await claimedMember(subject);
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
      const { members } = subject;
      const [key, claim] = [newKey(), { ...startingClaim(refreshId(1)), baseline }];
      await members.claim({ key, claim, starts: [], startsVersion: 0 });
      await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
      const before = baseline && { connectionStatus: null };
      expect((await members.read(key))?.claim).toMatchObject({ phase: 'ended', baseline: before });
    }
  });

  it('does not end what was looked at since', async () => {
    const { members, key, claim } = await claimedMember(subject);
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
    const { members, key, claim } = await claimedMember(subject);
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
    const { members, key, claim } = await claimedMember(subject);
    await members.takeLook(key, claim.refreshId, 1, at(5));
    await members.beginStoring(storing(key, claim.refreshId, 1));
    expect(await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) })).toBe(false);
    await members.takeLook(key, claim.refreshId, 1, at(40));
    expect(await members.end({ key, from: 'storing', known: seenAt(5), attempt: attemptOf(claim) })).toBe(false);
    expect(await members.end({ key, from: 'storing', known: seenAt(40), attempt: attemptOf(claim) })).toBe(true);
  });

  it('remembers for good that imports move', async () => {
    const { members, key, claim } = await claimedMember(subject);
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim), importsMove: true });
    expect((await members.read(key))?.importsMove).toBe(true);
    await members.release(key, claim.refreshId);
    const second = startingClaim(refreshId(2));
    await members.claim({ key, claim: second, starts: [], startsVersion: 1 });
    await members.end({ key, from: 'running', known: unseen, attempt: attemptOf(second) });
    expect((await members.read(key))?.importsMove).toBe(true);
  });

  it('remembers the last success when a later attempt fails', async () => {
    const { members, key, claim } = await claimedMember(subject);
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
    const { members, key, claim, claimNow, open } = await claimedMember(subject);
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
});
