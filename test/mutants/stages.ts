/** Who may kill what: unit tests all, then contract tests, then the rows of the settings or the simulation. */
import { globSync } from 'node:fs';
import type { Stage } from './plan.ts';

/** A stage, and the files whose mutants it may kill. */
export interface StageOf extends Stage {
  readonly covers: (file: string) => boolean;
}

const testsIn = (root: string, folder: string): readonly string[] =>
  globSync(`test/${folder}/**/*.test.ts`, { cwd: root }).toSorted();

/** The stages of this project, the cheapest first. */
export const stagesIn = (root: string): readonly StageOf[] => [
  { name: 'unit', tests: testsIn(root, 'unit'), timeout: 3_000, covers: () => true },
  { name: 'contract', tests: testsIn(root, 'contract'), timeout: 8_000, covers: () => true },
  {
    name: 'settings',
    tests: testsIn(root, 'settings'),
    timeout: 10_000,
    // What is wired; everything else would only be run through once more.
    covers: (file) => file.startsWith('functions/') || file === 'shared/lambda/environment.ts',
  },
  {
    name: 'simulation',
    tests: ['test/mutants/simulation.ts'],
    timeout: 30_000,
    covers: (file) => file.startsWith('shared/domain/'),
  },
];
