/** A run: mutants of files, what is known of them from before, the processes that try the others, and the verdicts. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheIn, digestsIn } from './cache.ts';
import { identityOf, type Mutant, type Verdict } from './mutant.ts';
import { mutate } from './mutate.ts';
import type { Line, Part } from './plan.ts';
import { reachIn } from './reach.ts';
import type { StageOf } from './stages.ts';

/** What to run. */
export interface RunOptions {
  readonly root: string;
  /** From the root. */
  readonly files: readonly string[];
  readonly stages: readonly StageOf[];
  readonly env: Readonly<Record<string, string>>;
  readonly workers: number;
  /** The file in which runs leave for later ones what they found. */
  readonly cache: string;
  /** Forgets what earlier runs found. */
  readonly fresh: boolean;
  /** Whether what none of the stages has noticed is remembered: not where others could still notice it. */
  readonly keepsSurvivors: boolean;
  readonly progress: (line: string) => void;
}

/** A mutant that is on for longer than this hangs: its process is stopped. */
const HANGS_MS = 60_000;

/** What acts only while files are loaded is tried with this many test files, the nearest ones. */
const NEAREST = 15;

/** Runs the tests against every mutant of the files. */
export async function runMutants(options: RunOptions): Promise<readonly Verdict[]> {
  const { root, files, progress } = options;
  const texts: Record<string, string> = {};
  const mutants: Mutant[] = [];
  for (const file of files) {
    const mutated = mutate(file, readFileSync(join(root, file), 'utf8'), mutants.length + 1);
    texts[file] = mutated.text;
    mutants.push(...mutated.mutants);
  }
  const identities = identitiesOf(mutants);

  const reach = reachIn(root);
  const tests = new Map(
    [...new Set(options.stages.flatMap((stage) => stage.tests))].map((test) => [test, reach(test)] as const),
  );
  /** The tests of a stage that reach a file, nearest first. */
  const testsOf = (stage: StageOf, file: string): readonly string[] =>
    stage.covers(file)
      ? stage.tests
          .filter((test) => tests.get(test)?.has(file))
          .toSorted((a, b) => (tests.get(a)?.get(file) ?? 0) - (tests.get(b)?.get(file) ?? 0))
      : [];
  const closures = new Map(
    files.map((file) => [
      file,
      options.stages.flatMap((stage) => testsOf(stage, file)).flatMap((test) => [...(tests.get(test)?.keys() ?? [])]),
    ]),
  );

  const tool = ['mutate.ts', 'kinds.ts', 'message-texts.ts', 'syntax.ts', 'runner.ts', 'run-part.ts', 'switch.ts'];
  const always = [
    'package-lock.json',
    'vitest.config.ts',
    'test/placeholders.ts',
    ...tool.map((name) => `test/mutants/${name}`),
  ];
  const digest = digestsIn(root);
  const cache = cacheIn(options.cache);
  /** A kill holds while the test and what it reaches stay; anything else while every test that reaches it does. */
  const digestFor = ({ file }: Mutant, by: string | null): string =>
    digest([...always, ...(by === null ? (closures.get(file) ?? []) : (tests.get(by)?.keys() ?? []))]);

  const verdicts = new Map<number, Verdict>();
  for (const mutant of mutants) {
    const identity = identities.get(mutant.id) ?? '';
    const found = options.fresh ? null : cache.known(identity, ({ by }) => digestFor(mutant, by));
    if (found !== null) verdicts.set(mutant.id, { mutant, status: found.status, by: found.by });
  }
  const open = mutants.filter(({ id }) => !verdicts.has(id));
  progress(`${mutants.length} mutants in ${files.length} files, ${open.length} to try`);

  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  const parts: Part[] = [];
  /** Also of a run that is stopped, or that fails: what is killed stays so. */
  const leave = (): void => {
    for (const [id, by] of parts.flatMap((part) => [...killsIn(part)])) {
      const mutant = mutants[id - 1];
      if (mutant === undefined) continue;
      cache.keep(identities.get(id) ?? '', { status: 'killed', by, digest: digestFor(mutant, by) });
    }
    cache.write();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', leave);
  try {
    for (const [index, share] of shares(open, options.workers).entries()) {
      const own = new Set(share.map(({ file }) => file));
      const place = join(folder, String(index));
      mkdirSync(place);
      parts.push({
        root,
        env: options.env,
        folder: place,
        texts: Object.fromEntries(Object.entries(texts).filter(([file]) => own.has(file))),
        settled: [],
        stages: options.stages.map((stage) => ({
          name: stage.name,
          timeout: stage.timeout,
          tests: [...new Set([...own].flatMap((file) => testsOf(stage, file)))],
          mutants: share.flatMap(({ id, file }) => {
            const reaching = testsOf(stage, file).slice(0, NEAREST);
            return reaching.length === 0 ? [] : [[id, reaching] as const];
          }),
        })),
      });
    }
    // All of them to their end, so that none is left without the folder below it.
    const done = await Promise.allSettled(parts.map((part) => runPart(part, progress)));
    for (const part of done) if (part.status === 'rejected') throw part.reason;
    const results = done.flatMap((part) => (part.status === 'fulfilled' ? [...part.value] : []));
    for (const [id, { status, by }] of results) {
      const mutant = mutants[id - 1];
      // Tests come by all mutants of a file, also by those that were settled before.
      if (mutant === undefined || verdicts.has(id)) continue;
      verdicts.set(id, { mutant, status, by: status === 'killed' ? by : null });
    }
  } finally {
    process.off('exit', leave);
    leave();
  }
  for (const mutant of open) {
    const verdict = verdicts.get(mutant.id) ?? { mutant, status: 'not covered' as const, by: null };
    verdicts.set(mutant.id, verdict);
    const { status, by } = verdict;
    // What kept tests from ending is tried again by the next run: it may have been the machine.
    if (status === 'timeout' || (status !== 'killed' && !options.keepsSurvivors))
      cache.drop(identities.get(mutant.id) ?? '');
    else cache.keep(identities.get(mutant.id) ?? '', { status, by, digest: digestFor(mutant, by) });
  }
  cache.write();
  return mutants.map(({ id }) => verdicts.get(id)).filter((verdict) => verdict !== undefined);
}

/** Equal code in one declaration is told apart by counting. */
function identitiesOf(mutants: readonly Mutant[]): ReadonlyMap<number, string> {
  const seen = new Map<string, number>();
  return new Map(
    mutants.map((mutant) => {
      const identity = identityOf(mutant);
      const count = (seen.get(identity) ?? 0) + 1;
      seen.set(identity, count);
      return [mutant.id, `${identity} ${count}`];
    }),
  );
}

/** Whole files, so that each process loads as few tests as it can; about as many mutants each. */
function shares(mutants: readonly Mutant[], workers: number): readonly (readonly Mutant[])[] {
  const byFile = Map.groupBy(mutants, ({ file }) => file);
  const made: Mutant[][] = Array.from({ length: workers }, () => []);
  for (const [, some] of [...byFile].toSorted(([, a], [, b]) => b.length - a.length)) {
    const least = made.reduce((best, next) => (next.length < best.length ? next : best));
    least.push(...some);
  }
  return made.filter((share) => share.length > 0);
}

type Result = Pick<Verdict, 'status' | 'by'>;

/** Runs a part in a process of its own, and in another one when a mutant hangs it. */
async function runPart(part: Part, progress: (line: string) => void): Promise<ReadonlyMap<number, Result>> {
  const output = outputOf(part);
  const activity = join(part.folder, 'activity');
  writeFileSync(output, '');
  const hung: number[] = [];
  for (;;) {
    writeFileSync(activity, '0');
    const results = resultsIn(part, output, hung);
    const settled = [...results].filter(([, { status }]) => status === 'killed').map(([killed]) => killed);
    const path = join(part.folder, 'part.json');
    writeFileSync(path, JSON.stringify({ ...part, settled: [...settled, ...hung] }));
    const code = await watch(part.root, path, activity);
    if (code === 0) return resultsIn(part, output, hung);
    const id = Number(readFileSync(activity, 'utf8'));
    if (code !== null || id === 0) throw new Error(`a process ended with ${code} while mutant ${id} was on`);
    progress(`mutant ${id} hangs`);
    hung.push(id);
  }
}

/** The exit code of a process; null when it was stopped because nothing moved. */
function watch(root: string, part: string, activity: string): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run-part.ts'), part], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, VITEST: 'true', NODE_ENV: 'test' },
    });
    // Without it, processes would go on after a run that was stopped.
    const stop = (): void => void child.kill('SIGKILL');
    process.on('exit', stop);
    const timer = setInterval(() => {
      if (
        existsSync(activity) &&
        readFileSync(activity, 'utf8') !== '0' &&
        Date.now() - statSync(activity).mtimeMs > HANGS_MS
      )
        stop();
    }, 1_000);
    child.on('exit', (code) => {
      clearInterval(timer);
      process.off('exit', stop);
      resolve(code);
    });
  });
}

