import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack/local-stack.ts';
import { api, kitFunction, route, startResources } from './fixtures/template.ts';

const stage = (properties: Record<string, unknown>) => ({
  Type: 'AWS::ApiGatewayV2::Stage',
  Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...properties },
});
const resources = {
  ...api,
  Echo: kitFunction('echo'),
  ...route('One', 'GET /one', 'Echo'),
  ...route('Other', 'GET /other', 'Echo'),
  ...route('Own', 'POST /own', 'Echo'),
  ...route('Signed', 'GET /signed', 'Echo', { route: { AuthorizationType: 'AWS_IAM' } }),
  ...route('Default', '$default', 'Echo'),
};
const throttled = (rate: number, burst: number) => ({ ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst });

describe('the throttle of a stage', () => {
  let stack: LocalStack;
  let now = 0;
  beforeAll(async () => {
    stack = await startResources(
      {
        ...resources,
        ApiDefaultStage: stage({
          DefaultRouteSettings: throttled(1, 2),
          RouteSettings: { 'POST /own': throttled(2, 4) },
        }),
      },
      { now: () => now },
    );
  });
  afterAll(() => stack.close());

  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(stack.apiUrl + path, { method });
    return answer.status === 429 ? `429 ${await answer.text()}` : answer.status;
  };
  const askTimes = async (times: number, path: string, method = 'GET') => {
    const answers = [];
    for (let time = 0; time < times; time += 1) answers.push(await ask(path, method));
    return answers;
  };
  const refused = '429 {"message":"Too Many Requests"}';

  it('answers 429 above the burst, again at the rate', async () => {
    expect(await askTimes(3, '/one')).toEqual([200, 200, refused]);
    now += 1_000;
    expect(await askTimes(2, '/one')).toEqual([200, refused]);
  });

  it('is each route’s own', async () => {
    expect(await askTimes(3, '/other')).toEqual([200, 200, refused]);
    expect(await askTimes(3, '/nowhere')).toEqual([200, 200, refused]);
  });

  it('can be another for one route', async () => {
    expect(await askTimes(5, '/own', 'POST')).toEqual([200, 200, 200, 200, refused]);
  });

  it('comes before the check of the caller', async () => {
    expect(await askTimes(3, '/signed')).toEqual([403, 403, refused]);
  });
});

describe('a stage', () => {
  it('without a throttle lets everything through', async () => {
    const stack = await startResources(resources, { now: () => 0 });
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(`${stack.apiUrl}/one`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await stack.close();
  });

  it.each([
    [
      'settings of a route that is not there',
      { RouteSettings: { 'GET /none': throttled(1, 1) } },
      'RouteSettings name GET /none, which is no route of this template',
    ],
    [
      'a rate without a burst',
      { DefaultRouteSettings: { ThrottlingRateLimit: 5 } },
      'DefaultRouteSettings: ThrottlingBurstLimit is missing',
    ],
    [
      'a burst without a rate',
      { RouteSettings: { 'GET /one': { ThrottlingBurstLimit: 5 } } },
      'ThrottlingRateLimit is missing',
    ],
  ])('with %s does not start', async (_what, properties, message) => {
    await expect(startResources({ ...resources, ApiDefaultStage: stage(properties) })).rejects.toThrow(message);
  });
});
