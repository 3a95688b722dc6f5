/** The simulation as a test that may kill: `main.ts` runs it with mutants of the domain that unit tests leave alive. */
import { expect, it } from 'vitest';
import { createAwaitPoints } from '../simulation/await-points.ts';
import { runHistory } from '../simulation/history.ts';

const HISTORIES = 200;

it(`${HISTORIES} histories with faults keep every promise`, async () => {
  const points = createAwaitPoints();
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const { violation } = await runHistory(seed, { points });
    if (violation !== null) expect.fail(violation.message);
  }
});
