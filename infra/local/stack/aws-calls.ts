import {
  type AwsAnswer,
  type AwsCall,
  type AwsEngine,
  type AwsService,
  accessDeniedAnswer,
  awsError,
} from './aws-call.ts';
import type { ObservationFeed } from './observations.ts';
import type { Permissions, Verdict } from './permissions.ts';

export interface AwsCallsOptions {
  readonly engines: Readonly<Record<AwsService, AwsEngine>>;
  readonly permissions: Pick<Permissions, 'check'>;
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/**
 * Checks by the template's policies, makes and reports every AWS call of functions, event sources and tools. Not among them: messages that the
 * local EventBridge and Scheduler put into queues: in AWS these are no calls of this account's functions.
 */
export class AwsCalls {
  readonly #options: AwsCallsOptions;

  constructor(options: AwsCallsOptions) {
    this.#options = options;
  }

  /**
   * Never rejects: a fault of an engine is a 500 in AWS's shape. A call that AWS would refuse does not reach its engine;
   * the function's log says so.
   */
  async call(call: AwsCall): Promise<AwsAnswer> {
    const { now, observations } = this.#options;
    const started = now();
    const { answer, asked, refusal } = await this.#answer(call);
    if (refusal !== undefined && call.caller.function !== undefined) {
      observations.emit('log', { function: call.caller.function, stream: 'stderr', line: refusal });
    }
    observations.emit('aws-call', {
      function: call.caller.function,
      via: call.caller.via,
      service: call.service,
      action: call.action,
      asked,
      refusal,
      status: answer.status,
      ms: now() - started,
      requestBytes: call.body.length,
      responseBytes: Buffer.byteLength(answer.body),
    });
    return answer;
  }

  async #answer(call: AwsCall): Promise<{ readonly answer: AwsAnswer } & Verdict> {
    const unchecked = { asked: [], refusal: undefined };
    try {
      const verdict = this.#verdict(call);
      if (verdict instanceof Error) {
        return { answer: awsError(call.service, 'ValidationException', verdict.message), ...unchecked };
      }
      const { refusal } = verdict;
      if (refusal !== undefined) return { answer: accessDeniedAnswer(call.service, refusal), ...verdict };
      return { answer: await this.#options.engines[call.service](call), ...verdict };
    } catch (error) {
      const answer =
        error instanceof SyntaxError
          ? awsError(call.service, 'SerializationException', error.message)
          : awsError(call.service, 'InternalFailure', `the local engine failed: ${String(error)}`, 500);
      return { answer, ...unchecked };
    }
  }

  /** An error when it cannot be told whether AWS allows the call. */
  #verdict(call: AwsCall): Verdict | Error {
    try {
      return this.#options.permissions.check(call);
    } catch (error) {
      if (error instanceof SyntaxError || !(error instanceof Error)) throw error;
      return error;
    }
  }
}
