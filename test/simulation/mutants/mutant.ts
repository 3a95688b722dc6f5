/** What a deliberate fault in the code is. */

/** One fault: a small diff. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  /** The invariants, one of which has to be found broken. */
  readonly breaks: readonly number[];
  /** With invariant 0: which of the checks beside the promises, as docs/simulation.md names them. */
  readonly besides?: 'schedule' | 'repetition' | 'progress' | 'learning' | 'breaker' | 'history' | 'attention';
  readonly changes: readonly Change[];
}

/** In one place of a file. */
interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A change in the domain. */
export const domain = (file: string, find: string, replace: string): Change => ({
  file: `shared/domain/${file}`,
  find,
  replace,
});

/** The same fault in the fake of a client as in the client that it is held to. */
export const fake = (file: string, find: string, replace: string): Change => ({
  file: `test/fakes/${file}`,
  find,
  replace,
});
