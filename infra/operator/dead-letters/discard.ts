/** `dead-letters discard`: deletes letters, after it has said what that means. */
import { confirmed } from '../confirmed.ts';
import type { Deployment } from '../deployment.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import { progress } from '../progress.ts';
import { counted, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { writeDone } from '../write-done.ts';
import type { Letter } from './letter.ts';
import { about } from './list.ts';
import { asJson, lookInto } from './looked-into.ts';
import { HIDDEN_SECONDS } from './open-queue.ts';
import type { QueueName } from './queues.ts';
import type { Verdict } from './verdict.ts';

/** Which letters. */
export interface DiscardOptions {
  readonly queue: QueueName;
  /** Null: any. */
  readonly messageId: string | null;
  readonly limit: number;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** An answer that comes later than this is too late: the letters are about to be given back by SQS. */
const LATEST_ANSWER_MS = (HIDDEN_SECONDS - 60) * 1_000;

/**
 * Says what discarding each letter means, asks, and deletes them.
 *
 * @throws Stop `unconfirmed`, `interrupted`, or `usage` for an unknown message id.
 */
export async function discardDeadLetters(
  deployment: Deployment,
  terminal: Terminal,
  { queue: only, messageId, limit, dryRun, yes, json }: DiscardOptions,
): Promise<void> {
  terminal.say(`${dryRun ? 'What discarding would do' : 'Discarding dead letters'} · ${deployment.place}`);
  let discarded = 0;
  let hasWritten = false;
  try {
    await lookInto(deployment, terminal, only, async ({ queues, judge }) => {
      const beganAt = terminal.elapsed();
      for (const open of queues) {
        const found: { letter: Letter; verdict: Verdict }[] = [];
        const tellFound = progress(terminal, () => `${counted(found.length, 'letter')} …`);
        const most = messageId === null ? limit : Number.POSITIVE_INFINITY;
        for await (const { letter } of open.letters(most, terminal.stop)) {
          if (messageId !== null && letter.messageId !== messageId) continue;
          found.push({ letter, verdict: await judge(letter.content) });
          tellFound();
          if (messageId !== null) break;
        }
        if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted. Nothing was changed.');
        if (messageId !== null && found.length === 0) {
          throw new Stop(exitCodes.usage, `There is no letter ${messageId} in ${only} that can be received.`);
        }
        if (json)
          for (const { letter, verdict } of found) await writeJson(terminal, { letter: asJson(letter, verdict) });
        else await terminal.write(meanings(found));
        hasWritten = true;
        if (dryRun || found.length === 0) return;
        await confirmed(`Discard ${counted(found.length, 'letter')} of ${only} of ${deployment.place}?`, yes, terminal);
        if (terminal.elapsed() - beganAt > LATEST_ANSWER_MS) {
          throw new Stop(exitCodes.failed, 'The answer came too late: nothing was discarded. Run the command again.');
        }
        const tell = progress(terminal, () => `${counted(discarded, 'letter')} discarded …`);
        for (const { letter } of found) {
          if (terminal.stop.aborted) {
            throw new Stop(
              exitCodes.interrupted,
              `Interrupted: ${counted(discarded, 'letter')} discarded, the others not.`,
            );
          }
          await open.remove(letter);
          discarded += 1;
          tell();
        }
      }
    });
  } finally {
    if (hasWritten) {
      if (json) await writeDone(terminal, `${JSON.stringify({ summary: { dry_run: dryRun, discarded } })}\n`);
      else terminal.say(`${counted(discarded, 'letter')} discarded.`);
    }
  }
}

const writeJson = ({ write }: Terminal, value: unknown): Promise<void> => write(`${JSON.stringify(value)}\n`);

const meanings = (found: readonly { readonly letter: Letter; readonly verdict: Verdict }[]): string =>
  table(
    ['message id', 'kind', 'about', 'what discarding means'],
    found.map(({ letter, verdict: { loss, void: reason } }) => [
      letter.messageId,
      letter.content.kind,
      about(letter),
      reason === null ? loss : `${loss} It would do nothing: ${reason}.`,
    ]),
  );
