/** Due members of an institution without balance checks: held back without a call of MX, and who asks again. */
import { describe, expect, it } from 'vitest';
import { noBreakers } from '../../../shared/clients/breakers-table.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { type Instant, plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { noWishes } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { startRefresh, startUnattended } from '../../../shared/domain/start-refresh.ts';
import { noTrouble } from '../../../shared/domain/trouble.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeInstitutions, type InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { textOf } from '../../fakes/members-table.ts';
import { claim, member, T0 } from '../../samples.ts';
import { attempt, world as dueWorld, enrolledAs, keyOf, none, scheduled } from './start-due-world.ts';

const DAY = 86_400;
const held = { since: T0, code: 'not_supported', action: 'contact_support' } as const;
const ofRiverbank = (number: number, given: Partial<MemberRecord> = {}): MemberRecord =>
  scheduled(number, { institutionCode: 'riverbank', ...given });
const riverbank = [1, 2, 3].map((number) => ofRiverbank(number));

/** Members of an institution without balance checks, which is asked again so many seconds after `T0`. */
function world(untilSeconds: number, records: readonly MemberRecord[] = riverbank) {
  const made = dueWorld(...records);
  made.answers.read = ({ userIdentifier: userGuid, memberIdentifier: memberGuid }) =>
    member({ key: { userGuid, memberGuid }, institutionCode: 'riverbank' });
  const notSupported = {
    since: plusSeconds(T0, -7_200),
    code: 'mx_refused' as const,
    until: plusSeconds(T0, untilSeconds),
    askedAt: null,
  };
  const trouble: BreakersTable = new Map([
    ['riverbank', { ...noTrouble, checks: { ...supported, notSupported }, version: 4 }],
  ]);
  const counted: InstitutionsTable = new Map();
  const asked: string[] = [];
  const breakers = fakeBreakers(trouble, counted, async (name, effect) => {
    asked.push(name);
    return effect();
  });
  const institutions = fakeInstitutions(counted);
  const deps = { ...made.deps, breakers, institutions };
  const due = (dueAt: Instant, ...numbers: number[]) =>
    startDue(deps, { dueAt, startAt: null, members: numbers.map(enrolledAs) });
  const noteOf = (number: number) => made.table.members.get(textOf(keyOf(number)))?.held;
  const checks = () => trouble.get('riverbank')?.checks;
  return { ...made, deps, trouble, counted, asked, institutions, due, noteOf, checks };
}

