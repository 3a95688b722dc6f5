/** The deployment that a command is about: a stack in AWS, or the one that runs on this machine. */
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type AwsLimits, limitedCalls } from '../../shared/clients/aws-limits.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { outputsOfDeployment } from './stack-outputs.ts';

/** How the command line names a deployment. */
export interface DeploymentOptions {
  /** @default the variable STACK; on this machine the one stack that runs */
  readonly stack?: string;
  /** Which one, in a stack that embeds several: the construct's path in the stack, in letters and digits. */
  readonly construct?: string;
  /** @default that of the environment or of the AWS profile */
  readonly region?: string;
  /** The stack of `npm start`. */
  readonly local?: boolean;
  /** Refuses to go on in another account. */
  readonly expectAccount?: string;
}

/** A deployment that was found. */
export interface Deployment {
  /** In words, for the first line of every command that changes something. */
  readonly place: string;
  readonly account: string;
  readonly region: string;
  readonly stack: string;
  /** CloudFormation's word, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly isLocal: boolean;
  /** The value of a stack output. @throws Stop when it has none of this name. */
  readonly output: (name: string) => string;
  /** Its outputs by name. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Configuration for a client of its AWS: a new one each time. */
  readonly aws: () => AwsAccess;
  readonly dynamoDb: () => DynamoDBClient;
}

/** What an SDK client needs to reach the deployment's AWS. */
export type AwsAccess = ReturnType<typeof limitedCalls> & {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** An operator may be far from the region and can wait: a call is tried for up to a minute. */
const limits: AwsLimits = { maxAttempts: 8, attemptMs: 20_000, callMs: 60_000, atOnce: 64, waitMs: 60_000 };

/** The local stack's keys (infra/local/README.md). */
const localKeys = { accessKeyId: 'test', secretAccessKey: 'test' };
const LOCAL_REGION = 'us-east-1';
const LOCAL_PORT = '4566';

/**
 * Finds the deployment.
 *
 * @throws Stop with exit code `usage` when it is not named, `unreachable` when there is no such stack, it is another
 * project's, or in another account than expected; the SDK's errors as they are.
 */
export async function findDeployment(
  options: DeploymentOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Deployment> {
  const endpoint = endpointOf(options, environment);
  const isLocal = endpoint !== undefined && isLoopback(endpoint);
  const named = options.stack ?? environment['STACK'];
  if (named === undefined && !isLocal) {
    throw new Stop(
      exitCodes.usage,
      'Which deployment? --stack mx-fresh-balances-prod names one in AWS, --local means npm start.',
    );
  }
  const region = options.region ?? (options.local ? LOCAL_REGION : undefined);
  const access = (): AwsAccess => ({
    ...limitedCalls(limits),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(options.local ? { credentials: { ...localKeys } } : {}),
  });
  const client = new CloudFormationClient(access());
  try {
    const found = await client.send(new DescribeStacksCommand(named === undefined ? {} : { StackName: named }));
    const [stack] = found.Stacks ?? [];
    return deploymentOf(stack, { isLocal, options, access });
  } finally {
    client.destroy();
  }
}

/** Undefined: AWS's own. */
function endpointOf(
  { local }: DeploymentOptions,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const given = environment['AWS_ENDPOINT_URL'] || undefined;
  if (!local) return given;
  if (given !== undefined && !isLoopback(given)) {
    throw new Stop(exitCodes.usage, `--local, but AWS_ENDPOINT_URL is ${given}, which is not this machine.`);
  }
  return given ?? `http://127.0.0.1:${environment['AWS_ENDPOINT_PORT'] || LOCAL_PORT}`;
}

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

function deploymentOf(
  stack: Stack | undefined,
  {
    isLocal,
    options: { construct, expectAccount },
    access,
  }: { readonly isLocal: boolean; readonly options: DeploymentOptions; readonly access: () => AwsAccess },
): Deployment {
  const [, , , region = '', account = ''] = (stack?.StackId ?? '').split(':');
  const name = stack?.StackName ?? '';
  const all = Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
  const place = isLocal ? `the local stack ${name}` : `stack ${name} in ${region}, account ${account}`;
  const outputs = outputsOfDeployment(all, construct);
  if (outputs === undefined) {
    throw new Stop(
      exitCodes.unreachable,
      `${upperFirst(place)} is no deployment of mx-fresh-balances: it has no output MembersTable.`,
    );
  }
  if (expectAccount !== undefined && expectAccount !== account) {
    throw new Stop(
      exitCodes.unreachable,
      `These credentials are of account ${account}, not ${expectAccount} (--expect-account).`,
    );
  }
  return {
    place,
    account,
    region,
    stack: name,
    status: stack?.StackStatus ?? '',
    isLocal,
    outputs,
    output(key) {
      const value = outputs[key];
      if (value !== undefined) return value;
      throw new Stop(
        exitCodes.unreachable,
        `${upperFirst(place)} has no output ${key}: it was deployed by an older version than this command; deploy it anew.`,
      );
    },
    aws: access,
    dynamoDb: () => new DynamoDBClient(access()),
  };
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A stack output that is true or false. @throws Stop `unreachable` */
export function flagOf(deployment: Pick<Deployment, 'output'>, name: string): boolean {
  const text = deployment.output(name);
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Stop(exitCodes.unreachable, `The stack output ${name} is neither true nor false: ${text}.`);
}

/** A stack output that is a whole number. @throws Stop `unreachable` */
export function wholeNumberOf(deployment: Pick<Deployment, 'output'>, name: string): number {
  const text = deployment.output(name);
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Stop(exitCodes.unreachable, `The stack output ${name} is no number: ${text}.`);
}
