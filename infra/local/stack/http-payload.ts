import { decodePath } from './http-routes.ts';
import { isRecord } from './template.ts';

/** A request to the HTTP API, body read. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query, still encoded. */
  readonly target: string;
  /** Lower-case names; several values of one name joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
}

/** What the gateway adds to a request. */
export interface ApiContext {
  readonly requestId: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly apiId: string;
  readonly account: string;
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A response of the gateway. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: string | Buffer;
}

/** The gateway's own answers: `{"message":"Not Found"}` and so on. */
export const gatewayMessage = (status: number, message: string): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  cookies: [],
  body: JSON.stringify({ message }),
});

export const internalServerError = gatewayMessage(500, 'Internal Server Error');

const textTypes = /^(text\/.*|application\/(.+\+)?(json|xml)|application\/javascript)$/;

/** The event of payload format 2.0. Absent parts (cookies, query, parameters, body) are absent, as in AWS. */
export function eventOf(request: ApiRequest, context: ApiContext): Record<string, unknown> {
  const [path = '/', rawQueryString = ''] = splitTarget(request.target);
  // Hop-by-hop headers end at the gateway.
  const { cookie, connection: _connection, 'transfer-encoding': _encoding, ...headers } = request.headers;
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) query.set(name, [...(query.get(name) ?? []), value]);
  const contentType = (headers['content-type'] ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = textTypes.test(contentType);
  // HTTP APIs hand the path over decoded, although the field is called rawPath; the query stays encoded.
  const rawPath = decodePath(path);
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split(';').map((part) => part.trim()) }),
    headers: {
      ...headers,
      'x-forwarded-for': request.sourceIp,
      'x-forwarded-port': headers['host']?.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...(query.size === 0
      ? {}
      : { queryStringParameters: Object.fromEntries([...query].map(([name, values]) => [name, values.join(',')])) }),
    requestContext: {
      accountId: context.account,
      apiId: context.apiId,
      ...(context.authorizer === undefined ? {} : { authorizer: context.authorizer }),
      domainName: headers['host'] ?? '',
      domainPrefix: context.apiId,
      http: {
        method: request.method,
        path: rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: context.requestId,
      routeKey: context.routeKey,
      stage: '$default',
      time: commonLogTime(context.now),
      timeEpoch: context.now,
    },
    ...(Object.keys(context.pathParameters).length === 0 ? {} : { pathParameters: context.pathParameters }),
    ...(request.body.length === 0 ? {} : { body: request.body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: request.body.length > 0 && !isText,
  };
}

/**
 * What the gateway makes of a function's result: an object with `statusCode` is a response; anything else is the body
 * of a 200 in JSON. undefined: the result is malformed, and the gateway answers 500.
 */
export function responseOf(result: unknown): ApiResponse | undefined {
  if (!isRecord(result) || result['statusCode'] === undefined) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
  }
  const { body = '', headers = {}, cookies = [], isBase64Encoded = false } = result;
  const status = Number(result['statusCode']);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (typeof body !== 'string' || !isRecord(headers) || !Array.isArray(cookies)) return undefined;
  const named: Record<string, string> = { 'content-type': 'text/plain; charset=utf-8' };
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    named[name.toLowerCase()] = String(value);
  }
  return {
    status,
    headers: named,
    cookies: cookies.map(String),
    body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  };
}

/** Path and query of a request target, both encoded. */
export function splitTarget(target: string): [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(now: number): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(now).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
