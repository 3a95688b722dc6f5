import { randomUUID } from 'node:crypto';
import { FunctionError, FunctionInstance } from './function-instance.ts';
import type { ObservationFeed } from './observations.ts';
import { type Lineage, MAX_CHAIN_INVOCATIONS, markOf, traceHeader } from './trace-header.ts';

/** One function of the template, everything resolved. */
export interface FunctionSpec {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Folder with the bundle. */
  readonly taskRoot: string;
  /** `index.handler` */
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The whole environment of its workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Workers at the same time; 0 means that the function is switched off (`ReservedConcurrentExecutions` 0). */
  readonly maxWorkers: number;
  /** `RecursiveLoop` is `Allow`: chains of messages that lead back to it are never stopped. */
  readonly mayLoop: boolean;
}

/** Lambda's limit for what goes in and comes out of a synchronous invocation. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** Runs the invocations of one function: warm workers first, a bounded number of them, the rest waits in order. */
export class FunctionHost {
  readonly spec: FunctionSpec;
  readonly #observations: ObservationFeed;
  readonly #now: () => number;
  readonly #instances = new Set<FunctionInstance>();
  readonly #warm: FunctionInstance[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor(spec: FunctionSpec, observations: ObservationFeed, now: () => number) {
    this.spec = spec;
    this.#observations = observations;
    this.#now = now;
  }

  /** Invocations that run or wait. */
  get busy(): number {
    return this.#running + this.#waiting.length;
  }

  /** Whether Lambda would stop a chain of messages with this lineage instead of invoking the function again. */
  stopsChain(lineage: Lineage): boolean {
    return !this.spec.mayLoop && (lineage.get(markOf(this.spec.arn)) ?? 0) >= MAX_CHAIN_INVOCATIONS;
  }

  /**
   * Invokes the function with an event that JSON can carry.
   *
   * @param lineage of the messages in the event; none for what begins a chain
   * @returns what the handler returned, through JSON
   * @throws FunctionError as in Lambda: the handler's error, a timeout, a bundle that cannot be loaded
   */
  async invoke(event: unknown, lineage: Lineage = new Map()): Promise<unknown> {
    if (this.spec.maxWorkers === 0) {
      throw new FunctionError({ errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' });
    }
    const payload = JSON.stringify(event) ?? 'null';
    if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) {
      throw new FunctionError({ errorType: 'RequestTooLargeException', errorMessage: 'the event is larger than 6 MB' });
    }
    if (this.#running >= this.spec.maxWorkers) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      // A place is handed on from one invocation to the next, so that nobody new can slip in between.
      return await this.#run(payload, lineage);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** Stops every worker; what runs or waits fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances].map((instance) => instance.stop()));
  }

  async #run(payload: string, lineage: Lineage): Promise<unknown> {
    if (this.#closed) throw new FunctionError({ errorType: 'Stopped', errorMessage: 'the local stack is closed' });
    const warm = this.#warmInstance();
    const instance = warm ?? this.#newInstance();
    const requestId = randomUUID();
    const started = this.#now();
    const observed = { function: this.spec.logicalId, requestId, cold: warm === undefined };
    try {
      const trace = traceHeader(lineage, markOf(this.spec.arn), started);
      const invocation = { requestId, event: payload, traceHeader: trace };
      const result = await instance.invoke(invocation, this.spec.timeoutSeconds);
      if (Buffer.byteLength(result) > MAX_PAYLOAD_BYTES) {
        throw new FunctionError({
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: 'the result is larger than 6 MB',
        });
      }
      this.#observations.emit('invocation', { ...observed, ms: this.#now() - started });
      const parsed: unknown = JSON.parse(result);
      return parsed;
    } catch (error) {
      this.#failed(error, { ...observed, ms: this.#now() - started });
      throw error;
    } finally {
      if (instance.alive) this.#warm.push(instance);
      else this.#instances.delete(instance);
    }
  }

  #failed(error: unknown, observed: { function: string; requestId: string; cold: boolean; ms: number }): void {
    const errorType = error instanceof FunctionError ? error.errorType : 'Unknown';
    const errorMessage = error instanceof Error ? error.message : String(error);
    const trace = error instanceof FunctionError ? error.trace : [];
    // Lambda's runtime writes such a line as well; without it a bundle that cannot be loaded would fail in silence.
    const line = `Invoke Error\t${JSON.stringify({ errorType, errorMessage, stack: trace })}`;
    this.#observations.emit('log', { function: this.spec.logicalId, stream: 'stderr', line });
    this.#observations.emit('invocation', { ...observed, error: { errorType, errorMessage } });
  }

  #warmInstance(): FunctionInstance | undefined {
    for (;;) {
      const instance = this.#warm.pop();
      // A worker may have died between two invocations, by a rejection that nobody handled.
      if (instance === undefined || instance.alive) return instance;
      this.#instances.delete(instance);
    }
  }

  #newInstance(): FunctionInstance {
    const { spec } = this;
    const instance = new FunctionInstance({
      setup: {
        taskRoot: spec.taskRoot,
        handler: spec.handler,
        functionName: spec.name,
        functionArn: spec.arn,
        memoryMb: spec.memoryMb,
      },
      environment: spec.environment,
      onLine: (stream, line) => this.#observations.emit('log', { function: spec.logicalId, stream, line }),
    });
    this.#instances.add(instance);
    return instance;
  }
}
