/** `dead-letters redrive`: sends letters back to the queues that they come from. */
import { confirmed } from '../confirmed.ts';
import type { Deployment } from '../deployment.ts';
import { type ExitCode, exitCodes, Stop } from '../exit-codes.ts';
import { pace } from '../pace.ts';
import { progress } from '../progress.ts';
import { counted, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { writeDone } from '../write-done.ts';
import { about } from './list.ts';
import { asJson, type LookedInto, lookInto } from './looked-into.ts';
import type { ReceivedLetter } from './open-queue.ts';
import type { QueueName } from './queues.ts';
import type { Verdict } from './verdict.ts';

/** Which letters, how fast, and what to do with those that would do nothing. */
export interface RedriveOptions {
  /** Null: all that can be sent back. */
  readonly queue: QueueName | null;
  /** Null: any. */
  readonly messageId: string | null;
  /** Of each queue. */
  readonly limit: number;
  readonly perSecond: number;
  readonly discardVoid: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** What became of a letter. `came_back`: it was sent back in this run and failed again, so it is left. */
type Fate = 'sent' | 'void' | 'discarded' | 'came_back';

/**
 * Sends letters back, one after the other: sends, then deletes. A crash in between doubles the message, which changes
 * nothing: every message of this service may come twice.
 *
 * @returns `inPart` when letters were left.
 * @throws Stop `usage` for ticks, which have no queue to go to, and for an unknown message id; `interrupted` and
 * `unconfirmed`, when nothing else happens to what is left.
 */
export async function redriveDeadLetters(
  deployment: Deployment,
  terminal: Terminal,
  options: RedriveOptions,
): Promise<ExitCode> {
  const { queue, dryRun, yes, json, messageId, discardVoid } = options;
  if (queue === 'ticks') {
    throw new Stop(
      exitCodes.usage,
      'Ticks can only be discarded: the next minute has done their work, and there is no queue to send them to.',
    );
  }
  terminal.say(`${dryRun ? 'What sending back would do' : 'Sending dead letters back'} · ${deployment.place}`);
  const counts: Record<Fate, number> = { sent: 0, void: 0, discarded: 0, came_back: 0 };
  let hasBegun = false;
  let hasFound = false;
  const tell = progress(terminal, () => `${counted(counts.sent, 'letter')} sent back …`);
  try {
    await lookInto(deployment, terminal, queue, async (into) => {
      if (!dryRun) await confirmed(await questionFor(deployment, into, options), yes, terminal);
      hasBegun = true;
      const turn = pace(options.perSecond, terminal);
      const startedAt = terminal.now();
      for (const open of into.queues.filter(({ queue: { sourceUrl } }) => sourceUrl !== null)) {
        const limit = messageId === null ? options.limit : Number.POSITIVE_INFINITY;
        for await (const received of open.letters(limit, terminal.stop)) {
          if (messageId !== null && received.letter.messageId !== messageId) continue;
          hasFound = true;
          const verdict = await into.judge(received.letter.content);
          const fate = fateOf(received, verdict, { startedAt, discardVoid });
          if (!dryRun) {
            if (fate === 'sent') {
              await turn();
              await open.sendBack(received, terminal.now());
            } else if (fate === 'discarded') await open.remove(received.letter);
          }
          counts[fate] += 1;
          if (fate !== 'sent' || dryRun) await report(terminal, received, verdict, fate, json);
          if (messageId !== null) return;
          tell();
        }
      }
    });
    if (messageId !== null && !hasFound) {
      throw new Stop(exitCodes.usage, `There is no letter ${messageId} that can be received and sent back.`);
    }
  } finally {
    if (hasBegun && json) await writeDone(terminal, `${JSON.stringify({ summary: { dry_run: dryRun, ...counts } })}\n`);
    else if (hasBegun) {
      await writeDone(
        terminal,
        table(
          ['what became of them', 'letters'],
          Object.entries(counts).map(([fate, count]) => [words[fate as Fate], String(count)]),
        ),
      );
    }
  }
  if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: the others are where they were.');
  return counts.void + counts.came_back > 0 ? exitCodes.inPart : exitCodes.done;
}

const words: Readonly<Record<Fate, string>> = {
  sent: 'sent back',
  void: 'left: void',
  discarded: 'discarded: void',
  came_back: 'left: came back',
};

function fateOf(
  { letter }: ReceivedLetter,
  verdict: Verdict,
  { startedAt, discardVoid }: { readonly startedAt: string; readonly discardVoid: boolean },
): Fate {
  if (verdict.void !== null) return discardVoid ? 'discarded' : 'void';
  return letter.sentBackAt !== null && letter.sentBackAt >= startedAt ? 'came_back' : 'sent';
}

async function questionFor(
  { place }: Deployment,
  { queues }: LookedInto,
  { messageId, queue, perSecond, discardVoid }: RedriveOptions,
): Promise<string> {
  if (messageId !== null) return `Send the letter ${messageId} of ${place} back?`;
  const parts: string[] = [];
  for (const open of queues) {
    if (open.queue.sourceUrl === null) continue;
    parts.push(`${(await open.counts()).visible} in ${open.queue.name}`);
  }
  const discarded = discardVoid ? ', and discard those that would do nothing' : '';
  const which = queue === null ? 'Send back the dead letters' : 'Send back the dead letters of that queue';
  return `${which} (about ${parts.join(', ')}) of ${place}, ${perSecond} a second at most${discarded}?`;
}

async function report(
  { write, say }: Terminal,
  { letter }: ReceivedLetter,
  verdict: Verdict,
  fate: Fate,
  json: boolean,
): Promise<void> {
  if (json) {
    await write(`${JSON.stringify({ fate, letter: asJson(letter, verdict) })}\n`);
    return;
  }
  const why: Readonly<Record<Fate, string>> = {
    sent: 'would be sent back',
    void: `left, because it would do nothing: ${verdict.void}`,
    discarded: `discarded, because it would do nothing: ${verdict.void}`,
    came_back: 'left: it was sent back and has failed again: see its log lines',
  };
  say(`${letter.queue} ${letter.messageId} ${letter.content.kind} ${about(letter)}: ${why[fate]}`);
}
