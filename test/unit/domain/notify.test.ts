import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../shared/domain/decimal.ts';
import { endRefresh } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import type { DomainEvent } from '../../../shared/domain/event.ts';
import { readAccount } from '../../../shared/domain/mx-readers.ts';
import { continueNotice, notify, secondsToNext } from '../../../shared/domain/notify.ts';
import type { Delivery, Notice } from '../../../shared/domain/notify-ports.ts';
import { attemptOf, type RunningClaim } from '../../../shared/domain/refresh.ts';
import { fakeCallbacks } from '../../fakes/fake-callbacks.ts';
import { withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, T0 } from '../../samples.ts';
import { refreshWorld } from './refresh-world.ts';

const ID = 'RFR-00000000000000000000000001';
const idOf = (number: number): string => `CBK-${String(number).padStart(16, '0')}0000000000000001`;

/** A running refresh with so many callbacks; bus and queues that a test can switch off. */
async function world(callbacks: number, given: Partial<Pick<RunningClaim, 'correlationId'>> = {}) {
  const running = claim({ refreshId: ID, lookedAt: null, ...given });
  const made = refreshWorld(withMember(knownMember({ claim: running })));
  const away = { bus: false, deliveries: false, notices: false, late: false };
  const published: DomainEvent[] = [];
  const booked: Delivery[] = [];
  const waited: number[] = [];
  const sent: { notice: Notice; inSeconds: number }[] = [];
  const orFail = (isAway: boolean, what: string): void => {
    if (isAway) throw new Error(`${what} is away`);
  };
  const deps = {
    ...made.deps,
    callbacks: fakeCallbacks(new Map()),
    events: {
      async publish(event: DomainEvent) {
        orFail(away.bus, 'the bus');
        published.push(event);
      },
    },
    deliveries: {
      ...made.deps.deliveries,
      async sendAll(deliveries: readonly Delivery[]) {
        orFail(away.deliveries, 'the queue of deliveries');
        booked.push(...deliveries);
      },
    },
    notices: {
      async send(notice: Notice, inSeconds: number) {
        orFail(away.notices, 'the queue');
        sent.push({ notice, inSeconds });
      },
    },
    within: async (milliseconds: number, work: Promise<void>) => {
      waited.push(milliseconds);
      if (!away.late) await work;
      return !away.late;
    },
  };
  for (let number = 0; number < callbacks; number += 1) {
    const url = `https://hooks.example.com/${number}`;
    await deps.callbacks.put({ id: idOf(number), refreshId: ID, url }, 1, T0);
  }
  const account = (balance: string) => readAccount(parseExactJson(`{"guid":"ACT-1","balance":${balance}}`));
  const by = (refreshId: string) => ({ observedAt: T0, refreshId, trigger: 'http' as const });
  await made.balances.store(key, [account('1')], by('RFR-0'));
  await made.balances.store(key, [account('2')], by(ID));
  const failed: unknown[] = [];
  return {
    ...made,
    deps,
    away,
    published,
    booked,
    sent,
    failed,
    waited,
    account,
    changeAgain: () => made.balances.store(key, [account('3')], { ...by('RFR-2'), observedAt: made.deps.now() }),
    end: () =>
      endRefresh(deps, {
        institutionCode: null,
        attention: null,
        key,
        claim: running,
        ending: endingOf('stored', { connectionStatus: 'CONNECTED' }),
        observedAt: T0,
      }),
    isFree: async () => (await deps.members.read(key))?.claim === null,
    goOn: (notice = sent.at(-1)?.notice ?? expect.fail('no notice was sent')) =>
      continueNotice(deps, notice, (error) => void failed.push(error)),
  };
}

const types = (events: readonly DomainEvent[]): readonly string[] => events.map(({ type }) => type).sort();

