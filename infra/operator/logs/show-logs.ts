/** `logs`: the lines of all functions about one refresh, member, request or message. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { membersReader } from '../../../shared/clients/members-reader.ts';
import type { Deployment } from '../deployment.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { pace } from '../pace.ts';
import { progress } from '../progress.ts';
import { counted } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { logGroupsOf } from './log-groups.ts';
import { jsonFor, type LogEvent, lineFor, refreshesIn } from './log-line.ts';
import { searchLogs } from './search-logs.ts';
import { patternFor, patternsForRefreshes, rangeOf, type Wanted, wantedOf } from './wanted.ts';

/** What is asked for. */
export interface LogsOptions {
  /** An id; or, with `member`, a user’s guid or own id. */
  readonly id: string;
  /** Null: `id` says it all. */
  readonly member: string | null;
  readonly since: string | null;
  /** Lines at most. */
  readonly limit: number;
  readonly json: boolean;
}

/** Requests a second to AWS, whose limit is one of the account: others read logs too. A local stack has none. */
export const requestsPerSecond = ({ isLocal }: Pick<Deployment, 'isLocal'>): number => (isLocal ? 1_000 : 4);

/** Refreshes of which all lines are searched for; the newest ones. */
const MOST_REFRESHES = 150;

/**
 * Writes the lines, oldest first.
 *
 * @returns `inPart` when there may be more.
 * @throws Stop `usage` for an unknown member, `interrupted`.
 */
export async function showLogs(deployment: Deployment, terminal: Terminal, options: LogsOptions): Promise<ExitCode> {
  const { id, member, since, limit, json } = options;
  const wanted = member === null ? wantedOf(id) : await memberOf(deployment, id, member);
  const range = rangeOf(since, wanted, terminal.now());
  const groups = await logGroupsOf(deployment);
  const client = new CloudWatchLogsClient(deployment.aws());
  const lines = new Map<string, LogEvent>();
  const tell = progress(terminal, () => `${counted(lines.size, 'line')} …`);
  const search = {
    ...{ client, groups, range, stop: terminal.stop },
    turn: pace(requestsPerSecond(deployment), terminal),
    found: (event: LogEvent) => {
      lines.set(event.id, event);
      tell();
    },
    wantsMore: () => lines.size <= limit,
  };
  let leftOut = 0;
  try {
    await searchLogs(search, patternFor(wanted.fields.map((field) => ({ field, value: wanted.value }))));
    if (wanted.withRefreshes) {
      const refreshes = [...refreshesIn([...lines.values()])].toSorted().toReversed();
      leftOut = Math.max(0, refreshes.length - MOST_REFRESHES);
      for (const pattern of patternsForRefreshes(refreshes.slice(0, MOST_REFRESHES))) await searchLogs(search, pattern);
    }
  } finally {
    client.destroy();
  }
  if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was written.');
  const sorted = [...lines.values()].toSorted((one, other) => one.at - other.at);
  for (const event of sorted.slice(0, limit)) await terminal.write(`${json ? jsonFor(event) : lineFor(event)}\n`);
  const until = range.until === null || range.until > terminal.now() ? 'now' : range.until;
  const isCut = sorted.length > limit;
  terminal.say(
    `${isCut ? `More than ${counted(limit, 'line')}` : counted(sorted.length, 'line')} from ${range.from} to ${until}; the newest seconds may come late.`,
  );
  if (isCut) terminal.say('Lines are missing: --limit takes more, --since begins later.');
  if (leftOut > 0) {
    terminal.say(
      `Of ${counted(leftOut, 'older refresh', 'older refreshes')} only the lines that begin and end them are here.`,
    );
  }
  return isCut || leftOut > 0 ? exitCodes.inPart : exitCodes.done;
}

async function memberOf(deployment: Deployment, user: string, member: string): Promise<Wanted> {
  const client = deployment.dynamoDb();
  try {
    const reader = membersReader(client, deployment.output('MembersTable'));
    const key = await reader.resolve({ userIdentifier: user, memberIdentifier: member });
    if (key !== null) return wantedOf(key.memberGuid);
    throw new Stop(exitCodes.usage, `This member is not known to ${deployment.place}, by this name at least.`);
  } finally {
    client.destroy();
  }
}
