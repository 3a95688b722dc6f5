/** The outputs of a deployment, in a stack of its own or in one that embeds it. */
import { exitCodes, Stop } from './exit-codes.ts';

/** Outputs that every deployment has, and another construct of the stack hardly both. */
const [SURE, SURE_TOO] = ['MembersTable', 'RefreshesTable'];

/** Outputs by their keys. */
type Outputs = Readonly<Record<string, string>>;

/**
 * The outputs under their plain names. A stack that embeds the service has the construct's path before each of them:
 * `BalancesMembersTable`.
 *
 * @param construct names one of several in the stack.
 * @returns undefined when the stack has none.
 * @throws Stop with exit code `usage` when it has several and none of them, or another, is named.
 */
export function outputsOfDeployment(all: Outputs, construct: string | undefined): Outputs | undefined {
  const found = Object.keys(all)
    .filter((key) => key.endsWith(SURE))
    .map((key) => key.slice(0, -SURE.length))
    .filter((before) => `${before}${SURE_TOO}` in all);
  const [prefix] = construct === undefined ? found : found.filter((name) => name === construct);
  if (found.length === 0) return undefined;
  if (prefix === undefined || (construct === undefined && found.length > 1)) {
    const names = found.map((name) => (name === '' ? 'one without a name' : name)).join(', ');
    throw new Stop(exitCodes.usage, `The stack has these deployments, of which --construct names one: ${names}.`);
  }
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}
