/** One tick of the schedule: who is due, sent to the start queue. */
import type { Clock } from './instant.ts';
import type { Schedule, Starts } from './ports.ts';
import { isQuiet } from './quiet-hours.ts';
import { membersPerMessage, minuteOf, minuteStart, minutesDue, slotsDueIn, startBatches } from './schedule.ts';

/** What a tick needs. */
export interface TickDeps {
  readonly schedule: Pick<Schedule, 'membersOf' | 'lastMinute' | 'setLastMinute'>;
  readonly starts: Starts;
  readonly shards: number;
  /** Setting: the ceiling on unattended starts. */
  readonly startsPerSecond: number;
  readonly now: Clock;
}

/**
 * Sends every member that became due since the last tick. The last minute is stored only after its messages are sent: a
 * crash sends that minute again, and members started already are skipped (`start-due.ts`).
 */
export async function runSchedule(deps: TickDeps): Promise<{ minutes: number; members: number }> {
  const minutes = minutesDue(await deps.schedule.lastMinute(), minuteOf(deps.now()));
  let members = 0;
  for (const minute of minutes) {
    const slots = await Promise.all(slotsDueIn(minute, deps.shards).map((slot) => deps.schedule.membersOf(slot)));
    const at = minuteStart(minute);
    const due = slots.flat().filter(({ quietHours }) => quietHours === null || !isQuiet(quietHours, at));
    await deps.starts.sendAll(startBatches(due, at, membersPerMessage(deps.startsPerSecond)));
    members += due.length;
    await deps.schedule.setLastMinute(minute);
  }
  return { minutes: minutes.length, members };
}
