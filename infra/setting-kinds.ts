/** One setting: its default, the values it accepts, and its row in `docs/settings.md`. */
export interface Setting<T> {
  readonly default: T;
  /** Unit of the value, or what kind of text it is. */
  readonly unit: string;
  /** What the setting does and what another value brings. Whole sentences. */
  readonly explanation: string;
  /** What may be written, as the end of the sentence "… must be". */
  readonly allowed: string;
  /** Reads a JSON value, or the text of it as it comes from a command line; undefined when the value is refused. */
  readonly read: (input: unknown) => T | undefined;
}

const numberIn = (input: unknown): number | undefined => {
  if (typeof input === 'number') return input;
  // Number('') and Number(' ') are 0: an empty value on the command line must not become a zero.
  return typeof input === 'string' && /^\d+$/.test(input) ? Number(input) : undefined;
};

/** A whole number of `unit` between `min` and `max`, both included. */
export function wholeNumber(
  fallback: number,
  { min, max, unit }: { min: number; max: number; unit: string },
  explanation: string,
): Setting<number> {
  const read = (input: unknown): number | undefined => {
    const value = numberIn(input);
    return value !== undefined && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  };
  return { read, default: fallback, unit, explanation, allowed: `a whole number from ${min} to ${max}` };
}

/** One of a closed list of numbers. */
export function oneNumberOf(
  fallback: number,
  { from, unit }: { from: readonly number[]; unit: string },
  explanation: string,
): Setting<number> {
  const read = (input: unknown): number | undefined => from.find((number) => number === numberIn(input));
  return { read, default: fallback, unit, explanation, allowed: `one of ${from.join(', ')}` };
}

/** True or false. */
export function flag(fallback: boolean, explanation: string): Setting<boolean> {
  const read = (input: unknown): boolean | undefined => {
    if (input === true || input === 'true') return true;
    return input === false || input === 'false' ? false : undefined;
  };
  return { read, default: fallback, unit: 'true or false', explanation, allowed: 'true or false' };
}

/** One of a closed list of words. */
export function choice<const T extends string>(
  fallback: NoInfer<T>,
  words: readonly T[],
  explanation: string,
): Setting<T> {
  const read = (input: unknown): T | undefined => words.find((word) => word === input);
  const list = words.join(' or ');
  return { read, default: fallback, unit: list, explanation, allowed: list };
}

/** A text that `read` accepts, perhaps in a tidier form. */
export function text(
  fallback: string,
  { unit, allowed, read }: { unit: string; allowed: string; read: (input: string) => string | undefined },
  explanation: string,
): Setting<string> {
  return {
    read: (input) => (typeof input === 'string' ? read(input) : undefined),
    default: fallback,
    unit,
    explanation,
    allowed,
  };
}
