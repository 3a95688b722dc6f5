/** What the processes of a run tell each other, through files. */

/** What a test came by. */
export interface Met {
  readonly ids: readonly number[];
  /** How often the switch was asked. */
  readonly asked: number;
  /** Milliseconds that it took. */
  readonly took: number;
}

/** What the runner inside a worker has to do. */
export interface Plan {
  /** Those that are still alive. */
  readonly mutants: readonly number[];
  /** What each test file met, by its path. */
  readonly met: Readonly<Record<string, { readonly tests: Readonly<Record<string, Met>> }>>;
  /** Milliseconds for a test with a mutant. */
  readonly timeout: number;
  /** Where lines are appended. */
  readonly output: string;
  /** Holds the id of the mutant that is on. */
  readonly activity: string;
}

/** A line that the runner writes. */
export type Line =
  | {
      readonly met: string;
      readonly outside: readonly number[];
      readonly tests: Readonly<Record<string, Met>>;
      /** What is wrong without any mutant; null when nothing is. */
      readonly failed: string | null;
    }
  | { readonly id: number; readonly status: 'killed' | 'timeout' | 'doubtful'; readonly by: string };

/** A kind of tests that may kill. */
export interface Stage {
  readonly name: string;
  /** Test files, from the root. */
  readonly tests: readonly string[];
  /** Milliseconds for a test, after which it has noticed nothing. */
  readonly timeout: number;
}

/** What one process has to do: some files' mutants, through all stages. */
export interface Part {
  readonly root: string;
  /** Mutated texts by path from the root. */
  readonly texts: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly stages: readonly (Stage & {
    /** Ids of those that this stage may kill, with the test files that reach them, nearest first. */
    readonly mutants: readonly (readonly [id: number, tests: readonly string[]])[];
  })[];
  /** Known from an earlier process of the same part, which was stopped because a mutant hung. */
  readonly settled: readonly number[];
  readonly folder: string;
}