describe('a member at an institution without balance checks', () => {
  it('is held back without a call of MX', async () => {
    const { due, mxCalls, events, noteOf } = world(DAY);
    expect(await due(T0, 1, 2)).toEqual({ ...none, held_back: 2 });
    expect([mxCalls, noteOf(1), noteOf(2)]).toEqual([[], held, held]);
    expect(events.map(({ id }) => id).toSorted()).toEqual([
      `USR-1/MBR-1/${T0}/held/not_supported`,
      `USR-2/MBR-2/${T0}/held/not_supported`,
    ]);
    expect(events[0]).toMatchObject({ type: 'schedule.held', data: held });
  });

  it('says why nothing was started', async () => {
    const { deps } = world(DAY);
    const due = { dueAt: T0, maxAgeSeconds: null };
    expect(await startUnattended(deps, ofRiverbank(1), due)).toEqual({ kind: 'held_back', reason: 'not_supported' });
  });

  it('is not noted when it cannot be told', async () => {
    const { deps, due, noteOf } = world(DAY);
    deps.events.publish = () => Promise.reject(new Error('the bus is away'));
    await expect(due(T0, 1)).rejects.toThrow('the bus is away');
    expect(noteOf(1)).toBeNull();
  });

  it('is told of once, and costs nothing from then on', async () => {
    const { due, mxCalls, events, asked, wait, noteOf } = world(7 * DAY);
    await due(T0, 1);
    asked.length = 0;
    for (const day of [1, 2]) {
      wait(DAY);
      expect(await due(plusSeconds(T0, day * DAY), 1)).toEqual({ ...none, held_back: 1 });
    }
    expect([mxCalls, events.length, noteOf(1)]).toEqual([[], 1, held]);
    expect(asked).toEqual(['breakers.open', 'breakers.notSupported', 'breakers.open', 'breakers.notSupported']);
  });

  it('is started at its next turn after an answer', async () => {
    const everySix = { everyHours: 6, slot: 'SLOT#6h#00001#0', ...noWishes } as const;
    const { deps, trouble, noteOf, mxCalls } = world(7 * DAY, [ofRiverbank(1, { held, enrolment: everySix })]);
    trouble.set('riverbank', { ...noTrouble, version: 5 });
    // The third turn of the day: one that needs its user would wait for the first one of the next.
    const batch = { dueAt: T0, startAt: null, members: [{ ...enrolledAs(1), ...everySix }] };
    expect(await startDue(deps, batch)).toEqual({ ...none, accepted: 1 });
    expect([noteOf(1), mxCalls]).toEqual([null, ['read USR-1/MBR-1', 'start USR-1/MBR-1']]);
  });

  it('is held back anew after a caller’s refresh', async () => {
    const refreshed = { held, lastAttempt: attempt(plusSeconds(T0, 60)) };
    const { due, events, wait, noteOf } = world(7 * DAY, [ofRiverbank(1, refreshed)]);
    wait(DAY);
    const dueAt = plusSeconds(T0, DAY);
    expect(await due(dueAt, 1)).toEqual({ ...none, held_back: 1 });
    expect([events.length, noteOf(1)?.since]).toEqual([1, dueAt]);
  });

  it('is held back for this instead of for its user', async () => {
    const denied = { since: plusSeconds(T0, -DAY), code: 'denied', action: 'reauthenticate' } as const;
    const { due, noteOf, mxCalls } = world(DAY, [ofRiverbank(1, { held: denied })]);
    expect(await due(T0, 1)).toEqual({ ...none, held_back: 1 });
    expect([noteOf(1), mxCalls]).toEqual([held, []]);
  });

  it('joins a refresh that runs', async () => {
    const running = claim({ acceptedAt: plusSeconds(T0, -30) });
    const { due, noteOf } = world(DAY, [ofRiverbank(1, { claim: running })]);
    expect(await due(T0, 1)).toEqual({ ...none, joined: 1 });
    expect(noteOf(1)).toBeNull();
  });

  it('was refreshed since: its message came twice', async () => {
    const { due, events } = world(DAY, [ofRiverbank(1, { lastAttempt: attempt(plusSeconds(T0, 1)) })]);
    expect(await due(T0, 1)).toEqual({ ...none, done_already: 1 });
    expect(events).toEqual([]);
  });

  it('is started for a caller', async () => {
    const { deps, mxCalls, noteOf } = world(DAY, [ofRiverbank(1, { held })]);
    const identifiers = { userIdentifier: 'USR-1', memberIdentifier: 'MBR-1' };
    const wishes = { userPresent: false, correlationId: null };
    expect(await startRefresh(deps, identifiers, wishes)).toMatchObject({ kind: 'accepted', joined: false });
    expect([mxCalls, noteOf(1)]).toEqual([['read USR-1/MBR-1', 'start USR-1/MBR-1'], null]);
  });
});

it('members of other institutions are started', async () => {
  const others = [scheduled(1, { institutionCode: 'lakebank' }), scheduled(2, { institutionCode: null })];
  const { due } = world(DAY, others);
  expect(await due(T0, 1, 2)).toEqual({ ...none, accepted: 2 });
});

