/** Bytes and cold path of each deployed bundle, as ratios to the floor, in one run. */
import { execFile } from 'node:child_process';
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { constructIdOf } from '../../infra/constructs/construct-ids.ts';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { Running } from '../local/running.ts';
import { events } from './events.ts';
import { median, row } from './figures.ts';
import { functionNames } from './function-names.ts';

interface Candidate {
  readonly name: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The event of the given round; a round's event must do the whole job. */
  event(round: number): Promise<unknown>;
}

const coldProcess = join(import.meta.dirname, 'cold-process.ts');

/** Fresh processes, candidates interleaved, medians of each round's ratios: what the machine does meanwhile cancels out. */
export async function benchColdPath(running: Running, rounds: number, say: (line: string) => void): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'cold-path-'));
  const floor = floorCandidate(running, scratch);
  const candidates = [floor, ...functionNames.map((name) => deployed(running, name))];
  const totals = new Map(candidates.map(({ name }) => [name, [] as number[]]));
  const imports = new Map(candidates.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    const samples = new Map<string, { importMs: number; totalMs: number }>();
    for (const candidate of candidates) samples.set(candidate.name, await sample(candidate, round, scratch));
    const base = samples.get(floor.name);
    for (const [name, { importMs, totalMs }] of samples) {
      totals.get(name)?.push(totalMs / (base?.totalMs ?? Number.NaN));
      imports.get(name)?.push(importMs / (base?.importMs ?? Number.NaN));
    }
  }
  const floorBytes = statSync(floor.bundle).size;
  say(row(['function', 'KB', 'bytes', 'import', 'cold path']));
  for (const { name, bundle } of candidates) {
    const bytes = statSync(bundle).size;
    say(
      row([
        name,
        (bytes / 1000).toFixed(0),
        `${(bytes / floorBytes).toFixed(2)} ×`,
        `${median(imports.get(name) ?? []).toFixed(2)} ×`,
        `${median(totals.get(name) ?? []).toFixed(2)} ×`,
      ]),
    );
  }
}

async function sample(
  candidate: Candidate,
  round: number,
  scratch: string,
): Promise<{ importMs: number; totalMs: number }> {
  const eventFile = join(scratch, 'event.json');
  writeFileSync(eventFile, JSON.stringify(await candidate.event(round)));
  // Not the machine's environment: in Lambda there is none of it either.
  const { stderr } = await run(process.execPath, [coldProcess, candidate.bundle, eventFile], {
    env: { ...candidate.environment },
    timeout: 30_000,
  });
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const { importMs, totalMs, result } = JSON.parse(line) as { importMs: number; totalMs: number; result: unknown };
  const { statusCode = 200, batchItemFailures = [] } = (result ?? {}) as {
    statusCode?: number;
    batchItemFailures?: unknown[];
  };
  // A function that failed fast would look fast.
  if (statusCode >= 500 || batchItemFailures.length > 0)
    throw new Error(`${candidate.name} failed in the bench: ${line}`);
  return { importMs, totalMs };
}

// Not the synchronous kind: what the process calls is served by this one.
const run = promisify(execFile);

function deployed(running: Running, name: FunctionName): Candidate {
  const { taskRoot, environment } = running.project.stack.packageOf(constructIdOf(name));
  const event = events[name];
  if (event === undefined) throw new Error(`test/bench/events.ts has no event for the function ${name}`);
  return { name, bundle: join(taskRoot, 'index.mjs'), environment, event: (round) => event(running, round) };
}

/** As simple as it gets: the two clients as the SDK makes them, bundled as ours are. */
function floorCandidate(running: Running, scratch: string): Candidate {
  const bundle = join(scratch, 'floor.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'floor.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
  const { environment } = running.project.stack.packageOf('CheckBalance');
  const queue = running.project.stack.physicalId('FollowUpsQueue');
  return {
    name: 'floor (two SDK clients)',
    bundle,
    environment: { ...environment, BENCH_QUEUE_URL: queue },
    event: async () => ({}),
  };
}
