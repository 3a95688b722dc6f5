import { queryError } from './aws-query.ts';

/** Who made an AWS call: a function's code, the poller that works for a function, or the tools beside the stack. */
export type AwsCaller =
  | { readonly via: 'function' | 'event-source'; readonly function: string }
  | { readonly via: 'tools'; readonly function?: undefined };

/**
 * One AWS call, before any engine has seen it. The body is JSON text; of CloudFormation's it is a form. What Lambda's API has in
 * paths and bodies is `{"FunctionName": …, "Payload": "<JSON>"}`.
 */
export interface AwsCall {
  readonly caller: AwsCaller;
  readonly service: AwsService;
  readonly action: string;
  readonly body: Buffer;
  /** `X-Amzn-Trace-Id`, with which the SDK passes on to which chain of invocations the call belongs. */
  readonly traceHeader?: string | undefined;
}

/** The services that speak AWS's JSON protocols. */
export type JsonService = 'dynamodb' | 'sqs' | 'events' | 'secretsmanager' | 'ssm' | 'logs';

/**
 * The services of the local stack. CloudFormation speaks AWS's older query protocol: a form in, XML out. Lambda has paths instead of
 * names of actions.
 */
export type AwsService = JsonService | 'cloudformation' | 'lambda';

/** What goes back to the caller. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Answers the calls of one service. Refusals are answers; a rejected promise is a fault of the engine. */
export type AwsEngine = (call: AwsCall) => Promise<AwsAnswer>;

/** The prefix of `X-Amz-Target` of each JSON service, and the version of its protocol. */
export const services: Readonly<Record<JsonService, { readonly target: string; readonly contentType: string }>> = {
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  sqs: { target: 'AmazonSQS', contentType: 'application/x-amz-json-1.0' },
  events: { target: 'AWSEvents', contentType: 'application/x-amz-json-1.1' },
  secretsmanager: { target: 'secretsmanager', contentType: 'application/x-amz-json-1.1' },
  ssm: { target: 'AmazonSSM', contentType: 'application/x-amz-json-1.1' },
  logs: { target: 'Logs_20140328', contentType: 'application/x-amz-json-1.1' },
};

/** What the AWS endpoint answers for, in words for error messages. */
export const servicesInWords =
  'DynamoDB, SQS, EventBridge PutEvents, Secrets Manager, SSM parameters, CloudFormation, Lambda Invoke and CloudWatch Logs';

/** An answer of one service with a JSON body. */
export const awsAnswer = (service: JsonService, body: unknown, status = 200): AwsAnswer => ({
  status,
  headers: { 'content-type': services[service].contentType },
  body: JSON.stringify(body),
});

/** An error as the service's protocol writes it; the SDK throws it under the name `type`. */
export function awsError(service: AwsService, type: string, message: string, status = 400): AwsAnswer {
  if (service === 'cloudformation') return queryError(type, message, status);
  if (service !== 'lambda') return awsAnswer(service, { __type: type, message }, status);
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': type };
  return { status, headers, body: JSON.stringify({ Type: status < 500 ? 'User' : 'Server', Message: message }) };
}

/**
 * The refusal of a call that its caller may not make, as each service writes it. SQS answers in JSON with the code of
 * its older protocol in a header, by which the SDK names the error.
 */
export function accessDeniedAnswer(service: AwsService, message: string): AwsAnswer {
  if (service === 'cloudformation') return queryError('AccessDenied', message, 403);
  if (service === 'lambda') return awsError(service, 'AccessDeniedException', message, 403);
  const body = { __type: 'com.amazon.coral.service#AccessDeniedException', Message: message };
  if (service !== 'sqs') return awsAnswer(service, body, 400);
  const { status, headers, body: text } = awsAnswer(service, body, 403);
  return { status, headers: { ...headers, 'x-amzn-query-error': 'AccessDenied;Sender' }, body: text };
}

/** The refusal of an action that the engine of a service does not have. */
export const unknownAction = (service: AwsService, action: string, has: readonly string[]): AwsAnswer =>
  awsError(
    service,
    service === 'cloudformation' ? 'InvalidAction' : 'UnknownOperationException',
    `the local stack has no ${action}; of this service it has ${has.join(', ')}`,
  );
