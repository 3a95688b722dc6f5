/**
 * Bytes and cold start of each deployed bundle, as ratios to the floor, in one run. Times are CPU times, which a busy
 * machine changes little; AWS and MX are a stub that answers at once.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { constructIdOf } from '../../infra/constructs/construct-ids.ts';
import type { FunctionName } from '../../shared/lambda/environment.ts';
import type { Running } from '../local/running.ts';
import type { ColdFigures } from './cold-process.ts';
import type { StubReport, StubTask } from './cold-stub.ts';
import { events } from './events.ts';
import { median } from './figures.ts';
import type { Held } from './hold.ts';

/** What is measured. */
interface Candidate {
  readonly name: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly eventFile: string;
  /** Calls of its first invocation and of the init phase before it: in every round as many, or the rounds are not alike. */
  readonly calls: number;
}

/** One cold start, in milliseconds. */
interface Sample {
  readonly import: number;
  /** What is done after the import, still in the init phase. */
  readonly priming: number;
  /** CPU time of the first invocation, when nothing was done before it but the import. */
  readonly unprimed: number;
  /** CPU time of the first invocation. */
  readonly first: number;
  /** The first invocation by the clock, with its share of a CPU. */
  readonly held: number;
}

/** Lambda's variable, which the local stack sets too: without it, functions do not prepare their first invocation. */
const IN_LAMBDA = { AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' };
const UNPREPARED = { AWS_LAMBDA_INITIALIZATION_TYPE: undefined };
/** Beside the events in the scratch folder. */
const COLD_PROCESS = 'cold-process.mjs';
/** A share of a CPU: 512 MB of the 1,769 MB that buy a whole one. */
const SHARE = 0.29;
const PERIOD_MS = 20;
/** Calls by which two first invocations of a function may differ. */
const MOST_RETRIES = 2;

/** The process that answers for AWS and MX. */
interface Stub {
  readonly origin: string;
  /** Its certificate, in PEM. */
  readonly cert: string;
  /** Begins a task; the calls of the one before it. */
  next(task: StubTask): Promise<{ calls: number; unknown: readonly string[] }>;
  close(): void;
}

/** What the candidates are made of; it holds no stack any more, so that the machine is quiet while they are measured. */
export interface Prepared {
  readonly floor: Candidate;
  readonly functions: readonly Candidate[];
  readonly stub: Stub;
  readonly scratch: string;
}

/** Runs each function once against the running stack, so that the stub knows what to answer. */
export async function prepareColdPath(running: Running, names: readonly FunctionName[]): Promise<Prepared> {
  const scratch = mkdtempSync(join(tmpdir(), 'cold-path-'));
  // As JavaScript: stripping its types would be among the work of each process.
  buildSync({
    entryPoints: [join(import.meta.dirname, 'cold-process.ts')],
    outfile: join(scratch, COLD_PROCESS),
    format: 'esm',
    target: 'node24',
  });
  const stub = await startStub();
  const { stack, simulator } = running.project;
  const mx = simulator?.url ?? '';
  const trusted = join(scratch, 'stub.pem');
  writeFileSync(trusted, stub.cert);
  const rerouted = (environment: Readonly<Record<string, string>>): Record<string, string> => ({
    ...Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replace(stack.awsEndpointUrl, stub.origin).replace(mx, stub.origin),
      ]),
    ),
    NODE_EXTRA_CA_CERTS: trusted,
  });
  const record = { aws: stack.awsEndpointUrl, mx };
  const prepared = async (candidate: Omit<Candidate, 'calls' | 'eventFile'>, event: unknown): Promise<Candidate> => {
    const { name } = candidate;
    const eventFile = join(scratch, `${name}.json`);
    writeFileSync(eventFile, JSON.stringify(event));
    const environment = rerouted(candidate.environment);
    const whole = { ...candidate, environment, eventFile, calls: 0 };
    await stub.next({ name, record });
    await coldStart(whole, IN_LAMBDA, null);
    const { calls } = await stub.next({ name: '', record: null });
    return { ...whole, calls };
  };
  const floor = await prepared(floorCandidate(running, scratch), {});
  const functions: Candidate[] = [];
  for (const name of names) {
    const { taskRoot, environment } = stack.packageOf(constructIdOf(name));
    const event = events[name];
    if (event === undefined) throw new Error(`test/bench/events.ts has no event for the function ${name}`);
    // The stack's copy goes with the stack.
    const bundle = join(scratch, `${name}.mjs`);
    copyFileSync(join(taskRoot, 'index.mjs'), bundle);
    functions.push(await prepared({ name, bundle, environment }, await event(running)));
  }
  return { floor, functions, stub, scratch };
}

