import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unknownRoute } from '../../../functions/unknown-route.ts';
import { environmentOf } from '../../../shared/lambda/environment.ts';
import { problemCodes, problemKind } from '../../../shared/lambda/problem.ts';
import { allowedMethods, PREFLIGHT_ROUTE, routes } from '../../../shared/lambda/routes.ts';
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
  it.each(['/', '/users', `${member}/transactions`, '/PROBLEMS/internal', '/problem/internal'])(
    'is 404: %s',
    async (path) => {
      await expect(ask('GET', path)).rejects.toMatchObject({ code: 'not_found', fate: 'caller-fault' });
    },
  );

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

it('health says that the function runs, and looks nothing up', async () => {
  expect(await ask('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
});

it('the API’s description is served as it is published', async () => {
  const published = JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8'));
  expect(await ask('GET', '/openapi.json')).toEqual({ status: 200, body: published });
});

it('a preflight request gets the gateway’s headers only', async () => {
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
