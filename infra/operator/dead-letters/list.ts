/** `dead-letters list` and `dead-letters show`. */
import { snakeCased } from '../../../shared/domain/snake-case.ts';
import type { Deployment } from '../deployment.ts';
import { exitCodes, Stop } from '../exit-codes.ts';
import { progress } from '../progress.ts';
import { counted, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { type Letter, shownFields, subjectOf } from './letter.ts';
import { asJson, lookInto } from './looked-into.ts';
import type { QueueCounts } from './open-queue.ts';
import type { QueueName } from './queues.ts';
import type { Verdict } from './verdict.ts';

/** What to list. */
export interface ListOptions {
  readonly queue: QueueName | null;
  /** Of each queue. */
  readonly limit: number;
  readonly json: boolean;
}

/** Said by every command that looks into the queues. */
const RECEIVED =
  'SQS shows a letter only to who receives it: each was received, which counts, and given back at once. Its log lines: logs <message id>.';

interface ListedQueue {
  readonly name: QueueName;
  /** Before anything was received. */
  readonly counts: QueueCounts;
  readonly letters: readonly { readonly letter: Letter; readonly verdict: Verdict }[];
}

/** Writes how many letters each queue has, and the first of them. */
export async function listDeadLetters(
  deployment: Deployment,
  terminal: Terminal,
  { queue: only, limit, json }: ListOptions,
): Promise<void> {
  let seen = 0;
  const tell = progress(terminal, () => `${counted(seen, 'letter')} …`);
  const listed = await lookInto(deployment, terminal, only, ({ queues, judge }) =>
    Promise.all(
      queues.map(async ({ queue, counts, letters }): Promise<ListedQueue> => {
        const before = await counts();
        const found: { letter: Letter; verdict: Verdict }[] = [];
        for await (const { letter } of letters(limit, terminal.stop)) {
          found.push({ letter, verdict: await judge(letter.content) });
          seen += 1;
          tell();
        }
        return { name: queue.name, counts: before, letters: found };
      }),
    ),
  );
  if (terminal.stop.aborted) {
    throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was written, and what was received was given back.');
  }
  for (const { name, counts, letters } of listed) {
    if (json) {
      const queue = { queue: name, ...counts, seen: letters.length };
      await terminal.write(`${JSON.stringify(snakeCased(queue))}\n`);
      for (const { letter, verdict } of letters) await terminal.write(`${JSON.stringify(asJson(letter, verdict))}\n`);
    } else {
      const sorted = letters.toSorted((one, other) => (one.letter.sentAt < other.letter.sentAt ? -1 : 1));
      if (sorted.length > 0) await terminal.write(`${name}\n${overview(sorted)}\n`);
    }
  }
  for (const queue of listed) terminal.say(heading(queue));
  terminal.say(RECEIVED);
}

function heading({ name, counts, letters }: ListedQueue): string {
  const { visible, underWay } = counts;
  const elsewhere =
    underWay === 0 ? '' : `, and ${counted(underWay, 'letter')} hidden, because something else has received them`;
  return `${name}: SQS counts about ${counted(visible, 'letter')}${elsewhere}; ${letters.length} seen.`;
}

const overview = (letters: ListedQueue['letters']): string =>
  table(
    ['message id', 'sent', 'received', 'kind', 'about', 'correlation id', 'why it is here', 'sent back'],
    letters.map(({ letter, verdict }) => {
      const { messageId, sentAt, received, sentBackAt, content } = letter;
      const back = verdict.void === null ? 'does something' : `void: ${verdict.void}`;
      return [
        messageId,
        sentAt,
        String(received),
        content.kind,
        about(letter),
        subjectOf(content).correlationId ?? '',
        verdict.why,
        sentBackAt === null ? back : `${back}; it was at ${sentBackAt}`,
      ];
    }),
  );

/** The refresh or the member, or how many members. */
export function about({ content }: Letter): string {
  const { refreshId, member } = subjectOf(content);
  if (content.kind === 'start') return counted(content.batch.members.length, 'member');
  if (content.kind === 'erase_data') return content.order.erasureId;
  if (content.kind === 'tick') return content.functionName ?? '';
  return refreshId ?? member?.memberGuid ?? '';
}

/** What to show. */
export interface ShowOptions {
  readonly queue: QueueName;
  readonly messageId: string;
  readonly json: boolean;
}

/** Writes one letter. @throws Stop `usage` when it is not among those that can be received. */
export async function showDeadLetter(
  deployment: Deployment,
  terminal: Terminal,
  { queue: only, messageId, json }: ShowOptions,
): Promise<void> {
  const found = await lookInto(deployment, terminal, only, async ({ queues, judge }) => {
    for (const { letters } of queues) {
      for await (const { letter } of letters(Number.POSITIVE_INFINITY, terminal.stop)) {
        if (letter.messageId === messageId) return { letter, verdict: await judge(letter.content) };
      }
    }
    return null;
  });
  if (found === null) {
    if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: what was received was given back.');
    throw new Stop(
      exitCodes.usage,
      `There is no letter ${messageId} in ${only} that can be received. Is it in another queue, or has something else received it?`,
    );
  }
  const { letter, verdict } = found;
  if (json) await terminal.write(`${JSON.stringify(asJson(letter, verdict))}\n`);
  else await terminal.write(details(letter, verdict));
  terminal.say(RECEIVED);
}

function details(letter: Letter, verdict: Verdict): string {
  const { messageId, queue, sentAt, received, sentBackAt, content } = letter;
  const fields = Object.entries(Object(snakeCased(shownFields(content)))).filter(([, value]) => value !== null);
  return table(
    ['name', 'value'],
    [
      ['message id', messageId],
      ['queue', queue],
      ['sent', sentAt],
      ['received', String(received)],
      ...(sentBackAt === null ? [] : [['sent back before', sentBackAt]]),
      ['kind', content.kind],
      ...fields.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
      ['why it is here', verdict.why],
      ['sent back', verdict.void === null ? 'does something' : `void: ${verdict.void}`],
      ['discarded', verdict.loss],
    ],
  );
}