/** Fresh processes, candidates interleaved, medians of each round's ratios: what the machine does meanwhile cancels out. */
export async function benchColdPath(
  { floor, functions, stub }: Prepared,
  rounds: number,
  say: (line: string) => void,
): Promise<void> {
  const candidates = [floor, ...functions];
  const samples = new Map(candidates.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const candidate of candidates) samples.get(candidate.name)?.push(await sample(candidate, stub));
  }
  stub.close();
  const base = samples.get(floor.name) ?? [];
  const ratios = (of: readonly Sample[], figure: keyof Sample, to: keyof Sample = figure): number[] =>
    of.map((one, round) => one[figure] / (base[round]?.[to] ?? Number.NaN));
  const floorBytes = statSync(floor.bundle).size;
  const floorMs = (figure: keyof Sample): string => median(base.map((one) => one[figure])).toFixed(0);
  const share = `${Math.round(SHARE * 100)} % of a CPU`;
  say(
    `\nThe floor: ${(floorBytes / 1000).toFixed(0)} KB, import ${floorMs('import')} ms of CPU, first invocation ${floorMs('first')} ms of CPU, ${floorMs('held')} ms with ${share}. Load of the machine: ${loadavg()[0]?.toFixed(1)}.\n`,
  );
  say(
    `| function | bytes | import | then, in the init phase | first invocation | the same, held to ${share} | unprepared | calls |`,
  );
  say('|---|---|---|---|---|---|---|---|');
  const apart: Record<'cpu' | 'held', number> = { cpu: 0, held: 0 };
  for (const { name, bundle, calls } of functions) {
    const of = samples.get(name) ?? [];
    const [imports, first, held] = [ratios(of, 'import'), ratios(of, 'first'), ratios(of, 'held')];
    const columns = [imports, ratios(of, 'priming', 'import'), first, held, ratios(of, 'unprimed', 'first')];
    apart.cpu = Math.max(apart.cpu, halvesApart(imports), halvesApart(first));
    apart.held = Math.max(apart.held, halvesApart(held));
    const bytes = statSync(bundle).size / floorBytes;
    const cells = [bytes, ...columns.map(median)].map((ratio) => `${ratio.toFixed(2)} ×`);
    say(`| ${[name, ...cells, calls].join(' | ')} |`);
  }
  const percent = (of: number): string => `${(100 * of).toFixed(0)} %`;
  say(
    `\nMedians of ${rounds} rounds. Those of its odd and of its even rounds differ by ${percent(apart.cpu)} at most for CPU times, by ${percent(apart.held)} for held ones.`,
  );
}

/** Writes a CPU profile of one cold start of each function into `folder`: which module takes how long. */
export async function profileColdPath({ functions, stub }: Prepared, folder: string): Promise<void> {
  for (const candidate of functions) {
    await stub.next({ name: candidate.name, record: null });
    await coldStart(candidate, IN_LAMBDA, null, join(folder, candidate.name));
  }
  stub.close();
}

/** How far the medians of the odd and of the even rounds lie apart, as a share of the smaller. */
function halvesApart(values: readonly number[]): number {
  const [odd, even] = [0, 1].map((rest) => median(values.filter((_, index) => index % 2 === rest)));
  if (odd === undefined || even === undefined || values.length < 2) return 0;
  return Math.abs(odd - even) / Math.min(odd, even);
}

