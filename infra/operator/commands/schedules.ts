/** `schedules export`, `schedules import` and `schedules reshard`. */
import { exportSchedules } from '../export-schedules.ts';
import { importSchedules } from '../import-schedules.ts';
import { reshardSchedules } from '../reshard-schedules.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

/** What commands can be told that change many members. */
interface ChangingOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly perSecond: number;
}

interface ImportCommandOptions extends ChangingOptions {
  readonly resolve?: boolean;
  readonly resolvePerSecond: number;
}

/** Adds the commands of `schedules`. */
export const schedulesCommands: Topic = (program, { terminal, reach, end }) => {
  const schedules = program.command('schedules').description('members that are refreshed without being asked for');
  about(schedules.command('export'))
    .description('all members on the schedule, as CSV, or with --json a JSON object a line')
    .option('--output <file>', 'to a file instead of the output')
    .action(async (options: CommonOptions & { readonly output?: string }) =>
      exportSchedules(await reach(options), terminal, { output: options.output ?? null, json: options.json ?? false }),
    );

  about(schedules.command('import <file>'))
    .description(
      'puts the members of a CSV file, with the columns of an export, on the schedule; run again, it goes on',
    )
    .option('--dry-run', 'read and report, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .option('--per-second <count>', 'members a second at most', from1To(5_000), 500)
    .option('--resolve', 'ask MX for members that are not known here by own ids, from this machine')
    .option('--resolve-per-second <count>', 'calls to MX a second at most', from1To(200), 20)
    .action(async (path: string, options: ImportCommandOptions) => {
      const { dryRun = false, yes = false, json = false, perSecond, resolve = false } = options;
      const resolvePerSecond = resolve ? options.resolvePerSecond : null;
      const deployment = await reach(options);
      end(await importSchedules(deployment, terminal, { path, dryRun, yes, json, perSecond, resolvePerSecond }));
    });
  about(schedules.command('reshard'))
    .description('spreads members over the shards of the schedule, after their number was raised and deployed')
    .option('--dry-run', 'count, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .option('--per-second <count>', 'members a second at most', from1To(5_000), 500)
    .action(async (options: ChangingOptions) => {
      const { dryRun = false, yes = false, json = false, perSecond } = options;
      end(await reshardSchedules(await reach(options), terminal, { dryRun, yes, json, perSecond }));
    });
};
