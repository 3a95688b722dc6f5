/** The simulation itself under test: deliberate faults in the code, each of which it has to find, by the promise it breaks. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { mutatedSources } from './apply-mutant.ts';
import { FaultyRuns } from './faulty-runs.ts';
import { findMutant, readNoted, tableOf } from './find-mutants.ts';
import { mutants } from './mutants.ts';
import { verdictOf } from './verdict.ts';

const noted = readNoted();
const runs = new FaultyRuns();
afterAll(() => runs.close());

describe('the simulation finds', () => {
  it.each(mutants.map((mutant) => [mutant.what, mutant] as const))('%s', async (_what, mutant) => {
    const { seed } = await findMutant(mutant, noted, runs);
    if (seed !== noted[mutant.name]?.seed)
      console.warn(`${mutant.name} is found by seed ${seed}: note it with npm run simulate -- --faults`);
  });
});

describe('a mutant', () => {
  it('is a change of code that is there', () => {
    for (const mutant of mutants) expect(() => mutatedSources(mutant)).not.toThrow();
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it('is refused when its code is gone', () => {
    const gone = { file: 'shared/domain/sweep.ts', find: 'no such code', replace: '' };
    expect(() => mutatedSources({ name: 'gone', what: '', breaks: [], changes: [gone] })).toThrow(/0 places/);
  });

  it('is what is found; without one nothing is', async () => {
    expect(await verdictOf({ seed: 1, histories: 200 })).toMatchObject({ invariant: null });
  });

  it('is in the document’s table with its noted seed', () => {
    const document = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');
    expect(document).toContain(tableOf(noted));
  });
});
