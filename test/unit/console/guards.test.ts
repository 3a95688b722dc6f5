import { describe, expect, it } from 'vitest';
import { type GuardedRequest, refusalOf, securityHeaders } from '../../../infra/console/guards.ts';

const rules = { port: 4700, token: 'the-token' };
const host = '127.0.0.1:4700';
const own = 'http://127.0.0.1:4700';
const token = { 'x-console-token': 'the-token' };

const codeOf = (given: Partial<GuardedRequest>): string | null => {
  const request = { method: 'GET', path: '/data/running', ...given, headers: { host, ...token, ...given.headers } };
  return refusalOf(request, rules)?.code ?? null;
};

describe('the host', () => {
  it.each([[host], ['localhost:4700']])('%s is answered', (name) => {
    expect(codeOf({ headers: { host: name } })).toBeNull();
  });

  it.each([
    ['127.evil.com:4700'],
    ['127.0.0.1.evil.com:4700'],
    ['evil.com'],
    ['127.0.0.1'],
    ['127.0.0.1:4701'],
    ['127.0.0.1:47000'],
    ['LOCALHOST:4700'],
    ['user@127.0.0.1:4700'],
    ['[::1]:4700'],
    [''],
    [undefined],
  ])('%s is not', (name) => {
    expect(codeOf({ headers: { host: name } })).toBe('wrong_host');
    expect(codeOf({ path: '/', headers: { host: name } })).toBe('wrong_host');
  });
});

describe('the origin', () => {
  it.each([
    [{}],
    [{ origin: own }],
    [{ origin: own, 'sec-fetch-site': 'same-origin' }],
    [{ host: 'localhost:4700', origin: 'http://localhost:4700' }],
  ])('%o may read data', (headers) => {
    expect(codeOf({ headers })).toBeNull();
  });

  it.each([
    [{ origin: 'https://evil.com' }],
    [{ origin: 'null' }],
    [{ origin: 'http://127.0.0.1:4701' }],
    [{ origin: 'http://localhost:4700' }],
    [{ origin: 'https://127.0.0.1:4700' }],
    [{ origin: `${own}.evil.com` }],
    [{ origin: own, 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
  ])('%o may not', (headers) => {
    expect(codeOf({ headers })).toBe('foreign_origin');
    expect(codeOf({ method: 'POST', headers })).toBe('foreign_origin');
  });

  it.each([
    [{ 'sec-fetch-site': 'none' }, null],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, null],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 'foreign_origin'],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, 'foreign_origin'],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, 'foreign_origin'],
  ])('the page itself, opened with %o: %s', (headers, code) => {
    expect(codeOf({ path: '/', headers: { ...headers, 'x-console-token': undefined } })).toBe(code);
  });
});

describe('the token', () => {
  it.each([
    ['the-token', null],
    ['the-toke', 'wrong_token'],
    ['the-token ', 'wrong_token'],
    ['', 'wrong_token'],
    [undefined, 'wrong_token'],
    [['the-token', 'the-token'], 'wrong_token'],
  ])('%o: %s', (given, code) => {
    expect(codeOf({ headers: { 'x-console-token': given } })).toBe(code);
  });
});

describe('the method and the body', () => {
  const post = (type: string | undefined): string | null =>
    codeOf({ method: 'POST', path: '/data/refresh', headers: { 'content-type': type } });

  it.each([
    ['application/json', null],
    ['application/json; charset=utf-8', null],
    ['text/plain', 'json_only'],
    ['application/x-www-form-urlencoded', 'json_only'],
    ['application/jsonp', 'json_only'],
    ['text/plain; application/json', 'json_only'],
    [undefined, 'json_only'],
  ])('a POST of %s: %s', (type, code) => {
    expect(post(type)).toBe(code);
  });

  it.each([
    ['PUT', '/data/refresh', 'method_not_allowed'],
    ['OPTIONS', '/data/refresh', 'method_not_allowed'],
    ['HEAD', '/data/running', 'method_not_allowed'],
    ['POST', '/', 'method_not_allowed'],
    ['GET', '/', null],
  ])('%s %s: %s', (method, path, code) => {
    expect(codeOf({ method, path })).toBe(code);
  });
});

it('no answer is open to other pages', () => {
  expect(Object.keys(securityHeaders).filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect(securityHeaders['content-security-policy']).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  );
  expect(securityHeaders).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
});
