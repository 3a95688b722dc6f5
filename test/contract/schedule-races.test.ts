/** Enrolments that meet others between their writes, each at a place that the test chooses; and how they are stored. */
import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memberAttribute } from '../../shared/clients/member-item.ts';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { scheduleInDynamoDb, toEnrolled } from '../../shared/clients/schedule-table.ts';
import type { EveryHours } from '../../shared/domain/every-hours.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import { noWishes, slotOf } from '../../shared/domain/schedule.ts';
import { at, newKey, policy, refreshId, startingClaim } from '../samples.ts';
import { type LocalTables, startLocalTables } from './local-tables.ts';

let tables: LocalTables;
beforeAll(async () => {
  tables = await startLocalTables();
});
afterAll(() => tables.close());

type Command = 'GetItemCommand' | 'PutItemCommand' | 'UpdateItemCommand' | 'DeleteItemCommand';

/** A client before whose first call of each kind in `before` something else happens; `again`: before every one. */
function interrupted(before: Partial<Record<Command, () => Promise<unknown>>>, again = false): DynamoDBClient {
  const left = new Map(Object.entries(before));
  const client = tables.newClient();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const happen = left.get(commandName);
        if (!again) left.delete(commandName);
        await happen?.();
        return next(args);
      },
    { step: 'initialize' },
  );
  return client;
}

/** A member that is known, and the schedule by a client without interruptions. */
async function world() {
  const key = newKey();
  const schedule = scheduleInDynamoDb(tables.client, tables.members);
  await membersInDynamoDb(tables.client, tables.members, policy).claim({
    key,
    claim: startingClaim(refreshId(1)),
    starts: [],
    startsVersion: 0,
  });
  const memberItem = {
    TableName: tables.members,
    Key: { user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } },
  };
  const put = (item: PutItemCommandInput['Item']) =>
    tables.client.send(new PutItemCommand({ TableName: tables.members, Item: item }));
  return {
    key,
    schedule,
    of: (everyHours: EveryHours) => ({ everyHours, slot: slotOf(key, everyHours, 1) }),
    inSlot: async (slot: string) =>
      (await schedule.membersOf(slot)).filter(({ member }) => member.memberGuid === key.memberGuid).length,
    enrolment: async () => (await membersInDynamoDb(tables.client, tables.members, policy).read(key))?.enrolment,
    delete: () =>
      tables.client.send(
        new UpdateItemCommand({
          ...memberItem,
          UpdateExpression: 'SET deleted_at = :at',
          ExpressionAttributeValues: { ':at': { S: at(0) } },
        }),
      ),
    version: async () => {
      const { Item = {} } = await tables.client.send(new GetItemCommand(memberItem));
      return Item[memberAttribute.enrolmentVersion]?.N;
    },
    leaveSlotItem: (slot: string, version: number) =>
      put({ ...slotItem(key, slot), enrolment_version: { N: String(version) } }),
    put,
  };
}

const slotItem = ({ userGuid, memberGuid }: MemberKey, slot: string) => ({
  user_guid: { S: slot },
  item_key: { S: `${userGuid}#${memberGuid}` },
  every_hours: { N: '24' },
});

const no = { everyHours: 0, slot: '' } as const;

describe('an enrolment, before whose write of the member', () => {
  it('another is written, leaves that one', async () => {
    const { key, schedule, of, inSlot, enrolment } = await world();
    const client = interrupted({ UpdateItemCommand: () => schedule.enrol(key, of(24), 'always') });
    await scheduleInDynamoDb(client, tables.members).enrol(key, of(6), 'always');
    expect([await enrolment(), await inSlot(of(6).slot), await inSlot(of(24).slot)]).toEqual([of(24), 0, 1]);
  });

  it('the same is written, has left the former slot', async () => {
    const { key, schedule, of, inSlot, enrolment } = await world();
    await schedule.enrol(key, of(24), 'always');
    const client = interrupted({ UpdateItemCommand: () => schedule.enrol(key, of(6), 'always') });
    await scheduleInDynamoDb(client, tables.members).enrol(key, of(6), 'always');
    expect([await enrolment(), await inSlot(of(6).slot), await inSlot(of(24).slot)]).toEqual([of(6), 1, 0]);
  });

  it('a stray’s removal takes its version, is tried again', async () => {
    const { key, schedule, of, inSlot, enrolment } = await world();
    const client = interrupted({ UpdateItemCommand: () => schedule.removeStray({ member: key, slot: of(6).slot }) });
    await scheduleInDynamoDb(client, tables.members).enrol(key, of(6), 'always');
    expect([await enrolment(), await inSlot(of(6).slot)]).toEqual([of(6), 1]);
  });

  it('that happens each time, is given up after five', async () => {
    const { key, schedule, of, inSlot, enrolment } = await world();
    let times = 0;
    const remove = async () => {
      times += 1;
      await schedule.removeStray({ member: key, slot: of(6).slot });
    };
    const client = interrupted({ UpdateItemCommand: remove }, true);
    await expect(scheduleInDynamoDb(client, tables.members).enrol(key, of(6), 'always')).rejects.toMatchObject({
      code: 'busy',
      details: { retryAfterSeconds: 1 },
    });
    expect([times, await enrolment(), await inSlot(of(6).slot)]).toEqual([5, null, 0]);
  });

  it('the member is deleted, is refused and leaves nothing', async () => {
    const { key, of, inSlot, enrolment, delete: remove } = await world();
    const client = interrupted({ UpdateItemCommand: remove });
    await expect(scheduleInDynamoDb(client, tables.members).enrol(key, of(6), 'always')).rejects.toMatchObject({
      code: 'member_deleted',
    });
    expect([await enrolment(), await inSlot(of(6).slot)]).toEqual([null, 0]);
  });

  it('a withdrawal is overtaken, leaves that enrolment', async () => {
    const { key, schedule, of, inSlot, enrolment } = await world();
    const client = interrupted({ UpdateItemCommand: () => schedule.enrol(key, of(24), 'always') });
    await scheduleInDynamoDb(client, tables.members).enrol(key, no, 'always');
    expect([await enrolment(), await inSlot(of(24).slot)]).toEqual([of(24), 1]);
  });
});

