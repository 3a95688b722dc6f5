/** The schedule's items in the members table: slots with their members, and the bookmark of the ticks. */
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { isEveryHours } from '../domain/every-hours.ts';
import { Failure } from '../domain/failure.ts';
import type { MemberKey } from '../domain/mx.ts';
import type { Schedule } from '../domain/ports.ts';
import { type EnrolledMember, type Enrolment, noWishes, type ScheduleWishes } from '../domain/schedule.ts';
import type { Item } from './attribute-values.ts';
import { type Condition, deleteIf, putIf, updateIf, withMark } from './conditional-write.ts';
import { enrolmentToAttribute, memberAttribute, toEnrolment } from './member-item.ts';
import { queryPages } from './query-pages.ts';
import { membersTable } from './table-keys.ts';

/** The item with the ticks' last minute. Renaming it would lose the minutes missed during the deployment. */
const BOOKMARK: Item = {
  [membersTable.partitionKey]: { S: 'TICK' },
  [membersTable.sortKey]: { S: 'scheduled-refresh' },
};

/** How often an enrolment is tried again after `removeStray` came in between; each time its first try was slow. */
const MAX_RACES = 5;

/** What a member's item says of its enrolment. */
interface Enrolled {
  readonly enrolment: Enrolment | null;
  /** How many changes it has seen; 0 before the first. */
  readonly version: number;
  /** False: there is no such item yet. */
  readonly isKnown: boolean;
}

/**
 * The schedule in table `tableName`.
 *
 * An enrolment and the slot item that belongs to it carry the same version, one more than the member's before it. A slot
 * item is removed only up to a version at which its member pointed elsewhere: never the one that a newer enrolment wrote.
 */
export function scheduleInDynamoDb(client: DynamoDBClient, tableName: string): Schedule {
  /** Null for a member that was deleted. */
  async function readEnrolled(key: MemberKey): Promise<Enrolled | null> {
    const { Item: found } = await client.send(
      new GetItemCommand({
        TableName: tableName,
        Key: memberItemKey(key),
        ConsistentRead: true,
        ProjectionExpression: `${membersTable.sortKey}, ${memberAttribute.enrolment}, ${memberAttribute.enrolmentVersion}, deleted_at`,
      }),
    );
    if (found === undefined) return { enrolment: null, version: 0, isKnown: false };
    if (found['deleted_at'] !== undefined) return null;
    return {
      isKnown: true,
      enrolment: toEnrolment(found[memberAttribute.enrolment]),
      version: Number(found[memberAttribute.enrolmentVersion]?.N ?? 0),
    };
  }

  /** Writes the member's next version, if it is still at `version`. At 0 it makes an item for a member that has none. */
  const setVersion = (key: MemberKey, version: number, enrolment: Enrolment | null): Promise<boolean> =>
    updateIf(
      client,
      tableName,
      withMark({
        key: memberItemKey(key),
        change: `SET ${memberAttribute.enrolmentVersion} = :next${enrolment === null ? '' : `, ${memberAttribute.enrolment} = :enrolment`}`,
        condition: `attribute_not_exists(deleted_at) AND ${version === 0 ? `attribute_not_exists(${memberAttribute.enrolmentVersion})` : `${memberAttribute.enrolmentVersion} = :version`}`,
        values: {
          ':next': { N: String(version + 1) },
          ...(version === 0 ? {} : { ':version': { N: String(version) } }),
          ...(enrolment === null ? {} : { ':enrolment': enrolmentToAttribute(enrolment) }),
        },
      }),
    );

  /** False: a later enrolment has written it. */
  const putSlotItem = (
    key: MemberKey,
    enrolment: Enrolment,
    wishes: ScheduleWishes,
    version: number,
  ): Promise<boolean> =>
    putIf(client, tableName, { item: slotItem(key, enrolment, wishes, version), ...notAfter(version) });

  /** Removes the item of `slot` that was written up to `version`; false when a later enrolment has written it. */
  const removeSlotItem = (key: MemberKey, slot: string, version: number): Promise<boolean> =>
    deleteIf(client, tableName, { key: slotItemKey(key, slot), ...notAfter(version) });

  /** What is left to do for an enrolment that stands at `version`: the item of the slot before it. */
  async function leave(key: MemberKey, former: Enrolment | null, slot: string, version: number): Promise<void> {
    if (former !== null && former.everyHours !== 0 && former.slot !== slot) {
      await removeSlotItem(key, former.slot, version);
    }
  }

  const wishesOf: Schedule['wishesOf'] = async (key, slot) => {
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: slotItemKey(key, slot), ConsistentRead: true }),
    );
    return found === undefined ? null : toWishes(found);
  };

  const removeStray: Schedule['removeStray'] = async ({ member, slot }) => {
    const now = await readEnrolled(member);
    if (now?.enrolment?.slot === slot) return;
    // A deleted member cannot be enrolled again, so the version does not matter.
    if (now === null) return void (await removeSlotItem(member, slot, Number.MAX_SAFE_INTEGER));
    if (await removeSlotItem(member, slot, now.version)) return;
    // Written by an enrolment that is under way, or crashed: when this version is taken, its own write fails.
    if (await setVersion(member, now.version, null)) await removeSlotItem(member, slot, now.version + 1);
  };

  return {
    async enrol(key, enrolment, when, wishes = noWishes) {
      const isOn = enrolment.everyHours !== 0;
      for (let race = 0; race < MAX_RACES; race += 1) {
        const before = await readEnrolled(key);
        if (before === null || (when === 'unless_said' && !before.isKnown)) throw deleted();
        if (when === 'unless_said' && before.enrolment !== null) return;
        const version = before.version + 1;
        // Slot, member, former slot: a crash in between leaves a slot item that its member does not point to. The start
        // function finds it by that and removes it; the other way round a member could be enrolled and never be due.
        const isInSlot = !isOn || (await putSlotItem(key, enrolment, wishes, version));
        if (isInSlot && (await setVersion(key, before.version, enrolment))) {
          return leave(key, before.enrolment, enrolment.slot, version);
        }
        const now = await readEnrolled(key);
        const isThis = now?.enrolment?.slot === enrolment.slot;
        if (isOn && isInSlot && !isThis) await removeSlotItem(key, enrolment.slot, now?.version ?? version);
        if (now === null) throw deleted();
        // This one, written before its answer was lost, or another with the same words.
        if (isThis) return leave(key, before.enrolment, enrolment.slot, version);
        const isUnsaid = now.enrolment?.slot === before.enrolment?.slot;
        // Another enrolment was written after this one, and counts.
        if (!isUnsaid) return;
      }
      throw new Failure('busy', 'this member is being enrolled again and again', { retryAfterSeconds: 1 });
    },

    async membersOf(slot) {
      const members: EnrolledMember[] = [];
      const pages = queryPages(client, {
        TableName: tableName,
        KeyConditionExpression: 'user_guid = :slot',
        ExpressionAttributeValues: { ':slot': { S: slot } },
      });
      for await (const items of pages) {
        members.push(...items.flatMap((item) => toEnrolled(item) ?? []));
      }
      return members;
    },

    wishesOf,

    async move({ member, slot }, to) {
      const before = await readEnrolled(member);
      if (before?.enrolment?.slot !== slot) return false;
      // After the version: an enrolment that changes the wishes from now on takes the next version, and this fails.
      const wishes = await wishesOf(member, slot);
      if (wishes === null) return false;
      const version = before.version + 1;
      const enrolment = { ...before.enrolment, slot: to };
      // Not over the item of an enrolment that is under way, which may have other wishes and the same version.
      const item = slotItem(member, enrolment, wishes, version);
      const isInSlot = await putIf(client, tableName, { item, ...notSince(version) });
      if (!isInSlot) {
        await removeStray({ member, slot: to });
        return false;
      }
      if (await setVersion(member, before.version, enrolment)) return true;
      const now = await readEnrolled(member);
      if (now?.enrolment?.slot === to) return true;
      await removeSlotItem(member, to, now?.version ?? Number.MAX_SAFE_INTEGER);
      return false;
    },

    removeStray,

    async lastMinute() {
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: BOOKMARK, ConsistentRead: true }),
      );
      return found?.['minute']?.N === undefined ? null : Number(found['minute'].N);
    },

    async setLastMinute(minute) {
      // False: another tick has written a later minute.
      await updateIf(client, tableName, {
        key: BOOKMARK,
        change: 'SET #minute = :minute',
        condition: 'attribute_not_exists(#minute) OR #minute < :minute',
        values: { ':minute': { N: String(minute) } },
      });
    },
  };
}

