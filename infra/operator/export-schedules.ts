/** `schedules export`: all members on the schedule, a line each. */
import { enrolledMembers } from '../../shared/clients/enrolled-members.ts';
import type { EnrolledMember } from '../../shared/domain/schedule.ts';
import type { Deployment } from './deployment.ts';
import { enrolmentLine, enrolmentRow, headerLine } from './enrolment-columns.ts';
import { exitCodes, Stop } from './exit-codes.ts';
import { writtenFile } from './output-file.ts';
import { progress } from './progress.ts';
import { counted } from './table.ts';
import type { Terminal } from './terminal.ts';

/** How to export. */
export interface ExportOptions {
  /** Null: to the output. */
  readonly output: string | null;
  /** A JSON object a line instead of CSV. */
  readonly json: boolean;
}

/** Writes every enrolment, a page of the table at a time. */
export async function exportSchedules(
  deployment: Deployment,
  terminal: Terminal,
  { output, json }: ExportOptions,
): Promise<void> {
  const client = deployment.dynamoDb();
  let written = 0;
  const tell = progress(terminal, () => `${counted(written, 'member')} …`);
  const line = json ? (enrolled: EnrolledMember) => `${JSON.stringify(enrolmentRow(enrolled))}\n` : enrolmentLine;
  const fill = async (write: (text: string) => Promise<void>): Promise<void> => {
    if (!json) await write(headerLine);
    for await (const page of enrolledMembers(client, deployment.output('MembersTable'), terminal.sleep)) {
      if (terminal.stop.aborted) {
        const what = output === null ? 'the output is not whole' : `${output} was not written`;
        throw new Stop(exitCodes.interrupted, `Interrupted after ${counted(written, 'member')}: ${what}.`);
      }
      if (page.length > 0) await write(page.map(line).join(''));
      written += page.length;
      tell();
    }
  };
  try {
    await (output === null ? fill(terminal.write) : writtenFile(output, fill));
  } finally {
    client.destroy();
  }
  terminal.say(`${counted(written, 'member')} on the schedule of ${deployment.place}.`);
}
