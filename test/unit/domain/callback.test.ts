import { describe, expect, it } from 'vitest';
import type { CallbackDeps } from '../../../shared/domain/callback.ts';
import { publishEnd } from '../../../shared/domain/end-refresh.ts';
import { ownIdsIn } from '../../../shared/domain/own-ids.ts';
import { key, T0 } from '../../samples.ts';
import { ask, callbackWorld, ID, URL_1 } from './callback-world.ts';

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
