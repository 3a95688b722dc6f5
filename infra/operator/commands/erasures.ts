/** `erasures list` and `erasures repeat`. */
import { repeatErasures, showErasures } from '../show-erasures.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds the commands of `erasures`. */
export const erasuresCommands: Topic = (program, { terminal, reach }) => {
  const erasures = program.command('erasures').description('erasings of a person’s data on request');
  about(erasures.command('list'))
    .description('their receipts, those that are not done first')
    .action(async (options: CommonOptions) => showErasures(await reach(options), terminal, options.json ?? false));
  about(erasures.command('repeat'))
    .description('after a restore, or when messages were lost: erases again what the receipts say')
    .option('--dry-run', 'count, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .action(async (options: CommonOptions & { readonly dryRun?: boolean; readonly yes?: boolean }) => {
      const { dryRun = false, yes = false, json = false } = options;
      await repeatErasures(await reach(options), terminal, { dryRun, yes, json });
    });
};
