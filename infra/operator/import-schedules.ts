/** `schedules import`: puts the members of a file on the schedule. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { aliasWriter } from '../../shared/clients/alias-items.ts';
import { membersReader } from '../../shared/clients/members-reader.ts';
import { scheduleInDynamoDb } from '../../shared/clients/schedule-table.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { askingMx, mxOf } from './ask-mx.ts';
import { type CheckedFile, checkFile, type NumberedRow } from './check-file.ts';
import { confirmed } from './confirmed.ts';
import { openCsv } from './csv-file.ts';
import { type Deployment, wholeNumberOf } from './deployment.ts';
import { type EnrolDeps, enrolRow, findRow } from './enrol-member.ts';
import { type ExitCode, exitCodes, Stop } from './exit-codes.ts';
import { ImportReport } from './import-report.ts';
import { LinesByName } from './lines-by-name.ts';
import { pace } from './pace.ts';
import { progress } from './progress.ts';
import { counted } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How to import. */
export interface ImportOptions {
  readonly path: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  /** The most members a second: the functions use the same table. */
  readonly perSecond: number;
  /** How many members a second MX may be asked for that are not known here by own ids; null: it is not asked. */
  readonly resolvePerSecond: number | null;
}

/** Members that are written at the same time. */
const AT_ONCE = 32;

/**
 * Reads the file twice: to its end before anything is changed, then again to enrol. Memory does not grow with the file,
 * except for 16 to 32 bytes a line by which doubles are found.
 *
 * Run again, it goes on where it was interrupted: a member that stands as its line says is not written.
 *
 * @throws Stop when nothing may be done, or it was interrupted; the SDK's errors as they are. The summary was written.
 */
export async function importSchedules(
  deployment: Deployment,
  terminal: Terminal,
  options: ImportOptions,
): Promise<ExitCode> {
  const { path, dryRun, json } = options;
  const file = await openCsv(path);
  const db = deployment.dynamoDb();
  try {
    const report = new ImportReport(terminal, json);
    await report.begin(deployment, dryRun ? `What importing ${path} would do` : `Importing ${path}`);
    const checked = await checkFile({
      file,
      minHours: wholeNumberOf(deployment, 'MinScheduleHours'),
      report,
      tell: untilStopped(
        terminal,
        progress(terminal, () => `${counted(report.counts.lines, 'line')} read …`),
      ),
    });
    if (!dryRun && checked.toDo > 0) {
      const question = `Enrol ${counted(checked.toDo, 'member')} in ${deployment.place}?`;
      await confirmed(question, options.yes, terminal);
    }
    await file.checkUnchanged();
    const failure = await enrolAll(
      { checked, report, terminal, perSecond: options.perSecond },
      depsOf(deployment, db, terminal, options),
    );
    await report.end(dryRun);
    if (failure !== null) throw failure.error;
    if (terminal.stop.aborted) {
      throw new Stop(
        exitCodes.interrupted,
        `Interrupted after ${report.done.toLocaleString('en-US')} of ${counted(report.counts.lines, 'line')}. Run again, the command goes on from here.`,
      );
    }
    await file.checkUnchanged();
    return report.counts.skipped > 0 ? exitCodes.inPart : exitCodes.done;
  } finally {
    db.destroy();
    await file.close();
  }
}

function depsOf(
  deployment: Deployment,
  db: DynamoDBClient,
  terminal: Terminal,
  { dryRun, resolvePerSecond }: ImportOptions,
): EnrolDeps {
  const table = deployment.output('MembersTable');
  const { now, sleep } = terminal;
  return {
    members: { ...membersReader(db, table), writeAliases: aliasWriter(db, table) },
    schedule: scheduleInDynamoDb(db, table),
    askMx:
      resolvePerSecond === null
        ? null
        : askingMx({ mx: mxOf(deployment, db, terminal), turn: pace(resolvePerSecond, terminal), sleep }),
    shards: wholeNumberOf(deployment, 'ScheduleShards'),
    dryRun,
    now,
  };
}

const untilStopped =
  ({ stop }: Terminal, tell: () => void) =>
  (): void => {
    if (stop.aborted) throw new Stop(exitCodes.interrupted, 'Interrupted. Nothing was changed.');
    tell();
  };

/** What enrolling all lines needs. */
interface EnrolAll {
  readonly checked: CheckedFile;
  readonly report: ImportReport;
  readonly terminal: Terminal;
  readonly perSecond: number;
}

/** Enrols until the file's end, Ctrl-C, or an error that is not of one line alone: that one is given back. */
async function enrolAll(
  { checked, report, terminal, perSecond }: EnrolAll,
  deps: EnrolDeps,
): Promise<{ readonly error: unknown } | null> {
  const members = new LinesByName();
  const turn = pace(perSecond, terminal);
  const { counts } = report;
  const tell = progress(terminal, () => `${report.done.toLocaleString('en-US')} of ${counted(counts.lines, 'line')} …`);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;

  const enrolOne = async ({ line, row }: NumberedRow): Promise<void> => {
    const found = await findRow(deps, row);
    const { userGuid, memberGuid } = found.key;
    const other = members.note(`${userGuid}#${memberGuid}`, JSON.stringify(row.asked), line);
    if (other !== null && !other.isSame) {
      const reason = `line ${other.line} names the same member in another way and wants another schedule; that one counts`;
      throw new Failure('invalid_request', reason);
    }
    counts[await enrolRow(deps, found, row)] += 1;
  };
  const begin = (numbered: NumberedRow): void => {
    const work = enrolOne(numbered)
      .catch(async (error: unknown) => {
        if (!isOfOneLine(error)) failure ??= { error };
        else await report.skip(numbered.line, error.message);
      })
      // The output was closed while it should be said which line is left out.
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        running.delete(work);
        tell();
      });
    running.add(work);
  };

  try {
    for await (const numbered of checked.rows()) {
      if (terminal.stop.aborted || failure !== null) break;
      await turn();
      begin(numbered);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
  } catch (error) {
    if (!terminal.stop.aborted) failure ??= { error };
  }
  await Promise.all(running);
  return failure;
}

/** The others are the deployment's, MX's, or the network's, and would befall every line that follows. */
const isOfOneLine = (error: unknown): error is Failure =>
  error instanceof Failure && (error.fate === 'caller-fault' || OF_ONE_LINE.has(error.code));

const OF_ONE_LINE: ReadonlySet<string> = new Set(['busy', 'mx_refused', 'mx_bad_answer']);
