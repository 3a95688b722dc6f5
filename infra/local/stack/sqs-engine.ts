import { buildApp } from 'fauxqs';
import { type AwsAnswer, type AwsEngine, awsAnswer, awsError, services } from './aws-call.ts';
import { keptQueues } from './kept-queues.ts';
import type { Properties } from './properties.ts';
import { TraceHeaders } from './sqs-trace-headers.ts';
import { isRecord } from './template.ts';

/** How many messages a queue holds, by state. */
export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** Messages in every state. */
export const messagesIn = (depth: QueueDepth | undefined): number =>
  depth === undefined ? 0 : depth.visible + depth.inFlight + depth.delayed;

/** SQS on one machine. Queues are named by their name, not by their URL. */
export interface Sqs {
  readonly engine: AwsEngine;
  /**
   * Creates a queue from the properties of `AWS::SQS::Queue`; one that is there gets its attributes. A dead-letter queue may
   * be created after its source.
   */
  createQueue(name: string, properties: Properties): Promise<void>;
  depths(): Promise<ReadonlyMap<string, QueueDepth>>;
  /** Every message of a queue in any state; its state and receive count are not changed. */
  messages(name: string): Promise<readonly { readonly messageId: string; readonly body: string }[]>;
  /** Ends long polls at once. */
  close(): Promise<void>;
}

/** Numbers and flags that `CreateQueue` takes as they are in the template. */
const copiedAttributes = [
  'DelaySeconds',
  'FifoQueue',
  'ContentBasedDeduplication',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
] as const;

/** fauxqs knows only this account in ARNs. */
const FAUXQS_ACCOUNT = '000000000000';
const MAX_DELAY_SECONDS = 900;

/**
 * Starts fauxqs, in memory or in a directory, without a port: calls are handed to it in process. Corrected here, because
 * this project relies on them: queue URLs, the refusal of delays above 900 s, `AWSTraceHeader`. Not there: message
 * retention, redrive by `StartMessageMoveTask`, the attribute `DeadLetterQueueSourceArn`.
 *
 * @param origin where queue URLs lead, `http://127.0.0.1:port`
 * @param dataDir the directory; what was answered is there after `kill -9`, but for `AWSTraceHeader`. @default in memory
 */
