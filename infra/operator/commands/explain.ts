/** `explain`. */
import { explainMember } from '../explain-member.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** Adds `explain`. */
export const explainCommand: Topic = (program, { terminal, reach }) => {
  about(program.command('explain <user> <member>'))
    .description('why a member’s balances are old, whose move it is, and what happens next; guids or own ids')
    .option('--show-amounts', 'write the amounts too')
    .action(async (user: string, member: string, options: CommonOptions & { readonly showAmounts?: boolean }) => {
      const { showAmounts = false, json = false } = options;
      await explainMember(await reach(options), terminal, { user, member, showAmounts, json });
    });
};
