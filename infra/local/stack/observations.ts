import type { Asked } from './permissions.ts';

/** What a running local stack reports, one shape per kind. `function`, `queue` and `bus` are logical ids. */
export interface Observations {
  /**
   * One HTTP request answered by the API; `route` is the route key that matched, if any; `problem` the body of an answer of
   * status 400 or more, absent in others.
   */
  http: {
    method: string;
    path: string;
    status: number;
    ms: number;
    route: string | undefined;
    problem?: string;
  };
  /** One invocation that is over. */
  invocation: ObservedInvocation;
  /** One line that a function wrote, without its line break. */
  log: { function: string; stream: 'stdout' | 'stderr'; line: string };
  /** One event that a bus accepted. */
  event: { bus: string; id: string; source: string; detailType: string; detail: unknown; time: string };
  /** One message that arrived in a dead-letter queue. */
  'dead-letter': { queue: string; messageId: string; body: string };
  /** One AWS call that came through the gateway. `function` is undefined for the tools' credentials. */
  'aws-call': {
    function: string | undefined;
    via: 'function' | 'event-source' | 'tools';
    service: string;
    action: string;
    /** What policies have to allow for it; nothing for the tools' credentials. */
    asked: readonly Asked[];
    /** The sentence in which it was refused, as AWS would have refused it. */
    refusal: string | undefined;
    status: number;
    ms: number;
    requestBytes: number;
    responseBytes: number;
  };
}

/** One invocation that is over. */
export interface ObservedInvocation {
  function: string;
  requestId: string;
  ms: number;
  /** Whether it started a new worker. */
  cold: boolean;
  /** Of the function, as the template has it. */
  memoryMb: number;
  /** CPU milliseconds of the worker's thread, and those of loading the bundle, 0 unless `cold`. Absent after an error. */
  cpuMs?: number;
  initCpuMs?: number;
  error?: ObservedError;
}

/** An error as Lambda reports it. */
export interface ObservedError {
  errorType: string;
  errorMessage: string;
}

export type ObservationKind = keyof Observations;

type Listener<K extends ObservationKind> = (observation: Observations[K]) => void;
type Listeners = { [K in ObservationKind]: Set<Listener<K>> };

/** Hands observations to listeners, in the order of subscription, synchronously. */
export class ObservationFeed {
  readonly #listeners: Listeners = {
    http: new Set(),
    invocation: new Set(),
    log: new Set(),
    event: new Set(),
    'dead-letter': new Set(),
    'aws-call': new Set(),
  };

  /** Calls `listener` for every observation of this kind until the returned function is called. */
  on<K extends ObservationKind>(kind: K, listener: Listener<K>): () => void {
    this.#listeners[kind].add(listener);
    return () => {
      this.#listeners[kind].delete(listener);
    };
  }

  emit<K extends ObservationKind>(kind: K, observation: Observations[K]): void {
    for (const listener of this.#listeners[kind]) {
      try {
        listener(observation);
      } catch (error) {
        // An error in a listener must not fail a request or lose a message.
        process.emitWarning(`a listener of '${kind}' threw: ${String(error)}`);
      }
    }
  }
}
