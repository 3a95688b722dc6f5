/** The log groups of a deployment's functions, by the resources of its stack. */
import { functionNameOf } from '../../constructs/construct-ids.ts';
import type { Deployment } from '../deployment.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import { HASH, idsOf, prefixOf, resourcesOf, type StackResource } from '../stack-resources.ts';

/** One of them. */
export interface LogGroup {
  /** `FollowUp`: what its resources in the template begin with. */
  readonly functionId: string;
  readonly name: string;
}

/** Finds them. @throws Stop `unreachable` when the stack has none: it is another project’s. */
export async function logGroupsOf(deployment: Deployment): Promise<readonly LogGroup[]> {
  const resources = await resourcesOf(deployment);
  const found = logGroupsIn(resources, deployment.output('MembersTable'));
  if (found.length > 0) return found;
  throw new Stop(exitCodes.unreachable, `${deployment.place} has no function with a log group.`);
}

/** The group of the function `name`, such as `follow-up`. @throws Stop `usage` with the names that there are */
export function groupOfFunction(groups: readonly LogGroup[], name: string): LogGroup {
  const found = groups.find(({ functionId }) => functionNameOf(functionId) === name);
  if (found !== undefined) return found;
  const names = groups.map(({ functionId }) => functionNameOf(functionId)).toSorted();
  throw new Stop(exitCodes.usage, `There is no function ${name} here; there are ${names.join(', ')}.`);
}

/**
 * The groups `<prefix><function>Logs…` beside a function `<prefix><function>Function…`, where the prefix is what this deployment’s
 * members table has too: a stack that embeds the service has functions and log groups of its own.
 */
export function logGroupsIn(resources: readonly StackResource[], membersTable: string): readonly LogGroup[] {
  const prefix = prefixOf(resources, membersTable);
  if (prefix === undefined) return [];
  const functions = new Set(
    idsOf(resources, 'AWS::Lambda::Function', new RegExp(`^${prefix}(\\w+)Function${HASH}$`)).map(({ id }) => id),
  );
  return idsOf(resources, 'AWS::Logs::LogGroup', new RegExp(`^${prefix}(\\w+)Logs${HASH}$`))
    .filter(({ id }) => functions.has(id))
    .map(({ id, name }) => ({ functionId: id, name }));
}
