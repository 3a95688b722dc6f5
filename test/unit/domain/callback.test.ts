import { describe, expect, it } from 'vitest';
import { decodeDelivery } from '../../../shared/clients/messages.ts';
import { type CallbackDeps, registerCallback } from '../../../shared/domain/callback.ts';
import {
  type DeliverDeps,
  deliverCallback,
  RETRY_SECONDS,
  type Receipt,
  waitAfter,
} from '../../../shared/domain/deliver-callback.ts';
import { endRefresh, publishEnd } from '../../../shared/domain/end-refresh.ts';
import { endingOf } from '../../../shared/domain/ending.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { type Instant, instantOf } from '../../../shared/domain/instant.ts';
import type { Callback } from '../../../shared/domain/notify-ports.ts';
import { ownIdsIn } from '../../../shared/domain/own-ids.ts';
import { callbackId } from '../../../shared/lambda/trigger-options.ts';
import { fakeCallbacks, fakeDeliveries } from '../../fakes/fake-callbacks.ts';
import { fakeQueue } from '../../fakes/fake-queue.ts';
import { withMember } from '../../fakes/members-table.ts';
import { claim, key, knownMember, T0 } from '../../samples.ts';
import { faultsOf } from './event-schemas.ts';
import { refreshWorld } from './refresh-world.ts';

const START = Date.parse(T0);
const ID = 'RFR-00000000000000000000000001';
const URL_1 = 'https://hooks.example.com/1';

/** A running refresh, the queue of deliveries, and a receiver that a test can switch off, under one virtual clock. */
function callbackWorld() {
  let now = START;
  const clock = (): Instant => instantOf(now);
  const running = claim({ refreshId: ID });
  const world = refreshWorld(withMember(knownMember({ claim: running })));
  const queue = fakeQueue({ visibilitySeconds: 120, maxReceives: 5, now: () => now });
  const callbacks = new Map<string, Map<string, Callback>>();
  const deps = {
    ...world.deps,
    now: clock,
    callbacks: fakeCallbacks(callbacks),
    callbacksPerCaller: 2,
    deliveries: fakeDeliveries(queue),
  };
  const bodies: object[] = [];
  let isUnreadable = false;
  const stored = { body: { id: 'member-1', user_id: 'user-1' }, seenAt: T0 };
  const posts: { id: string; event: string; at: number; status: number | null }[] = [];
  let receiver: (at: number) => Receipt | null = () => ({ status: 204, retryAfterSeconds: null });
  const deliver: DeliverDeps = {
    async post(delivery, body) {
      const receipt = receiver(now);
      expect(faultsOf(body)).toEqual([]);
      bodies.push(body);
      posts.push({
        id: delivery.callbackId,
        event: 'id' in body ? String(body.id) : '',
        at: (now - START) / 1000,
        status: receipt?.status ?? null,
      });
      return receipt;
    },
    async ownIds(member) {
      if (isUnreadable) throw new Error('the table is away');
      return ownIdsIn({ readBody: async () => stored })(member);
    },
    deliveries: deps.deliveries,
    rules: { hosts: ['hooks.example.com'], loopback: false },
    now: clock,
    random: () => 0.5,
  };
  return {
    ...world,
    deps,
    deliver,
    queue,
    posts,
    bodies,
    unreadable: (is: boolean): void => {
      isUnreadable = is;
    },
    running,
    receives: (how: typeof receiver) => {
      receiver = how;
    },
    end: () =>
      endRefresh(deps, { key, claim: running, ending: endingOf('degraded', { connectionStatus: 'DEGRADED' }) }),
    /** Works through the queue for at most `hours`, each message when its time has come. */
    async run(hours: number): Promise<void> {
      const until = now + hours * 3_600_000;
      for (;;) {
        const next = queue.nextVisibleAt();
        if (next === null || next > until) return;
        now = Math.max(now, next);
        const message = queue.receive();
        if (message === null) continue;
        try {
          await deliverCallback(deliver, decodeDelivery(message.body));
          queue.delete(message.id);
        } catch (error) {
          // SQS gives it out again after its visibility timeout.
          if (!(error instanceof Failure)) throw error;
        }
      }
    },
  };
}

