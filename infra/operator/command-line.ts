/** The command line: commands, options and their words. What each command does stands in a file of its own. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Deployment, type DeploymentOptions, findDeployment } from './deployment.ts';
import { endingOf } from './ending.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { explainMember } from './explain-member.ts';
import { exportSchedules } from './export-schedules.ts';
import { importSchedules } from './import-schedules.ts';
import { reshardSchedules } from './reshard-schedules.ts';
import { showDeployment } from './show-deployment.ts';
import { repeatErasures, showErasures } from './show-erasures.ts';
import { showInstitutions } from './show-institutions.ts';
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
function commands(terminal: Terminal, version: string, end: (exitCode: ExitCode) => void): Command {
  const program = new Command('mx-fresh-balances')
    .description('Operates a deployment of mx-fresh-balances, in AWS or on this machine.')
    .version(version)
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', EXIT_CODES);

  const reach = (options: CommonOptions): Promise<Deployment> => findDeployment(options, terminal.environment);

  about(program.command('deployment'))
    .description('which deployment the options name, and its outputs')
    .action(async (options: CommonOptions) => showDeployment(await reach(options), terminal, options.json ?? false));

  about(program.command('explain <user> <member>'))
    .description('why a member’s balances are old, whose move it is, and what happens next; guids or own ids')
    .option('--show-amounts', 'write the amounts too')
    .action(async (user: string, member: string, options: CommonOptions & { readonly showAmounts?: boolean }) => {
      const { showAmounts = false, json = false } = options;
      await explainMember(await reach(options), terminal, { user, member, showAmounts, json });
    });

  about(program.command('institutions [code]'))
    .description('what is learnt of banks: whether they work, how refreshes ended, how long jobs take; one, or all')
    .option('--open', 'only banks that do not work')
    .action(async (code: string | undefined, options: CommonOptions & { readonly open?: boolean }) => {
      const { open = false, json = false } = options;
      await showInstitutions(await reach(options), terminal, { code: code ?? null, open, json });
    });

  const schedules = program.command('schedules').description('members that are refreshed without being asked for');
  about(schedules.command('export'))
    .description('all members on the schedule, as CSV, or with --json a JSON object a line')
    .option('--output <file>', 'to a file instead of the output')
    .action(async (options: CommonOptions & { readonly output?: string }) =>
      exportSchedules(await reach(options), terminal, { output: options.output ?? null, json: options.json ?? false }),
    );

  about(schedules.command('import <file>'))
    .description(
      'puts the members of a CSV file, with the columns of an export, on the schedule; run again, it goes on',
    )
    .option('--dry-run', 'read and report, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .option('--per-second <count>', 'members a second at most', from1To(5_000), 500)
    .option('--resolve', 'ask MX for members that are not known here by own ids, from this machine')
    .option('--resolve-per-second <count>', 'calls to MX a second at most', from1To(200), 20)
    .action(async (path: string, options: ImportCommandOptions) => {
      const { dryRun = false, yes = false, json = false, perSecond, resolve = false } = options;
      const resolvePerSecond = resolve ? options.resolvePerSecond : null;
      const deployment = await reach(options);
      end(await importSchedules(deployment, terminal, { path, dryRun, yes, json, perSecond, resolvePerSecond }));
    });
  about(schedules.command('reshard'))
    .description('spreads members over the shards of the schedule, after their number was raised and deployed')
    .option('--dry-run', 'count, change nothing')
    .option('--yes', 'do not ask before something is changed')
    .option('--per-second <count>', 'members a second at most', from1To(5_000), 500)
    .action(async (options: ChangingOptions) => {
      const { dryRun = false, yes = false, json = false, perSecond } = options;
      end(await reshardSchedules(await reach(options), terminal, { dryRun, yes, json, perSecond }));
    });

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
  return program;
}

/** What commands can be told that change many members. */
interface ChangingOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly perSecond: number;
}

interface ImportCommandOptions extends ChangingOptions {
  readonly resolve?: boolean;
  readonly resolvePerSecond: number;
}

/** Reads a whole number of an option. */
const from1To =
  (most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`It has to be a whole number from 1 to ${most}.`);
  };

/** With the options that every command has. */
const about = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack (default: the variable STACK)')
    .option('--construct <path>', 'which deployment, in a stack that has several')
    .option('--region <name>', 'its region (default: AWS_REGION, or that of the AWS profile)')
    .option('--local', 'the stack of npm start on this machine')
    .option('--expect-account <id>', 'refuse to go on in another AWS account')
    .option('--json', 'for programs: JSON, also of errors');
