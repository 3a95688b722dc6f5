/** `refresh`. */
import { refreshMember } from '../refresh-member.ts';
import { about, type CommonOptions, from1To, type Topic } from './topic.ts';

interface RefreshCommandOptions extends CommonOptions {
  readonly wait?: boolean;
  readonly timeout: number;
  readonly userPresent?: boolean;
}

/** Adds `refresh`. */
export const refreshCommand: Topic = (program, { terminal, reach, end }) => {
  about(program.command('refresh <user> <member>'))
    .description('asks the API for fresh balances of a member, or joins the refresh that runs; guids or own ids')
    .option('--wait', 'follow it to its end')
    .option('--timeout <seconds>', 'with --wait: for so long', from1To(86_400), 900)
    .option('--user-present', 'the user is there and can answer questions of the bank')
    .action(async (user: string, member: string, options: RefreshCommandOptions) => {
      const { wait = false, timeout: timeoutSeconds, userPresent = false, json = false } = options;
      end(
        await refreshMember(await reach(options), terminal, { user, member, wait, timeoutSeconds, userPresent, json }),
      );
    });
};
