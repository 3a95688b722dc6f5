/** `erasures list` and `erasures repeat`: the receipts of erasings on request, and erasing again after a restore. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { allReceipts } from '../../shared/clients/erasures-table.ts';
import { erasureWorkQueue } from '../../shared/clients/queues.ts';
import { type ErasureQueue, firstWork, type Receipt } from '../../shared/domain/erasure-ports.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import { confirmed } from './confirmed.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { progress } from './progress.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** Writes all receipts, those that are not done first. */
export async function showErasures(deployment: Deployment, terminal: Terminal, json: boolean): Promise<void> {
  const receipts = await receiptsOf(deployment, terminal);
  if (json) for (const receipt of receipts) await terminal.write(`${JSON.stringify(snakeCased(receipt))}\n`);
  else await terminal.write(overview(receipts));
  terminal.say(`${counted(receipts.length, 'receipt')} of ${deployment.place}.`);
}

const overview = (receipts: readonly Receipt[]): string =>
  table(
    ['id', 'whose', 'at MX', 'asked for', 'state', 'members', 'accounts', 'refreshes'],
    receipts.map(({ erasureId, userGuid, memberGuid, atMx, requestedAt, doneAt, waitsFor, erased }) => [
      erasureId,
      memberGuid ?? userGuid,
      atMx,
      requestedAt,
      doneAt === null ? stateOf(waitsFor) : `done ${doneAt}`,
      String(erased.members),
      String(erased.accounts),
      String(erased.refreshes),
    ]),
  );

const stateOf = (waitsFor: Receipt['waitsFor']): string =>
  waitsFor === null ? 'under way' : `waits since ${waitsFor.since} (${waitsFor.code})`;

/** How to erase again. */
export interface RepeatOptions {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Sends the message of every receipt once more: a restored table has again what was erased, and one that is not done may
 * have lost its message. For a finished one MX is not asked to delete anything. Run again, it sends all of them again, which
 * is harmless.
 *
 * @throws Stop when it is not confirmed or interrupted.
 */
export async function repeatErasures(
  deployment: Deployment,
  terminal: Terminal,
  { dryRun, yes, json }: RepeatOptions,
): Promise<void> {
  const receipts = await receiptsOf(deployment, terminal);
  const question = `Erase again what ${counted(receipts.length, 'receipt')} of ${deployment.place} say?`;
  terminal.say(`${dryRun ? 'What erasing again would do' : 'Erasing again'} · ${deployment.place}`);
  if (!dryRun && receipts.length > 0) await confirmed(question, yes, terminal);
  const client = new SQSClient(deployment.aws());
  let sent = 0;
  try {
    const queue = erasureWorkQueue(client, deployment.output('FollowUpQueueUrl'));
    if (!dryRun) await sendAll(queue, receipts, terminal, () => (sent += 1));
  } finally {
    client.destroy();
    const told = json
      ? `${JSON.stringify({ receipts: receipts.length, sent })}\n`
      : table(['receipts', 'sent'], [[String(receipts.length), String(sent)]]);
    await writeDone(terminal, told);
  }
}

async function sendAll(
  queue: ErasureQueue,
  receipts: readonly Receipt[],
  terminal: Terminal,
  count: () => number,
): Promise<void> {
  let sent = 0;
  const tell = progress(terminal, () => `${counted(sent, 'erasing')} begun again …`);
  for (const { erasureId, userGuid, memberGuid, requestedAt, atMx, doneAt } of receipts) {
    const isDone = doneAt !== null;
    if (terminal.stop.aborted) {
      throw new Stop(exitCodes.interrupted, `Interrupted: ${counted(sent, 'erasing')} begun again, the others not.`);
    }
    const order = { erasureId, userGuid, memberGuid, atMx: isDone ? ('nothing' as const) : atMx, requestedAt };
    await queue.send({ ...firstWork(order, []), isRestored: isDone }, 0);
    sent = count();
    tell();
  }
}

async function receiptsOf(deployment: Deployment, terminal: Terminal): Promise<readonly Receipt[]> {
  const client = deployment.dynamoDb();
  try {
    const found: Receipt[] = [];
    const tell = progress(terminal, () => `${counted(found.length, 'receipt')} …`);
    for await (const receipt of allReceipts(client, deployment.output('ErasuresTable'))) {
      if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was changed.');
      found.push(receipt);
      tell();
    }
    const isDone = ({ doneAt }: Receipt): number => (doneAt === null ? 0 : 1);
    return found.toSorted((a, b) => isDone(a) - isDone(b) || (a.requestedAt < b.requestedAt ? -1 : 1));
  } finally {
    client.destroy();
  }
}
