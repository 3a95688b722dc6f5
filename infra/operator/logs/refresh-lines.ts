/** The log lines of one refresh, from its acceptance to a while after its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type Instant, plusSeconds } from '../../../shared/domain/instant.ts';
import type { Deployment } from '../deployment.ts';
import { pace } from '../pace.ts';
import { logGroupsOf } from './log-groups.ts';
import type { LogEvent } from './log-line.ts';
import { searchLogs } from './search-logs.ts';
import { requestsPerSecond } from './show-logs.ts';
import { patternFor, rangeOf, wantedOf } from './wanted.ts';

/** Which refresh. */
export interface RefreshLinesOptions {
  readonly refreshId: string;
  /** Null: it has not ended. */
  readonly endedAt: Instant | null;
  readonly now: Instant;
  /** Ends the search: what was found until then is told. */
  readonly stop: AbortSignal;
}

/** Whose lines name a refresh: of the others not even a page is asked for. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  'CheckBalance',
  'StartRefresh',
  'FollowUp',
  'Sweep',
  'DeliverCallback',
]);

/** Its event and its callbacks' first tries come within this time after its end. */
const AFTER_END_SECONDS = 600;

/** More lines than a refresh of ten minutes has. */
const MOST_LINES = 500;

/**
 * Finds them, oldest first. `isPart`: there may be more. Needs `cloudformation:ListStackResources` and `logs:FilterLogEvents`.
 *
 * @throws Stop for what is no id, and when the stack has no function with a log group.
 */
export async function refreshLines(
  deployment: Deployment,
  { refreshId, endedAt, now, stop }: RefreshLinesOptions,
): Promise<{ readonly lines: readonly LogEvent[]; readonly isPart: boolean }> {
  const wanted = wantedOf(refreshId);
  const life = rangeOf(null, wanted, now);
  const range = endedAt === null ? life : { from: life.from, until: plusSeconds(endedAt, AFTER_END_SECONDS) };
  const groups = (await logGroupsOf(deployment)).filter(({ functionId }) => FUNCTIONS.has(functionId));
  const client = new CloudWatchLogsClient(deployment.aws());
  const found = new Map<string, LogEvent>();
  const clock = { elapsed: () => performance.now(), sleep: (ms: number) => sleep(ms, undefined, { signal: stop }) };
  try {
    await searchLogs(
      {
        ...{ client, groups, range, stop },
        turn: pace(requestsPerSecond(deployment), clock),
        found: (event) => void found.set(event.id, event),
        wantsMore: () => found.size <= MOST_LINES,
      },
      patternFor([{ field: 'refresh_id', value: refreshId }]),
    );
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    client.destroy();
  }
  const sorted = [...found.values()].toSorted((one, other) => one.at - other.at);
  return { lines: sorted.slice(0, MOST_LINES), isPart: stop.aborted || sorted.length > MOST_LINES };
}
