import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Blueprint, RunningResource } from './blueprint.ts';
import { FunctionHost, type FunctionSpec } from './function-host.ts';
import type { ObservationFeed } from './observations.ts';
import type { Properties } from './properties.ts';
import { stableSuffix } from './resource-types.ts';
import type { Credentials } from './sigv4.ts';
import type { AssetDirectory } from './template.ts';

/** Temporary credentials, as a role's are. */
export interface SessionCredentials extends Credentials {
  readonly sessionToken: string;
}

export interface FunctionSettings {
  readonly assetDirectory: AssetDirectory;
  readonly maxWorkers: number;
  /** Extra variables for every function. */
  readonly environment: Readonly<Record<string, string>>;
  /** How far the functions' clock is ahead of this machine's. */
  readonly clockAheadMs: () => number;
}

/** Finds the host of a function by any text that holds its ARN. @throws Error that says who asked for what */
export type HostOf = (arn: string, where: string) => FunctionHost;

/** Every function of the template, by logical id. */
export function functionHosts(
  blueprint: Blueprint,
  settings: FunctionSettings,
  observations: ObservationFeed,
  now: () => number,
): { readonly hosts: ReadonlyMap<string, FunctionHost>; readonly hostOf: HostOf } {
  const hosts = new Map<string, FunctionHost>();
  for (const resource of blueprint.ofType('AWS::Lambda::Function')) {
    const spec = functionSpec(resource, blueprint, settings);
    hosts.set(resource.logicalId, new FunctionHost(spec, observations, now, settings.clockAheadMs));
  }
  const hostOf: HostOf = (text, where) => {
    // As ARN, which may stand in a longer text (an authorizer's URI), or as name; perhaps with a version or an alias behind
    // it, which leads to the function itself.
    const [, arn = '', name = '', qualifier] =
      /(arn:aws:lambda:[^:]*:[^:]*:function:)([^:/]+)(?::([^:/]+))?/.exec(text) ??
      /^()([^:/]+)(?::([^:/]+))?$/.exec(text) ??
      [];
    const found = blueprint.named(`${arn}${name}`);
    const host = hosts.get(found?.logicalId ?? '');
    const isThere = qualifier === undefined || blueprint.named(`${found?.arn}:${qualifier}`) !== undefined;
    if (host === undefined || !isThere)
      throw new Error(`${where} leads to ${text}, which is no function of this template`);
    return host;
  };
  return { hosts, hostOf };
}

/** The credentials of one function: the gateway knows by the access key who calls. */
export function functionCredentials(logicalId: string): SessionCredentials {
  return {
    accessKeyId: `ASIA${stableSuffix(`key/${logicalId}`, 16)}`,
    secretAccessKey: stableSuffix(`secret/${logicalId}`, 40),
    sessionToken: stableSuffix(`token/${logicalId}`, 40),
  };
}

/** The log group of a function: the one that the template names, else Lambda's own. */
export const logGroupOf = (functionName: string, properties: Properties): string =>
  properties.object('LoggingConfig').optionalText('LogGroup') ?? `/aws/lambda/${functionName}`;

/** Lambda's own defaults. */
const DEFAULT_TIMEOUT_SECONDS = 3;
const DEFAULT_MEMORY_MB = 128;

/** Reads an `AWS::Lambda::Function`. @throws Error with a sentence when its bundle is not there */
function functionSpec(
  { logicalId, properties, resource, ref, arn }: RunningResource,
  { place }: Blueprint,
  settings: FunctionSettings,
): FunctionSpec {
  const runtime = properties.optionalText('Runtime') ?? 'a container image';
  if (!runtime.startsWith('nodejs')) {
    throw new Error(`function ${logicalId} runs on ${runtime}; the local stack runs Node functions only`);
  }
  if (properties.list('Layers').length > 0)
    throw properties.fault('Layers', 'are not run locally; bundle what they hold');
  const taskRoot = settings.assetDirectory(logicalId, resource);
  if (!existsSync(taskRoot)) {
    throw new Error(`the bundle of function ${logicalId} is not at ${taskRoot}; run \`npm run synth\` again`);
  }
  const memoryMb = properties.optionalNumber('MemorySize') ?? DEFAULT_MEMORY_MB;
  const variables = properties.object('Environment').record('Variables');
  const credentials = functionCredentials(logicalId);
  return {
    logicalId,
    name: ref,
    arn,
    taskRoot,
    handler: properties.text('Handler'),
    timeoutSeconds: properties.optionalNumber('Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
    memoryMb,
    mayLoop: properties.optionalText('RecursiveLoop') === 'Allow',
    maxWorkers: Math.min(settings.maxWorkers, properties.optionalNumber('ReservedConcurrentExecutions') ?? Infinity),
    environment: {
      AWS_LAMBDA_FUNCTION_NAME: ref,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(ref, properties),
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_REGION: place.region,
      AWS_DEFAULT_REGION: place.region,
      AWS_ENDPOINT_URL: place.awsEndpointUrl,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: credentials.sessionToken,
      // Lambda has no such files; this machine's must not change what a function does.
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      LAMBDA_TASK_ROOT: taskRoot,
      _HANDLER: properties.text('Handler'),
      TZ: ':UTC',
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)])),
      ...settings.environment,
    },
  };
}
