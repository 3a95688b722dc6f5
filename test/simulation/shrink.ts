/** The shortest story that still breaks the promise: actions and faults are left out as long as it does. */
import { type CrashAt, createAwaitPoints, orderedCrash } from './await-points.ts';
import { type History, runHistory } from './history.ts';

/** What a story is about: its seed, and the keys of what happens in it. */
export interface ShortStory {
  readonly history: History;
  readonly only: ReadonlySet<string>;
}

/** A bound for the time that shrinking takes. */
const MAX_RUNS = 400;

/** Shortens the failed history `seed`. */
export async function shrink(failed: History, crashAt: CrashAt | null): Promise<ShortStory> {
  const invariant = failed.violation?.invariant;
  let runs = 0;
  const run = (only: ReadonlySet<string>): Promise<History> => {
    runs += 1;
    return runHistory(failed.seed, {
      points: createAwaitPoints(),
      only,
      ordered: crashAt && orderedCrash(crashAt),
      withStory: true,
    });
  };
  let kept = [...new Set([...failed.actionKeys, ...failed.faults.map(({ key }) => key)])];
  let best = await run(new Set(kept));
  for (
    let size = Math.ceil(kept.length / 2);
    size >= 1 && runs < MAX_RUNS;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < kept.length && runs < MAX_RUNS; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      const tried = await run(new Set(fewer));
      if (tried.violation?.invariant === invariant) {
        kept = fewer;
        best = tried;
      } else from += size;
    }
  }
  return { history: best, only: new Set(kept) };
}
