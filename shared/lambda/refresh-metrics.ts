/** What is measured of refreshes, as metrics. */

import { secondsBetween } from '../domain/instant.ts';
import {
  countLeftBehind,
  isMissed,
  type Measures,
  secondsAfterJobEnd,
  secondsUntilReplaced,
} from '../domain/measures.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { Telemetry } from './log.ts';
import type { CountName, ValueName } from './metrics.ts';

/** Each outcome's count. */
const outcomeCounts = {
  succeeded: 'RefreshSucceeded',
  action_required: 'RefreshActionRequired',
  failed: 'RefreshFailed',
  not_refreshed: 'RefreshNotRefreshed',
  timed_out: 'RefreshTimedOut',
} as const satisfies Readonly<Record<Outcome, CountName>>;

/**
 * In tenths: MX's clock is right to a second, and with cents a duration could look like an amount, which no line may have
 * (`test/privacy/detector.ts`).
 */
const inTenths = (value: number): number => Math.round(value * 10) / 10;

/** Counts and measures in `report`. What cannot be measured is left out, and never fails a refresh. */
export function refreshMetrics(report: Pick<Telemetry, 'count' | 'measure'>): Measures {
  const measure = (metric: ValueName, value: number | null): void => {
    if (value !== null) report.measure(metric, inTenths(value));
  };
  return {
    ended: unlessItFails((end) => {
      const { claim, ending, endedAt } = end;
      report.count(outcomeCounts[ending.outcome]);
      if (isMissed(ending)) report.count('RefreshMissed');
      if (ending.outcome === 'succeeded') measure('SecondsToStored', secondsBetween(claim.acceptedAt, endedAt));
      measure('SecondsAfterJobEnd', secondsAfterJobEnd(end));
      measure('LooksTaken', claim.lookNumber);
    }),
    stored: unlessItFails((stored) => {
      const behind = countLeftBehind(stored);
      if (behind > 0) report.count('AccountsLeftBehind', behind);
      measure('SecondsUntilReplaced', secondsUntilReplaced(stored));
    }),
  };
}

/** A fault in here is worth no refresh. It shows in the tests of this file, and as a metric without data. */
function unlessItFails<T>(tell: (told: T) => void): (told: T) => void {
  return (told) => {
    try {
      tell(told);
    } catch {
      // The end is written and the accounts are stored: what is left of the refresh has to be done.
    }
  };
}
