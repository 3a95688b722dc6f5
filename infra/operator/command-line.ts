/** The command line: its topics, and how it ends. The commands and their options stand in `commands/`, a file for each topic. */
import { Command, CommanderError } from 'commander';
import { attentionCommand } from './commands/attention.ts';
import { deadLettersCommands } from './commands/dead-letters.ts';
import { deploymentCommand } from './commands/deployment.ts';
import { doctorCommand } from './commands/doctor.ts';
import { erasuresCommands } from './commands/erasures.ts';
import { explainCommand } from './commands/explain.ts';
import { institutionsCommand } from './commands/institutions.ts';
import { logsCommands } from './commands/logs.ts';
import { openCommand } from './commands/open.ts';
import { pauseCommands } from './commands/pause.ts';
import { refreshCommand } from './commands/refresh.ts';
import { schedulesCommands } from './commands/schedules.ts';
import { tablesCommands } from './commands/tables.ts';
import type { CommandContext, Topic } from './commands/topic.ts';
import { findDeployment } from './deployment.ts';
import { endingOf } from './ending.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** In the order of the help. */
const topics: readonly Topic[] = [
  deploymentCommand,
  doctorCommand,
  explainCommand,
  attentionCommand,
  openCommand,
  refreshCommand,
  institutionsCommand,
  schedulesCommands,
  deadLettersCommands,
  logsCommands,
  pauseCommands,
  erasuresCommands,
  tablesCommands,
];

const EXIT_CODES = `
Exit codes: ${exitCodes.done} done · ${exitCodes.inPart} done, but lines or members were left out · ${exitCodes.usage} the command line or the file is wrong ·
${exitCodes.unreachable} the deployment was not found or not reached · ${exitCodes.failed} an error in the middle · ${exitCodes.unconfirmed} a yes is needed (--yes) ·
${exitCodes.unwell} doctor has found a failure ·
${exitCodes.interrupted} interrupted · ${exitCodes.outputClosed} the output was closed. docs/operator.md says more.`;

/** Runs `args`. The exit code; what there is to say has been said. */
export async function runCommandLine(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const written: string[] = [];
  let exitCode: ExitCode = exitCodes.done;
  const program = commands(terminal, version, (code) => {
    exitCode = code;
  });
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => terminal.say(text.trimEnd()),
      outputError: (text, write) => write(terminal.red(text)),
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // `--help` and `--version` are no errors to us; all others are of the command line.
      await terminal.write(written.join(''));
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    }
    const ending = endingOf(error);
    const { sentence } = ending;
    const told = { error: sentence, exit_code: ending.exitCode };
    terminal.say(args.includes('--json') ? JSON.stringify(told) : terminal.red(sentence));
    return ending.exitCode;
  }
}

const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];

/** @param end told how a command ended that may end in more than one way. */
function commands(terminal: Terminal, version: string, end: CommandContext['end']): Command {
  const program = new Command('mx-fresh-balances')
    .description('Operates a deployment of mx-fresh-balances, in AWS or on this machine.')
    .version(version)
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', EXIT_CODES);
  for (const add of topics) {
    add(program, { terminal, reach: (options) => findDeployment(options, terminal.environment), end });
  }
  return program;
}
