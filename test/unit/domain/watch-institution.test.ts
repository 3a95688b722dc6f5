/** From ended refreshes to a breaker that opens, is told, lets probes through and closes. */
import { describe, expect, it } from 'vitest';
import { bankSays, breakerRules, closedBreaker } from '../../../shared/domain/breaker.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import type { DomainEvent } from '../../../shared/domain/event.ts';
import { supported, supportRules } from '../../../shared/domain/not-supported.ts';
import type { OutcomeCode } from '../../../shared/domain/outcome.ts';
import { comeBackAt, giveProbeBack, passBreakers } from '../../../shared/domain/pass-breakers.ts';
import { hash } from '../../../shared/domain/schedule.ts';
import { tellAllChanges, watchInstitution } from '../../../shared/domain/watch-institution.ts';
import { type BreakersTable, fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeEvents } from '../../fakes/fake-events.ts';
import { fakeInstitutions, type InstitutionsTable } from '../../fakes/fake-institutions.ts';
import { fakeMembers } from '../../fakes/fake-members.ts';
import { withMember } from '../../fakes/members-table.ts';
import { at, knownMember, policy } from '../../samples.ts';

function world() {
  const clock = { now: at(0) };
  const events: DomainEvent[] = [];
  const table: BreakersTable = new Map();
  const counted: InstitutionsTable = new Map();
  const asked: string[] = [];
  const breakers = fakeBreakers(table, counted, async (name, effect) => {
    asked.push(name);
    return effect();
  });
  const memberOf = (number: number, institutionCode: string | null = 'riverbank') =>
    knownMember({ key: { userGuid: `USR-${number}`, memberGuid: `MBR-${number}` }, institutionCode });
  const members = [1, 2, 3, 4].map((number) => memberOf(number));
  const others = [memberOf(5, 'lakebank'), memberOf(6, null)];
  const deps = {
    breakers,
    breakerRules,
    supportRules,
    events: fakeEvents(events),
    members: fakeMembers(withMember(...members, ...others), { policy, now: () => clock.now }),
    now: () => clock.now,
  };
  const enrolled = [...members, ...others].map(({ key }) => ({
    member: key,
    everyHours: 6 as const,
    slot: 'SLOT#6h#00001#0',
    quietHours: null,
    maxAgeSeconds: null,
  }));
  /** A job of `user` that began and ended so many seconds after `T0`. */
  const ends = (code: OutcomeCode, user: string, startedAfter: number) =>
    watchInstitution(deps, 'riverbank', bankSays(endingOf(code)), {
      ...{ code, userTag: user, startedAt: at(startedAfter), endedAt: at(startedAfter + 5) },
    });
  async function opens(): Promise<void> {
    for (const [index, user] of ['a', 'b', 'c', 'a', 'b'].entries()) await ends('failed', user, index);
  }
  const breaker = () => table.get('riverbank')?.breaker;
  const goTo = (seconds: number): void => {
    clock.now = at(seconds);
  };
  return { deps, events, table, counted, asked, enrolled, ends, opens, breaker, goTo };
}

const types = (events: readonly DomainEvent[]): string[] => events.map(({ type }) => type);

