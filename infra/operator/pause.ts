/** `pause`, `pause --show` and `resume`: an operator stops every call to MX, without a deployment. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readPauses, type StoredPauses, writePauses } from '../../shared/clients/pauses-table.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { type Instant, plusSeconds } from '../../shared/domain/instant.ts';
import { type KeptPause, withoutPauseAt, withPause } from '../../shared/domain/pause.ts';
import { confirmed } from './confirmed.ts';
import { type Deployment, wholeNumberOf } from './deployment.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** How to pause. */
export interface PauseOptions {
  readonly seconds: number;
  /** Kept for operators; callers never see it. */
  readonly why: string;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Pauses calls to MX from now on. A pause that goes on is made longer, never shorter.
 *
 * @throws Stop when it is not confirmed, or the deployment is of a version that knows no pauses.
 */
export async function pauseCalls(
  deployment: Deployment,
  terminal: Terminal,
  { seconds, why, yes, json }: PauseOptions,
): Promise<void> {
  const alarmMinutes = wholeNumberOf(deployment, 'AlarmPausedMinutes');
  terminal.say(`Pausing calls to MX · ${deployment.place}`);
  await confirmed(`Stop all calls to MX of ${deployment.place} for ${counted(seconds / 60, 'minute')}?`, yes, terminal);
  const now = terminal.now();
  const added = { from: now, until: plusSeconds(now, seconds), why };
  const pauses = await changed(deployment, (kept) => withPause(kept, added, now));
  await show(terminal, { pauses, now, json });
  terminal.say('It holds within 15 seconds. “resume” ends it before its time.');
  if (seconds >= 60 * alarmMinutes) terminal.say(`An alarm comes after ${counted(alarmMinutes, 'minute')}.`);
}

/** Ends the pause. Where there is none, that is said and nothing changes. @throws Stop when it is not confirmed. */
export async function resumeCalls(
  deployment: Deployment,
  terminal: Terminal,
  { yes, json }: Pick<PauseOptions, 'yes' | 'json'>,
): Promise<void> {
  terminal.say(`Resuming calls to MX · ${deployment.place}`);
  await confirmed(`Let ${deployment.place} call MX again?`, yes, terminal);
  const now = terminal.now();
  let wasPaused = true;
  const pauses = await changed(deployment, (kept) => {
    const ended = withoutPauseAt(kept, now);
    wasPaused = ended !== null;
    return ended;
  });
  await show(terminal, { pauses, now, json });
  terminal.say(
    wasPaused
      ? 'What has waited comes back within a minute, scheduled starts within 15.'
      : 'There was no pause. Nothing was changed.',
  );
}

/** Writes whether there is a pause, and those that deadlines may still depend on. */
export async function showPauses(deployment: Deployment, terminal: Terminal, json: boolean): Promise<void> {
  const { pauses } = await withClient(deployment, readPauses);
  await show(terminal, { pauses, now: terminal.now(), json });
}

/** The pause at `now`, with its reason; null: there is none. @param client of the deployment; the caller destroys it */
export async function pauseNow(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
  now: Instant,
): Promise<KeptPause | null> {
  return currentOf((await readPauses(client, deployment.output('RefreshesTable'))).pauses, now);
}

const currentOf = (pauses: readonly KeptPause[], now: Instant): KeptPause | null =>
  pauses.find(({ from, until }) => from <= now && now < until) ?? null;

const MAX_RACES = 5;

/** Writes what `change` makes of the pauses; null: nothing. @throws Failure `busy` when others change them again and again. */
function changed(
  deployment: Deployment,
  change: (kept: readonly KeptPause[]) => readonly KeptPause[] | null,
): Promise<readonly KeptPause[]> {
  return withClient(deployment, async (client, tableName) => {
    for (let race = 0; race < MAX_RACES; race += 1) {
      const stored: StoredPauses = await readPauses(client, tableName);
      const pauses = change(stored.pauses);
      if (pauses === null) return stored.pauses;
      if (await writePauses(client, tableName, { pauses, version: stored.version })) return pauses;
    }
    throw new Failure('busy', 'the pauses were changed by others again and again; nothing was changed');
  });
}

async function withClient<T>(
  deployment: Deployment,
  work: (client: DynamoDBClient, tableName: string) => Promise<T>,
): Promise<T> {
  const client = deployment.dynamoDb();
  try {
    return await work(client, deployment.output('RefreshesTable'));
  } finally {
    client.destroy();
  }
}

async function show(
  terminal: Pick<Terminal, 'write' | 'say'>,
  { pauses, now, json }: { readonly pauses: readonly KeptPause[]; readonly now: Instant; readonly json: boolean },
): Promise<void> {
  const current = currentOf(pauses, now);
  if (json) {
    await writeDone(terminal, `${JSON.stringify({ paused: current, pauses })}\n`);
    return;
  }
  await writeDone(
    terminal,
    current === null ? 'Calls to MX are not paused.\n' : `Calls to MX are paused until ${current.until}.\n`,
  );
  if (pauses.length === 0) return;
  const rows = pauses.map(({ from, until, why }) => [from, until, why]);
  await terminal.write(`\n${table(['from', 'until', 'why'], rows)}`);
}
