/** What triggers, looks, webhooks, scheduled starts and erasings do while an operator has paused calls to MX. */
import { describe, expect, it } from 'vitest';
import { endedClaim as endedFrom } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import type { NextLook } from '../../../shared/domain/ports.ts';
import { attemptOf, type StartedClaim, type StoringClaim } from '../../../shared/domain/refresh.ts';
import { resumeMember } from '../../../shared/domain/resume.ts';
import { shownInPause } from '../../../shared/domain/shown-in-pause.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { at, claim, key, knownMember, member, newJob, runningRefresh, T0 } from '../../samples.ts';
import { lookWorld, secondLook } from './look-world.ts';
import { none, scheduled, world as startDueWorld } from './start-due-world.ts';
import { guids, ID, noWishes, startWorld } from './start-world.ts';
import { refreshed, webhookWorld } from './webhook-world.ts';

/** As the gate in the MX client refuses. */
const refused = (): Failure => new Failure('paused', 'a pause', { retryAfterSeconds: 3_600 });
const pause = (from: number, until: number) => [{ from: at(from), until: at(until) }];

describe('a trigger in a pause', () => {
  it('of a known member is refused, and leaves nothing', async () => {
    const { deps, answers, steps, record } = startWorld(knownMember());
    answers.read = refused;
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({
      code: 'paused',
      details: { retryAfterSeconds: 3_600 },
    });
    expect([steps, record()]).toEqual([['baseline'], knownMember()]);
  });

  it('joins a refresh that runs', async () => {
    const { deps, answers, mxCalls } = startWorld(knownMember({ claim: claim() }));
    answers.read = refused;
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({ joined: true, refresh: { refreshId: 'RFR-1' } });
    expect(mxCalls).toEqual([]);
  });

  it('that it overtakes is accepted, and counts nothing', async () => {
    const before = '2026-11-21T11:00:00.000Z';
    const { deps, answers, record, sent, steps } = startWorld(knownMember({ starts: [before] }));
    answers.start = refused;
    expect(await startRefresh(deps, guids, noWishes)).toMatchObject({ joined: false, refresh: { status: 'running' } });
    expect(record()).toMatchObject({ starts: [before], claim: { refreshId: ID, start: { state: 'none' } } });
    expect(sent).toMatchObject([{ followUp: { refreshId: ID, lookNumber: 1 } }]);
    expect(steps).toEqual(['baseline', 'message', 'claim', 'POST', 'taken back', 'projection']);
  });

  it('with the user’s answers is refused as certainly not taken', async () => {
    const { deps, answers } = startWorld(knownMember());
    answers.resume = refused;
    await expect(resumeMember(deps, guids, [{ guid: 'CRD-1', value: 'x' }])).rejects.toMatchObject({ code: 'paused' });
  });
});

describe('a look in a pause', () => {
  it('is not taken: its message comes back as it is', async () => {
    const { look, pauses, steps, sent, record, mxCalls } = lookWorld();
    pauses.pauses = pause(9, 3_600);
    const message = {
      ...secondLook,
      state: { failedLooks: 2, unconfirmedEnd: 'x', newestJob: null, runningAt: T0, missingSince: null },
    };
    expect(await look(message)).toBe('paused');
    expect([steps, sent, mxCalls]).toEqual([['message'], [{ followUp: message, inSeconds: 53 }], []]);
    expect(record()?.claim).toEqual(claim());
  });

  it('of an ended refresh publishes its end', async () => {
    const lastAttempt = attemptOf(claim(), { ...endingOf('denied'), endedAt: T0, observedAt: null }, false);
    const { look, pauses, record, sent } = lookWorld(endedFrom(claim(), lastAttempt), { lastAttempt });
    pauses.pauses = pause(9, 3_600);
    expect([await look(), record()?.claim, sent]).toEqual(['published', null, []]);
  });

  it.each<[string, Partial<NextLook>, Partial<MemberRecord>]>([
    ['of another refresh', { refreshId: 'RFR-0' }, {}],
    ['that a later one has followed', { lookNumber: 0 }, {}],
    ['of a member that no refresh runs for', {}, { claim: null }],
    ['of a member that is not known any more', { member: { ...key, memberGuid: 'MBR-gone' } }, {}],
  ])('%s is dropped', async (_what, given, known) => {
    const message = { ...secondLook, ...given };
    const { look, pauses, steps } = lookWorld(claim(), known);
    pauses.pauses = pause(9, 3_600);
    expect([await look(message), steps]).toEqual(['superseded', []]);
  });

  it('whose function has crashed comes back too', async () => {
    const { look, pauses, steps } = lookWorld();
    pauses.pauses = pause(9, 3_600);
    expect([await look({ ...secondLook, lookNumber: 1 }), steps]).toEqual(['paused', ['message']]);
  });

  it('of a deletion leaves coming back to its webhook', async () => {
    const { look, pauses, steps } = lookWorld();
    pauses.pauses = pause(9, 3_600);
    const told = { gone: () => expect.fail(), seen: () => expect.fail() };
    expect([await look(secondLook, told), steps]).toEqual(['paused', []]);
  });
});

