/** What can go wrong, drawn from the seed. Every fault has a key, so that a shorter story can be told without it. */
import type { Random } from '../../infra/mx-simulator/random.ts';

/** What can happen to a request to AWS. `twice`: the SDK sends it again because the first answer was lost. */
export const awsFaults = [
  'crash before',
  'crash after',
  'error before',
  'error after',
  'timeout before',
  'timeout after',
  'slow',
  'twice',
] as const;

/** What can happen to a request to MX. `late`: the client has given up when MX gets to it. */
export const mxFaults = [
  'crash before',
  'crash after',
  'mx timeout before',
  'mx timeout after',
  'mx late',
  'mx reset before',
  'mx reset after',
  'mx refusal',
  'mx 500 after',
  'mx garbage',
  'slow',
] as const;

/** What can happen to a read: also an answer in a form that MX does not document, or about another member. */
export const mxReadFaults = [...mxFaults, 'mx odd form'] as const;

/** What can happen to the request for a job: also a refusal that says how long to wait with the next one. */
export const mxPostFaults = [...mxReadFaults, 'mx retry later'] as const;

/** What can happen to a message, a tick, a sweep or a webhook. */
export type PassiveFault =
  | 'message lost'
  | 'message doubled'
  | 'message late'
  | 'delete lost'
  | 'tick missed'
  | 'webhook lost'
  | 'webhook doubled'
  | 'webhook late';

/** The kind of a fault. */
export type FaultKind = (typeof awsFaults)[number] | (typeof mxPostFaults)[number] | PassiveFault | 'mx down';

/** A fault that happens now. */
export interface Fault {
  readonly key: string;
  readonly kind: FaultKind;
  /** In [0, 1): how long, which one, and the like. */
  readonly amount: number;
}

/** The faults of one history and their probabilities. */
export interface FaultProfile {
  /** Probability that a request is hit. */
  readonly rate: number;
  /** Relative weights of the kinds; what is missing weighs nothing. */
  readonly weights: Readonly<Partial<Record<FaultKind, number>>>;
  /** The port whose requests are hit more often than the others; null when all are alike. */
  readonly weakPort: string | null;
  /** Probability that a message, a tick or a sweep is hit. */
  readonly passiveRate: number;
  /** Epoch milliseconds: after this nothing goes wrong any more. */
  readonly until: number;
}

/** No faults at all. */
export const noFaults: FaultProfile = { rate: 0, weights: {}, weakPort: null, passiveRate: 0, until: 0 };

const allKinds = [...new Set([...awsFaults, ...mxFaults])];

/** What can be the weak one: the queues, the bus, MX, or one of the tables. */
const weakPorts = ['balances', 'members', 'refreshes', 'followUps', 'mx'] as const;
const WEAKNESS = 5;

/** Leaves it unknown whether a POST had its effect. */
const unknownResults = ['mx timeout after', 'mx reset after', 'mx late', 'mx 500 after'] as const;

/** A profile from the seed: one history in seven has no faults, some have few of many kinds, some many of few. */
export function drawProfile(random: Random, until: number): FaultProfile {
  if (random.chance(1 / 7)) return noFaults;
  // Some worlds are only slow, some have only MX fail or only AWS, some everything at once.
  const whose = random.integer(5);
  const kinds = whose === 0 ? (['slow'] as const) : whose === 1 ? awsFaults : whose === 2 ? mxFaults : allKinds;
  const rate = whose === 0 ? 0.15 : ([0.01, 0.03, 0.08, 0.2][random.integer(4)] ?? 0.03);
  const weights: Partial<Record<FaultKind, number>> = {};
  for (const kind of kinds) {
    // Crashes weigh more: they are what the order of the steps has to survive.
    weights[kind] = random.integer(3) * (kind.startsWith('crash') ? 3 : 1);
  }
  if (whose === 0) weights.slow = 1;
  // A POST whose effect is unknown is the worst fault of MX.
  if (whose === 2) for (const kind of unknownResults) weights[kind] = 8;
  if (whose >= 2) {
    weights['mx retry later'] = 8;
    weights['mx odd form'] = 3;
  }
  const weakPort = weakPorts[random.integer(2 * weakPorts.length)] ?? null;
  return { rate, weights, weakPort, passiveRate: random.chance(0.5) ? 0 : rate * 2, until };
}

/** Chooses faults, and knows which of them are not to happen. */
export interface FaultChooser {
  /** The fault that hits a request, if one does. Draws the same number of random numbers in every case. */
  atRequest(
    key: string,
    name: string,
    random: Random,
    kinds: readonly FaultKind[],
    factor: number,
    now: number,
  ): Fault | null;
  /** The same for a message, a tick or a sweep. */
  passive(key: string, random: Random, kinds: readonly PassiveFault[], now: number): Fault | null;
  /** Whether something of this key may happen. */
  allows(key: string): boolean;
}

/** A chooser for one history. `only`: keys of what may happen; null for everything. */
export function faultChooser(
  profile: FaultProfile,
  only: ReadonlySet<string> | null,
  chosen: (fault: Fault) => void,
): FaultChooser {
  const allows = (key: string): boolean => only === null || only.has(key);
  const isWeak = (name: string): boolean => profile.weakPort !== null && name.startsWith(`${profile.weakPort}.`);
  const take = (fault: Fault): Fault | null => {
    if (!allows(fault.key)) return null;
    chosen(fault);
    return fault;
  };

  return {
    allows,
    atRequest(key, name, random, kinds, factor, now) {
      const [hit, which, amount] = [random.next(), random.next(), random.next()];
      if (now >= profile.until || hit >= profile.rate * factor * (isWeak(name) ? WEAKNESS : 1)) return null;
      let sum = 0;
      for (const kind of kinds) sum += profile.weights[kind] ?? 0;
      let left = which * sum;
      for (const kind of kinds) {
        left -= profile.weights[kind] ?? 0;
        if (left < 0) return take({ key, kind, amount });
      }
      return null;
    },
    passive(key, random, kinds, now) {
      const [hit, which, amount] = [random.next(), random.next(), random.next()];
      if (now >= profile.until || hit >= profile.passiveRate) return null;
      const kind = kinds[Math.floor(which * kinds.length)];
      return kind === undefined ? null : take({ key, kind, amount });
    },
  };
}
