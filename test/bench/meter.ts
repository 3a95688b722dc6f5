/** What `npm run bench:cost` counts while refreshes run through the local stack. */
import type { AwsEngine } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { AT_ONCE as STARTS_AT_ONCE } from '../../shared/domain/start-due.ts';
import type { Running } from '../local/running.ts';
import { CountedCalls, countingEngines, Sums } from './counted-calls.ts';
import { median } from './figures.ts';
import { nameOf } from './function-names.ts';
import type { Counts, FunctionCounts } from './ledger.ts';

/** Functions that call MX, and so leave through the NAT gateway when they call AWS too. */
const mxCallers: ReadonlySet<string> = new Set(['check-balance', 'follow-up', 'start-due']);

/** Of those that start jobs: the member is read, then the POST sent. */
const MX_CALLS_OF_A_START = 2;

/** Counts calls, units, bytes and CPU time from `clear` on. */
export class Meter {
  /** Messages in each batch that the follower was given: size and how often. */
  readonly batches = new Map<number, number>();
  readonly #calls = new CountedCalls();
  /** By queue URL. */
  readonly #messages = new Sums();
  readonly #requests = new Sums();
  readonly #invocations = new Sums();
  readonly #cpuMs = new Sums();
  /** By function, of every cold start since the stack began. */
  readonly #initCpuMs = new Map<string, number[]>();
  readonly #memoryMb = new Map<string, number>();
  readonly #nat = new Sums();
  #httpRequests = 0;
  #events = 0;
  #logBytes = 0;
  #metricBytes = 0;
  #followUpQueue = '';

  /** Counts from here on. */
  clear({ mx }: Running): void {
    this.#calls.clear();
    for (const sums of [this.#messages, this.#requests, this.#invocations, this.#cpuMs, this.#nat]) sums.clear();
    this.batches.clear();
    this.#httpRequests = 0;
    this.#events = 0;
    this.#logBytes = 0;
    this.#metricBytes = 0;
    mx.clearCalls();
  }

  /** Counts what passes the engines. */
  around(engines: AwsEngines): AwsEngines {
    const sqs: AwsEngine = async (call) => {
      const answer = await engines.sqs(call);
      const { QueueUrl, Entries } = JSON.parse(call.body.toString()) as { QueueUrl: string; Entries?: unknown[] };
      const isSend = call.action.startsWith('SendMessage');
      if (isSend) this.#messages.add(QueueUrl, Entries?.length ?? 1);
      if (call.action === 'ReceiveMessage') {
        const { Messages = [] } = JSON.parse(answer.body.toString()) as { Messages?: unknown[] };
        // Lambda's pollers also ask when there is nothing; that costs the same for any number of refreshes.
        if (Messages.length === 0) return answer;
        if (QueueUrl === this.#followUpQueue)
          this.batches.set(Messages.length, (this.batches.get(Messages.length) ?? 0) + 1);
      }
      this.#requests.add(isSend ? 'sends' : call.action);
      return answer;
    };
    return countingEngines({ ...engines, sqs }, this.#calls);
  }

  /** Listens to a stack that runs. */
  listen({ stack }: Running['project']): void {
    this.#followUpQueue = stack.physicalId('FollowUpsQueue');
    stack.on('http', () => {
      this.#httpRequests += 1;
    });
    stack.on('event', () => {
      this.#events += 1;
    });
    stack.on('log', ({ line }) => {
      const bytes = Buffer.byteLength(line) + 1;
      if (line.includes('"_aws":')) this.#metricBytes += bytes;
      else this.#logBytes += bytes;
    });
    stack.on('aws-call', ({ function: by, via, service, requestBytes, responseBytes }) => {
      // DynamoDB has an endpoint in the network, which is free (infra/constructs/fixed-egress.ts).
      if (via !== 'function' || by === undefined || service === 'dynamodb' || !mxCallers.has(nameOf(by))) return;
      this.#nat.add('calls');
      this.#nat.add('bytes', requestBytes + responseBytes);
    });
    stack.on('invocation', (one) => {
      const name = nameOf(one.function);
      this.#invocations.add(name);
      this.#memoryMb.set(name, one.memoryMb);
      this.#cpuMs.add(name, one.cpuMs ?? 0);
      if (one.initCpuMs) this.#initCpuMs.set(name, [...(this.#initCpuMs.get(name) ?? []), one.initCpuMs]);
    });
  }

  /** Everything counted since `clear`, for so many refreshes. */
  counts({ project: { stack }, mx }: Running, refreshes: number): Counts {
    const mxCalls = mx.calls();
    const starts = mxCalls.filter(({ route }) => route === 'check-balance').length;
    const messagesOf = (queue: string): number => amounts(this.#messages).get(stack.physicalId(queue)) ?? 0;
    // A message of the schedule starts its members a few at a time.
    const startsTogether = Math.min(starts, STARTS_AT_ONCE * messagesOf('StartsQueue'));
    const [cpuMs, requests, nat] = [amounts(this.#cpuMs), amounts(this.#requests), amounts(this.#nat)];
    const awsCalls = new Sums();
    for (const [name, amount] of this.#calls.calls.entries()) awsCalls.add(nameOf(name.split(' ')[0] ?? ''), amount);
    const awsCallsOf = amounts(awsCalls);
    const functions: Record<string, FunctionCounts> = {};
    for (const [name, ran] of this.#invocations.entries()) {
      const isStarter = name === 'check-balance' || name === 'start-due';
      const startCalls = starts * MX_CALLS_OF_A_START;
      functions[name] = {
        memoryMb: this.#memoryMb.get(name) ?? 0,
        invocations: ran,
        messages: name === 'follow-up' ? messagesOf('FollowUpsQueue') : name === 'start-due' ? startsTogether : ran,
        cpuMs: cpuMs.get(name) ?? 0,
        initCpuMs: median(this.#initCpuMs.get(name) ?? [0]),
        awsCalls: awsCallsOf.get(name) ?? 0,
        mxCalls: isStarter ? startCalls : name === 'follow-up' ? mxCalls.length - startCalls : 0,
      };
    }
    return {
      refreshes,
      httpRequests: this.#httpRequests,
      functions,
      sends: requests.get('sends') ?? 0,
      receives: requests.get('ReceiveMessage') ?? 0,
      deletes: requests.get('DeleteMessageBatch') ?? 0,
      writeUnits: this.#calls.writeUnits.total,
      indexWriteUnits: this.#calls.indexWriteUnits.total,
      readUnits: this.#calls.readUnits.total,
      events: this.#events,
      logBytes: this.#logBytes,
      metricBytes: this.#metricBytes,
      mxCalls: mxCalls.length,
      mxBodyBytes: mxCalls.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
      natAwsCalls: nat.get('calls') ?? 0,
      natAwsBodyBytes: nat.get('bytes') ?? 0,
    };
  }
}

const amounts = (sums: Sums): ReadonlyMap<string, number> => new Map(sums.entries());
