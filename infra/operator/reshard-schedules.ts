/** `schedules reshard`: the one step after the setting `scheduleShards` was raised and deployed. */
import { slotItems } from '../../shared/clients/enrolled-members.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { confirmed } from './confirmed.ts';
import { type Deployment, wholeNumberOf } from './deployment.ts';
import { type ExitCode, exitCodes, Stop } from './exit-codes.ts';
import { pace } from './pace.ts';
import { progress } from './progress.ts';
import { checkTicks, DUE_MS, type ReshardCounts, type ReshardDeps, reshardOnce } from './reshard.ts';
import { counted, table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { writeDone } from './write-done.ts';

/** How to spread. */
export interface ReshardOptions {
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  /** The most members a second: the functions use the same table. */
  readonly perSecond: number;
}

/** Readings of the table until no member is left. The third one finds what an hourly period hid from the second. */
const MOST_READINGS = 12;

/**
 * Moves every member into its shard. Run again, it goes on.
 *
 * @throws Stop while the stack is being deployed, or when it was interrupted; Failure `busy` when the ticks are behind.
 */
export async function reshardSchedules(
  deployment: Deployment,
  terminal: Terminal,
  { dryRun, yes, json, perSecond }: ReshardOptions,
): Promise<ExitCode> {
  const shards = wholeNumberOf(deployment, 'ScheduleShards');
  const { place, status } = deployment;
  // While it is deployed, some functions read fewer shards than others write to.
  if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/.test(status)) {
    throw new Stop(
      exitCodes.unreachable,
      `The deployment of ${place} is not complete (${status}). Nothing was changed.`,
    );
  }
  if (json) {
    const { account, region, stack, isLocal } = deployment;
    await terminal.write(`${JSON.stringify({ deployment: { account, region, stack, local: isLocal } })}\n`);
  } else {
    terminal.say(`${dryRun ? 'What spreading would do' : 'Spreading'} over ${counted(shards, 'shard')} · ${place}`);
  }
  if (!dryRun) await confirmed(`Spread the members of ${place} over ${counted(shards, 'shard')}?`, yes, terminal);
  const db = deployment.dynamoDb();
  const schedule = scheduleInDynamoDb(db, deployment.output('MembersTable'));
  const total: ReshardCounts = { inPlace: 0, moved: 0, dueNow: 0, changed: 0 };
  try {
    await checkTicks({ schedule, now: terminal.now });
    const tell = progress(terminal, () => `${counted(total.moved, 'member')} moved …`);
    const movedBefore = { count: 0 };
    const deps: ReshardDeps = {
      schedule,
      items: () => slotItems(db, deployment.output('MembersTable')),
      shards,
      turn: pace(perSecond, terminal),
      now: terminal.now,
      dryRun,
      isStopped: () => terminal.stop.aborted,
      tell(counts) {
        Object.assign(total, counts, { moved: movedBefore.count + counts.moved });
        tell();
      },
    };
    for (let reading = 1; ; reading += 1) {
      const begun = terminal.elapsed();
      const { dueNow, changed } = await reshardOnce(deps);
      if (terminal.stop.aborted) throw interrupted();
      if (dryRun || dueNow + changed === 0 || reading === MOST_READINGS) break;
      movedBefore.count = total.moved;
      if (dueNow > 0) {
        terminal.say(`${counted(dueNow, 'member')} due about now: moved in some minutes.`);
        await terminal.sleep(Math.max(0, begun + DUE_MS - terminal.elapsed()));
      }
    }
    return total.dueNow + total.changed > 0 && !dryRun ? exitCodes.inPart : exitCodes.done;
  } catch (error) {
    throw terminal.stop.aborted ? interrupted() : error;
  } finally {
    db.destroy();
    await summary(total, terminal, { dryRun, json });
  }
}

const interrupted = (): Stop =>
  new Stop(
    exitCodes.interrupted,
    'Interrupted. Run again, the command goes on from here; no member misses a turn until then.',
  );

async function summary(
  { inPlace, moved, dueNow, changed }: ReshardCounts,
  terminal: Terminal,
  { dryRun, json }: { readonly dryRun: boolean; readonly json: boolean },
): Promise<void> {
  if (json) {
    const told = { in_place: inPlace, moved, due_now: dueNow, changed, dry_run: dryRun };
    return writeDone(terminal, `${JSON.stringify({ summary: told })}\n`);
  }
  const rows = [
    ['moved', moved],
    ['in their shard', inPlace],
    ['due about now', dueNow],
    ['changed meanwhile', changed],
  ] as const;
  await writeDone(
    terminal,
    table(
      [dryRun ? 'dry run, nothing was changed' : 'what became of them', 'members'],
      rows.map(([what, count]) => [what, count.toLocaleString('en-US')]),
    ),
  );
}
