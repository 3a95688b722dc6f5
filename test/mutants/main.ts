/**
 * `npm run mutants -- shared/domain/decision.ts`: puts small faults into the code, one at a time, and names those that
 * no test notices. docs/mutants.md.
 */
import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { awsCredentials, placeholders } from '../placeholders.ts';
import { readAccepted } from './accepted.ts';
import { reportOf } from './report.ts';
import { runMutants } from './run.ts';
import { stagesIn } from './stages.ts';

const HELP = `Puts small faults into the code, one at a time, and names those that no test notices.

  npm run mutants -- [file or folder]…   default: shared and functions

  --since rev    only files that differ from this revision of git
  --gate         exit code 1 when a survivor remains that test/mutants/accepted.json does not accept
  --workers n    processes (2)
  --stage name   only these tests may kill: unit, contract, settings or simulation; may be repeated. Survivors are not remembered
  --fresh        forgets what earlier runs found`;

const root = join(import.meta.dirname, '../..');

function filesBelow(path: string): readonly string[] {
  const info = statSync(join(root, path), { throwIfNoEntry: false });
  if (info === undefined) throw new Error(`there is no file or folder ${path}`);
  return info.isDirectory() ? globSync(`${path}/**/*.ts`, { cwd: root }).toSorted() : [path];
}

/** Files of the working copy that differ from `revision`; deleted ones are left out. */
function changedSince(revision: string): ReadonlySet<string> {
  const names = (args: readonly string[]): readonly string[] =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  return new Set([
    ...names(['diff', '--name-only', '--diff-filter=d', revision, '--']),
    ...names(['ls-files', '--others', '--exclude-standard']),
  ]);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      since: { type: 'string' },
      gate: { type: 'boolean', default: false },
      workers: { type: 'string', default: '2' },
      stage: { type: 'string', multiple: true, default: [] },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (!/^[1-9]\d?$/.test(values.workers)) throw new Error(`--workers has to be a number from 1, not ${values.workers}`);
  const stages = stagesIn(root);
  const unknown = values.stage.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) throw new Error(`there is no stage ${unknown}; --help names them`);
  const isPartial = values.stage.length > 0;
  if (isPartial && values.gate) throw new Error('--gate needs all stages');
  const asked = (positionals.length > 0 ? positionals : ['shared', 'functions']).flatMap((path) =>
    filesBelow(path.replace(/^\.\//, '').replace(/\/+$/, '')),
  );
  const changed = values.since === undefined ? null : changedSince(values.since);
  const files = [...new Set(asked)].filter((file) => changed === null || changed.has(file));
  const accepted = readAccepted(join(import.meta.dirname, 'accepted.json'));
  const begun = performance.now();
  // An exit takes the processes of the run with it; a signal alone would not.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const verdicts = await runMutants({
    root,
    files,
    stages: isPartial ? stages.filter(({ name }) => values.stage.includes(name)) : stages,
    keepsSurvivors: !isPartial,
    env: { ...placeholders, ...awsCredentials },
    workers: Number(values.workers),
    cache: join(root, 'node_modules/.cache/mutants.json'),
    fresh: values.fresh,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const { text, passed } = reportOf(verdicts, accepted, positionals.length === 0 && changed === null);
  console.log(`${text}\n\n${files.length} files, ${Math.round((performance.now() - begun) / 1000)} s`);
  return values.gate && !passed ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
