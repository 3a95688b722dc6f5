/** `dead-letters list`, `show`, `redrive` and `discard`. */
import { Argument } from 'commander';
import { discardDeadLetters } from '../dead-letters/discard.ts';
import { listDeadLetters, showDeadLetter } from '../dead-letters/list.ts';
import { type QueueName, queueNames } from '../dead-letters/queues.ts';
import { redriveDeadLetters } from '../dead-letters/redrive.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

interface ChangingOptions extends CommonOptions {
  readonly message?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface RedriveCommandOptions extends ChangingOptions {
  readonly limit?: number;
  readonly perSecond: number;
  readonly discardVoid?: boolean;
}

const queueArgument = (name: '[queue]' | '<queue>'): Argument => new Argument(name).choices(queueNames);

/** Adds the commands of `dead-letters`. */
export const deadLettersCommands: Topic = (program, { terminal, reach, end }) => {
  const letters = program.command('dead-letters').description('messages that failed too often');
  about(letters.command('list'))
    .addArgument(queueArgument('[queue]'))
    .description('how many each queue has, and the first of them: what about, why, and whether sending back helps')
    .option('--limit <count>', 'letters of each queue at most', from1To(10_000), 100)
    .action(async (queue: QueueName | undefined, options: CommonOptions & { readonly limit: number }) => {
      const { limit, json = false } = options;
      await listDeadLetters(await reach(options), terminal, { queue: queue ?? null, limit, json });
    });

  about(letters.command('show'))
    .addArgument(queueArgument('<queue>'))
    .argument('<message>', 'its message id')
    .description('one letter, without bank data, URLs and own ids')
    .action(async (queue: QueueName, messageId: string, options: CommonOptions) => {
      await showDeadLetter(await reach(options), terminal, { queue, messageId, json: options.json ?? false });
    });

  about(letters.command('redrive'))
    .addArgument(queueArgument('[queue]'))
    .description('sends letters back to where they failed; those that would do nothing are named and left')
    .option('--message <id>', 'this letter alone')
    .option('--limit <count>', 'letters of each queue at most (default: all)', from1To(1_000_000))
    .option('--per-second <count>', 'letters a second at most', from1To(1_000), 10)
    .option('--discard-void', 'discard those that would do nothing')
    .option('--dry-run', 'look and report, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .action(async (queue: QueueName | undefined, options: RedriveCommandOptions) => {
      const { limit = Number.POSITIVE_INFINITY, perSecond, discardVoid = false, message = null } = options;
      const { dryRun = false, yes = false, json = false } = options;
      const asked = { queue: queue ?? null, messageId: message, limit, perSecond, discardVoid, dryRun, yes, json };
      end(await redriveDeadLetters(await reach(options), terminal, asked));
    });

  about(letters.command('discard'))
    .addArgument(queueArgument('<queue>'))
    .description('deletes letters, after it has said what that means for each')
    .option('--message <id>', 'this letter alone')
    .option('--limit <count>', 'letters at most', from1To(10_000), 100)
    .option('--dry-run', 'look and report, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .action(async (queue: QueueName, options: ChangingOptions & { readonly limit: number }) => {
      const { message = null, limit, dryRun = false, yes = false, json = false } = options;
      await discardDeadLetters(await reach(options), terminal, { queue, messageId: message, limit, dryRun, yes, json });
    });
};
