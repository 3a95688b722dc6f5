import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AwsAnswer, type AwsCaller, type AwsService, awsError, services } from './aws-call.ts';
import type { AwsCalls } from './aws-calls.ts';
import { readBody } from './http-body.ts';

/** Above every service's own limit: DynamoDB takes 16 MB, SQS and EventBridge 1 MiB. */
const MAX_BODY_BYTES = 17 * 1024 * 1024;

/** Finds who signs with an access key; undefined for keys that nobody was given. */
export type CallerOf = (accessKeyId: string) => AwsCaller | undefined;

/**
 * The listener behind `AWS_ENDPOINT_URL`: one address for every AWS service, told apart by `X-Amz-Target`. Callers are
 * known by their access key; signatures are not verified, as nothing but this machine can reach the gateway.
 */
export const awsGateway =
  (calls: AwsCalls, callerOf: CallerOf) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The engines only ever see whole bodies: dynalite ends the process when an upload is aborted.
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
  const target = request.headers['x-amz-target'];
  const [prefix, action] = (typeof target === 'string' ? target : '').split('.');
  const service = serviceOf(prefix);
  if (service === undefined || action === undefined || action === '') {
    const what =
      target === undefined ? `${request.method} ${request.url} without X-Amz-Target` : `X-Amz-Target ${target}`;
    return awsError(
      'dynamodb',
      'UnknownOperationException',
      `the local stack does not know ${what}; it runs DynamoDB, SQS, EventBridge and Secrets Manager over JSON`,
    );
  }
  if (body === 'too-large') return awsError(service, 'RequestEntityTooLargeException', 'the request is too large', 413);
  const key = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1];
  if (key === undefined)
    return awsError(service, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  const caller = callerOf(key);
  if (caller === undefined) {
    return awsError(service, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  const traceHeader = request.headers['x-amzn-trace-id'];
  return calls.call({ caller, service, action, body, traceHeader: traceHeader?.toString() });
}

const serviceOf = (prefix: string | undefined): AwsService | undefined => {
  for (const name of ['dynamodb', 'sqs', 'events', 'secretsmanager'] as const) {
    if (services[name].target === prefix) return name;
  }
  return undefined;
};
