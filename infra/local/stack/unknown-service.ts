import { type AwsAnswer, awsAnswer, servicesInWords } from './aws-call.ts';
import { queryError } from './aws-query.ts';

/** A request to a service that is not there: the parts that tell its protocol. */
export interface ForeignRequest {
  readonly method: string;
  readonly path: string;
  /** Of the signature's scope, such as `lambda`; undefined when the request is not signed. */
  readonly service: string | undefined;
  readonly contentType: string;
  readonly target: string | undefined;
  /** `rpc-v2-cbor` of newer SDKs. */
  readonly smithyProtocol: string | undefined;
  readonly action: string | undefined;
}

/** Refuses in the error shape of the caller's protocol, so that the CLI and the SDKs show the sentence. */
export function foreignAnswer(request: ForeignRequest): AwsAnswer {
  const message = sentenceFor(request);
  const type = 'UnknownOperationException';
  if (request.smithyProtocol === 'rpc-v2-cbor') {
    return {
      status: 400,
      headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
      body: cborTexts({ __type: type, message }),
    };
  }
  if (request.target !== undefined) return awsAnswer('events', { __type: type, message }, 400);
  if (request.contentType.startsWith('application/x-www-form-urlencoded')) return queryError('InvalidAction', message);
  if (request.service === 's3') {
    const escaped = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const body = `<Error><Code>NotImplemented</Code><Message>${escaped}</Message></Error>`;
    return { status: 400, headers: { 'content-type': 'application/xml' }, body };
  }
  return {
    status: 400,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message }),
  };
}

function sentenceFor({ method, path, target, action, service }: ForeignRequest): string {
  if (service === 'sqs' && action !== undefined) {
    return `the local stack understands ${action} of sqs only as JSON, as AWS CLIs and SDKs of 2024 and later send it; this one came as a form`;
  }
  const whose = service === undefined ? '' : ` of ${service}`;
  return `the local stack does not know ${target ?? action ?? `${method} ${path}`}${whose}; it runs ${servicesInWords}`;
}

/** A CBOR map of texts, which the errors of `rpc-v2-cbor` are. */
function cborTexts(texts: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(texts);
  return Buffer.concat([Buffer.from([0xa0 + entries.length]), ...entries.flat().map(cborText)]);
}

function cborText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head = Buffer.alloc(3);
  head.writeUInt8(0x79);
  head.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