describe('the removal of a stray', () => {
  it('leaves an item whose enrolment ends in between', async () => {
    const { key, schedule, of, inSlot, enrolment, leaveSlotItem } = await world();
    // Of an enrolment that has written its slot and not yet its member: its second write comes in between.
    await leaveSlotItem(of(24).slot, 1);
    const client = interrupted({ UpdateItemCommand: () => schedule.enrol(key, of(24), 'always') });
    await scheduleInDynamoDb(client, tables.members).removeStray({ member: key, slot: of(24).slot });
    expect([await enrolment(), await inSlot(of(24).slot)]).toEqual([of(24), 1]);
  });

  it('leaves what is enrolled after its own version', async () => {
    const { key, schedule, of, inSlot, enrolment, leaveSlotItem } = await world();
    await leaveSlotItem(of(24).slot, 1);
    let deletes = 0;
    const enrolBeforeSecond = async () => {
      deletes += 1;
      if (deletes === 2) await schedule.enrol(key, of(24), 'always');
    };
    const client = interrupted({ DeleteItemCommand: enrolBeforeSecond }, true);
    await scheduleInDynamoDb(client, tables.members).removeStray({ member: key, slot: of(24).slot });
    expect([deletes, await enrolment(), await inSlot(of(24).slot)]).toEqual([2, of(24), 1]);
  });
});

describe('an enrolment is stored', () => {
  it('with one version in its member and its slot', async () => {
    const { key, schedule, of, version } = await world();
    const slotVersion = async (slot: string) => {
      const { user_guid, item_key } = slotItem(key, slot);
      const found = await tables.client.send(
        new GetItemCommand({ TableName: tables.members, Key: { user_guid, item_key } }),
      );
      return found.Item?.['enrolment_version']?.N;
    };
    await schedule.enrol(key, of(6), 'always');
    expect([await version(), await slotVersion(of(6).slot)]).toEqual(['1', '1']);
    await schedule.enrol(key, of(24), 'always');
    expect([await version(), await slotVersion(of(24).slot)]).toEqual(['2', '2']);
    await schedule.enrol(key, no, 'always');
    expect(await version()).toBe('3');
  });

  it('in a slot where other items say nothing', async () => {
    const { key, schedule, of, inSlot, put } = await world();
    await schedule.enrol(key, of(6), 'always');
    await put({ user_guid: { S: of(6).slot }, item_key: { S: 'not a member' }, every_hours: { N: '6' } });
    expect(await inSlot(of(6).slot)).toBe(1);
  });
});

// Renaming it would lose the minutes that were missed during the deployment.
it('the bookmark is the item TICK, scheduled-refresh', async () => {
  await scheduleInDynamoDb(tables.client, tables.members).setLastMinute(29_921_040);
  const Key = { user_guid: { S: 'TICK' }, item_key: { S: 'scheduled-refresh' } };
  const { Item } = await tables.client.send(new GetItemCommand({ TableName: tables.members, Key }));
  expect(Item).toEqual({ ...Key, minute: { N: '29921040' } });
});

describe('a slot’s item', () => {
  const item = { user_guid: { S: 'SLOT#6h#00001#0' }, item_key: { S: 'USR-1#MBR-1' }, every_hours: { N: '6' } };
  const enrolled = { member: { userGuid: 'USR-1', memberGuid: 'MBR-1' }, everyHours: 6, slot: 'SLOT#6h#00001#0' };

  it.each<[string, object, object | null]>([
    ['as it is', {}, { ...enrolled, ...noWishes }],
    ['without a partition', { user_guid: undefined }, null],
    ['of another partition', { user_guid: { S: 'USR-1' } }, null],
    ['without a sort key', { item_key: undefined }, null],
    ['with one guid only', { item_key: { S: 'USR-1' } }, null],
    ['without the user’s guid', { item_key: { S: '#MBR-1' } }, null],
    ['without hours', { every_hours: undefined }, null],
    ['with hours that are not on offer', { every_hours: { N: '5' } }, null],
    [
      'with half of its quiet hours',
      { quiet_from: { S: '22:00' }, time_zone: { S: 'Europe/Berlin' } },
      { ...enrolled, ...noWishes },
    ],
    [
      'without their beginning',
      { quiet_to: { S: '07:00' }, time_zone: { S: 'Europe/Berlin' } },
      { ...enrolled, ...noWishes },
    ],
    ['without their zone', { quiet_from: { S: '22:00' }, quiet_to: { S: '07:00' } }, { ...enrolled, ...noWishes }],
    ['with an age', { max_age: { N: '60' } }, { ...enrolled, quietHours: null, maxAgeSeconds: 60 }],
  ])('%s', (_what, given, read) => {
    expect(toEnrolled({ ...item, ...given })).toEqual(read);
  });
});