describe('an institution', () => {
  it('is told to be degraded, and to have recovered', async () => {
    const { events, ends, opens, breaker } = world();
    await opens();
    expect(types(events)).toEqual(['institution.degraded']);
    expect(breaker()).toMatchObject({ open: { since: at(9), code: 'failed' }, untold: [] });
    await ends('stored', 'a', 20);
    expect(types(events)).toEqual(['institution.degraded', 'institution.recovered']);
    expect(breaker()).toMatchObject({ open: null, untold: [] });
  });

  it('without trouble costs no write', async () => {
    const { asked, ends } = world();
    await ends('stored', 'a', 0);
    await ends('denied', 'a', 0);
    await ends('mx_timeout', 'a', 0);
    // Both are remembered for 15 s.
    const known = ['breakers.open', 'breakers.notSupported'];
    expect(asked).toEqual([...known, ...known]);
  });

  it('costs one write for a failure, and another that tells', async () => {
    const { asked, ends } = world();
    const once = ['breakers.open', 'breakers.read', 'breakers.lastAnswerAt', 'breakers.write'];
    await ends('failed', 'a', 0);
    expect(asked).toEqual(once);
    for (const [index, user] of ['b', 'c', 'a'].entries()) await ends('failed', user, index + 1);
    asked.length = 0;
    await ends('failed', 'b', 4);
    expect(asked).toEqual([...once, 'breakers.write']);
  });

  it('costs no write for what changes nothing', async () => {
    const { asked, ends, opens } = world();
    await opens();
    asked.length = 0;
    await ends('stored', 'a', 20);
    // Closed, and told.
    const answered = ['breakers.open', 'breakers.notSupported', 'breakers.read'];
    expect(asked).toEqual([...answered, 'breakers.write', 'breakers.write']);
    asked.length = 0;
    // Requested before it closed.
    await ends('failed', 'a', 24);
    expect(asked).toEqual(['breakers.open', 'breakers.read', 'breakers.lastAnswerAt']);
  });

  it('in trouble costs none for a further failure', async () => {
    const { asked, ends, opens } = world();
    await opens();
    asked.length = 0;
    await ends('failed', 'd', 30);
    expect(asked).toEqual(['breakers.open']);
  });

  it('that has answered in between stays as it is', async () => {
    const { counted, opens, breaker, deps } = world();
    const institutions = fakeInstitutions(counted);
    await institutions.count('riverbank', { outcome: 'succeeded', sample: { bin: 1 }, isAnswer: true, endedAt: at(3) });
    await opens();
    // Only the one that was requested after the answer counts.
    expect(breaker()).toMatchObject({ open: null, failures: [{ startedAt: at(4) }] });
    expect(await deps.breakers.lastAnswerAt('riverbank')).toBe(at(3));
  });

  it('is told by the sweep when the bus was away', async () => {
    const { deps, events, opens, breaker } = world();
    const { publish } = deps.events;
    deps.events.publish = () => Promise.reject(new Error('the bus is away'));
    await expect(opens()).rejects.toThrow('the bus is away');
    expect(breaker()).toMatchObject({ open: { code: 'failed' }, untold: [{ to: 'degraded' }] });
    deps.events.publish = publish;
    expect(await tellAllChanges(deps)).toBe(1);
    expect([types(events), breaker()?.untold]).toEqual([['institution.degraded'], []]);
    expect(await tellAllChanges(deps)).toBe(0);
  });

  it('is decided again when another function was faster', async () => {
    const { deps, ends, breaker } = world();
    await ends('failed', 'a', 0);
    const { write } = deps.breakers;
    let raced = false;
    deps.breakers.write = async (code, next, version) => {
      if (!raced) {
        raced = true;
        await ends('failed', 'b', 1);
      }
      return write(code, next, version);
    };
    await ends('failed', 'c', 2);
    expect(breaker()?.failures.map(({ userTag }) => userTag)).toEqual(['a', 'b', 'c']);
  });

  it('keeps a change that came while another was told', async () => {
    const { deps, ends, opens, breaker } = world();
    const { publish } = deps.events;
    let told = 0;
    deps.events.publish = async (event) => {
      told += 1;
      if (told === 1) await ends('stored', 'a', 20);
      await publish(event);
    };
    await opens();
    expect(breaker()).toMatchObject({ open: null, untold: [] });
  });
});

describe('changes that were not told', () => {
  const change = (to: 'degraded' | 'recovered', seconds: number) =>
    ({ to, at: at(seconds), since: at(0), code: 'failed' }) as const;
  const untold = { ...closedBreaker, untold: [change('degraded', 1), change('recovered', 2)] };

  it('are told in their order, of every institution, and forgotten', async () => {
    const { deps, events, table } = world();
    table.set('riverbank', { breaker: untold, checks: supported, version: 4 });
    table.set('lakebank', { breaker: untold, checks: supported, version: 1 });
    expect(await tellAllChanges(deps)).toBe(2);
    expect(types(events)).toEqual([
      ...['institution.degraded', 'institution.recovered', 'institution.degraded', 'institution.recovered'],
    ]);
    expect([...table.values()].map(({ breaker, version }) => [breaker.untold, version])).toEqual([
      [[], 5],
      [[], 2],
    ]);
  });

  it('are forgotten beside one that comes meanwhile, which stays', async () => {
    const { deps, table } = world();
    table.set('riverbank', { breaker: untold, checks: supported, version: 4 });
    const { publish } = deps.events;
    const later = change('degraded', 9);
    deps.events.publish = async (event) => {
      table.set('riverbank', {
        breaker: { ...untold, untold: [...untold.untold, later] },
        checks: supported,
        version: 7,
      });
      await publish(event);
    };
    await tellAllChanges(deps);
    expect(table.get('riverbank')).toMatchObject({ breaker: { untold: [later] }, version: 8 });
  });

  it('are given up after three lost races', async () => {
    const { deps, table, asked } = world();
    table.set('riverbank', { breaker: untold, checks: supported, version: 4 });
    const { write } = deps.breakers;
    const writes = () => asked.filter((name) => name === 'breakers.write').length;
    deps.breakers.write = async (code, breaker, version) => {
      await write(code, breaker, version);
      return writes() > 9;
    };
    await tellAllChanges(deps);
    expect(writes()).toBe(3);
  });
});

describe('a breaker that keeps changing', () => {
  it('is given up after three lost races', async () => {
    const { deps, ends } = world();
    let lost = 0;
    deps.breakers.write = async () => {
      lost += 1;
      return lost > 9;
    };
    await ends('failed', 'a', 0);
    expect(lost).toBe(3);
  });
});

