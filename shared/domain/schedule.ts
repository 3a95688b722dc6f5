/**
 * When which member is due. Static slots: a member's guid decides its minute in its period at enrolment. So only due
 * members are read, a refresh writes nothing to the slots, and members are spread over their period.
 */
import { type EveryHours, everyHoursOnOffer } from './every-hours.ts';
import { epochMillisecondsOf, type Instant, instantOf, plusSeconds } from './instant.ts';
import { keptByName } from './kept.ts';
import type { MemberKey } from './mx.ts';
import { isQuiet, loudMinutes, type QuietHours } from './quiet-hours.ts';

/** A member's place in the schedule. `everyHours` 0: it was taken off, and the default does not apply. */
export interface Enrolment {
  readonly everyHours: EveryHours | 0;
  /** The slot that holds its item; empty with 0. */
  readonly slot: string;
}

/** What was wished for besides the period. It stands in the slot's item alone: the member's own has to stay small. */
export interface ScheduleWishes {
  /** Null: it may be started at any time. */
  readonly quietHours: QuietHours | null;
  /** A turn is left out while balances are at most this old, in seconds; null: not for that. */
  readonly maxAgeSeconds: number | null;
}

/** No wishes. */
export const noWishes: ScheduleWishes = { quietHours: null, maxAgeSeconds: null };

/** What a slot's item says. */
export interface EnrolledMember extends ScheduleWishes {
  readonly member: MemberKey;
  readonly everyHours: EveryHours;
  readonly slot: string;
}

/** FNV-1a, 32 bit: spreads guids evenly, needs no library, and is the same in every version of this service. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const unit of text.split('')) value = Math.imul(value ^ unit.charCodeAt(0), 0x01000193) >>> 0;
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

/**
 * Whether two slots are due in the same minutes: at most their shards differ. A member that was moved to another shard has
 * the same turns as before.
 */
export const isSameTurn = (first: string, second: string): boolean => withoutShard(first) === withoutShard(second);

/** The number of a slot's shard. */
export const shardIn = (slot: string): number => Number(slot.slice(slot.lastIndexOf('#') + 1));

const withoutShard = (slot: string): string => slot.slice(0, slot.lastIndexOf('#'));

/** The slot that a member has among `shards`: due in the same minutes as the one that it is in. */
export function slotAmong(
  shards: number,
  { member, everyHours, slot }: Omit<EnrolledMember, keyof ScheduleWishes>,
): string {
  const shard = Math.floor(hash(member.memberGuid) / (everyHours * 60)) % shards;
  return `${withoutShard(slot)}#${shard}`;
}

/** How far the clock of an operator's machine may be off, and how long a tick may take, in minutes, both together. */
export const MINUTES_AROUND_TICK = 5;

/**
 * Whether a tick may be reading the slot about now. A tick reads all shards of a minute, one beside the other: of a member
 * that is moved meanwhile it may find neither the former item nor the new one.
 *
 * @param lastMinute the last minute that a tick has worked through; ticks read the minutes after it.
 */
export function isAboutToBeRead(
  slot: string,
  everyHours: EveryHours,
  ticks: { lastMinute: number | null; now: Instant },
): boolean {
  const now = minuteOf(ticks.now);
  const last = ticks.lastMinute ?? now - 1;
  return firstDueFrom(Math.min(last, now) + 1, slot, everyHours) <= Math.max(now, last) + MINUTES_AROUND_TICK;
}

/** The first minute, from `minute` on, in which the slot is due. */
function firstDueFrom(minute: number, slot: string, everyHours: EveryHours): number {
  const period = everyHours * 60;
  const inPeriod = Number(slot.split('#')[2]);
  return minute + ((inPeriod - (minute % period) + period) % period);
}

/**
 * The slot of a member with quiet hours: the usual one, if its minute is outside them at least once a day. Else one of the
 * minutes that are, by the member's guid, so that members are spread over the day and not all due when the night is over.
 * Null: there is none.
 */
