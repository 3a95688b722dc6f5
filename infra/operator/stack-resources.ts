/** The resources of a deployment's stack that are the deployment's own: a stack that embeds the service has others beside them. */
import {
  CloudFormationClient,
  ListStackResourcesCommand,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import type { Deployment } from './deployment.ts';

/** What is used of CloudFormation's word on a resource. */
export type StackResource = Partial<
  Pick<StackResourceSummary, 'LogicalResourceId' | 'PhysicalResourceId' | 'ResourceType' | 'ResourceStatus'>
>;

/** All resources of the stack. Needs `cloudformation:ListStackResources`. */
export async function resourcesOf({
  aws,
  stack,
}: Pick<Deployment, 'aws' | 'stack'>): Promise<readonly StackResource[]> {
  const client = new CloudFormationClient(aws());
  const resources: StackResourceSummary[] = [];
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new ListStackResourcesCommand({ StackName: stack, ...(NextToken === undefined ? {} : { NextToken }) }),
      );
      resources.push(...(page.StackResourceSummaries ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } finally {
    client.destroy();
  }
  return resources;
}

/** What the resources of the CDK end with: eight digits of a hash. */
export const HASH = '[0-9A-F]{8}';

/** What the logical ids of the deployment with this members table begin with; undefined: the stack has no such table. */
export const prefixOf = (resources: readonly StackResource[], membersTable: string): string | undefined =>
  idsOf(resources, 'AWS::DynamoDB::GlobalTable', new RegExp(`^(.*)StorageMembers${HASH}$`)).find(
    ({ name }) => name === membersTable,
  )?.id;

/** Of the resources of a type, what the group of `pattern` has of the logical id, and the physical id. */
export const idsOf = (
  resources: readonly StackResource[],
  type: string,
  pattern: RegExp,
): readonly { readonly id: string; readonly name: string }[] =>
  resources.flatMap(({ ResourceType, LogicalResourceId = '', PhysicalResourceId = '' }) => {
    const [, id] = (ResourceType === type && pattern.exec(LogicalResourceId)) || [];
    return id === undefined ? [] : [{ id, name: PhysicalResourceId }];
  });
