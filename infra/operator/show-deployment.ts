/** `deployment`: which one the options name. */
import type { Deployment } from './deployment.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Writes where the deployment is, and its outputs. */
export async function showDeployment(deployment: Deployment, terminal: Terminal, json: boolean): Promise<void> {
  const { account, region, stack, status, isLocal, outputs } = deployment;
  if (json) {
    await terminal.write(`${JSON.stringify({ account, region, stack, status, local: isLocal, outputs })}\n`);
    return;
  }
  const rows = [
    ['account', account],
    ['region', region],
    ['stack', isLocal ? `${stack} (local)` : stack],
    ['status', status],
    ...Object.entries(outputs).toSorted(([first], [second]) => (first < second ? -1 : 1)),
  ];
  await terminal.write(table(['name', 'value'], rows));
}
