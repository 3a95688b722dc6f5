/** A deployment for the operator's command: the tables of a test, and outputs of a stack that is nowhere. */
import type { Deployment } from '../../infra/operator/deployment.ts';
import { limitedCalls } from '../../shared/clients/aws-limits.ts';
import type { LocalTables } from './local-tables.ts';

/** One whose stack has these outputs. */
export const deploymentWith = (
  tables: Pick<LocalTables, 'newClient'>,
  outputs: Readonly<Record<string, string>>,
): Deployment => ({
  place: 'stack test in local, account 123',
  account: '123',
  region: 'local',
  stack: 'test',
  status: 'UPDATE_COMPLETE',
  isLocal: false,
  outputs,
  output: (name) => outputs[name] ?? 'missing',
  aws: () => limitedCalls(),
  dynamoDb: () => tables.newClient(),
});
