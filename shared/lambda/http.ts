/** What every HTTP function needs: caller checked, input checked, failures told as problems, one log line. */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Failure } from '../domain/failure.ts';
import { identifierRule, isIdentifier } from '../domain/identifier.ts';
import { type Clock, type Instant, instantOf } from '../domain/instant.ts';
import type { MemberIdentifiers } from '../domain/mx.ts';
import { authorize, type Caller, type Right, readCallers } from './callers.ts';
import { entityTag, matches } from './etag.ts';
import { failedAttempts } from './failed-attempts.ts';
import type { LogFields, Telemetry } from './log.ts';
import { problemOf } from './problem.ts';
import { asNamed, Refusal } from './refusal.ts';

/** A request, checked as far as every route needs it. */
export interface ApiRequest {
  /** `GET` for a HEAD too, whose body is left out afterwards. */
  readonly method: string;
  /** As API Gateway matched it, for example `GET /refreshes/{refresh_id}`; `$default` when it matched none. */
  readonly routeKey: string;
  readonly path: string;
  /** Percent-decoded, and checked by `identifier`. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * The JSON of the body; undefined without one (`null` and white space are none), and where the route takes none: an
   * unused body is not validated.
   */
  readonly body: unknown;
  /** When the request arrived at the gateway. */
  readonly arrivedAt: Instant;
  /** `X-Correlation-Id`; null: none, or one that is no such id. */
  readonly correlationId: string | null;
  /** Who calls: a client id with `basic`, an ARN with `iam`. */
  readonly caller: string;
  /** What else the caller may do; null: only the gateway knows (`iam`). */
  readonly rights: readonly Right[] | null;
}

/** An answer. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Serialised as JSON; amounts in it stay exact. */
  readonly body?: unknown;
  /** JSON that is serialised already, in place of `body`. */
  readonly text?: string;
  /** What the request's log line says besides route and status. */
  readonly logged?: Pick<LogFields, 'reason' | 'member_guid' | 'refresh_id'>;
}

/** A secret's text, as `shared/clients/secret.ts` keeps it. */
interface CallersSecret {
  current(): Promise<string>;
  refetched(): Promise<string>;
}

/** How a function answers HTTP. */
export interface HttpOptions {
  readonly telemetry: Telemetry;
  /** The right each route needs; null: none. */
  readonly right: (request: Pick<ApiRequest, 'method' | 'routeKey'>) => Right | null;
  /** The callers' secret with `basic`; null with `iam`, where the gateway has checked already. */
  readonly callersSecret: CallersSecret | null;
  readonly now: Clock;
}

/** Bodies of this API are small objects. */
export const MAX_BODY_BYTES = 10_000;

const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  // No cache may keep balances.
  'cache-control': 'no-store',
} as const;

/** The Lambda handler that answers with `route`. An error of `route` becomes a problem. */
export function httpHandler(options: HttpOptions, route: (request: ApiRequest) => Promise<ApiAnswer>) {
  const { telemetry } = options;

  const attempts = failedAttempts(options.now);
  /** From the middleware to the handler: an invocation's context is its own. */
  const callers = new WeakMap<object, Caller>();

  const checkCaller: Middleware = async (request) => {
    const { event } = request;
    const { http, requestId } = event.requestContext;
    const given = correlationIn(event) ?? undefined;
    const about = { request_id: requestId, ...(given === undefined ? {} : { correlation_id: given }) };
    telemetry.about(about);
    const isCalledBy = (caller: Caller): void => {
      callers.set(request.context, caller);
      telemetry.about({ ...about, caller: caller.name === '' ? undefined : caller.name });
    };
    const right = options.right(routeOf(event));
    if (options.callersSecret === null || right === null) {
      isCalledBy({ name: iamCaller(event), rights: null });
      return;
    }
    try {
      attempts.check(http.sourceIp);
    } catch (error) {
      telemetry.count('CallerRefused');
      telemetry.count('CallerBraked');
      throw error;
    }
    const { authorization } = event.headers;
    const known = await options.callersSecret.current();
    try {
      isCalledBy(authorize(readCallers(known), authorization, right));
      return;
    } catch (error) {
      if (asNamed(error).code !== 'unauthorized') throw error;
    }
    // A key may have been entered since the secret was read.
    const fetched = await options.callersSecret.refetched();
    try {
      if (fetched === known) throw new Refusal('unauthorized', 'client id or key is missing or wrong');
      isCalledBy(authorize(readCallers(fetched), authorization, right));
    } catch (error) {
      if (asNamed(error).code === 'unauthorized') attempts.failed(http.sourceIp);
      throw error;
    }
  };

  const failed: Middleware = (request) => {
    const failure = asNamed(request.error);
    const problem = problemOf(failure);
    const refreshId = 'refreshId' in failure.details ? failure.details.refreshId : undefined;
    request.response = answerTo(
      request.event,
      { ...problem, headers: { ...SECURITY_HEADERS, ...problem.headers } },
      refreshId,
    );
    if (failure.code === 'unauthorized') telemetry.count('CallerRefused');
    telemetry.log('request.failed', {
      route: request.event.routeKey,
      status: problem.statusCode,
      refresh_id: refreshId,
      error: failure,
    });
    telemetry.flush();
  };

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .before(checkCaller)
    .onError(failed)
    .handler(async (event, context) => {
      const request = toRequest(event, callers.get(context) ?? noCaller);
      const answer = await route(request);
      const result = toResult(answer, request);
      telemetry.log('request.answered', { route: event.routeKey, status: result.statusCode, ...answer.logged });
      telemetry.flush();
      return answerTo(event, result, answer.logged?.refresh_id);
    });
}

