import type { AwsAnswer } from './aws-call.ts';
import { isRecord } from './template.ts';

/** Number of messages whose headers are kept; the oldest are dropped first. */
const MAX_MESSAGES = 100_000;

/**
 * The system attribute `AWSTraceHeader` of SQS's messages, which fauxqs does not keep: what the sender gave, or else the
 * header of the HTTP request with which the SDK sent the message.
 */
export class TraceHeaders {
  readonly #headers = new Map<string, string>();
  readonly #sending = new Set<Promise<AwsAnswer>>();

  /** The answer of `SendMessage` or `SendMessageBatch`; what it accepted is remembered. @param entries what was sent */
  async sent(
    answering: Promise<AwsAnswer>,
    entries: readonly unknown[],
    traceHeader: string | undefined,
  ): Promise<AwsAnswer> {
    this.#sending.add(answering);
    try {
      const answer = await answering;
      for (const { id, entry } of accepted(answer, entries)) {
        const header = headerIn(entry) ?? traceHeader;
        if (header !== undefined) this.#headers.set(id, header);
      }
      for (const id of this.#headers.keys()) {
        if (this.#headers.size <= MAX_MESSAGES) break;
        this.#headers.delete(id);
      }
      return answer;
    } finally {
      this.#sending.delete(answering);
    }
  }

  /** The answer of `ReceiveMessage` with the attribute, if the receiver asks for it. */
  async received(answer: AwsAnswer, input: unknown): Promise<AwsAnswer> {
    const asked = ['AttributeNames', 'MessageSystemAttributeNames'].flatMap((name) => list(input, name));
    if (answer.status !== 200 || !(asked.includes('All') || asked.includes('AWSTraceHeader'))) return answer;
    // A long poll may get a message before the answer of `SendMessage` has been read here.
    await Promise.allSettled([...this.#sending]);
    const result: unknown = JSON.parse(answer.body.toString());
    const messages = list(result, 'Messages').map((message) => this.#withHeader(message));
    return messages.length === 0
      ? answer
      : { ...answer, body: JSON.stringify({ ...Object(result), Messages: messages }) };
  }

  #withHeader(message: unknown): unknown {
    if (!isRecord(message)) return message;
    const header = this.#headers.get(String(message['MessageId']));
    return header === undefined
      ? message
      : { ...message, Attributes: { ...Object(message['Attributes']), AWSTraceHeader: header } };
  }
}

const list = (of: unknown, name: string): readonly unknown[] => {
  const found = isRecord(of) ? of[name] : undefined;
  return Array.isArray(found) ? found : [];
};

/** Each accepted message with what was sent. */
function accepted(answer: AwsAnswer, entries: readonly unknown[]): { id: string; entry: unknown }[] {
  if (answer.status !== 200) return [];
  const result: unknown = JSON.parse(answer.body.toString());
  if (isRecord(result) && typeof result['MessageId'] === 'string')
    return [{ id: result['MessageId'], entry: entries[0] }];
  return list(result, 'Successful')
    .filter(isRecord)
    .map(({ Id, MessageId }) => ({
      id: String(MessageId),
      entry: entries.find((entry) => isRecord(entry) && entry['Id'] === Id),
    }));
}

function headerIn(entry: unknown): string | undefined {
  const attributes = isRecord(entry) ? entry['MessageSystemAttributes'] : undefined;
  const header = isRecord(attributes) ? attributes['AWSTraceHeader'] : undefined;
  const value = isRecord(header) ? header['StringValue'] : undefined;
  return typeof value === 'string' ? value : undefined;
}
