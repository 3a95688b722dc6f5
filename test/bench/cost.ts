/**
 * `npm run bench:cost`: what a million refreshes cost, by kind of refresh. Every call, unit and byte is counted on the
 * running local stack and priced by `prices.ts`; what cannot be counted on one machine is assumed and printed.
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { MX_BANK_ACCOUNTS } from '../../infra/mx-simulator/accounts.ts';
import { createRandom } from '../../infra/mx-simulator/random.ts';
import { type Running, startRunning } from '../local/running.ts';
import {
  type Assumptions,
  billedMs,
  type Counts,
  ledger,
  type Point,
  ratesOf,
  sleepingDollars,
  stepFunctionsDollars,
  totalOf,
  waitingDollars,
  withMemory,
} from './ledger.ts';
import { Meter } from './meter.ts';
import { handOver } from './pollers.ts';
import { pricesDated } from './prices.ts';
import { ACCOUNTS, explained, JOB_SECONDS, type Kind, kinds, LOOKS_SECONDS, triggerPaced } from './refresh-kinds.ts';

const HELP = `Counts refreshes on the running local stack and prices them.

  npm run bench:cost -- [options]

  --refreshes <number>   of each kind; default 1000
  --rate <number>        refreshes begun in a second; default 20. How many a second came through is printed
  --kind <name>          only this kind, and may be repeated: ${kinds.map(({ name }) => name).join(', ')}
  --help`;

const { values } = parseArgs({
  options: {
    refreshes: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '20' },
    kind: { type: 'string', multiple: true, default: kinds.map(({ name }) => name) },
    help: { type: 'boolean', default: false },
  },
});
const [refreshes, rate] = [Number(values.refreshes), Number(values.rate)];

const assumptions: Assumptions = { awsMs: 5, mxMs: 200, headerBytes: 600, coldShare: 0.01 };
/** Triggers a second that a busy machine bears while it still starts its workers. */
const SLOWLY = 8;
/** Messages in an invocation that the tables price, beside what was seen. */
const BATCHES = [1, 3, 10];
const MEMORY_MB = [256, 512, 1024];

interface Counted {
  readonly kind: Kind;
  readonly counts: Counts;
  /** Refreshes that came through in a second. */
  readonly perSecond: number;
  readonly batches: ReadonlyMap<number, number>;
}

/** Counts `refreshes` of one kind. */
async function count(kind: Kind): Promise<Counted> {
  const meter = new Meter();
  const running = await startRunning(
    {
      firstLookSeconds: 5,
      minLookGapSeconds: 3,
      maxLookGapSeconds: 60,
      deadlineSeconds: 600,
      graceSeconds: 30,
      graceLooks: 5,
      allowanceStarts: 100,
      followUpConcurrency: 10,
      ...kind.settings,
    },
    { aroundEngines: (engines) => meter.around(engines) },
  );
  try {
    meter.listen(running.project);
    const members = Array.from({ length: refreshes }, () => memberFor(kind, running));
    // Members are met, accounts stored and functions started before anything is counted.
    await triggerPaced(running, members, Math.min(rate, SLOWLY));
    for (const member of members) await kind.prepare?.(running, member);
    if (kind.scenario !== undefined) {
      for (const { guid } of members) running.mx.setScenario({ member: guid, scenario: kind.scenario });
    }
    await running.project.stack.idle();
    if (kind.mxMs !== undefined) running.mx.addFault({ how: { kind: 'slow', delayMs: kind.mxMs }, times: null });
    meter.clear(running);
    const began = performance.now();
    await kind.run(running, members, rate);
    const perSecond = refreshes / ((performance.now() - began) / 1000);
    await running.project.stack.idle();
    return { kind, counts: meter.counts(running, refreshes), perSecond, batches: meter.batches };
  } finally {
    await running.close();
  }
}

function memberFor({ jobSeconds = JOB_SECONDS, accounts = ACCOUNTS }: Kind, running: Running) {
  // MX Bank's six, as often as it takes.
  const given = Array.from({ length: accounts }, (_, index) => ({
    ...MX_BANK_ACCOUNTS[index % MX_BANK_ACCOUNTS.length],
    id: `act-${index + 1}`,
  }));
  return running.addMember({ jobSeconds, accounts: given });
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  console.log(`\n| ${head.join(' | ')} |\n|${head.map(() => '---|').join('')}`);
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
};

