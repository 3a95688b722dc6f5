/** An end whose claim has changed meanwhile, and the member object that an end leaves. */
import { describe, expect, it } from 'vitest';
import { endRefresh, type RefreshEnd } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import type { Claim, RunningClaim, StoringClaim } from '../../../shared/domain/refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, member } from '../../samples.ts';
import { lookWorld } from './look-world.ts';

const denied = endingOf('denied', { connectionStatus: 'DENIED' });
const end = (given: Partial<RefreshEnd> = {}): RefreshEnd => ({
  ...{ key, claim: claim(), ending: denied, institutionCode: null, attention: null },
  ...given,
});

/** A world that counts how often an end is written. `now` is what the table holds by then. */
function world(now: Claim = claim()) {
  const made = lookWorld(now);
  const written: unknown[] = [];
  const write = made.deps.members.end;
  made.deps.members.end = (of) => {
    written.push(of.known);
    return write(of);
  };
  return { ...made, written };
}

describe('an end', () => {
  it('that keeps losing is given up after four times', async () => {
    const { deps, written } = world();
    deps.members.end = async (of) => {
      written.push(of.known);
      // Won in the end, so that the test ends in any case.
      return written.length > 9;
    };
    expect(await endRefresh(deps, end())).toBe(false);
    expect(written).toHaveLength(4);
  });

  it('that lost keeps since when its member waits', async () => {
    const attention = { action: 'reauthenticate', since: at(-60), code: 'denied', asOf: at(-60) } as const;
    const { deps, table, record } = world(claim({ jobAggregatedAt: at(1) }));
    const before = record() ?? expect.fail();
    table.members.set(textOf(key), { ...before, attention });
    // Read before that was known.
    expect(await endRefresh(deps, end({ attention: null }))).toBe(true);
    expect(record()?.attention).toMatchObject({ action: 'reauthenticate', since: at(-60) });
  });

  it('that lost to a POST’s answer is written with it', async () => {
    const { deps, written, record } = world(claim({ jobAggregatedAt: at(1) }));
    expect(await endRefresh(deps, end())).toBe(true);
    expect(written).toEqual([
      { lookedAt: at(5), jobAggregatedAt: null },
      { lookedAt: at(5), jobAggregatedAt: at(1) },
    ]);
    expect(record()?.claim).toBeNull();
  });

  it('that has read the newer job is written at once', async () => {
    const { deps, written } = world(claim({ jobAggregatedAt: at(1) }));
    expect(await endRefresh(deps, end({ member: member({ aggregatedAt: at(1) }) }))).toBe(true);
    expect(written).toEqual([{ lookedAt: at(5), jobAggregatedAt: at(1) }]);
  });

  it('keeps the newest job that its claim has seen', async () => {
    const { deps, written } = world(claim({ jobAggregatedAt: at(2) }));
    const shown = { claim: claim({ jobAggregatedAt: at(2) }), member: member({ aggregatedAt: at(1) }) };
    expect(await endRefresh(deps, end(shown))).toBe(true);
    expect(written).toEqual([{ lookedAt: at(5), jobAggregatedAt: at(2) }]);
  });

  it.each<[string, RunningClaim | StoringClaim, Partial<RefreshEnd>]>([
    ['another look was taken', claim({ lookNumber: 2, lookedAt: at(9) }), {}],
    ['another refresh runs', claim({ refreshId: 'RFR-2' }), {}],
    ['its accounts are being stored', { ...claim(), phase: 'storing' }, {}],
    ['they are, also of a POST that was refused', { ...claim(), phase: 'storing' }, { starts: [] }],
  ])('is not written when %s', async (_what, now, given) => {
    const { deps, written, record } = world(now);
    expect(await endRefresh(deps, end(given))).toBe(false);
    expect(written).toHaveLength(1);
    expect(record()?.claim).toEqual(now);
  });

  it('of a refused POST is written after another look too', async () => {
    const { deps, written, record } = world(claim({ lookNumber: 2, lookedAt: at(9) }));
    expect(await endRefresh(deps, end({ starts: [] }))).toBe(true);
    expect(written).toHaveLength(2);
    expect(record()).toMatchObject({ claim: null, starts: [] });
  });

  it('of a member that was erased is nothing', async () => {
    const { deps, table } = world();
    table.members.clear();
    expect(await endRefresh(deps, end())).toBe(false);
  });

  it.each([
    [denied, false],
    [{ ...denied, userMessage: 'Please sign in anew.' }, true],
  ])('says whether it has texts of its own: %#', async (ending, hasDetails) => {
    const { deps, record } = world();
    await endRefresh(deps, end({ ending }));
    expect(record()?.lastAttempt).toMatchObject({ code: 'denied', hasDetails });
  });

  it('is as late as the look by another clock', async () => {
    const held = claim({ lookedAt: at(12) });
    const { deps, record } = world(held);
    await endRefresh(deps, end({ claim: held }));
    expect(record()?.lastAttempt).toMatchObject({ endedAt: at(12) });
  });
});

describe('the member object at the end', () => {
  const stored = (seconds: number) => ({ body: { id: 'member-1', connection_status: 'UPDATED' }, seenAt: at(seconds) });
  /** The object after an end, and when the item says that it was seen. */
  async function left(given: Partial<RefreshEnd>, seconds: number | null) {
    const { deps, table, record } = world(given.claim ?? claim());
    if (seconds !== null) table.bodies.set(textOf(key), stored(seconds));
    await endRefresh(deps, end(given));
    return { body: table.bodies.get(textOf(key)), seenAt: record()?.seenAt };
  }

  it('is the one that the look has read', async () => {
    const seen = await left({ member: member({ body: { name: 'read' } }) }, 3);
    expect(seen).toEqual({ body: { body: { name: 'read' }, seenAt: at(5.001) }, seenAt: at(5.001) });
  });

  it.each<[string, Partial<RefreshEnd>, string]>([
    ['the end’s status', {}, 'DENIED'],
    [
      'the status that was seen last',
      { ending: endingOf('deadline'), claim: claim({ seenStatus: { connectionStatus: 'RESUMED' } }) },
      'RESUMED',
    ],
  ])('has %s over what is stored', async (_what, given, status) => {
    const seen = await left(given, 3);
    expect(seen.body?.body).toMatchObject({ id: 'member-1', connection_status: status, is_being_aggregated: false });
  });

  it.each([
    ['the look', 3, 5.001],
    ['the look at the same moment', 5, 5.001],
    ['what is stored', 9, 9.001],
  ])('is newer than %s', async (_what, seconds, seenAt) => {
    expect((await left({}, seconds)).seenAt).toBe(at(seenAt));
  });

  it('is newer than the acceptance without a look', async () => {
    const unlooked = claim({ lookedAt: null });
    expect((await left({ claim: unlooked }, -9)).seenAt).toBe(at(0.001));
  });

  it('stays as it is when MX was never read', async () => {
    const unread: RunningClaim = { ...claim(), baseline: null };
    expect(await left({ claim: unread }, 3)).toEqual({ body: stored(3), seenAt: null });
  });

  it('has the guids and the status when none was stored', async () => {
    expect((await left({}, null)).body).toMatchObject({
      body: { guid: 'MBR-1', user_guid: 'USR-1', connection_status: 'DENIED' },
      seenAt: at(5.001),
    });
  });
});
