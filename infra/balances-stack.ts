import { type App, Stack } from 'aws-cdk-lib';
import { BalanceRefresh, type BalanceRefreshProps } from './balance-refresh.ts';

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
  constructor(app: App, id: string, props: Omit<BalanceRefreshProps, 'name'>) {
    super(app, id, { stackName: id, description: 'Fresh bank balances from MX' });
    // CloudFormation's logical ids leave out this one id, so that they are those of the stack before the construct was.
    new BalanceRefresh(this, 'Default', { ...props, name: id });
  }
}
