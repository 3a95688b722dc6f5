/**
 * `npm run bench:cost`: what a million refreshes cost, by kind of refresh. Every call, unit and byte is counted on the
 * running local stack and priced by `prices.ts`; what cannot be counted on one machine is assumed and printed.
 */
import { setTimeout as after } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsEngine } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { encodeStartBatch } from '../../shared/clients/messages.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { MEMBERS_PER_MESSAGE, slotOf, startBatches } from '../../shared/domain/schedule.ts';
import { type Running, refreshIdOf, startRunning } from '../local/running.ts';
import { CountedCalls, countingEngines, Sums } from './counted-calls.ts';
import { nameOf } from './function-names.ts';
import {
  type Assumptions,
  type Counts,
  type FunctionCounts,
  ledger,
  sleepingDollars,
  stepFunctionsDollars,
  totalOf,
  waitingDollars,
} from './ledger.ts';
import { prices, pricesDated } from './prices.ts';

const HELP = `Counts refreshes on the running local stack and prices them.

  npm run bench:cost -- [options]

  --refreshes <number>   of each kind; default 1000
  --rate <number>        triggers a second; default 100. How many a second came through is printed
  --help`;

const { values } = parseArgs({
  options: {
    refreshes: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '100' },
    help: { type: 'boolean', default: false },
  },
});
const [refreshes, rate] = [Number(values.refreshes), Number(values.rate)];

const assumptions: Assumptions = { awsMs: 5, mxMs: 200 };
const JOB_SECONDS = 8;
/** Triggers a second that a busy machine bears while it still starts its workers. */
const SLOWLY = 10;
/** Of the functions that start jobs: the member is read, then the POST sent. */
const MX_CALLS_OF_A_START = 2;

/** What is counted while one kind of refresh runs. */
class Meter {
  readonly calls = new CountedCalls();
  /** By queue URL. */
  readonly messages = new Sums();
  readonly requests = new Sums();
  readonly invocations = new Sums();
  readonly cpuMs = new Sums();
  readonly initCpuMs: number[] = [];
  readonly memoryMb = new Map<string, number>();
  httpRequests = 0;
  events = 0;
  logBytes = 0;

  clear(): void {
    this.calls.clear();
    for (const sums of [this.messages, this.requests, this.invocations, this.cpuMs]) sums.clear();
    this.httpRequests = 0;
    this.events = 0;
    this.logBytes = 0;
  }

  /** Counts what passes the engines. */
  around(engines: AwsEngines): AwsEngines {
    const sqs: AwsEngine = async (call) => {
      const answer = await engines.sqs(call);
      const { QueueUrl, Entries } = JSON.parse(call.body.toString()) as { QueueUrl: string; Entries?: unknown[] };
      const isSend = call.action.startsWith('SendMessage');
      if (isSend) this.messages.add(QueueUrl, Entries?.length ?? 1);
      // Lambda's pollers also ask when there is nothing; that costs the same for any number of refreshes.
      const isEmpty = call.action === 'ReceiveMessage' && !answer.body.toString().includes('MessageId');
      if (!isEmpty) this.requests.add(isSend ? 'sends' : call.action);
      return answer;
    };
    return countingEngines({ ...engines, sqs }, this.calls);
  }

  listen({ stack }: Running['project']): void {
    stack.on('http', () => {
      this.httpRequests += 1;
    });
    stack.on('event', () => {
      this.events += 1;
    });
    stack.on('log', ({ line }) => {
      this.logBytes += Buffer.byteLength(line) + 1;
    });
    stack.on('invocation', (one) => {
      const name = nameOf(one.function);
      this.invocations.add(name);
      this.memoryMb.set(name, one.memoryMb);
      this.cpuMs.add(name, one.cpuMs ?? 0);
      if (one.initCpuMs) this.initCpuMs.push(one.initCpuMs);
    });
  }
}

type Added = ReturnType<Running['addMember']>;

/** One kind of refresh: how `refreshes` of it are made, each to its end. */
interface Kind {
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly scenario?: string;
  run(running: Running, members: readonly Added[]): Promise<void>;
}

const kinds: readonly Kind[] = [
  { name: 'usual', run: triggerEach },
  {
    name: 'joined by a second trigger',
    run: (running, members) =>
      triggerPaced(running, members, {
        perSecond: rate,
        andThen: async (path) => void (await running.call('POST', `${path}/check_balance`)),
      }),
  },
  { name: 'with webhooks', settings: { webhooks: 'known' }, run: triggerEach },
  { name: 'scheduled', run: schedule },
  { name: 'ended by an error (denied)', scenario: 'denied', run: triggerEach },
];

