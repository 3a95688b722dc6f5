/** The command line of `npm run console`. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ofDeployment } from '../operator/commands/topic.ts';
import { type DeploymentOptions, findDeployment } from '../operator/deployment.ts';
import { endingOf } from '../operator/ending.ts';
import { exitCodes } from '../operator/exit-codes.ts';
import type { Terminal } from '../operator/terminal.ts';
import { startConsole } from './start-console.ts';

/** Where the page is unless told otherwise. */
export const DEFAULT_PORT = 4_700;

const HELP = `
Environment:
  CALLER    client_id:key, to call an API with Basic callers; without it calls are signed with the AWS credentials
            (with --local: the local stack's own key)

The page has what these credentials may see, and does what they may do. The address holds a token that is new at each start.`;

/** Serves the page until Ctrl-C. The exit code; what there is to say has been said. */
export async function runConsole(args: readonly string[], terminal: Terminal, version: string): Promise<number> {
  const written: string[] = [];
  const program = ofDeployment(new Command('console'))
    .description('A page on this machine that shows a deployment: what runs, its banks, and each member.')
    .option('--port <number>', `where the page is, on 127.0.0.1 (default: ${DEFAULT_PORT}; 0: any free port)`, portOf)
    .version(version)
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => written.push(text),
      writeErr: (text) => terminal.say(text.trimEnd()),
      outputError: (text, write) => write(terminal.red(text)),
    })
    .action(async (options: DeploymentOptions & { readonly port?: number }) => serve(options, terminal));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) {
      await terminal.write(written.join(''));
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    }
    const { exitCode, sentence } = endingOf(error);
    terminal.say(terminal.red(sentence));
    return exitCode;
  }
}

async function serve(
  { port = DEFAULT_PORT, ...options }: DeploymentOptions & { readonly port?: number },
  terminal: Terminal,
): Promise<void> {
  const deployment = await findDeployment(options, terminal.environment);
  const server = await startConsole({
    deployment,
    port,
    caller: terminal.environment['CALLER'] || null,
    failed: (error) => terminal.say(terminal.red(`The console has a fault: ${endingOf(error).sentence}`)),
  });
  terminal.say(`The page of ${deployment.place}:`);
  await terminal.write(`${server.address}\n`);
  terminal.say('Ctrl-C ends it.');
  await stopped(terminal.stop);
  await server.close();
}

const stopped = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('It has to be a port, from 0 to 65535.');
}
