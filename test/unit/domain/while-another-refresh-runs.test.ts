import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import type { RefreshDeps } from '../../../shared/domain/ports.ts';
import { type Attempt, attemptOf } from '../../../shared/domain/refresh.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, T0 } from '../../samples.ts';
import { guids, ID, noWishes, ownIds, startWorld } from './start-world.ts';

const endedAt = (when: string): Attempt =>
  attemptOf(claim({}), { ...endingOf('denied'), endedAt: when, observedAt: null }, false);

describe('another refresh that runs', () => {
  const running = claim({ refreshId: 'RFR-9' });

  it.each([
    [true, ['user present']],
    [false, []],
  ])('is joined without asking MX, user present: %s', async (userPresent, done) => {
    const { deps, steps } = startWorld(knownMember({ claim: running }));
    const answer = await startRefresh(deps, guids, { userPresent, correlationId: null });
    expect(answer).toMatchObject({ joined: true, refresh: { refreshId: 'RFR-9' } });
    expect(steps).toEqual(done);
  });

  it('is joined under the member’s other names', async () => {
    const { deps } = startWorld(knownMember({ claim: running }));
    expect(await startRefresh(deps, ownIds, noWishes)).toMatchObject({
      joined: true,
      refresh: { refreshId: 'RFR-9' },
    });
  });

  it('is joined by a user who was there already', async () => {
    const { deps, steps } = startWorld(knownMember({ claim: { ...running, userPresent: true } }));
    await startRefresh(deps, guids, { userPresent: true, correlationId: null });
    expect(steps).toEqual([]);
  });

  it('that has ended but was not published is published first', async () => {
    const lastAttempt = attemptOf(running, { ...endingOf('denied'), endedAt: T0, observedAt: null }, false);
    const { deps, steps } = startWorld(knownMember({ claim: endedClaim(running, lastAttempt), lastAttempt }));
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({
      joined: false,
      refresh: { refreshId: ID },
    });
    expect(steps.slice(0, 4)).toEqual(['projection', 'claim gone', 'baseline', 'message']);
  });

  it('uses up the allowance under the other names', async () => {
    const { deps, mxCalls } = startWorld(knownMember({ starts: Array.from({ length: 5 }, () => T0) }));
    await expect(startRefresh(deps, ownIds, noWishes)).rejects.toMatchObject({
      code: 'allowance_used_up',
    });
    expect(mxCalls).toEqual(['read user-1/member-1']);
  });

  it('wins under other names: the baseline is read anew', async () => {
    const { deps, mxCalls } = startWorld(knownMember());
    let lost = 0;
    const members = {
      ...deps.members,
      claim: async (...args: Parameters<typeof deps.members.claim>) => {
        lost += 1;
        return lost > 1 && deps.members.claim(...args);
      },
    };
    await startRefresh({ ...deps, members }, ownIds, noWishes);
    expect(mxCalls).toEqual(['read user-1/member-1', 'read user-1/member-1', 'start user-1/member-1']);
  });

  it.each([
    { why: 'began since', given: { starts: [T0] }, reads: 2 },
    { why: 'ended since', given: { lastAttempt: endedAt(T0) }, reads: 2 },
    {
      why: 'ended before',
      given: { starts: [at(-60)], lastAttempt: endedAt(at(-30)) },
      reads: 1,
    },
  ])('$why under other names: MX is read $reads times', async ({ given, reads }) => {
    const { deps, mxCalls } = startWorld(knownMember(given));
    await startRefresh(deps, ownIds, noWishes);
    expect(mxCalls).toEqual([...Array(reads).fill('read user-1/member-1'), 'start user-1/member-1']);
  });

  it('that wins the race is joined', async () => {
    const { deps, table } = startWorld(knownMember());
    const lose: RefreshDeps['members']['claim'] = async () => {
      table.members.set(textOf(key), knownMember({ claim: running, startsVersion: 1 }));
      return false;
    };
    const losing = { ...deps, members: { ...deps.members, claim: lose } };
    expect(await startRefresh(losing, guids, noWishes)).toMatchObject({
      joined: true,
      refresh: { refreshId: 'RFR-9' },
    });
  });

  it('won and over: the baseline is read anew', async () => {
    const { deps, table, mxCalls } = startWorld(knownMember());
    let lost = 0;
    const members = {
      ...deps.members,
      claim: async (...args: Parameters<typeof deps.members.claim>) => {
        lost += 1;
        if (lost > 1) return deps.members.claim(...args);
        table.members.set(textOf(key), knownMember({ startsVersion: 1, starts: [T0] }));
        return false;
      },
    };
    expect(await startRefresh({ ...deps, members }, guids, noWishes)).toMatchObject({
      joined: false,
    });
    expect(mxCalls).toEqual(['read USR-1/MBR-1', 'read USR-1/MBR-1', 'start USR-1/MBR-1']);
  });

  it('that wins four times makes this one give up', async () => {
    const { deps, mxCalls } = startWorld(knownMember());
    // Won in the end, so that the test ends in any case.
    const members = { ...deps.members, claim: async () => mxCalls.length > 9 };
    await expect(startRefresh({ ...deps, members }, guids, noWishes)).rejects.toMatchObject({
      code: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect(mxCalls).toHaveLength(4);
  });
});
