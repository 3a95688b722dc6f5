/** Asking MX who a member is: one GET, at a pace far below MX's limits, repeated while MX is in trouble. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { httpsTransport } from '../../shared/clients/https-transport.ts';
import { mxClient } from '../../shared/clients/mx-client.ts';
import { pauseGate } from '../../shared/clients/pause-gate.ts';
import { pausesInDynamoDb } from '../../shared/clients/pauses-table.ts';
import { secret } from '../../shared/clients/secret.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { MemberIdentifiers, MxMember } from '../../shared/domain/mx.ts';
import type { Mx } from '../../shared/domain/ports.ts';
import type { Deployment } from './deployment.ts';
import type { Terminal } from './terminal.ts';

/** For one call. */
const TIMEOUT_MS = 10_000;

/** Seconds before MX is asked again, unless it says how long. Then what failed ends the command. */
const PAUSES_SECONDS = [1, 2, 5, 10, 30] as const;

/** What asking needs. */
export interface AskMxDeps {
  readonly mx: Pick<Mx, 'readMember'>;
  /** Waits until the next call may be made. */
  readonly turn: () => Promise<void>;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Gives the member that MX knows by these ids. */
export type AskMx = (identifiers: MemberIdentifiers) => Promise<MxMember>;

/**
 * Asks MX.
 *
 * @throws Failure `mx_not_found`, and what MX refuses for good, or again and again.
 */
export const askingMx =
  ({ mx, turn, sleep }: AskMxDeps): AskMx =>
  async (identifiers) => {
    for (const pause of [...PAUSES_SECONDS, null]) {
      await turn();
      try {
        return await mx.readMember(identifiers);
      } catch (error) {
        if (!(error instanceof Failure) || error.fate !== 'try-again' || error.code === 'paused' || pause === null)
          throw hinted(error);
        await sleep(1_000 * Math.max(pause, error.details.retryAfterSeconds ?? 0));
      }
    }
    throw new Error('the last try gives an answer or throws');
  };

/** The operator's machine is not the function, whose address MX knows. */
function hinted(error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'mx_forbidden') return error;
  const hint = `${error.message}; --resolve calls MX from this machine, whose address has to be on MX’s allow list`;
  return new Failure(error.code, hint, error.details, { cause: error });
}

/** The deployment's MX, called with its credentials, except while calls to it are paused. */
export function mxOf(deployment: Deployment, db: DynamoDBClient, { now }: Terminal): Pick<Mx, 'readMember'> {
  const options = { now, unread: () => {} };
  const pauses = pausesInDynamoDb(db, deployment.output('RefreshesTable'), options);
  return mxClient({
    baseUrl: deployment.output('MxBaseUrl'),
    acceptVersion: deployment.output('MxAcceptVersion'),
    credentials: secret(new SecretsManagerClient(deployment.aws()), deployment.output('MxSecretArn'), now),
    send: httpsTransport().send,
    timeoutMs: TIMEOUT_MS,
    now,
    gate: pauseGate({ pauses, now, random: Math.random }),
  });
}
