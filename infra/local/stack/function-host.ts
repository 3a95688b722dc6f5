import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { FunctionError, FunctionInstance } from './function-instance.ts';
import type { ObservationFeed, ObservedInvocation } from './observations.ts';
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

/**
 * Number of a function's workers that are started without waiting: more than there are cores only load bundles, a tenth of a
 * second each, while the others could answer.
 */
export const EAGER_WORKERS = Math.min(4, Math.max(2, availableParallelism()));

/**
 * When no invocation has ended for this long, the workers wait for something, such as the end of a refresh with `wait`,
 * and more are started. In a burst invocations end all the time, and starting a worker for each would take longer than
 * the burst.
 */
const PATIENCE_MS = 250;

/** All idle workers but one are stopped after this time: 37 of them, after one invocation each, held 977 MB. */
const IDLE_MS = 60_000;

/** Lambda's limit for what goes in and comes out of a synchronous invocation. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/**
 * Runs the invocations of one function: warm workers first, up to {@link EAGER_WORKERS} new ones at once, further ones
 * while the others wait, never more than `maxWorkers`; the rest waits in order.
 */
export class FunctionHost {
  readonly spec: FunctionSpec;
  readonly #observations: ObservationFeed;
  readonly #now: () => number;
  readonly #clockAheadMs: () => number;
  readonly #instances = new Set<FunctionInstance>();
  /** The one used last is at the end, and is used next. */
  readonly #warm: { readonly instance: FunctionInstance; readonly idle: NodeJS.Timeout }[] = [];
  readonly #waiting: (() => void)[] = [];
  #patience: NodeJS.Timeout | undefined;
  #running = 0;
  #closed = false;

  /** @param clockAheadMs how far the function's clock is ahead of this machine's */
  constructor(
    spec: FunctionSpec,
    observations: ObservationFeed,
    now: () => number,
    clockAheadMs: () => number = () => 0,
  ) {
    this.spec = spec;
    this.#observations = observations;
    this.#now = now;
    this.#clockAheadMs = clockAheadMs;
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
    await this.#place();
    try {
      // At the end the place goes to the invocation that waits longest: a new one cannot take it first.
      return await this.#run(payload, lineage);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
      this.#beginPatience();
    }
  }

  /** Resolves when this invocation may run. */
  async #place(): Promise<void> {
    const { maxWorkers } = this.spec;
    if (this.#running < maxWorkers && (this.#running < EAGER_WORKERS || this.#warm.length > 0)) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((start) => {
      this.#waiting.push(start);
      if (this.#patience === undefined) this.#beginPatience();
    });
  }

  /** Restarts the timer that starts more workers, while an invocation waits for a place. */
  #beginPatience(): void {
    clearTimeout(this.#patience);
    this.#patience =
      this.#waiting.length === 0 || this.#closed ? undefined : setTimeout(() => this.#grow(), PATIENCE_MS);
  }

  /** Starts half as many workers again as are running, for invocations that wait. */
  #grow(): void {
    const starting = [...this.#instances].some(({ initCpuMs }) => initCpuMs === null);
    const most = starting ? 0 : Math.min(Math.ceil(this.#running / 2), this.spec.maxWorkers - this.#running);
    for (const start of this.#waiting.splice(0, most)) {
      this.#running += 1;
      start();
    }
    this.#beginPatience();
  }

  /** Stops every worker; what runs or waits fails. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const { idle } of this.#warm) clearTimeout(idle);
    await Promise.all([...this.#instances].map((instance) => instance.stop()));
  }

  async #run(payload: string, lineage: Lineage): Promise<unknown> {
    if (this.#closed) throw new FunctionError({ errorType: 'Stopped', errorMessage: 'the local stack is closed' });
    const warm = this.#warmInstance();
    const instance = warm ?? this.#newInstance();
    const requestId = randomUUID();
    const started = this.#now();
    const { logicalId, memoryMb } = this.spec;
    const observed = { function: logicalId, requestId, memoryMb, cold: warm === undefined };
    try {
      const trace = traceHeader(lineage, markOf(this.spec.arn), started);
      const clockAheadMs = this.#clockAheadMs();
      const invocation = { requestId, event: payload, traceHeader: trace, clockAheadMs };
      const { payload: result, cpuMs } = await instance.invoke(invocation, this.spec.timeoutSeconds);
      if (Buffer.byteLength(result) > MAX_PAYLOAD_BYTES) {
        throw new FunctionError({
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: 'the result is larger than 6 MB',
        });
      }
      const initCpuMs = warm === undefined ? (instance.initCpuMs ?? 0) : 0;
      this.#observations.emit('invocation', { ...observed, ms: this.#now() - started, cpuMs, initCpuMs });
      const parsed: unknown = JSON.parse(result);
      return parsed;
    } catch (error) {
      this.#failed(error, { ...observed, ms: this.#now() - started });
      throw error;
    } finally {
      if (!instance.alive) this.#instances.delete(instance);
      else if (!this.#closed) this.#keepWarm(instance);
    }
  }

  #keepWarm(instance: FunctionInstance): void {
    const idle = setTimeout(() => {
      // One stays, so that the next request after a pause is quick.
      if (this.#warm.length === 1) return;
      this.#warm.splice(
        this.#warm.findIndex((warm) => warm.instance === instance),
        1,
      );
      this.#instances.delete(instance);
      void instance.stop();
    }, IDLE_MS);
    idle.unref();
    this.#warm.push({ instance, idle });
  }

  #failed(error: unknown, observed: Omit<ObservedInvocation, 'error'>): void {
    const errorType = error instanceof FunctionError ? error.errorType : 'Unknown';
    const errorMessage = error instanceof Error ? error.message : String(error);
    const trace = error instanceof FunctionError ? error.trace : [];
    // As Lambda's runtime does: without this line a bundle that cannot be loaded would leave no trace in the log.
    const line = `Invoke Error\t${JSON.stringify({ errorType, errorMessage, stack: trace })}`;
    this.#observations.emit('log', { function: this.spec.logicalId, stream: 'stderr', line });
    this.#observations.emit('invocation', { ...observed, error: { errorType, errorMessage } });
  }

  #warmInstance(): FunctionInstance | undefined {
    for (;;) {
      const warm = this.#warm.pop();
      if (warm === undefined) return undefined;
      clearTimeout(warm.idle);
      // A worker may have ended between two invocations, by an unhandled rejection.
      if (warm.instance.alive) return warm.instance;
      this.#instances.delete(warm.instance);
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
