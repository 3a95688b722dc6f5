/** The given engines in place of the local stack's own, with tables and queues as the template made them in those. */
import { type CreateTableCommandInput, DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type AwsAnswer, type AwsEngine, awsError } from '../../infra/local/stack/aws-call.ts';
import type { AwsEngines } from '../../infra/local/stack/local-stack.ts';
import { at, listAt } from '../infra/synthesized.ts';
import { type GivenService, isGiven } from './given.ts';
import { makeGivenQueues, type QueueAttributes } from './given-queues.ts';
import { givenDynamoDb, makeTable } from './given-tables.ts';
import { rawCallOfDynamoDb, rawCallOfSqs } from './raw-call.ts';

/** A name of the local stack's, and the one in the given engine. */
type Names = ReadonlyMap<string, string>;

/** Given engines, for `aroundEngines` of the local stack. */
export interface ForeignEngines {
  around(own: AwsEngines): AwsEngines;
  /** The tables and queues that were made, by their names in the local stack. */
  made(): Promise<Names>;
  /** Ends long polls: the stack waits for them when it is closed. */
  stop(): void;
  /** Removes tables and queues. */
  close(): Promise<void>;
}

/** Makes what is given, when the local stack starts. */
export function foreignEngines(): ForeignEngines {
  const dynamoDb = givenDynamoDb();
  const queues = makeGivenQueues();
  const sqs = queues.client;
  const stopping = new AbortController();
  let making: Promise<Names> = Promise.reject(new Error('the local stack has not been started'));
  making.catch(() => {});

  type Send = (call: { action: string; body: string; signal: AbortSignal }) => Promise<AwsAnswer>;
  /** An engine of the local stack that hands each call to the given one, with the names there. */
  const handOver =
    (service: GivenService, send: Send): AwsEngine =>
    async ({ action, body }) => {
      const names = [...(await making)];
      const there = names.reduce((text, [own, given]) => text.replaceAll(quoted(own), quoted(given)), body.toString());
      try {
        const { status, headers, body: answer } = await send({ action, body: there, signal: stopping.signal });
        const here = names.reduce((text, [own, given]) => text.replaceAll(quoted(given), quoted(own)), String(answer));
        // The rest is about the bytes as they were: their length and checksum.
        const kept = ['content-type', 'x-amzn-query-error'].flatMap((name) =>
          headers[name] === undefined ? [] : [[name, headers[name]] as const],
        );
        return { status, headers: Object.fromEntries(kept), body: here };
      } catch (error) {
        if (!stopping.signal.aborted) throw error;
        return awsError(service, 'ServiceUnavailable', 'the run is over', 503);
      }
    };

  async function make(own: AwsEngines): Promise<Names> {
    const names = new Map<string, string>();
    if (isGiven('dynamodb')) {
      for (const TableName of listAt(await ask(own, 'dynamodb', 'ListTables', {}), 'TableNames').map(String)) {
        const described = at(await ask(own, 'dynamodb', 'DescribeTable', { TableName }), 'Table');
        names.set(TableName, await makeTable(dynamoDb, 'table', tableInput(described)));
      }
    }
    if (isGiven('sqs')) {
      const described: { url: string; attributes: Readonly<Record<string, string>> }[] = [];
      for (const url of listAt(await ask(own, 'sqs', 'ListQueues', {}), 'QueueUrls').map(String)) {
        const answer = await ask(own, 'sqs', 'GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] });
        described.push({ url, attributes: Object(at(answer, 'Attributes')) });
      }
      // A queue names its dead-letter queue by its ARN, so those come first.
      const redrives = ({ attributes }: (typeof described)[number]) => ('RedrivePolicy' in attributes ? 1 : 0);
      const arns = new Map<string, string>();
      for (const { url, attributes } of described.toSorted((a, b) => redrives(a) - redrives(b))) {
        const QueueUrl = await queues.newQueue('queue', queueAttributes(attributes, arns));
        const made = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
        arns.set(attributes['QueueArn'] ?? '', made.Attributes?.['QueueArn'] ?? '');
        names.set(url, QueueUrl);
      }
    }
    return names;
  }

  return {
    around(own) {
      making = make(own);
      return {
        ...own,
        ...(isGiven('dynamodb') ? { dynamodb: handOver('dynamodb', (call) => rawCallOfDynamoDb(dynamoDb, call)) } : {}),
        ...(isGiven('sqs') ? { sqs: handOver('sqs', (call) => rawCallOfSqs(sqs, call)) } : {}),
      };
    },
    made: () => making,
    stop: () => stopping.abort(),
    async close() {
      const tables = [...(await making)].filter(([name]) => !name.startsWith('http'));
      for (const [, TableName] of tables) await dynamoDb.send(new DeleteTableCommand({ TableName }));
      dynamoDb.destroy();
      await queues.close();
    },
  };
}

/** A text as it stands in JSON: a name is then no part of a longer one. */
const quoted = (text: string): string => `"${text}"`;

/** Asks an engine of the local stack's own. */
async function ask(own: AwsEngines, service: GivenService, action: string, input: object): Promise<unknown> {
  const call = { caller: { via: 'tools' }, service, action, body: Buffer.from(JSON.stringify(input)) } as const;
  const { status, body } = await own[service](call);
  if (status !== 200) throw new Error(`the local stack answers ${action} with ${status}: ${String(body)}`);
  const answer: unknown = JSON.parse(String(body));
  return answer;
}

/** What `CreateTable` takes of a described table. */
function tableInput(described: unknown): Omit<CreateTableCommandInput, 'TableName'> {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = described as CreateTableCommandInput;
  const indexes = GlobalSecondaryIndexes?.map((index) => ({
    IndexName: index.IndexName,
    KeySchema: index.KeySchema,
    Projection: index.Projection,
  }));
  return {
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema,
    AttributeDefinitions,
    ...(indexes === undefined ? {} : { GlobalSecondaryIndexes: indexes }),
  };
}

/** What `CreateQueue` takes of a queue's attributes, with the dead-letter queue's ARN in the given engine. */
function queueAttributes(described: Readonly<Record<string, string>>, arns: Names): QueueAttributes {
  const { VisibilityTimeout, DelaySeconds, MessageRetentionPeriod, RedrivePolicy } = described;
  const attributes: Record<string, string | undefined> = { VisibilityTimeout, DelaySeconds, MessageRetentionPeriod };
  if (RedrivePolicy !== undefined) {
    const policy = JSON.parse(RedrivePolicy);
    attributes['RedrivePolicy'] = JSON.stringify({
      ...policy,
      deadLetterTargetArn: arns.get(policy.deadLetterTargetArn),
    });
  }
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
