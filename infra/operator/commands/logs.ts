/** `logs` and `tail`. */
import { showLogs } from '../logs/show-logs.ts';
import { tailLogs } from '../logs/tail-logs.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

interface LogsCommandOptions extends CommonOptions {
  readonly caller?: string;
  readonly function?: string;
  readonly errors?: boolean;
  readonly since?: string;
  readonly limit: number;
}

/** Adds `logs` and `tail`. */
export const logsCommands: Topic = (program, { terminal, reach, end }) => {
  about(program.command('logs [id] [member]'))
    .description(
      'the log lines of one refresh (RFR-…), member (MBR-…, or user and member by guids or own ids), correlation id, request or message; of one function; or the errors of all',
    )
    .option('--caller <name>', 'of this caller’s requests: a client id, or the ARN of a user or role')
    .option('--function <name>', 'of this function alone, such as follow-up')
    .option('--errors', 'only warnings and errors')
    .option('--since <when>', 'like 90m, 24h, 7d or an instant (default: a day; of a refresh all its life)')
    .option('--limit <count>', 'lines at most', from1To(100_000), 10_000)
    .action(async (id: string | undefined, member: string | undefined, options: LogsCommandOptions) => {
      const { caller = null, function: functionName = null, errors = false } = options;
      const { since = null, limit, json = false } = options;
      const asked = { id: id ?? null, member: member ?? null, caller, functionName, errors, since, limit, json };
      end(await showLogs(await reach(options), terminal, asked));
    });

  about(program.command('tail'))
    .description('follows the log lines of all functions, until Ctrl-C')
    .option('--errors', 'only warnings and errors')
    .option('--since <when>', 'begin like 90m, 24h, 7d ago or at an instant (default: now)')
    .action(async (options: CommonOptions & { readonly errors?: boolean; readonly since?: string }) => {
      const { errors = false, since = null, json = false } = options;
      end(await tailLogs(await reach(options), terminal, { errors, since, json }));
    });
};
