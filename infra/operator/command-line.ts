/** The command line: commands, options and their words. What each command does stands in a file of its own. */
import { Command, CommanderError } from 'commander';
import { type Deployment, type DeploymentOptions, findDeployment } from './deployment.ts';
import { endingOf } from './ending.ts';
import { exitCodes } from './exit-codes.ts';
import { exportSchedules } from './export-schedules.ts';
import { showDeployment } from './show-deployment.ts';
import type { Terminal } from './terminal.ts';

const EXIT_CODES = `
Exit codes: ${exitCodes.done} done · ${exitCodes.inPart} done, but lines or members were left out · ${exitCodes.usage} the command line or the file is wrong ·
${exitCodes.unreachable} the deployment was not found or not reached · ${exitCodes.failed} an error in the middle · ${exitCodes.unconfirmed} a yes is needed (--yes) ·
${exitCodes.interrupted} interrupted · ${exitCodes.outputClosed} the output was closed. docs/operator.md says more.`;

/** What every command can be told. */
interface CommonOptions extends DeploymentOptions {
  readonly json?: boolean;
}

/** Runs `args`. The exit code; what there is to say has been said. */
export async function runCommandLine(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const written: string[] = [];
  const program = commands(terminal, version);
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => terminal.say(text.trimEnd()),
      outputError: (text, write) => write(terminal.red(text)),
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      // `--help` and `--version` are no errors to us; all others are of the command line.
      await terminal.write(written.join(''));
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    }
    const { exitCode, sentence } = endingOf(error);
    terminal.say(
      args.includes('--json') ? JSON.stringify({ error: sentence, exit_code: exitCode }) : terminal.red(sentence),
    );
    return exitCode;
  }
}

const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];

function commands(terminal: Terminal, version: string): Command {
  const program = new Command('mx-fresh-balances')
    .description('Operates a deployment of mx-fresh-balances, in AWS or on this machine.')
    .version(version)
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', EXIT_CODES);

  const reach = (options: CommonOptions): Promise<Deployment> => findDeployment(options, terminal.environment);

  about(program.command('deployment'))
    .description('which deployment the options name, and its outputs')
    .action(async (options: CommonOptions) => showDeployment(await reach(options), terminal, options.json ?? false));

  const schedules = program.command('schedules').description('members that are refreshed without being asked for');
  about(schedules.command('export'))
    .description('everybody who is on the schedule, as CSV, or with --json a JSON object a line')
    .option('--output <file>', 'to a file instead of the output')
    .action(async (options: CommonOptions & { readonly output?: string }) =>
      exportSchedules(await reach(options), terminal, { output: options.output ?? null, json: options.json ?? false }),
    );
  return program;
}

/** With the options that every command has. */
const about = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack (default: the variable STACK)')
    .option('--region <name>', 'its region (default: AWS_REGION, or that of the AWS profile)')
    .option('--local', 'the stack of npm start on this machine')
    .option('--expect-account <id>', 'refuse to go on in another AWS account')
    .option('--json', 'for programs: JSON, also of errors');
