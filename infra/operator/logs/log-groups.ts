/** The log groups of a deployment's functions, by the resources of its stack. */
import {
  CloudFormationClient,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import type { Deployment } from '../deployment.ts';
import { exitCodes, Stop } from '../exit-codes.ts';

/** One of them. */
export interface LogGroup {
  /** `FollowUp`: what its resources in the template begin with. */
  readonly functionId: string;
  readonly name: string;
}

/** Finds them. @throws Stop `unreachable` when the stack has none: it is another project’s. */
export async function logGroupsOf(deployment: Deployment): Promise<readonly LogGroup[]> {
  const client = new CloudFormationClient(deployment.aws());
  const resources: StackResourceSummary[] = [];
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new ListStackResourcesCommand({
          StackName: deployment.stack,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      resources.push(...(page.StackResourceSummaries ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } finally {
    client.destroy();
  }
  const found = logGroupsIn(resources, deployment.output('MembersTable'));
  if (found.length > 0) return found;
  throw new Stop(exitCodes.unreachable, `${deployment.place} has no function with a log group.`);
}

/** What the resources of the CDK end with: eight digits of a hash. */
const HASH = '[0-9A-F]{8}';

/**
 * The groups `<prefix><function>Logs…` beside a function `<prefix><function>Function…`, where the prefix is what this deployment’s
 * members table has too: a stack that embeds the service has functions and log groups of its own.
 */
export function logGroupsIn(
  resources: readonly Pick<StackResourceSummary, 'LogicalResourceId' | 'PhysicalResourceId' | 'ResourceType'>[],
  membersTable: string,
): readonly LogGroup[] {
  const idOf = (type: string, pattern: RegExp) =>
    resources.flatMap(({ ResourceType, LogicalResourceId = '', PhysicalResourceId = '' }) => {
      const [, id] = (ResourceType === type && pattern.exec(LogicalResourceId)) || [];
      return id === undefined ? [] : [{ id, name: PhysicalResourceId }];
    });
  const tables = idOf('AWS::DynamoDB::GlobalTable', new RegExp(`^(.*)StorageMembers${HASH}$`));
  const prefix = tables.find(({ name }) => name === membersTable)?.id;
  if (prefix === undefined) return [];
  const functions = new Set(
    idOf('AWS::Lambda::Function', new RegExp(`^${prefix}(\\w+)Function${HASH}$`)).map(({ id }) => id),
  );
  return idOf('AWS::Logs::LogGroup', new RegExp(`^${prefix}(\\w+)Logs${HASH}$`))
    .filter(({ id }) => functions.has(id))
    .map(({ id, name }) => ({ functionId: id, name }));
}