/** Triggers `rate` a second, and waits for every end. */
function triggerEach(running: Running, members: readonly Added[]): Promise<void> {
  return triggerPaced(running, members, { perSecond: rate });
}

interface Pace {
  readonly perSecond: number;
  /** Done after each answer. */
  readonly andThen?: (path: string) => Promise<void>;
}

async function triggerPaced(running: Running, members: readonly Added[], { perSecond, andThen }: Pace): Promise<void> {
  const ends: Promise<unknown>[] = [];
  const began = performance.now();
  for (const [index, { path }] of members.entries()) {
    await after(Math.max(0, began + (index * 1000) / perSecond - performance.now()));
    ends.push(
      running.call('POST', `${path}/check_balance`).then(async (answer) => {
        if (answer.status !== 202) throw new Error(`a trigger was answered with ${answer.status}: ${answer.text}`);
        await andThen?.(path);
        await running.ended(refreshIdOf(answer));
      }),
    );
  }
  await Promise.all(ends);
}

/** Of the simulator's `user-3`, whose members all of them are. */
const USER_GUID = 'USR-33333333-3333-4333-8333-333333333333';

/**
 * Starts the members as the schedule does, with the messages that its minute sends for those that are due. The minutes
 * themselves cost the same for any number of refreshes.
 */
async function schedule(running: Running, members: readonly Added[]): Promise<void> {
  const { stack } = running.project;
  const { awsEndpointUrl: endpoint, awsCredentials: credentials, region } = stack;
  const over = Promise.withResolvers<void>();
  let left = members.length;
  stack.on('event', ({ detailType }) => {
    if (!detailType.startsWith('refresh.')) return;
    left -= 1;
    if (left === 0) over.resolve();
  });
  const due = members.map(({ guid }) => {
    const member = { userGuid: USER_GUID, memberGuid: guid };
    return { member, everyHours: 1 as const, slot: slotOf(member, 1, 1) };
  });
  const sqs = new SQSClient({ endpoint, credentials, region, useQueueUrlAsEndpoint: false });
  for (const { batch } of startBatches(due, instantOf(Date.now()), MEMBERS_PER_MESSAGE)) {
    const QueueUrl = stack.physicalId('StartsQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeStartBatch(batch) }));
  }
  sqs.destroy();
  await over.promise;
}

/** Counts `refreshes` of one kind. */
async function count(kind: Kind, initCpuMs: number[]): Promise<{ counts: Counts; perSecond: number }> {
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
    const members = Array.from({ length: refreshes }, () => running.addMember({ jobSeconds: JOB_SECONDS }));
    // Members are met, accounts stored and functions started before anything is counted.
    await triggerPaced(running, members, { perSecond: Math.min(rate, SLOWLY) });
    if (kind.name === 'scheduled') {
      const extra = { headers: { 'content-type': 'application/json' }, body: '{"every":1}' };
      for (const { path } of members) {
        const put = await running.call('PUT', `${path}/schedule`, extra);
        if (put.status !== 200) throw new Error(`a schedule was answered with ${put.status}: ${put.text}`);
      }
    }
    if (kind.scenario !== undefined) {
      for (const { guid } of members) running.mx.setScenario({ member: guid, scenario: kind.scenario });
    }
    await running.project.stack.idle();
    initCpuMs.push(...meter.initCpuMs);
    meter.clear();
    const [callsBefore, began] = [running.mx.calls().length, performance.now()];
    await kind.run(running, members);
    const perSecond = refreshes / ((performance.now() - began) / 1000);
    await running.project.stack.idle();
    return { counts: countsOf(meter, running, callsBefore), perSecond };
  } finally {
    await running.close();
  }
}

