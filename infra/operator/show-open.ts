/** `open`: the refreshes that run now, the oldest first. */
import { type OpenMember, openMembers } from '../../shared/clients/open-claims.ts';
import { readPauses } from '../../shared/clients/pauses-table.ts';
import { plusSeconds } from '../../shared/domain/instant.ts';
import { OPEN_SHARDS, type OpenCursor } from '../../shared/domain/members-ports.ts';
import { type OpenRefresh, openRefresh, stepText } from '../../shared/domain/open-refresh.ts';
import { inOrder, type Pause, withMovedDeadline } from '../../shared/domain/pause.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import { spanOf } from '../../shared/domain/span.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { progress } from './progress.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What to show. */
export interface OpenOptions {
  /** Only those past their deadline. */
  readonly stuck: boolean;
  /** A JSON object for each, a line each. */
  readonly json: boolean;
}

/** The clocks of functions may be ahead of this machine's. */
const CLOCK_SLACK_SECONDS = 3_600;

/** Writes them. Some end, and others begin, while they are read. */
export async function showOpen(
  deployment: Deployment,
  terminal: Terminal,
  { stuck, json }: OpenOptions,
): Promise<void> {
  const client = deployment.dynamoDb();
  try {
    const { pauses } = await readPauses(client, deployment.output('RefreshesTable'));
    const page = openMembers(client, deployment.output('MembersTable'));
    const { open, unreadable } = await readOpen(page, inOrder(pauses), terminal);
    const shown = open
      .filter(({ isStuck }) => isStuck || !stuck)
      .toSorted((one, other) => (one.since < other.since ? -1 : 1));
    if (json) for (const refresh of shown) await terminal.write(`${JSON.stringify(snakeCased(refresh))}\n`);
    else if (shown.length > 0) await terminal.write(overview(shown));
    const late = open.filter(({ isStuck }) => isStuck).length;
    const past = late === 0 ? '' : `, ${late} of them past the deadline`;
    terminal.say(
      `${counted(open.length, 'refresh', 'refreshes')} of ${deployment.place} ${open.length === 1 ? 'runs' : 'run'}${past}.`,
    );
    for (const { member } of unreadable) {
      terminal.say(`${member.userGuid} ${member.memberGuid} could not be read: a newer release may have written it.`);
    }
  } finally {
    client.destroy();
  }
}

/** All of them, from every part of their index. */
async function readOpen(
  page: ReturnType<typeof openMembers>,
  pauses: readonly Pause[],
  terminal: Terminal,
): Promise<{ readonly open: readonly OpenRefresh[]; readonly unreadable: readonly OpenMember[] }> {
  const now = terminal.now();
  // The index can list a member twice for a moment.
  const open = new Map<string, OpenRefresh>();
  const unreadable: OpenMember[] = [];
  const tell = progress(terminal, () => `${counted(open.size, 'refresh', 'refreshes')} …`);
  for (let shard = 0; shard < OPEN_SHARDS; shard += 1) {
    let after: OpenCursor | null = null;
    do {
      if (terminal.stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: nothing was written.');
      const { listed, next }: Awaited<ReturnType<typeof page>> = await page(
        shard,
        plusSeconds(now, CLOCK_SLACK_SECONDS),
        after,
      );
      for (const one of listed) {
        if (one.record === 'unreadable') unreadable.push(one);
        else if (one.record?.claim) {
          const { claim } = one.record;
          const refresh = openRefresh(one.record, withMovedDeadline(pauses, claim), now);
          open.set(refresh.refreshId, refresh);
        }
      }
      after = next;
      tell();
    } while (after !== null);
  }
  return { open: [...open.values()], unreadable };
}

const overview = (open: readonly OpenRefresh[]): string =>
  table(
    ['age', 'refresh', 'user', 'member', 'institution', 'by', 'step', 'ends by', 'correlation id'],
    open.map((refresh) => [
      spanOf(refresh.ageSeconds),
      refresh.refreshId,
      refresh.userGuid,
      refresh.memberGuid,
      refresh.institutionCode ?? '–',
      refresh.trigger,
      stepText(refresh),
      refresh.isStuck ? `${refresh.deadline} STUCK` : refresh.deadline,
      refresh.correlationId ?? '–',
    ]),
  );