describe('when the time is over', () => {
  it('one member asks MX, the others wait', async () => {
    const waiting = [1, 2, 3].map((number) => ofRiverbank(number, { held: { ...held, since: plusSeconds(T0, -DAY) } }));
    const { due, mxCalls, checks, trouble } = world(0, waiting);
    expect(await due(T0, 1, 2, 3)).toEqual({ ...none, accepted: 1, held_back: 2 });
    expect(mxCalls).toEqual(['read USR-1/MBR-1', 'start USR-1/MBR-1']);
    expect([checks()?.notSupported?.askedAt, trouble.get('riverbank')?.version]).toEqual([T0, 5]);
  });

  it('another one asks when nothing came of the first', async () => {
    const { due, wait } = world(0);
    await due(T0, 1);
    wait(299);
    expect(await due(plusSeconds(T0, 299), 2)).toEqual({ ...none, held_back: 1 });
    wait(1);
    expect(await due(plusSeconds(T0, 300), 3)).toEqual({ ...none, accepted: 1 });
  });

  it('one more refusal holds all for another week', async () => {
    const { due, answers, checks, wait, reported, noteOf } = world(0, [
      ofRiverbank(1, { held }),
      ofRiverbank(2, { held }),
    ]);
    answers.start = () => new Failure('mx_refused', 'MX answered 400', { mxStatus: 400 });
    const dueAt = plusSeconds(T0, DAY);
    wait(DAY);
    expect(await due(dueAt, 1)).toEqual({ ...none, failed: 1 });
    expect(reported).toMatchObject([['MBR-1', { code: 'mx_refused' }]]);
    expect(checks()?.notSupported).toMatchObject({ until: plusSeconds(dueAt, 7 * DAY), askedAt: null });
    wait(DAY);
    expect(await due(plusSeconds(dueAt, DAY), 1, 2)).toEqual({ ...none, held_back: 2 });
    // The one that asked has begun a refresh since it was held back.
    expect([noteOf(1)?.since, noteOf(2)?.since]).toEqual([plusSeconds(dueAt, DAY), T0]);
  });
});

describe('with the breaker switched off', () => {
  it('a member that is held back is started', async () => {
    const { deps, noteOf } = world(DAY, [ofRiverbank(1, { held })]);
    const batch = { dueAt: T0, startAt: null, members: [enrolledAs(1)] };
    expect(await startDue({ ...deps, breakers: noBreakers }, batch)).toEqual({ ...none, accepted: 1 });
    expect(noteOf(1)).toBeNull();
  });
});

describe('an answer that was overlooked', () => {
  it('is found before a member is held back', async () => {
    const { due, institutions, checks, noteOf } = world(DAY);
    const endedAt = plusSeconds(T0, -7_199);
    await institutions.count('riverbank', { outcome: 'succeeded', sample: { bin: 1 }, isAnswer: true, endedAt });
    expect(await due(T0, 1)).toEqual({ ...none, accepted: 1 });
    expect([checks(), noteOf(1)]).toEqual([{ ...supported, clearedAt: endedAt }, null]);
  });

  it('fails the delivery when it cannot be written', async () => {
    const { deps, due, institutions } = world(DAY);
    const endedAt = plusSeconds(T0, -1);
    await institutions.count('riverbank', { outcome: 'succeeded', sample: { bin: 1 }, isAnswer: true, endedAt });
    deps.breakers.write = () => Promise.reject(new Error('throttled'));
    await expect(due(T0, 1)).rejects.toThrow('throttled');
  });

  it('stops no start when another function was faster', async () => {
    const { deps, due, institutions, checks } = world(DAY);
    const endedAt = plusSeconds(T0, -1);
    await institutions.count('riverbank', { outcome: 'succeeded', sample: { bin: 1 }, isAnswer: true, endedAt });
    deps.breakers.write = async () => false;
    expect(await due(T0, 1)).toEqual({ ...none, accepted: 1 });
    expect(checks()?.notSupported?.until).toBe(plusSeconds(T0, DAY));
  });

  it('is not needed where it was cleared meanwhile', async () => {
    const { deps, due, trouble, asked } = world(DAY);
    const known = await deps.breakers.notSupported();
    trouble.set('riverbank', { ...noTrouble, version: 5 });
    deps.breakers.notSupported = async () => known;
    expect(await due(T0, 1)).toEqual({ ...none, accepted: 1 });
    expect(asked).not.toContain('breakers.write');
  });
});

it('a member that loses the race to ask waits', async () => {
  const { deps, due, mxCalls } = world(0);
  deps.breakers.write = async () => false;
  expect(await due(T0, 1)).toEqual({ ...none, held_back: 1 });
  expect(mxCalls).toEqual([]);
});
