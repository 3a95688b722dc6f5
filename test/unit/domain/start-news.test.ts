/** What a start stores of the member before its POST, shows of it, and waits for. */
import { describe, expect, it } from 'vitest';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { attemptOf } from '../../../shared/domain/refresh.ts';
import { startRefresh, startUnattended } from '../../../shared/domain/start-refresh.ts';
import { textOf } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, T0 } from '../../samples.ts';
import { away, guids, noWishes, startWorld } from './start-world.ts';

const ended = (connectionStatus: string, seconds = -30) =>
  attemptOf(claim(), { ...endingOf('denied', { connectionStatus }), endedAt: at(seconds), observedAt: null }, false);

const connected = ended('CONNECTED');

describe('MX’s object before the POST', () => {
  it.each<[string, Partial<MemberRecord>, boolean]>([
    ['none was stored', { seenAt: null, lastAttempt: connected }, true],
    ['nothing has ended', { seenAt: at(-60), lastAttempt: null }, true],
    ['it was read since the last end', { seenAt: at(-29), lastAttempt: connected }, true],
    ['it was read at the last end', { seenAt: at(-30), lastAttempt: connected }, false],
    ['the end shows the same status', { seenAt: at(-60), lastAttempt: connected }, false],
    ['the end shows another status', { seenAt: at(-60), lastAttempt: ended('DENIED') }, true],
  ])('is stored or not: %s', async (_what, given, isStored) => {
    const { deps, answers, table, record } = startWorld(knownMember(given));
    answers.read = () => member({ body: { name: 'before' } });
    await startRefresh(deps, guids, noWishes);
    const body = isStored ? { body: { name: 'before' }, seenAt: T0 } : undefined;
    expect(table.bodies.get(textOf(key))).toEqual(body);
    expect(record()?.seenAt).toBe(isStored ? T0 : given.seenAt);
  });

  it('is stored for a member that is new', async () => {
    const { deps, answers, table } = startWorld();
    answers.read = () => member({ body: { name: 'before' } });
    await startRefresh(deps, guids, noWishes);
    expect(table.bodies.get(textOf(key))).toEqual({ body: { name: 'before' }, seenAt: T0 });
  });

  it('is answered as being aggregated', async () => {
    const { deps, answers } = startWorld(knownMember());
    answers.start = () => member({ body: { name: 'x', is_being_aggregated: false } });
    expect((await startRefresh(deps, guids, noWishes)).body).toEqual({ name: 'x', is_being_aggregated: true });
  });

  it('is as the last end left it, MX away', async () => {
    const { deps, answers, table } = startWorld(knownMember({ seenAt: at(-30), lastAttempt: ended('DENIED') }));
    // The function that ended the refresh crashed before it stored the object of then.
    table.bodies.set(textOf(key), { body: { connection_status: 'CONNECTED' }, seenAt: at(-60) });
    answers.read = away;
    expect((await startRefresh(deps, guids, noWishes)).body).toMatchObject({ connection_status: 'DENIED' });
  });
});

describe('a start reads beside the member at MX', () => {
  it('pauses, whose error is no answer', async () => {
    const { deps, steps } = startWorld(knownMember());
    const known = () => {
      steps.push('pauses');
      return Promise.reject(new Error('the table is away'));
    };
    await startRefresh({ ...deps, pauses: { ...deps.pauses, known } }, guids, noWishes);
    expect(steps.slice(0, 2)).toEqual(['pauses', 'baseline']);
  });

  it.each<[string, MemberRecord[], string | null, (string | null)[]]>([
    ['a member that is known', [knownMember({ institutionCode: 'mxbank' })], 'mxbank', ['mxbank', 'mxbank']],
    ['its institution that is another now', [knownMember({ institutionCode: 'old' })], 'new', ['old', 'new']],
    ['its institution that MX leaves out', [knownMember({ institutionCode: 'old' })], null, ['old', 'old']],
    ['a member that is new', [], 'mxbank', ['mxbank']],
    ['a new one without an institution', [], null, [null]],
  ])('how long jobs take: of %s', async (_what, records, institutionCode, asked) => {
    const { deps, answers, steps } = startWorld(...records);
    answers.read = () => member({ institutionCode });
    const codes: (string | null)[] = [];
    const lengths = async (code: string | null) => {
      steps.push('lengths');
      codes.push(code);
      return null;
    };
    await startRefresh({ ...deps, institutions: { ...deps.institutions, lengths } }, guids, noWishes);
    expect(codes).toEqual(asked);
    expect(steps[0]).toBe(asked.length > 1 ? 'lengths' : 'baseline');
  });
});

