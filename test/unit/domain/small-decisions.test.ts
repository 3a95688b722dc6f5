/** Small decisions that others rest on: each branch with what it leads to. */
import { describe, expect, it } from 'vitest';
import { endedClaim } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { enrolByDefault } from '../../../shared/domain/enrol-by-default.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { heldOf } from '../../../shared/domain/held.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { missingSince } from '../../../shared/domain/missing.ts';
import { ownRunOf } from '../../../shared/domain/own-run.ts';
import { unansweredCode } from '../../../shared/domain/progress.ts';
import { type Attempt, runningRefresh } from '../../../shared/domain/refresh.ts';
import { challengesOf, currentRefresh, detailsOf, questionsOf } from '../../../shared/domain/refresh-details.ts';
import { type Enrolment, slotOf } from '../../../shared/domain/schedule.ts';
import { shownInPause } from '../../../shared/domain/shown-in-pause.ts';
import { successOf } from '../../../shared/domain/success.ts';
import { holdBack, publishRefusal, recordRefusedStart, refusedRefreshId } from '../../../shared/domain/unstarted.ts';
import { waitForEnd } from '../../../shared/domain/wait-for-end.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, attemptOf, claim, key, knownMember, member, question, T0 } from '../../samples.ts';
import { startWorld } from './start-world.ts';

describe('a member that MX does not know is missing', () => {
  it.each([
    ['since it was noted', T0, null, T0],
    ['when it was read before', T0, at(-1), T0],
    ['not when it was read since', T0, at(1), null],
    ['not when it never was', null, at(-1), null],
  ])('%s', (_what, missing, seenAt, since) => {
    expect(missingSince({ missing, seenAt })).toBe(since);
  });
});

it.each([
  ['mx_timeout', 'mx_timeout'],
  ['mx_not_found', 'mx_not_found'],
  ['busy', 'mx_unavailable'],
  // A reason to wait, and no answer of MX's.
  ['start_not_confirmed', 'mx_unavailable'],
  ['paused', 'mx_unavailable'],
] as const)('a look that failed with %s shows %s', (code, shown) => {
  expect(Reflect.apply(unansweredCode, null, [code])).toBe(shown);
});

describe('texts and questions of an end', () => {
  const plain = endingOf('denied');

  it.each([
    ['its code says all', plain, false],
    ['another sentence', { ...plain, message: 'x' }, true],
    ['words for the user', { ...plain, userMessage: 'x' }, true],
    ['questions', { ...plain, challenges: [question] }, true],
  ])('are kept or not: %s', (_what, ending, isKept) => {
    const { message, userMessage, challenges } = ending;
    expect(detailsOf(ending)).toEqual(isKept ? { message, userMessage, challenges } : null);
  });

  it('of none: no fingerprint; of equal ones the same', () => {
    expect(questionsOf([])).toBeNull();
    expect(questionsOf([question])).toBe(questionsOf([{ ...question }]));
    expect(questionsOf([question])).not.toBe(questionsOf([{ ...question, guid: 'CRD-2' }]));
  });
});

/** Reads of a history that holds one refresh with a question, and texts of its end; each takes a while. */
function history(isThere = true) {
  const reads: string[] = [];
  const slowly = async <T>(what: string, found: T): Promise<T | null> => {
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
    reads.push(what);
    return isThere ? found : null;
  };
  const running = runningRefresh(key, claim(), [question]);
  const details = { message: 'kept', userMessage: 'words', challenges: [question] };
  return {
    reads,
    refreshes: { read: () => slowly('refresh', running), readDetails: () => slowly('details', details) },
  };
}

const ended = (given: Partial<Attempt>): Attempt => attemptOf(claim(), { action: 'retry_later', ...given });

describe('what MX asks the user now', () => {
  const asking = { claim: null, lastAttempt: ended({ action: 'answer_mfa', hasDetails: true }) };

  it.each<[string, Pick<MemberRecord, 'claim' | 'lastAttempt'>, boolean, string[]]>([
    ['a running refresh with questions', { claim: claim({ questions: 'some' }), lastAttempt: null }, true, ['refresh']],
    ['a running refresh without', { claim: claim(), lastAttempt: asking.lastAttempt }, false, []],
    ['an end that asks', asking, true, ['details']],
    ['an end that asks, unpublished', { ...asking, claim: endedClaim(claim(), asking.lastAttempt) }, true, ['details']],
    ['another end', { claim: null, lastAttempt: ended({ hasDetails: true }) }, false, []],
    ['an end that asks, its texts gone', { claim: null, lastAttempt: ended({ action: 'answer_mfa' }) }, false, []],
    ['nothing yet', { claim: null, lastAttempt: null }, false, []],
  ])('is read from where it is: %s', async (_what, record, isAsked, read) => {
    const { refreshes, reads } = history();
    expect(await challengesOf(refreshes, record)).toEqual(isAsked ? [question] : []);
    expect(reads).toEqual(read);
  });

  it.each<[string, Pick<MemberRecord, 'claim' | 'lastAttempt'>]>([
    ['a running refresh', { claim: claim({ questions: 'some' }), lastAttempt: null }],
    ['an end', asking],
  ])('is nothing when its item has expired: %s', async (_what, record) => {
    expect(await challengesOf(history(false).refreshes, record)).toEqual([]);
  });
});

