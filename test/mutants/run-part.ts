/** One of the processes of a run: its files' mutants through all stages. `main.ts` starts it with the path of a `Part`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest, type TestSpecification, type Vitest } from 'vitest/node';
import type { Line, Part, Plan } from './plan.ts';

const part: Part = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const file = (name: string): string => join(part.folder, name);
const output = file('output.jsonl');
const planPath = file('plan.json');
process.env['MUTANTS_PLAN'] = planPath;

/** In the order in which they are given: all files of a mutant in a row. */
class AsGiven {
  sort = async (files: TestSpecification[]): Promise<TestSpecification[]> => files;
  shard = this.sort;
}

/** Mutated files take the place of the real ones. */
const mutated = {
  name: 'mutants',
  enforce: 'pre' as const,
  transform(_code: string, id: string) {
    const path = id.split('?')[0]?.slice(part.root.length + 1) ?? '';
    const code = part.texts[path];
    return code === undefined ? undefined : { code, map: null };
  },
};

let read = 0;
/** The lines written since the last call. */
function newLines(): readonly Line[] {
  const lines = readFileSync(output, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const fresh = lines.slice(read).map((line): Line => JSON.parse(line));
  read = lines.length;
  return fresh;
}

const dead = new Set(part.settled);

async function run(
  vitest: Vitest,
  plan: Omit<Plan, 'output' | 'activity'>,
  specs: readonly string[],
): Promise<readonly Line[]> {
  if (specs.length === 0) return [];
  const whole: Plan = { ...plan, output, activity: file('activity') };
  writeFileSync(planPath, JSON.stringify(whole));
  const project = vitest.getRootProject();
  await vitest.runTestSpecifications(specs.map((spec) => project.createSpecification(join(part.root, spec))));
  const lines = newLines();
  const doubtful = new Set(lines.flatMap((line) => ('id' in line && line.status === 'doubtful' ? [line.id] : [])));
  for (const line of lines) if ('id' in line && line.status === 'killed' && !doubtful.has(line.id)) dead.add(line.id);
  return lines;
}

for (const stage of part.stages) {
  const mutants = stage.mutants.filter(([id]) => !dead.has(id));
  if (mutants.length === 0) continue;
  const vitest = await createVitest(
    'test',
    {
      root: part.root,
      config: false,
      watch: false,
      pool: 'threads',
      isolate: false,
      fileParallelism: false,
      maxWorkers: 1,
      include: stage.tests.flatMap((test) => [test]),
      runner: join(import.meta.dirname, 'runner.ts'),
      reporters: [{}],
      silent: true,
      passWithNoTests: true,
      dangerouslyIgnoreUnhandledErrors: true,
      testTimeout: stage.timeout,
      hookTimeout: Math.max(stage.timeout, 30_000),
      env: part.env,
      sequence: { sequencer: AsGiven },
      // It outlives a run: the next one, or the tests themselves, would be given the mutated files of this one.
      fsModuleCache: false,
    },
    { plugins: [mutated], logLevel: 'silent' },
  );
  try {
    const ids = mutants.map(([id]) => id);
    const common = { mutants: ids, timeout: stage.timeout };
    const lines = await run(
      vitest,
      { ...common, met: {} },
      stage.tests.map((test) => `${test}?meet`),
    );
    const met = lines.filter((line) => 'met' in line);
    const broken = new Set(met.flatMap(({ met: path, failed }) => (failed === null ? [] : [path])));
    for (const { met: path, failed } of met) {
      if (failed !== null) console.error(`${path} fails without any mutant and is left out: ${failed}`);
    }
    const byPath = Object.fromEntries(met.flatMap((line) => (broken.has(line.met) ? [] : [[line.met, line]])));
    const wanted = new Set(ids);
    const meeting = (path: string): boolean =>
      Object.values(byPath[join(part.root, path)]?.tests ?? {}).some(({ ids: some }) =>
        some.some((id) => wanted.has(id)),
      );
    // Doubtful: after these kills the test failed without a mutant as well, because it cannot be repeated. Its file is left
    // out then, and the others are asked; alone, after that, the doubting file says the truth.
    const doubtful = new Map<number, Set<string>>();
    // What kept a test from ending once or twice was not tried further. It may have been the machine, so its file is asked.
    const slow = new Map<number, Set<string>>();
    for (let asked = ids; asked.length > 0; ) {
      const leftOut = new Set([...doubtful.values()].flatMap((paths) => [...paths]));
      const others = Object.fromEntries(Object.entries(byPath).filter(([path]) => !leftOut.has(path)));
      const tried = await run(
        vitest,
        { ...common, mutants: asked, met: others },
        stage.tests.filter((test) => meeting(test) && !leftOut.has(join(part.root, test))).map((test) => `${test}?try`),
      );
      asked = tried.flatMap((line) => ('id' in line && line.status === 'doubtful' ? [line.id] : []));
      const unsure = tried.flatMap((line) => ('id' in line && line.status === 'doubtful' ? [line.by] : []));
      for (const path of new Set(unsure))
        console.error(`${path} cannot be repeated: others are asked, which takes long`);
      for (const line of tried) {
        const of = 'id' in line ? { doubtful, timeout: slow, killed: null }[line.status] : null;
        if ('id' in line && of !== null) of.set(line.id, new Set(of.get(line.id)).add(line.by));
      }
    }
    const alone = mutants.flatMap(([id, tests]) => {
      if (dead.has(id)) return [];
      const outside = tests.filter((test) => byPath[join(part.root, test)]?.outside.includes(id));
      const again = [...(doubtful.get(id) ?? []), ...(slow.get(id) ?? [])].map((path) =>
        path.slice(part.root.length + 1),
      );
      return [...new Set([...again, ...outside])].map((test) => `${test}?load=${id}`);
    });
    await run(vitest, { ...common, met: {} }, alone);
  } finally {
    await vitest.close();
  }
}
process.exit(0);
