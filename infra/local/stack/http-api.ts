import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { FunctionError } from './function-instance.ts';
import type { Authorizer } from './http-authorizers.ts';
import { readBody } from './http-body.ts';
import {
  type ApiRequest,
  type ApiResponse,
  eventOf,
  gatewayMessage,
  internalServerError,
  responseOf,
  splitTarget,
} from './http-payload.ts';
import { matchRoute, type RoutePattern } from './http-routes.ts';
import type { ObservationFeed } from './observations.ts';
import type { TokenBucket } from './token-bucket.ts';

/** One route of the API with everything behind it. */
export interface ApiRoute {
  readonly pattern: RoutePattern;
  /** Logical id of the function. */
  readonly function: string;
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly authorize: Authorizer;
  /** After this time the gateway answers 503; the function runs on. */
  readonly timeoutMs: number;
  /** The route's throttle; undefined when the template sets none. */
  readonly bucket: TokenBucket | undefined;
}

export interface HttpApiOptions {
  readonly apiId: string;
  readonly account: string;
  readonly routes: readonly ApiRoute[];
  readonly observations: ObservationFeed;
  readonly now: () => number;
}

/** API Gateway's limit for a request's body. */
export const MAX_REQUEST_BYTES = 10 * 1024 * 1024;

/** API Gateway's HTTP API on one machine: routes, authorizers, payload format 2.0, and the gateway's own answers. */
export class HttpApi {
  readonly #options: HttpApiOptions;
  #open = 0;

  constructor(options: HttpApiOptions) {
    this.#options = options;
  }

  /** Requests that have no answer yet. */
  get busy(): number {
    return this.#open;
  }

  /** The listener of the HTTP server. Never rejects. */
  readonly listener = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    this.#open += 1;
    try {
      await this.#serve(incoming, outgoing);
    } finally {
      this.#open -= 1;
    }
  };

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const started = this.#options.now();
    const body = await readBody(incoming, MAX_REQUEST_BYTES);
    if (body === 'aborted') return;
    const method = incoming.method ?? 'GET';
    const target = incoming.url ?? '/';
    const [path] = splitTarget(target);
    const requestId = randomUUID();
    const match = matchRoute(this.#options.routes, method, path);
    let response = gatewayMessage(404, 'Not Found');
    if (body === 'too-large') response = gatewayMessage(413, 'Request Entity Too Large');
    else if (match !== undefined) {
      const request: ApiRequest = {
        method,
        target,
        headers: joinedHeaders(incoming),
        body,
        sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
        protocol: `HTTP/${incoming.httpVersion}`,
      };
      response = await this.#answer(match.route, match.pathParameters, request, requestId);
    }
    this.#options.observations.emit('http', {
      method,
      path,
      status: response.status,
      ms: this.#options.now() - started,
      route: match?.route.pattern.key,
      ...(response.status < 400 ? {} : { problem: response.body.toString() }),
    });
    write(outgoing, response, requestId);
  }

  async #answer(
    route: ApiRoute,
    pathParameters: Readonly<Record<string, string>>,
    request: ApiRequest,
    requestId: string,
  ): Promise<ApiResponse> {
    if (route.bucket?.take() === false) return gatewayMessage(429, 'Too Many Requests');
    const { apiId, account, now } = this.#options;
    const context = { requestId, routeKey: route.pattern.key, pathParameters, apiId, account, now: now() };
    const access = await route.authorize(request, eventOf(request, { ...context, authorizer: undefined }));
    if ('refusal' in access) return access.refusal;
    return this.#integrate(route, eventOf(request, { ...context, authorizer: access.authorizer }));
  }

  async #integrate(route: ApiRoute, event: unknown): Promise<ApiResponse> {
    const { promise: tooLate, resolve: giveUp } = Promise.withResolvers<ApiResponse>();
    const timer = setTimeout(() => giveUp(gatewayMessage(503, 'Service Unavailable')), route.timeoutMs);
    try {
      return await Promise.race([this.#invoke(route, event), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #invoke(route: ApiRoute, event: unknown): Promise<ApiResponse> {
    try {
      const response = responseOf(await route.invoke(event));
      if (response !== undefined) return response;
      const line = 'the API cannot make a response of what the function returned (statusCode, headers, cookies, body)';
      this.#options.observations.emit('log', { function: route.function, stream: 'stderr', line });
      return internalServerError;
    } catch (error) {
      const type = error instanceof FunctionError ? error.errorType : '';
      if (type === 'TooManyRequestsException') return gatewayMessage(503, 'Service Unavailable');
      if (type === 'RequestTooLargeException') return gatewayMessage(413, 'Request Entity Too Large');
      return internalServerError;
    }
  }
}

function joinedHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    // The values of several cookie headers become one list.
    if (values !== undefined) headers[name] = values.join(name === 'cookie' ? '; ' : ',');
  }
  return headers;
}

function write(outgoing: ServerResponse, response: ApiResponse, requestId: string): void {
  if (outgoing.destroyed) return;
  try {
    outgoing.writeHead(response.status, {
      ...response.headers,
      // Without content-length Node would send chunks, which API Gateway does not. 204 and 304 must not have the header.
      ...(response.status === 204 || response.status === 304
        ? {}
        : { 'content-length': Buffer.byteLength(response.body) }),
      'apigw-requestid': requestId,
      ...(response.cookies.length === 0 ? {} : { 'set-cookie': [...response.cookies] }),
    });
    outgoing.end(response.body);
  } catch {
    // A header that HTTP does not allow (a line break in a value): the gateway answers 500 as well.
    outgoing.writeHead(500, internalServerError.headers).end(internalServerError.body);
  }
}
