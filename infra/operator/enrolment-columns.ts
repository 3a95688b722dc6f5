/** The columns of a file with schedules, in the API's words, and the line that an enrolment is. */
import type { EnrolledMember } from '../../shared/domain/schedule.ts';

/** The columns, in the order in which they are written. They are read in any order; the last four may be left out. */
export const columns = ['user', 'member', 'every', 'quiet_from', 'quiet_to', 'time_zone', 'max_age'] as const;

/** Columns that a file has to have. */
export const requiredColumns: readonly Column[] = ['user', 'member', 'every'];

/** One of them. */
export type Column = (typeof columns)[number];

/** The line with the columns' names. */
export const headerLine = `${columns.join(',')}\n`;

/** An enrolment under the columns' names; null: nothing is wished for. */
export function enrolmentRow({ member, everyHours, quietHours, maxAgeSeconds }: EnrolledMember) {
  return {
    user: member.userGuid,
    member: member.memberGuid,
    every: everyHours,
    quiet_from: quietHours?.from ?? null,
    quiet_to: quietHours?.to ?? null,
    time_zone: quietHours?.timeZone ?? null,
    max_age: maxAgeSeconds,
  } satisfies Record<Column, string | number | null>;
}

/** The line of an enrolment. */
export function enrolmentLine(enrolled: EnrolledMember): string {
  const row = enrolmentRow(enrolled);
  return `${columns.map((column) => quoted(String(row[column] ?? ''))).join(',')}\n`;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
