/** All deliberate faults in the code: what the simulation has to find, or it would prove nothing. */
import { followingMutants } from './mutants/following.ts';
import { institutionsMutants } from './mutants/institutions.ts';
import type { Mutant } from './mutants/mutant.ts';
import { mxAnswersMutants } from './mutants/mx-answers.ts';
import { storedMutants } from './mutants/stored.ts';
import { tellingMutants } from './mutants/telling.ts';
import { waitingMutants } from './mutants/waiting.ts';

/** The faults, in the order of the document's table. */
export const mutants: readonly Mutant[] = [
  ...followingMutants,
  ...tellingMutants,
  ...mxAnswersMutants,
  ...institutionsMutants,
  ...storedMutants,
  ...waitingMutants,
];
