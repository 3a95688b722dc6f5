/** Faults of AWS that a test causes in the running stack, and what it waits for: log lines and events. */
import { type AwsCall, type AwsService, accessDeniedAnswer } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import type { Running } from './running.ts';

/** Calls of functions that AWS refuses, as when a deployment has lost a permission. */
export interface AwsFaults {
  readonly aroundEngines: (engines: AwsEngines) => AwsEngines;
  /**
   * From now on AWS refuses the calls of the function to a service.
   *
   * @param functionId what its logical id begins with
   * @param about only those that name this, such as a table
   */
  refuse(functionId: string, service?: AwsService, about?: string): void;
  /** AWS refuses nothing any more. */
  mend(): void;
  /** The last message with `part` in it that the function sent. @throws Error when it sent none */
  lastSentBy(functionId: string, part?: string): string;
}

/** No fault yet. */
export function awsFaults(): AwsFaults {
  const refused: { readonly by: string; readonly service: AwsService; readonly about: string }[] = [];
  const sent: { readonly by: string; readonly body: string }[] = [];
  const nameOf = ({ caller }: AwsCall): string => (caller.via === 'function' ? caller.function.slice(0, -HASH) : '');
  return {
    aroundEngines(engines) {
      const around = (service: AwsService) => async (call: AwsCall) => {
        const isRefused = refused.some(
          (one) => one.by === nameOf(call) && one.service === service && call.body.includes(one.about),
        );
        if (isRefused) return accessDeniedAnswer(service, 'the role has lost a policy');
        if (/^SendMessage(Batch)?$/.test(call.action)) {
          const input: Sent & { readonly Entries?: readonly Sent[] } = JSON.parse(call.body.toString());
          for (const { MessageBody: body = '' } of input.Entries ?? [input]) sent.push({ by: nameOf(call), body });
        }
        return engines[service](call);
      };
      return {
        ...engines,
        ...{ dynamodb: around('dynamodb'), sqs: around('sqs'), secretsmanager: around('secretsmanager') },
      };
    },
    refuse(functionId, service = 'dynamodb', about = '') {
      refused.push({ by: `${functionId}Function`, service, about });
    },
    mend() {
      refused.length = 0;
    },
    lastSentBy(functionId, part = '') {
      const last = sent.findLast(({ by, body }) => by === `${functionId}Function` && body.includes(part));
      if (last === undefined) throw new Error(`${functionId} has sent no message with “${part}”`);
      return last.body;
    },
  };
}

interface Sent {
  readonly MessageBody?: string;
}

/** The eight digits that the CDK adds to a logical id. */
const HASH = 8;

/** The next line of any function that has all of these parts. */
export const nextLine = ({ project: { stack } }: Running, ...parts: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const stop = stack.on('log', ({ line }) => {
      if (!parts.every((part) => line.includes(part))) return;
      stop();
      resolve(line);
    });
  });

/** The next event of this type. */
export const nextEvent = ({ project: { stack } }: Running, type: string): Promise<void> =>
  new Promise((resolve) => {
    const stop = stack.on('event', ({ detailType }) => {
      if (detailType !== type) return;
      stop();
      resolve();
    });
  });
