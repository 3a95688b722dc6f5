/** The yes that a command needs before it changes something. */
import { exitCodes, Stop } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** @throws Stop `unconfirmed` when the answer is no, or nobody can be asked: `yes` is the flag that says it beforehand. */
export async function confirmed(question: string, yes: boolean, { confirm }: Terminal): Promise<void> {
  if (yes) return;
  if (confirm === null) {
    throw new Stop(exitCodes.unconfirmed, `${question} Nobody can be asked here: --yes says so. Nothing was changed.`);
  }
  if (!(await confirm(question))) throw new Stop(exitCodes.unconfirmed, 'Nothing was changed.');
}
