/** The yes that a command needs before it changes something. */
import { exitCodes, Stop } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/**
 * Goes on with a yes alone; `yes` is the flag that says it beforehand. After Ctrl-C it does not go on.
 *
 * @throws Stop `unconfirmed` when the answer is no or there is no terminal to ask at, `interrupted` at Ctrl-C or the end of the input.
 */
export async function confirmed(
  question: string,
  yes: boolean,
  { confirm, stop }: Pick<Terminal, 'confirm' | 'stop'>,
): Promise<void> {
  if (stop.aborted) throw interrupted();
  if (yes) return;
  if (confirm === null) {
    throw new Stop(
      exitCodes.unconfirmed,
      `${question} There is no terminal to ask at: confirm with --yes. Nothing was changed.`,
    );
  }
  const answer = await confirm(question).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
    throw interrupted(error);
  });
  if (!answer) throw new Stop(exitCodes.unconfirmed, 'Nothing was changed.');
}

const interrupted = (cause?: Error): Stop =>
  new Stop(exitCodes.interrupted, 'Interrupted. Nothing was changed.', { cause });
