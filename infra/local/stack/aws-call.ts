/** Who made an AWS call: a function's code, the poller that works for a function, or the tools beside the stack. */
export type AwsCaller =
  | { readonly via: 'function' | 'event-source'; readonly function: string }
  | { readonly via: 'tools'; readonly function?: undefined };

/** One AWS call, before any engine has seen it. The body is the JSON text of AWS's JSON protocols. */
export interface AwsCall {
  readonly caller: AwsCaller;
  readonly service: AwsService;
  readonly action: string;
  readonly body: Buffer;
  /** `X-Amzn-Trace-Id`, with which the SDK passes on to which chain of invocations the call belongs. */
  readonly traceHeader?: string | undefined;
}

export type AwsService = 'dynamodb' | 'sqs' | 'events' | 'secretsmanager';

/** What goes back to the caller. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Answers the calls of one service. Refusals are answers; a rejected promise is a fault of the engine. */
export type AwsEngine = (call: AwsCall) => Promise<AwsAnswer>;

/** The prefix of `X-Amz-Target` of each service, and the version of its JSON protocol. */
export const services: Readonly<Record<AwsService, { readonly target: string; readonly contentType: string }>> = {
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  sqs: { target: 'AmazonSQS', contentType: 'application/x-amz-json-1.0' },
  events: { target: 'AWSEvents', contentType: 'application/x-amz-json-1.1' },
  secretsmanager: { target: 'secretsmanager', contentType: 'application/x-amz-json-1.1' },
};

/** An answer of one service with a JSON body. */
export const awsAnswer = (service: AwsService, body: unknown, status = 200): AwsAnswer => ({
  status,
  headers: { 'content-type': services[service].contentType },
  body: JSON.stringify(body),
});

/** An error as AWS's JSON protocols write it; the SDK throws it under the name `type`. */
export const awsError = (service: AwsService, type: string, message: string, status = 400): AwsAnswer =>
  awsAnswer(service, { __type: type, message }, status);
