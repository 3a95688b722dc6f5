/** A mutant: one small fault in the code. */

/** Which kind of fault. Explained in docs/mutants.md. */
export const kinds = [
  'boundary',
  'negation',
  'condition part',
  'swapped ternary',
  'arithmetic',
  'number',
  'boolean',
  'string',
  'regex anchor',
  'statement removed',
  'await dropped',
  'array emptied',
  'object emptied',
  'optional chain',
  'consistent read',
  'first turn only',
] as const;

/** One of `kinds`. */
export type Kind = (typeof kinds)[number];

/** One fault at one place. */
export interface Mutant {
  /** Counts within a run; 0 is no mutant. */
  readonly id: number;
  /** From the root of the checkout, with slashes. */
  readonly file: string;
  readonly line: number;
  /** The declaration around it, as long as it has a name. */
  readonly within: string;
  readonly kind: Kind;
  /** The code as it is, on one line. */
  readonly before: string;
  /** The code with the fault, on one line. */
  readonly after: string;
}

/** What identifies a mutant although lines and numbers move: `accepted.json` and the cache compare it. */
export const identityOf = ({ file, within, kind, before, after }: Omit<Mutant, 'id' | 'line'>): string =>
  JSON.stringify([file, within, kind, before, after]);

/** What became of a mutant. `timeout`: some test did not come to its end, none failed; that is no kill. */
export type Status = 'killed' | 'survived' | 'timeout' | 'not covered';

/** A mutant, and what became of it. */
export interface Verdict {
  readonly mutant: Mutant;
  readonly status: Status;
  /** The test file that noticed it. */
  readonly by: string | null;
}
