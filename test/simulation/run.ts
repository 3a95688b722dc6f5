/** Many histories in a row: first by seed, then with a crash at each point at which none happened by chance. */
import { type AwaitPoints, type CrashAt, createAwaitPoints, nameOf, orderedCrash } from './await-points.ts';
import { type History, runHistory } from './history.ts';
import { createTally, type Tally } from './tally.ts';

/** What to run. */
export interface RunOptions {
  readonly seed: number;
  readonly histories: number;
  /** Further seeds after these. */
  readonly also?: readonly number[];
  readonly only?: ReadonlySet<string> | null;
  readonly crashAt?: CrashAt | null;
  readonly withStory?: boolean;
  /** Told after every history. */
  readonly progress?: (tally: Tally, history: History) => void;
}

/** What came of it. */
export interface RunResult {
  readonly tally: Tally;
  readonly points: AwaitPoints;
  readonly elapsedMs: number;
  /** The first history in which a promise was broken. */
  readonly failed: { readonly history: History; readonly crashAt: CrashAt | null } | null;
}

/** A point with fewer crashes by chance than this is crashed at on purpose. */
const CRASHES_PER_POINT = 2;

/** Runs histories `seed`, `seed + 1`, and so on; stops at the first that breaks a promise. */
export async function runHistories(options: RunOptions): Promise<RunResult> {
  const points = createAwaitPoints();
  const tally = createTally();
  const begun = performance.now();
  const { only = null, crashAt = null, withStory = false, progress } = options;
  const run = async (seed: number, at: CrashAt | null): Promise<History> => {
    const history = await runHistory(seed, { points, only, ordered: at && orderedCrash(at), withStory });
    tally.add(history);
    progress?.(tally, history);
    return history;
  };
  const over = (failed: RunResult['failed']): RunResult => ({
    tally,
    points,
    elapsedMs: performance.now() - begun,
    failed,
  });

  const inARow = Array.from({ length: options.histories }, (_, index) => options.seed + index);
  for (const seed of [...inARow, ...(options.also ?? [])]) {
    const history = await run(seed, crashAt);
    if (history.violation !== null) return over({ history, crashAt });
  }
  if (crashAt !== null || only !== null) return over(null);
  // A crash can lead to points not seen before: until there are no more of them.
  const tried = new Set<string>();
  for (;;) {
    const next = points.all().find((point) => wantsCrash(point) && !tried.has(nameOf(point)));
    if (next === undefined) return over(null);
    tried.add(nameOf(next));
    const at: CrashAt = { role: next.role, request: next.request, when: next.when };
    for (const seed of next.seeds) {
      const history = await run(seed, at);
      if (history.violation !== null) return over({ history, crashAt: at });
    }
  }
}

const wantsCrash = ({ crashed }: { crashed: number }): boolean => crashed < CRASHES_PER_POINT;