describe('a look that was taken when the pause began', () => {
  const state = { failedLooks: 1, unconfirmedEnd: 'x', newestJob: null, runningAt: null, missingSince: T0 };

  it('is no failure: the next one knows what it knew', async () => {
    const { look, answers, steps, sent, record } = lookWorld();
    answers.read = refused;
    expect(await look({ ...secondLook, state })).toBe('paused');
    expect([steps, sent]).toMatchObject([['read', 'message'], [{ followUp: { lookNumber: 3, state }, inSeconds: 53 }]]);
    expect(record()?.claim).toMatchObject({ unanswered: null });
  });

  it('of a deletion leaves coming back to its webhook', async () => {
    const { look, answers, steps } = lookWorld();
    answers.read = refused;
    const told = { gone: () => expect.fail(), seen: () => expect.fail() };
    expect([await look(secondLook, told), steps]).toEqual(['paused', ['read']]);
  });

  it('keeps what it saw when the list is refused', async () => {
    const { look, answers, deps, steps, sent, record } = lookWorld();
    answers.read = () => member({ ...newJob, successfullyAggregatedAt: at(9) });
    deps.mx.listAccounts = () => Promise.reject(refused());
    expect(await look({ ...secondLook, state })).toBe('paused');
    expect([steps, sent]).toMatchObject([['read', 'seen', 'message'], [{ followUp: { state }, inSeconds: 53 }]]);
    expect(record()?.claim).toMatchObject({ jobAggregatedAt: newJob.aggregatedAt, unanswered: null });
  });

  it('notes that MX answers again when the list is refused', async () => {
    const unanswered = { code: 'mx_unavailable', nextLookAt: at(5) } as const;
    const { look, answers, deps, steps, record } = lookWorld(
      claim({ unanswered, jobAggregatedAt: newJob.aggregatedAt }),
    );
    answers.read = () => member({ ...newJob, successfullyAggregatedAt: at(9) });
    deps.mx.listAccounts = () => Promise.reject(refused());
    expect([await look(), steps]).toEqual(['paused', ['read', 'seen', 'message']]);
    expect(record()?.claim).toMatchObject({ unanswered: null });
  });

  it('goes on storing afterwards', async () => {
    const storing: StoringClaim = { ...claim({ lookNumber: 1, lookedAt: at(-40) }), phase: 'storing' };
    const { look, deps, steps, sent } = lookWorld(storing);
    deps.mx.listAccounts = () => Promise.reject(refused());
    expect(await look({ ...secondLook, state })).toBe('paused');
    expect([steps, sent]).toMatchObject([['message'], [{ followUp: { lookNumber: 3, state } }]]);
  });

  it('that starts again leaves the start as it was', async () => {
    const before = { state: 'conflict', at: T0, count: 1, lookNumber: 0, jobGuid: null } as const;
    const { look, answers, record } = lookWorld(claim({ start: before }), { starts: [T0] });
    answers.read = () => member({ aggregatedAt: at(-1) });
    answers.start = refused;
    expect(await look()).toBe('started');
    expect(record()).toMatchObject({ starts: [T0], claim: { start: before } });
  });
});

describe('after a pause', () => {
  it('a start has a baseline of its own', async () => {
    const { baseline } = claim();
    const unsent = claim({ baseline }) as Omit<StartedClaim, 'start'>;
    const { look, answers, record } = lookWorld({ ...unsent, start: { state: 'none' } });
    answers.read = () => member({ mostRecentJobGuid: 'JOB-meanwhile', successfullyAggregatedAt: at(-5) });
    answers.start = () => member({ isBeingAggregated: true, mostRecentJobGuid: 'JOB-ours' });
    expect(await look()).toBe('started');
    expect(record()?.claim).toMatchObject({
      baseline: { mostRecentJobGuid: 'JOB-meanwhile', successfullyAggregatedAt: at(-5) },
      start: { state: 'accepted', count: 1, jobGuid: 'JOB-ours' },
    });
  });

  it.each([
    ['before its later deadline a job may run', 3_599, 'looking_again'],
    ['at its later deadline it ends', 3_600, 'ended'],
  ])('%s', async (_what, seconds, followed) => {
    const { look, pauses, answers, wait } = lookWorld();
    pauses.pauses = pause(20, 3_020);
    answers.read = () => member({ ...newJob, isBeingAggregated: true });
    wait(seconds - 10);
    expect(await look()).toBe(followed);
  });

  it('accounts are asked for until the later deadline', async () => {
    const storing: StoringClaim = { ...claim({ lookNumber: 1, lookedAt: at(-40) }), phase: 'storing' };
    const { look, deps, pauses, wait, record } = lookWorld(storing);
    pauses.pauses = pause(20, 3_020);
    deps.mx.listAccounts = () => Promise.reject(new Failure('mx_unavailable', 'no'));
    wait(3_585);
    expect([await look(), record()?.claim?.deadline]).toEqual(['looking_again', at(600)]);
  });
});

