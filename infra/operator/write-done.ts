/** Telling what was done, whether or not it is still read. */
import type { Terminal } from './terminal.ts';

/**
 * Writes what was changed. When the reader of the output has closed it, the same is said on the error output: nothing is changed
 * that is not told.
 *
 * @throws Stop `outputClosed`, after it was said
 */
export async function writeDone({ write, say }: Pick<Terminal, 'write' | 'say'>, text: string): Promise<void> {
  try {
    await write(text);
  } catch (error) {
    say(text.trimEnd());
    throw error;
  }
}
