import { describe, expect, it } from 'vitest';
import { decodeDelivery } from '../../../shared/clients/messages.ts';
import { deliverCallback, RETRY_SECONDS, waitAfter } from '../../../shared/domain/deliver-callback.ts';
import { ask, callbackWorld, START } from './callback-world.ts';

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