describe('the end of a refresh tells', () => {
  it('everything at once, where it is a page', async () => {
    const { end, published, booked, sent, isFree } = await world(100);
    await end();
    expect([types(published), booked.length, sent]).toEqual([['balance.changed', 'refresh.succeeded'], 100, []]);
    expect(await isFree()).toBe(true);
  });

  it('20 events at the same time', async () => {
    const { deps, balances, account, end } = await world(0);
    const guids = Array.from({ length: 44 }, (_, index) => `ACT-${index + 2}`);
    const of = (balance: string) => guids.map((guid) => ({ ...account(balance), guid }));
    await balances.store(key, of('1'), { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' });
    await balances.store(key, of('2'), { observedAt: T0, refreshId: ID, trigger: 'http' });
    const atWork = { now: 0, most: 0 };
    deps.events.publish = async () => {
      atWork.now += 1;
      atWork.most = Math.max(atWork.most, atWork.now);
      for (let turns = 0; turns < 100; turns += 1) await Promise.resolve();
      atWork.now -= 1;
    };
    await end();
    expect(atWork.most).toBe(20);
  });

  it('what its caller has just stored, without reading it', async () => {
    const { deps, balances, published } = await world(0);
    const stored = await balances.ofMember(key);
    deps.balances = { ...deps.balances, ofMember: () => expect.fail() };
    const attempt = attemptOf(claim({ refreshId: ID }), { ...endingOf('stored'), endedAt: T0, observedAt: T0 }, false);
    await notify(deps, { key, attempt, before: null, stored });
    expect(types(published)).toEqual(['balance.changed', 'refresh.succeeded']);
  });

  it('one page, and leaves the others to a notice', async () => {
    const { end, published, booked, sent, isFree, goOn } = await world(250);
    await end();
    expect([booked.length, published.length, await isFree()]).toEqual([100, 2, true]);
    expect(sent).toEqual([
      {
        notice: {
          refreshId: ID,
          correlationId: null,
          member: key,
          before: { connectionStatus: 'CONNECTED' },
          events: false,
          changed: [{ accountGuid: 'ACT-1', at: T0 }],
          callbacksAfter: idOf(99),
          tries: 0,
          since: T0,
        },
        inSeconds: 0,
      },
    ]);
    expect(await goOn()).toBe('told');
    expect(booked.map(({ callbackId }) => callbackId)).toEqual(Array.from({ length: 250 }, (_, index) => idOf(index)));
    expect([published.length, sent.length]).toEqual([2, 1]);
  });

  it.each([
    ['the bus', { bus: true }, { events: true, callbacksAfter: null }, 0, 3],
    ['the queue of deliveries', { deliveries: true }, { events: false, callbacksAfter: '' }, 2, 0],
    ['both', { bus: true, deliveries: true }, { events: true, callbacksAfter: '' }, 0, 0],
  ])('the rest, while this is away: %s', async (_what, gone, left, events, deliveries) => {
    const { end, away, published, booked, sent, isFree, goOn } = await world(3);
    Object.assign(away, gone);
    await end();
    expect([published.length, booked.length, await isFree()]).toEqual([events, deliveries, true]);
    expect(sent).toMatchObject([{ notice: left, inSeconds: 0 }]);
    Object.assign(away, { bus: false, deliveries: false });
    expect(await goOn()).toBe('told');
    expect([types(published), booked.length]).toEqual([['balance.changed', 'refresh.succeeded'], 3]);
  });

  it('in a notice what it does not hear in time', async () => {
    const { end, away, sent, waited } = await world(1);
    away.late = true;
    await end();
    expect([sent.length, waited[0]]).toEqual([1, 1_000]);
  });

  it('nothing while no notice can be sent; the member stays', async () => {
    const { end, away, isFree } = await world(101);
    away.notices = true;
    await expect(end()).rejects.toThrow('the queue is away');
    expect(await isFree()).toBe(false);
  });
});

describe('the caller’s name for it', () => {
  it.each([
    ['order-1', 'order-1'],
    [null, ID],
  ])('%s: in events, deliveries and the notice', async (correlationId, told) => {
    const { end, away, published, booked, sent, goOn } = await world(101, { correlationId });
    away.bus = true;
    await end();
    expect(sent).toMatchObject([{ notice: { correlationId } }]);
    away.bus = false;
    await goOn();
    const names = [...published, ...booked.map(({ event }) => event)].map(({ data }) =>
      'correlation_id' in data ? data.correlation_id : undefined,
    );
    expect([names.length, new Set(names)]).toEqual([2 + 101, new Set([told])]);
  });
});

describe('a notice', () => {
  it('tells of a balance that has been changed again since', async () => {
    const { end, away, published, goOn, changeAgain, wait } = await world(0);
    away.bus = true;
    await end();
    away.bus = false;
    wait(60);
    await changeAgain();
    await goOn();
    expect(published.find(({ type }) => type === 'balance.changed')).toMatchObject({ id: `${ID}/ACT-1`, time: T0 });
  });

  it('goes on in another message after five seconds', async () => {
    const { end, deps, goOn, sent, booked, wait } = await world(350);
    await end();
    const { page } = deps.callbacks;
    deps.callbacks.page = async (...of) => {
      wait(2.5);
      return page(...of);
    };
    expect(await goOn()).toBe('later');
    expect(booked).toHaveLength(300);
    expect(sent.at(-1)).toMatchObject({ notice: { callbacksAfter: idOf(299), tries: 0 }, inSeconds: 0 });
    expect(await goOn()).toBe('told');
    expect(booked).toHaveLength(350);
  });

  it('whose last page took all of the time is told', async () => {
    const { end, deps, goOn, sent, wait } = await world(150);
    await end();
    const { page } = deps.callbacks;
    deps.callbacks.page = async (...of) => {
      wait(5);
      return page(...of);
    };
    expect([await goOn(), sent.length]).toEqual(['told', 1]);
  });

  it.each([
    [86_400, true],
    [86_400.001, false],
  ])('of %d s that tells nothing comes again: %s', async (seconds, comesAgain) => {
    const { end, away, goOn, wait } = await world(0);
    away.bus = true;
    await end();
    wait(seconds);
    if (comesAgain) expect(await goOn()).toBe('later');
    else await expect(goOn()).rejects.toThrow('the bus is away');
  });

  it('that gets further is never too old', async () => {
    const { end, away, sent, goOn, wait, deps } = await world(1);
    Object.assign(away, { bus: true, deliveries: true });
    await end();
    wait(90_000);
    away.deliveries = false;
    expect(await goOn()).toBe('later');
    expect(sent.at(-1)).toMatchObject({ notice: { callbacksAfter: null, since: deps.now() } });
  });

  it('that tells nothing comes later each time, for a day', async () => {
    const { end, away, sent, failed, goOn, wait } = await world(0);
    away.bus = true;
    await end();
    const waits: number[] = [];
    for (let seconds = 0; seconds <= 86_400; seconds += waits.at(-1) ?? 0) {
      expect(await goOn()).toBe('later');
      waits.push(sent.at(-1)?.inSeconds ?? 0);
      wait(waits.at(-1) ?? 0);
    }
    expect(waits.slice(0, 10)).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
    await expect(goOn()).rejects.toThrow('the bus is away');
    expect(failed).toHaveLength(waits.length);
  });

  it('that has got further begins its waits anew', async () => {
    const { end, away, sent, goOn } = await world(150);
    Object.assign(away, { bus: true, deliveries: true });
    await end();
    await goOn();
    expect(sent.at(-1)).toMatchObject({ notice: { tries: 1 } });
    away.deliveries = false;
    await goOn();
    expect(sent.at(-1)).toMatchObject({
      notice: { events: true, callbacksAfter: idOf(99), tries: 0 },
      inSeconds: 5,
    });
  });

  it('that has told its events begins its waits anew', async () => {
    const { end, away, sent, goOn } = await world(3);
    Object.assign(away, { bus: true, deliveries: true });
    await end();
    await goOn();
    away.bus = false;
    await goOn();
    expect(sent.at(-1)).toMatchObject({ notice: { events: false, callbacksAfter: '', tries: 0 }, inSeconds: 5 });
  });

  it('of events alone reads no callbacks', async () => {
    const { end, away, goOn, deps } = await world(3);
    away.bus = true;
    await end();
    away.bus = false;
    deps.callbacks.page = () => expect.fail();
    expect(await goOn()).toBe('told');
  });

  it('tells amounts as they were stored, while they are', async () => {
    const { end, away, published, goOn, deps, changeAgain, wait } = await world(0);
    Object.assign(deps, { amountsInEvents: true });
    away.bus = true;
    await end();
    away.bus = false;
    const notice = { ...expectNotice(), events: true };
    await goOn(notice);
    wait(60);
    await changeAgain();
    await goOn(notice);
    const told = published.filter(({ type }) => type === 'balance.changed');
    expect(told.map(({ data }) => 'amounts' in data)).toEqual([true, false]);

    function expectNotice(): Notice {
      return {
        refreshId: ID,
        correlationId: null,
        member: key,
        before: null,
        events: true,
        changed: [{ accountGuid: 'ACT-1', at: T0 }],
        callbacksAfter: null,
        tries: 0,
        since: T0,
      };
    }
  });

  it.each([
    [1_000, 1_000],
    [1_001, null],
  ])('of %i changed balances names: %s', async (count, named) => {
    const { deps, away, sent, balances, account, published, goOn, end } = await world(0);
    const guids = Array.from({ length: count - 1 }, (_, index) => `ACT-${index + 2}`);
    const of = (balance: string) => guids.map((guid) => ({ ...account(balance), guid }));
    await balances.store(key, of('1'), { observedAt: T0, refreshId: 'RFR-0', trigger: 'http' });
    await balances.store(key, of('2'), { observedAt: T0, refreshId: ID, trigger: 'http' });
    away.bus = true;
    await end();
    expect(sent.at(-1)?.notice.changed?.length ?? null).toBe(named);
    away.bus = false;
    expect(await goOn()).toBe('told');
    expect(published).toHaveLength(count + 1);
    expect(deps.amountsInEvents).toBe(false);
  });

  it('that cannot be sent on stays in its queue', async () => {
    const { end, away, goOn } = await world(0);
    away.bus = true;
    await end();
    away.notices = true;
    await expect(goOn()).rejects.toThrow('the queue is away');
  });

  it('of a refresh that has expired is dropped', async () => {
    const { goOn } = await world(0);
    const notice: Notice = {
      refreshId: 'RFR-9',
      correlationId: null,
      member: key,
      before: null,
      events: true,
      changed: [],
      callbacksAfter: '',
      tries: 0,
      since: T0,
    };
    expect(await goOn(notice)).toBe('expired');
  });

  it.each([
    [0, 5],
    [1, 10],
    [7, 640],
    [8, 900],
    [5_000, 900],
  ])('waits after %i failures for %i s', (tries, seconds) => {
    expect(secondsToNext(tries)).toBe(seconds);
  });
});