async function sample(candidate: Candidate, stub: Stub): Promise<Sample> {
  await stub.next({ name: candidate.name, record: null });
  const bare = await coldStart(candidate, UNPREPARED, null);
  await stub.next({ name: candidate.name, record: null });
  const whole = await coldStart(candidate, IN_LAMBDA, { share: SHARE, periodMs: PERIOD_MS });
  const { calls, unknown } = await stub.next({ name: '', record: null });
  // A busy machine may have made the SDK send a call twice.
  if (Math.abs(calls - candidate.calls) > MOST_RETRIES || unknown.length > 0) {
    throw new Error(
      `${candidate.name} made ${calls} calls and at first ${candidate.calls}; unknown: ${unknown.join(', ')}`,
    );
  }
  return {
    import: bare.initCpuMs,
    priming: whole.initCpuMs - bare.initCpuMs,
    unprimed: bare.firstCpuMs,
    first: whole.firstCpuMs,
    held: whole.firstMs,
  };
}

/** One cold start in a fresh process, its first invocation held to a share of a CPU unless `hold` is null. */
async function coldStart(
  { name, bundle, environment, eventFile }: Candidate,
  more: Readonly<Record<string, string | undefined>>,
  hold: Pick<Held, 'share' | 'periodMs'> | null,
  profileTo: string | null = null,
): Promise<ColdFigures> {
  const profiler = profileTo === null ? [] : ['--cpu-prof', '--cpu-prof-interval=100', `--cpu-prof-dir=${profileTo}`];
  const child = spawn(process.execPath, [...profiler, join(dirname(eventFile), COLD_PROCESS), bundle, eventFile], {
    // Not the machine's environment: in Lambda there is none of it either.
    env: { ...environment, ...more },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const [, , , ready, go] = child.stdio;
  if (ready === undefined || ready === null || !('on' in ready) || !('read' in ready)) throw new Error('no pipe');
  if (go === undefined || go === null || !('write' in go)) throw new Error('no pipe');
  const exit = once(child, 'exit');
  const said = text(ready);
  await Promise.race([once(ready, 'data'), exit]);
  const over = new Int32Array(new SharedArrayBuffer(4));
  const holder =
    hold === null || child.pid === undefined
      ? null
      : new Worker(new URL('./hold.ts', import.meta.url), { workerData: { ...hold, pid: child.pid, over } });
  if (holder !== null) await once(holder, 'online');
  go.write('.');
  await exit;
  Atomics.store(over, 0, 1);
  Atomics.notify(over, 0);
  await holder?.terminate();
  const line = (await said).replace(/^\.+/, '');
  if (line === '') throw new Error(`${name} ended without an answer`);
  const { result, ...figures } = JSON.parse(line) as ColdFigures & { result: unknown };
  const { statusCode = 200, batchItemFailures = [] } = (result ?? {}) as {
    statusCode?: number;
    batchItemFailures?: unknown[];
  };
  // A function that failed fast would look fast.
  if (statusCode >= 500 || batchItemFailures.length > 0) throw new Error(`${name} failed in the bench: ${line}`);
  return figures;
}

async function startStub(): Promise<Stub> {
  const child = fork(join(import.meta.dirname, 'cold-stub.ts'));
  const [first] = (await once(child, 'message')) as [StubReport];
  if (first.kind !== 'listening') throw new Error('the stub has not said where it listens');
  return {
    origin: first.origin,
    cert: first.cert,
    async next(task) {
      child.send(task);
      const [report] = (await once(child, 'message')) as [StubReport];
      if (report.kind !== 'ready') throw new Error('the stub is not ready');
      return report;
    },
    close: () => void child.disconnect(),
  };
}

/** As simple as it gets: the two clients as the SDK makes them, bundled as ours are. */
function floorCandidate(running: Running, scratch: string): Omit<Candidate, 'calls' | 'eventFile'> {
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
  return { name: 'floor', bundle, environment: { ...environment, BENCH_QUEUE_URL: queue } };
}
