/** The schedule of members without a chosen one: a setting, off by default. */

import { isEveryHours } from './every-hours.ts';
import type { MemberKey } from './mx.ts';
import type { Schedule } from './ports.ts';
import { type Enrolment, slotOf } from './schedule.ts';

/**
 * Enrols a member without a chosen schedule, if the setting says so. At every start: after a crash at the first one, the
 * next one enrols the member.
 */
export async function enrolByDefault(
  schedule: Pick<Schedule, 'enrol'>,
  { key, enrolment }: { readonly key: MemberKey; readonly enrolment: Enrolment | null },
  defaultHours: number,
  shards: number,
): Promise<void> {
  if (enrolment !== null || !isEveryHours(defaultHours)) return;
  await schedule.enrol(key, { everyHours: defaultHours, slot: slotOf(key, defaultHours, shards) }, 'unless_said');
}
