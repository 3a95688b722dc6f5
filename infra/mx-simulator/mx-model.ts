import type { MxAnswer, MxRequest } from './answers.ts';
import { handleCall } from './calls.ts';
import type { Control } from './control.ts';
import { answerControl } from './control-http.ts';
import { createControl } from './create-control.ts';
import type { GivenSettings } from './options.ts';
import { DEFAULT_SETTINGS, withGiven } from './options.ts';
import type { Delivery } from './outbox.ts';
import { addSeedData } from './seed-data.ts';
import { restoreWorld, snapshotOf } from './snapshot.ts';
import { advance, planAllBackgrounds } from './timeline.ts';
import { createWorld, emptyWorld } from './world.ts';

/** What the model is made from. The same seed, clock and calls give the same history. */
export type MxModelOptions = GivenSettings & {
  /** The present, epoch milliseconds. */
  now: () => number;
  seed: number;
  /** MX's clock runs this many seconds ahead of `now`, or behind it when negative. @default 0 */
  clockAheadSeconds?: number;
  /**
   * Goes on from another model's `snapshot`, with its settings and seed: the others given have no effect. @default a new MX
   */
  snapshot?: Uint8Array | undefined;
};

/** MX's Platform API v20250224 without any I/O and without timers: each call first runs the jobs up to the present. */
export interface MxModel {
  /** Answers one call. Never throws for what a caller sends. */
  handle(request: MxRequest): MxAnswer;
  /** What a test or an operator can change and read without MX's API. */
  readonly control: Control;
  /** Webhooks whose time has come, oldest first; each is handed out once. */
  dueWebhooks(): Delivery[];
  /** Tells the model the receiver's status for a webhook, or null for no answer; from this the retry is planned. */
  webhookAnswered(id: number, status: number | null): void;
  /** When something next happens by itself (a job's step, a webhook); null = never. May lie in the past. */
  nextEventAt(): number | null;
  /** All that it knows but the calls that it received. The same bytes as long as nothing changes. */
  snapshot(): Uint8Array;
}

/** Prefix of the simulator's own paths. */
export const CONTROL_PREFIX = '/_simulator/';

/**
 * A new MX with nothing in it but the seed data, or one that goes on from a snapshot.
 *
 * @throws Error with a sentence for a snapshot of another version of the simulator.
 */
export function createMxModel(options: MxModelOptions): MxModel {
  const { now: present, seed, clockAheadSeconds = 0, snapshot, ...given } = options;
  const aheadMs = clockAheadSeconds * 1000;
  const now = (): number => present() + aheadMs;
  const settings = withGiven(DEFAULT_SETTINGS, given);
  const world = createWorld(settings, seed, now);
  const fill = (): void => {
    if (settings.seedData) addSeedData(world);
    planAllBackgrounds(world);
  };
  if (snapshot === undefined) fill();
  else restoreWorld(world, snapshot);
  const control = createControl(world, () => {
    emptyWorld(world, settings);
    fill();
  });
  return {
    control,
    handle(request) {
      advance(world, now());
      if (request.path.startsWith(CONTROL_PREFIX)) return answerControl(control, request);
      return handleCall(world, request);
    },
    dueWebhooks() {
      advance(world, now());
      return world.outbox.due(now()).map((delivery) => ({ ...delivery, dueAt: delivery.dueAt - aheadMs }));
    },
    webhookAnswered: (id, status) => world.outbox.answered(id, status),
    nextEventAt() {
      const next = Math.min(world.nextChangeAt, world.outbox.nextAt());
      return Number.isFinite(next) ? next - aheadMs : null;
    },
    snapshot: () => snapshotOf(world),
  };
}