describe('a POST that MX refuses', () => {
  const asked = { action: 'contact_support', since: at(-900), code: 'mx_forbidden', asOf: at(-900) } as const;

  it.each<[string, MemberRecord[], string]>([
    ['keeps since when support is asked for', [knownMember({ attention: asked })], at(-900)],
    ['asks for support from now on', [knownMember()], T0],
    ['asks so for a member that is new', [], T0],
  ])('%s', async (_what, records, since) => {
    const { deps, answers, record } = startWorld(...records);
    answers.start = () => new Failure('mx_refused', 'no');
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({ code: 'mx_refused' });
    expect(record()?.attention).toEqual({ action: 'contact_support', since, code: 'mx_refused', asOf: T0 });
  });

  it('leaves a new member waiting for nothing', async () => {
    const { deps, answers, record } = startWorld();
    answers.start = () => new Failure('mx_institution', 'no', { mxErrorType: 'institution_maintenance_error' });
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({ code: 'mx_institution' });
    expect(record()).toMatchObject({ attention: null, lastAttempt: { action: 'retry_later' } });
  });
});

describe('a start waits until it is noted that', () => {
  it('MX does not know the member', async () => {
    const { deps, answers, record, steps } = startWorld(knownMember());
    answers.read = () => new Failure('mx_not_found', 'no');
    await expect(startRefresh(deps, guids, noWishes)).rejects.toMatchObject({ code: 'mx_not_found' });
    expect([record()?.missing, steps]).toEqual([T0, ['baseline', 'missing']]);
  });

  it('the member is held back', async () => {
    const { deps, answers, record, steps } = startWorld(knownMember());
    answers.read = () => member({ connectionStatus: 'DENIED' });
    expect(await startUnattended(deps, knownMember(), { dueAt: T0, maxAgeSeconds: null })).toEqual({
      kind: 'held_back',
      reason: 'denied',
    });
    expect([record()?.held?.code, steps]).toEqual(['denied', ['baseline', 'held']]);
  });

  it('MX has gathered newer data by itself', async () => {
    const { deps, answers, hints, steps } = startWorld(knownMember());
    answers.read = () => member({ successfullyAggregatedAt: at(-60) });
    expect(await startUnattended(deps, knownMember(), { dueAt: T0, maxAgeSeconds: null })).toEqual({
      kind: 'left_to_mx',
    });
    expect([hints.length, steps]).toEqual([1, ['baseline', 'left to MX']]);
  });

  it('the member is held back by what is read last', async () => {
    const { deps, answers, record, wait } = startWorld(knownMember());
    // Another trigger wins the claim, and the member is read once more.
    deps.members.claim = async () => {
      wait(7);
      answers.read = () => member({ connectionStatus: 'DENIED' });
      return false;
    };
    await startUnattended(deps, knownMember(), { dueAt: T0, maxAgeSeconds: null });
    expect(record()?.attention).toEqual({ action: 'reauthenticate', since: T0, code: 'denied', asOf: at(7) });
  });

  it('MX has refused it', async () => {
    const { deps, answers, record, steps } = startWorld(knownMember());
    answers.read = () => new Failure('mx_forbidden', 'no');
    expect(await startUnattended(deps, knownMember(), { dueAt: T0, maxAgeSeconds: null })).toMatchObject({
      kind: 'refused',
    });
    expect(record()?.lastAttempt).toMatchObject({ code: 'mx_forbidden', trigger: 'schedule' });
    expect(steps).toEqual(['baseline', 'texts', 'refused', 'projection']);
  });
});

it('an error of ours refuses no scheduled start', async () => {
  const { deps, record } = startWorld(knownMember());
  const fault = new TypeError('a fault of ours');
  deps.mx.readMember = () => Promise.reject(fault);
  await expect(startUnattended(deps, knownMember(), { dueAt: T0, maxAgeSeconds: null })).rejects.toBe(fault);
  expect(record()?.lastAttempt).toBeNull();
});
