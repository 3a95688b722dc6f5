/** Identifiers as callers give them: MX's guids or the caller's own ids. */
import { BalancesProblem } from './problem.ts';

/**
 * `value`, checked by the service's own rule. Not left to the service: an empty one or `..` would be another path.
 *
 * @throws BalancesProblem `invalid_request` that names the argument.
 */
export function checkedIdentifier(argument: string, value: string): string {
  if (typeof value === 'string' && /^(?!\.+$)[A-Za-z0-9._@:-]{1,1000}$/.test(value)) return value;
  throw new BalancesProblem({
    status: null,
    code: 'invalid_request',
    action: 'none',
    detail: `${argument} may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone`,
    field: argument,
  });
}
