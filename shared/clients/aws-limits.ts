/**
 * Limits that end a call of an AWS service. The SDK's own do not: in the installed versions `requestTimeout` only logs a
 * warning, `socketTimeout` starts again with every byte, and `connectionTimeout` runs while a call waits for a socket of
 * the pool (all three: test/contract/aws-limits.test.ts).
 */
import { StandardRetryStrategy } from '@smithy/core/retry';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { EarlyAgent } from './early-agent.ts';

/** The limits of one client's calls. */
export interface AwsLimits {
  readonly maxAttempts: number;
  /** One attempt, from the request to the last byte of its answer. */
  readonly attemptMs: number;
  /** No attempt begins later than this after the call less `attemptMs`. */
  readonly callMs: number;
  /** Exchanges at the same time, each with a socket of its own; further ones wait in order. */
  readonly atOnce: number;
  /** The longest wait of an exchange for its turn, beside `attemptMs`. */
  readonly waitMs: number;
}

/**
 * For every function. AWS's services are nearby: an answer that takes two seconds is given up and asked for again. A call
 * takes 9 s at most: its last attempt begins as late as it may, and waits for its turn.
 */
export const awsLimits: AwsLimits = { maxAttempts: 3, attemptMs: 2_000, callMs: 6_500, atOnce: 50, waitMs: 2_500 };

/** The part of an SDK client's configuration that sets these limits. Each client needs one of its own. */
export function limitedCalls(limits: AwsLimits = awsLimits) {
  return {
    maxAttempts: limits.maxAttempts,
    requestHandler: new LimitedHandler(limits),
    retryStrategy: new LimitedRetries(limits),
  };
}

/** An attempt that took too long. The SDK retries errors of this name. */
class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

type Handle = NodeHttpHandler['handle'];

/**
 * The SDK's own handler, with a limit for the whole of each exchange. It hands over answers with their body read: what
 * this service asks for is a few kilobytes, or a page of DynamoDB's of 1 MB.
 */
class LimitedHandler extends NodeHttpHandler {
  readonly #limits: AwsLimits;
  readonly #turns: Turns;
  readonly #agent: EarlyAgent;

  constructor(limits: AwsLimits) {
    const options = { keepAlive: true, maxSockets: limits.atOnce };
    const agent = new EarlyAgent(options);
    super({ httpAgent: options, httpsAgent: agent });
    this.#limits = limits;
    this.#turns = new Turns(limits.atOnce);
    this.#agent = agent;
  }

  /** Connects to `endpoint` before the first call, if calls go there by HTTPS. @throws Error when it cannot be reached */
  async open(endpoint: URL): Promise<void> {
    if (endpoint.protocol === 'https:') await this.#agent.open(endpoint);
  }

  /** A signal of the call's own (`abortSignal`) is not listened to: no call here has one. */
  override async handle(...[request, options]: Parameters<Handle>): ReturnType<Handle> {
    const { attemptMs, waitMs } = this.#limits;
    await this.#turns.take(waitMs);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), attemptMs);
    try {
      const { response } = await super.handle(request, { ...options, abortSignal: limit.signal });
      response.body = await wholeBody(response.body);
      return { response };
    } catch (error) {
      throw limit.signal.aborted ? new TimeoutError(`no whole answer within ${attemptMs} ms`) : error;
    } finally {
      clearTimeout(timer);
      this.#turns.giveBack();
    }
  }
}

async function wholeBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Turns for a number of exchanges at a time, given in the order in which they are asked for. */
class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** @throws TimeoutError when no turn came within `waitMs`. */
  async take(waitMs: number): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const mine = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(mine);
        reject(new TimeoutError(`no turn within ${waitMs} ms`));
      }, waitMs);
      this.#waiting.add(mine);
    });
  }

  giveBack(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

type Token = Awaited<ReturnType<StandardRetryStrategy['acquireInitialRetryToken']>>;
type Refresh = StandardRetryStrategy['refreshRetryTokenForRetry'];

/** The SDK's own retries, as long as one more attempt fits into the call's limit. */
class LimitedRetries extends StandardRetryStrategy {
  readonly #lastStartMs: number;
  readonly #begun = new WeakMap<Token, number>();

  constructor({ maxAttempts, attemptMs, callMs }: AwsLimits) {
    super({ maxAttempts });
    this.#lastStartMs = callMs - attemptMs;
  }

  override async acquireInitialRetryToken(scope: string): Promise<Token> {
    const token = await super.acquireInitialRetryToken(scope);
    this.#begun.set(token, performance.now());
    return token;
  }

  /** @throws Error when there is no time for one more attempt; the SDK then throws what the last one ended with. */
  override async refreshRetryTokenForRetry(...[token, failure]: Parameters<Refresh>): Promise<Token> {
    const begun = this.#begun.get(token) ?? performance.now();
    const leftMs = begun + this.#lastStartMs - performance.now();
    if (leftMs <= 0) throw new Error('no time for one more attempt');
    const { promise: tooLate, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('no time for one more attempt')), leftMs);
    try {
      // The SDK sleeps before the next attempt; a service that throttles may ask for seconds.
      const next = await Promise.race([super.refreshRetryTokenForRetry(token, failure), tooLate]);
      this.#begun.set(next, begun);
      return next;
    } finally {
      clearTimeout(timer);
    }
  }
}
