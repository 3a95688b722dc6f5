/** Requests as API Gateway's HTTP API sends them to a function (payload format 2.0), and as a route gets them. */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { ApiRequest } from '../../../shared/lambda/http.ts';

/** What a test says about a request; the rest is a GET without anything. */
export interface GivenRequest {
  readonly method?: string;
  readonly routeKey?: string;
  readonly path?: string;
  readonly parameters?: Record<string, string>;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly sourceIp?: string;
  readonly authorizer?: object;
}

/** The gateway's event. */
export const apiEvent = (given: GivenRequest = {}): APIGatewayProxyEventV2 => {
  const method = given.method ?? 'GET';
  const path = given.path ?? '/users/u-1/members/m-1/accounts';
  const context = {
    accountId: '111122223333',
    apiId: 'api',
    domainName: 'api.example',
    domainPrefix: 'api',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: given.sourceIp ?? '192.0.2.1', userAgent: 'test' },
    requestId: 'request-1',
    routeKey: given.routeKey ?? `${method} /route`,
    stage: '$default',
    time: '21/Nov/2026:12:00:00 +0000',
    timeEpoch: Date.UTC(2026, 10, 21, 12),
    // The types know a context without an authorizer only.
    ...(given.authorizer === undefined ? {} : { authorizer: given.authorizer }),
  };
  return {
    version: '2.0',
    routeKey: context.routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: given.headers ?? {},
    ...(given.parameters === undefined ? {} : { pathParameters: given.parameters }),
    ...(given.query === undefined ? {} : { queryStringParameters: given.query }),
    ...(given.body === undefined ? {} : { body: given.body }),
    isBase64Encoded: given.isBase64Encoded ?? false,
    requestContext: context,
  };
};

/** Lambda's context of an invocation. */
export const lambdaContext = (): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'function',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:function',
  memoryLimitInMB: '256',
  awsRequestId: 'invocation-1',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 30_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});

/** A request as a route gets it. */
export const apiRequest = (given: Partial<ApiRequest> = {}): ApiRequest => ({
  method: 'GET',
  routeKey: '$default',
  path: '/',
  parameters: {},
  query: {},
  headers: {},
  body: undefined,
  arrivedAt: '2026-11-21T12:00:00.000Z',
  correlationId: null,
  caller: 'shop',
  rights: ['read', 'trigger'],
  ...given,
});
