/** What the members table holds, as plain data: a member's item is replaced and never changed, so a copy is cheap. */

import type { EveryHours } from '../../shared/domain/every-hours.ts';
import type { Instant } from '../../shared/domain/instant.ts';
import type { MemberBody, MemberRecord } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { ScheduleWishes } from '../../shared/domain/schedule.ts';

/** An entry of the sparse index of open claims. It comes and goes later than the item that it stands for. */
export interface OpenEntry {
  /** The part of the index. */
  readonly shard: number;
  readonly key: MemberKey;
  readonly since: Instant;
  readonly writtenAt: Instant;
  readonly removedAt: Instant | null;
}

/** The table. */
export interface MembersTable {
  readonly members: Map<string, MemberRecord>;
  /** MX's member objects; null: erased. */
  readonly bodies: Map<string, MemberBody | null>;
  /** From a user's or a member's own id to a guid. */
  readonly aliases: Map<string, string>;
  /** Slot, then member: its period. */
  readonly slots: Map<string, Map<string, EveryHours>>;
  /** What is wished for, by slot and member: `SLOT#… USR-…#MBR-…`. */
  readonly wishes: Map<string, ScheduleWishes>;
  /** How many changes an enrolment has seen, by member; and with which one an item of a slot was written, by both. */
  readonly enrolmentVersions: Map<string, number>;
  /** When a member was last read outside a refresh, or was about to be. */
  readonly reservedReads: Map<string, Instant>;
  /** Users of whom everything was erased, and since when. */
  readonly erasedUsers: Map<string, Instant>;
  /** How far the ticks have come. */
  bookmark: number | null;
  open: readonly OpenEntry[];
}

/** An empty table. */
export const emptyMembersTable = (): MembersTable => ({
  members: new Map(),
  bodies: new Map(),
  aliases: new Map(),
  slots: new Map(),
  wishes: new Map(),
  enrolmentVersions: new Map(),
  reservedReads: new Map(),
  erasedUsers: new Map(),
  bookmark: null,
  open: [],
});

/** One text for a member's two guids. */
export const textOf = (key: MemberKey): string => `${key.userGuid}#${key.memberGuid}`;

/** A table with these members, found by their guids. */
export function withMember(...records: readonly MemberRecord[]): MembersTable {
  const table = emptyMembersTable();
  for (const record of records) table.members.set(textOf(record.key), record);
  return table;
}

/** The way back from `textOf`. */
export function memberOf(text: string): MemberKey {
  const [userGuid = '', memberGuid = ''] = text.split('#');
  return { userGuid, memberGuid };
}
