/** What a line of the file asks for. */
import { hoursFrom, type PermittedSchedule, readAskedSchedule } from '../../shared/domain/asked-schedule.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { identifierRule, isIdentifier } from '../../shared/domain/identifier.ts';
import type { MemberIdentifiers } from '../../shared/domain/mx.ts';
import { isTimeOfDay } from '../../shared/domain/quiet-hours.ts';
import type { CsvRecord } from './csv-file.ts';
import type { Column } from './enrolment-columns.ts';

/** A line that can be done. */
export interface EnrolmentRow {
  readonly identifiers: MemberIdentifiers;
  readonly asked: PermittedSchedule;
}

/** A line that cannot, and why. */
export interface BadRow {
  readonly reason: string;
}

/** Reads a line. `minHours`: the deployment's setting `minScheduleHours`; `columnCount`: fields that a line has to have. */
export function readRow(
  { fields, fieldCount }: CsvRecord,
  { minHours, columnCount }: { readonly minHours: number; readonly columnCount: number },
): EnrolmentRow | BadRow {
  if (fields === null) return { reason: `it has ${fieldCount} fields, the first line has ${columnCount}` };
  const { user = '', member = '', every = '', max_age: maxAge = '' } = fields;
  for (const [name, value] of Object.entries({ user, member })) {
    if (!isIdentifier(value)) return { reason: `${name} ${identifierRule}; it is ${shown(value)}` };
  }
  if (!WHOLE_NUMBER.test(every)) return { reason: notOnOffer(every, minHours) };
  if (maxAge !== '' && !WHOLE_NUMBER.test(maxAge)) {
    return { reason: `max_age has to be a whole number of seconds, or empty; it is ${shown(maxAge)}` };
  }
  const quiet = readQuiet(fields);
  if (typeof quiet === 'string') return { reason: quiet };
  try {
    const asked = readAskedSchedule(
      {
        every: Number(every),
        quietHours: quiet,
        timeZone: fields.time_zone || null,
        maxAgeSeconds: maxAge === '' ? null : Number(maxAge),
      },
      minHours,
    );
    return { identifiers: { userIdentifier: user, memberIdentifier: member }, asked };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The API speaks of its body there.
    const isPeriod = error.code === 'invalid_request' && error.details.field === 'every';
    return { reason: isPeriod ? notOnOffer(every, minHours) : error.message };
  }
}

const WHOLE_NUMBER = /^\d{1,9}$/;

const notOnOffer = (every: string, minHours: number): string =>
  `every has to be one of ${hoursFrom(minHours)}; it is ${shown(every)}`;

/** The quiet hours, null for none, or what is wrong with them. */
function readQuiet(fields: Readonly<Partial<Record<Column, string>>>): { from: string; to: string } | null | string {
  const { quiet_from: from = '', quiet_to: to = '' } = fields;
  if (from === '' && to === '') return null;
  for (const [name, value] of Object.entries({ quiet_from: from, quiet_to: to })) {
    if (!isTimeOfDay(value)) {
      return `${name} has to be a time of day, HH:MM, beside the other one; it is ${shown(value)}`;
    }
  }
  return { from, to };
}

/** What stands there, without what a terminal would obey. */
const shown = (value: string): string => JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
