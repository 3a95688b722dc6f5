/** Who the operator is to the deployment's HTTP API: a Basic key, or the AWS credentials of this machine. */
import type { Identity } from '../local/api-caller.ts';
import { callerWith, defaultCaller } from '../local/development-keys.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';

/** The part of an SDK client's configuration that says who signs. */
export interface Signing {
  readonly credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;
  readonly region: () => Promise<string>;
}

/** A caller of the API. */
export interface OperatorCaller {
  /** For people. */
  readonly words: string;
  /** Asked before each call: AWS credentials expire. */
  readonly identity: () => Promise<Identity>;
}

/** Only a stack whose API has Basic callers has this output. */
export const hasBasicCallers = ({ outputs }: Pick<Deployment, 'outputs'>): boolean => 'ApiCallersSecretArn' in outputs;

/**
 * The caller.
 *
 * @param given `client_id:key`, as the variable CALLER has it; null: the local stack's own key there, else AWS credentials.
 * @throws Stop `usage` for a text of another form.
 */
export function callerOf(
  deployment: Pick<Deployment, 'isLocal' | 'outputs'>,
  given: string | null,
  signing: Signing,
): OperatorCaller {
  if (given !== null) {
    const at = given.indexOf(':');
    const [clientId, key] = [given.slice(0, Math.max(0, at)), given.slice(at + 1)];
    if (clientId === '' || key === '') throw new Stop(exitCodes.usage, 'CALLER has to be client_id:key.');
    return { words: `Basic key of ${clientId}`, identity: async () => callerWith(clientId, key) };
  }
  if (deployment.isLocal && hasBasicCallers(deployment)) {
    return { words: `Basic key of ${defaultCaller.clientId}`, identity: async () => defaultCaller };
  }
  return {
    words: 'AWS credentials of this machine (SigV4)',
    identity: async () => ({ credentials: await signing.credentials(), region: await signing.region() }),
  };
}
