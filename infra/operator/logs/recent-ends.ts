/**
 * How refreshes ended in the last hours, from the log lines that count their ends. Not from CloudWatch's metrics, which are made of the
 * same lines: a page would need a further right for them, and they are a minute late.
 */
import { type Instant, plusSeconds } from '../../../shared/domain/instant.ts';
import { everyOutcome, type Outcome } from '../../../shared/domain/outcome.ts';
import type { Deployment } from '../deployment.ts';
import { foundLines } from './found-lines.ts';
import { fieldsOf } from './log-line.ts';

/** So many refreshes ended like this. */
export interface EndsAt {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly outcome: Outcome;
  readonly count: number;
}

/** Some of the ends. */
export interface RecentEnds {
  readonly ends: readonly EndsAt[];
  /** There may be more. */
  readonly isPart: boolean;
}

/** Whose lines count ends. */
const FUNCTIONS = ['CheckBalance', 'StartRefresh', 'FollowUp', 'Sweep'];

/** The oldest ends of a busy deployment are left out beyond this: the search begins with the newest hour. */
const MOST_LINES = 20_000;

/** `RefreshTimedOut`, as the functions count `timed_out` (`shared/lambda/metrics.ts`). */
export const metricOf = (outcome: Outcome): string =>
  `Refresh${outcome
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`;

/** Reads them, of so many hours up to now. @throws Stop when the stack has no function with a log group. */
export async function recentEnds(
  deployment: Deployment,
  { hours, now, stop }: { readonly hours: number; readonly now: Instant; readonly stop: AbortSignal },
): Promise<RecentEnds> {
  const { lines, isPart } = await foundLines(deployment, {
    functions: FUNCTIONS,
    ranges: Array.from({ length: hours }, (_, hour) => ({
      from: plusSeconds(now, -3_600 * (hour + 1)),
      until: hour === 0 ? null : plusSeconds(now, -3_600 * hour),
    })),
    pattern: `{ ${everyOutcome.map((outcome) => `$.${metricOf(outcome)} > 0`).join(' || ')} }`,
    most: MOST_LINES,
    stop,
  });
  const ends = lines.flatMap((line) => {
    const fields = fieldsOf(line) ?? {};
    return everyOutcome.flatMap((outcome) => {
      const count: unknown = fields[metricOf(outcome)];
      return typeof count === 'number' && count > 0 ? [{ at: line.at, outcome, count }] : [];
    });
  });
  return { ends, isPart };
}
