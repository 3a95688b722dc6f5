/** The ceiling on unattended starts, in memory. */
import { epochMillisecondsOf, instantOf } from '../../shared/domain/instant.ts';
import type { StartCeiling } from '../../shared/domain/ports.ts';
import { atOnce, type Request } from './request.ts';

/** Until when starts are reserved, in epoch milliseconds. */
export interface CeilingItem {
  reservedUntil: number;
}

/** A ceiling of `startsPerSecond` in `item`. */
export const fakeStartCeiling = (
  item: CeilingItem,
  startsPerSecond: number,
  request: Request = atOnce,
): StartCeiling => ({
  reserve: (starts, now) =>
    request('ceiling.reserve', () => {
      const present = epochMillisecondsOf(now);
      const from = Math.max(item.reservedUntil, present);
      if (from > present + 900_000) return null;
      item.reservedUntil = from + Math.ceil((starts * 1000) / startsPerSecond);
      return instantOf(from);
    }),
});
