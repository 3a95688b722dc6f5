/**
 * When which member is due. Static slots: a member's guid decides its minute in its period at enrolment. So only due
 * members are read, a refresh writes nothing to the slots, and members are spread over their period.
 */
import { epochMillisecondsOf, type Instant, instantOf } from './instant.ts';
import type { MemberKey } from './mx.ts';

/**
 * The periods on offer, in hours. A closed list, because every tick reads one slot for each. Under 24 hours a schedule
 * may keep MX's own nightly aggregation from running: any job blocks a new standard one for three hours (MX facts 5).
 */
export const everyHoursOnOffer = [1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168] as const;

/** A period on offer. */
export type EveryHours = (typeof everyHoursOnOffer)[number];

/** Whether `hours` is on offer. */
export const isEveryHours = (hours: number): hours is EveryHours => everyHoursOnOffer.some((offer) => offer === hours);

/** A member's place in the schedule. `everyHours` 0: it was taken off, and the default does not apply. */
export interface Enrolment {
  readonly everyHours: EveryHours | 0;
  /** The slot that holds its item; empty with 0. */
  readonly slot: string;
}

/** What a slot's item says. */
export interface EnrolledMember {
  readonly member: MemberKey;
  readonly everyHours: EveryHours;
  readonly slot: string;
}

/** FNV-1a, 32 bit: spreads guids evenly, needs no library, and is the same in every version of this service. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

const slotName = (everyHours: number, minute: number, shard: number): string =>
  `SLOT#${everyHours}h#${String(minute).padStart(5, '0')}#${shard}`;

/** The slot of `member` in a period of `everyHours`. `shards` may be raised later, never lowered. */
export function slotOf(member: MemberKey, everyHours: EveryHours, shards: number): string {
  const minutes = everyHours * 60;
  const value = hash(member.memberGuid);
  return slotName(everyHours, value % minutes, Math.floor(value / minutes) % shards);
}

/** Minutes since 1970 at `now`. */
export const minuteOf = (now: Instant): number => Math.floor(epochMillisecondsOf(now) / 60_000);

/** The start of a minute. */
export const minuteStart = (minute: number): Instant => instantOf(minute * 60_000);

/** The slots that are due in `minute`: one for each period and shard. */
export const slotsDueIn = (minute: number, shards: number): readonly string[] =>
  everyHoursOnOffer.flatMap((everyHours) =>
    Array.from({ length: shards }, (_, shard) => slotName(everyHours, minute % (everyHours * 60), shard)),
  );

/** When a member of `enrolment` is due next after `now`; null when it is not on the schedule. */
export function nextDueAt({ everyHours, slot }: Enrolment, now: Instant): Instant | null {
  const [, , inPeriod] = slot.split('#');
  if (everyHours === 0 || inPeriod === undefined) return null;
  const period = everyHours * 60;
  const next = minuteOf(now) + 1;
  return minuteStart(next + ((Number(inPeriod) - (next % period) + period) % period));
}

/** The most minutes that one tick works through: it has a minute itself. */
export const MAX_MINUTES_PER_TICK = 60;

/** The most minutes that ticks make up for: the longest period. Whoever was due before that is due again since. */
export const MAX_MINUTES_BEHIND = Math.max(...everyHoursOnOffer) * 60;

/**
 * The minutes a tick has to work through, the oldest first: after `lastMinute` (null: the first tick ever), up to and with
 * `thisMinute`, and not more than one tick can do: the next tick goes on.
 */
export function minutesDue(lastMinute: number | null, thisMinute: number): readonly number[] {
  const first = Math.max(lastMinute === null ? thisMinute : lastMinute + 1, thisMinute - MAX_MINUTES_BEHIND + 1);
  const count = Math.min(Math.max(0, thisMinute - first + 1), MAX_MINUTES_PER_TICK);
  return Array.from({ length: count }, (_, index) => first + index);
}

/** The most members that one message of the start queue carries. */
export const MEMBERS_PER_MESSAGE = 25;

/**
 * How many members one message carries under a ceiling of `startsPerSecond`. They are started together, so that half of
 * the ceiling at most is exceeded in the second in which two messages meet.
 */
export const membersPerMessage = (startsPerSecond: number): number =>
  Math.min(MEMBERS_PER_MESSAGE, Math.max(1, Math.floor(startsPerSecond / 2)));

/** A message of the start queue. */
export interface StartBatch {
  /** The minute for which these members were due. */
  readonly dueAt: Instant;
  /** The time that the ceiling has reserved for their starts; null: none yet (`start-ceiling.ts`). */
  readonly startAt: Instant | null;
  readonly members: readonly EnrolledMember[];
}

/** A message of the start queue that is not received for `delaySeconds`. */
export interface DelayedBatch {
  readonly batch: StartBatch;
  readonly delaySeconds: number;
}

/** `due` in messages of `perMessage`, and the delay of each, spread over the minute so that MX is not called in one burst. */
export function startBatches(
  due: readonly EnrolledMember[],
  dueAt: Instant,
  perMessage: number,
): readonly DelayedBatch[] {
  const count = Math.ceil(due.length / perMessage);
  return Array.from({ length: count }, (_, index) => ({
    batch: { dueAt, startAt: null, members: due.slice(index * perMessage, (index + 1) * perMessage) },
    delaySeconds: Math.floor((index * 60) / count),
  }));
}
