/** Callbacks of one refresh: asked for, queued and delivered. */
import { expect } from 'vitest';
import { decodeDelivery } from '../../../shared/clients/messages.ts';
import { type CallbackDeps, registerCallback } from '../../../shared/domain/callback.ts';
import { type DeliverDeps, deliverCallback, type Receipt } from '../../../shared/domain/deliver-callback.ts';
import { endRefresh } from '../../../shared/domain/end-refresh.ts';
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

/** When a callback world begins, in epoch milliseconds. */
export const START = Date.parse(T0);
/** The refresh of a callback world. */
export const ID = 'RFR-00000000000000000000000001';
/** A URL that its rules allow. */
export const URL_1 = 'https://hooks.example.com/1';

/** A running refresh, the queue of deliveries, and a receiver that a test can switch off, under one virtual clock. */
export function callbackWorld() {
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
      endRefresh(deps, {
        key,
        institutionCode: null,
        attention: null,
        claim: running,
        ending: endingOf('degraded', { connectionStatus: 'DEGRADED' }),
      }),
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
export const ask = (deps: CallbackDeps, caller: string, url: string, refreshId = ID): Promise<void> =>
  registerCallback(deps, { id: callbackId(refreshId, caller, url), refreshId, url });
