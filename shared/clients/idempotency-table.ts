/** Idempotency keys in the refreshes table, beside the refreshes that they led to. They expire after 24 hours. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type IdempotencyKeys, type KeyedRequest, MAX_ANSWER_BYTES } from '../domain/idempotency.ts';
import { type Clock, epochMillisecondsOf } from '../domain/instant.ts';
import { type Item, toAttribute } from './attribute-values.ts';
import { putIf } from './conditional-write.ts';
import { refreshesTable } from './table-keys.ts';
import { expiresAt } from './time-to-live.ts';

const KEPT_SECONDS = 24 * 3600;

/** How long a request owns its key, and where its token comes from. */
export interface Leases {
  /** The function's timeout: a request that has not finished by then has crashed. */
  readonly leaseSeconds: number;
  readonly now: Clock;
  readonly newToken: () => string;
}

/** Keys in table `tableName`. */
export function idempotencyKeysInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  { leaseSeconds, now, newToken }: Leases,
): IdempotencyKeys {
  const seconds = (): number => epochMillisecondsOf(now()) / 1000;

  const itemOf = (request: KeyedRequest, token: string): Item => ({
    ...itemKey(request),
    request_hash: { S: request.requestHash },
    token: { S: token },
    [refreshesTable.timeToLive]: expiresAt(now(), { seconds: KEPT_SECONDS }),
  });

  /** Finishes the item, if this request still owns the key. */
  async function finish(request: KeyedRequest, token: string, how: Item): Promise<void> {
    // False: it took longer than its function may, and another request has taken over, whose answer counts.
    await putIf(client, tableName, {
      item: { ...itemOf(request, token), ...how },
      condition: '#token = :token',
      values: { ':token': { S: token } },
    });
  }

  return {
    async begin(request) {
      const token = newToken();
      const isFirst = await putIf(client, tableName, {
        item: { ...itemOf(request, token), lease_until: { N: String(Math.ceil(seconds() + leaseSeconds)) } },
        condition:
          'attribute_not_exists(refresh_id) OR expires_at <= :now OR (request_hash = :hash AND lease_until <= :now)',
        values: { ':now': { N: String(Math.floor(seconds())) }, ':hash': { S: request.requestHash } },
        own: { key: itemKey(request), isDone: (item) => item['token']?.S === token },
      });
      if (isFirst) return { kind: 'first', token };
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: itemKey(request), ConsistentRead: true }),
      );
      if (found === undefined) return { kind: 'in_flight' };
      if (found['request_hash']?.S !== request.requestHash) return { kind: 'other_request' };
      const kept = found['answer']?.S;
      return kept === undefined ? { kind: 'in_flight' } : { kind: 'answered', answer: kept };
    },

    keep: (request, token, answer) =>
      Buffer.byteLength(answer) > MAX_ANSWER_BYTES
        ? finish(request, token, leaseOver)
        : finish(request, token, { answer: toAttribute(answer) }),

    // Not deleted: the right to delete in this table would cover refreshes too. The key stays bound to its request.
    release: (request, token) => finish(request, token, leaseOver),
  };
}

/** A lease that is over: the next request is the first again. */
const leaseOver = { lease_until: { N: '0' } };

const itemKey = ({ id }: KeyedRequest): Item => ({
  [refreshesTable.partitionKey]: { S: `IDEMPOTENCY#${id}` },
  [refreshesTable.sortKey]: { S: 'IDEMPOTENCY' },
});
