/** Log lines of some functions that a pattern fits, for a page: within a time and a number, and what is missing is said. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Deployment } from '../deployment.ts';
import { pace } from '../pace.ts';
import { logGroupsOf } from './log-groups.ts';
import type { LogEvent } from './log-line.ts';
import { searchLogs } from './search-logs.ts';
import { requestsPerSecond } from './show-logs.ts';
import type { Range } from './wanted.ts';

/** What is looked for. */
export interface LinesWanted {
  /** `FollowUp`: the log groups of the others are not asked. */
  readonly functions: readonly string[];
  /** Searched one after the other, until enough is found. */
  readonly ranges: readonly Range[];
  /** Of CloudWatch Logs. */
  readonly pattern: string;
  /** Of lines: the page of a log in which they become more is the last. */
  readonly most: number;
  /** Ends the search: what was found until then is told. */
  readonly stop: AbortSignal;
}

/** Lines, oldest first. */
export interface FoundLines {
  readonly lines: readonly LogEvent[];
  /** There may be more. */
  readonly isPart: boolean;
}

/**
 * Finds them. Needs `cloudformation:ListStackResources` and `logs:FilterLogEvents`.
 *
 * @throws Stop when the stack has no function with a log group.
 */
export async function foundLines(
  deployment: Deployment,
  { functions, ranges, pattern, most, stop }: LinesWanted,
): Promise<FoundLines> {
  const groups = (await logGroupsOf(deployment)).filter(({ functionId }) => functions.includes(functionId));
  const client = new CloudWatchLogsClient(deployment.aws());
  const found = new Map<string, LogEvent>();
  const clock = { elapsed: () => performance.now(), sleep: (ms: number) => sleep(ms, undefined, { signal: stop }) };
  const search = {
    ...{ client, groups, stop },
    turn: pace(requestsPerSecond(deployment), clock),
    found: (event: LogEvent) => void found.set(event.id, event),
    wantsMore: () => found.size <= most,
  };
  try {
    for (const range of ranges) await searchLogs({ ...search, range }, pattern);
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    client.destroy();
  }
  const sorted = [...found.values()].toSorted((one, other) => one.at - other.at);
  return { lines: sorted, isPart: stop.aborted || sorted.length > most };
}
