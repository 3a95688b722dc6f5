import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolledMembers } from '../../shared/clients/enrolled-members.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { type EnrolledMember, noWishes, type ScheduleWishes } from '../../shared/domain/schedule.ts';
import { newKey } from '../samples.ts';
import { withPagesOf } from './dynamodb-at-scale.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
let expected: EnrolledMember[];

const sortKeyOf = ({ member }: EnrolledMember): string => member.memberGuid;
const sorted = (members: readonly EnrolledMember[]): EnrolledMember[] =>
  members.toSorted((first, second) => (sortKeyOf(first) < sortKeyOf(second) ? -1 : 1));

beforeAll(async () => {
  tables = await startLocalTables();
  const schedule = scheduleInDynamoDb(tables.client, tables.members);
  const enrol = async (key: MemberKey, slot: string, wishes: ScheduleWishes = noWishes): Promise<EnrolledMember> => {
    await schedule.enrol(key, { everyHours: 24, slot }, 'always', wishes);
    return { member: key, everyHours: 24, slot, ...wishes };
  };
  const quietHours = { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' };
  expected = await Promise.all(
    Array.from({ length: 130 }, (_, n) =>
      enrol(newKey(), `SLOT#24h#0000${n % 7}#${n % 2}`, n === 0 ? { quietHours, maxAgeSeconds: 60 } : noWishes),
    ),
  );
  const [withdrawn, gone, moved] = [newKey(), newKey(), newKey()];
  for (const key of [withdrawn, gone, moved]) await enrol(key, 'SLOT#24h#00001#0');
  await schedule.enrol(withdrawn, { everyHours: 0, slot: '' }, 'always');
  await tables.client.send(
    new UpdateItemCommand({
      TableName: tables.members,
      Key: { user_guid: { S: gone.userGuid }, item_key: { S: gone.memberGuid } },
      UpdateExpression: 'SET deleted_at = :at',
      ExpressionAttributeValues: { ':at': { S: '2026-11-21T12:00:00.000Z' } },
    }),
  );
  // Left behind by an enrolment that crashed.
  await tables.client.send(
    new PutItemCommand({
      TableName: tables.members,
      Item: {
        user_guid: { S: 'SLOT#6h#00009#0' },
        item_key: { S: `${moved.userGuid}#${moved.memberGuid}` },
        every_hours: { N: '6' },
      },
    }),
  );
  expected.push({ member: moved, everyHours: 24, slot: 'SLOT#24h#00001#0', ...noWishes });
});
afterAll(() => tables?.close());

async function all(pages: AsyncIterable<readonly EnrolledMember[]>): Promise<EnrolledMember[]> {
  const found: EnrolledMember[] = [];
  for await (const page of pages) found.push(...page);
  return sorted(found);
}

describe('who is on the schedule', () => {
  it('comes once, with its wishes, strays left out', async () => {
    const found = await all(enrolledMembers(tables.client, tables.members, async () => {}));
    expect(found).toEqual(sorted(expected));
  });

  it('comes over any number of pages', async () => {
    const client = withPagesOf(7, tables.newClient());
    expect(await all(enrolledMembers(client, tables.members, async () => {}))).toEqual(sorted(expected));
    client.destroy();
  });

  /** Reads at most `most` keys of each BatchGetItem, as DynamoDB does when it throttles. */
  const reading = (most: number) => {
    const client = tables.newClient();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName !== 'BatchGetItemCommand' || !('RequestItems' in args.input)) return next(args);
          const request = Object(args.input.RequestItems)[tables.members];
          const read = request.Keys.slice(0, most);
          const left = request.Keys.slice(most);
          if (read.length === 0) {
            const unread = { UnprocessedKeys: { [tables.members]: request } };
            return { output: { $metadata: {}, Responses: {}, ...unread }, response: {} };
          }
          const answer = await next({
            ...args,
            input: { RequestItems: { [tables.members]: { ...request, Keys: read } } },
          });
          const unread = left.length === 0 ? {} : { [tables.members]: { ...request, Keys: left } };
          return { ...answer, output: { ...answer.output, UnprocessedKeys: unread } };
        },
      { step: 'initialize' },
    );
    return client;
  };

  it('is asked for again when DynamoDB leaves keys out', async () => {
    const pauses: number[] = [];
    const client = reading(40);
    const found = await all(enrolledMembers(client, tables.members, async (pause) => void pauses.push(pause)));
    expect(found).toEqual(sorted(expected));
    expect(pauses.slice(0, 2)).toEqual([50, 100]);
    client.destroy();
  });

  it('is an error when they stay unread', async () => {
    const client = reading(0);
    await expect(all(enrolledMembers(client, tables.members, async () => {}))).rejects.toThrow(
      /members unread after 9/,
    );
    client.destroy();
  });
});
