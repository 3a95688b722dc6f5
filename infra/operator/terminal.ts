/** Where the command is run: what it writes to, how it asks, and how it is told to stop. */
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type Clock, instantOf } from '../../shared/domain/instant.ts';
import { exitCodes, Stop } from './exit-codes.ts';

/** The surroundings of one run. */
export interface Terminal {
  /** Writes what was asked for. @throws Stop when its reader has closed the pipe. */
  readonly write: (text: string) => Promise<void>;
  /** Writes a line about the work to the error output. */
  readonly say: (line: string) => void;
  /** The same line, written over the one before; null where the error output is no terminal. */
  readonly sayOver: ((line: string) => void) | null;
  /** The text in red where the error output is a terminal that shows colours. */
  readonly red: (text: string) => string;
  /** Asks for a yes; null without a terminal to ask at. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
  /** Aborted by the first Ctrl-C: what has begun is finished, and nothing new begun. The second one ends the process. */
  readonly stop: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: Clock;
  /** Milliseconds that only go forward. */
  readonly elapsed: () => number;
  /** @throws AbortError once `stop` is aborted. */
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** The process's own terminal. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  const stop = new AbortController();
  const interrupted = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort();
  };
  process.on('SIGINT', interrupted);
  process.on('SIGTERM', interrupted);
  // Each write tells its own error.
  stdout.on('error', () => {});
  // Nothing can be said any more; the work goes on to its end.
  stderr.on('error', () => {});
  let isOver = false;
  const canAsk = stdin.isTTY === true && stderr.isTTY === true && !process.env['CI'];
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => {
          if (!error) resolve();
          else reject(isClosedPipe(error) ? outputClosed(error) : error);
        });
      }),
    say(line) {
      stderr.write(`${isOver ? '\n' : ''}${line}\n`);
      isOver = false;
    },
    sayOver: canWriteOver(stderr, process.env)
      ? (line) => {
          stderr.write(`\r\u001b[K${line}`);
          isOver = true;
        }
      : null,
    red: (text) => styleText('red', text, { stream: stderr }),
    confirm: canAsk
      ? async (question) => {
          const asking = createInterface({ input: stdin, output: stderr });
          try {
            const answer = await asking.question(`${question} [y/N] `, { signal: stop.signal });
            return /^y(es)?$/i.test(answer.trim());
          } finally {
            asking.close();
          }
        }
      : null,
    stop: stop.signal,
    environment: process.env,
    now: () => instantOf(Date.now()),
    elapsed: () => performance.now(),
    sleep: (milliseconds) => setTimeout(milliseconds, undefined, { signal: stop.signal }),
  };
}

/** A dumb terminal shows the codes that move the cursor instead of obeying them. */
export const canWriteOver = (
  { isTTY }: { readonly isTTY?: boolean },
  { TERM }: Readonly<Record<string, string | undefined>>,
): boolean => isTTY === true && TERM !== 'dumb';

const isClosedPipe = (error: NodeJS.ErrnoException): boolean =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';

const outputClosed = (cause: Error): Stop =>
  new Stop(exitCodes.outputClosed, 'The output was closed before everything was written.', { cause });
