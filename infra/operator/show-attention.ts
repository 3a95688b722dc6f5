/** `attention`: members that wait for their user or for support, by what they wait for, the oldest first. */
import { attentionReader } from '../../shared/clients/attention-reader.ts';
import { type AttentionAction, attentionActions } from '../../shared/domain/action.ts';
import { moves } from '../../shared/domain/explain.ts';
import { type Instant, secondsBetween } from '../../shared/domain/instant.ts';
import { snakeCased } from '../../shared/domain/snake-case.ts';
import { spanOf } from '../../shared/domain/span.ts';
import {
  type AttentionReader,
  type CountedWaiting,
  listWaiting,
  MAX_WAITING,
  type WaitingMember,
  type WaitingPlace,
} from '../../shared/domain/waiting-members.ts';
import type { Deployment } from './deployment.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { progress } from './progress.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What to show. */
export interface AttentionOptions {
  /** Null: all. */
  readonly action: AttentionAction | null;
  /** So many members of each action at most. */
  readonly limit: number;
  /** A line of JSON for the counts, then one for each member. */
  readonly json: boolean;
}

/** Enough to count millions; each answer has some 6,000 members. */
const COUNTED_PAGES = 1_000;

/** Writes the counts, then the members. @throws Stop `unreachable` where the index is not there yet. */
export async function showAttention(
  deployment: Deployment,
  terminal: Terminal,
  { action, limit, json }: AttentionOptions,
): Promise<void> {
  const client = deployment.dynamoDb();
  const reader = attentionReader(client, deployment.output('MembersTable'));
  try {
    const counts: CountedWaiting[] = [];
    for (const one of action === null ? attentionActions : [action]) {
      counts.push({ action: one, ...(await reader.count(one, COUNTED_PAGES)) });
      stopIfAsked(terminal);
    }
    if (json) await terminal.write(`${JSON.stringify({ counts: counts.map(snakeCased) })}\n`);
    else await terminal.write(countsTable(counts, terminal.now()));
    for (const { action: one, members } of counts) {
      if (members === 0) continue;
      const waiting = await oldest(reader, terminal, one, limit);
      if (json) for (const member of waiting) await terminal.write(`${JSON.stringify(snakeCased(member))}\n`);
      else await terminal.write(`\n${moves[one]}\n${membersTable(waiting, terminal.now())}`);
      if (members > waiting.length) {
        terminal.say(`Of ${counted(members, 'member')} with ${one} the first ${waiting.length}: --limit shows more.`);
      }
    }
    if (!json && counts.every(({ members }) => members === 0)) {
      terminal.say(`No member of ${deployment.place} waits for a person.`);
    }
  } catch (cause) {
    throw asStop(cause);
  } finally {
    client.destroy();
  }
}

function stopIfAsked({ stop }: Terminal): void {
  if (stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted: not everything was written.');
}

/** The first `limit` members that wait for it. */
async function oldest(
  reader: AttentionReader,
  terminal: Terminal,
  action: AttentionAction,
  limit: number,
): Promise<readonly WaitingMember[]> {
  const found: WaitingMember[] = [];
  const tell = progress(terminal, () => `${counted(found.length, 'member')} …`);
  let after: WaitingPlace | null = null;
  do {
    stopIfAsked(terminal);
    const most = Math.min(MAX_WAITING, limit - found.length);
    const { members, next } = await listWaiting(reader, action, { limit: most, after });
    found.push(...members);
    after = next;
    tell();
  } while (after !== null && found.length < limit);
  return found;
}

const countsTable = (counts: readonly CountedWaiting[], now: Instant): string =>
  table(
    ['waits for', 'members', 'the first since'],
    counts.map(({ action, members, isAll, oldestSince }) => [
      action,
      isAll ? members.toLocaleString('en-US') : `${members.toLocaleString('en-US')} or more`,
      oldestSince === null ? '–' : `${oldestSince} (${spanOf(secondsBetween(oldestSince, now))})`,
    ]),
  );

const membersTable = (members: readonly WaitingMember[], now: Instant): string =>
  table(
    ['waits', 'user', 'member', 'institution', 'why', 'last success'],
    members.map(({ since, userGuid, memberGuid, institutionCode, code, lastSuccessAt }) => [
      spanOf(secondsBetween(since, now)),
      userGuid,
      memberGuid,
      institutionCode ?? '–',
      code ?? '–',
      lastSuccessAt ?? 'never',
    ]),
  );

/**
 * An error of reading the index, as a sentence where the index is not there: DynamoDB answers a query of an index that it does not
 * have, or is still building, with the name of a wrong request.
 */
export function asStop(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause.name !== 'ValidationException') return cause;
  if (/backfilling/i.test(cause.message)) {
    const sentence = 'DynamoDB is still building the index of members that wait, after a deployment: try later.';
    return new Stop(exitCodes.unreachable, sentence, { cause });
  }
  if (!/does not have the specified index/i.test(cause.message)) return cause;
  const sentence = 'The members table has no index of members that wait: deploy this version first.';
  return new Stop(exitCodes.unreachable, sentence, { cause });
}