function countsOf(meter: Meter, running: Running, callsBefore: number): Counts {
  const { stack } = running.project;
  const calls = running.mx.calls().slice(callsBefore);
  const starts = calls.filter(({ route }) => route === 'check-balance').length;
  const messagesOf = (queue: string): number => new Map(meter.messages.entries()).get(stack.physicalId(queue)) ?? 0;
  const amounts = (sums: Sums): ReadonlyMap<string, number> => new Map(sums.entries());
  const [cpuMs, requests] = [amounts(meter.cpuMs), amounts(meter.requests)];
  const awsCalls = new Sums();
  for (const [name, amount] of meter.calls.calls.entries()) awsCalls.add(nameOf(name.split(' ')[0] ?? ''), amount);
  const functions: Record<string, FunctionCounts> = {};
  for (const [name, ran] of meter.invocations.entries()) {
    const isStarter = name === 'check-balance' || name === 'start-due';
    functions[name] = {
      memoryMb: meter.memoryMb.get(name) ?? 0,
      invocations: ran,
      messages: name === 'follow-up' ? messagesOf('FollowUpsQueue') : name === 'start-due' ? starts : ran,
      cpuMs: cpuMs.get(name) ?? 0,
      awsCalls: amounts(awsCalls).get(name) ?? 0,
      mxCalls: isStarter
        ? starts * MX_CALLS_OF_A_START
        : name === 'follow-up'
          ? calls.length - starts * MX_CALLS_OF_A_START
          : 0,
    };
  }
  return {
    refreshes,
    httpRequests: meter.httpRequests,
    functions,
    sends: requests.get('sends') ?? 0,
    receives: requests.get('ReceiveMessage') ?? 0,
    deletes: requests.get('DeleteMessageBatch') ?? 0,
    writeUnits: meter.calls.writeUnits.total,
    indexWriteUnits: meter.calls.indexWriteUnits.total,
    readUnits: meter.calls.readUnits.total,
    events: meter.events,
    logBytes: meter.logBytes,
    mxBytes: calls.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
  };
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`.padStart(9);

function print(kind: Kind, counts: Counts, perSecond: number): void {
  const lines = ledger(counts, assumptions);
  const total = totalOf(lines);
  const follower = counts.functions['follow-up'];
  const batch = follower === undefined ? 1 : follower.messages / follower.invocations;
  console.log(`\n## ${kind.name}: ${refreshes} refreshes, ${perSecond.toFixed(0)} a second\n`);
  console.log('| line | per refresh | per million | share |\n|---|---|---|---|');
  for (const { name, perRefresh, dollars: cost } of lines) {
    console.log(`| ${name} | ${perRefresh.toFixed(2)} | ${dollars(cost)} | ${((100 * cost) / total).toFixed(0)} % |`);
  }
  console.log(`| **together** | | ${dollars(total)} | |`);
  const single = waitingDollars(counts, 1, assumptions);
  const waiting = (size: number): string => {
    const cost = waitingDollars(counts, size, assumptions);
    return `| waiting, ${size.toFixed(1)} messages in an invocation | ${dollars(cost)} | ${(cost / single).toFixed(2)} |`;
  };
  console.log('\n| the wait for MX alone | per million | beside one message an invocation |\n|---|---|---|');
  for (const size of new Set([Number(batch.toFixed(1)), 1, 3, 10])) console.log(waiting(size));
  const others = [
    ['Step Functions, Standard', stepFunctionsDollars(counts, assumptions)],
    [`a Lambda of 128 MB that sleeps for ${JOB_SECONDS} s`, sleepingDollars(JOB_SECONDS)],
  ] as const;
  for (const [name, cost] of others) console.log(`| ${name} | ${dollars(cost)} | ${(cost / single).toFixed(2)} |`);
}

async function main(): Promise<void> {
  const initCpuMs: number[] = [];
  console.log(
    `Prices of us-east-1, ${pricesDated}, no free tier. Assumed: a call of AWS takes ${assumptions.awsMs} ms, one of MX ${assumptions.mxMs} ms; known members, six accounts, jobs of ${JOB_SECONDS} s. Measured: all else.`,
  );
  for (const kind of kinds) {
    const { counts, perSecond } = await count(kind, initCpuMs);
    print(kind, counts, perSecond);
  }
  const init = initCpuMs.toSorted((a, b) => a - b)[Math.floor(initCpuMs.length / 2)] ?? 0;
  console.log(
    `\nINIT: ${init.toFixed(0)} ms of CPU for a cold start (median of ${initCpuMs.length}); 1,000 of them at 512 MB cost ${dollars(init * 0.5 * prices.lambdaGbSecond).trim()}.`,
  );
}

if (values.help) console.log(HELP);
else if (!Number.isInteger(refreshes) || refreshes < 1 || !(rate > 0)) {
  console.error('--refreshes has to be a whole number of 1 or more, and --rate a number above 0.');
  process.exitCode = 1;
} else await main();