describe('due members', () => {
  it('all pass while no breaker is open', async () => {
    const { deps, enrolled, asked } = world();
    expect(await passBreakers(deps, enrolled)).toEqual({ passing: enrolled, waiting: [], probes: new Map() });
    expect(asked).toEqual(['breakers.open']);
  });

  it('of an open one wait; others pass', async () => {
    const { deps, enrolled, opens, goTo, asked } = world();
    await opens();
    goTo(300);
    asked.length = 0;
    const { passing, waiting, probes } = await passBreakers(deps, enrolled);
    // One read for all members of one institution, none for those of others.
    expect(asked).toEqual(['breakers.open', 'breakers.read']);
    expect([passing, waiting, probes.size]).toEqual([enrolled.slice(4), enrolled.slice(0, 4), 0]);
  });

  it('send one probe in five minutes', async () => {
    const { deps, enrolled, opens, goTo, breaker } = world();
    await opens();
    goTo(309);
    const first = await passBreakers(deps, enrolled);
    expect(first.passing).toEqual([enrolled[0], ...enrolled.slice(4)]);
    expect([...first.probes.values()]).toEqual([{ code: 'riverbank', takenAt: at(309) }]);
    expect(breaker()?.probedAt).toBe(at(309));
    goTo(608);
    expect((await passBreakers(deps, enrolled)).probes.size).toBe(0);
    goTo(609);
    expect((await passBreakers(deps, enrolled)).probes.size).toBe(1);
  });

  it('give back a probe that has started nothing', async () => {
    const { deps, enrolled, opens, goTo } = world();
    await opens();
    goTo(309);
    const [probe] = (await passBreakers(deps, enrolled)).probes.values();
    if (probe === undefined) expect.fail();
    await giveProbeBack(deps, probe);
    const [next] = (await passBreakers(deps, enrolled.slice(1))).probes.keys();
    expect(next).toBe(enrolled[1]);
    // The one that was given back is not this one.
    await giveProbeBack(deps, { ...probe, takenAt: at(308) });
    expect((await passBreakers(deps, enrolled)).probes.size).toBe(0);
  });

  it('wait until a probe is given back', async () => {
    const { deps, enrolled, opens, goTo, breaker } = world();
    await opens();
    goTo(309);
    const [probe] = (await passBreakers(deps, enrolled)).probes.values();
    if (probe === undefined) expect.fail();
    const { write } = deps.breakers;
    deps.breakers.write = async (code, trouble, version) => {
      for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
      return write(code, trouble, version);
    };
    await giveProbeBack(deps, probe);
    expect(breaker()?.probedAt).toBeNull();
  });

  it('send one probe, however many functions ask', async () => {
    const { deps, enrolled, opens, goTo } = world();
    await opens();
    goTo(309);
    const passed = await Promise.all([1, 2, 3].map(() => passBreakers(deps, enrolled)));
    expect(passed.map(({ probes }) => probes.size).toSorted()).toEqual([0, 0, 1]);
    // Those of other institutions, and the probe.
    expect(passed.map(({ passing }) => passing.length).toSorted()).toEqual([2, 2, 3]);
  });

  it('pass when the bank answers again meanwhile', async () => {
    const { deps, enrolled, opens, ends, asked } = world();
    await opens();
    const open = await deps.breakers.open();
    await ends('stored', 'a', 20);
    deps.breakers.open = async () => open;
    asked.length = 0;
    expect((await passBreakers(deps, enrolled)).passing).toEqual(enrolled);
    expect(asked).toEqual(['breakers.read']);
  });

  it('that are gone pass: their start finds out', async () => {
    const { deps, opens, enrolled } = world();
    await opens();
    const gone = enrolled.map((one) => ({ ...one, member: { userGuid: 'USR-9', memberGuid: 'MBR-9' } })).slice(0, 1);
    expect((await passBreakers(deps, gone)).passing).toEqual(gone);
  });

  it('are read five at a time', async () => {
    const { deps, opens, enrolled } = world();
    await opens();
    const { read } = deps.members;
    const atWork = { now: 0, most: 0 };
    deps.members.read = async (key) => {
      atWork.now += 1;
      atWork.most = Math.max(atWork.most, atWork.now);
      for (let turns = 0; turns < 50; turns += 1) await Promise.resolve();
      atWork.now -= 1;
      return read(key);
    };
    await passBreakers(deps, enrolled);
    expect(atWork.most).toBe(5);
  });

  it('come back after ten to fifteen minutes', () => {
    const { enrolled } = world();
    const waits = enrolled.map((one) => comeBackAt(one, at(0)));
    // By its guid.
    expect(waits[0]).toBe(at(600 + (hash('MBR-1') % 300)));
    expect(waits.every((when) => when >= at(600) && when < at(900))).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(3);
  });
});
