/** Places for requests that wait, in memory: the same condition as `shared/clients/wait-leases.ts`. */
import type { Clock, Instant } from '../../shared/domain/instant.ts';
import type { WaitLeases } from '../../shared/domain/ports.ts';
import { atOnce, type Request, recognised } from './request.ts';

/** Until when each place is taken. Leases are replaced and never changed. */
export type WaitLeasesTable = Map<number, { readonly until: Instant }>;

/** The places in `table`. */
export const fakeWaitLeases = (table: WaitLeasesTable, now: Clock, request: Request = atOnce): WaitLeases => ({
  take: (place, until) =>
    request(
      'waitLeases.take',
      recognised(
        () => table.get(place),
        () => {
          const known = table.get(place);
          if (known !== undefined && known.until > now()) return false;
          table.set(place, { until });
          return true;
        },
      ),
    ),
});
