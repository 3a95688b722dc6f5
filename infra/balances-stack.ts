import { type App, Stack } from 'aws-cdk-lib';
import type { FunctionName } from '../shared/lambda/environment.ts';
import { BalanceRefresh } from './balance-refresh.ts';
import type { Settings } from './settings.ts';

/** The settings of the deployment, and who bundles its functions. */
export interface BalancesStackProps {
  readonly settings: Settings;
  /** Gives the folder with a function's `index.mjs`. */
  readonly bundle: (functionName: FunctionName) => string;
}

/**
 * The service as a stack of its own, with the stack's name in all its names.
 *
 * @example
 * ```ts
 * import { App } from 'aws-cdk-lib';
 * import { BalancesStack } from './balances-stack.ts';
 * import { bundle } from './bundle.ts';
 * import { readSettings } from './settings.ts';
 *
 * const settings = readSettings({ stage: 'prod', mxBaseUrl: 'https://api.mx.com' });
 * new BalancesStack(new App(), 'fresh-balances', { settings, bundle: (functionName) => bundle(functionName) });
 * ```
 */
export class BalancesStack extends Stack {
  constructor(app: App, id: string, props: BalancesStackProps) {
    super(app, id, { stackName: id, description: 'Fresh bank balances from MX' });
    // CloudFormation's logical ids leave out this one id, so that they are those of the stack before the construct was.
    new BalanceRefresh(this, 'Default', props);
  }
}
