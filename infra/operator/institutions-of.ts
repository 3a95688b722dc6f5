/** What reading a deployment's institutions needs, for the command and for the console's page. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { institutionsReader } from '../../shared/clients/institutions-reader.ts';
import { breakerRules } from '../../shared/domain/breaker.ts';
import type { Clock } from '../../shared/domain/instant.ts';
import type { ShownInstitution } from '../../shared/domain/institution-view.ts';
import type { ReadInstitutionsDeps } from '../../shared/domain/read-institutions.ts';
import { type Deployment, flagOf, wholeNumberOf } from './deployment.ts';

/** A deployment's institutions, before they are read. */
export interface InstitutionsOf {
  readonly deps: ReadInstitutionsDeps;
  /** Setting `learning`: false, and nothing more is counted. */
  readonly learning: boolean;
  /** Whether a scheduled start waits for a bank that does not work. */
  readonly breaker: boolean;
}

/** @param client of the deployment; the caller destroys it */
export function institutionsOf(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
  now: Clock,
): InstitutionsOf {
  const learning = flagOf(deployment, 'Learning');
  const breaker = learning && flagOf(deployment, 'Breaker');
  const deadlineSeconds = wholeNumberOf(deployment, 'DeadlineSeconds');
  return {
    learning,
    breaker,
    deps: {
      institutions: institutionsReader(client, deployment.output('RefreshesTable'), now),
      viewRules: { breaker, deadlineSeconds, breakerRules },
      now,
    },
  };
}

/** Those that do not work first, then those without balance checks, each part in the order given. */
export const troubledFirst = (found: readonly ShownInstitution[]): readonly ShownInstitution[] =>
  found.toSorted((left, right) => place(left) - place(right));

function place({ breaker, notSupported }: ShownInstitution): number {
  if (breaker?.state === 'open') return 0;
  return notSupported === null ? 2 : 1;
}