describe('a refresh as the tables have it', () => {
  const held = (hasDetails: boolean) => endedClaim(claim(), ended({ code: 'degraded', hasDetails }));

  it.each([
    ['with texts of its own', held(true), true, { message: 'kept', userMessage: 'words' }, ['details']],
    ['without', held(false), true, { userMessage: null, challenges: [] }, []],
    ['with texts that have expired', held(true), false, { userMessage: null, challenges: [] }, ['details']],
  ] as const)('is ended %s', async (_what, of, isThere, result, read) => {
    const { refreshes, reads } = history(isThere);
    expect(await currentRefresh(refreshes, key, of)).toMatchObject({ status: 'ended', result });
    expect(reads).toEqual(read);
  });
});

describe('waiting for an end', () => {
  const refresh = runningRefresh(key, claim());
  function waiting(until: number, record: MemberRecord | null, isKept = true) {
    const slept: number[] = [];
    const clock = { now: 0 };
    const { refreshes } = history(isKept);
    const wait = waitForEnd(
      {
        now: () => at(clock.now),
        async sleep(milliseconds) {
          if (slept.length > 20) throw new Error('it waits for ever');
          slept.push(milliseconds);
          clock.now += milliseconds / 1000;
        },
        members: { ...startWorld().deps.members, read: async () => record },
        refreshes: { ...startWorld().deps.refreshes, ...refreshes },
      },
      refresh,
      at(until),
    );
    return { wait, slept };
  }

  it('looks twice a second, until its time is up', async () => {
    const { wait, slept } = waiting(1.2, knownMember({ claim: claim() }));
    expect(await wait).toMatchObject({ status: 'running' });
    expect(slept).toEqual([500, 500, 200]);
  });

  it('looks once more with a millisecond left', async () => {
    const { wait, slept } = waiting(0.001, knownMember({ claim: claim() }));
    await wait;
    expect(slept).toEqual([1]);
  });

  it('ends with the refresh', async () => {
    const { wait, slept } = waiting(9, knownMember({ claim: endedClaim(claim(), ended({})) }));
    expect(await wait).toMatchObject({ status: 'ended' });
    expect(slept).toEqual([500]);
  });

  it('reads the refresh itself once its claim is gone', async () => {
    const { wait } = waiting(0.5, knownMember());
    expect((await wait).challenges).toEqual([question]);
  });

  it('keeps what it saw of one gone as well', async () => {
    const { wait } = waiting(0.5, null, false);
    expect(await wait).toBe(refresh);
  });

  it('does not wait at all without time', async () => {
    const { wait, slept } = waiting(0, null);
    expect(await wait).toBe(refresh);
    expect(slept).toEqual([]);
  });
});

describe('a start that MX refuses', () => {
  const id = refusedRefreshId(key, T0);
  const refused = (given: Partial<MemberRecord> = {}) => {
    const made = startWorld(knownMember(given));
    const published: string[] = [];
    made.deps.events.publish = async (event) => {
      for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
      published.push(event.type);
      made.steps.push('event');
    };
    const record = (code: 'mx_not_found' | 'mx_forbidden') =>
      recordRefusedStart(
        made.deps,
        { record: knownMember(given), trigger: 'schedule', refreshId: id },
        new Failure(code, 'no'),
      );
    return { ...made, published, refuse: record };
  };

  it('has one id for its member and turn', () => {
    expect(id).toBe('RFR-01M7YZMHG05WTANY2VWS7K0S04');
  });

  it('is written: texts, attempt, refresh, then told', async () => {
    const { refuse, steps, record, history: stored } = refused();
    expect(await refuse('mx_forbidden')).toBe('recorded');
    expect(steps).toEqual(['texts', 'refused', 'projection', 'event']);
    expect(record()?.lastAttempt).toMatchObject({ code: 'mx_forbidden', hasDetails: true, refreshId: id });
    expect(await stored.read(id)).toMatchObject({ userPresent: false, deadline: at(600), status: 'ended' });
  });

  const gone = attemptOf(claim(), { code: 'mx_not_found', endedAt: at(-90) });
  it.each<[string, Partial<MemberRecord>, string, number]>([
    ['the first time', {}, 'too_early', 0],
    ['a minute later', { missing: at(-60) }, 'recorded', 1],
    ['told already', { missing: at(-100), lastAttempt: gone }, 'recorded', 0],
    ['told of an earlier absence', { missing: at(-80), lastAttempt: gone }, 'recorded', 1],
    ['after another end', { missing: at(-100), lastAttempt: { ...gone, code: 'degraded' } }, 'recorded', 1],
    ['told by this very start', { missing: at(-100), lastAttempt: { ...gone, refreshId: id } }, 'recorded', 1],
  ])('for an unknown member is believed, told once: %s', async (_what, given, became, told) => {
    const { refuse, published } = refused(given);
    expect(await refuse('mx_not_found')).toBe(became);
    expect(published).toHaveLength(told);
  });

  it('has a refresh that ran until it was refused', async () => {
    const { deps } = refused();
    const ends: unknown[] = [];
    deps.refreshes.end = async (end) => void ends.push(end);
    await publishRefusal(deps, key, attemptOf(claim({ refreshId: id })));
    expect(ends).toMatchObject([{ refresh: { refreshId: id, status: 'running', result: null } }]);
  });

  it('whose refresh has expired is not told any more', async () => {
    const { deps, published } = refused();
    deps.refreshes.read = async () => null;
    await publishRefusal(deps, key, attemptOf(claim({ refreshId: id })));
    expect(published).toEqual([]);
  });
});

