/**
 * `npm run bench:way`: how long the way through takes on the running local stack, with a simulator that answers each call
 * in 50 ms: from a job's end to its stored balances, reads a second, and a trigger without MX's part of it.
 */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Control } from '../../infra/mx-simulator/control.ts';
import { type Running, refreshIdOf, startRunning } from '../local/running.ts';
import { median, percentile } from './figures.ts';
import { triggerPaced } from './refresh-kinds.ts';

const HELP = `Times of the way through the local stack; MX answers in 50 ms.

  npm run bench:way -- [options]

  --refreshes <number>   for each row of the first table; default 60
  --seconds <number>     for each row of the second table; default 3
  --help`;

const { values } = parseArgs({
  options: {
    refreshes: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});
const [refreshes, seconds] = [Number(values.refreshes), Number(values.seconds)];

const MX_MS = 50;
const JOB_SECONDS = [2, 4, 8, 15, 30];
/** Few enough that a machine with two cores has time left. */
const PER_SECOND = 2;
const CALLERS = [1, 10];

const settings = {
  // What a deployment has by default, apart from the limit of starts.
  firstLookSeconds: 5,
  minLookGapSeconds: 3,
  maxLookGapSeconds: 60,
  deadlineSeconds: 600,
  graceSeconds: 30,
  graceLooks: 5,
  allowanceStarts: 100,
};

async function started(more: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const running = await startRunning({ ...settings, ...more });
  running.mx.addFault({ how: { kind: 'slow', delayMs: MX_MS }, times: null });
  return running;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): void => {
  console.log(`\n| ${head.join(' | ')} |\n|${head.map(() => '---|').join('')}`);
  for (const cells of rows) console.log(`| ${cells.join(' | ')} |`);
};

/** When each member's last job was started, by the simulator's list of calls. */
const startsIn = (mx: Control): ReadonlyMap<string, number> =>
  new Map(
    mx
      .calls()
      .flatMap(({ route, memberGuid, at }) => (route === 'check-balance' && memberGuid ? [[memberGuid, at]] : [])),
  );

/** Milliseconds from the end of each job to the event that its balances are stored, and the looks at MX that it took. */
async function lags(more: Readonly<Record<string, unknown>>): Promise<{ lags: readonly number[]; looks: number }> {
  const running = await started(more);
  try {
    const members = Array.from({ length: refreshes }, (_, index) => {
      const jobSeconds = JOB_SECONDS[index % JOB_SECONDS.length] ?? 0;
      return { ...running.addMember({ jobSeconds }), jobSeconds };
    });
    await triggerPaced(running, members, PER_SECOND);
    await running.project.stack.idle();
    running.mx.clearCalls();
    const ends = new Map<string, number>();
    running.project.stack.on('event', ({ detailType, detail }) => {
      if (detailType !== 'refresh.succeeded') return;
      const { data } = detail as { data: { member_guid: string } };
      ends.set(data.member_guid, Date.now());
    });
    await triggerPaced(running, members, PER_SECOND);
    const starts = startsIn(running.mx);
    const found = members.map(({ guid, jobSeconds }) => {
      const [start, end] = [starts.get(guid), ends.get(guid)];
      if (start === undefined || end === undefined) throw new Error(`the refresh of ${guid} did not succeed`);
      return end - start - 1_000 * jobSeconds;
    });
    // A trigger reads the member too.
    const reads = running.mx.calls().filter(({ route }) => route === 'read-member').length;
    return { lags: found, looks: reads / refreshes - 1 };
  } finally {
    await running.close();
  }
}

/** Answers a second, with so many requests under way. */
async function perSecond(call: () => Promise<unknown>, callers: number): Promise<number> {
  const until = performance.now() + 1_000 * seconds;
  let answers = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        await call();
        answers += 1;
      }
    }),
  );
  return answers / seconds;
}

async function main(): Promise<void> {
  console.log(`Load of the machine: ${loadavg()[0]?.toFixed(1)}. Jobs of ${JOB_SECONDS.join(', ')} s in turn.`);
  const ways = [
    ['looks alone', {}],
    ['looks alone, learning', { learning: true }],
    ['webhooks too', { webhooks: 'known' }],
    ['webhooks too, learning', { webhooks: 'known', learning: true }],
  ] as const;
  const rows: string[][] = [];
  for (const [name, more] of ways) {
    const { lags: found, looks } = await lags(more);
    const [p50, p95] = [0.5, 0.95].map((share) => `${(percentile(found, share) / 1000).toFixed(1)} s`);
    rows.push([name, p50 ?? '', p95 ?? '', looks.toFixed(1)]);
  }
  table([`from the job's end to stored balances (${refreshes} refreshes)`, 'p50', 'p95', 'looks at MX'], rows);

  const running = await started();
  try {
    const { path } = running.addMember({ jobSeconds: 0 });
    const { trigger } = await running.refresh(path);
    const { body } = await running.call('GET', `${path}/accounts`);
    const [account] = (body['accounts'] ?? []) as { guid: string }[];
    const user = path.replace(/\/members\/.*/, '');
    const routes = [
      path,
      `${path}/status`,
      `${path}/accounts`,
      `${path}/accounts/${account?.guid}`,
      `${path}/challenges`,
      `${path}/refreshes`,
      `${path}/schedule`,
      `${user}/members`,
      `${user}/accounts`,
      `/refreshes/${refreshIdOf(trigger)}`,
      '/health',
    ];
    const speeds: string[][] = [];
    for (const route of routes) {
      const call = () => running.call('GET', route);
      const { status } = await call();
      const found: string[] = [];
      for (const callers of CALLERS) {
        // Workers start with the first requests.
        await Promise.all(Array.from({ length: callers }, call));
        found.push((await perSecond(call, callers)).toFixed(0));
      }
      const shown = route
        .replace(user, '/users/{u}')
        .replace(/added-\d+/, '{m}')
        .replace(/(ACT|RFR)-[\w-]+/, '{id}');
      speeds.push([`GET ${shown}`, String(status), ...found]);
    }
    table(['answers a second', 'status', ...CALLERS.map((callers) => `${callers} at once`)], speeds);
    await triggers(running);
  } finally {
    await running.close();
  }
}

/** Times of triggers one after the other, without what MX takes of them: it is read, then the job is started. */
async function triggers(running: Running): Promise<void> {
  const members = Array.from({ length: refreshes + 5 }, () => running.addMember({ jobSeconds: 0 }));
  const times: number[] = [];
  for (const { path } of members) {
    const before = running.mx.calls().length;
    const began = performance.now();
    const { status } = await running.call('POST', `${path}/check_balance`);
    const took = performance.now() - began;
    if (status !== 202) throw new Error(`a trigger was answered with ${status}`);
    const calls = running.mx.calls().slice(before).length;
    times.push(took - Math.min(calls, 2) * MX_MS);
  }
  const warm = times.slice(5);
  console.log(
    `\nA trigger without MX's two calls of ${MX_MS} ms: ${median(warm).toFixed(0)} ms (median of ${warm.length}), ${percentile(warm, 0.95).toFixed(0)} ms at p95.`,
  );
}

if (values.help) console.log(HELP);
else if (![refreshes, seconds].every((given) => Number.isInteger(given) && given > 0)) {
  console.error('--refreshes and --seconds have to be whole numbers of 1 or more.');
  process.exitCode = 1;
} else await main();
