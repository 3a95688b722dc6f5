import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AwsAnswer, type AwsCaller, type AwsService, awsError, type JsonService, services } from './aws-call.ts';
import type { AwsCalls } from './aws-calls.ts';
import { readBody } from './http-body.ts';
import { foreignAnswer } from './unknown-service.ts';

/** Above every service's own limit: DynamoDB's is the largest, 16 MB. */
const MAX_BODY_BYTES = 17 * 1024 * 1024;

/** The caller that signs with an access key; undefined for an unknown key. */
export type CallerOf = (accessKeyId: string) => AwsCaller | undefined;

/**
 * The listener behind `AWS_ENDPOINT_URL`: one address for every AWS service, told apart by `X-Amz-Target`, or by the
 * signature's scope where a service has none. Callers are known by their access key; signatures are not verified,
 * because only this machine can reach the gateway.
 */
export const awsGateway =
  (calls: AwsCalls, callerOf: CallerOf) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // Read whole before an engine gets the call: an aborted upload would make dynalite end the process.
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body === 'aborted') return;
    const answer = await answerFor(request, body, calls, callerOf);
    const gone = request.socket.destroyed;
    if (!gone) response.writeHead(answer.status, answer.headers).end(answer.body);
  };

async function answerFor(
  request: IncomingMessage,
  body: Buffer | 'too-large',
  calls: AwsCalls,
  callerOf: CallerOf,
): Promise<AwsAnswer> {
  const { headers, method = 'GET', url: path = '/' } = request;
  const target = oneHeader(headers['x-amz-target']);
  const contentType = headers['content-type'] ?? '';
  const [, key, signedFor] =
    /Credential=([^/,\s]+)\/(?:[^/]+\/[^/]+\/([^/]+)\/)?/.exec(headers.authorization ?? '') ?? [];
  const form = contentType.startsWith('application/x-www-form-urlencoded') && body !== 'too-large';
  const formAction = form ? (new URLSearchParams(body.toString()).get('Action') ?? undefined) : undefined;

  const functionName = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path.replace(/\?.*/, ''))?.[1];
  const isInvoke = signedFor === 'lambda' && method === 'POST' && functionName !== undefined;
  const [service, action] = isInvoke ? (['lambda', 'Invoke'] as const) : asked(target, signedFor, formAction);
  if (service === undefined || action === undefined || action === '') {
    const smithyProtocol = oneHeader(headers['smithy-protocol']);
    return foreignAnswer({ method, path, service: signedFor, contentType, target, smithyProtocol, action: formAction });
  }
  if (body === 'too-large') return awsError(service, 'RequestEntityTooLargeException', 'the request is too large', 413);
  if (key === undefined)
    return awsError(service, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  const caller = callerOf(key);
  if (caller === undefined) {
    const message =
      'The security token included in the request is invalid: the access key of the local stack is test, its secret test.';
    return awsError(service, 'UnrecognizedClientException', message);
  }
  const traceHeader = request.headers['x-amzn-trace-id'];
  const whole = isInvoke ? invocation(functionName, body) : body;
  return calls.call({ caller, service, action, body: whole, traceHeader: traceHeader?.toString() });
}

/** Lambda's `Invoke` as one JSON text. */
const invocation = (functionName: string, payload: Buffer): Buffer =>
  Buffer.from(JSON.stringify({ FunctionName: decodeURIComponent(functionName), Payload: payload.toString() }));

/** Service and action of a request, as far as it names ones that are here. */
function asked(
  target: string | undefined,
  signedFor: string | undefined,
  formAction: string | undefined,
): [AwsService | undefined, string | undefined] {
  if (target === undefined) return [signedFor === 'cloudformation' ? signedFor : undefined, formAction];
  const [prefix, action] = target.split('.');
  return [jsonServiceOf(prefix), action];
}

const oneHeader = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const jsonServiceOf = (prefix: string | undefined): JsonService | undefined => {
  for (const name of ['dynamodb', 'sqs', 'events', 'secretsmanager', 'ssm', 'logs'] as const) {
    if (services[name].target === prefix) return name;
  }
  return undefined;
};
