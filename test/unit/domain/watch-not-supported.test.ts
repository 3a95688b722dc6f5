/** From refused POSTs to an institution that is known to have no balance checks, and back. */
import { describe, expect, it } from 'vitest';
import { endRefresh } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure, type FailureCode, type FailureDetails } from '../../../shared/domain/failure.ts';
import { followRefresh } from '../../../shared/domain/follow-refresh.ts';
import { plusSeconds } from '../../../shared/domain/instant.ts';
import { supported } from '../../../shared/domain/not-supported.ts';
import { hash } from '../../../shared/domain/schedule.ts';
import { startRefresh } from '../../../shared/domain/start-refresh.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeInstitutions, type InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { textOf, withMember } from '../../fakes/members-table.ts';
import { at, claim, key, knownMember, member, T0 } from '../../samples.ts';
import { lookWorld, secondLook } from './look-world.ts';
import { refreshWorld } from './refresh-world.ts';

const refusedWith = (code: FailureCode, details: FailureDetails): Failure =>
  new Failure(code, 'MX does not accept the request', details);
const bare = refusedWith('mx_refused', { mxStatus: 400 });

/** Four members of two users at one institution, which refuses every POST with `refusal`. */
function world(refusal: Failure = bare) {
  const keys = [1, 2, 3, 4].map((number) => ({
    userGuid: number < 3 ? 'USR-a' : 'USR-b',
    memberGuid: `MBR-${number}`,
  }));
  const records = keys.map((one) => knownMember({ key: one, institutionCode: 'riverbank' }));
  const made = refreshWorld(withMember(...records));
  const shown = { institutionCode: 'riverbank' };
  const refusals = { now: refusal as Failure | null };
  made.answers.read = ({ userIdentifier: userGuid, memberIdentifier: memberGuid }) =>
    member({ ...shown, key: { userGuid, memberGuid } });
  made.answers.start = (of) => refusals.now ?? made.answers.read(of);
  const trouble: BreakersTable = new Map();
  const counted: InstitutionsTable = new Map();
  const asked: string[] = [];
  const breakers = fakeBreakers(trouble, counted, async (name, effect) => {
    asked.push(name);
    return effect();
  });
  const untaught: unknown[] = [];
  const deps = {
    ...made.deps,
    breakers,
    institutions: fakeInstitutions(counted),
    notLearnt: (error: unknown) => void untaught.push(error),
  };
  /** A caller asks for the member: how it was answered. */
  const trigger = (number: number) => {
    const { userGuid: userIdentifier, memberGuid: memberIdentifier } = keys[number - 1] ?? expect.fail();
    const identifiers = { userIdentifier, memberIdentifier };
    return startRefresh(deps, identifiers, { userPresent: false, correlationId: null }).then(
      ({ kind }) => kind,
      (error: Failure) => error.code,
    );
  };
  const goTo = (seconds: number) => made.wait((Date.parse(at(seconds)) - Date.parse(made.deps.now())) / 1000);
  const checks = () => trouble.get('riverbank')?.checks;
  /** The refresh of a member ends well. */
  async function succeeds(number: number): Promise<void> {
    const of = keys[number - 1] ?? expect.fail();
    const record = made.table.members.get(textOf(of)) ?? expect.fail();
    const running = claim({ refreshId: `RFR-of-${number}`, acceptedAt: made.deps.now() });
    made.table.members.set(textOf(of), { ...record, claim: running });
    const ending = endingOf('stored');
    await endRefresh(deps, {
      key: of,
      claim: running,
      ending,
      institutionCode: 'riverbank',
      attention: null,
      observedAt: T0,
    });
  }
  return { ...made, deps, trouble, asked, untaught, refusals, trigger, goTo, checks, succeeds };
}

