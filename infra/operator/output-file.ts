/** Output that goes to a file: the file is there when it is whole, and not before. */
import { open, rename, rm } from 'node:fs/promises';
import { exitCodes, Stop } from './exit-codes.ts';

/**
 * Lets `fill` write to `<path>.part`, which becomes `path` at the end and is removed when `fill` fails.
 *
 * @throws Stop `usage` when no file can be written there.
 */
export async function writtenFile(
  path: string,
  fill: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w').catch((cause: Error) => {
    throw new Stop(exitCodes.usage, `${path} cannot be written: ${cause.message}.`, { cause });
  });
  try {
    await fill(async (text) => void (await file.write(text)));
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close();
    await rm(part, { force: true });
    throw error;
  }
}
