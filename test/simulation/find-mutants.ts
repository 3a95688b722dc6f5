/** Finds each deliberate fault: by the seed that is noted for it, or by a search when that shows it no more. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { FaultyRuns } from './faulty-runs.ts';
import type { Mutant } from './mutants/mutant.ts';
import { mutants } from './mutants.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** A history that shows a fault. */
export interface Found {
  readonly seed: number;
  readonly promise: number;
}

/** What is noted, by the names of the faults. */
type Noted = Readonly<Record<string, Found>>;

/**
 * Each fault but `unattended-starts-again` and `unreadable-is-missing` was found in fewer. The bound is for the day on which
 * one is not found any more.
 */
const MAX_HISTORIES = 8_000;

const file = new URL('noted-seeds.json', import.meta.url);

/** What the last `npm run simulate -- --faults` found. */
export const readNoted = (): Noted => JSON.parse(readFileSync(file, 'utf8'));

/** What a run from `seed` on found of the fault; null when it broke no promise that the fault is said to break. */
function foundIn({ invariant, histories }: Verdict, { breaks }: Mutant, seed: number): Found | null {
  if (invariant === null || !breaks.includes(invariant)) return null;
  return { seed: seed + histories - 1, promise: invariant };
}

/** The first seed that shows the fault. @throws Error when it is found by none, or by a promise that it does not break. */
async function search(mutant: Mutant): Promise<Found> {
  const verdict = await verdictOf({ mutant: mutant.name, seed: 1, histories: MAX_HISTORIES });
  const found = foundIn(verdict, mutant, 1);
  if (found !== null) return found;
  const { invariant, histories, message } = verdict;
  throw new Error(
    invariant === null
      ? `${mutant.name}: nothing is found in ${MAX_HISTORIES} histories`
      : `${mutant.name}: seed ${histories} breaks promise ${invariant}, not one of ${mutant.breaks.join(', ')}: ${message}`,
  );
}

/** The noted seed when it still shows the fault, else the first one that does. @throws Error when none does. */
export async function findMutant(mutant: Mutant, noted: Noted, runs: FaultyRuns): Promise<Found> {
  const { seed } = noted[mutant.name] ?? {};
  const found = seed === undefined ? null : foundIn(await runs.verdictOf({ mutant: mutant.name, seed }), mutant, seed);
  return found ?? search(mutant);
}

/** Searches for each fault from the first seed on and notes what shows it. @throws Error when one is not found. */
export async function noteAll(told: (line: string) => void): Promise<Noted> {
  const waiting = mutants.entries();
  const rows: [string, Found][] = [];
  const work = async (): Promise<void> => {
    for (const [index, mutant] of waiting) {
      const found = await search(mutant);
      rows[index] = [mutant.name, found];
      told(`${mutant.name}: seed ${found.seed}`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const noted = Object.fromEntries(rows);
  writeFileSync(file, `${JSON.stringify(noted, null, 2)}\n`);
  return noted;
}

/** The table of docs/simulation.md. */
export const tableOf = (noted: Noted): string =>
  [
    '| deliberate fault | caught by promise | seed |',
    '|---|---|---|',
    ...mutants.map(
      ({ name, what, besides }) => `| ${what} | ${besides ?? noted[name]?.promise} | ${noted[name]?.seed} |`,
    ),
  ].join('\n');
