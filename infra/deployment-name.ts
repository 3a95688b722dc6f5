/** What a deployment is called where the account sees it, and how several are told apart. */
import { createHash } from 'node:crypto';
import { Names, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { SettingsError } from './settings.ts';

/** CloudFormation's logical ids leave it out, and so do the names here. */
const UNNAMED = 'Default';

/** The construct's path in its stack, in letters and digits: empty for the one construct that is all of a stack. */
export const prefixOf = (construct: Construct): string =>
  pathInStack(construct)
    .join('')
    .replaceAll(/[^A-Za-z0-9]/g, '');

/**
 * The name of API, log group and parameters: the stack's name and the path in it, such as `payments-prod-Balances`. No two
 * constructs in an account and region share it, because no two stacks have one name.
 */
export function nameOf(construct: Construct): string {
  const stack = Stack.of(construct);
  // The name of a nested stack is known when it is deployed only.
  if (Token.isUnresolved(stack.stackName))
    return Names.uniqueResourceName(construct, { maxLength: 60, separator: '-' });
  return [stack.stackName, ...pathInStack(construct)].join('-').replaceAll(/[^A-Za-z0-9-]/g, '-');
}

/** @throws SettingsError for a name that one of the resources could not have. */
export function usableName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name)) return name;
  throw new SettingsError([
    `name must be at most 128 letters, digits and hyphens, the first of them a letter; it is ${JSON.stringify(name)}.`,
  ]);
}

/** A stage for the deployment of that name: itself if it is one, else its beginning and a hash of the whole. */
export function stageOf(name: string): string {
  const small = name.toLowerCase();
  if (small.length <= LONGEST_STAGE) return small;
  return `${small.slice(0, 11)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

/** As the setting `stage` allows. */
const LONGEST_STAGE = 20;

const pathInStack = (construct: Construct): readonly string[] =>
  construct.node.path
    .slice(Stack.of(construct).node.path.length)
    .split('/')
    .filter((id) => id !== '' && id !== UNNAMED);
