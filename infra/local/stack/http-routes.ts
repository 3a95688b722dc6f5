/** A route key taken apart: `GET /users/{id}/{proxy+}`, `ANY /x` or `$default`. */
export interface RoutePattern {
  readonly key: string;
  /** undefined for `ANY` and `$default` */
  readonly method: string | undefined;
  /** undefined for `$default` */
  readonly segments: readonly string[] | undefined;
}

/** A route that matches a request, and what its parameters are, decoded. */
export interface RouteMatch<R> {
  readonly route: R;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** Reads a route key. @throws Error with a sentence when it is none of HTTP APIs. */
export function readRouteKey(key: string): RoutePattern {
  if (key === '$default') return { key, method: undefined, segments: undefined };
  const [, method = '', path = ''] = /^([A-Z]+) (\/.*)$/.exec(key) ?? [];
  if (method === '') throw new Error(`'${key}' is no route key of an HTTP API; write METHOD /path or $default`);
  const segments = path.slice(1).split('/');
  const greedy = segments.findIndex((segment) => /^\{[^}]+\+\}$/.test(segment));
  if (greedy >= 0 && greedy !== segments.length - 1) throw new Error(`'${key}': a greedy parameter must come last`);
  return { key, method: method === 'ANY' ? undefined : method, segments };
}

/**
 * Finds the route that API Gateway would take: a full match before a greedy one, a fixed segment before a parameter,
 * a method before `ANY`, and `$default` when nothing else matches.
 *
 * @param path encoded, as it came
 */
export function matchRoute<R extends { readonly pattern: RoutePattern }>(
  routes: readonly R[],
  method: string,
  path: string,
): RouteMatch<R> | undefined {
  const asked = path.slice(1).split('/');
  let best: (RouteMatch<R> & { readonly rank: string }) | undefined;
  for (const route of routes) {
    const match = matchOne(route.pattern, method, asked);
    if (match !== undefined && (best === undefined || match.rank < best.rank)) best = { route, ...match };
  }
  return best;
}

/** `rank` orders matches, the lowest first: one digit a segment, then one for the method. */
function matchOne(
  { method, segments }: RoutePattern,
  askedMethod: string,
  asked: readonly string[],
): { rank: string; pathParameters: Record<string, string> } | undefined {
  if (segments === undefined) return { rank: '9', pathParameters: {} };
  if (method !== undefined && method !== askedMethod) return undefined;
  const pathParameters: Record<string, string> = {};
  let rank = '';
  for (const [index, segment] of segments.entries()) {
    const value = asked[index];
    const parameter = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (parameter?.[2] === '+') {
      const rest = asked.slice(index).join('/');
      if (rest === '') return undefined;
      pathParameters[parameter[1] ?? ''] = decodePath(rest);
      // The digit in front puts every full match before every greedy one.
      return { rank: `2${rank}3${method === undefined ? '1' : '0'}`, pathParameters };
    }
    if (value === undefined) return undefined;
    if (parameter !== null) {
      if (value === '') return undefined;
      pathParameters[parameter[1] ?? ''] = decodePath(value);
      rank += '1';
    } else if (segment === decodePath(value)) rank += '0';
    else return undefined;
  }
  if (asked.length !== segments.length) return undefined;
  return { rank: `1${rank}${method === undefined ? '1' : '0'}`, pathParameters };
}

/** Decodes a path as HTTP APIs do; a path that cannot be decoded stays as it is. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