type Middleware = middy.MiddlewareFn<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

/**
 * Who has signed, with `iam`: the gateway has checked it. A role without its session's name: two machines of one caller
 * have two sessions, and a request that one repeats for the other is the same caller's.
 */
function iamCaller(event: APIGatewayProxyEventV2): string {
  // The types know the gateway's context without an authorizer only.
  const { authorizer } = event.requestContext as { authorizer?: { iam?: { userArn?: string } } };
  return (authorizer?.iam?.userArn ?? '').replace(/(:assumed-role\/[^/]+)\/.*$/, '$1');
}

const isHead = (event: APIGatewayProxyEventV2): boolean => event.requestContext.http.method === 'HEAD';

/** A HEAD is treated as the GET of the same path: the same right, the same status and headers. */
const routeOf = (event: APIGatewayProxyEventV2): Pick<ApiRequest, 'method' | 'routeKey'> =>
  isHead(event)
    ? { method: 'GET', routeKey: event.routeKey.replace(/^HEAD /, 'GET ') }
    : { method: event.requestContext.http.method, routeKey: event.routeKey };

/** `result` as the answer to `event`: with its correlation id, and HEAD gets no body. */
function answerTo(
  event: APIGatewayProxyEventV2,
  result: APIGatewayProxyStructuredResultV2,
  refreshId: string | undefined,
): APIGatewayProxyStructuredResultV2 {
  // Without one of the caller's, the name that its log lines have.
  const correlationId = correlationIn(event) ?? refreshId ?? event.requestContext.requestId;
  const { body, ...rest } = { ...result, headers: { ...result.headers, 'x-correlation-id': correlationId } };
  return body === undefined || isHead(event) ? rest : { ...rest, body };
}

/** What a caller may call its request: nothing in it that a log, a queue or a header would have to escape. */
const CORRELATION_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's own; null: none, or what is no such id and is not repeated anywhere. */
function correlationIn({ headers }: APIGatewayProxyEventV2): string | null {
  const given = headers['x-correlation-id'] ?? '';
  return CORRELATION_ID.test(given) ? given : null;
}

const noCaller: Caller = { name: '', rights: [] };

function toRequest(event: APIGatewayProxyEventV2, { name: caller, rights }: Caller): ApiRequest {
  checkVersion(event);
  return {
    ...routeOf(event),
    path: event.rawPath,
    parameters: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: /^(POST|PUT) /.test(event.routeKey) ? readBody(event) : undefined,
    arrivedAt: instantOf(event.requestContext.timeEpoch),
    correlationId: correlationIn(event),
    caller,
    rights,
  };
}

function readBody(event: APIGatewayProxyEventV2): unknown {
  if (event.body === undefined) return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new Refusal('payload_too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`);
  }
  // What libraries send for "no body".
  if (text.trim() === '' || text.trim() === 'null') return undefined;
  const type = event.headers['content-type'] ?? '';
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) {
    throw new Refusal('unsupported_media_type', 'a body has to be JSON, sent as application/json');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('invalid_request', 'the body is not JSON', { field: 'body' });
  }
}

/** Versions of MX's API that this one speaks. A request without `Accept-Version` gets the newest of them. */
export const VERSIONS: ReadonlySet<string> = new Set(['v20250224']);

/** @throws Refusal `not_acceptable`: MX answers 406 to a version that it does not know (MX facts 2.1). */
function checkVersion({ headers }: APIGatewayProxyEventV2): void {
  const version = headers['accept-version'];
  if (version === undefined || VERSIONS.has(version)) return;
  throw new Refusal('not_acceptable', `Accept-Version may be ${[...VERSIONS].join(', ')}, or be left out`, {
    field: 'Accept-Version',
  });
}

function toResult(answer: ApiAnswer, request: ApiRequest): APIGatewayProxyStructuredResultV2 {
  const body = answer.text ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  if (body === undefined) return { statusCode: answer.status, headers: { ...SECURITY_HEADERS, ...answer.headers } };
  const headers = { 'content-type': 'application/json', ...SECURITY_HEADERS, ...answer.headers };
  if (request.method !== 'GET' || answer.status !== 200) return { statusCode: answer.status, headers, body };
  const etag = entityTag(body, headers);
  return matches(request.headers['if-none-match'], etag)
    ? { statusCode: 304, headers: { ...SECURITY_HEADERS, ...answer.headers, etag } }
    : { statusCode: 200, headers: { ...headers, etag }, body };
}

/**
 * A path parameter that names something at MX or here.
 *
 * @throws Failure `invalid_request` that names the parameter.
 */
export function identifier(request: ApiRequest, name: string): string {
  const value = request.parameters[name] ?? '';
  if (!isIdentifier(value)) throw new Failure('invalid_request', `${name} ${identifierRule}`, { field: name });
  return value;
}

/** The user and the member of a path. */
export const memberIdentifiers = (request: ApiRequest): MemberIdentifiers => ({
  userIdentifier: identifier(request, 'user_identifier'),
  memberIdentifier: identifier(request, 'member_identifier'),
});
