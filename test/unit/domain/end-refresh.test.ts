import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { endedClaim, endRefresh, publishEnd } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { attemptOf, type RunningClaim } from '../../../shared/domain/refresh.ts';
import { withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, member, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

/** What was known of the member before its job. */
type Baseline = Partial<Pick<RunningClaim, 'baseline'>>;

const ID = 'RFR-00000000000000000000000001';

/** A running refresh whose balances it has changed, and a log of what is done at its end, each step slow. */
async function world(given: Baseline = {}) {
  const running = claim({ refreshId: ID, ...given });
  const made = refreshWorld(withMember(knownMember({ claim: running })));
  const account = (balance: string) => readAccount(parseExactJson(`{"guid":"ACT-1","balance":${balance}}`));
  const by = (refreshId: string) => ({ observedAt: T0, refreshId, trigger: 'http' as const });
  await made.balances.store(key, [account('1')], by('RFR-0'));
  await made.balances.store(key, [account('2')], by(ID));
  const steps: string[] = [];
  const atWork: string[] = [];
  const slowly = async (step: string, act: () => Promise<void>): Promise<void> => {
    // What is told may be told at the same time, after what is written.
    const isWritten = ['texts', 'projection', 'claim gone'].includes(step);
    if (atWork.includes('projection') || (atWork.length > 0 && isWritten)) steps.push(`${step} begins too early`);
    atWork.push(step);
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    await act();
    steps.push(step);
    atWork.splice(atWork.indexOf(step), 1);
  };
  const { events, refreshes, members } = made.deps;
  const deps = {
    ...made.deps,
    events: {
      publish: (event: Parameters<typeof events.publish>[0]) => slowly(event.type, () => events.publish(event)),
    },
    refreshes: {
      ...refreshes,
      putDetails: (...of: Parameters<typeof refreshes.putDetails>) =>
        slowly('texts', () => refreshes.putDetails(...of)),
      end: (shown: Parameters<typeof refreshes.end>[0]) => slowly('projection', () => refreshes.end(shown)),
    },
    callbacks: {
      ...made.deps.callbacks,
      page: async (refreshId: string) => ({
        callbacks: [{ id: 'CBK-1', refreshId, url: 'https://a.example/' }],
        hasMore: false,
      }),
    },
    deliveries: { ...made.deps.deliveries, sendAll: () => slowly('callback', async () => {}) },
    members: {
      ...members,
      release: (of: typeof key, id: string) => slowly('claim gone', () => members.release(of, id)),
    },
  };
  return { ...made, deps, running, steps, record: () => members.read(key) };
}

const stored = endingOf('stored', { connectionStatus: 'CONNECTED' });
const denied = endingOf('denied', { connectionStatus: 'DENIED' });

const baseline = (connectionStatus: string | null): Baseline => {
  const { baseline: known } = claim();
  return { baseline: known && { ...known, connectionStatus } };
};

describe('the end of a refresh', () => {
  it('stored before it is told, member free last', async () => {
    const { deps, running, steps } = await world(baseline('DEGRADED'));
    await endRefresh(deps, {
      key,
      institutionCode: null,
      attention: null,
      claim: running,
      ending: stored,
      observedAt: T0,
    });
    expect([steps[0], steps.slice(1, -1).sort(), steps.at(-1)]).toEqual([
      'projection',
      ['balance.changed', 'callback', 'connection.changed', 'refresh.succeeded'],
      'claim gone',
    ]);
  });

  it.each<[string, Baseline, typeof stored, readonly string[]]>([
    ['success, as connected as before', {}, stored, ['refresh.succeeded', 'balance.changed']],
    ['a failure tells of no balance', baseline('DENIED'), denied, ['refresh.action_required']],
    ['another status', {}, denied, ['refresh.action_required', 'connection.changed']],
    ['a status where there was none', baseline(null), denied, ['refresh.action_required', 'connection.changed']],
    ['no status now', {}, endingOf('deadline'), ['refresh.failed']],
    ['MX was not read before', { baseline: null }, denied, ['refresh.action_required']],
  ])('publishes: %s', async (_what, given, ending, types) => {
    const { deps, running, events } = await world(given);
    const observedAt = ending.outcome === 'succeeded' ? T0 : null;
    expect(
      await endRefresh(deps, { key, institutionCode: null, attention: null, claim: running, ending, observedAt }),
    ).toBe(true);
    expect(events.map(({ type }) => type)).toEqual(types);
  });

  it('reports the status change: from, to, refresh, time', async () => {
    const { deps, running, events, wait } = await world();
    wait(7);
    await endRefresh(deps, { key, institutionCode: null, attention: null, claim: running, ending: denied });
    expect(events.at(-1)).toMatchObject({
      id: `USR-1/MBR-1/${ID}/connection`,
      time: '2026-11-21T12:00:07.000Z',
      data: { previous_connection_status: 'CONNECTED', connection_status: 'DENIED', refresh_id: ID },
    });
  });

  it('leaves the attempt with the member, and no claim', async () => {
    const { deps, running, record } = await world();
    await endRefresh(deps, {
      key,
      institutionCode: null,
      attention: null,
      claim: running,
      ending: stored,
      observedAt: T0,
      member: member(),
    });
    const left = await record();
    expect(left?.claim).toBeNull();
    expect(left?.lastAttempt).toMatchObject({ refreshId: ID, trigger: 'http', outcome: 'succeeded', acceptedAt: T0 });
    expect(left?.lastSuccess).toEqual({ refreshId: ID, observedAt: T0, incomplete: false });
  });

  it('is nothing when another was faster', async () => {
    const { deps, running, events } = await world();
    await endRefresh(deps, { key, institutionCode: null, attention: null, claim: running, ending: denied });
    const told = events.length;
    expect(
      await endRefresh(deps, {
        key,
        institutionCode: null,
        attention: null,
        claim: running,
        ending: stored,
        observedAt: T0,
      }),
    ).toBe(false);
    expect(events).toHaveLength(told);
  });

  it.each([
    ['ends nothing', undefined, ['2026-11-21T12:00:10.000Z'], null, undefined],
    [
      'and refused by MX: ends later, with what that saw',
      [],
      ['2026-11-21T12:00:10.000Z', '2026-11-21T12:00:17.000Z'],
      'denied',
      '2026-11-21T12:00:12.000Z',
    ],
  ])('overtaken by a look %s', async (_what, starts, ends, code, jobAggregatedAt) => {
    const { deps, running, record, wait } = await world(baseline('DEGRADED'));
    wait(10);
    const { members } = deps;
    const tried: string[] = [];
    const looked: typeof members = {
      ...members,
      async end(ended) {
        tried.push(ended.attempt.endedAt);
        if (tried.length === 1) {
          wait(5);
          await members.takeLook(key, ID, running.lookNumber + 1, deps.now());
          const { refreshId, flagSeen, seenStatus, questions } = running;
          const began = '2026-11-21T12:00:12.000Z';
          await members.recordSeen({ key, refreshId, flagSeen, jobAggregatedAt: began, seenStatus, questions });
          wait(2);
        }
        return members.end(ended);
      },
    };
    const end = {
      key,
      institutionCode: null,
      attention: null,
      claim: running,
      ending: denied,
      member: member(),
      ...(starts === undefined ? {} : { starts }),
    };
    expect(await endRefresh({ ...deps, members: looked }, end)).toBe(code !== null);
    expect(tried).toEqual(ends);
    expect((await record())?.lastAttempt?.code ?? null).toBe(code);
    expect((await members.readBody(key))?.body['aggregated_at']).toBe(jobAggregatedAt);
  });

  it('overtaken by a newer job: shown with that job', async () => {
    const { deps, running, record } = await world();
    const { members } = deps;
    const [aggregatedAt, newer] = ['2026-11-21T12:00:04.000Z', '2026-11-21T12:00:06.000Z'];
    const posted: typeof members = {
      ...members,
      async end(ended) {
        const { refreshId, start, flagSeen } = running;
        await members.recordStart({ key, refreshId, start, flagSeen, jobAggregatedAt: newer });
        return members.end(ended);
      },
    };
    const seen = { ...member(), aggregatedAt };
    expect(
      await endRefresh(
        { ...deps, members: posted },
        { key, institutionCode: null, attention: null, claim: running, ending: stored, member: seen },
      ),
    ).toBe(true);
    expect((await record())?.lastAttempt?.outcome).toBe('succeeded');
    expect((await members.readBody(key))?.body['aggregated_at']).toBe(newer);
  });

  it('by a slow clock bears the time of the look', async () => {
    const { deps, running, record } = await world();
    await endRefresh(deps, { key, institutionCode: null, attention: null, claim: running, ending: denied });
    expect((await record())?.lastAttempt?.endedAt).toBe('2026-11-21T12:00:05.000Z');
  });

  it('is repeated with the same ids after a crash', async () => {
    const { deps, running, events } = await world();
    const ended = endedClaim(running, attemptOf(running, { ...denied, endedAt: T0, observedAt: null }, false));
    await publishEnd(deps, key, ended);
    await publishEnd(deps, key, ended);
    expect(events.map(({ id }) => id)).toEqual([
      `${ID}/ended`,
      `USR-1/MBR-1/${ID}/connection`,
      `${ID}/ended`,
      `USR-1/MBR-1/${ID}/connection`,
    ]);
  });
});
