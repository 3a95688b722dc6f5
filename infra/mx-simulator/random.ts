/** A seeded stream of numbers (mulberry32): the same seed gives the same history, on every machine. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  /** A number from the standard normal distribution. */
  normal(): number;
  /** True with this probability (0 = never, 1 = always; these two use up no number). */
  chance(probability: number): boolean;
  /** A guid as MX writes them: prefix, dash, lower-case UUID. */
  guid(prefix: string): string;
  /** Where the stream stands: `moveTo` of another stream goes on from there. */
  position(): number;
  moveTo(position: number): void;
}

/** 32-bit FNV-1a over the text, started from `start`. */
export function hashText(text: string, start = 0x811c9dc5): number {
  let hash = start >>> 0;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** One stream for each purpose: otherwise one more number drawn for a fault would change how long jobs take. */
export function createRandom(seed: number, purpose = ''): Random {
  let state = hashText(purpose, (seed ^ 0x811c9dc5) >>> 0);
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const next = (): number => bits() / 0x1_0000_0000;
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    // Box-Muller; 1 - next() is never 0, whose logarithm is not a number of seconds.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    chance: (probability) => probability > 0 && (probability >= 1 || next() < probability),
    guid: (prefix) => `${prefix}-${uuid(bits(), bits(), bits(), bits())}`,
    position: () => state,
    moveTo(position) {
      state = position;
    },
  };
}

/** A guid that depends on nothing but the text: the same account has the same guid in every run. */
export function guidFor(prefix: string, text: string): string {
  const first = hashText(text);
  return createRandom(first, text).guid(prefix);
}

function uuid(a: number, b: number, c: number, d: number): string {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const middle = hex(b);
  const end = hex(c);
  return `${hex(a)}-${middle.slice(0, 4)}-4${middle.slice(5)}-8${end.slice(1, 4)}-${end.slice(4)}${hex(d)}`;
}
