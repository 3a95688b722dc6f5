/** The ceiling on unattended starts: one item of the members table, which says until when starts are reserved. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LONGEST_DELAY_SECONDS } from '../domain/deferral.ts';
import { epochMillisecondsOf, instantOf } from '../domain/instant.ts';
import type { StartCeiling } from '../domain/ports.ts';
import { updatedIf, updateIf } from './conditional-write.ts';
import { membersTable } from './table-keys.ts';

/** Between its two conditions the item may have come from one side of both to the other; once more, and it is one of them. */
const TRIES = 2;

/** The ceiling of `startsPerSecond` in table `tableName`. Each instance's own clock counts; AWS keeps them together. */
export function startCeilingInDynamoDb(
  client: DynamoDBClient,
  tableName: string,
  startsPerSecond: number,
): StartCeiling {
  const key = { [membersTable.partitionKey]: { S: 'CEILING' }, [membersTable.sortKey]: { S: 'unattended-starts' } };
  return {
    async reserve(starts, now) {
      const present = epochMillisecondsOf(now);
      const takes = Math.ceil((starts * 1000) / startsPerSecond);
      for (let turn = 0; turn < TRIES; turn += 1) {
        const isFree = await updateIf(client, tableName, {
          key,
          change: 'SET reserved_until = :until',
          condition: 'attribute_not_exists(reserved_until) OR reserved_until <= :now',
          values: { ':until': { N: String(present + takes) }, ':now': { N: String(present) } },
        });
        if (isFree) return now;
        const behind = await updatedIf(client, tableName, {
          key,
          change: 'SET reserved_until = reserved_until + :takes',
          condition: 'reserved_until > :now AND reserved_until <= :latest',
          values: {
            ':takes': { N: String(takes) },
            ':now': { N: String(present) },
            ':latest': { N: String(present + LONGEST_DELAY_SECONDS * 1000) },
          },
        });
        if (behind !== null) return instantOf(Number(behind['reserved_until']?.N) - takes);
      }
      return null;
    },
  };
}
