import { BatchWriteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { membersInDynamoDb } from '../../shared/clients/members-table.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import type { EveryHours } from '../../shared/domain/every-hours.ts';
import { Failure } from '../../shared/domain/failure.ts';
import type { Members } from '../../shared/domain/members-ports.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import { noWishes, slotOf } from '../../shared/domain/schedule.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import { fakeSchedule } from '../fakes/fake-schedule.ts';
import { emptyMembersTable, textOf } from '../fakes/members-table.ts';
import { at, attemptOf, emptyMember, newKey, policy, refreshId, startingClaim, unseen } from '../samples.ts';
import { startLocalTables } from './local-tables.ts';

const tables = await startLocalTables();
afterAll(() => tables.close());

interface Subject {
  readonly members: Members;
  readonly schedule: Schedule;
  markDeleted(key: MemberKey): Promise<void>;
  /** The slot's item of an enrolment of `version` that crashed before it wrote the member. */
  leaveSlotItem(key: MemberKey, slot: string, version: number): Promise<void>;
}

const fake = (): Subject => {
  const table = emptyMembersTable();
  return {
    members: fakeMembers(table, { policy, now: () => at(0) }),
    schedule: fakeSchedule(table),
    async markDeleted(key) {
      const record = table.members.get(textOf(key));
      if (record) table.members.set(textOf(key), { ...record, deletedAt: at(0) });
    },
    async leaveSlotItem(key, slot, version) {
      table.slots.set(slot, new Map([[textOf(key), 24]]));
      table.enrolmentVersions.set(`${slot} ${textOf(key)}`, version);
    },
  };
};

const real = (): Subject => ({
  members: membersInDynamoDb(tables.client, tables.members, policy),
  schedule: scheduleInDynamoDb(tables.client, tables.members),
  async markDeleted(key) {
    await tables.client.send(
      new UpdateItemCommand({
        TableName: tables.members,
        Key: { user_guid: { S: key.userGuid }, item_key: { S: key.memberGuid } },
        UpdateExpression: 'SET deleted_at = :at',
        ExpressionAttributeValues: { ':at': { S: at(0) } },
      }),
    );
  },
  async leaveSlotItem(key, slot, version) {
    await tables.client.send(new PutItemCommand({ TableName: tables.members, Item: slotItem(key, slot, version) }));
  },
});

/** The item of an enrolment of `version`. */
const slotItem = ({ userGuid, memberGuid }: MemberKey, slot: string, version: number) => ({
  user_guid: { S: slot },
  item_key: { S: `${userGuid}#${memberGuid}` },
  every_hours: { N: '24' },
  enrolment_version: { N: String(version) },
});

describe.each<[string, () => Subject]>([
  ['the fake', fake],
  ['DynamoDB', real],
])('the schedule: %s', (_name, subject) => {
  async function known() {
    const tested = subject();
    const key = newKey();
    const claim = startingClaim(refreshId(1));
    await tested.members.claim({ key, claim, starts: [], startsVersion: 0 });
    await tested.members.end({ key, from: 'running', known: unseen, attempt: attemptOf(claim) });
    const enrolment = (everyHours: EveryHours) => ({ everyHours, slot: slotOf(key, everyHours, 1) });
    const inSlotOf = async (of: MemberKey, slot: string) =>
      (await tested.schedule.membersOf(slot)).filter(({ member }) => member.memberGuid === of.memberGuid);
    const inSlot = (slot: string) => inSlotOf(key, slot);
    return { ...tested, key, enrolment, inSlot, inSlotOf };
  }

  it('finds an enrolled member in slot and member', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const six = enrolment(6);
    await schedule.enrol(key, six, 'always');
    expect(await inSlot(six.slot)).toEqual([{ member: key, everyHours: 6, slot: six.slot, ...noWishes }]);
    expect((await members.read(key))?.enrolment).toEqual(six);
  });

  it('moves a member to another slot', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const [six, day] = [enrolment(6), enrolment(24)];
    await schedule.enrol(key, six, 'always');
    await schedule.enrol(key, day, 'always');
    expect(await inSlot(six.slot)).toEqual([]);
    expect(await inSlot(day.slot)).toEqual([{ member: key, everyHours: 24, slot: day.slot, ...noWishes }]);
    expect((await members.read(key))?.enrolment).toEqual(day);
  });

  it('keeps the slot when enrolled the same way', async () => {
    const { schedule, key, enrolment, inSlot } = await known();
    const six = enrolment(6);
    await schedule.enrol(key, six, 'always');
    await schedule.enrol(key, six, 'always');
    expect(await inSlot(six.slot)).toHaveLength(1);
  });

  it('withdraws a member, and remembers the withdrawal', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const six = enrolment(6);
    await schedule.enrol(key, six, 'always');
    await schedule.enrol(key, { everyHours: 0, slot: '' }, 'always');
    expect(await inSlot(six.slot)).toEqual([]);
    expect((await members.read(key))?.enrolment).toEqual({ everyHours: 0, slot: '' });
  });

  it('makes an unknown member known, unless by default', async () => {
    const { schedule, members, enrolment, inSlotOf } = await known();
    const [key, other, six] = [newKey(), newKey(), enrolment(6)];
    await schedule.enrol(key, six, 'always');
    expect(await members.read(key)).toEqual(emptyMember(key, { enrolment: six }));
    expect(await inSlotOf(key, six.slot)).toHaveLength(1);
    await expect(schedule.enrol(other, six, 'unless_said')).rejects.toThrow(Failure);
    expect([await members.read(other), await inSlotOf(other, six.slot)]).toEqual([null, []]);
    const claim = startingClaim(refreshId(1));
    expect(await members.claim({ key, claim, starts: [], startsVersion: 0 })).toBe(true);
    expect((await members.read(key))?.enrolment).toEqual(six);
  });

  it('does not enrol a deleted member', async () => {
    const { schedule, members, markDeleted, key, enrolment } = await known();
    await markDeleted(key);
    await expect(schedule.enrol(key, enrolment(6), 'always')).rejects.toMatchObject({ code: 'member_deleted' });
    expect((await members.read(key))?.enrolment).toBeNull();
  });

  it('enrols by default only without an earlier choice', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const [six, day] = [enrolment(6), enrolment(24)];
    await schedule.enrol(key, six, 'unless_said');
    await schedule.enrol(key, day, 'unless_said');
    expect((await members.read(key))?.enrolment).toEqual(six);
    await schedule.enrol(key, { everyHours: 0, slot: '' }, 'always');
    await schedule.enrol(key, day, 'unless_said');
    expect([await inSlot(six.slot), await inSlot(day.slot)]).toEqual([[], []]);
  });

  it('leaves one item of eight enrolments at once', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const all = ([1, 2, 3, 4, 6, 8, 12, 24] as const).map(enrolment);
    await Promise.all(all.map((one) => schedule.enrol(key, one, 'always')));
    const stands = (await members.read(key))?.enrolment;
    const items = (await Promise.all(all.map(({ slot }) => inSlot(slot)))).flat();
    expect(items).toEqual([{ member: key, ...stands, ...noWishes }]);
  });

  it('leaves none withdrawing after eight, one beside them', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const all = ([1, 2, 3, 4, 6, 8, 12, 24] as const).map(enrolment);
    const items = async () => (await Promise.all(all.map(({ slot }) => inSlot(slot)))).flat();
    const no = { everyHours: 0, slot: '' } as const;
    await Promise.all([...all, no].map((one) => schedule.enrol(key, one, 'always')));
    const stands = (await members.read(key))?.enrolment;
    expect(await items()).toEqual(stands?.everyHours === 0 ? [] : [{ member: key, ...stands, ...noWishes }]);
    await schedule.enrol(key, no, 'always');
    expect(await items()).toEqual([]);
    await Promise.all([schedule.enrol(key, enrolment(2), 'always'), schedule.enrol(key, no, 'always')]);
    const after = (await members.read(key))?.enrolment;
    expect(await items()).toEqual(after?.everyHours === 0 ? [] : [{ member: key, ...after, ...noWishes }]);
  });

  it('keeps what is wished for beside the slot', async () => {
    const { schedule, key, enrolment, inSlot } = await known();
    const day = enrolment(24);
    const quietHours = { from: '22:00', to: '07:00', timeZone: 'America/Argentina/Buenos_Aires' };
    const wishes = { quietHours, maxAgeSeconds: 3_600 };
    await schedule.enrol(key, day, 'always', wishes);
    expect(await inSlot(day.slot)).toEqual([{ member: key, ...day, ...wishes }]);
    expect(await schedule.wishesOf(key, day.slot)).toEqual(wishes);
    await schedule.enrol(key, day, 'always');
    expect(await schedule.wishesOf(key, day.slot)).toEqual(noWishes);
    expect(await schedule.wishesOf(key, enrolment(6).slot)).toBeNull();
    await expect(schedule.wishesOf(key, '')).rejects.toThrow();
  });

  it('removes a stray item, leaves the member’s own', async () => {
    const { members, schedule, leaveSlotItem, key, enrolment, inSlot } = await known();
    const [six, day] = [enrolment(6), enrolment(24)];
    await schedule.enrol(key, six, 'always');
    await leaveSlotItem(key, day.slot, 1);
    await schedule.removeStray({ member: key, slot: day.slot });
    await schedule.removeStray({ member: key, slot: six.slot });
    expect([await inSlot(day.slot), (await inSlot(six.slot)).length]).toEqual([[], 1]);
    expect((await members.read(key))?.enrolment).toEqual(six);
  });

  it('removes a half-made enrolment’s item, enrols after it', async () => {
    const { members, schedule, leaveSlotItem, key, enrolment, inSlot } = await known();
    const [six, day] = [enrolment(6), enrolment(24)];
    // Of version 1: its member is still at 0.
    await leaveSlotItem(key, day.slot, 1);
    expect(await inSlot(day.slot)).toHaveLength(1);
    await schedule.removeStray({ member: key, slot: day.slot });
    expect(await inSlot(day.slot)).toEqual([]);
    expect((await members.read(key))?.enrolment).toBeNull();
    await schedule.enrol(key, six, 'unless_said');
    expect(await inSlot(six.slot)).toHaveLength(1);
  });

  it('leaves every enrolled member its item while strays are removed', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const all = [enrolment(6), enrolment(24), enrolment(6), enrolment(24)];
    const strays = all.map(({ slot }) => schedule.removeStray({ member: key, slot }));
    await Promise.all([...all.map((one) => schedule.enrol(key, one, 'always')), ...strays]);
    const stands = (await members.read(key))?.enrolment;
    expect(await inSlot(stands?.slot ?? '')).toEqual([{ member: key, ...stands, ...noWishes }]);
  });

  it('removes the item of a deleted member', async () => {
    const { schedule, markDeleted, key, enrolment, inSlot } = await known();
    const six = enrolment(6);
    await schedule.enrol(key, six, 'always');
    await markDeleted(key);
    await schedule.removeStray({ member: key, slot: six.slot });
    expect(await inSlot(six.slot)).toEqual([]);
  });

  it('moves a member with its wishes, in the same minutes', async () => {
    const { members, schedule, key, enrolment, inSlot } = await known();
    const day = enrolment(24);
    const to = `${day.slot}9`;
    const wishes = { quietHours: { from: '22:00', to: '07:00', timeZone: 'Europe/Berlin' }, maxAgeSeconds: 60 };
    await schedule.enrol(key, day, 'always', wishes);
    expect(await schedule.move({ member: key, slot: day.slot }, to)).toBe(true);
    expect((await members.read(key))?.enrolment).toEqual({ everyHours: 24, slot: to });
    expect(await inSlot(to)).toEqual([{ member: key, everyHours: 24, slot: to, ...wishes }]);
    expect(await inSlot(day.slot)).toHaveLength(1);
    await schedule.removeStray({ member: key, slot: day.slot });
    expect([await inSlot(day.slot), (await inSlot(to)).length]).toEqual([[], 1]);
    expect(await schedule.move({ member: key, slot: day.slot }, `${to}9`)).toBe(false);
    expect((await members.read(key))?.enrolment?.slot).toBe(to);
  });

  it('moves after a move that crashed half-way', async () => {
    const { members, schedule, leaveSlotItem, key, enrolment, inSlot } = await known();
    const day = enrolment(24);
    const to = `${day.slot}9`;
    await schedule.enrol(key, day, 'always', { quietHours: null, maxAgeSeconds: 60 });
    await leaveSlotItem(key, to, 2);
    expect(await schedule.move({ member: key, slot: day.slot }, to)).toBe(false);
    expect([await inSlot(to), (await members.read(key))?.enrolment]).toEqual([[], day]);
    expect(await schedule.move({ member: key, slot: day.slot }, to)).toBe(true);
    expect(await schedule.wishesOf(key, to)).toEqual({ quietHours: null, maxAgeSeconds: 60 });
  });

  it('moves neither a deleted member nor one not enrolled', async () => {
    const { schedule, markDeleted, key, enrolment, inSlot } = await known();
    const day = enrolment(24);
    expect(await schedule.move({ member: key, slot: day.slot }, `${day.slot}9`)).toBe(false);
    await schedule.enrol(key, day, 'always');
    await markDeleted(key);
    expect(await schedule.move({ member: key, slot: day.slot }, `${day.slot}9`)).toBe(false);
    expect(await inSlot(`${day.slot}9`)).toEqual([]);
  });

  it('loses no enrolment to a move beside it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { members, schedule, key, enrolment, inSlot } = await known();
      const day = enrolment(24);
      const to = `${day.slot}9`;
      await schedule.enrol(key, day, 'always');
      const wishes = { quietHours: null, maxAgeSeconds: 60 };
      // As a PUT after the number of shards was raised: the same slot, other wishes.
      await Promise.all([
        schedule.move({ member: key, slot: day.slot }, to),
        schedule.enrol(key, { everyHours: 24, slot: to }, 'always', wishes),
        schedule.move({ member: key, slot: day.slot }, to),
      ]);
      expect((await members.read(key))?.enrolment?.slot).toBe(to);
      expect(await inSlot(to)).toEqual([{ member: key, everyHours: 24, slot: to, ...wishes }]);
    }
  });

  it('has a bookmark that never goes back', async () => {
    // All tests share the table and its one last minute, so this test counts from the present value.
    const { schedule } = subject();
    const begin = (await schedule.lastMinute()) ?? 1000;
    await schedule.setLastMinute(begin + 2);
    await schedule.setLastMinute(begin + 1);
    expect(await schedule.lastMinute()).toBe(begin + 2);
    await Promise.all([begin + 7, begin + 5, begin + 9, begin + 6].map((minute) => schedule.setLastMinute(minute)));
    expect(await schedule.lastMinute()).toBe(begin + 9);
  });
});

describe('the schedule before its first tick', () => {
  it('has no bookmark', async () => {
    expect(await fake().schedule.lastMinute()).toBeNull();
    const others = await startLocalTables();
    expect(await scheduleInDynamoDb(others.client, others.members).lastMinute()).toBeNull();
    await others.close();
  });

  it('gives all members beyond one answer of DynamoDB', async () => {
    const { schedule } = real();
    // Guids of this length make 1 MB of about a thousand items.
    const keys = Array.from({ length: 1_200 }, (_, n) => ({
      userGuid: `USR-${'u'.repeat(900)}-${n}`,
      memberGuid: 'MBR-1',
    }));
    const slot = 'SLOT#168h#00000#0';
    for (let from = 0; from < keys.length; from += 25) {
      const writes = keys.slice(from, from + 25).map((key) => ({ PutRequest: { Item: slotItem(key, slot, 1) } }));
      await tables.client.send(new BatchWriteItemCommand({ RequestItems: { [tables.members]: writes } }));
    }
    expect((await schedule.membersOf(slot)).map(({ member }) => textOf(member)).sort()).toEqual(
      keys.map(textOf).sort(),
    );
  });
});
