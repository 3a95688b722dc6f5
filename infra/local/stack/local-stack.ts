import { setTimeout } from 'node:timers/promises';
import type { AwsCaller, AwsEngine, AwsService } from './aws-call.ts';
import { AwsCalls } from './aws-calls.ts';
import { awsGateway } from './aws-gateway.ts';
import { Blueprint } from './blueprint.ts';
import { DeadLetters } from './dead-letters.ts';
import { eventBuses } from './event-bus.ts';
import type { FunctionSpec } from './function-host.ts';
import { functionLogs } from './function-logs.ts';
import { lambdaInvoke } from './lambda-invoke.ts';
import { listenLate } from './late-server.ts';
import { ObservationFeed, type ObservationKind, type Observations } from './observations.ts';
import { parameterStore } from './parameters.ts';
import { Permissions } from './permissions.ts';
import { Schedules } from './schedules.ts';
import type { Credentials } from './sigv4.ts';
import { messagesIn } from './sqs-engine.ts';
import type { StackData } from './stack-data.ts';
import { stackDescription } from './stack-description.ts';
import { startEngines } from './start-engines.ts';
import type { AssetDirectory, Template } from './template.ts';
import { buildHttpApi } from './wire-api.ts';
import { eventRules, scheduleSpecs } from './wire-events.ts';
import { functionCredentials, functionHosts } from './wire-functions.ts';
import { deadLetterQueues, eventSources } from './wire-queues.ts';
import { loadSecrets } from './wire-secrets.ts';

/** The engine of each service. */
export type AwsEngines = Readonly<Record<AwsService, AwsEngine>>;

export interface LocalStackOptions {
  /** A synthesized template, parsed (`readTemplateFile`). */
  readonly template: Template;
  /** Where functions' bundles are (`assetsIn('cdk.out')`). */
  readonly assetDirectory: AssetDirectory;
  /** Port of the HTTP API; 0 takes any free one. */
  readonly port: number;
  /** Port of the AWS endpoint. @default any free one */
  readonly awsPort?: number;
  /** Values of secrets by logical id or the beginning of it, instead of those of the template. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 000000000000 */
  readonly account?: string;
  /** Part of every generated name. @default local */
  readonly stackName?: string;
  /** Workers of one function at the same time; further invocations wait in order. @default {@link MAX_WORKERS} */
  readonly maxWorkersPerFunction?: number;
  /** Whether schedules fire by the clock; they can always be fired by hand. @default true */
  readonly runSchedules?: boolean;
  /** Extra variables for all functions. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Wraps the engines, for tools that count or change AWS calls. @default the engines as they are */
  readonly aroundEngines?: (engines: AwsEngines) => AwsEngines;
  /**
   * How far the clock of all functions, schedules and events is ahead of this machine's. It may grow while nothing runs,
   * and never goes back: delays of messages and timers follow the machine's. @default 0
   */
  readonly clockAheadMs?: () => number;
  /** Where tables, queues and secrets are kept over a restart. @default in memory, gone with `close` */
  readonly data?: StackData;
  /** Milliseconds since 1970, for everything but the functions. @default the machine's clock and `clockAheadMs` */
  readonly now?: () => number;
}

/** A running stack. A `prefix` is a logical id, or the beginning of one that fits only one resource. */
export interface LocalStack {
  /** `http://127.0.0.1:port` */
  readonly apiUrl: string;
  /** Endpoint for AWS clients; `servicesInWords` says of which services. */
  readonly awsEndpointUrl: string;
  readonly region: string;
  /** For AWS clients of tools and tests, and for requests to routes with `AWS_IAM` (service `execute-api`). */
  readonly awsCredentials: Credentials;
  /** The stack's outputs, resolved. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly stackName: string;
  /** What `Ref` gives: a table's or function's name, a queue's URL, a secret's ARN. */
  physicalId(prefix: string): string;
  /** The same, or undefined when nothing that runs has such a logical id. */
  findPhysicalId(prefix: string): string | undefined;
  /** Fires a schedule now; resolves when its invocation is over and rejects when that failed. */
  fireSchedule(prefix: string): Promise<void>;
  /** Invokes a function and waits for its result; rejects with `FunctionError`. */
  invoke(prefix: string, event: unknown): Promise<unknown>;
  /** A function's bundle and environment, for tools that run it in a process of its own. */
  packageOf(prefix: string): Pick<FunctionSpec, 'taskRoot' | 'handler' | 'environment'>;
  /** Listens; returns a function that stops listening. */
  on<K extends ObservationKind>(kind: K, listener: (observation: Observations[K]) => void): () => void;
  /**
   * Resolves when nothing runs and no queue with an event source holds a message, also a delayed one or one that waits
   * for its visibility timeout. Rejects when the stack is closed meanwhile.
   */
  idle(): Promise<void>;
  /** Ends everything at once: running invocations fail; queues and tables are gone, unless they are kept (`data`). */
  close(): Promise<void>;
}

const IDLE_CHECK_MS = 10;

/** A 51st caller with `wait` (up to 25 s) waits for another's answer. With 41 workers at work the process held 1.4 GB. */
const MAX_WORKERS = 50;

