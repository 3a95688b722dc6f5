// An app of another team with fresh balances in one of its stacks.
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { BalanceRefresh } from 'mx-fresh-balances/cdk';

const app = new App();
const stack = new Stack(app, 'payments');

const balances = new BalanceRefresh(stack, 'Balances', {
  settings: { mxBaseUrl: process.env['MX_BASE_URL'] ?? 'https://api.mx.com', apiAccess: 'basic' },
});

// A function of the app hears of every refresh that ends, and reads the balances from their table.
const ledger = new Lambda(stack, 'Ledger', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromAsset(join(import.meta.dirname, 'ledger')),
  environment: { BALANCES_TABLE: balances.tables.balances.tableName },
});
balances.grantReadBalances(ledger);
balances.onRefreshEnded('TellLedger', { target: new LambdaFunction(ledger) });
