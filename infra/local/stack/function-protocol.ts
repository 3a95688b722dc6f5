/** What a function's worker is started with. */
export interface WorkerSetup {
  readonly taskRoot: string;
  /** `index.handler` */
  readonly handler: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
}

/** From the host to the worker: one invocation. */
export interface InvokeMessage {
  readonly requestId: string;
  /** JSON text */
  readonly event: string;
  /** Milliseconds since 1970 at which the function is stopped. */
  readonly deadline: number;
  /** How far the function's clock is ahead of this machine's. It never goes back. */
  readonly clockAheadMs: number;
  /** `_X_AMZN_TRACE_ID` while it runs; the SDK sends it on with every call. */
  readonly traceHeader: string;
}

/** An error as Lambda's runtime writes it. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** From the worker to the host. */
export type WorkerMessage =
  /** The bundle is loaded; `cpuMs`: what that took of the thread's CPU time, user and system. */
  | { readonly kind: 'ready'; readonly cpuMs: number }
  /** `payload` is JSON text, `cpuMs` the thread's CPU time of this invocation. */
  | { readonly kind: 'result'; readonly payload: string; readonly cpuMs: number }
  /** The invocation failed, or the bundle could not be loaded. */
  | { readonly kind: 'failed'; readonly error: LambdaError };
