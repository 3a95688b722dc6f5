import { afterAll, describe, expect, it } from 'vitest';
import type { Held } from '../../shared/domain/held.ts';
import { at, attemptOf, mxMember, newKey, refreshId, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { membersSubjects } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const held = (seconds: number, code: Held['code'] = 'denied'): Held => ({
  since: at(seconds),
  code,
  action: 'reauthenticate',
});
const refused = (number: number, seconds: number) =>
  attemptOf(startingClaim(refreshId(number)), { code: 'mx_forbidden', endedAt: at(seconds) });

describe.each(membersSubjects(tables))('members not started: %s', (_name, { members, sightings, unstarted }) => {
  const known = async () => {
    const key = newKey();
    await sightings.recordSighting(mxMember(key, { id: `own-${key.memberGuid}` }), at(0), null);
    return { key, read: () => members.read(key) };
  };

  it('have no notes at first', async () => {
    expect(await (await known()).read()).toMatchObject({ missing: null, held: null });
  });

  it('are missing since the first time', async () => {
    const { key, read } = await known();
    for (const seconds of [10, 70]) await unstarted.recordMissing(key, at(seconds));
    expect((await read())?.missing).toBe(at(10));
  });

  it('are missing anew after they were read', async () => {
    const { key, read } = await known();
    await unstarted.recordMissing(key, at(10));
    await sightings.recordSighting(mxMember(key), at(20), null);
    await unstarted.recordMissing(key, at(70));
    await unstarted.recordMissing(key, at(90));
    expect((await read())?.missing).toBe(at(70));
  });

  it('remember the newest refused start as last attempt', async () => {
    const { key, read } = await known();
    await unstarted.recordRefused(key, refused(2, 20));
    for (const older of [refused(1, 10), refused(3, 20)]) await unstarted.recordRefused(key, older);
    expect(await read()).toMatchObject({
      lastAttempt: { refreshId: refreshId(2), outcome: 'failed', code: 'mx_forbidden', endedAt: at(20) },
      lastSuccess: null,
    });
    await unstarted.recordRefused(key, refused(4, 30));
    expect((await read())?.lastAttempt?.refreshId).toBe(refreshId(4));
  });

  it('keep the unpublished end of a refresh', async () => {
    const { key, read } = await known();
    const claim = startingClaim(refreshId(5));
    await members.claim({ key, claim, starts: [], startsVersion: 0 });
    const attempt = attemptOf(claim, { endedAt: at(10) });
    await members.end({ key, from: 'running', known: unseen, attempt });
    await unstarted.recordRefused(key, refused(6, 20));
    expect((await read())?.lastAttempt?.refreshId).toBe(refreshId(5));
  });

  it('remember the newest reason for holding back', async () => {
    const { key, read } = await known();
    for (const note of [held(10), held(5, 'locked'), held(10, 'locked')]) await unstarted.recordHeld(key, note);
    expect((await read())?.held).toEqual(held(10));
    await unstarted.recordHeld(key, held(20, 'locked'));
    expect((await read())?.held).toEqual(held(20, 'locked'));
  });

  it('are not held back any more once they are claimed', async () => {
    const { key, read } = await known();
    await unstarted.recordHeld(key, held(10));
    const startsVersion = (await read())?.startsVersion ?? expect.fail();
    expect(await members.claim({ key, claim: startingClaim(refreshId(7)), starts: [], startsVersion })).toBe(true);
    expect((await read())?.held).toBeNull();
  });

  it('are not made known by a note', async () => {
    const key = newKey();
    await unstarted.recordMissing(key, at(0));
    await unstarted.recordRefused(key, refused(1, 0));
    await unstarted.recordHeld(key, held(0));
    expect(await members.read(key)).toBeNull();
  });

  it('stay deleted', async () => {
    const { key, read } = await known();
    await sightings.leaveTombstone(key, null, at(5));
    await unstarted.recordMissing(key, at(10));
    await unstarted.recordRefused(key, refused(1, 10));
    await unstarted.recordHeld(key, held(10));
    expect(await read()).toMatchObject({ missing: null, held: null, lastAttempt: null, deletedAt: at(5) });
  });
});
