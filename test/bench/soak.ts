/**
 * `npm run soak`: whether the local stack's memory stays where it is, and no refresh is lost. Refreshes the same members
 * over and over and fails when the process holds more than {@link MOST_GROWTH} times what it held after the first
 * thousand refreshes, when the sweep had to repair a refresh, or when one did not succeed.
 */
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { deadLetterLine, invocationLine, logLine } from '../../infra/local/live-lines.ts';
import { dataOf, type Running, refreshIdOf, startRunning } from '../local/running.ts';
import { repairedIn } from './sweep-line.ts';

const HELP = `Refreshes through the local stack, and what the process holds.

  npm run soak -- [options]

  --refreshes <number>   how many in all; default 10000
  --help`;

/** Members that take turns: so each is refreshed often, and the tables hold as many accounts as before. */
const MEMBERS = 200;
const AT_ONCE = 8;
const WARM_AFTER = 1_000;
const MOST_GROWTH = 1.5;

const { values } = parseArgs({
  options: { refreshes: { type: 'string', default: '10000' }, help: { type: 'boolean', default: false } },
});
const refreshes = Number(values.refreshes);
if (values.help) console.log(HELP);
else if (!Number.isInteger(refreshes) || refreshes < 2 * WARM_AFTER) {
  console.error(`--refreshes has to be a whole number of ${2 * WARM_AFTER} or more; it is "${values.refreshes}".`);
  process.exitCode = 1;
} else process.exitCode = await soak(refreshes);

async function soak(count: number): Promise<number> {
  const workers = new Set<Worker>();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  const running = await startRunning(
    {
      allowanceStarts: 100,
      allowanceWindowSeconds: 60,
      webhooks: 'known',
      firstLookWithWebhooksSeconds: 20,
      // The defaults, so that the sweep does not step in where a busy machine is only slow.
      deadlineSeconds: 600,
      maxLookGapSeconds: 60,
    },
    { runSchedules: true },
  );
  const { stack } = running.project;
  const trouble = (line: string | undefined): void => {
    if (line !== undefined) console.log(`        ${line}`);
  };
  stack.on('invocation', (invocation) => trouble(invocationLine(invocation)));
  stack.on('dead-letter', (letter) => trouble(deadLetterLine(letter)));
  let repaired = 0;
  stack.on('log', (entry) => {
    if (/"level":"(ERROR|WARN)"/.test(entry.line)) trouble(logLine(entry));
    const bySweep = repairedIn(entry.line);
    if (bySweep > 0) trouble(`the sweep repaired ${bySweep}`);
    repaired += bySweep;
  });
  running.mx.setSettings({ jobSeconds: 0 });
  const paths = Array.from({ length: MEMBERS }, () => running.addMember().path);
  const sizes = new Map<number, number>();
  const began = performance.now();
  const measure = (done: number): void => {
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    sizes.set(done, rss);
    const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
    console.log(
      `${String(done).padStart(6)} refreshes, ${((performance.now() - began) / 1000).toFixed(0)} s: holds ${megabytes(rss)}; main thread ${megabytes(heapUsed)} and ${megabytes(arrayBuffers)} of buffers; ${workers.size} workers`,
    );
  };
  measure(0);
  let failed = 0;
  await refreshAll(running, paths, count, (done, outcome) => {
    if (outcome !== 'succeeded') failed += 1;
    if (done % WARM_AFTER === 0) measure(done);
  });
  await running.close();
  const [warm = 0, last = 0] = [sizes.get(WARM_AFTER), [...sizes.values()].at(-1)];
  const growth = last / warm;
  console.log(
    `At the end ${growth.toFixed(2)} × of what it was after ${WARM_AFTER}; at most ${MOST_GROWTH} × is good. Repaired by the sweep: ${repaired}; did not succeed: ${failed}; none is good.`,
  );
  return growth > MOST_GROWTH || repaired > 0 || failed > 0 ? 1 : 0;
}

/** Triggers `count` refreshes, a few at a time, each to its end. */
async function refreshAll(
  running: Running,
  paths: readonly string[],
  count: number,
  onDone: (done: number, outcome: unknown) => void,
): Promise<void> {
  let next = 0;
  let done = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const path = paths[next % paths.length];
        next += 1;
        const trigger = await running.call('POST', `${path}/check_balance`);
        if (trigger.status !== 202) throw new Error(`a trigger was answered with ${trigger.status}: ${trigger.text}`);
        const event = await running.ended(refreshIdOf(trigger));
        done += 1;
        onDone(done, dataOf(event)['outcome']);
      }
    }),
  );
}
