/** What every HTTP function needs: caller checked, input checked, failures told as problems, one log line. */
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { asFailure, Failure } from '../domain/failure.ts';
import type { MemberIdentifiers } from '../domain/mx.ts';
import { authorize, type Right, readCallers } from './callers.ts';
import { countOperatorFaults, type Telemetry } from './log.ts';
import { problemOf } from './problem.ts';

/** A request, checked as far as every route needs it. */
export interface ApiRequest {
  readonly method: string;
  /** As API Gateway matched it, for example `GET /refreshes/{refresh_id}`; `$default` when it matched none. */
  readonly routeKey: string;
  readonly path: string;
  /** Percent-decoded, and checked by `identifier`. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The JSON of the body; undefined without one. */
  readonly body: unknown;
}

/** An answer. `body` is serialised as JSON; amounts in it stay exact. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** How a function answers HTTP. */
export interface HttpOptions {
  readonly telemetry: Telemetry;
  /** The right each route needs; null: anybody who may call at all. */
  readonly right: (request: Pick<ApiRequest, 'method' | 'routeKey'>) => Right | null;
  /** The callers' secret with `basic`; null with `iam`, where the gateway has checked already. */
  readonly callersSecret: (() => Promise<string>) | null;
}

/** Bodies of this API are small objects. */
const MAX_BODY_BYTES = 10_000;

const SECURITY_HEADERS = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  // Balances must not stay in anybody's cache.
  'cache-control': 'no-store',
} as const;

/** The Lambda handler that answers with `route`. Whatever `route` throws becomes a problem. */
export function httpHandler(options: HttpOptions, route: (request: ApiRequest) => Promise<ApiAnswer>) {
  const { telemetry } = options;

  const checkCaller: middy.MiddlewareFn<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = async ({
    event,
  }) => {
    const right = options.right({ method: event.requestContext.http.method, routeKey: event.routeKey });
    if (options.callersSecret === null || right === null) return;
    authorize(readCallers(await options.callersSecret()), event.headers['authorization'], right);
  };

  const answered: middy.MiddlewareFn<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = (request) => {
    const status = request.response?.statusCode ?? 200;
    telemetry.log('request.answered', { route: request.event.routeKey, status });
    telemetry.flush();
  };

  const failed: middy.MiddlewareFn<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = (request) => {
    const failure = asFailure(request.error);
    const problem = problemOf(failure);
    request.response = { ...problem, headers: { ...SECURITY_HEADERS, ...problem.headers } };
    telemetry.log('request.failed', { route: request.event.routeKey, status: problem.statusCode, error: failure });
    if (failure.code === 'unauthorized') telemetry.count('CallerRefused');
    countOperatorFaults(telemetry, failure.code);
    telemetry.flush();
  };

  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .before(checkCaller)
    .after(answered)
    .onError(failed)
    .handler(async (event) => toResult(await route(toRequest(event))));
}

function toRequest(event: APIGatewayProxyEventV2): ApiRequest {
  return {
    method: event.requestContext.http.method,
    routeKey: event.routeKey,
    path: event.rawPath,
    parameters: event.pathParameters ?? {},
    query: event.queryStringParameters ?? {},
    headers: event.headers,
    body: readBody(event),
  };
}

function readBody(event: APIGatewayProxyEventV2): unknown {
  if (event.body === undefined || event.body === '') return undefined;
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString('utf8') : event.body;
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new Failure('caller-fault', 'payload_too_large', `the body is larger than ${MAX_BODY_BYTES} bytes`);
  }
  const type = event.headers['content-type'] ?? '';
  if (!/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(type)) {
    throw new Failure('caller-fault', 'unsupported_media_type', 'a body has to be JSON, sent as application/json');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure('caller-fault', 'invalid_request', 'the body is not JSON', { field: 'body' });
  }
}

const toResult = (answer: ApiAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: answer.status,
  headers: {
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...SECURITY_HEADERS,
    ...answer.headers,
  },
  ...(answer.body === undefined ? {} : { body: JSON.stringify(answer.body) }),
});

/**
 * A path parameter that names something at MX or here: letters, digits, dash and underscore (MX facts 1,
 * "Identifiers"). 1,000 characters at most: MX allows 1,024, a DynamoDB sort key holds that and no prefix.
 *
 * @throws Failure `invalid_request` that names the parameter.
 */
export function identifier(request: ApiRequest, name: string): string {
  const value = request.parameters[name] ?? '';
  if (!/^[A-Za-z0-9_-]{1,1000}$/.test(value)) {
    throw new Failure(
      'caller-fault',
      'invalid_request',
      `${name} may only have letters, digits, dashes and underscores, 1 to 1000 of them`,
      { field: name },
    );
  }
  return value;
}

/** The user and the member of a path. */
export const memberIdentifiers = (request: ApiRequest): MemberIdentifiers => ({
  userIdentifier: identifier(request, 'user_identifier'),
  memberIdentifier: identifier(request, 'member_identifier'),
});
