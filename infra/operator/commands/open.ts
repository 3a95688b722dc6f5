/** `open`. */
import { showOpen } from '../show-open.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds `open`. */
export const openCommand: Topic = (program, { terminal, reach }) => {
  about(program.command('open'))
    .description('the refreshes that run now: of which member, since when, at which step, by whom')
    .option('--stuck', 'only those past their deadline')
    .action(async (options: CommonOptions & { readonly stuck?: boolean }) => {
      const { stuck = false, json = false } = options;
      await showOpen(await reach(options), terminal, { stuck, json });
    });
};