describe('refused POSTs', () => {
  it('of two users, an hour apart, are believed', async () => {
    const { trigger, goTo, checks, untaught } = world();
    expect(await trigger(1)).toBe('mx_refused');
    goTo(3_600);
    expect(await trigger(3)).toBe('mx_refused');
    const until = plusSeconds(at(3_600), 604_800);
    expect(checks()?.notSupported).toEqual({ since: at(0), code: 'mx_refused', until, askedAt: null });
    expect(untaught).toEqual([]);
  });

  it('of one user are not', async () => {
    const { trigger, goTo, checks } = world();
    await trigger(1);
    goTo(7_200);
    await trigger(2);
    expect(checks()).toEqual({ ...supported, refusals: [{ startedAt: at(0), userTag: hash('USR-a').toString(36) }] });
  });

  it.each<[string, Failure]>([
    ['of another type', refusedWith('mx_institution', { mxStatus: 400, mxErrorType: 'institution_maintenance_error' })],
    ['for a request that is wrong', refusedWith('mx_refused', { mxStatus: 400, mxErrorType: 'invalid_request' })],
    ['for want of rights', refusedWith('mx_forbidden', { mxStatus: 403 })],
  ])('%s say nothing', async (_why, refusal) => {
    const { trigger, goTo, trouble } = world(refusal);
    await trigger(1);
    goTo(3_600);
    await trigger(3);
    expect(trouble.size).toBe(0);
  });

  it('with a type that says so are believed', async () => {
    const says = refusedWith('mx_institution', { mxStatus: 400, mxErrorType: 'institution_prevented_error' });
    const { trigger, goTo, checks } = world(says);
    await trigger(1);
    goTo(3_600);
    await trigger(3);
    expect(checks()?.notSupported?.code).toBe('mx_institution');
  });

  it('with an answer in between are not', async () => {
    const { trigger, goTo, checks, succeeds } = world();
    await trigger(1);
    goTo(1_800);
    await succeeds(4);
    goTo(3_600);
    await trigger(3);
    expect(checks()?.refusals).toEqual([{ startedAt: at(3_600), userTag: hash('USR-b').toString(36) }]);
  });

  it('cost no write once they are believed', async () => {
    const { trigger, goTo, asked, mxCalls } = world();
    await trigger(1);
    goTo(3_600);
    await trigger(3);
    asked.length = 0;
    mxCalls.length = 0;
    goTo(90_000);
    // HTTP triggers go on asking MX.
    expect(await trigger(2)).toBe('mx_refused');
    expect([mxCalls, asked]).toEqual([
      ['read USR-a/MBR-2', 'start USR-a/MBR-2'],
      ['breakers.open', 'breakers.notSupported'],
    ]);
  });

  it('of two functions at once are both counted', async () => {
    const { deps, trigger, goTo, checks } = world();
    const { write } = deps.breakers;
    let raced = false;
    deps.breakers.write = async (code, trouble, version) => {
      if (!raced) {
        raced = true;
        await trigger(3);
      }
      return write(code, trouble, version);
    };
    await trigger(1);
    expect(checks()?.refusals.map(({ userTag }) => userTag)).toEqual(
      ['USR-b', 'USR-a'].map((guid) => hash(guid).toString(36)),
    );
    goTo(3_600);
    await trigger(2);
    expect(checks()?.notSupported?.since).toBe(at(0));
  });

  it('of a start by a follow-up count', async () => {
    const unsent = { ...claim(), start: { state: 'none' } as const, baseline: null };
    const { deps, answers } = lookWorld(unsent, { institutionCode: 'riverbank' });
    answers.start = () => bare;
    const trouble: BreakersTable = new Map();
    await followRefresh({ ...deps, breakers: fakeBreakers(trouble, new Map()) }, secondLook);
    const refusals = [{ startedAt: at(10), userTag: hash(key.userGuid).toString(36) }];
    expect(trouble.get('riverbank')?.checks).toEqual({ ...supported, refusals });
  });
});

describe('a look that MX refuses', () => {
  it('says nothing of balance checks', async () => {
    const { deps, answers } = lookWorld(claim(), { institutionCode: 'riverbank' });
    answers.read = () => bare;
    const trouble: BreakersTable = new Map();
    await followRefresh({ ...deps, breakers: fakeBreakers(trouble, new Map()) }, secondLook);
    expect(trouble.size).toBe(0);
  });
});

describe('an answer of the bank', () => {
  async function believed() {
    const made = world();
    await made.trigger(1);
    made.goTo(3_600);
    await made.trigger(3);
    return made;
  }

  it('clears what was believed', async () => {
    const { refusals, goTo, checks, succeeds, events } = await believed();
    refusals.now = null;
    goTo(90_000);
    await succeeds(2);
    expect(checks()).toEqual({ ...supported, clearedAt: at(90_000) });
    expect(events.map(({ type }) => type)).not.toContain('institution.recovered');
  });

  it('is not there when a caller asks after the week', async () => {
    const { goTo, checks, trigger } = await believed();
    goTo(3_600 + 604_800);
    await trigger(2);
    expect(checks()?.notSupported).toMatchObject({ since: at(0), until: plusSeconds(at(3_600), 2 * 604_800) });
  });

  it('clears it after the week too', async () => {
    const { goTo, checks, succeeds } = await believed();
    goTo(3_600 + 604_800 + 60);
    await succeeds(2);
    expect(checks()?.notSupported).toBeNull();
  });
});
