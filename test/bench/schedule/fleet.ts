/** Many members on the schedule, as the real planner places them. */
import { createRandom } from '../../../infra/mx-simulator/random.ts';
import type { EveryHours } from '../../../shared/domain/every-hours.ts';
import { type Instant, instantOf, plusSeconds } from '../../../shared/domain/instant.ts';
import type { MemberRecord } from '../../../shared/domain/member.ts';
import { isQuiet, type QuietHours } from '../../../shared/domain/quiet-hours.ts';
import type { Attempt } from '../../../shared/domain/refresh.ts';
import { type EnrolledMember, noWishes, slotOf, slotOutside } from '../../../shared/domain/schedule.ts';
import { textOf } from '../../fakes/members-table.ts';
import { emptyMember } from '../../samples.ts';

/** Which members there are. */
export interface FleetOptions {
  readonly members: number;
  readonly everyHours: EveryHours;
  readonly shards: number;
  /** Share of members with quiet hours. */
  readonly quietShare: number;
  /** Share of members that need their user first: the schedule holds them back. */
  readonly heldShare: number;
  /** When they are enrolled; each was refreshed an hour before. */
  readonly at: Instant;
  readonly seed: number;
}

/** The members, in the order of their numbers, by slot, and their items. */
export interface Fleet {
  readonly enrolled: readonly EnrolledMember[];
  readonly bySlot: ReadonlyMap<string, readonly EnrolledMember[]>;
  readonly records: Map<string, MemberRecord>;
  readonly isHeld: (memberGuid: string) => boolean;
}

/** Nights in the zones that most of MX's users live in, and one with a half-hour offset. */
const nights: readonly QuietHours[] = [
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'America/St_Johns',
].map((timeZone) => ({ from: '22:00', to: '07:00', timeZone }));

/** The status of members that are held back. */
export const HELD_STATUS = 'DENIED';

/** The number of a member, which its guid ends with, and so does the text of its key. */
export const numberOf = (memberGuid: string): number => Number(memberGuid.slice(-12));

/** Items by the number of their member: a million texts of 81 letters as keys would take most of the time. */
class RecordsByNumber extends Map<string, MemberRecord> {
  readonly #records: MemberRecord[] = [];

  override get(text: string): MemberRecord | undefined {
    return this.#records[numberOf(text)];
  }

  override set(text: string, record: MemberRecord): this {
    this.#records[numberOf(text)] = record;
    return this;
  }
}

/** `shards` as the description of the setting `scheduleShards` says. */
export const shardsFor = (members: number): number => (members <= 100_000 ? 1 : members <= 1_000_000 ? 2 : 16);

/** Enrols the members. Their guids are as long as MX's. */
export function createFleet({ members, everyHours, shards, quietShare, heldShare, at, seed }: FleetOptions): Fleet {
  const random = createRandom(seed, 'fleet');
  const enrolled: EnrolledMember[] = [];
  const bySlot = new Map<string, EnrolledMember[]>();
  const records = new RecordsByNumber();
  const held = new Set<string>();
  const before = plusSeconds(at, -3_600);
  const lastAttempt: Attempt = {
    refreshId: `RFR-${'0'.repeat(26)}`,
    trigger: 'schedule',
    acceptedAt: before,
    outcome: 'succeeded',
    action: 'none',
    code: 'stored',
    connectionStatus: 'CONNECTED',
    hasDetails: false,
    endedAt: before,
    observedAt: before,
  };
  const lastSuccess = { refreshId: lastAttempt.refreshId, observedAt: before, incomplete: false };
  for (let number = 0; number < members; number += 1) {
    const name = `${random.integer(0x1_0000_0000).toString(16).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;
    const member = { userGuid: `USR-${name}`, memberGuid: `MBR-${name}` };
    const quietHours = random.chance(quietShare) ? (nights[number % nights.length] ?? null) : null;
    const found =
      quietHours === null
        ? slotOf(member, everyHours, shards)
        : slotOutside(quietHours, member, everyHours, { shards, now: at });
    if (found === null) throw new Error('the quiet hours leave no minute of the day');
    const others = bySlot.get(found) ?? [];
    // One text for all members of a slot: of a million, each would have its own.
    const slot = others[0]?.slot ?? found;
    const one = { member, everyHours, slot, ...noWishes, quietHours };
    others.push(one);
    if (others.length === 1) bySlot.set(slot, others);
    enrolled.push(one);
    const isHeld = random.chance(heldShare);
    if (isHeld) held.add(member.memberGuid);
    records.set(
      textOf(member),
      emptyMember(member, {
        seenAt: before,
        institutionCode: 'mxbank',
        enrolment: one,
        lastAttempt,
        lastSuccess,
        held: isHeld ? { since: at, code: 'denied', action: 'reauthenticate' } : null,
      }),
    );
  }
  return { enrolled, bySlot, records, isHeld: (guid) => held.has(guid) };
}

/** Minutes after `start` beside which the quiet hours of some members begin or end, within `minutes`. */
export function quietEdges(start: number, minutes: number): ReadonlySet<number> {
  const edges = new Set<number>();
  for (const night of nights) {
    const isQuietIn = (minute: number): boolean => isQuiet(night, instantOf(start + minute * 60_000));
    for (let minute = 0; minute < minutes; minute += 1) {
      if (isQuietIn(minute) === isQuietIn(minute - 1)) continue;
      for (const beside of [minute - 1, minute, minute + 1]) edges.add(beside);
    }
  }
  return edges;
}