/** What the trigger does: one id for each refresh, caller and URL. */
const ask = (deps: CallbackDeps, caller: string, url: string, refreshId = ID): Promise<void> =>
  registerCallback(deps, { id: callbackId(refreshId, caller, url), refreshId, url });

describe('who is told', () => {
  it('each caller before the end once, with its own id', async () => {
    const world = callbackWorld();
    await ask(world.deps, 'shop', URL_1);
    await ask(world.deps, 'shop', URL_1);
    await ask(world.deps, 'shop', 'https://hooks.example.com/2');
    await ask(world.deps, 'bank', URL_1);
    expect(world.queue.messages.size).toBe(0);
    await world.end();
    await world.run(1);
    expect(world.posts).toHaveLength(3);
    expect(new Set(world.posts.map(({ id }) => id)).size).toBe(3);
    expect(new Set(world.posts.map(({ event }) => event))).toEqual(new Set([`${ID}/ended`]));
  });

  it('is also who asked when it had ended', async () => {
    const world = callbackWorld();
    await world.end();
    await ask(world.deps, 'shop', URL_1);
    await world.run(1);
    expect(world.posts.map(({ status }) => status)).toEqual([204]);
  });

  it('is one caller at no more URLs than allowed', async () => {
    const world = callbackWorld();
    for (const path of ['1', '2', '2']) await ask(world.deps, 'shop', `https://hooks.example.com/${path}`);
    await expect(ask(world.deps, 'shop', 'https://hooks.example.com/3')).rejects.toMatchObject({
      code: 'too_many_callbacks',
      details: { limit: 'callbacksPerCaller', refreshId: ID },
    });
    await ask(world.deps, 'bank', 'https://hooks.example.com/3');
    await world.end();
    await world.run(1);
    expect(world.posts).toHaveLength(3);
  });

  it('is no caller of another refresh', async () => {
    const world = callbackWorld();
    await ask(world.deps, 'shop', URL_1, 'RFR-00000000000000000000000002');
    await world.end();
    await world.run(1);
    expect(world.posts).toEqual([]);
  });

  /** Every order in which the steps of asking (write the wish, read the outcome) and of ending can interleave. */
  const wish = ['wish', 'read'] as const;
  const ending = ['outcome', 'wishes'] as const;
  const orders = [
    [...wish, ...ending],
    ['wish', 'outcome', 'read', 'wishes'],
    ['wish', 'outcome', 'wishes', 'read'],
    ['outcome', 'wish', 'read', 'wishes'],
    ['outcome', 'wish', 'wishes', 'read'],
    [...ending, ...wish],
  ] as const;

  it.each(orders.map((order) => [order.join(', '), order] as const))(
    'is who came in the very moment it ended: %s',
    async (_how, order) => {
      const world = callbackWorld();
      // Each step waits for its turn.
      const turns = order.map(() => Promise.withResolvers<void>());
      const places = new Map(order.map((step, index) => [step as string, index]));
      const inTurn = async <T>(step: string, effect: () => Promise<T>): Promise<T> => {
        const place = places.get(step) ?? 0;
        await (place === 0 ? undefined : turns[place - 1]?.promise);
        const value = await effect();
        turns[place]?.resolve();
        return value;
      };
      const asking: CallbackDeps = {
        ...world.deps,
        callbacks: {
          ...world.deps.callbacks,
          put: (...of) => inTurn('wish', () => world.deps.callbacks.put(...of)),
        },
        refreshes: { ...world.deps.refreshes, read: (id) => inTurn('read', () => world.deps.refreshes.read(id)) },
      };
      const ender = {
        ...world.deps,
        refreshes: {
          ...world.deps.refreshes,
          end: (shown: Parameters<typeof world.deps.refreshes.end>[0]) =>
            inTurn('outcome', () => world.deps.refreshes.end(shown)),
        },
        callbacks: {
          ...world.deps.callbacks,
          page: (...of: Parameters<typeof world.deps.callbacks.page>) =>
            inTurn('wishes', () => world.deps.callbacks.page(...of)),
        },
      };
      const result = {
        outcome: 'timed_out',
        action: 'retry_later',
        code: 'deadline',
        connectionStatus: null,
        hasDetails: false,
        endedAt: T0,
        observedAt: null,
      } as const;
      await Promise.all([
        ask(asking, 'shop', URL_1),
        publishEnd(ender, key, { ...world.running, phase: 'ended', result }),
      ]);
      await world.run(1);
      expect(world.posts.length).toBeGreaterThan(0);
      expect(new Set(world.posts.map(({ id }) => id)).size).toBe(1);
    },
  );

  it('is repeated with the same id after a crash', async () => {
    const world = callbackWorld();
    await ask(world.deps, 'shop', URL_1);
    const deps = {
      ...world.deps,
      members: { ...world.deps.members, release: async () => Promise.reject(new Error('crashed')) },
    };
    await world.end();
    const result = (await world.deps.refreshes.read(ID))?.result ?? expect.fail();
    const ended = { ...world.running, phase: 'ended' as const, result: { ...result, hasDetails: false } };
    await expect(publishEnd(deps, key, ended)).rejects.toThrow('crashed');
    await world.run(1);
    expect(world.posts).toHaveLength(2);
    expect(new Set(world.posts.map(({ id }) => id)).size).toBe(1);
  });
});