it.each([
  [at(8), at(8)],
  [null, at(20)],
])('a success observed at %s counts from %s', (observedAt, counted) => {
  const { refreshId } = claim();
  expect(successOf(attemptOf(claim(), { code: 'stored', observedAt }))).toEqual({
    refreshId,
    observedAt: counted,
    incomplete: false,
  });
});

describe('the default schedule', () => {
  it.each<[string, Enrolment | null, number, unknown[]]>([
    ['of a member without one', null, 24, [[key, { everyHours: 24, slot: slotOf(key, 24, 1) }, 'unless_said']]],
    ['of a member with one', { everyHours: 6, slot: 'SLOT#6h#00001#0' }, 24, []],
    ['of a member taken off', { everyHours: 0, slot: '' }, 24, []],
    ['where there is none', null, 0, []],
  ])('%s', async (_what, enrolment, hours, enrolled) => {
    const calls: unknown[] = [];
    const enrol = async (...of: unknown[]) => void calls.push(of);
    await enrolByDefault({ enrol: enrol as never }, { key, enrolment }, hours, 1);
    expect(calls).toEqual(enrolled);
  });
});

it.each([
  [-10_800, null, '2026-11-21T09:00:00.000Z'],
  [-10_801, null, null],
  [-60, -3_600, '2026-11-21T11:59:00.000Z'],
  [-60, -60, null],
])('MX’s own run %d s ago, stored %s: %s', async (seconds, stored, run) => {
  const successfully_aggregated_at = stored === null ? null : at(stored);
  const readBody = async () => ({ seenAt: T0, body: { successfully_aggregated_at } });
  const idle = member({ successfullyAggregatedAt: at(seconds), answeredAt: T0 });
  expect(await ownRunOf({ readBody }, idle, { maxAgeSeconds: null, now: T0 })).toBe(run);
});

it('a pause changes no refresh that has ended', async () => {
  const pauses = { known: async () => [{ from: at(-60), until: at(60) }] };
  const refresh = { ...runningRefresh(key, claim()), status: 'ended', result: attemptOf(claim()) } as never;
  expect(await shownInPause(refresh, { pauses, now: () => T0 })).toBe(refresh);
});

describe('a member that the schedule holds back', () => {
  it.each([
    ['denied', 'reauthenticate'],
    ['degraded', 'contact_support'],
  ] as const)('for %s needs: %s', async (code, action) => {
    const { deps, table, steps } = startWorld(knownMember());
    const publish = deps.events.publish;
    deps.events.publish = async (event) => {
      for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
      steps.push('told');
      return publish(event);
    };
    await holdBack(deps, knownMember(), { code, dueAt: T0, asOf: at(7) });
    expect(steps).toEqual(['told', 'held']);
    const { held, attention } = table.members.get(textOf(key)) ?? expect.fail();
    expect(held).toEqual({ since: T0, code, action });
    expect(attention).toEqual({ action, since: T0, code, asOf: at(7) });
  });

  it.each([
    ['not said to wait', null, ['held'], at(-60)],
    ['said to wait for something else', 'answer_mfa', ['held'], at(-60)],
    ['said to wait for it', 'reauthenticate', [], at(-90)],
  ] as const)('already, and is %s', async (_, asked, steps, since) => {
    const held = { since: at(-60), code: 'denied', action: 'reauthenticate' } as const;
    const attention = asked && ({ action: asked, since: at(-90), code: 'challenged', asOf: at(-90) } as const);
    const record = knownMember({ held, attention });
    const world = startWorld(record);
    world.deps.events.publish = () => expect.fail('told once more');
    await holdBack(world.deps, record, { code: 'denied', dueAt: T0, asOf: at(7) });
    expect(world.steps).toEqual(steps);
    const after = world.table.members.get(textOf(key)) ?? expect.fail();
    expect(after.held).toEqual(held);
    expect(after.attention).toMatchObject({ action: 'reauthenticate', since });
  });
});

describe('a member that is held back since noon', () => {
  const held = { since: at(0), code: 'denied', action: 'reauthenticate' } as const;
  const begun = (seconds: number | null) => (seconds === null ? null : { acceptedAt: at(seconds) });

  it.each([
    [null, null, held],
    [-1, null, held],
    [0, 0, held],
    [0.001, null, null],
    [null, 0.001, null],
    [-1, 1, null],
  ])('with refreshes begun at %s and %s s: %j', (running, last, expected) => {
    expect(heldOf({ held, claim: begun(running), lastAttempt: begun(last) })).toEqual(expected);
  });
});
