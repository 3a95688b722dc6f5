/** `attention`. */
import { Argument } from 'commander';
import { type AttentionAction, attentionActions } from '../../../shared/domain/action.ts';
import { showAttention } from '../show-attention.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

/** Adds `attention`. */
export const attentionCommand: Topic = (program, { terminal, reach }) => {
  about(program.command('attention'))
    .addArgument(new Argument('[action]', 'only members that wait for this').choices(attentionActions))
    .description('members that wait for their user or for support: how many, and which, the oldest first')
    .option('--limit <count>', 'members of each action at most', from1To(10_000), 25)
    .action(async (action: AttentionAction | undefined, options: CommonOptions & { readonly limit: number }) => {
      const { limit, json = false } = options;
      await showAttention(await reach(options), terminal, { action: action ?? null, limit, json });
    });
};
