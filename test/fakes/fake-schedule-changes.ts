/** How many members' schedules each caller has changed today, in memory. */
import type { ScheduleChanges } from '../../shared/domain/ports.ts';
import { atOnce, type Request } from './request.ts';

/** By caller: the day of its last change, and how many it has made on it. */
export type ScheduleChangesTable = Map<string, { readonly day: string; readonly changes: number }>;

/** The counts in `table`. */
export const fakeScheduleChanges = (table: ScheduleChangesTable, request: Request = atOnce): ScheduleChanges => ({
  take: (caller, most, at) =>
    request('scheduleChanges.take', () => {
      const day = at.slice(0, 10);
      const known = table.get(caller);
      const changes = known?.day === day ? known.changes : 0;
      if (changes >= most || (known !== undefined && known.day > day)) return false;
      table.set(caller, { day, changes: changes + 1 });
      return true;
    }),
});
