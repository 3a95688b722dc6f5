/** How the schedule's turns are spread over the day. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { slotItems } from '../../shared/clients/enrolled-members.ts';
import type { EnrolledMember } from '../../shared/domain/schedule.ts';
import type { Deployment } from './deployment.ts';

/** The hours of a day, and of its minutes. */
const [HOURS, MINUTES] = [24, 1_440];

/**
 * The most pages of the table that are counted, a megabyte or 256 read units each: members' own items are among what is read.
 * A thirtieth one tells whether there are more.
 */
const MOST_PAGES = 29;

/** The schedule's turns by hour. */
export interface ScheduleLoad {
  /** Members that were counted. */
  readonly members: number;
  /** Not all were read: the table holds more. */
  readonly isPart: boolean;
  /** Turns a day by hour of the day, UTC, from midnight; a member with a turn every second day counts for half of one. */
  readonly turnsByHour: readonly number[];
}

/** Turns a day by hour of the day, UTC. */
export function turnsByHour(enrolled: readonly Pick<EnrolledMember, 'everyHours' | 'slot'>[]): readonly number[] {
  const turns = Array.from({ length: HOURS }, () => 0);
  for (const { everyHours, slot } of enrolled) {
    const first = Number(slot.split('#')[2]) % MINUTES;
    const aDay = Math.max(1, HOURS / everyHours);
    const each = everyHours > HOURS ? HOURS / everyHours : 1;
    for (let turn = 0; turn < aDay; turn += 1) {
      const hour = Math.floor(((first + turn * everyHours * 60) % MINUTES) / 60);
      turns[hour] = (turns[hour] ?? 0) + each;
    }
  }
  return turns;
}

/**
 * Reads slots' items and counts them by hour. Reads the table from its beginning and stops after some pages: items lie in
 * no order of time, so that a part shows the same picture. Quiet hours are not heeded: a turn in them starts nothing.
 */
export async function scheduleLoad(
  deployment: Pick<Deployment, 'output'>,
  client: DynamoDBClient,
  mostPages: number = MOST_PAGES,
): Promise<ScheduleLoad> {
  const found: EnrolledMember[] = [];
  let pages = 0;
  for await (const page of slotItems(client, deployment.output('MembersTable'))) {
    // The table has one page more than may be read.
    if (pages === mostPages) return { members: found.length, isPart: true, turnsByHour: turnsByHour(found) };
    found.push(...page);
    pages += 1;
  }
  return { members: found.length, isPart: false, turnsByHour: turnsByHour(found) };
}