export async function startSqs(origin: string, region: string, account: string, dataDir?: string): Promise<Sqs> {
  const kept = dataDir === undefined ? undefined : await keptQueues(dataDir);
  const app = buildApp({
    logger: false,
    defaultRegion: region,
    ...(kept === undefined ? {} : { stores: kept.stores }),
  });
  await app.ready();

  const traces = new TraceHeaders();

  const send = async (action: string, payload: string | Buffer): Promise<AwsAnswer> => {
    const answer = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': services.sqs.contentType, 'x-amz-target': `${services.sqs.target}.${action}` },
      payload,
    });
    const headers: Record<string, string> = { 'content-type': services.sqs.contentType };
    const queryError = answer.headers['x-amzn-query-error'];
    if (typeof queryError === 'string') headers['x-amzn-query-error'] = queryError;
    return { status: answer.statusCode, headers, body: answer.body };
  };

  const inspect = async (path: string): Promise<unknown> => JSON.parse((await app.inject({ url: path })).body);

  return {
    async engine(call) {
      switch (call.action) {
        case 'SendMessage': {
          const input: unknown = JSON.parse(call.body.toString());
          const fault = delayFault(input);
          if (fault !== undefined) return awsError('sqs', 'com.amazonaws.sqs#InvalidParameterValue', fault);
          return traces.sent(send(call.action, call.body), [input], call.traceHeader);
        }
        case 'SendMessageBatch': {
          const input: unknown = JSON.parse(call.body.toString());
          const entries = isRecord(input) && Array.isArray(input['Entries']) ? input['Entries'] : [];
          const answering = sendBatch(input, (body) => send(call.action, body));
          return traces.sent(answering, entries, call.traceHeader);
        }
        case 'ReceiveMessage':
          return traces.received(await send(call.action, call.body), JSON.parse(call.body.toString()));
        case 'CreateQueue':
        case 'GetQueueUrl':
        case 'ListQueues':
        case 'ListDeadLetterSourceQueues': {
          const answer = await send(call.action, call.body);
          const body = answer.body.toString().replaceAll(/https?:\/\/sqs\.[^/"]+\/\d+\//g, `${origin}/${account}/`);
          return { ...answer, body };
        }
        case 'GetQueueAttributes': {
          const answer = await send(call.action, call.body);
          return { ...answer, body: answer.body.toString().replaceAll(`:${FAUXQS_ACCOUNT}:`, `:${account}:`) };
        }
        default:
          return send(call.action, call.body);
      }
    },
    async createQueue(name, properties) {
      const attributes: Record<string, string> = {};
      for (const attribute of copiedAttributes) {
        const value = properties.optionalText(attribute);
        if (value !== undefined) attributes[attribute] = value;
      }
      if (properties.has('RedrivePolicy'))
        attributes['RedrivePolicy'] = JSON.stringify(properties.record('RedrivePolicy'));
      const isKept =
        dataDir !== undefined && (await send('GetQueueUrl', JSON.stringify({ QueueName: name }))).status === 200;
      const answer = isKept
        ? await send('SetQueueAttributes', JSON.stringify({ QueueUrl: name, Attributes: attributes }))
        : await send('CreateQueue', JSON.stringify({ QueueName: name, Attributes: attributes }));
      if (answer.status !== 200) throw new Error(`queue ${name} cannot be created: ${answer.body.toString()}`);
    },
    async depths() {
      const depths = new Map<string, QueueDepth>();
      const queues = await inspect('/_fauxqs/queues');
      for (const queue of Array.isArray(queues) ? queues : []) {
        if (!isRecord(queue)) continue;
        depths.set(String(queue['name']), {
          visible: Number(queue['approximateMessageCount']),
          inFlight: Number(queue['approximateInflightCount']),
          delayed: Number(queue['approximateDelayedCount']),
        });
      }
      return depths;
    },
    async messages(name) {
      const queue = await inspect(`/_fauxqs/queues/${encodeURIComponent(name)}`);
      const states = isRecord(queue) && isRecord(queue['messages']) ? queue['messages'] : {};
      return Object.values(states)
        .flatMap((state): unknown[] => (Array.isArray(state) ? state : []))
        .map((entry) => (isRecord(entry) && isRecord(entry['message']) ? entry['message'] : entry))
        .filter(isRecord)
        .map((message) => ({ messageId: String(message['messageId']), body: String(message['body']) }));
    },
    async close() {
      await app.close();
      kept?.close();
    },
  };
}

/** SQS's sentence for a `DelaySeconds` that it refuses and fauxqs accepts; undefined for a good one. */
function delayFault(input: unknown): string | undefined {
  const delay = isRecord(input) ? input['DelaySeconds'] : undefined;
  if (delay === undefined || delay === null) return undefined;
  if (typeof delay === 'number' && Number.isInteger(delay) && delay >= 0 && delay <= MAX_DELAY_SECONDS)
    return undefined;
  return `Value ${String(delay)} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`;
}

/** Sends the entries of a batch whose delay SQS takes, and answers for the others as SQS does: entry by entry. */
async function sendBatch(input: unknown, send: (body: string) => Promise<AwsAnswer>): Promise<AwsAnswer> {
  const entries = isRecord(input) && Array.isArray(input['Entries']) ? input['Entries'] : [];
  const refused = entries.flatMap((entry: unknown) => {
    const fault = delayFault(entry);
    if (fault === undefined || !isRecord(entry)) return [];
    return [{ Id: entry['Id'], SenderFault: true, Code: 'InvalidParameterValue', Message: fault }];
  });
  if (refused.length === 0 || !isRecord(input)) return send(JSON.stringify(input));
  const good = entries.filter((entry: unknown) => delayFault(entry) === undefined);
  if (good.length === 0) return awsAnswer('sqs', { Successful: [], Failed: refused });
  const answer = await send(JSON.stringify({ ...input, Entries: good }));
  if (answer.status !== 200) return answer;
  const result: unknown = JSON.parse(answer.body.toString());
  const failed = isRecord(result) && Array.isArray(result['Failed']) ? result['Failed'] : [];
  return awsAnswer('sqs', { ...(isRecord(result) ? result : {}), Failed: [...failed, ...refused] });
}
