// $default: requests that match no route  ->  a problem that says so, health, the API's description, the problems' pages
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler } from '../shared/lambda/http.ts';
import { staysAtMx } from '../shared/lambda/mx-routes.ts';
import { isProblemCode, problemKind } from '../shared/lambda/problem.ts';
import { Refusal } from '../shared/lambda/refusal.ts';
import { allowedMethods, PREFLIGHT_ROUTE } from '../shared/lambda/routes.ts';
import { now } from './wiring/refresh.ts';
import { instanceTelemetry } from './wiring/telemetry.ts';

/** Answers without looking anything up: it tells nothing about what exists. */
export async function unknownRoute(request: ApiRequest): Promise<ApiAnswer> {
  if (request.method === 'GET' && request.path === '/health') return { status: 200, body: { status: 'ok' } };
  if (request.method === 'GET' && request.path === '/openapi.json') return { status: 200, body: await openApi() };
  // With `corsOrigins` set, a browser's question before its request. The gateway adds the headers that answer it.
  if (request.routeKey === PREFLIGHT_ROUTE) return { status: 204 };
  const [, code] = /^\/problems\/([a-z_]+)$/.exec(request.path) ?? [];
  if (request.method === 'GET' && code !== undefined && isProblemCode(code)) {
    const { title, status, meaning, action } = problemKind(code);
    return { status: 200, body: { code, title, status, meaning, action } };
  }
  if (staysAtMx(request.method, request.path)) {
    throw new Refusal('stays_at_mx', 'MX answers this request, this service does not: ask MX itself');
  }
  const allow = allowedMethods(request.path);
  // A page that the path could have but does not, such as /problems/nonsense, is not a wrong method.
  if (allow.length > 0 && !allow.some((method) => method === request.method)) {
    throw new Refusal('method_not_allowed', `this path has ${allow.join(', ')}`, { allow });
  }
  throw new Refusal('not_found', 'there is nothing at this path');
}

/** Parsed at the first request for it: 174 kB of JSON that would lengthen every cold start. */
const openApi = async (): Promise<object> => (await import('../docs/openapi.json', { with: { type: 'json' } })).default;

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('unknown-route', source);
  // Public: health, the description and the problems' pages hold no secret, and a 404 says no more than a 401.
  const report = instanceTelemetry('unknown-route', env);
  return httpHandler({ telemetry: report, callersSecret: null, now, right: () => null }, unknownRoute);
}

export const handler = wire(process.env);