function print({ kind, counts, perSecond, batches }: Counted): void {
  const lines = ledger(counts, assumptions);
  const total = totalOf(lines);
  const { messages = 0, invocations = 1 } = counts.functions['follow-up'] ?? {};
  const mean = messages / invocations;
  console.log(`\n## ${kind.name}: ${explained[kind.name]}\n`);
  console.log(
    `${refreshes} refreshes, ${rate} begun in a second, ${perSecond.toFixed(1)} a second came through; ${(messages / refreshes).toFixed(2)} messages each. Load of the machine: ${loadavg()[0]?.toFixed(1)}.`,
  );
  table(
    ['line', 'per refresh', 'dollars per million', 'share'],
    [
      ...lines.map(({ name, perRefresh, dollars: cost }) => [
        name,
        perRefresh.toFixed(2),
        dollars(cost),
        `${((100 * cost) / total).toFixed(0)} %`,
      ]),
      ['**together**', '', dollars(total), ''],
    ],
  );
  const sizes = [...batches].toSorted(([a], [b]) => a - b).map(([size, times]) => `${size} (${times} ×)`);
  console.log(`\nMessages in an invocation of follow-up, as seen: ${sizes.join(', ')}; mean ${mean.toFixed(1)}.`);
  const [waiting, single] = [mean, 1].map((batch) => waitingDollars(counts, batch, assumptions));
  if (waiting === undefined || single === undefined) return;
  const designs: readonly (readonly [string, number])[] = [
    [`follow-ups in a queue, ${mean.toFixed(1)} messages in an invocation as seen`, waiting],
    ...BATCHES.map((batch) => [`the same, ${batch}`, waitingDollars(counts, batch, assumptions)] as const),
    ['Step Functions, Standard', stepFunctionsDollars(counts, assumptions)],
    [
      `a Lambda of 128 MB that sleeps for ${kind.jobSeconds ?? JOB_SECONDS} s and polls`,
      sleepingDollars(kind.jobSeconds ?? JOB_SECONDS),
    ],
  ];
  table(
    ['design', 'the wait for MX alone', 'beside one message an invocation', 'the whole refresh'],
    designs.map(([name, cost]) => [
      name,
      dollars(cost),
      `${(cost / single).toFixed(2)} ×`,
      dollars(total - waiting + cost),
    ]),
  );
}

/** What each function would cost with other memory: less of it is cheaper while it waits, and takes longer to compute. */
function printMemory({ kind, counts }: Counted): void {
  const rows = Object.entries(counts.functions).flatMap(([name, one]) =>
    MEMORY_MB.map((memoryMb) => {
      const { ms, dollars: cost } = withMemory(one, memoryMb, refreshes, assumptions);
      const isOurs = memoryMb === one.memoryMb ? ' (ours)' : '';
      return [name, `${memoryMb} MB${isOurs}`, ms.toFixed(0), dollars(cost), ((cost * ms) / 1000).toFixed(2)];
    }),
  );
  console.log(`\nMemory, by the ${kind.name} refreshes:`);
  table(['function', 'memory', 'ms of an invocation', 'dollars per million', 'dollars × seconds'], rows);
}

/** Refreshes a second, and invocations at once, for which the pollers are played: the default's, and more. */
const PLAYED_RATES = [1, 10, 30, 100];
const PLAYED_CONCURRENCY = [10, 20, 40];
/** So many seconds of refreshes are played: a backlog that grows is seen. */
const PLAYED_SECONDS = 120;

/** When refreshes begin of which callers know nothing of each other: in seconds, the same ones in each run. */
function begunAt(perSecond: number): readonly number[] {
  const random = createRandom(1, `${perSecond} a second`);
  const begun: number[] = [];
  for (let at = 0; begun.length < perSecond * PLAYED_SECONDS; begun.push(at))
    at -= Math.log(1 - random.next()) / perSecond;
  return begun;
}

