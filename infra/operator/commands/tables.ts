/** `tables copy-back`. */
import { Argument } from 'commander';
import { copyBack, type TableName, tableNames } from '../copy-back.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

interface CopyBackCommandOptions extends CommonOptions {
  readonly from: string;
  readonly perSecond: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** Adds the commands of `tables`. */
export const tablesCommands: Topic = (program, { terminal, reach }) => {
  const tables = program.command('tables').description('the deployment’s tables');
  about(tables.command('copy-back'))
    .addArgument(new Argument('<table>').choices(tableNames))
    .description('puts back what a table has lost, from a copy that was restored beside it; overwrites nothing')
    .requiredOption('--from <name>', 'the table that was restored')
    .option('--per-second <count>', 'items a second at most', from1To(10_000), 200)
    .option('--dry-run', 'look and report, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .action(async (name: TableName, options: CopyBackCommandOptions) => {
      const { from, perSecond, dryRun = false, yes = false, json = false } = options;
      await copyBack(await reach(options), terminal, { name, from, perSecond, dryRun, yes, json });
    });
};
