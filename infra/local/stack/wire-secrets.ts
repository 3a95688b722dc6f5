import type { Blueprint } from './blueprint.ts';
import { firstSecretValue, Secrets } from './secrets.ts';
import type { StackData } from './stack-data.ts';

/**
 * The secrets of the template, with their first values.
 *
 * @param overrides values by logical id or the beginning of it; a name that fits nothing is an error
 * @param data where versions are kept: those of a secret go on as long as its first value is the same
 */
export function loadSecrets(
  blueprint: Blueprint,
  overrides: Readonly<Record<string, string>>,
  now: () => number,
  data?: StackData,
): Secrets {
  const secrets = new Secrets(now, data);
  const given = new Map<string, string>();
  for (const [prefix, value] of Object.entries(overrides)) {
    given.set(blueprint.find(prefix, 'AWS::SecretsManager::Secret').logicalId, value);
  }
  for (const { logicalId, ref, properties } of blueprint.ofType('AWS::SecretsManager::Secret')) {
    secrets.add(ref, given.get(logicalId) ?? firstSecretValue(logicalId, properties));
  }
  return secrets;
}
