/** A schedule that is asked for, by a request or by a line of an operator's file: whether it may be, and which slot it gets. */
import { type EveryHours, everyHoursOnOffer, isEveryHours } from './every-hours.ts';
import { Failure } from './failure.ts';
import type { Instant } from './instant.ts';
import type { MemberKey } from './mx.ts';
import { isTimeOfDay, isTimeZone, type QuietHours } from './quiet-hours.ts';
import { type Enrolment, isSameTurn, type ScheduleWishes, shardIn, slotOf, slotOutside } from './schedule.ts';

/** What is asked for, before it is checked. */
export interface AskedSchedule {
  readonly every: number;
  readonly quietHours: { readonly from: string; readonly to: string } | null;
  readonly timeZone: string | null;
  readonly maxAgeSeconds: number | null;
}

/** What is asked for, and may be. */
export interface PermittedSchedule {
  readonly everyHours: EveryHours;
  readonly wishes: ScheduleWishes;
}

/** What each field has to be, by its name in the API. */
export const scheduleFields = (minHours: number) => ({
  every: `the body has to be {"every": hours}, with hours one of ${hoursFrom(minHours)}`,
  quiet_hours: 'quiet_hours has to be {"from": "22:00", "to": "07:00"}: times of day, HH:MM',
  time_zone: 'time_zone has to be the IANA name of a time zone, such as Europe/Berlin',
  max_age: 'max_age has to be a whole number of seconds, 1 or more',
});

/** The periods that may be asked for, in words. */
export const hoursFrom = (minHours: number): string =>
  everyHoursOnOffer.filter((hours) => hours >= minHours).join(', ');

/**
 * Checks what is asked for. `minHours`: the setting `minScheduleHours`.
 *
 * @throws Failure `schedule_too_often`, or `invalid_request` that names the field.
 */
export function readAskedSchedule(asked: AskedSchedule, minHours: number): PermittedSchedule {
  const { every, quietHours: quiet, timeZone, maxAgeSeconds } = asked;
  const fields = scheduleFields(minHours);
  const refused = (field: keyof typeof fields): Failure => invalidSchedule(field, fields[field]);
  if (!isEveryHours(every)) throw refused('every');
  if (quiet !== null && !(isTimeOfDay(quiet.from) && isTimeOfDay(quiet.to))) throw refused('quiet_hours');
  if (timeZone !== null && !isTimeZone(timeZone)) throw refused('time_zone');
  if (maxAgeSeconds !== null && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 1)) throw refused('max_age');
  if (every < minHours) {
    throw new Failure(
      'schedule_too_often',
      `every may not be less than ${minHours} hours here (setting minScheduleHours)`,
      { field: 'every', limit: 'minScheduleHours' },
    );
  }
  if (quiet !== null && quiet.from === quiet.to) {
    throw invalidSchedule('quiet_hours', 'from and to of quiet_hours may not be equal');
  }
  const quietHours = quietHoursOf(quiet, timeZone);
  if (maxAgeSeconds !== null && maxAgeSeconds >= every * 3_600) {
    throw invalidSchedule('max_age', 'max_age has to be less than every, or each second turn would be left out');
  }
  return { everyHours: every, wishes: { quietHours, maxAgeSeconds } };
}

/** @throws Failure `invalid_request` when one of them is missing. */
function quietHoursOf(quiet: AskedSchedule['quietHours'], timeZone: string | null): QuietHours | null {
  if (quiet === null && timeZone === null) return null;
  if (quiet === null || timeZone === null) {
    throw invalidSchedule('time_zone', 'quiet_hours and time_zone need each other');
  }
  return { ...quiet, timeZone };
}

/** What decides about a member's place. */
export interface PlaceRules {
  readonly shards: number;
  readonly now: Instant;
  /** Where the member stands; null: nowhere. */
  readonly former: Enrolment | null;
}

/**
 * The place in the schedule that `member` gets. Where its minute does not change it stays in its shard: a tick that reads
 * the shards one beside the other could find neither the former item nor the new one.
 *
 * @throws Failure `invalid_request` when every minute of the day is quiet at some time of the year.
 */
export function enrolmentFor(
  member: MemberKey,
  { everyHours, wishes }: PermittedSchedule,
  { shards, now, former }: PlaceRules,
): Enrolment {
  const { quietHours } = wishes;
  const slot =
    quietHours === null
      ? slotOf(member, everyHours, shards)
      : slotOutside(quietHours, member, everyHours, { shards, now });
  if (slot === null) {
    throw invalidSchedule('quiet_hours', 'quiet_hours leave no minute of the day, summer and winter, for a refresh');
  }
  const stays = former !== null && isSameTurn(former.slot, slot) && shardIn(former.slot) < shards;
  return { everyHours, slot: stays ? former.slot : slot };
}

/** The refusal of one field. */
export const invalidSchedule = (field: string, message: string): Failure =>
  new Failure('invalid_request', message, { field });
