/** `pause` and `resume`. */
import { InvalidArgumentError } from 'commander';
import { MAX_WHY } from '../../../shared/domain/pause.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import { pauseCalls, resumeCalls, showPauses } from '../pause.ts';
import { about, type CommonOptions, type Topic } from './topic.ts';

/** What `pause` can be told. */
interface PauseCommandOptions extends CommonOptions {
  readonly for?: number;
  readonly why?: string;
  readonly show?: boolean;
  readonly yes?: boolean;
}

/** The shortest and the longest pause, in seconds: what is meant to last longer is asked for again. */
const LEAST = 60;
const MOST = 86_400;

/** Reads `30m` or `2h` as seconds. */
export function readSpan(text: string): number {
  const [, count = '', unit] = /^(\d{1,4})(m|h)$/.exec(text) ?? [];
  const seconds = Number(count) * (unit === 'h' ? 3_600 : 60);
  if (count !== '' && seconds >= LEAST && seconds <= MOST) return seconds;
  throw new InvalidArgumentError('It has to be minutes or hours, from 1m to 24h, such as 30m or 2h.');
}

/** Reads a reason: one line. */
export function readWhy(text: string): string {
  const why = text.trim();
  if (why !== '' && why.length <= MAX_WHY && !/\p{Cc}/u.test(why)) return why;
  throw new InvalidArgumentError(`It has to be one line of 1 to ${MAX_WHY} characters.`);
}

/** Adds `pause` and `resume`. */
export const pauseCommands: Topic = (program, { terminal, reach }) => {
  about(program.command('pause'))
    .description('stops every call to MX for a while: triggers are refused, what runs goes on afterwards')
    .option('--for <time>', 'how long, from 1m to 24h', readSpan)
    .option('--why <text>', 'the reason, for operators; callers never see it', readWhy)
    .option('--show', 'only say whether calls are paused, and when they were')
    .option('--yes', 'do not ask before something is changed')
    .action(async (options: PauseCommandOptions) => {
      const { for: seconds, why, show = false, yes = false, json = false } = options;
      if (show) return showPauses(await reach(options), terminal, json);
      if (seconds === undefined || why === undefined) {
        throw new Stop(
          exitCodes.usage,
          'For how long, and why? pause --for 2h --why "MX asked for it". Nothing was changed.',
        );
      }
      return pauseCalls(await reach(options), terminal, { seconds, why, yes, json });
    });
  about(program.command('resume'))
    .description('ends the pause of calls to MX')
    .option('--yes', 'do not ask before something is changed')
    .action(async (options: CommonOptions & { readonly yes?: boolean }) => {
      const { yes = false, json = false } = options;
      await resumeCalls(await reach(options), terminal, { yes, json });
    });
};
