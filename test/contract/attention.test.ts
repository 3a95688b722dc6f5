/** What members wait for: set, kept and taken away by each write that has a word about it, older words and races included. */
import { afterAll, describe, expect, it } from 'vitest';
import type { Attention } from '../../shared/domain/attention.ts';
import { at, attemptOf, mxMember, newKey, refreshId, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';
import { membersSubjects } from './members-subjects.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

const waiting = (seconds: number, given: Partial<Attention> = {}): Attention => ({
  action: 'reauthenticate',
  since: at(seconds),
  code: 'denied',
  asOf: at(seconds),
  ...given,
});

/** A reading that takes away what the member waits for. */
const over = { attention: true, held: false } as const;

describe.each(membersSubjects(tables))('what a member waits for: %s', (_name, { members, sightings, unstarted }) => {
  /** A member that waits for its user as of `seconds`, known as a refused start of then. */
  const asking = async (seconds = 10) => {
    const key = newKey();
    await sightings.recordSighting(mxMember(key), at(0), null);
    const attempt = attemptOf(startingClaim(refreshId(1)), { endedAt: at(seconds) });
    await unstarted.recordRefused(key, attempt, waiting(seconds));
    const attention = async () => (await members.read(key))?.attention;
    expect(await attention()).toEqual(waiting(seconds));
    return { key, attention };
  };
  const ended = async (key: ReturnType<typeof newKey>, change: Attention | null | 'as_it_is' | undefined) => {
    const claim = startingClaim(refreshId(2));
    const startsVersion = (await members.read(key))?.startsVersion ?? 0;
    expect(await members.claim({ key, claim, starts: [], startsVersion })).toBe(true);
    const attempt = attemptOf(claim, { endedAt: at(50) });
    const given = change === undefined ? {} : { attention: change };
    expect(await members.end({ key, from: 'running', known: unseen, attempt, ...given })).toBe(true);
  };

  it('is nothing at first', async () => {
    const key = newKey();
    await sightings.recordSighting(mxMember(key), at(0), null);
    expect((await members.read(key))?.attention).toBeNull();
  });

  it.each([
    [
      'sets',
      waiting(50, { action: 'reconnect', code: 'closed' }),
      waiting(50, { action: 'reconnect', code: 'closed' }),
    ],
    ['takes away', null, null],
    ['leaves', 'as_it_is', waiting(10)],
    ['by default leaves', undefined, waiting(10)],
  ] as const)('the end of a refresh %s it', async (_, change, expected) => {
    const { key, attention } = await asking();
    await ended(key, change);
    expect(await attention()).toEqual(expected);
  });

  it('stays while a refresh runs', async () => {
    const { key, attention } = await asking();
    await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 });
    expect(await attention()).toEqual(waiting(10));
  });

  it.each([
    ['later', 11, over, null],
    ['of the same moment', 10, over, null],
    ['from before', 9, over, waiting(10)],
    ['that leaves it', 11, undefined, waiting(10)],
    ['that ends a hold alone', 11, { attention: false, held: true }, waiting(10)],
  ] as const)('a reading %s', async (_, seconds, change, expected) => {
    const { key, attention } = await asking();
    // The reading itself is stored in any case.
    expect(await sightings.recordSighting(mxMember(key), at(seconds), null, change)).toBe(true);
    expect((await members.read(key))?.seenAt).toBe(at(seconds));
    expect(await attention()).toEqual(expected);
  });

  it('an overtaken reading changes nothing', async () => {
    const { key, attention } = await asking();
    await sightings.recordSighting(mxMember(key), at(20), null);
    expect(await sightings.recordSighting(mxMember(key), at(20), null, over)).toBe(false);
    expect(await attention()).toEqual(waiting(10));
  });

  it.each([
    ['later', 11, null],
    ['of the same moment', 10, null],
    ['from before', 9, waiting(10)],
  ])('balances by MX’s own run, observed %s', async (_, seconds, expected) => {
    const { key, attention } = await asking();
    const observedAt = at(seconds);
    const background = { outcome: 'succeeded', observedAt, endedAt: at(30) } as const;
    await sightings.recordBackground(key, attemptOf(startingClaim(refreshId(3)), background));
    expect(await attention()).toEqual(expected);
    expect(await members.read(key)).toMatchObject({ lastSuccess: { observedAt }, lastAttempt: { endedAt: at(30) } });
  });

  it('older balances than the last success take nothing away', async () => {
    const { key, attention } = await asking();
    const success = (observed: number) =>
      attemptOf(startingClaim(refreshId(3)), { outcome: 'succeeded', observedAt: at(observed), endedAt: at(observed) });
    await sightings.recordBackground(key, success(5));
    await sightings.recordBackground(key, success(4));
    expect(await attention()).toEqual(waiting(10));
  });

  it('a refused start that was found earlier leaves it', async () => {
    const { key, attention } = await asking(10);
    await unstarted.recordHeld(key, held(5), waiting(40, { action: 'answer_mfa' }));
    const attempt = attemptOf(startingClaim(refreshId(4)), { endedAt: at(30) });
    await unstarted.recordRefused(key, attempt, waiting(30));
    expect(await attention()).toEqual(waiting(40, { action: 'answer_mfa' }));
    expect((await members.read(key))?.lastAttempt?.refreshId).toBe(refreshId(4));
    const later = attemptOf(startingClaim(refreshId(5)), { endedAt: at(40) });
    await unstarted.recordRefused(key, later, waiting(40));
    expect(await attention()).toEqual(waiting(40));
  });

  const held = (seconds: number, code: 'denied' | 'locked' = 'denied') =>
    ({ since: at(seconds), code, action: 'reauthenticate' }) as const;

  it.each([
    ['newer than all', 20, 20, waiting(20)],
    ['older than the last attempt', 9, 9, waiting(10)],
    ['of the moment of the last attempt', 10, 10, waiting(10, { action: 'reconnect' })],
  ] as const)('a hold %s', async (_, seconds, asOf, expected) => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(seconds), waiting(asOf, { action: expected.action }));
    expect(await attention()).toEqual(expected);
    // The note itself is made in any case: a refresh that was begun since makes it void.
    expect((await members.read(key))?.held).toEqual(held(seconds));
  });

  it('a hold from before the last reading leaves it', async () => {
    const { key, attention } = await asking();
    await sightings.recordSighting(mxMember(key), at(30), null, over);
    await unstarted.recordHeld(key, held(20), waiting(29.999));
    expect(await attention()).toBeNull();
    // Nor is the hold noted: it would say that the user is needed.
    expect((await members.read(key))?.held).toBeNull();
    await unstarted.recordHeld(key, held(21), waiting(30));
    expect(await attention()).toEqual(waiting(30));
    expect((await members.read(key))?.held).toEqual(held(21));
  });

  it.each([
    ['later', 21, null, null],
    ['of its moment', 20, null, null],
    ['from before', 19, waiting(20), held(20)],
  ] as const)('a reading %s ends a hold and its waiting', async (_, seconds, waits, holds) => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(20), waiting(20));
    const both = { attention: true, held: true };
    expect(await sightings.recordSighting(mxMember(key), at(seconds), null, both)).toBe(true);
    expect([await attention(), (await members.read(key))?.held]).toEqual([waits, holds]);
  });

  it.each([
    ['by default leaves it', undefined, held(20)],
    ['that says so ends it', { attention: false, held: true }, null],
  ] as const)('a hold alone: a reading %s', async (_, change, holds) => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(20));
    await sightings.recordSighting(mxMember(key), at(30), null, change);
    expect([await attention(), (await members.read(key))?.held]).toEqual([waiting(10), holds]);
  });

  it('balances by MX’s own run leave a hold', async () => {
    const { key } = await asking();
    await unstarted.recordHeld(key, held(20), waiting(20));
    const background = { outcome: 'succeeded', observedAt: at(30), endedAt: at(30) } as const;
    await sightings.recordBackground(key, attemptOf(startingClaim(refreshId(3)), background));
    expect(await members.read(key)).toMatchObject({ attention: null, held: held(20) });
  });

  it('a reading leaves the hold of a later turn', async () => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(40));
    const both = { attention: true, held: true };
    expect(await sightings.recordSighting(mxMember(key), at(30), null, both)).toBe(true);
    expect([await attention(), (await members.read(key))?.held]).toEqual([waiting(10), held(40)]);
  });

  it('a hold leaves what was found later', async () => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(15), waiting(40));
    await unstarted.recordHeld(key, held(20, 'locked'), waiting(39, { action: 'act_at_institution' }));
    expect(await attention()).toEqual(waiting(40));
    expect((await members.read(key))?.held).toEqual(held(20, 'locked'));
  });

  it('a hold beside a running refresh leaves it', async () => {
    const { key, attention } = await asking();
    await members.claim({ key, claim: startingClaim(refreshId(2)), starts: [], startsVersion: 0 });
    await unstarted.recordHeld(key, held(20), waiting(20));
    expect(await attention()).toEqual(waiting(10));
  });

  it('the same hold once more sets it', async () => {
    const { key, attention } = await asking();
    await unstarted.recordHeld(key, held(20));
    expect(await attention()).toEqual(waiting(10));
    await unstarted.recordHeld(key, held(20, 'locked'), waiting(25));
    expect(await attention()).toEqual(waiting(10));
    await unstarted.recordHeld(key, held(20), waiting(25));
    expect(await attention()).toEqual(waiting(25));
    expect((await members.read(key))?.held).toEqual(held(20));
  });

  it('a hold without it leaves it', async () => {
    const { key, attention } = await asking();
    for (const [since, change] of [
      [20, 'as_it_is'],
      [21, null],
    ] as const)
      await unstarted.recordHeld(key, held(since), change);
    expect(await attention()).toEqual(waiting(10));
    expect((await members.read(key))?.held).toEqual(held(21));
  });

  it('goes with the member', async () => {
    const { key, attention } = await asking();
    expect(await sightings.leaveTombstone(key, null, at(60))).toBe(true);
    expect(await attention()).toBeNull();
    await unstarted.recordHeld(key, held(70), waiting(70));
    const attempt = attemptOf(startingClaim(refreshId(4)), { endedAt: at(70) });
    await unstarted.recordRefused(key, attempt, waiting(70));
    expect(await attention()).toBeNull();
  });
});