/** How full batches are at rates that this machine cannot make, with the times of an invocation that were counted. */
function printPlayed({ kind, counts }: Counted): void {
  const follower = counts.functions['follow-up'];
  if (follower === undefined) return;
  const single = { ...follower, invocations: follower.messages };
  const cpuMs = billedMs({ ...single, awsCalls: 0, mxCalls: 0 }, assumptions);
  const waitMs = billedMs({ ...single, cpuMs: 0 }, assumptions);
  const rows = PLAYED_CONCURRENCY.flatMap((concurrency) =>
    PLAYED_RATES.map((perSecond) => {
      const { mean, waitedSeconds } = handOver({
        begins: begunAt(perSecond),
        looks: LOOKS_SECONDS,
        concurrency,
        invocationMs: (messages) => waitMs + messages * cpuMs,
      });
      const ratio = waitingDollars(counts, mean, assumptions) / waitingDollars(counts, 1, assumptions);
      return [
        String(concurrency),
        String(perSecond),
        mean.toFixed(1),
        waitedSeconds.toFixed(1),
        `${ratio.toFixed(2)} ×`,
      ];
    }),
  );
  console.log(
    `\nPlayed, not counted: Lambda’s pollers, invocations of ${waitMs.toFixed(0)} ms and ${cpuMs.toFixed(0)} ms a message as the ${kind.name} refreshes had them, ${LOOKS_SECONDS.length} looks each, for ${PLAYED_SECONDS} s:`,
  );
  table(
    [
      'followUpConcurrency',
      'refreshes a second',
      'messages in an invocation',
      'seconds waited, p95',
      'the wait for MX',
    ],
    rows,
  );
}

/** The formula for an operator's own numbers, when the kinds that it takes were counted. */
function printRates(counted: readonly Counted[]): void {
  const pointOf = (name: string): Point | undefined => {
    const found = counted.find(({ kind }) => kind.name === name);
    if (found === undefined) return undefined;
    const { messages = 0 } = found.counts.functions['follow-up'] ?? {};
    const { accounts = ACCOUNTS } = found.kind;
    return { looks: messages / refreshes, accounts, dollars: totalOf(ledger(found.counts, assumptions)) };
  };
  const [usual, moreAccounts, moreLooks] = ['usual', 'more-accounts', 'long-job'].map(pointOf);
  if (usual === undefined || moreAccounts === undefined || moreLooks === undefined) return;
  const { refresh, account, look } = ratesOf(usual, moreAccounts, moreLooks);
  console.log(
    `\nA million refreshes: ${dollars(refresh)} + ${dollars(account)} × accounts + ${dollars(look)} × looks, at the batches seen.`,
  );
}

async function main(asked: readonly Kind[]): Promise<void> {
  const { awsMs, mxMs, headerBytes, coldShare } = assumptions;
  const [cpu] = cpus();
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpu?.model}. Prices of us-east-1, ${pricesDated}, no free tier.
Assumed: a call of AWS takes ${awsMs} ms, one of MX ${mxMs} ms; each has ${headerBytes} bytes of headers and TLS in each direction; ${100 * coldShare} % of invocations are cold starts. Known members with ${ACCOUNTS} accounts, jobs of ${JOB_SECONDS} s, unless the heading says otherwise. Counted: all else.`,
  );
  const counted: Counted[] = [];
  for (const kind of asked) {
    const one = await count(kind);
    print(one);
    counted.push(one);
  }
  for (const one of counted) {
    if (one.kind.name === 'crowded') printPlayed(one);
    if (one.kind.name === 'usual') printMemory(one);
  }
  printRates(counted);
}

const unknown = values.kind.filter((name) => !kinds.some((kind) => kind.name === name));
if (values.help) console.log(HELP);
else if (!Number.isInteger(refreshes) || refreshes < 1 || !(rate > 0)) {
  console.error('--refreshes has to be a whole number of 1 or more, and --rate a number above 0.');
  process.exitCode = 1;
} else if (unknown.length > 0) {
  console.error(`There is no kind ${unknown.join(', ')}; --help lists them.`);
  process.exitCode = 1;
} else await main(kinds.filter(({ name }) => values.kind.includes(name)));
