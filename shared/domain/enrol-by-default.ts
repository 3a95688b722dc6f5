/** The schedule of members that nobody enrolled: a setting, off unless set. */
import type { MemberKey } from './mx.ts';
import type { Schedule } from './ports.ts';
import { type Enrolment, isEveryHours, slotOf } from './schedule.ts';

/**
 * Enrols a member about which nobody has said anything, if the setting says so. Asked at every start, not only at the
 * first: a crash right after the first one must not leave a member without its schedule for ever.
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
