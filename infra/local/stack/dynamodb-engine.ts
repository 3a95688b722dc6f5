import { Agent, request, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { type AwsAnswer, type AwsCall, type AwsEngine, awsError, services } from './aws-call.ts';
import { listening, loopback } from './local-server.ts';
import type { Properties } from './properties.ts';
import { isRecord } from './template.ts';

/** DynamoDB on one machine. */
export interface DynamoDb {
  readonly engine: AwsEngine;
  /**
   * Creates a table from the properties of a `GlobalTable` (CDK `TableV2`) or `Table`, unless it is there; ready when it
   * resolves. @throws Error with a sentence when it is there with other keys or indexes.
   */
  createTable(name: string, properties: Properties): Promise<void>;
  close(): Promise<void>;
}

// dynalite is CommonJS without types; these are the options used here.
const dynalite: (options: {
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
  path?: string;
}) => Server = createRequire(import.meta.url)('dynalite');

/**
 * Makes dynalite close its iterators. It calls `return`, which the iterators of its database do not have; each query
 * then kept the whole database as it was at that moment, and 5,700 requests took the process from 276 MB to 2.1 GB.
 */
function closeIterators(): void {
  const inDynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'));
  const inDatabase = createRequire(inDynalite.resolve('memory-level'));
  const { AbstractValueIterator } = inDatabase('abstract-level');
  // What iterators of keys, of values and of both have in common.
  const iterator: { close(): Promise<void>; return?(): Promise<void> } = Object.getPrototypeOf(
    AbstractValueIterator.prototype,
  );
  iterator.return ??= function close(): Promise<void> {
    return this.close();
  };
}

/** What of a table's properties `CreateTable` takes. The rest (recovery, encryption, tags) has no effect in memory. */
const createTableProperties = ['AttributeDefinitions', 'KeySchema', 'LocalSecondaryIndexes'] as const;

/**
 * Starts dynalite, in memory or in a directory. Not there: transactions, streams, PartiQL (`UnknownOperationException`). Time to live is
 * accepted in the template and not enforced: nothing expires, so code has to check expiry itself, as DynamoDB may
 * also take days to delete.
 *
 * @param path the directory; what was answered is there after `kill -9`. @default in memory
 */
export async function startDynamoDb(path?: string): Promise<DynamoDb> {
  closeIterators();
  // The database keeps small buffers. Node cuts them from pools of 64 kB, and each one kept would keep its whole pool.
  Buffer.poolSize = 0;
  const times = { createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 };
  const server = await listening(dynalite({ ...times, ...(path === undefined ? {} : { path }) }), 0);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  const underway = new Set<Promise<unknown>>();
  let closed = false;

  const send = async (action: string, body: Buffer): Promise<AwsAnswer> => {
    if (closed) return awsError('dynamodb', 'ServiceUnavailable', 'the local stack is closed', 503);
    const answer = exchange(action, body);
    underway.add(answer);
    return answer.finally(() => underway.delete(answer));
  };

  const exchange = (action: string, body: Buffer): Promise<AwsAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          host: loopback,
          port: server.port,
          method: 'POST',
          headers: {
            'content-type': services.dynamodb.contentType,
            'content-length': body.length,
            'x-amz-target': `${services.dynamodb.target}.${action}`,
            // dynalite only checks the form.
            authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
            'x-amz-date': '20000101T000000Z',
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const headers: Record<string, string> = {};
            for (const name of ['content-type', 'x-amz-crc32', 'x-amzn-requestid']) {
              const value = incoming.headers[name];
              if (typeof value === 'string') headers[name] = value;
            }
            resolve({ status: incoming.statusCode ?? 500, headers, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const demand = async (action: string, input: unknown): Promise<unknown> => {
    const answer = await send(action, Buffer.from(JSON.stringify(input)));
    const text = answer.body.toString();
    if (answer.status !== 200) throw new Error(`DynamoDB ${action} failed: ${text}`);
    return JSON.parse(text);
  };

  return {
    engine: async (call: AwsCall) => {
      // dynalite ignores it: code that reads the old item would work in AWS and fail here, without a reason given.
      if (call.body.includes('"ReturnValuesOnConditionCheckFailure":"ALL_OLD"')) {
        const message = 'the local stack has no ReturnValuesOnConditionCheckFailure; read the item after the failure';
        return awsError('dynamodb', 'com.amazon.coral.validate#ValidationException', message);
      }
      const answer = await send(call.action, call.body);
      // dynalite gives the error's name without a message.
      return answer.status === 400 && answer.body.includes('#UnknownOperationException')
        ? awsError('dynamodb', 'UnknownOperationException', `the local stack's DynamoDB has no ${call.action}`)
        : answer;
    },
    async createTable(name, properties) {
      const input: Record<string, unknown> = { TableName: name, BillingMode: 'PAY_PER_REQUEST' };
      for (const property of createTableProperties) {
        if (properties.has(property)) input[property] = properties.raw(property);
      }
      const indexes = properties.objects('GlobalSecondaryIndexes');
      if (indexes.length > 0) {
        input['GlobalSecondaryIndexes'] = indexes.map((index) => ({
          IndexName: index.text('IndexName'),
          KeySchema: index.list('KeySchema'),
          Projection: index.record('Projection'),
        }));
      }
      if (path !== undefined && (await isThere(demand, name, input))) return;
      await demand('CreateTable', input);
      // The table turns ACTIVE on dynalite's next timer tick, which comes within one or two calls.
      while (!JSON.stringify(await demand('DescribeTable', { TableName: name })).includes('"TableStatus":"ACTIVE"'));
    },
    async close() {
      closed = true;
      // A call that finds the database closed half-way makes dynalite throw where nothing can catch it.
      await Promise.allSettled(underway);
      agent.destroy();
      await server.close();
    },
  };
}

/** Whether the table is there. @throws Error with a sentence when it has other keys or indexes than `wanted`. */
async function isThere(
  demand: (action: string, input: unknown) => Promise<unknown>,
  name: string,
  wanted: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const names = await demand('ListTables', {});
  if (!(isRecord(names) && Array.isArray(names['TableNames']) && names['TableNames'].includes(name))) return false;
  const answer = await demand('DescribeTable', { TableName: name });
  const found = isRecord(answer) && isRecord(answer['Table']) ? answer['Table'] : {};
  for (const part of ['KeySchema', 'AttributeDefinitions', 'LocalSecondaryIndexes', 'GlobalSecondaryIndexes']) {
    if (isDeepStrictEqual(defined(found[part]), defined(wanted[part]))) continue;
    throw new Error(
      `Table ${name} was kept with another ${part} than this version has. Take another folder; nothing was changed.`,
    );
  }
  return true;
}

/** Keys, attributes or indexes without what only a description has (sizes, states, ARNs), in the order of their names. */
function defined(part: unknown): readonly unknown[] {
  const list = Array.isArray(part) ? part.filter(isRecord) : [];
  const inOrder = list.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return inOrder.map(({ AttributeName, AttributeType, KeyType, IndexName, KeySchema, Projection }) => {
    const projection = isRecord(Projection) ? Projection : {};
    const attributes = projection['NonKeyAttributes'];
    return {
      ...{ AttributeName, AttributeType, KeyType, IndexName, KeySchema },
      type: projection['ProjectionType'],
      attributes: Array.isArray(attributes) ? attributes.toSorted() : [],
    };
  });
}

const nameOf = (part: Readonly<Record<string, unknown>>): string =>
  String(part['IndexName'] ?? part['AttributeName'] ?? '');