/** What has been killed so far, and by which file. Without those of the file at work: it may turn out that it cannot be repeated. */
function killsIn(part: Part): ReadonlyMap<number, string> {
  const output = outputOf(part);
  const lines = existsSync(output) ? linesIn(output) : [];
  const last = lines.at(-1);
  const atWork = last !== undefined && 'by' in last ? relativeTo(part, last.by) : null;
  return new Map(
    [...resultsIn(part, output, [])].flatMap(([id, { status, by }]) =>
      status === 'killed' && by !== null && by !== atWork ? [[id, by] as const] : [],
    ),
  );
}

const outputOf = (part: Part): string => join(part.folder, 'output.jsonl');

const relativeTo = ({ root }: Part, path: string): string => path.slice(root.length + 1);

/** The lines of a process that may be writing one. */
const linesIn = (output: string): readonly Line[] =>
  readFileSync(output, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line): Line => JSON.parse(line));

/** What the lines say of the part's mutants. */
function resultsIn(part: Part, output: string, hung: readonly number[]): ReadonlyMap<number, Result> {
  const results = new Map<number, Result>();
  for (const line of existsSync(output) ? linesIn(output) : []) {
    if ('met' in line) {
      for (const id of [...line.outside, ...Object.values(line.tests).flatMap(({ ids }) => ids)])
        if (!results.has(id)) results.set(id, { status: 'survived', by: null });
      continue;
    }
    const status = line.status === 'doubtful' ? 'survived' : line.status;
    // A kill by another test stands; a doubtful one is taken back.
    if (results.get(line.id)?.status === 'killed' && line.status !== 'doubtful') continue;
    results.set(line.id, { status, by: relativeTo(part, line.by) });
  }
  for (const id of hung) results.set(id, { status: 'timeout', by: null });
  return results;
}
