/** Entry of a function's worker thread: loads the bundle, then runs one invocation after the other, as Lambda does. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { InvokeMessage, LambdaError, WorkerMessage, WorkerSetup } from './function-protocol.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const port = parentPort;
if (port === null) throw new Error('function-worker.ts runs as a worker thread only');
const send = (message: WorkerMessage): void => port.postMessage(message);
const setup: WorkerSetup = workerData;

/** Lambda's form of a thrown value. */
function lambdaError(thrown: unknown): LambdaError {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

async function loadHandler(): Promise<Handler> {
  const file = basename(setup.handler);
  const dot = file.indexOf('.');
  const module = join(setup.taskRoot, dirname(setup.handler), file.slice(0, dot));
  const found = ['.mjs', '.js', '.cjs'].map((extension) => `${module}${extension}`).find((path) => existsSync(path));
  if (dot < 1 || found === undefined) throw new Error(`Cannot find module '${module}' of handler ${setup.handler}`);
  let value: unknown = await import(pathToFileURL(found).href);
  for (const name of file.slice(dot + 1).split('.')) value = Reflect.get(Object(value), name);
  if (typeof value !== 'function') throw new Error(`${setup.handler} is undefined or not exported`);
  // Lambda's Node 24 runtime refuses handlers with a callback the same way.
  if (value.length > 2) throw new Error(`${setup.handler} takes a callback, which nodejs24.x does not support`);
  return (event, context) => Reflect.apply(value, undefined, [event, context]);
}

const RealDate = Date;
let clockAheadMs = 0;

/** Sets the clock that the function reads. Timers stay the machine's. */
function setClock(aheadMs: number): void {
  clockAheadMs = aheadMs;
  if (aheadMs === 0 || globalThis.Date !== RealDate) return;
  const now = (): number => RealDate.now() + clockAheadMs;
  globalThis.Date = new Proxy(RealDate, {
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  });
}

const contextOf = (message: InvokeMessage): Record<string, unknown> => ({
  callbackWaitsForEmptyEventLoop: true,
  functionVersion: '$LATEST',
  functionName: setup.functionName,
  memoryLimitInMB: String(setup.memoryMb),
  logGroupName: `/aws/lambda/${setup.functionName}`,
  logStreamName: 'local',
  invokedFunctionArn: setup.functionArn,
  awsRequestId: message.requestId,
  // The real clock: the host stops the worker by it.
  getRemainingTimeInMillis: () => Math.max(0, message.deadline - RealDate.now()),
});

/** Resolves when the host has received the lines written so far: they are to come before the end of the invocation. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> => new Promise((done) => stream.write('', () => done()));

/** CPU time of this thread since it began, user and system, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<WorkerMessage> {
  const began = cpuMs();
  setClock(message.clockAheadMs);
  try {
    process.env['_X_AMZN_TRACE_ID'] = message.traceHeader;
    const event: unknown = JSON.parse(message.event);
    const result = await handler(event, contextOf(message));
    return { kind: 'result', payload: JSON.stringify(result) ?? 'null', cpuMs: cpuMs() - began };
  } catch (error) {
    return { kind: 'failed', error: lambdaError(error) };
  }
}

try {
  const handler = await loadHandler();
  port.on('message', async (message: InvokeMessage) => {
    const outcome = await invoke(handler, message);
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    send(outcome);
  });
  send({ kind: 'ready', cpuMs: cpuMs() });
} catch (error) {
  send({ kind: 'failed', error: lambdaError(error) });
}
