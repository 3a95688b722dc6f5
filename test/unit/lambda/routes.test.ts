import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unknownRoute } from '../../../functions/unknown-route.ts';
import { environmentOf } from '../../../shared/lambda/environment.ts';
import { problemCodes, problemKind } from '../../../shared/lambda/problem.ts';
import { allowedMethods, gatewayRoutes, PREFLIGHT_ROUTE, routes } from '../../../shared/lambda/routes.ts';
import { apiRequest } from './api-event.ts';

const member = '/users/u-1/members/m-1';
const pathOf = (template: string) => template.replace(/\{\w+\}/g, 'x-1');
const ask = (method: string, path: string) => unknownRoute(apiRequest({ method, path }));

describe('the routes', () => {
  it('each have a function, and no two are the same', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(routes.length);
    for (const { functionName } of routes) expect(environmentOf).toHaveProperty(functionName);
  });

  it.each(routes)('$method $path is found by its path', ({ method, path }) => {
    expect(allowedMethods(pathOf(path))).toContain(method);
  });

  it('know the methods of a path, and nothing of another', () => {
    expect(allowedMethods(`${member}/schedule`).toSorted()).toEqual(['DELETE', 'GET', 'HEAD', 'PUT']);
    expect(allowedMethods(`${member}/check_balance`)).toEqual(['POST']);
    for (const path of [
      '/',
      '/users',
      '/users/u-1',
      `${member}/transactions`,
      `${member}/accounts/a/b`,
      '/refreshes/',
      `/v1${member}/accounts`,
    ]) {
      expect(allowedMethods(path), path).toEqual([]);
    }
  });
});

describe('a path that no route matches', () => {
  it.each([
    '/',
    '/user',
    '/users/',
    `${member}/nonsense`,
    '/users/u-1/nonsense',
    '/PROBLEMS/internal',
    '/problem/internal',
  ])('is 404: %s', async (path) => {
    await expect(ask('GET', path)).rejects.toMatchObject({ code: 'not_found', fate: 'caller-fault' });
  });

  it.each(routes)('is 405 with what the path has: PATCH on $path', async ({ path }) => {
    const allow = allowedMethods(pathOf(path));
    await expect(ask('PATCH', pathOf(path))).rejects.toMatchObject({ code: 'method_not_allowed', details: { allow } });
  });

  it.each(['/health', '/problems/internal'])('is 405 for anything but GET and HEAD on %s', async (path) => {
    await expect(ask('POST', path)).rejects.toMatchObject({
      code: 'method_not_allowed',
      details: { allow: ['GET', 'HEAD'] },
    });
  });
});

/** Every operation of MX's own SDK (v20111101: v20250224 has these routes and a few more). */
const ofMx = [
  ...readFileSync(new URL('../../../node_modules/mx-platform-node/dist/api.js', import.meta.url), 'utf8').matchAll(
    /const localVarPath = [`"](\/[^`"]*)[`"].*?method: '([A-Z]+)'/gs,
  ),
].map(([, path = '', method = '']) => ({ method, path: path.replaceAll(/\{\w+\}/g, 'x-1') }));

describe('a route of MX’s', () => {
  it('is one of the SDK’s 166', () => {
    expect(ofMx).toHaveLength(166);
  });

  it.each(ofMx)('is answered here or stays at MX: $method $path', async ({ method, path }) => {
    if (allowedMethods(path).includes(method)) return;
    await expect(ask(method, path)).rejects.toMatchObject({ code: 'stays_at_mx', fate: 'caller-fault' });
  });

  it.each([
    ['GET', '/users'],
    ['POST', '/users/u-1/members'],
    ['DELETE', member],
    ['PUT', member],
    ['POST', `${member}/aggregate`],
    ['GET', `${member}/transactions`],
    ['GET', '/institutions/mxbank'],
    ['GET', '/users/u-1/jobs/JOB-1'],
  ])('stays there: %s %s', async (method, path) => {
    await expect(ask(method, path)).rejects.toMatchObject({ code: 'stays_at_mx' });
  });

  it.each([
    ['PATCH', member, 'GET, HEAD'],
    ['POST', `${member}/accounts`, 'GET, HEAD'],
    ['PATCH', '/users/u-1/members', 'GET, HEAD'],
  ])('is none with a method that MX lacks: %s %s', async (method, path, allow) => {
    await expect(ask(method, path)).rejects.toMatchObject({
      code: 'method_not_allowed',
      details: { allow: allow.split(', ') },
    });
  });
});

it('health says that the function runs, and looks nothing up', async () => {
  expect(await ask('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
});

it('the API’s description is served as it is published', async () => {
  const published = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));
  expect(await ask('GET', '/openapi.json')).toEqual({ status: 200, body: published });
});

it.each([
  ['POST', '/openapi.json', 'method_not_allowed'],
  ['POST', '/health', 'method_not_allowed'],
  ['POST', '/problems/unauthorized', 'method_not_allowed'],
  ['GET', '/users/problems/unauthorized', 'not_found'],
  ['GET', '/problems/unauthorized/more', 'not_found'],
])('only what is there is served: %s %s', async (method, path, code) => {
  await expect(ask(method, path)).rejects.toMatchObject({ code });
});

it('the gateway sends each function its routes, HEAD too', () => {
  expect(gatewayRoutes('member-schedule')).toEqual([
    'PUT /users/{user_identifier}/members/{member_identifier}/schedule',
    'GET /users/{user_identifier}/members/{member_identifier}/schedule',
    'HEAD /users/{user_identifier}/members/{member_identifier}/schedule',
    'DELETE /users/{user_identifier}/members/{member_identifier}/schedule',
  ]);
});

it('a preflight request gets the gateway’s headers only', async () => {
  expect(PREFLIGHT_ROUTE).toBe('OPTIONS /{proxy+}');
  const request = apiRequest({ method: 'OPTIONS', path: `${member}/accounts`, routeKey: PREFLIGHT_ROUTE });
  expect(await unknownRoute(request)).toEqual({ status: 204 });
});

describe('the page of a problem', () => {
  it.each(problemCodes)('/problems/%s says what it means and what to do', async (code) => {
    const { title, status, meaning, action } = problemKind(code);
    expect(await ask('GET', `/problems/${code}`)).toEqual({
      status: 200,
      body: { code, title, status, meaning, action },
    });
  });

  it.each(['nonsense', 'toString', 'constructor', 'internal/', ''])(
    'is 404 for what is no problem: %j',
    async (name) => {
      await expect(ask('GET', `/problems/${name}`)).rejects.toMatchObject({ code: 'not_found' });
    },
  );
});
