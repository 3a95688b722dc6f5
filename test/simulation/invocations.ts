/** Running functions in virtual time: each request takes a while, may fail, may happen twice, or is the last one. */
import type { MxAnswer } from '../../infra/mx-simulator/answers.ts';
import { createRandom, hashText, type Random } from '../../infra/mx-simulator/random.ts';
import type { Request } from '../fakes/request.ts';
import { type AwaitPoints, pass } from './await-points.ts';
import { awsFaults, type Fault, type FaultChooser, type FaultKind, mxPostFaults, mxReadFaults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';
import { spoiled, spoilMx } from './spoilt-answers.ts';
import { Violation } from './violation.ts';

/** What runs: `trigger` is check-balance, `tick` run-schedule, `webhook` mx-webhook; the others are functions by name. */
export type Role =
  | 'trigger'
  | 'resume'
  | 'member-schedule'
  | 'erase-data'
  | 'follow-up'
  | 'sweep'
  | 'start-due'
  | 'tick'
  | 'webhook';

/** One invocation of a function. */
export interface Invocation {
  /** `follow-up 7`: the seventh of its history. */
  readonly id: string;
  readonly role: Role;
  readonly random: Random;
  readonly startedAt: number;
  /** What it was called for. */
  readonly about: string;
  alive: boolean;
  done: boolean;
  /** Hit by a fault. */
  hit: boolean;
  /** Requests under way. */
  pending: number;
  /** It has left work of its own behind, which goes on beside it. */
  overlaps: boolean;
  requests: number;
}

/** How an invocation ended. */
export type Ended<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It crashed or ran out of time: it gives no result. */
  | { readonly kind: 'died' };

/** Callbacks of the machinery to its observers. */
export interface Watcher {
  /** A request has just had its effect. */
  effect(invocation: Invocation, name: string): void;
  /** A line of the history; made only when it is printed. */
  tell: ((line: string) => void) | null;
}

/** Runs functions. */
export interface Invocations {
  /** Starts `work` now. */
  start<T>(
    role: Role,
    about: string,
    timeoutSeconds: number,
    work: (invocation: Invocation) => Promise<T>,
    ended: (ended: Ended<T>, invocation: Invocation) => void,
  ): void;
  /** A line for the story, if there is one. */
  tell(invocation: Invocation, what: () => string): void;
  /** A request of AWS's, for the fakes. */
  requestOf(invocation: Invocation): Request;
  /** A request to MX. @throws Failure as the transport does. */
  askMx(invocation: Invocation, name: string, timeoutMs: number, effect: () => MxAnswer): Promise<MxAnswer>;
  /** True when `work` is done in time; it goes on when it is not. */
  within(invocation: Invocation, milliseconds: number, work: Promise<void>): Promise<boolean>;
  /** Waits without a request. */
  sleep(invocation: Invocation, milliseconds: number): Promise<void>;
  /** Lets what was resumed run until it waits again. Call after every step of the scheduler. */
  settle(): Promise<void>;
  readonly running: () => number;
}

/** A fault that is not drawn: the first request `request` of a function `role` is hit by it. */
export interface OrderedFault {
  readonly role: string;
  readonly request: string;
  readonly kind: 'crash before' | 'crash after' | 'twice';
}

/** A little more than the longest call of AWS, 9 s (`shared/clients/aws-limits.ts`). */
const AWS_TIMEOUT_MS = 9_300;

/** A request whose answer was lost is sent again, and arrives, so much later. */
export const REPEATED_AFTER_MS = 3_000;

/** The key of an ordered fault. */
const ORDERED = 'ordered';

/** A crash is drawn more often where it is rarer to come by. */
const factorOf: Readonly<Record<Role, number>> = {
  trigger: 1.5,
  resume: 3,
  'member-schedule': 3,
  'erase-data': 3,
  'follow-up': 1,
  sweep: 3,
  'start-due': 1.5,
  tick: 1,
  webhook: 1,
};

/** What cannot be reached at all, and when. */
export interface Outages {
  readonly isMxDown: (now: number) => boolean;
  /** The bus and every queue: nothing can be sent. */
  readonly isMessagingDown: (now: number) => boolean;
  /** The table of the history: nothing can be put. */
  readonly isHistoryDown: (now: number) => boolean;
}

/** Ports that send to the bus or to a queue. */
const messaging = /^(events|deliveries|notices|followUps|webhooks|erasure|erasures|starts|sweepRests)\./;

/** The machinery of one history. */
export function createInvocations(
  seed: number,
  scheduler: Scheduler,
  faults: FaultChooser,
  points: AwaitPoints,
  watcher: Watcher,
  { isMxDown, isMessagingDown, isHistoryDown }: Outages,
  ordered: OrderedFault | null,
): Invocations {
  const counts: Partial<Record<Role, number>> = {};
  const alive = new Set<Invocation>();
  let resumed: Invocation[] = [];
  let hasOrdered = false;
  /** How many requests have had an effect. */
  let effects = 0;
  const { now } = scheduler;
  const tell = (invocation: Invocation, what: string): void => watcher.tell?.(`${invocation.id}: ${what}`);

  function die(invocation: Invocation): void {
    invocation.alive = false;
    alive.delete(invocation);
  }

  /** The fault that was ordered, at the first request that it is for. */
  function orderedAt(role: Role, request: string): Fault | null {
    if (ordered === null || ordered.role !== role || ordered.request !== request || hasOrdered) return null;
    hasOrdered = true;
    return { key: ORDERED, kind: ordered.kind, amount: 0 };
  }

  /** A request: `fault` decides when it has its effect, and what its sender hears of it. */
  function send<T>(
    invocation: Invocation,
    name: string,
    kinds: readonly FaultKind[],
    latencyMs: (random: Random) => number,
    timeoutMs: number,
    effect: () => T,
    spoil: (fault: Fault, value: T | undefined) => { value: T } | { error: unknown },
  ): Promise<T> {
    // Never resumed: the invocation has crashed.
    if (!invocation.alive) return new Promise(() => {});
    const { random } = invocation;
    const { before, after } = points.of(invocation.role, name);
    invocation.requests += 1;
    const key = `${invocation.id}.${invocation.requests}`;
    const drawn = faults.atRequest(key, name, random, kinds, factorOf[invocation.role], now());
    const fault = orderedAt(invocation.role, name) ?? drawn;
    const [first, second, arrives] = [latencyMs(random), random.chance(0.5) ? 0 : latencyMs(random), random.next()];
    const kind = fault?.kind ?? null;
    if (fault !== null) {
      invocation.hit = true;
      tell(invocation, `${name}: ${fault.kind}   [${fault.key}]`);
    }
    pass(before, seed);
    if (kind === 'crash before') {
      before.crashed += 1;
      die(invocation);
      return new Promise(() => {});
    }
    invocation.pending += 1;
    return new Promise<T>((resolve, reject) => {
      const sentAt = now();
      const arrive = (result: { value: T } | { error: unknown }): void => {
        if (!invocation.alive) return;
        pass(after, seed);
        invocation.pending -= 1;
        resumed.push(invocation);
        if ('value' in result) resolve(result.value);
        else reject(result.error);
      };
      const finish = (at: number, result: { value: T } | { error: unknown }): void => {
        if (at <= now()) arrive(result);
        else scheduler.at(at, () => arrive(result));
      };
      const happens = (at: number, then: (value: T) => void): void =>
        scheduler.at(at, () => {
          // What a function has sent before it crashed may still arrive.
          if (!invocation.alive && arrives < 0.5) return;
          const value = effect();
          effects += 1;
          watcher.effect(invocation, name);
          if (invocation.alive) then(value);
        });
      const arrivesAt = sentAt + first;
      const slowMs = fault !== null && kind === 'slow' ? fault.amount * (timeoutMs - 200) : 0;
      if (fault === null) {
        happens(arrivesAt, (value) => finish(arrivesAt + second, { value }));
        return;
      }
      switch (kind) {
        case 'crash after':
          happens(arrivesAt, () => {
            pass(after, seed);
            after.crashed += 1;
            die(invocation);
          });
          return;
        case 'slow':
          // Half of the slow ones are slow on their way there, the others on their way back.
          if (arrives < 0.5) happens(arrivesAt + slowMs, (value) => finish(now(), { value }));
          else happens(arrivesAt, (value) => finish(arrivesAt + slowMs, { value }));
          return;
        case 'twice':
          happens(arrivesAt, (answered) => {
            const known = effects;
            happens(arrivesAt + REPEATED_AFTER_MS, (value) => {
              // An ordered one is there to be measured, with and without the code that recognises it.
              if (fault.key !== ORDERED) checkRepeated(name, effects === known + 1, answered, value);
              finish(now(), { value });
            });
          });
          return;
        case 'error before':
        case 'mx reset before':
        case 'mx refusal':
        case 'mx retry later':
          finish(arrivesAt, spoil(fault, undefined));
          return;
        case 'timeout before':
        case 'mx timeout before':
          finish(sentAt + timeoutMs, spoil(fault, undefined));
          return;
        case 'timeout after':
        case 'mx timeout after':
          happens(arrivesAt, () => finish(sentAt + timeoutMs, spoil(fault, undefined)));
          return;
        case 'mx late':
          happens(sentAt + timeoutMs + fault.amount * 8_000, () => {});
          finish(sentAt + timeoutMs, spoil(fault, undefined));
          return;
        default:
          happens(arrivesAt, (value) => finish(arrivesAt + second, spoil(fault, value)));
      }
    });
  }

  return {
    running: () => alive.size,
    tell: (invocation, what) => {
      if (watcher.tell !== null) tell(invocation, what());
    },

    start(role, about, timeoutSeconds, work, ended) {
      counts[role] = (counts[role] ?? 0) + 1;
      const id = `${role} ${counts[role]}`;
      const invocation: Invocation = {
        id,
        role,
        random: createRandom(hashText(id, seed), 'invocation'),
        startedAt: now(),
        about,
        alive: true,
        done: false,
        hit: false,
        pending: 0,
        overlaps: false,
        requests: 0,
      };
      alive.add(invocation);
      tell(invocation, `begins (${about})`);
      const over = (result: Parameters<typeof ended>[0]): void => {
        if (!invocation.alive || invocation.done) return;
        invocation.done = true;
        die(invocation);
        if (watcher.tell !== null) tell(invocation, sayingOf(result));
        ended(result, invocation);
      };
      scheduler.at(invocation.startedAt + timeoutSeconds * 1000, () => {
        if (invocation.done) return;
        tell(invocation, 'is dead');
        invocation.done = true;
        die(invocation);
        ended({ kind: 'died' }, invocation);
      });
      resumed.push(invocation);
      work(invocation).then(
        (value) => over({ kind: 'returned', value }),
        (error: unknown) => over({ kind: 'threw', error }),
      );
    },

    requestOf: (invocation) => (name, effect) => {
      if (isMessagingDown(now()) && messaging.test(name)) {
        invocation.hit = true;
        return Promise.reject(new Error(`simulated: bus and queues down at ${name}`));
      }
      if (name === 'history.put' && isHistoryDown(now())) {
        return Promise.reject(new Error('simulated: the history takes nothing'));
      }
      return send(invocation, name, awsFaults, awsLatency, AWS_TIMEOUT_MS, effect, (fault) => ({
        error: new Error(`simulated: ${fault.kind} at ${name}`),
      }));
    },

    askMx(invocation, name, timeoutMs, effect) {
      if (isMxDown(now())) {
        const down: Fault = { key: 'outage', kind: 'mx down', amount: 0 };
        return send(invocation, name, crashes, mxLatency, timeoutMs, () => spoiled(down), spoilMx);
      }
      const kinds = name === 'mx.checkBalance' ? mxPostFaults : mxReadFaults;
      return send(invocation, name, kinds, mxLatency, timeoutMs, effect, spoilMx);
    },

    within(invocation, milliseconds, work) {
      return new Promise((resolve, reject) => {
        let isOver = false;
        const over = (then: () => void) => (): void => {
          isOver = true;
          then();
        };
        work.then(
          over(() => resolve(true)),
          (error: unknown) => over(() => reject(error))(),
        );
        scheduler.at(now() + milliseconds, () => {
          if (isOver || !invocation.alive) return;
          tell(invocation, 'leaves work behind');
          invocation.overlaps = true;
          resumed.push(invocation);
          resolve(false);
        });
      });
    },

    sleep(invocation, milliseconds) {
      invocation.pending += 1;
      return new Promise((resolve) => {
        scheduler.at(now() + milliseconds, () => {
          if (!invocation.alive) return;
          invocation.pending -= 1;
          resumed.push(invocation);
          resolve();
        });
      });
    },

    async settle() {
      if (resumed.length === 0) return;
      const waiting = resumed;
      resumed = [];
      for (const invocation of waiting) {
        // A function that waits for one thing at a time runs until it waits for the next, or is over.
        for (let turn = 0; invocation.pending === 0 && invocation.alive && turn < 1_000; turn += 1) await null;
        // One that waits for several may have gone on or not: enough turns for what it does next.
        if (invocation.pending > 1 || invocation.overlaps) for (let turn = 0; turn < 40; turn += 1) await null;
      }
    },
  };
}

function sayingOf(ended: Ended<unknown>): string {
  if (ended.kind !== 'returned') return ended.kind === 'threw' ? `throws ${String(ended.error)}` : 'is dead';
  return `→ ${JSON.stringify(ended.value)?.slice(0, 160) ?? 'done'}`;
}

/**
 * What a request that was sent twice answers: the same both times, if nothing else has happened in between. Else its flow
 * would stop, as after a race that was lost, until the sweep finds it.
 */
function checkRepeated(name: string, isUndisturbed: boolean, first: unknown, second: unknown): void {
  // An account that fails its own condition is read and decided again at once. A condition that did not hold may hold by
  // the second time, because a lease or a gap is over by then: that stops no flow.
  // The index of open claims lags behind its table: read later, it may list another claim without a write in between.
  // A time under the ceiling that was reserved and not told is wasted: the next one serves as well.
  const mayDiffer = name.startsWith('balances.store/') || ['members.openPage', 'ceiling.reserve'].includes(name);
  if (!isUndisturbed || mayDiffer || first === false) return;
  if (JSON.stringify(first) !== JSON.stringify(second)) {
    throw new Violation(
      0,
      `${name} was answered with ${JSON.stringify(second)?.slice(0, 80)} because its answer was lost`,
    );
  }
}

const crashes = ['crash before', 'crash after'] as const;

const awsLatency = (random: Random): number => 2 + random.next() * 18;
const mxLatency = (random: Random): number => 40 + random.next() * 400;
