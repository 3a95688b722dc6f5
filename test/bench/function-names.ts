/** Names of functions behind the logical ids of the template. */
import { firstNameOf } from '../../infra/constructs/construct-ids.ts';
import { environmentOf, type FunctionName } from '../../shared/lambda/environment.ts';

/** The functions, by their names in `functions/`. */
export const functionNames = Object.keys(environmentOf) as readonly FunctionName[];

/** The function behind a logical id, by its name in `functions/`; the construct's id when there is none. */
export function nameOf(logicalId: string): string {
  const constructId = logicalId.replace(/Function[0-9A-F]{8}$/, '');
  const isNamed = (name: FunctionName) => firstNameOf(name).replaceAll('-', '') === constructId.toLowerCase();
  return functionNames.find(isNamed) ?? constructId;
}
