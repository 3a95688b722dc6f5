/** The routes of the API: one list for the stack that makes them and for the answer to a wrong method. */
import type { FunctionName } from './environment.ts';

/** One route. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With API Gateway's `{parameters}`. */
  readonly path: string;
  readonly functionName: FunctionName;
}

const user = '/users/{user_identifier}';
const member = `${user}/members/{member_identifier}`;

/** Every route but `$default`. */
export const routes: readonly Route[] = [
  { method: 'POST', path: `${member}/check_balance`, functionName: 'check-balance' },
  { method: 'PUT', path: `${member}/resume`, functionName: 'check-balance' },
  { method: 'GET', path: member, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/status`, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/accounts`, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/accounts/{account_identifier}`, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/accounts/{account_identifier}/history`, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/challenges`, functionName: 'read-balances' },
  { method: 'GET', path: `${user}/members`, functionName: 'read-balances' },
  { method: 'GET', path: `${user}/accounts`, functionName: 'read-balances' },
  { method: 'GET', path: `${user}/accounts/{account_identifier}`, functionName: 'read-balances' },
  { method: 'GET', path: `${member}/refreshes`, functionName: 'read-refresh' },
  { method: 'GET', path: '/refreshes/{refresh_id}', functionName: 'read-refresh' },
  { method: 'GET', path: '/institution_health', functionName: 'read-refresh' },
  { method: 'GET', path: '/institution_health/{institution_code}', functionName: 'read-refresh' },
  { method: 'GET', path: '/members', functionName: 'read-refresh' },
  { method: 'GET', path: '/attention', functionName: 'read-refresh' },
  { method: 'PUT', path: `${member}/schedule`, functionName: 'member-schedule' },
  { method: 'GET', path: `${member}/schedule`, functionName: 'member-schedule' },
  { method: 'DELETE', path: `${member}/schedule`, functionName: 'member-schedule' },
  { method: 'DELETE', path: `${user}/data`, functionName: 'erase-data' },
  { method: 'DELETE', path: `${member}/data`, functionName: 'erase-data' },
  { method: 'GET', path: '/erasures/{erasure_id}', functionName: 'erase-data' },
  { method: 'POST', path: '/webhooks/mx', functionName: 'mx-webhook' },
];

/** What the function behind `$default` answers besides problems. */
export const defaultRoutes: readonly Pick<Route, 'method' | 'path'>[] = [
  { method: 'GET', path: '/health' },
  { method: 'GET', path: '/openapi.json' },
  { method: 'GET', path: '/problems/{code}' },
];

/**
 * Only with the setting `corsOrigins`, without credentials: browsers send the preflight request without any. `$default`
 * would get it otherwise, and refuse it with `iam` for want of a signature.
 */
export const PREFLIGHT_ROUTE = 'OPTIONS /{proxy+}';

/** A route as API Gateway names it. */
export const routeKey = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`;

/** The methods of a route: HTTP APIs treat HEAD as a method of its own, and every GET has it. */
const methodsOf = ({ method }: Pick<Route, 'method'>): readonly string[] =>
  method === 'GET' ? ['GET', 'HEAD'] : [method];

/** What API Gateway sends to `functionName`, as it names it. */
export const gatewayRoutes = (functionName: FunctionName): readonly string[] =>
  routes
    .filter((route) => route.functionName === functionName)
    .flatMap((route) => methodsOf(route).map((method) => `${method} ${route.path}`));

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);

/** The methods that `path` has; empty when there is nothing at it. */
export const allowedMethods = (path: string): readonly string[] =>
  [...routes, ...defaultRoutes].filter((route) => patternOf(route.path).test(path)).flatMap(methodsOf);