describe('the operator’s own ids', () => {
  it('are in what is sent, and in no message', async () => {
    const world = callbackWorld();
    await ask(world.deps, 'shop', URL_1);
    await world.end();
    expect([...world.queue.messages.values()].map(({ body }) => body).join()).not.toMatch(/member-1|user-1/);
    await world.run(1);
    expect(world.bodies).toMatchObject([{ data: { member_id: 'member-1', user_id: 'user-1', member_guid: 'MBR-1' } }]);
  });

  it('that cannot be read are waited for', async () => {
    const world = callbackWorld();
    world.unreadable(true);
    await ask(world.deps, 'shop', URL_1);
    await world.end();
    await world.run(0.1);
    expect(world.posts).toEqual([]);
    world.unreadable(false);
    await world.run(1);
    expect(world.posts).toHaveLength(1);
  });

  it.each([
    ['no own ids', { body: {}, seenAt: T0 }],
    ['a deleted member', null],
  ])('are null for %s', async (_what, body) => {
    expect(await ownIdsIn({ readBody: async () => body })(key)).toEqual({ member_id: null, user_id: null });
  });
});

describe('a receiver', () => {
  const told = async (world: ReturnType<typeof callbackWorld>, callers = 1): Promise<void> => {
    for (let caller = 0; caller < callers; caller += 1) {
      await ask(world.deps, `caller-${caller}`, `https://hooks.example.com/${caller}`);
    }
    await world.end();
  };

  it('down for an hour: gets everything, each id once', async () => {
    const world = callbackWorld();
    world.receives((at) => (at < START + 3_600_000 ? null : { status: 200, retryAfterSeconds: null }));
    await told(world, 20);
    await world.run(24);
    const good = world.posts.filter(({ status }) => status === 200);
    expect(good).toHaveLength(20);
    expect(new Set(good.map(({ id }) => id)).size).toBe(20);
    // Back in the next step of the plan, not a day later.
    expect(Math.max(...good.map(({ at }) => at))).toBeLessThan(2.2 * 3600);
    expect(world.queue.messages.size).toBe(0);
    expect(world.queue.deadLetters).toEqual([]);
  });

  it('never answering: given up after a day, kept', async () => {
    const world = callbackWorld();
    world.receives(() => ({ status: 500, retryAfterSeconds: null }));
    await told(world);
    await world.run(96);
    const last = world.posts.at(-1)?.at ?? 0;
    expect(last / 3600).toBeGreaterThan(20);
    expect(last / 3600).toBeLessThan(25);
    // The plan, and SQS's own few tries at the end of it.
    expect(world.posts).toHaveLength(RETRY_SECONDS.length + 5);
    expect(world.queue.deadLetters).toHaveLength(1);
    expect(decodeDelivery(world.queue.deadLetters[0]?.body ?? '')).toMatchObject({ attempt: RETRY_SECONDS.length });
  });

  it('gets a dead letter sent back, same id', async () => {
    const world = callbackWorld();
    world.receives(() => null);
    await told(world);
    await world.run(96);
    const [dead] = world.queue.deadLetters.splice(0);
    const [first] = world.posts.splice(0);
    // As `aws sqs start-message-move-task`: a new message with the old body.
    world.queue.put(dead?.body ?? '', 0);
    await world.run(96);
    const tries = world.posts.splice(0);
    expect(tries.map(({ at }) => at - (tries[0]?.at ?? 0))).toEqual([0, 120, 240, 360, 480]);
    expect(world.queue.deadLetters.map(({ body }) => body)).toEqual([dead?.body]);
    world.receives(() => ({ status: 204, retryAfterSeconds: null }));
    world.queue.put(dead?.body ?? '', 0);
    await world.run(1);
    expect(world.posts).toMatchObject([{ id: first?.id, event: first?.event, status: 204 }]);
    expect(world.queue.messages.size).toBe(0);
  });

  it.each([301, 302, 307, 400, 401, 404, 408, 429, 500, 503])('that answers %i is tried again', async (status) => {
    const world = callbackWorld();
    let tries = 0;
    world.receives(() => {
      tries += 1;
      return { status: tries === 1 ? status : 202, retryAfterSeconds: null };
    });
    await told(world);
    await world.run(1);
    expect(world.posts.map(({ status: answered, at }) => [answered, at])).toEqual([
      [status, 0],
      [202, 5],
    ]);
  });

  it('that answers 410 is not called again', async () => {
    const world = callbackWorld();
    world.receives(() => ({ status: 410, retryAfterSeconds: null }));
    await told(world);
    await world.run(24);
    expect(world.posts).toHaveLength(1);
    expect(world.queue.deadLetters).toEqual([]);
  });

  it('asking for an hour gets it, beyond SQS’s delay', async () => {
    const world = callbackWorld();
    world.receives((at) =>
      at === START ? { status: 503, retryAfterSeconds: 3600 } : { status: 204, retryAfterSeconds: null },
    );
    await told(world);
    await world.run(2);
    expect(world.posts.map(({ at }) => at)).toEqual([0, 3600]);
  });

  it('a host taken off the list is not called', async () => {
    const world = callbackWorld();
    await told(world);
    const [message] = world.queue.messages.values();
    const rules = { hosts: ['other.example.com'], loopback: false };
    expect(await deliverCallback({ ...world.deliver, rules }, decodeDelivery(message?.body ?? ''))).toBe('not_allowed');
    expect(world.posts).toEqual([]);
  });
});

describe('the wait after a failed try', () => {
  it('grows from seconds to hours, about a day in all', () => {
    const waits = RETRY_SECONDS.map((_, attempt) => waitAfter(attempt, null, 0.5) ?? 0);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBe(5);
    expect(waits.reduce((sum, wait) => sum + wait, 0) / 3600).toBeCloseTo(21.9, 1);
    expect(waitAfter(RETRY_SECONDS.length, null, 0.5)).toBeNull();
  });

  it('is spread by a fifth to both sides', () => {
    expect(waitAfter(6, null, 0)).toBe(2880);
    expect(waitAfter(6, null, 0.999)).toBe(4319);
  });

  it('is at least what the receiver asks for, within reason', () => {
    expect(waitAfter(0, 60, 0.5)).toBe(60);
    expect(waitAfter(6, 60, 0.5)).toBe(3600);
    expect(waitAfter(0, 999_999_999, 0.5)).toBe(28_800);
  });
});
