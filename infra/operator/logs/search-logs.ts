/**
 * Searching log groups by FilterLogEvents. It costs nothing per request or byte, creates nothing, and is there at once, whereas a query
 * of Logs Insights is paid by the byte that it reads, gives 10,000 rows at most, and goes on after this command unless it is stopped.
 */
import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { epochMillisecondsOf } from '../../../shared/domain/instant.ts';
import type { LogGroup } from './log-groups.ts';
import type { LogEvent } from './log-line.ts';
import type { Range } from './wanted.ts';

/** What to search. */
export interface Search {
  readonly client: CloudWatchLogsClient;
  readonly groups: readonly LogGroup[];
  readonly range: Range;
  /** Waits until the next request may be made. */
  readonly turn: () => Promise<void>;
  readonly stop: AbortSignal;
  /** Called for each line that is found. */
  readonly found: (event: LogEvent) => void;
  /** False: enough is found. */
  readonly wantsMore: () => boolean;
}

/** How many groups are searched at a time. */
const AT_ONCE = 4;

/** Finds the lines that `pattern` fits, in all groups, until `stop` is aborted. A page without lines may not be the last. */
export async function searchLogs(search: Search, pattern: string): Promise<void> {
  const left = [...search.groups];
  const one = async (): Promise<void> => {
    for (let group = left.shift(); group !== undefined; group = left.shift()) await searchGroup(search, group, pattern);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function searchGroup(search: Search, group: LogGroup, pattern: string): Promise<void> {
  const { client, range, turn, stop, found, wantsMore } = search;
  let nextToken: string | undefined;
  do {
    if (stop.aborted || !wantsMore()) return;
    await turn();
    const page = await client.send(
      new FilterLogEventsCommand({
        logGroupName: group.name,
        startTime: epochMillisecondsOf(range.from),
        ...(range.until === null ? {} : { endTime: epochMillisecondsOf(range.until) }),
        ...(pattern === '' ? {} : { filterPattern: pattern }),
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    for (const { eventId = '', timestamp = 0, message = '' } of page.events ?? []) {
      // The ids of two groups may be the same.
      found({ id: `${group.name} ${eventId}`, at: timestamp, functionId: group.functionId, message });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
