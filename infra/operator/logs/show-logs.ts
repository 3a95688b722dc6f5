/** `logs`: the lines of all functions about one refresh, member, request or message; of one function, or those that tell of trouble. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { membersReader } from '../../../shared/clients/members-reader.ts';
import type { Deployment } from '../deployment.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { pace } from '../pace.ts';
import { progress } from '../progress.ts';
import { counted } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { groupOfFunction, logGroupsOf } from './log-groups.ts';
import { isTrouble, jsonFor, type LogEvent, lineFor, refreshesIn } from './log-line.ts';
import { type Search, searchLogs } from './search-logs.ts';
import { callerOf, patternFor, patternsForRefreshes, rangeOf, type Wanted, wantedOf } from './wanted.ts';

/** What is asked for. */
export interface LogsOptions {
  /** An id; or, with `member`, a user’s guid or own id. Null: all lines. */
  readonly id: string | null;
  /** Null: `id` says it all. */
  readonly member: string | null;
  /** Whose requests, in place of an id: a client id, or the ARN of a user or role. */
  readonly caller: string | null;
  /** Lines of this function alone, such as `follow-up`; null: of all. */
  readonly functionName: string | null;
  /** Only lines that tell of trouble. */
  readonly errors: boolean;
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
 * @throws Stop `usage` for an unknown member or function, or when nothing says which lines; `interrupted`.
 */
export async function showLogs(deployment: Deployment, terminal: Terminal, options: LogsOptions): Promise<ExitCode> {
  const { functionName, errors, since, limit, json } = options;
  const wanted = await wantedBy(deployment, options);
  const range = rangeOf(since, wanted, terminal.now());
  const all = await logGroupsOf(deployment);
  const groups = functionName === null ? all : [groupOfFunction(all, functionName)];
  const client = new CloudWatchLogsClient(deployment.aws());
  const lines = new Map<string, LogEvent>();
  const tell = progress(terminal, () => `${counted(lines.size, 'line')} …`);
  const isAsked = (event: LogEvent): boolean => !errors || isTrouble(event);
  const search = {
    ...{ client, groups, range, stop: terminal.stop },
    turn: pace(requestsPerSecond(deployment), terminal),
    found: (event: LogEvent) => {
      // Of what has an id a good line may name a refresh.
      if (wanted !== null || isAsked(event)) lines.set(event.id, event);
      tell();
    },
    wantsMore: () => lines.size <= limit,
  };
  let leftOut = 0;
  try {
    if (wanted === null) await searchLogs(search, '');
    else leftOut = await searchWanted(search, wanted, lines);
  } finally {
    client.destroy();
  }
  if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was written.');
  const sorted = [...lines.values()].filter(isAsked).toSorted((one, other) => one.at - other.at);
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

/** Null: all lines of the functions that are asked. */
async function wantedBy(
  deployment: Deployment,
  { id, member, caller, functionName, errors }: LogsOptions,
): Promise<Wanted | null> {
  if (caller !== null) {
    if (id === null) return callerOf(caller);
    throw new Stop(exitCodes.usage, 'An id and --caller ask for different lines: leave one out.');
  }
  if (id !== null) return member === null ? wantedOf(id) : memberOf(deployment, id, member);
  if (functionName !== null || errors) return null;
  throw new Stop(exitCodes.usage, 'Which lines? An id, a user and a member, --caller, --function or --errors say it.');
}

/** Finds what is wanted into `lines`. @returns of how many older refreshes only the lines are there that name the member */
async function searchWanted(search: Search, wanted: Wanted, lines: ReadonlyMap<string, LogEvent>): Promise<number> {
  await searchLogs(search, patternFor(wanted.fields.map((field) => ({ field, value: wanted.value }))));
  if (!wanted.withRefreshes) return 0;
  const refreshes = [...refreshesIn([...lines.values()])].toSorted().toReversed();
  for (const pattern of patternsForRefreshes(refreshes.slice(0, MOST_REFRESHES))) await searchLogs(search, pattern);
  return Math.max(0, refreshes.length - MOST_REFRESHES);
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
