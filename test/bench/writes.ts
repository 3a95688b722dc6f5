/**
 * `npm run bench:writes`: what one refresh of a known member costs in calls, capacity units and logged bytes, counted
 * on the running local stack. Six accounts with unchanged amounts, a job of 5 s, looks after 1, 4 and 7 s; no `wait`,
 * no callbacks, no webhooks.
 */
import { parseArgs } from 'node:util';
import { type Running, refreshIdOf, startRunning } from '../local/running.ts';
import { CountedCalls, countingEngines, Sums, sizesOf } from './counted-calls.ts';
import { nameOf } from './function-names.ts';

const { values } = parseArgs({ options: { refreshes: { type: 'string', default: '20' } } });
const refreshes = Number(values.refreshes);
if (!Number.isInteger(refreshes) || refreshes < 1) throw new Error('--refreshes must be a whole number of 1 or more');

const counted = new CountedCalls();
const invocations = new Sums();
/** Lines and their bytes, by kind: what CloudWatch Logs takes in. */
const lines = new Sums();
const bytes = new Sums();

const running = await startRunning(
  {
    firstLookSeconds: 1,
    minLookGapSeconds: 3,
    maxLookGapSeconds: 60,
    deadlineSeconds: 600,
    graceSeconds: 30,
    graceLooks: 5,
  },
  { aroundEngines: (engines) => countingEngines(engines, counted) },
);
const { stack } = running.project;
stack.on('invocation', (invocation) => invocations.add(nameOf(invocation.function)));
stack.on('log', ({ stream, line }) => {
  const kind = stream === 'stderr' ? 'on stderr' : line.includes('"_aws":') ? 'log with metrics' : 'log';
  lines.add(kind);
  bytes.add(kind, Buffer.byteLength(line) + 1);
});

const members = Array.from({ length: refreshes }, () => running.addMember({ jobSeconds: 5 }));
await refreshAll(running);
// From here on all members are known and all functions warm.
counted.clear();
for (const sums of [invocations, lines, bytes]) sums.clear();
await refreshAll(running);
report();
await running.close();

/** One refresh of each member, triggered one after the other, to its very end. */
async function refreshAll({ call, ended }: Running): Promise<void> {
  const ends: Promise<unknown>[] = [];
  for (const { path } of members) ends.push(ended(refreshIdOf(await call('POST', `${path}/check_balance`))));
  await Promise.all(ends);
  await stack.idle();
}

function report(): void {
  const tables = new Map(['Balances', 'Members', 'Refreshes'].map((name) => [stack.outputs[`${name}Table`], name]));
  const named = (text: string): string => text.replace(/^[^/]+/, (physical) => tables.get(physical) ?? physical);
  console.log(`\nMeans of ${refreshes} refreshes: known member, six accounts, job of 5 s\n`);
  table('invocations', invocations);
  table('AWS calls', counted.calls, (text) => text.replace(/^\S+/, nameOf));
  table('write units, tables (as the engine counts)', counted.writeUnits, named);
  table('write units, indexes (by AWS’s rule)', counted.indexWriteUnits, named);
  table('read units (as the engine counts)', counted.readUnits, named);
  table('lost conditions', counted.lostConditions, named);
  table('lines', lines);
  table('bytes', bytes);
  console.log('bytes of items as they were written: mean, largest');
  for (const [physical, name] of tables) {
    const items = counted.written.filter((written) => written.table === physical).map(({ item }) => item);
    const { mean, largest } = sizesOf(items);
    console.log(row(name, `${mean.toFixed(0)}, ${largest.toFixed(0)}`));
  }
  const gaps = counted.uncounted.entries().map(([action]) => action);
  if (gaps.length > 0) {
    console.error(`The units above lack those of ${gaps.join(', ')}: test/bench/counted-calls.ts does not know them.`);
    process.exitCode = 1;
  }
}

function row(name: string, figure: string): string {
  return `  ${name.padEnd(40)} ${figure.padStart(12)}`;
}

/** One line per name with its mean, and the total. */
function table(title: string, sums: Sums, nameOfRow = (name: string): string => name): void {
  const mean = (amount: number): string => (amount / refreshes).toFixed(2);
  console.log(`${title}: ${mean(sums.total)}`);
  for (const [name, amount] of sums.entries()) console.log(row(nameOfRow(name), mean(amount)));
}
