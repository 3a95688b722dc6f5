import type { Blueprint } from './blueprint.ts';
import { firstSecretValue, Secrets } from './secrets.ts';

/**
 * The secrets of the template, with their first values.
 *
 * @param overrides values by logical id or the beginning of it; a name that fits nothing is an error
 */
export function loadSecrets(
  blueprint: Blueprint,
  overrides: Readonly<Record<string, string>>,
  now: () => number,
): Secrets {
  const secrets = new Secrets(now);
  const given = new Map<string, string>();
  for (const [prefix, value] of Object.entries(overrides)) {
    given.set(blueprint.find(prefix, 'AWS::SecretsManager::Secret').logicalId, value);
  }
  for (const { logicalId, ref, properties } of blueprint.ofType('AWS::SecretsManager::Secret')) {
    secrets.add(ref, given.get(logicalId) ?? firstSecretValue(logicalId, properties));
  }
  return secrets;
}
