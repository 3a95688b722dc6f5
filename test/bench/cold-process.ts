/**
 * One cold start in this fresh process: imports the bundle, waits until the bench holds the process to its share of a CPU,
 * handles one event, and prints what both took.
 */

/** Milliseconds. CPU: user and system, of all threads. */
export interface ColdFigures {
  /** Until the handler is exported. */
  readonly initCpuMs: number;
  /** Of the first invocation. */
  readonly firstCpuMs: number;
  /** Of the first invocation, by the clock. */
  readonly firstMs: number;
}

// A static `import` of it would load Node's streams, which a bundle may be the first to need.
const { readFileSync, readSync, writeSync } = process.getBuiltinModule('node:fs');

/** Pipes from and to the bench. */
const [READY, GO] = [3, 4];

const [bundle = '', eventFile = ''] = process.argv.slice(2);
const event: unknown = JSON.parse(readFileSync(eventFile, 'utf8'));
const context = { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis: () => 30_000 };

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const began = cpuMs();
const { handler } = (await import(bundle)) as { handler: (event: unknown, context: unknown) => Promise<unknown> };
const initCpuMs = cpuMs() - began;
writeSync(READY, '.');
readSync(GO, Buffer.alloc(1));
const [cpuBefore, before] = [cpuMs(), performance.now()];
const result = await handler(event, context);
const figures: ColdFigures = { initCpuMs, firstCpuMs: cpuMs() - cpuBefore, firstMs: performance.now() - before };
writeSync(READY, `${JSON.stringify({ ...figures, result: result ?? null })}\n`);
process.exit(0);
