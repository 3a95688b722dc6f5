import { Worker } from 'node:worker_threads';
import type { InvokeMessage, LambdaError, WorkerMessage, WorkerSetup } from './function-protocol.ts';
import { linesOf } from './log-lines.ts';

/** A failed invocation, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly errorType: string;
  readonly trace: readonly string[];

  constructor({ errorType, errorMessage, trace = [] }: LambdaError) {
    super(errorMessage);
    this.errorType = errorType;
    this.trace = trace;
  }
}

/** What came of an invocation: JSON text, and the CPU time in milliseconds. */
export interface Invoked {
  readonly payload: string;
  readonly cpuMs: number;
}

export interface InstanceOptions {
  readonly setup: WorkerSetup;
  /** The whole environment; none of this machine's variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void;
}

/** Lambda allows 10 s; a laptop that starts four workers at once is slower. */
const INIT_TIMEOUT_MS = 30_000;

/**
 * Size of V8's young generation in each worker. V8's own limit follows the machine's memory: 192 MB on one with 23 GB.
 */
const YOUNG_GENERATION_MB = 8;

/** One worker thread with one copy of a function, for one invocation at a time. `alive`: it has not ended. */
export class FunctionInstance {
  alive = true;
  readonly #worker: Worker;
  readonly #ready: Promise<void>;
  readonly #onLine: InstanceOptions['onLine'];
  /** CPU milliseconds that loading its bundle took; null until it is loaded. */
  initCpuMs: number | null = null;
  #settle: ((message: WorkerMessage) => void) | undefined;

  constructor({ setup, environment, onLine }: InstanceOptions) {
    this.#worker = new Worker(new URL('./function-worker.ts', import.meta.url), {
      workerData: setup,
      env: { ...environment },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: {
        maxOldGenerationSizeMb: setup.memoryMb,
        maxYoungGenerationSizeMb: YOUNG_GENERATION_MB,
      },
    });
    this.#onLine = onLine;
    linesOf(this.#worker.stdout, (line) => onLine('stdout', line));
    linesOf(this.#worker.stderr, (line) => onLine('stderr', line));
    this.#worker.on('message', (message: WorkerMessage) => this.#settle?.(message));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const errorType = outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.UnhandledPromiseRejection';
      this.#failed({ errorType, errorMessage: outOfMemory ? error.message : `${error.name}: ${error.message}` });
    });
    this.#worker.on('exit', (code) => {
      this.#failed({
        errorType: 'Runtime.ExitError',
        errorMessage: `Runtime exited without providing a reason (${code})`,
      });
    });
    this.#ready = this.#answer(INIT_TIMEOUT_MS, 'Runtime.InitTimeout', 'the bundle took more than 30 s to load').then(
      (message) => {
        if (message.kind === 'ready') {
          this.initCpuMs = message.cpuMs;
          return;
        }
        this.#end();
        throw new FunctionError(
          message.kind === 'failed' ? message.error : { errorType: 'Runtime.InitError', errorMessage: message.kind },
        );
      },
    );
    // The first invocation awaits it; without this line a failure before that would end the process.
    this.#ready.catch(() => {});
  }

  /**
   * Runs one invocation. Its event and its answer are JSON texts; `cpuMs` is the CPU time that it took.
   *
   * @throws FunctionError when the handler threw, the worker ended, or the time was up (the worker is stopped then)
   */
  async invoke(asked: Omit<InvokeMessage, 'deadline'>, timeoutSeconds: number): Promise<Invoked> {
    await this.#ready;
    if (!this.alive) throw new FunctionError({ errorType: 'Runtime.ExitError', errorMessage: 'the worker is gone' });
    const { requestId } = asked;
    // The real clock on purpose: the worker compares with it, and a timer below follows it.
    const invocation: InvokeMessage = { ...asked, deadline: Date.now() + timeoutSeconds * 1000 };
    const over = this.#answer(
      timeoutSeconds * 1000,
      'Sandbox.Timedout',
      `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
    );
    this.#worker.postMessage(invocation);
    const message = await over;
    if (message.kind === 'result') return message;
    throw new FunctionError(
      message.kind === 'failed' ? message.error : { errorType: 'Runtime', errorMessage: message.kind },
    );
  }

  async stop(): Promise<void> {
    this.alive = false;
    await this.#worker.terminate();
  }

  /** The worker's next message; when the time is up, a failure with these texts, and the worker is stopped. */
  #answer(limitMs: number, errorType: string, errorMessage: string): Promise<WorkerMessage> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#settle?.({ kind: 'failed', error: { errorType, errorMessage } });
        this.#end();
      }, limitMs);
      this.#settle = (message) => {
        clearTimeout(timer);
        this.#settle = undefined;
        resolve(message);
      };
    });
  }

  #failed(error: LambdaError): void {
    // Between two invocations no invocation can report the error. While the bundle loads, the one that waits does.
    if (this.alive && this.initCpuMs !== null && this.#settle === undefined)
      this.#onLine('stderr', `${error.errorType}: ${error.errorMessage}`);
    this.alive = false;
    this.#settle?.({ kind: 'failed', error });
  }

  #end(): void {
    this.alive = false;
    void this.#worker.terminate();
  }
}
