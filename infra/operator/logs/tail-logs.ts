/**
 * `tail`: follows the lines of all functions, by reading them again and again. CloudWatch’s live tail is paid by the minute, and ends
 * after some hours.
 */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { epochMillisecondsOf, instantOf } from '../../../shared/domain/instant.ts';
import type { Deployment } from '../deployment.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { pace } from '../pace.ts';
import type { Terminal } from '../terminal.ts';
import { logGroupsOf } from './log-groups.ts';
import { isTrouble, jsonFor, type LogEvent, lineFor } from './log-line.ts';
import { searchLogs } from './search-logs.ts';
import { requestsPerSecond } from './show-logs.ts';
import { sinceOf } from './wanted.ts';

/** What to follow. */
export interface TailOptions {
  /** Warnings and errors alone. */
  readonly errors: boolean;
  /** Null: from now on. */
  readonly since: string | null;
  readonly json: boolean;
}

/** Lines come late, and not in their order: so far back each reading begins before the newest line of the one before. */
const OVERLAP_MS = 30_000;

/** From one reading to the next, in milliseconds. Locally all groups are read in no time. */
const PAUSE_MS = { aws: 1_000, local: 250 };

/** Follows until Ctrl-C, or until its reader closes the output; both without a word. */
export async function tailLogs(
  deployment: Deployment,
  terminal: Terminal,
  { errors, since, json }: TailOptions,
): Promise<ExitCode> {
  const beganAt = epochMillisecondsOf(since === null ? terminal.now() : sinceOf(since, terminal.now()));
  const groups = await logGroupsOf(deployment);
  const client = new CloudWatchLogsClient(deployment.aws());
  const turn = pace(requestsPerSecond(deployment), terminal);
  const { stop } = terminal;
  /** The lines that a reading may find again, with their times. */
  const known = new Map<string, number>();
  let newest = beganAt;
  terminal.say(`Following ${groups.length} functions · ${deployment.place}`);
  try {
    while (!stop.aborted) {
      const fresh: LogEvent[] = [];
      const from = Math.max(beganAt, newest - OVERLAP_MS);
      for (const [id, at] of known) if (at < from) known.delete(id);
      const found = (event: LogEvent): void => {
        if (known.has(event.id)) return;
        known.set(event.id, event.at);
        fresh.push(event);
        newest = Math.max(newest, event.at);
      };
      const range = { from: instantOf(from), until: null };
      await searchLogs({ client, groups, range, turn, stop, found, wantsMore: () => true }, '');
      for (const event of fresh.toSorted((one, other) => one.at - other.at)) {
        if (!errors || isTrouble(event)) await terminal.write(`${json ? jsonFor(event) : lineFor(event)}\n`);
      }
      await terminal.sleep(deployment.isLocal ? PAUSE_MS.local : PAUSE_MS.aws);
    }
    return exitCodes.interrupted;
  } catch (error) {
    if (stop.aborted) return exitCodes.interrupted;
    if (error instanceof Stop && error.exitCode === exitCodes.outputClosed) return exitCodes.outputClosed;
    throw error;
  } finally {
    client.destroy();
  }
}
