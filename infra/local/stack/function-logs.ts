import { type AwsAnswer, type AwsEngine, awsAnswer, awsError, unknownAction } from './aws-call.ts';
import type { Blueprint } from './blueprint.ts';
import { type LogFilter, readLogFilter } from './log-filter.ts';
import type { ObservationFeed } from './observations.ts';
import { isRecord } from './template.ts';
import { logGroupOf } from './wire-functions.ts';

interface LoggedLine {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** Newest lines of each function that can be read. Up to twice as many are held: at 1 kB a line, 4 MB a function. */
const LINES_KEPT = 2_000;
const PAGE = 1_000;
const ACTIONS = ['DescribeLogGroups', 'FilterLogEvents'];
const STREAM = 'local';

/**
 * CloudWatch Logs on one machine: the last lines of each function under the name of its log group, so that `aws logs
 * tail` works. Log groups that no function writes to are listed and empty.
 */
export function functionLogs(blueprint: Blueprint, observations: ObservationFeed, now: () => number): AwsEngine {
  const createdAt = now();
  const lines = new Map<string, LoggedLine[]>(
    blueprint
      .resources()
      .filter(({ type }) => type === 'AWS::Logs::LogGroup')
      .map(({ ref }) => [ref, []]),
  );
  const groupOf = new Map<string, string>();
  for (const { logicalId, ref, properties } of blueprint.ofType('AWS::Lambda::Function')) {
    const group = logGroupOf(ref, properties);
    groupOf.set(logicalId, group);
    lines.set(group, []);
  }
  let written = 0;
  observations.on('log', ({ function: logicalId, line }) => {
    const group = lines.get(groupOf.get(logicalId) ?? '');
    if (group === undefined) return;
    written += 1;
    group.push({ number: written, at: now(), text: line });
    // Cut only every 2,000 lines: to take the first line off a long list costs as much as copying the list.
    if (group.length >= 2 * LINES_KEPT) group.splice(0, group.length - LINES_KEPT);
  });

  return async (call) => {
    const parsed: unknown = JSON.parse(call.body.toString() || '{}');
    const input = isRecord(parsed) ? parsed : {};
    switch (call.action) {
      case 'DescribeLogGroups': {
        const prefix = String(input['logGroupNamePrefix'] ?? '');
        const part = String(input['logGroupNamePattern'] ?? '');
        const names = [...lines.keys()].filter((name) => name.startsWith(prefix) && name.includes(part)).sort();
        return awsAnswer('logs', {
          logGroups: names.map((logGroupName) => {
            const arn = `arn:aws:logs:${blueprint.place.region}:${blueprint.place.account}:log-group:${logGroupName}`;
            return { logGroupName, arn: `${arn}:*`, logGroupArn: arn, creationTime: createdAt, storedBytes: 0 };
          }),
        });
      }
      case 'FilterLogEvents': {
        const asked = String(input['logGroupName'] ?? input['logGroupIdentifier'] ?? '');
        const group = lines.get(asked.replace(/^arn:aws:logs:[^:]*:[^:]*:log-group:/, ''));
        if (group === undefined) {
          const message = `The specified log group does not exist; the local stack has ${[...lines.keys()].join(', ')}`;
          return awsError('logs', 'ResourceNotFoundException', message);
        }
        return filtered(group.slice(-LINES_KEPT), input);
      }
      default:
        return unknownAction('logs', call.action, ACTIONS);
    }
  };
}

function filtered(lines: readonly LoggedLine[], input: Readonly<Record<string, unknown>>): AwsAnswer {
  let fits: LogFilter;
  try {
    fits = readLogFilter(String(input['filterPattern'] ?? ''));
  } catch (error) {
    return awsError('logs', 'InvalidParameterException', error instanceof Error ? error.message : String(error));
  }
  const from = Number(input['startTime'] ?? 0);
  const until = Number(input['endTime'] ?? Number.POSITIVE_INFINITY);
  // The token is a line's number, not its place in the list: old lines may be cut between two pages.
  const after = Number(input['nextToken'] ?? 0);
  const wanted = lines.filter(({ number, at, text }) => number > after && at >= from && at <= until && fits(text));
  const page = wanted.slice(0, Math.min(Number(input['limit'] ?? PAGE), PAGE));
  const last = page.at(-1);
  return awsAnswer('logs', {
    events: page.map(({ number, at, text }) => ({
      logStreamName: STREAM,
      timestamp: at,
      message: text,
      ingestionTime: at,
      eventId: String(number),
    })),
    searchedLogStreams: [],
    ...(last !== undefined && page.length < wanted.length ? { nextToken: String(last.number) } : {}),
  });
}
