/** Learning from a refresh at its end: of what, with what, and what it never gets in the way of. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../shared/domain/decision.ts';
import { endRefresh } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import type { CountedEnd, Institutions } from '../../../shared/domain/institutions-ports.ts';
import { learnedLengths } from '../../../shared/domain/job-lengths.ts';
import type { OutcomeCode } from '../../../shared/domain/outcome.ts';
import type { RefreshDeps } from '../../../shared/domain/ports.ts';
import type { SentStart } from '../../../shared/domain/refresh.ts';
import { hash } from '../../../shared/domain/schedule.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, newJob } from '../../samples.ts';
import { lookWorld, secondLook } from './look-world.ts';
import { saw, situation } from './situations.ts';
import { startWorld } from './start-world.ts';

/** The refresh of a job that MX began at 1 s and ended at 9 s, as the look at 10 s sees it. */
function world(
  count?: Institutions['count'],
  within?: RefreshDeps['within'],
  breakers: Partial<RefreshDeps['breakers']> = {},
) {
  const untaught: unknown[] = [];
  const running = claim({ lookedAt: at(10), lookNumber: 2 });
  const made = lookWorld(running);
  const counted: [string, CountedEnd][] = [];
  const deps = {
    ...made.deps,
    within: within ?? made.deps.within,
    breakers: { ...made.deps.breakers, ...breakers },
    notLearnt: (error: unknown) => void untaught.push(String(error)),
    institutions: {
      lengths: async () => null,
      count: count ?? (async (code: string, ended: CountedEnd) => void counted.push([code, ended])),
    },
  };
  const seen = member({ ...newJob, aggregatedAt: at(1), successfullyAggregatedAt: at(9) });
  const end = (given: Partial<Parameters<typeof endRefresh>[1]> = {}) =>
    endRefresh(deps, {
      key,
      claim: running,
      ending: endingOf('stored'),
      institutionCode: 'riverbank',
      attention: null,
      observedAt: at(10),
      member: seen,
      runningAt: at(7),
      ...given,
    });
  return { ...made, counted, untaught, end };
}

describe('the end of a refresh', () => {
  it('is counted once, with the length of its job', async () => {
    const { counted, end } = world();
    expect(await end()).toBe(true);
    // 8 s: the eighth bin begins at 7.26 s, the ninth at 9.64 s.
    expect(counted).toEqual([
      ['riverbank', { outcome: 'succeeded', sample: { bin: 7 }, isAnswer: true, endedAt: at(10) }],
    ]);
    expect(await end()).toBe(false);
    expect(counted).toHaveLength(1);
  });

  it.each([
    ['by the looks around it', { member: member({ ...newJob, aggregatedAt: at(1) }), runningAt: at(8.5) }, { bin: 7 }],
    [
      'not by looks far apart',
      { member: member({ ...newJob, aggregatedAt: at(1) }), runningAt: at(2) },
      { dropped: 'too_wide' },
    ],
    ['not without a look', { member: null }, { dropped: 'not_seen' }],
  ])('tells a length %s', async (_how, given, sample) => {
    const { counted, end } = world();
    await end(given);
    expect(counted).toMatchObject([['riverbank', { sample }]]);
  });

  it('that says nothing of its bank reads no breaker', async () => {
    const { counted, end, untaught } = world(undefined, undefined, {
      read: () => expect.fail(),
      open: () => expect.fail(),
      notSupported: () => expect.fail(),
    });
    await end({ ending: endingOf('mx_unavailable') });
    expect([counted.length, untaught]).toEqual([1, []]);
  });

  it('of a POST without an answer reads no breaker', async () => {
    const failing = { read: () => expect.fail(), open: () => expect.fail(), notSupported: () => expect.fail() };
    const { counted, end, untaught } = world(undefined, undefined, failing);
    const start = { ...claim().start, state: 'unknown', jobGuid: null } as const;
    await end({ claim: claim({ lookedAt: at(10), lookNumber: 2, start }), ending: endingOf('degraded') });
    expect([counted.length, untaught]).toEqual([1, []]);
  });

  it('of an institution that is not known counts nowhere', async () => {
    const { counted, end, table } = world();
    await end({ institutionCode: null });
    expect(counted).toEqual([]);
    expect(table.members.get(textOf(key))?.claim).toBeNull();
  });

  it('comes before learning, also when that fails', async () => {
    const { table, end, events, untaught } = world(async () => {
      // Told and released by now.
      expect(events.map(({ type }) => type)).toContain('refresh.succeeded');
      expect(table.members.get(textOf(key))?.claim).toBeNull();
      throw new Error('throttled');
    });
    expect(await end()).toBe(true);
    expect(table.members.get(textOf(key))).toMatchObject({ claim: null, lastAttempt: { outcome: 'succeeded' } });
    expect(untaught).toEqual(['Error: throttled']);
  });

  it('waits for learning for a second at most', async () => {
    const asked: number[] = [];
    const { end, untaught } = world(
      () => new Promise(() => {}),
      async (milliseconds) => {
        asked.push(milliseconds);
        return false;
      },
    );
    expect(await end()).toBe(true);
    expect(asked.at(-1)).toBe(1_000);
    expect(untaught).toEqual([expect.stringContaining('longer than a second')]);
  });
});

