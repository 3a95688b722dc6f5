/**
 * Takes the place of `@aws-sdk/client-…` in bundles for Lambda (`infra/bundle.ts`): the four services that functions call,
 * in the JSON protocol that all four speak. Signing, retries and HTTP are the SDK's own packages; left out are its schemas,
 * serializers and middleware, which were two thirds of a bundle and most of a first call's time.
 *
 * Not here, because no function needs it: binary attributes, FIPS and dual-stack endpoints, correction of a wrong clock
 * (Lambda's is right), and the digests of SQS's answers (TLS).
 */
import { HttpRequest, type HttpResponse } from '@smithy/core/protocols';
import { getRetryAfterHint, isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import { SignatureV4 } from '@smithy/signature-v4';
import type { limitedCalls } from './aws-limits.ts';

// A static `import` of it costs more than the module itself: its getters load Web Crypto.
const { createHash, createHmac } = process.getBuiltinModule('node:crypto');

/** A service, by what its protocol calls it. */
interface Service {
  /** In the endpoint, and in the scope of signatures. */
  readonly name: string;
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  /** Of `AWS_ENDPOINT_URL_…`. */
  readonly variable: string;
}

/** What the SDK's clients are given too. Region, credentials and endpoint come from Lambda's environment by default. */
export interface AwsClientConfig extends ReturnType<typeof limitedCalls> {
  readonly region?: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** An operation and its input, in the field names of the API. */
export interface AwsCommand {
  readonly operation: string;
  readonly input: object;
}

/** An answer, in the field names of the API. */
export type AwsAnswer = Readonly<Record<string, unknown>>;

/** An error of the service under its name there, with the fields it has, as the SDK's are. */
class AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  readonly $response: HttpResponse;

  constructor(name: string, message: string, response: HttpResponse) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: response.statusCode };
    this.$response = response;
    // It has request and answer in it: not for logs.
    Object.defineProperty(this, '$response', { enumerable: false });
  }
}

/** A client of one service. */
class AwsClient {
  readonly #service: Service;
  readonly #config: AwsClientConfig;
  readonly #endpoint: URL;
  readonly #signer: SignatureV4;

  constructor(service: Service, config: AwsClientConfig) {
    const { env } = process;
    const region = config.region ?? env['AWS_REGION'] ?? '';
    const suffix = region.startsWith('cn-') ? '.cn' : '';
    const given = config.endpoint ?? env[`AWS_ENDPOINT_URL_${service.variable}`] ?? env['AWS_ENDPOINT_URL'];
    this.#service = service;
    this.#config = config;
    this.#endpoint = new URL(given ?? `https://${service.name}.${region}.amazonaws.com${suffix}`);
    this.#signer = new SignatureV4({
      service: service.name,
      region,
      credentials: config.credentials ?? roleCredentials,
      sha256: Sha256,
    });
  }

  /**
   * Makes a call, again where the SDK would: after throttling, errors of the service and broken connections.
   *
   * @throws what the service or the last attempt said; `$metadata.attempts` of it is how often it was sent
   */
  async send({ operation, input }: AwsCommand): Promise<AwsAnswer> {
    const { retryStrategy, maxAttempts } = this.#config;
    const body = JSON.stringify(input, secondsOfDates);
    const id = crypto.randomUUID();
    let token = await retryStrategy.acquireInitialRetryToken('');
    for (let attempts = 1; ; attempts += 1) {
      try {
        const retries = { 'amz-sdk-invocation-id': id, 'amz-sdk-request': `attempt=${attempts}; max=${maxAttempts}` };
        const answer = await this.#attempt(operation, body, retries);
        retryStrategy.recordSuccess(token);
        return { ...answer, $metadata: { attempts } };
      } catch (thrown) {
        if (!isSdkError(thrown)) throw thrown;
        try {
          token = await retryStrategy.refreshRetryTokenForRetry(token, retryInfo(thrown));
        } catch {
          throw Object.assign(thrown, { $metadata: { ...thrown.$metadata, attempts } });
        }
      }
    }
  }

  async #attempt(operation: string, body: string, retries: Readonly<Record<string, string>>): Promise<AwsAnswer> {
    const { target, version } = this.#service;
    const { protocol, hostname, port, host } = this.#endpoint;
    const trace = process.env['_X_AMZN_TRACE_ID'];
    const request = new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      ...(port === '' ? {} : { port: Number(port) }),
      path: '/',
      headers: {
        host,
        'content-type': `application/x-amz-json-${version}`,
        'content-length': String(Buffer.byteLength(body)),
        'x-amz-target': `${target}.${operation}`,
        ...retries,
        // By this Lambda notices functions that call each other in a circle.
        ...(trace ? { 'x-amzn-trace-id': trace } : {}),
      },
      body,
    });
    const signed = await this.#signer.sign(request, { unsignableHeaders });
    const { response } = await this.#config.requestHandler.handle(new HttpRequest(signed));
    const text = Buffer.from(response.body).toString();
    if (response.statusCode < 300) return text === '' ? {} : fieldsOf(text);
    throw errorOf(response, text);
  }

  /** Connects before the first call. @throws Error when the service cannot be reached */
  open(): Promise<void> {
    return this.#config.requestHandler.open(this.#endpoint);
  }

  /** Closes its connections. */
  destroy(): void {
    this.#config.requestHandler.destroy();
  }
}

