import { describe, expect, it } from 'vitest';
import { checkFile } from '../../../infra/operator/check-file.ts';
import type { CsvFile } from '../../../infra/operator/csv-file.ts';
import { columns } from '../../../infra/operator/enrolment-columns.ts';
import { ImportReport } from '../../../infra/operator/import-report.ts';
import { fakeTerminal } from './fake-terminal.ts';

/** A file whose lines are `member every`, from line 2 on. */
function fileOf(lines: readonly string[]): CsvFile {
  return {
    header: { delimiter: ',', columns },
    async *records() {
      for (const [index, text] of lines.entries()) {
        const [member = '', every = ''] = text.split(' ');
        yield { line: index + 2, fieldCount: 3, fields: { user: 'USR-1', member, every } };
      }
    },
    checkUnchanged: async () => {},
    close: async () => {},
  };
}

async function check(lines: readonly string[]) {
  const { terminal, said } = fakeTerminal();
  const report = new ImportReport(terminal, false);
  const checked = await checkFile({ file: fileOf(lines), minHours: 1, report, tell: () => {} });
  const rows: string[] = [];
  for await (const { line, row } of checked.rows()) rows.push(`${line} ${row.identifiers.memberIdentifier}`);
  const { counts } = report;
  return { rows, said, toDo: checked.toDo, counts: [counts.lines, counts.repeated, counts.skipped] };
}

describe('a file', () => {
  it('is done line by line', async () => {
    expect(await check(['A 24', 'B 6', 'C 24'])).toEqual({
      rows: ['2 A', '3 B', '4 C'],
      said: [],
      toDo: 3,
      counts: [3, 0, 0],
    });
  });

  it('leaves out bad lines, and names them', async () => {
    expect(await check(['A 24', 'B 5', '/ 24', 'C 24'])).toEqual({
      rows: ['2 A', '5 C'],
      said: [
        'line 3: every has to be one of 1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168; it is "5"',
        'line 4: member may only have letters, digits and . _ @ : -, 1 to 1000 of them, not dots alone; it is "/"',
      ],
      toDo: 2,
      counts: [4, 0, 2],
    });
  });

  it('does what is said twice once', async () => {
    expect(await check(['A 24', 'B 6', 'A 24'])).toEqual({
      rows: ['2 A', '3 B'],
      said: [],
      toDo: 2,
      counts: [3, 1, 0],
    });
  });

  it('does nothing for a member with two wishes', async () => {
    expect(await check(['A 24', 'B 6', 'A 48', 'A 24', 'A 72'])).toEqual({
      rows: ['3 B'],
      said: [
        'line 4: line 2 wants another schedule for the same member; neither is applied',
        'line 2: line 4 wants another schedule for the same member; neither is applied',
        'line 6: line 2 wants another schedule for the same member; neither is applied',
      ],
      toDo: 1,
      counts: [5, 1, 3],
    });
  });
});
