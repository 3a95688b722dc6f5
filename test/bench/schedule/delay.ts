/** How long behind plan a start comes. */
import { instantOf } from '../../../shared/domain/instant.ts';
import { isQuiet, type QuietHours } from '../../../shared/domain/quiet-hours.ts';
import type { EnrolledMember } from '../../../shared/domain/schedule.ts';

/**
 * Seconds between a member's turn and its start. Where quiet hours have begun in between, it counts from their end.
 *
 * @param start epoch milliseconds of a full minute; turns lie within `hours` after it.
 */
export function delayClock(start: number, hours: number) {
  const minutes = hours * 60;
  const known = new Map<QuietHours, Uint8Array>();

  /** Whether each minute is quiet: few members' nights differ, so each is worked out once. */
  function quietMinutes(quiet: QuietHours): Uint8Array {
    const found = known.get(quiet);
    if (found !== undefined) return found;
    const made = Uint8Array.from({ length: minutes }, (_, minute) =>
      isQuiet(quiet, instantOf(start + minute * 60_000)) ? 1 : 0,
    );
    known.set(quiet, made);
    return made;
  }

  return ({ quietHours }: Pick<EnrolledMember, 'quietHours'>, dueAt: string, now: number): number => {
    const due = Date.parse(dueAt);
    let from = due;
    if (quietHours !== null) {
      const quiet = quietMinutes(quietHours);
      const first = Math.floor((due - start) / 60_000);
      for (let minute = Math.floor((now - start) / 60_000); minute > first; minute -= 1) {
        if (quiet[minute] !== 1) continue;
        from = start + (minute + 1) * 60_000;
        break;
      }
    }
    return Math.max(0, (now - from) / 1000);
  };
}
