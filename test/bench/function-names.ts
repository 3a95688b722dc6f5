/** Names of functions behind the logical ids of the template. */
import { environmentOf } from '../../shared/lambda/environment.ts';

/** The function behind a logical id, by its name in `functions/`. */
export function nameOf(logicalId: string): string {
  const camel = logicalId.replace(/Function[0-9A-F]{8}$/, '');
  return Object.keys(environmentOf).find((name) => name.replaceAll('-', '') === camel.toLowerCase()) ?? camel;
}
