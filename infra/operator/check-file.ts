/** The first reading of a file: nothing is changed before all of it has been read. */
import type { CsvFile } from './csv-file.ts';
import { type EnrolmentRow, readRow } from './enrolment-row.ts';
import type { ImportReport } from './import-report.ts';
import { LinesByName } from './lines-by-name.ts';

/** A line to be done. */
export interface NumberedRow {
  readonly line: number;
  readonly row: EnrolmentRow;
}

/** A file that was read once. */
export interface CheckedFile {
  /** How many lines there are to do. */
  readonly toDo: number;
  /** Reads it again: the lines to do, in their order. */
  readonly rows: () => AsyncGenerator<NumberedRow>;
}

/** What both readings need. */
export interface Checking {
  readonly file: CsvFile;
  readonly minHours: number;
  readonly report: ImportReport;
  /** Called after each line; may throw to end the reading. */
  readonly tell: () => void;
}

/**
 * Reads the file, counts its lines and names those that cannot be done: bad ones, and those of a member for which two lines
 * want different things. Which of these is meant is not known, so neither is done.
 *
 * @throws Stop `usage` when the file cannot be read to its end.
 */
export async function checkFile({ file, minHours, report, tell }: Checking): Promise<CheckedFile> {
  const firstLines = new LinesByName();
  const contested = new Set<number>();
  const rule = { minHours, columnCount: file.header.columns.length };
  const { counts } = report;
  let toDo = 0;
  for await (const record of file.records()) {
    const { line } = record;
    counts.lines += 1;
    tell();
    const row = readRow(record, rule);
    if ('reason' in row) {
      await report.skip(line, row.reason);
      continue;
    }
    const first = firstLines.note(nameOf(row), JSON.stringify(row.asked), line);
    if (first === null) toDo += 1;
    else if (first.isSame) counts.repeated += 1;
    else {
      await report.skip(line, contradiction(first.line));
      if (!contested.has(first.line)) {
        contested.add(first.line);
        toDo -= 1;
        await report.skip(first.line, contradiction(line));
      }
    }
  }
  return {
    toDo,
    async *rows() {
      for await (const record of file.records()) {
        const row = readRow(record, rule);
        if ('reason' in row) continue;
        const first = firstLines.firstLine(nameOf(row));
        if (first === record.line && !contested.has(first)) yield { line: record.line, row };
      }
    },
  };
}

const nameOf = ({ identifiers }: EnrolmentRow): string =>
  `${identifiers.userIdentifier}#${identifiers.memberIdentifier}`;

const contradiction = (line: number): string =>
  `line ${line} wants another schedule for the same member; neither is applied`;