/** What the keys of slots begin with. */
export const slotPrefix = 'SLOT#';

/** What a slot's item says; null for an item that says nothing of the kind. */
export function toEnrolled(item: Item): EnrolledMember | null {
  const slot = item[membersTable.partitionKey]?.S ?? '';
  const [userGuid, memberGuid] = (item[membersTable.sortKey]?.S ?? '').split('#');
  const everyHours = Number(item['every_hours']?.N);
  if (!slot.startsWith(slotPrefix) || !userGuid || !memberGuid || !isEveryHours(everyHours)) return null;
  return { member: { userGuid, memberGuid }, everyHours, slot, ...toWishes(item) };
}

/** The item of `key` in the slot of `enrolment`, as the enrolment with this version writes it. */
export const slotItem = (
  key: MemberKey,
  { slot, everyHours }: Enrolment,
  wishes: ScheduleWishes,
  version: number,
): Item => ({
  ...slotItemKey(key, slot),
  every_hours: { N: String(everyHours) },
  enrolment_version: { N: String(version) },
  ...wishesAttributes(wishes),
});

/** Attributes of a slot's item; absent: nothing is wished for. */
const wishesAttributes = ({ quietHours, maxAgeSeconds }: ScheduleWishes): Item => ({
  ...(quietHours === null
    ? {}
    : {
        quiet_from: { S: quietHours.from },
        quiet_to: { S: quietHours.to },
        time_zone: { S: quietHours.timeZone },
      }),
  ...(maxAgeSeconds === null ? {} : { max_age: { N: String(maxAgeSeconds) } }),
});

function toWishes(item: Item): ScheduleWishes {
  const [from, to, timeZone] = ['quiet_from', 'quiet_to', 'time_zone'].map((name) => item[name]?.S);
  const maxAge = item['max_age']?.N;
  return {
    quietHours: from && to && timeZone ? { from, to, timeZone } : null,
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
  };
}

const deleted = (): Failure => new Failure('member_deleted', 'the member was deleted and cannot be scheduled');

/** The slot item was not written by an enrolment after `version`. */
const notAfter = (version: number): Condition => ({
  condition: 'attribute_not_exists(enrolment_version) OR enrolment_version <= :version',
  values: { ':version': { N: String(version) } },
});

/** There is no slot item, or one of a version before. */
const notSince = (version: number): Condition => ({
  condition: 'attribute_not_exists(enrolment_version) OR enrolment_version < :version',
  values: { ':version': { N: String(version) } },
});

const memberItemKey = (key: MemberKey): Item => ({
  [membersTable.partitionKey]: { S: key.userGuid },
  [membersTable.sortKey]: { S: key.memberGuid },
});

const slotItemKey = (key: MemberKey, slot: string): Item => ({
  [membersTable.partitionKey]: { S: slot },
  [membersTable.sortKey]: { S: `${key.userGuid}#${key.memberGuid}` },
});