/** They change on the way, so they are not signed. */
const unsignableHeaders = new Set(['x-amzn-trace-id', 'amz-sdk-invocation-id', 'amz-sdk-request']);

/** JSON has no dates; AWS's protocol takes seconds. */
function secondsOfDates(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const raw = this[name];
  return raw instanceof Date ? raw.getTime() / 1000 : value;
}

/** @throws SyntaxError */
function fieldsOf(text: string): AwsAnswer {
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}

/** An error in the name that the service gives it; a gateway between may answer something else than JSON. */
function errorOf(response: HttpResponse, text: string): AwsError {
  let fields: AwsAnswer = {};
  try {
    fields = fieldsOf(text);
  } catch {
    // Its status says enough.
  }
  const { __type, message, Message, ...more } = fields;
  const type = __type ?? response.headers['x-amzn-errortype'];
  // `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException`, or `Name:http://…`.
  const name = typeof type === 'string' ? type.replace(/^.*#/, '').replace(/:.*$/, '') : 'UnknownError';
  return Object.assign(new AwsError(name, String(message ?? Message ?? name), response), more);
}

type SdkError = Parameters<typeof isTransientError>[0];
type RetryErrorInfo = Parameters<AwsClientConfig['retryStrategy']['refreshRetryTokenForRetry']>[1];

const isSdkError = (thrown: unknown): thrown is SdkError => thrown instanceof Error;

function retryInfo(error: SdkError) {
  const response = error instanceof AwsError ? error.$response : null;
  const hint = response === null ? undefined : getRetryAfterHint(response);
  return { error, errorType: retryTypeOf(error), ...(hint === undefined ? {} : { retryAfterHint: hint }) };
}

function retryTypeOf(error: SdkError): RetryErrorInfo['errorType'] {
  if (isThrottlingError(error)) return 'THROTTLING';
  if (isTransientError(error)) return 'TRANSIENT';
  return isServerError(error) ? 'SERVER_ERROR' : 'CLIENT_ERROR';
}

/** Lambda puts the credentials of the function's role into its environment. @throws Error outside Lambda */
async function roleCredentials() {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: this bundle runs only in Lambda');
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
}

type Data = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, or HMAC with it, as the signer wants it. */
class Sha256 {
  readonly #secret: Data | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: Data) {
    this.#secret = secret;
    this.#hash = this.#begun();
  }

  #begun() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(this.#secret));
  }

  update(data: Data): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#begun();
  }
}

function bytesOf(data: Data): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

const clientOf = (service: Service) =>
  class extends AwsClient {
    constructor(config: AwsClientConfig) {
      super(service, config);
    }
  };

const commandFor = (operation: string) =>
  class implements AwsCommand {
    readonly operation = operation;
    readonly input: object;

    constructor(input: object) {
      this.input = input;
    }
  };

// Under the names that the SDK has for them.
export const DynamoDBClient = clientOf({
  name: 'dynamodb',
  target: 'DynamoDB_20120810',
  version: '1.0',
  variable: 'DYNAMODB',
});
export const SQSClient = clientOf({ name: 'sqs', target: 'AmazonSQS', version: '1.0', variable: 'SQS' });
export const EventBridgeClient = clientOf({
  name: 'events',
  target: 'AWSEvents',
  version: '1.1',
  variable: 'EVENTBRIDGE',
});
export const SecretsManagerClient = clientOf({
  name: 'secretsmanager',
  target: 'secretsmanager',
  version: '1.1',
  variable: 'SECRETS_MANAGER',
});

export const GetItemCommand = commandFor('GetItem');
export const PutItemCommand = commandFor('PutItem');
export const UpdateItemCommand = commandFor('UpdateItem');
export const DeleteItemCommand = commandFor('DeleteItem');
export const QueryCommand = commandFor('Query');
export const SendMessageCommand = commandFor('SendMessage');
export const SendMessageBatchCommand = commandFor('SendMessageBatch');
export const ChangeMessageVisibilityCommand = commandFor('ChangeMessageVisibility');
export const PutEventsCommand = commandFor('PutEvents');
export const GetSecretValueCommand = commandFor('GetSecretValue');