export function slotOutside(
  quietHours: QuietHours,
  member: MemberKey,
  everyHours: EveryHours,
  { shards, now }: { readonly shards: number; readonly now: Instant },
): string | null {
  const minutes = everyHours * 60;
  const possible = minutesOutside(quietHours, everyHours, now);
  const value = hash(member.memberGuid);
  const shard = Math.floor(value / minutes) % shards;
  if (possible.has(value % minutes)) return slotName(everyHours, value % minutes, shard);
  const others = [...possible];
  const minute = others[Math.floor(value / minutes) % others.length];
  return minute === undefined ? null : slotName(everyHours, minute, shard);
}

// A list of members is enrolled with a few wishes, again and again.
const outside = keptByName<ReadonlySet<number>>();

/** The minutes of a period that are outside the quiet hours at least once a day. */
const minutesOutside = (quietHours: QuietHours, everyHours: EveryHours, now: Instant): ReadonlySet<number> => {
  const { from, to, timeZone } = quietHours;
  return outside(`${from} ${to} ${timeZone} ${everyHours} ${now.slice(0, 10)}`, () => {
    // A period of several days has a minute of the day in each of them; of one day or less, each minute of the day one.
    const days = Array.from({ length: Math.max(1, everyHours / 24) }, (_, day) => day * MINUTES_A_DAY);
    const minutes = loudMinutes(quietHours, now).flatMap((minute) =>
      days.map((day) => (day + minute) % (everyHours * 60)),
    );
    return new Set(minutes.toSorted((first, second) => first - second));
  });
};

const MINUTES_A_DAY = 1440;

/** Minutes since 1970 at `now`. */
export const minuteOf = (now: Instant): number => Math.floor(epochMillisecondsOf(now) / 60_000);

/** The start of a minute. */
export const minuteStart = (minute: number): Instant => instantOf(minute * 60_000);

/** The slots that are due in `minute`: one for each period and shard. */
export const slotsDueIn = (minute: number, shards: number): readonly string[] =>
  everyHoursOnOffer.flatMap((everyHours) =>
    Array.from({ length: shards }, (_, shard) => slotName(everyHours, minute % (everyHours * 60), shard)),
  );

/**
 * When a member of `enrolment` is due next after `now`; null when it is not on the schedule.
 *
 * @param quietHours turns within them are left out.
 */
export function nextDueAt(
  { everyHours, slot }: Enrolment,
  now: Instant,
  quietHours: QuietHours | null = null,
): Instant | null {
  if (everyHours === 0) return null;
  return turnOutside(minuteStart(firstDueFrom(minuteOf(now) + 1, slot, everyHours)), everyHours, quietHours);
}

/** `turn`, or the first one after it that is outside the quiet hours. */
export function turnOutside(turn: Instant, everyHours: EveryHours, quietHours: QuietHours | null): Instant {
  if (quietHours === null) return turn;
  // A slot has a turn outside them every day; where a zone has changed its rules, the first one counts.
  const turns = Array.from({ length: Math.ceil(48 / everyHours) }, (_, later) =>
    plusSeconds(turn, later * everyHours * 3_600),
  );
  return turns.find((one) => !isQuiet(quietHours, one)) ?? turn;
}

/**
 * Whether the turn of `dueAt` is the member's first one of that UTC day outside its quiet hours: a member that is held back
 * is read at MX at that one only.
 */
export function isFirstOfDay({ everyHours, quietHours }: EnrolledMember, dueAt: Instant): boolean {
  const turnsBefore = Math.floor((minuteOf(dueAt) % MINUTES_A_DAY) / (everyHours * 60));
  return Array.from({ length: turnsBefore }, (_, turn) => plusSeconds(dueAt, -(turn + 1) * everyHours * 3_600)).every(
    (before) => quietHours !== null && isQuiet(quietHours, before),
  );
}

/** The most minutes that one tick works through: it has a minute itself. */
export const MAX_MINUTES_PER_TICK = 60;

/** The most minutes that ticks make up for: the longest period. A member due before that is due again since. */
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
 * How many members one message carries under a ceiling of `startsPerSecond`: at most half of it, and one at least, because
 * they start together.
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
