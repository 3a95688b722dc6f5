/** `institutions`. */
import { showInstitutions } from '../show-institutions.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds `institutions`. */
export const institutionsCommand: Topic = (program, { terminal, reach }) => {
  about(program.command('institutions [code]'))
    .description('what is learnt of banks: whether they work, how refreshes ended, how long jobs take; one, or all')
    .option('--open', 'only banks that do not work')
    .action(async (code: string | undefined, options: CommonOptions & { readonly open?: boolean }) => {
      const { open = false, json = false } = options;
      await showInstitutions(await reach(options), terminal, { code: code ?? null, open, json });
    });
};
