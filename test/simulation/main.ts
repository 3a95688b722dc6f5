/**
 * `npm run simulate -- --histories 100000 --seed 1`: many histories with faults, a progress line, and a table of what
 * happened. The first broken promise is told as a story, as short as it can be made, and ends the run with exit code 1.
 */
import { parseArgs } from 'node:util';
import { applyMutant } from './apply-mutant.ts';

const HELP = `Runs the service against fakes in virtual time, with faults, and checks its promises after each history.

  --histories n   how many (10000)
  --seed n        the first seed (1)
  --only a,b      only these actions and faults happen, as a failure names them; prints the story
  --crash-at p    a crash at this await point, for example "follow-up: members.end after"
  --story         prints the story of every history; for few of them
  --mutant name   with a deliberate fault in the code, see test/simulation/mutants
  --faults        searches for each deliberate fault, notes the seeds that show them, prints the table of the document
  --lost-answers for every request to AWS: how long a lost answer delays what is published or answered
  --verdict       prints nothing but the verdict, as JSON`;

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    'crash-at': { type: 'string' },
    story: { type: 'boolean', default: false },
    mutant: { type: 'string' },
    faults: { type: 'boolean', default: false },
    'lost-answers': { type: 'boolean', default: false },
    verdict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function wholeNumber(name: 'histories' | 'seed'): number {
  const number = Number(values[name]);
  if (!/^\d{1,9}$/.test(values[name])) throw new Error(`--${name} has to be a whole number, not ${values[name]}`);
  return number;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [histories, seed] = [wholeNumber('histories'), wholeNumber('seed')];
  if (values.mutant !== undefined) applyMutant(values.mutant);
  if (values.faults) {
    const { noteAll, tableOf } = await import('./find-mutants.ts');
    console.log(tableOf(await noteAll((line) => process.stderr.write(`${line}\n`))));
    return 0;
  }
  // Only now: what is imported from here on may be mutated.
  if (values['lost-answers']) {
    const { lostAnswers } = await import('./lost-answers.ts');
    const seconds = (delay: number): string => (Number.isFinite(delay) ? `${delay.toFixed(1)} s` : 'never');
    console.log('| request whose answer was lost | histories | delay, median | largest |\n|---|---|---|---|');
    for (const { role, request, histories: ran, median, largest } of await lostAnswers(seed, histories)) {
      console.log(`| ${role}: ${request} | ${ran} | ${seconds(median)} | ${seconds(largest)} |`);
    }
    return 0;
  }
  const { pointNamed } = await import('./await-points.ts');
  const { runHistories } = await import('./run.ts');
  const { shrink } = await import('./shrink.ts');
  const crashAt = values['crash-at'] === undefined ? null : pointNamed(values['crash-at']);
  if (values['crash-at'] !== undefined && crashAt === null) {
    throw new Error('--crash-at has to be like "follow-up: members.end after"');
  }
  const only = values.only === undefined ? null : new Set(values.only.split(','));
  const begun = performance.now();
  let shownAt = begun;
  const isTold = values.story || only !== null;
  const result = await runHistories({
    seed,
    histories,
    only,
    crashAt,
    withStory: isTold,
    progress(soFar, { story }) {
      if (isTold) console.log(`${story.join('\n')}\n`);
      const now = performance.now();
      if (values.verdict || now - shownAt < 2_000) return;
      shownAt = now;
      const rate = Math.round((soFar.histories() / (now - begun)) * 1000);
      process.stderr.write(`\r${soFar.histories()} of ${histories} histories, ${rate}/s `);
    },
  });
  if (shownAt !== begun) process.stderr.write('\n');
  const { failed, tally, points, elapsedMs } = result;
  if (values.verdict) {
    const violation = failed?.history.violation ?? null;
    const { invariant = null, message = null } = violation ?? {};
    console.log(JSON.stringify({ histories: tally.histories(), invariant, message }));
    return failed === null ? 0 : 1;
  }
  if (failed === null) {
    console.log(tally.table(points, elapsedMs));
    return 0;
  }
  const short = await shrink(failed.history, failed.crashAt);
  const { violation } = short.history;
  console.log(tally.table(points, elapsedMs));
  console.log(`\nInvariant ${violation?.invariant} is broken: ${violation?.message}\n`);
  console.log(short.history.story.join('\n'));
  const { nameOf } = await import('./await-points.ts');
  const where = failed.crashAt === null ? '' : ` --crash-at "${nameOf(failed.crashAt)}"`;
  const mutant = values.mutant === undefined ? '' : ` --mutant ${values.mutant}`;
  const keys = [...short.only].join(',');
  console.log(
    `\nTo see it again:\n  npm run simulate --${mutant} --histories 1 --seed ${failed.history.seed}${where} --only "${keys}"`,
  );
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error && !(error instanceof TypeError) ? error.message : error);
  process.exitCode = 2;
}