describe('a webhook in a pause', () => {
  it.each(['data', 'connection'] as const)('about %s waits, however old it is', async (about) => {
    const { deps, pauses, handle, waiting, mxCalls, wait } = worldOf(about);
    pauses.pauses = pause(-1, 90_000);
    wait(80_000);
    expect(await handle()).toBe('later');
    expect(waiting()).toMatchObject([{ inSeconds: 53, work: { kind: 'webhook', about } }]);
    expect([mxCalls, deps.now()]).toEqual([[], at(80_000)]);
  });

  it('waits when the pause has only just begun', async () => {
    const { answers, handle, waiting, wait } = worldOf('connection');
    wait(80_000);
    answers.read = refused;
    expect(await handle()).toBe('later');
    expect(waiting()).toMatchObject([{ inSeconds: 53 }]);
  });

  it.each([
    [3_599, 'later'],
    [3_600, 'given_up'],
  ])('%d s old, of which 3,000 were a pause: %s', async (seconds, handled) => {
    const { answers, pauses, handle, wait } = worldOf('connection');
    pauses.pauses = pause(100, 3_100);
    answers.read = () => new Failure('mx_unavailable', 'no');
    wait(seconds);
    expect(await handle()).toBe(handled);
  });

  function worldOf(about: 'data' | 'connection') {
    const made = webhookWorld([refreshed()]);
    const webhook =
      about === 'data'
        ? { about, member: key, completedAt: at(-3), receivedAt: T0 }
        : { about, member: key, completedAt: null, receivedAt: T0 };
    return { ...made, handle: () => made.handle(webhook) };
  }
});

describe('scheduled starts in a pause', () => {
  it('are deferred, spread over the minute after it', async () => {
    const { run, batches, pauses, mxCalls, ceiling, table } = startDueWorld(scheduled(1), scheduled(2));
    pauses.pauses = pause(-1, 100);
    const before = structuredClone([...table.members]);
    expect(await run(1, 2)).toEqual({ ...none, deferred: 2 });
    expect(batches).toMatchObject([{ batch: { dueAt: T0, startAt: null }, delaySeconds: 130 }]);
    expect(batches[0]?.batch.members).toHaveLength(2);
    expect([mxCalls, ceiling.reservedUntil, [...table.members]]).toEqual([[], 0, before]);
  });

  it('come back every 15 minutes while it lasts', async () => {
    const { run, batches, pauses } = startDueWorld(scheduled(1));
    pauses.pauses = pause(-1, 7_200);
    await run(1);
    expect(batches).toMatchObject([{ delaySeconds: 900 }]);
  });

  it('are dropped, and told, when their next turn comes first', async () => {
    const { run, batches, pauses, reported } = startDueWorld(scheduled(1), scheduled(2));
    pauses.pauses = pause(-1, 86_400);
    expect(await run(1, 2)).toEqual({ ...none, dropped: 2 });
    expect(batches).toEqual([]);
    expect(reported).toMatchObject([
      ['MBR-1', { code: 'paused' }],
      ['MBR-2', { code: 'paused' }],
    ]);
  });

  it('are deferred when it has only just begun', async () => {
    const { run, batches, answers, table } = startDueWorld(scheduled(1));
    answers.read = refused;
    const before = structuredClone([...table.members]);
    expect(await run(1)).toEqual({ ...none, deferred: 1 });
    expect([batches.length, [...table.members]]).toEqual([1, before]);
  });
});

describe('a refresh that runs is shown', () => {
  const running = runningRefresh(key, 'RFR-1', {
    progress: { jobStarted: true, waitsFor: null, lastLookAt: at(5), nextLookAt: at(20) },
  });
  const shown = (refresh: Parameters<typeof shownInPause>[0], now: number) =>
    shownInPause(refresh, { pauses: { known: async () => pause(10, 3_610) }, now: () => at(now) });

  it('as waiting in a pause', async () => {
    expect(await shown(running, 20)).toEqual({
      ...running,
      deadline: at(4_200),
      progress: { jobStarted: true, waitsFor: 'paused', lastLookAt: at(5), nextLookAt: null },
    });
  });

  it('with its later deadline after it', async () => {
    expect(await shown(running, 3_700)).toEqual({ ...running, deadline: at(4_200) });
  });

  it('without progress where that is not known', async () => {
    expect(await shown({ ...running, progress: null }, 20)).toEqual({
      ...running,
      deadline: at(4_200),
      progress: null,
    });
  });
});
