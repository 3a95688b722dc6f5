import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import type { Observations } from '../../../infra/local/stack/observations.ts';
import { startBarrier } from './fixtures/barrier.ts';
import { clientFor, kitFunction, startResources, table } from './fixtures/template.ts';

const resources = {
  Members0A1B2C3D: table,
  Echo: kitFunction('echo', { Timeout: 7 }),
  Clock: kitFunction('clock', { Timeout: 7 }),
  Environment: kitFunction('environment', {
    Environment: { Variables: { TABLE: { Ref: 'Members0A1B2C3D' }, STAGE: 'test' } },
  }),
  Logs: kitFunction('logs'),
  Fails: kitFunction('fails', { Timeout: 1 }),
  Counts: kitFunction('counts'),
  Waits: kitFunction('waits'),
  Reserved: kitFunction('waits', { ReservedConcurrentExecutions: 1 }),
  Off: kitFunction('echo', { ReservedConcurrentExecutions: 0 }),
  Broken: kitFunction('handler', {}, 'broken'),
  Missing: kitFunction('notThere'),
  WithCallback: kitFunction('withCallback'),
};

describe('functions of the local stack', () => {
  let stack: LocalStack;
  const logs: Observations['log'][] = [];
  const invocations: Observations['invocation'][] = [];
  let aheadMs = 0;
  beforeAll(async () => {
    stack = await startResources(resources, { maxWorkersPerFunction: 3, clockAheadMs: () => aheadMs });
    stack.on('log', (log) => logs.push(log));
    stack.on('invocation', (invocation) => invocations.push(invocation));
  });
  afterAll(() => stack.close());

  it('hands over the event and the context of Lambda', async () => {
    const result = await stack.invoke('Echo', { a: [1, 'ü', null] });
    expect(result).toMatchObject({
      event: { a: [1, 'ü', null] },
      context: {
        functionName: stack.physicalId('Echo'),
        functionVersion: '$LATEST',
        invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${stack.physicalId('Echo')}`,
        memoryLimitInMB: '256',
        callbackWaitsForEmptyEventLoop: true,
        awsRequestId: invocations.at(-1)?.requestId,
      },
    });
    const left = (result as { context: { left: number } }).context.left;
    expect(left).toBeGreaterThan(6000);
    expect(left).toBeLessThanOrEqual(7000);
  });

  it('are invoked through the AWS endpoint, as by Lambda', async () => {
    const client = new LambdaClient(clientFor(stack));
    const invoke = (FunctionName: string, Payload?: string) =>
      client.send(new InvokeCommand({ FunctionName, ...(Payload === undefined ? {} : { Payload }) }));
    const json = (payload: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(payload ?? []).toString());
    const echo = await invoke(stack.physicalId('Echo'), '{"a":"ü"}');
    expect([echo.StatusCode, echo.FunctionError]).toEqual([200, undefined]);
    expect(json(echo.Payload)).toMatchObject({ event: { a: 'ü' } });
    expect(json((await invoke(stack.physicalId('Echo'))).Payload)).toMatchObject({ event: {} });
    const failed = await invoke(stack.physicalId('Fails'), '{"how":"throw"}');
    expect(failed.FunctionError).toBe('Unhandled');
    expect(json(failed.Payload)).toMatchObject({ errorType: 'RangeError', errorMessage: 'as asked' });
    await expect(invoke('nothing')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    client.destroy();
  });

  it.each([0, 3_600_000, 7_200_000])('a function’s clock is %i ms ahead', async (ahead) => {
    aheadMs = ahead;
    const before = Date.now();
    const told = await stack.invoke('Clock', {});
    aheadMs = 0;
    expect(told).toMatchObject({ given: 5, isDate: true, parsed: 1_000 });
    const { now, made, left } = told as Record<'now' | 'made' | 'left', number>;
    for (const at of [now, made]) {
      expect(at - ahead).toBeGreaterThanOrEqual(before);
      expect(at - ahead).toBeLessThanOrEqual(Date.now());
    }
    // Its time limit is the machine's.
    expect(left).toBeGreaterThan(5_000);
    expect(left).toBeLessThanOrEqual(7_000);
  });

  it('gives a function only its own environment', async () => {
    const environment = await stack.invoke('Environment', {});
    expect(environment).toMatchObject({
      TABLE: stack.physicalId('Members'),
      STAGE: 'test',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: stack.awsEndpointUrl,
      AWS_LAMBDA_FUNCTION_NAME: stack.physicalId('Environment'),
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      _HANDLER: 'index.environment',
      TZ: ':UTC',
    });
    const others = Object.keys(environment as object).filter(
      (name) => !/^(AWS_|LAMBDA_TASK_ROOT|_HANDLER|_X_AMZN_TRACE_ID|TZ$)/.test(name),
    );
    expect(others.sort()).toEqual(['STAGE', 'TABLE']);
  });

  it('reports lines before the invocation is over', async () => {
    const order: string[] = [];
    const stops = [
      stack.on('log', ({ stream, line }) => order.push(`${stream}: ${line}`)),
      stack.on('invocation', () => order.push('over')),
    ];
    await expect(stack.invoke('Logs', {})).resolves.toBe('logged');
    for (const stop of stops) stop();
    expect(order.at(-1)).toBe('over');
    expect(order.slice(0, -1).sort()).toEqual(['stderr: to stderr', 'stdout: first', 'stdout: second']);
  });

  it.each([
    [{}, 'RangeError', 'as asked'],
    [{ what: 'text' }, 'string', 'only text'],
    [{ what: 'exit' }, 'Runtime.ExitError', 'Runtime exited without providing a reason (3)'],
    [{ what: 'rejection' }, 'Runtime.UnhandledPromiseRejection', 'Error: nobody handles this'],
  ])('a handler failing with %j fails as in Lambda', async (event, errorType, message) => {
    await expect(stack.invoke('Fails', event)).rejects.toMatchObject({ errorType, message });
    expect(invocations.at(-1)?.error).toEqual({ errorType, errorMessage: message });
    await expect(stack.invoke('Fails', { what: 'nothing' })).resolves.toBeNull();
  });

  it('stops a function at its timeout, also busy ones', async () => {
    await expect(stack.invoke('Fails', { what: 'forever' })).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
      message: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/),
    });
    await expect(stack.invoke('Fails', { what: 'nothing' })).resolves.toBeNull();
    expect(invocations.at(-1)?.cold).toBe(true);
  });

  it('uses a warm worker again', async () => {
    expect([await stack.invoke('Counts', {}), await stack.invoke('Counts', {})]).toEqual([1, 2]);
  });

  it('runs one invocation per worker, the rest in turn', async () => {
    const barrier = await startBarrier(3);
    const results = await Promise.all(Array.from({ length: 9 }, () => stack.invoke('Waits', { url: barrier.url })));
    await barrier.close();
    expect(results).toEqual(Array(9).fill('waited'));
    expect(barrier.most).toBe(3);
  });

  it('starts more workers while the first four wait', async () => {
    const own = await startResources({ Waits: kitFunction('waits'), Counts: kitFunction('counts') });
    // No invocation goes on before the ninth has come.
    const barrier = await startBarrier(9);
    await Promise.all(Array.from({ length: 9 }, () => own.invoke('Waits', { url: barrier.url })));
    expect(barrier.most).toBe(9);
    await Promise.all([barrier.close(), own.close()]);
  });

  it('keeps to the reserved concurrency', async () => {
    const barrier = await startBarrier(1);
    await Promise.all(Array.from({ length: 4 }, () => stack.invoke('Reserved', { url: barrier.url })));
    await barrier.close();
    const coldOnes = invocations.filter(({ function: name, cold }) => name === 'Reserved' && cold);
    expect(coldOnes).toHaveLength(1);
    await expect(stack.invoke('Off', {})).rejects.toMatchObject({ errorType: 'TooManyRequestsException' });
  });

  it('logs why a bundle cannot load, then tries again', async () => {
    const failure = { errorType: 'TypeError', message: 'this bundle cannot be loaded' };
    await expect(stack.invoke('Broken', {})).rejects.toMatchObject(failure);
    await expect(stack.invoke('Broken', {})).rejects.toMatchObject(failure);
    const lines = logs.filter(({ function: name }) => name === 'Broken').map(({ line }) => line);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('this bundle cannot be loaded');
    expect(invocations.filter(({ function: name, cold }) => name === 'Broken' && cold)).toHaveLength(2);
  });

  it('refuses handlers that Lambda would refuse', async () => {
    await expect(stack.invoke('Missing', {})).rejects.toThrow('index.notThere is undefined or not exported');
    await expect(stack.invoke('WithCallback', {})).rejects.toThrow('takes a callback');
  });

  it('refuses an event above 6 MB', async () => {
    await expect(stack.invoke('Echo', 'x'.repeat(6 * 1024 * 1024))).rejects.toMatchObject({
      errorType: 'RequestTooLargeException',
    });
  });

  it('ends running and waiting invocations when it is closed', async () => {
    const own = await startResources({ Waits: kitFunction('waits') }, { maxWorkersPerFunction: 1 });
    const barrier = await startBarrier(1);
    await own.invoke('Waits', { url: barrier.url });
    const closed = await startBarrier(Infinity);
    const both = [own.invoke('Waits', { url: closed.url }), own.invoke('Waits', { url: closed.url })];
    const results = Promise.allSettled(both);
    await own.close();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(own.idle()).rejects.toThrow('the local stack was closed');
    await Promise.all([barrier.close(), closed.close()]);
  });
});