/** The usual credentials of local AWS tools. Functions have credentials of their own, so that the caller is known. */
const toolCredentials: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/**
 * Runs a synthesized template in this process: tables, queues, functions from their bundles, event sources, HTTP API,
 * schedules, event buses and secrets. Everything is in memory until `close`, or with `data` kept. What AWS would refuse a function by the
 * template's policies is refused.
 *
 * @throws Error with a sentence: port taken, unknown resource type or intrinsic, missing bundle, property or
 * policy not supported
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const cleanup = new AsyncDisposableStack();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

async function start(options: LocalStackOptions, cleanup: AsyncDisposableStack): Promise<LocalStack> {
  const { region = 'us-east-1', account = '000000000000', stackName = 'local', clockAheadMs = () => 0 } = options;
  const { now = () => Date.now() + clockAheadMs() } = options;
  const maxWorkers = options.maxWorkersPerFunction ?? MAX_WORKERS;
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1) {
    throw new Error(`maxWorkersPerFunction must be a whole number of 1 or more and is ${maxWorkers}`);
  }
  const observations = new ObservationFeed();

  // Both addresses are part of names and outputs, so the servers come first.
  const awsServer = await listenLate(options.awsPort ?? 0, cleanup);
  const apiServer = await listenLate(options.port, cleanup);

  const place = { region, account, stackName, awsEndpointUrl: awsServer.url, apiUrl: apiServer.url };
  const blueprint = new Blueprint(options.template, place);
  const outputs = blueprint.outputs();
  const permissions = new Permissions(blueprint);

  const { dynamoDb, sqs } = await startEngines(blueprint, cleanup, options.data);
  const secrets = loadSecrets(blueprint, options.secrets ?? {}, now, options.data);
  const { assetDirectory, environment = {} } = options;
  const settings = { assetDirectory, maxWorkers, environment, clockAheadMs };
  const { hosts, hostOf } = functionHosts(blueprint, settings, observations, now);
  for (const host of hosts.values()) cleanup.defer(() => host.close());

  const callers = new Map<string, AwsCaller>([[toolCredentials.accessKeyId, { via: 'tools' }]]);
  for (const id of hosts.keys()) callers.set(functionCredentials(id).accessKeyId, { via: 'function', function: id });

  const sendMessage = async (queueUrl: string, messageBody: string): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ QueueUrl: queueUrl, MessageBody: messageBody }));
    const answer = await sqs.engine({ caller: { via: 'tools' }, service: 'sqs', action: 'SendMessage', body });
    if (answer.status !== 200) throw new Error(answer.body.toString());
  };
  const wiring = { blueprint, hostOf, permissions, sendMessage, observations, now };
  const busNames = blueprint.ofType('AWS::Events::EventBus').map(({ ref }) => ref);
  const rules = eventRules(wiring);
  const events = eventBuses({ region, account, buses: new Set(['default', ...busNames]), rules, observations, now });
  const startedAt = now();
  const bare: AwsEngines = {
    dynamodb: dynamoDb.engine,
    sqs: sqs.engine,
    events,
    secretsmanager: secrets.engine,
    ssm: parameterStore(blueprint, startedAt),
    logs: functionLogs(blueprint, observations, now),
    lambda: lambdaInvoke(hostOf),
    cloudformation: stackDescription(blueprint, startedAt),
  };
  const engines = options.aroundEngines?.(bare) ?? bare;
  const calls = new AwsCalls({ engines, permissions, observations, now });

  const api = buildHttpApi({ blueprint, hostOf, callers: [toolCredentials], observations, now });

  const schedules = new Schedules(scheduleSpecs(wiring), now);
  cleanup.defer(() => schedules.stop());

  const deadLetters = new DeadLetters(deadLetterQueues(blueprint), sqs, observations);
  cleanup.defer(() => deadLetters.stop());

  const sources = eventSources({ blueprint, hostOf, calls, observations, now });
  // Runs before everything deferred above: a message received while the stack closes would be lost.
  cleanup.defer(() => {
    for (const source of sources.values()) source.stop();
  });

  awsServer.serve(awsGateway(calls, (key) => callers.get(key)));
  apiServer.serve(api.listener);
  deadLetters.start();
  for (const source of sources.values()) source.start();
  if (options.runSchedules ?? true) schedules.start();

  let closing: Promise<void> | undefined;
  const busy = (): boolean => api.busy > 0 || schedules.busy > 0 || [...hosts.values()].some((host) => host.busy > 0);
  const nothingLeft = async (): Promise<boolean> => {
    if (closing !== undefined) throw new Error('the local stack was closed');
    if (busy()) return false;
    const depths = await sqs.depths();
    return [...sources.keys()].every((name) => messagesIn(depths.get(name)) === 0) && !busy();
  };

  return {
    apiUrl: apiServer.url,
    awsEndpointUrl: awsServer.url,
    region,
    // A copy: the SDK writes into the object that it is given.
    awsCredentials: { ...toolCredentials },
    outputs,
    stackName,
    physicalId: (prefix) => blueprint.find(prefix).ref,
    findPhysicalId: (prefix) => (blueprint.has(prefix) ? blueprint.find(prefix).ref : undefined),
    fireSchedule: async (prefix) =>
      schedules.fire(blueprint.find(prefix, 'AWS::Scheduler::Schedule', 'AWS::Events::Rule').logicalId),
    invoke: async (prefix, event) => {
      const { logicalId, arn } = blueprint.find(prefix, 'AWS::Lambda::Function');
      return hostOf(arn, logicalId).invoke(event);
    },
    packageOf: (prefix) => {
      const { logicalId, arn } = blueprint.find(prefix, 'AWS::Lambda::Function');
      return hostOf(arn, logicalId).spec;
    },
    on: (kind, listener) => observations.on(kind, listener),
    async idle() {
      // Twice in a row: during one check a message may move from a queue to a function or back.
      for (let times = 0; times < 2; times = (await nothingLeft()) ? times + 1 : 0) await setTimeout(IDLE_CHECK_MS);
      await deadLetters.look();
    },
    close() {
      closing ??= cleanup.disposeAsync().then(async () => {
        await Promise.all([...sources.values()].map((source) => source.stoppedEverything()));
      });
      return closing;
    },
  };
}
