import { describe, expect, it } from 'vitest';
import { accountFields, memberFields } from '../../shared/domain/mx-fields.ts';
import { readWebhook } from '../../shared/domain/mx-webhook.ts';
import { answerHeaders, requestHeaders } from '../../shared/lambda/header-names.ts';
import { problemCodes } from '../../shared/lambda/problem.ts';
import { allowedMethods, defaultRoutes, routeKey, routes } from '../../shared/lambda/routes.ts';
import {
  faultsOf,
  objectIn,
  openApi,
  operation,
  operations,
  requestValidator,
  resolved,
  unmatched,
} from '../openapi/contract.ts';

const components = objectIn(openApi['components']);
const propertiesOf = (schema: string): string[] =>
  Object.keys(objectIn(objectIn(objectIn(components['schemas'])[schema])['properties']));

/** Every response of every operation, and those of other requests. */
const responses = [
  ...operations.flatMap((one) =>
    Object.entries(one.responses).map(([status, node]) => ({ of: one.operationId, status, response: resolved(node) })),
  ),
  ...Object.entries(unmatched).map(([status, node]) => ({ of: 'any other', status, response: resolved(node) })),
];

describe('docs/openapi.json', () => {
  it('has the routes of the service, and no other', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`);
    expect(documented.toSorted()).toEqual([...routes, ...defaultRoutes].map(routeKey).toSorted());
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('has every parameter that a path names', () => {
    for (const { path, parameters } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named);
    }
  });

  it('shows an answer for every code, except those of queues', () => {
    const shown = new Set(
      responses.flatMap(({ response }) => Object.values(problemsIn(response)).map(({ code }) => code)),
    );
    expect(problemCodes.filter((code) => !shown.has(code))).toEqual([
      'mx_too_many_accounts',
      'bad_message',
      'callback_not_delivered',
      'callback_keys_missing',
    ]);
    expect(objectIn(objectIn(objectIn(components['schemas'])['Problem'])['properties'])['code']).toMatchObject({
      enum: problemCodes,
    });
  });

  it('shows each code with its status and its Retry-After', () => {
    for (const { of, status, response } of responses) {
      for (const problem of Object.values(problemsIn(response))) expect(String(problem['status']), of).toBe(status);
      if (Object.keys(problemsIn(response)).length > 0 && ['429', '503'].includes(status)) {
        expect(Object.keys(objectIn(response['headers'])), `${of} ${status}`).toContain('Retry-After');
      }
    }
  });

  it('has examples that are what their schemas say', () => {
    let checked = 0;
    for (const { of, status, response } of responses) {
      for (const media of Object.values(objectIn(response['content'])).map(objectIn)) {
        for (const value of valuesIn(media)) {
          expect(faultsOf(objectIn(media['schema']), value), `${of} ${status}`).toEqual([]);
          checked += 1;
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
    for (const one of operations.filter(({ body }) => body !== null)) {
      const content = objectIn(objectIn(objectIn(resolvedOperation(one.path, one.method)['requestBody'])['content']));
      const media = objectIn(content['application/json']);
      const valid = requestValidator(objectIn(media['schema']));
      for (const value of valuesIn(media)) expect(valid(value), one.operationId).toBe(true);
    }
  });

  it('links from the trigger to its refresh and its accounts', () => {
    const accepted = objectIn(operation('checkBalances').responses['202']);
    const media = objectIn(objectIn(accepted['content'])['application/json']);
    const links = Object.entries(objectIn(accepted['links'])).map(([name, node]) => ({ name, link: objectIn(node) }));
    expect(links.map(({ name, link }) => [name, link['operationId']])).toEqual([
      ['refresh', 'readRefresh'],
      ['accounts', 'listMemberAccounts'],
    ]);
    for (const { name, link } of links) {
      const path = operation(String(link['operationId'])).parameters.filter((parameter) => parameter.in === 'path');
      const given = objectIn(link['parameters']);
      expect(Object.keys(given), name).toEqual(path.map((parameter) => parameter.name));
      for (const { name: parameter, schema } of path) {
        const value = pointedTo(valuesIn(media)[0], String(given[parameter]));
        expect(requestValidator(schema)(value), `${name} ${parameter}: ${value}`).toBe(true);
      }
    }
  });

  it('shows each kind of webhook that is acted on', () => {
    const { path, method } = operation('receiveMxWebhook');
    const content = objectIn(objectIn(objectIn(resolvedOperation(path, method)['requestBody'])['content']));
    const read = valuesIn(objectIn(content['application/json'])).map((body) =>
      readWebhook(body, '2026-03-02T09:00:10.000Z'),
    );
    expect(read.map((one) => (one.kind === 'relevant' ? one.webhook.about : one.reason))).toEqual([
      'data',
      'data',
      'connection',
      'deletion',
    ]);
  });

  it('names every returned field of MX and no dropped one', () => {
    const ours = ['listed', 'fresh_as_of', 'stale_reason'];
    expect(propertiesOf('Account').toSorted()).toEqual([...Object.keys(accountFields), ...ours].toSorted());
    expect(propertiesOf('Member')).not.toContain('oauth_window_uri');
    expect([...propertiesOf('Member'), 'oauth_window_uri'].toSorted()).toEqual(Object.keys(memberFields).toSorted());
  });

  it('tells the right that a caller needs, or none', () => {
    const rights = Object.fromEntries(operations.map(({ operationId, security }) => [operationId, security[0]]));
    expect(rights).toMatchObject({
      checkBalances: { basic: ['trigger'] },
      listMemberAccounts: { basic: ['read'] },
      readSchedule: { basic: ['read'] },
      setSchedule: { basic: ['trigger'] },
      removeSchedule: { basic: ['trigger'] },
      readHealth: {},
    });
  });

  it('refuses a trigger with a name that every object has', () => {
    const valid = requestValidator(objectIn(operation('checkBalances').body));
    expect(valid(JSON.parse('{"__proto__":1}'))).toBe(false);
    expect(valid({ wait: 25 })).toBe(true);
  });
});

it('browsers may send every header that the document names', () => {
  const documented = operations.flatMap(({ parameters }) => parameters.filter((one) => one.in === 'header'));
  const names = new Set(['Authorization', 'Content-Type', ...documented.map(({ name }) => name)]);
  expect(new Set(requestHeaders)).toEqual(names);
});

it('browsers may read every header that the document names', () => {
  const documented = new Set(responses.flatMap(({ response }) => Object.keys(objectIn(response['headers'] ?? {}))));
  expect(new Set(answerHeaders)).toEqual(documented);
});

describe('a path of the document', () => {
  it('answers a wrong method with the right ones', () => {
    for (const { method, path } of operations) {
      expect(allowedMethods(path.replaceAll(/\{\w+\}/g, 'x')), path).toContain(method);
    }
    expect(allowedMethods('/users/x/members/y/')).toEqual([]);
  });
});

function resolvedOperation(path: string, method: string) {
  return objectIn(objectIn(objectIn(openApi['paths'])[path])[method.toLowerCase()]);
}

/** What a runtime expression `$response.body#/…` leads to in `body`. */
function pointedTo(body: unknown, expression: string): unknown {
  const [, pointer = ''] = /^\$response\.body#\/(.+)$/.exec(expression) ?? [];
  return pointer.split('/').reduce<unknown>((inner, step) => objectIn(inner)[step], body);
}

/** The examples of a media type, in either form. */
function valuesIn(media: Readonly<Record<string, unknown>>): unknown[] {
  const several = Object.values(objectIn(media['examples'])).map((example) => resolved(example)['value']);
  return media['example'] === undefined ? several : [...several, media['example']];
}

/** The problems that a response shows. */
function problemsIn(response: Readonly<Record<string, unknown>>) {
  const media = objectIn(objectIn(response['content'])['application/problem+json']);
  return valuesIn(media).map(objectIn);
}
