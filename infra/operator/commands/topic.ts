/** What a file of commands needs, and the options that commands have in common. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Deployment, DeploymentOptions } from '../deployment.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';

/** What every command can be told. */
export interface CommonOptions extends DeploymentOptions {
  readonly json?: boolean;
}

/** What the commands of a topic are given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Finds the deployment that the options name. */
  readonly reach: (options: CommonOptions) => Promise<Deployment>;
  /** Told how a command ended that may end in more than one way. */
  readonly end: (exitCode: ExitCode) => void;
}

/** Adds the commands of a topic to the program, each with `about`. */
export type Topic = (program: Command, context: CommandContext) => void;

/** With the options that name a deployment. */
export const ofDeployment = (command: Command): Command =>
  command
    .option('--stack <name>', 'the CloudFormation stack (default: the variable STACK)')
    .option('--construct <path>', 'which deployment, in a stack that has several')
    .option('--region <name>', 'its region (default: AWS_REGION, or that of the AWS profile)')
    .option('--local', 'the stack of npm start on this machine')
    .option('--expect-account <id>', 'refuse to go on in another AWS account');

/** With the options that every command has. */
export const about = (command: Command): Command =>
  ofDeployment(command).option('--json', 'for programs: JSON, also of errors');

/** Reads a whole number of an option. */
export const from1To =
  (most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= 1 && number <= most) return number;
    throw new InvalidArgumentError(`It has to be a whole number from 1 to ${most}.`);
  };
