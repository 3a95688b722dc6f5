/** MX's routes that the simulator has (MX facts 2), and the path of each. */
const ROUTES = [
  ['list-users', 'GET', '/users'],
  ['create-user', 'POST', '/users'],
  ['read-user', 'GET', '/users/:user'],
  ['delete-user', 'DELETE', '/users/:user'],
  ['list-user-accounts', 'GET', '/users/:user/accounts'],
  ['read-user-account', 'GET', '/users/:user/accounts/:account'],
  ['list-members', 'GET', '/users/:user/members'],
  ['create-member', 'POST', '/users/:user/members'],
  ['read-member', 'GET', '/users/:user/members/:member'],
  ['update-member', 'PUT', '/users/:user/members/:member'],
  ['delete-member', 'DELETE', '/users/:user/members/:member'],
  ['check-balance', 'POST', '/users/:user/members/:member/check_balance'],
  ['aggregate', 'POST', '/users/:user/members/:member/aggregate'],
  ['read-status', 'GET', '/users/:user/members/:member/status'],
  ['list-challenges', 'GET', '/users/:user/members/:member/challenges'],
  ['resume', 'PUT', '/users/:user/members/:member/resume'],
  ['list-accounts', 'GET', '/users/:user/members/:member/accounts'],
  ['read-account', 'GET', '/users/:user/members/:member/accounts/:account'],
  ['list-credentials', 'GET', '/institutions/:institution/credentials'],
] as const;

/** Short name of a route. */
export type RouteKind = (typeof ROUTES)[number][0];

/** All short names, for messages. */
export const ROUTE_KINDS: readonly RouteKind[] = ROUTES.map(([kind]) => kind);

/** The identifiers in a path; one that the route does not have is an empty text. */
export interface PathParts {
  user: string;
  member: string;
  account: string;
  institution: string;
}

const TABLE = ROUTES.map(([kind, method, path]) => ({ kind, method, segments: path.split('/') }));

/** The route of a call, or why there is none. */
export function matchRoute(
  method: string,
  path: string,
): { kind: RouteKind; parts: PathParts } | 'no-path' | 'no-method' {
  const segments = path.split('/');
  let isPath = false;
  for (const route of TABLE) {
    if (route.segments.length !== segments.length || !fits(route.segments, segments)) continue;
    if (route.method === method) return { kind: route.kind, parts: readParts(route.segments, segments) };
    isPath = true;
  }
  return isPath ? 'no-method' : 'no-path';
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]));
}

function readParts(pattern: readonly string[], segments: readonly string[]): PathParts {
  const parts: PathParts = { user: '', member: '', account: '', institution: '' };
  pattern.forEach((part, index) => {
    const name = part.slice(1);
    if (part.startsWith(':') && isPart(name)) parts[name] = decode(segments[index] ?? '');
  });
  return parts;
}

const isPart = (name: string): name is keyof PathParts =>
  name === 'user' || name === 'member' || name === 'account' || name === 'institution';

/** A broken percent escape names nothing that exists: taken as it stands, it ends as 404. */
function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
