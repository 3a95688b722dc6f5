/** `npm run smoke`: one refresh through a deployed stack or the local one, and what was seen. The first command after a deployment. */
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { identify } from '../../infra/local/api-caller.ts';
import { isLoopback } from '../../infra/setting-texts.ts';
import { type BalancesClient, BalancesProblem, createBalancesClient } from '../../shared/public/balances-client.ts';

const HELP = `One refresh of one member, and what was seen: exit code 0 when its balances are fresh.

  npm run smoke -- [options]

  --user <identifier>     whose member (guid or own id); default on this machine: user-1
  --member <identifier>   which member, best one of MX Bank; default on this machine: member-ok
  --stack <name>          finds the API by this stack's outputs instead of $API
  --seconds <number>      how long to wait for the end; default 660
  --help

Environment:
  API      base URL of the HTTP API (the stack's output ApiUrl)
  CALLER   client_id:key, for an API with basic callers; without it calls are signed with your AWS credentials`;

/** The options, read and checked. */
interface Wanted {
  readonly apiUrl: string;
  readonly user: string;
  readonly member: string;
  readonly seconds: number;
}

const began = performance.now();
const say = (line: string): void =>
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

/** `text` with its full stop, and what to do where there is something to do. */
function sentence(text: string, action: string | null): string {
  const said = text.endsWith('.') ? text : `${text}.`;
  return action === null || action === 'none' ? said : `${said} What to do: ${action}.`;
}

/** One refresh from trigger to stored balances. @returns what is not as it should be; null: nothing */
async function smoke(client: BalancesClient, { user, member, seconds }: Wanted): Promise<string | null> {
  const { status } = await client.health();
  say(`health: ${status}`);
  const asked = await client.checkBalance(user, member);
  if (asked.kind !== 'running') return 'the trigger was answered with balances although none were asked for';
  const { refreshId } = asked.refresh;
  say(`accepted: refresh ${refreshId}; waiting for its end`);
  const refresh = await client.waitForEnd(refreshId, { timeoutSeconds: seconds });
  say(`ended: ${refresh.outcome} (${refresh.code}), MX shows ${refresh.connectionStatus}`);
  if (refresh.outcome !== 'succeeded') return sentence(`${refresh.message ?? refresh.code}`, refresh.action);
  const { accounts, freshness } = await client.allAccounts(user, member);
  say(`stored: ${accounts.length} accounts (${accounts.map(({ type }) => type ?? 'no type').join(', ')})`);
  say(`${freshness.verdict}: observed at ${freshness.observedAt}, by refresh ${freshness.refreshId}`);
  const { member: shown } = await client.member(user, member);
  if (shown.institution_code !== 'mxbank') say(`note: this member is of ${shown.institution_code}, not of MX Bank`);
  if (accounts.length === 0) return 'no account is stored';
  if (freshness.verdict !== 'fresh') return `the stored balances are ${freshness.verdict} (${freshness.reason})`;
  return null;
}

/** @throws Error with a sentence for the user */
async function readWanted(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Wanted | null> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string' },
      member: { type: 'string' },
      stack: { type: 'string' },
      seconds: { type: 'string', default: '660' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds has to be a whole number of 1 or more.');
  const apiUrl = values.stack === undefined ? environment['API'] : await apiUrlOf(values.stack);
  if (!apiUrl) throw new Error('Say which API: API=https://… npm run smoke, or npm run smoke -- --stack NAME.');
  const here = isLoopback(apiUrl);
  const user = values.user ?? (here ? 'user-1' : undefined);
  const member = values.member ?? (here ? 'member-ok' : undefined);
  if (user === undefined || member === undefined) {
    throw new Error('Say whose balances: npm run smoke -- --user … --member … (README, “The real MX”).');
  }
  return { apiUrl: apiUrl.replace(/\/$/, ''), user, member, seconds };
}

async function apiUrlOf(stackName: string): Promise<string> {
  const client = new CloudFormationClient({});
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
  client.destroy();
  const url = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'ApiUrl')?.OutputValue;
  if (url === undefined) throw new Error(`The stack ${stackName} has no output ApiUrl.`);
  return url;
}

function clientFor(apiUrl: string, environment: NodeJS.ProcessEnv): BalancesClient {
  const { CALLER: caller = '', AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const [, clientId, key] = /^([^:]+):(.+)$/.exec(caller) ?? [];
  if (clientId !== undefined && key !== undefined) {
    return createBalancesClient({ baseUrl: apiUrl, credentials: { clientId, key } });
  }
  if (caller !== '') throw new Error('CALLER has to be client_id:key.');
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(apiUrl)?.[1] ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  if (region === undefined) throw new Error('Say in which region the API is: AWS_REGION=… npm run smoke.');
  const { config } = new CloudFormationClient({ region });
  return createBalancesClient({
    baseUrl: apiUrl,
    credentials: {
      sign: async ({ method, url, headers, body }) =>
        identify(
          { credentials: await config.credentials(), region },
          { method, url, headers, body: body ?? undefined },
        ),
    },
  });
}

async function main(): Promise<number> {
  const wanted = await readWanted(process.argv.slice(2), process.env);
  if (wanted === null) {
    console.log(HELP);
    return 0;
  }
  const client = clientFor(wanted.apiUrl, process.env);
  console.log(`One refresh of ${wanted.user}/${wanted.member} at ${wanted.apiUrl}:`);
  const fault = await smoke(client, wanted);
  console.log(fault === null ? 'Good.' : `Not good: ${fault}`);
  return fault === null ? 0 : 1;
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const problem = error instanceof BalancesProblem ? sentence(`${error.code}: ${error.detail}`, error.action) : '';
    console.error(problem || (error instanceof Error ? error.message : error));
    process.exitCode = 1;
  },
);