describe('looks at an institution that is known', () => {
  /** Fifty jobs of 16.9 to 22.5 s. */
  const lengths = learnedLengths([
    { period: '2026-11-21', bins: Array.from({ length: 24 }, (_, bin) => (bin === 10 ? 50 : 0)), tooWide: 0 },
  ]);
  function institutionOf(code: string | null) {
    const asked: (string | null)[] = [];
    const institutions: Institutions = {
      count: async () => {},
      lengths: async (of) => {
        asked.push(of);
        return of === code ? lengths : learnedLengths([]);
      },
    };
    return { asked, institutions };
  }
  const wishes = { userPresent: false, correlationId: null };
  const identifiers = { userIdentifier: key.userGuid, memberIdentifier: key.memberGuid };

  it('begin when its jobs may be over', async () => {
    const { deps, sent } = startWorld(knownMember());
    const { institutions } = institutionOf('mxbank');
    await startRefresh({ ...deps, institutions }, identifiers, wishes);
    const usual = startWorld(knownMember());
    const other = institutionOf('another').institutions;
    await startRefresh({ ...usual.deps, institutions: other }, identifiers, wishes);
    expect([sent[0]?.inSeconds, usual.sent[0]?.inSeconds]).toEqual([19, 4]);
  });

  it('begin by the settings where MX was not read', async () => {
    const { deps, answers, sent } = startWorld(knownMember());
    answers.read = () => new Failure('mx_unavailable', 'down');
    await startRefresh({ ...deps, institutions: institutionOf('mxbank').institutions }, identifiers, wishes);
    expect(sent[0]?.inSeconds).toBe(5);
  });

  it('go on by its lengths', async () => {
    const { deps, answers, sent } = lookWorld(claim({ lookedAt: at(5) }), { institutionCode: 'riverbank' });
    answers.read = () => member({ ...newJob, isBeingAggregated: true });
    const { asked, institutions } = institutionOf('riverbank');
    await followRefresh({ ...deps, institutions }, secondLook);
    // 10 s after the start.
    expect(sent).toMatchObject([{ inSeconds: 10, followUp: { state: { runningAt: at(10) } } }]);
    expect(asked).toEqual(['riverbank']);
  });

  it('remember when the job last ran', () => {
    const seen = saw(member({ ...newJob, connectionStatus: 'FAILED' }));
    const state = { runningAt: at(7) };
    expect(decide(situation({ claim: { flagSeen: true }, state, after: 10 }), seen)).toMatchObject({
      kind: 'look',
      inSeconds: 3,
      state: { runningAt: at(7), unconfirmedEnd: 'FAILED/' },
    });
  });
});

describe('the breaker after an end', () => {
  /** What is written of the breaker when the refresh of the look at 10 s ends so. */
  async function written(code: OutcomeCode, start: Partial<SentStart> = {}): Promise<readonly unknown[]> {
    const running = claim({ lookedAt: at(10), lookNumber: 2 });
    const held = { ...running, start: { ...running.start, ...start } };
    const made = lookWorld(held);
    const table: BreakersTable = new Map();
    const deps = { ...made.deps, breakers: fakeBreakers(table, new Map()) };
    await endRefresh(deps, {
      key,
      claim: held,
      ending: endingOf(code),
      institutionCode: 'riverbank',
      attention: null,
      member: member(),
    });
    return [...table].map(([institution, { breaker }]) => [institution, breaker.failures]);
  }

  it('knows of a failure of the bank', async () => {
    const userTag = hash(key.userGuid).toString(36);
    expect(await written('failed')).toEqual([['riverbank', [{ startedAt: at(0), userTag }]]]);
  });

  it.each<[string, OutcomeCode, Partial<SentStart>]>([
    ['MX was in trouble', 'mx_timeout', {}],
    ['MX refused the job', 'failed', { state: 'conflict' }],
    ['MX did not confirm the job', 'failed', { state: 'unknown' }],
    ['the job was not ours', 'failed', { state: 'attached' }],
  ])('knows of nothing when %s', async (_why, code, start) => {
    expect(await written(code, start)).toEqual([]);
  });
});
