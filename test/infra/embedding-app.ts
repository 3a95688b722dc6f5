/** The example of docs/embedding.md, as another team's app that has installed the package: synthesized, and run here. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callersSecret, defaultCaller } from '../../infra/local/development-keys.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack/local-stack.ts';
import { assetsIn, readTemplateFile, type Template } from '../../infra/local/stack/template.ts';
import { startMxSimulator } from '../../infra/mx-simulator/http-server.ts';
import { DEFAULT_SETTINGS } from '../../infra/mx-simulator/options.ts';

const run = promisify(execFile);

/** The app's own function. It is told of an ended refresh, and queries the balances table as it was granted. */
const ledger = `
import { DynamoDBClient, QueryCommand } from ${JSON.stringify(import.meta.resolve('@aws-sdk/client-dynamodb'))};
export async function handler({ 'detail-type': type, detail }) {
  const { Count } = await new DynamoDBClient({}).send(new QueryCommand({
    TableName: process.env.BALANCES_TABLE,
    KeyConditionExpression: 'user_guid = :user',
    ExpressionAttributeValues: { ':user': { S: detail.data.user_guid } },
  }));
  console.log(type + ': ' + Count + ' accounts');
}
`;

/** Writes the app into a project that has the package: as ESM, the example itself, and the same as CommonJS. */
export function writeEmbeddingApps(project: string): { esm: string; commonJs: string } {
  mkdirSync(join(project, 'ledger'));
  writeFileSync(join(project, 'ledger/index.mjs'), ledger);
  const esm = join(project, 'embed-balance-refresh.ts');
  const commonJs = join(project, 'embed-balance-refresh.cjs');
  const code = readFileSync(esm, 'utf8')
    .replaceAll(
      /import (\{.*\}) from ('.*');/g,
      (_, names: string, from: string) => `const ${names.replaceAll(' as ', ': ')} = require(${from});`,
    )
    .replaceAll('import.meta.dirname', '__dirname');
  writeFileSync(commonJs, code);
  return { esm, commonJs };
}

/** Synthesizes an app into `outdir`, as the CDK's command line runs it, without the checks of CloudFormation's schemas. */
export async function synthesizeApp(app: string, outdir: string, mxBaseUrl: string): Promise<Template> {
  const env = { PATH: process.env['PATH'], CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', MX_BASE_URL: mxBaseUrl };
  await run(process.execPath, [app], { env });
  return readTemplateFile(join(outdir, 'payments.template.json'));
}

/** The synthesized app on the local stack, beside the simulator. */
export interface EmbeddedStack {
  readonly stack: LocalStack;
  readonly template: Template;
  /** Adds a member and triggers a refresh of it; resolves with the line that the app's function writes about its end. */
  refresh(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the simulator, synthesizes the app, and runs its stack. */
export async function startEmbedded(app: string, outdir: string): Promise<EmbeddedStack> {
  const simulator = await startMxSimulator({ port: 0, model: { seed: 1, jobSeconds: 0.5 } });
  const template = await synthesizeApp(app, outdir, simulator.url);
  const stack = await startLocalStack({
    template,
    assetDirectory: assetsIn(outdir),
    port: 0,
    stackName: 'payments',
    runSchedules: false,
    secrets: {
      BalancesCredentialsMx: JSON.stringify({
        client_id: DEFAULT_SETTINGS.clientId,
        api_key: DEFAULT_SETTINGS.apiKey,
      }),
      BalancesCredentialsApiCallers: callersSecret(defaultCaller, ['read', 'trigger']),
    },
  });
  return {
    stack,
    template,
    async refresh() {
      simulator.model.control.addMember({ user: 'user-3', id: 'embedded', scenario: 'ok' });
      const told = new Promise<string>((resolve) => {
        stack.on('log', ({ function: name, line }) => {
          if (name.startsWith('Ledger')) resolve(line);
        });
      });
      const answer = await fetch(`${stack.apiUrl}/users/user-3/members/embedded/check_balance`, {
        method: 'POST',
        headers: { authorization: defaultCaller.authorization },
      });
      if (answer.status !== 202)
        throw new Error(`the trigger was answered with ${answer.status}: ${await answer.text()}`);
      return told;
    },
    async close() {
      await stack.close();
      await simulator.close();
    },
  };
}
