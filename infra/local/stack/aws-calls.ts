import { type AwsAnswer, type AwsCall, type AwsEngine, type AwsService, awsError } from './aws-call.ts';
import type { ObservationFeed } from './observations.ts';

/** Whether a call may be made: `undefined` allows it, a sentence refuses it. */
export type Authorize = (call: AwsCall) => string | undefined;

/** Allows every call of known credentials. */
export const allowEverything: Authorize = () => undefined;

export interface AwsCallsOptions {
  readonly engines: Readonly<Record<AwsService, AwsEngine>>;
  readonly authorize: Authorize;
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/**
 * Checks, makes and reports every AWS call of functions, event sources and tools. Not among them: messages that the
 * local EventBridge and Scheduler put into queues: in AWS these are no calls of this account's functions.
 */
export class AwsCalls {
  readonly #options: AwsCallsOptions;

  constructor(options: AwsCallsOptions) {
    this.#options = options;
  }

  /** Never rejects: a fault of an engine is a 500 in AWS's shape. */
  async call(call: AwsCall): Promise<AwsAnswer> {
    const { now, observations } = this.#options;
    const started = now();
    const answer = await this.#answer(call);
    observations.emit('aws-call', {
      function: call.caller.function,
      via: call.caller.via,
      service: call.service,
      action: call.action,
      status: answer.status,
      ms: now() - started,
      requestBytes: call.body.length,
      responseBytes: Buffer.byteLength(answer.body),
    });
    return answer;
  }

  async #answer(call: AwsCall): Promise<AwsAnswer> {
    const refusal = this.#options.authorize(call);
    if (refusal !== undefined) return awsError(call.service, 'AccessDeniedException', refusal);
    try {
      return await this.#options.engines[call.service](call);
    } catch (error) {
      if (error instanceof SyntaxError) return awsError(call.service, 'SerializationException', error.message);
      return awsError(call.service, 'InternalFailure', `the local engine failed: ${String(error)}`, 500);
    }
  }
}
