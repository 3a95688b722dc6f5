// PUT, GET and DELETE …/members/{m}/schedule  ->  the member's place in the schedule
import * as v from 'valibot';
import { type MembersReader, membersReader } from '../shared/clients/members-reader.ts';
import { scheduleChangesInDynamoDb } from '../shared/clients/schedule-changes.ts';
import { scheduleInDynamoDb } from '../shared/clients/schedule-table.ts';
import {
  enrolmentFor,
  invalidSchedule,
  type PermittedSchedule,
  readAskedSchedule,
  scheduleFields,
} from '../shared/domain/asked-schedule.ts';
import { Failure } from '../shared/domain/failure.ts';
import { findKeyToSchedule, findMember, readMember } from '../shared/domain/find-member.ts';
import { heldOf } from '../shared/domain/held.ts';
import { type Clock, epochMillisecondsOf, type Instant, instantOf, secondsBetween } from '../shared/domain/instant.ts';
import type { MemberRecord } from '../shared/domain/member.ts';
import type { Schedule, ScheduleChanges } from '../shared/domain/ports.ts';
import { type Enrolment, nextDueAt, noWishes, type ScheduleWishes } from '../shared/domain/schedule.ts';
import { heldBody, lastResultBody } from '../shared/lambda/api-shapes.ts';
import { readEnvironment } from '../shared/lambda/environment.ts';
import { type ApiAnswer, type ApiRequest, httpHandler, memberIdentifiers } from '../shared/lambda/http.ts';
import { apiWiring } from './wiring/api.ts';
import { firstCallPrepared } from './wiring/first-call.ts';
import { dynamoDb, now } from './wiring/refresh.ts';

/** What enrolling needs. */
export interface MemberScheduleDeps {
  readonly members: MembersReader;
  readonly schedule: Pick<Schedule, 'enrol' | 'wishesOf'>;
  readonly changes: ScheduleChanges;
  /** Settings: changes of one caller in a day, and the shortest time between refreshes that a caller may ask for. */
  readonly scheduleChangesPerCaller: number;
  readonly minScheduleHours: number;
  readonly shards: number;
  readonly now: Clock;
}

/** The shape alone: `readAskedSchedule` checks the values. */
const bodySchema = v.strictObject({
  every: v.number(),
  quiet_hours: v.nullish(v.strictObject({ from: v.string(), to: v.string() }), null),
  time_zone: v.nullish(v.string(), null),
  max_age: v.nullish(v.number(), null),
});

/** Answers the three methods. */
export async function memberSchedule(deps: MemberScheduleDeps, request: ApiRequest): Promise<ApiAnswer> {
  const identifiers = memberIdentifiers(request);
  switch (request.method) {
    case 'PUT': {
      // Before the table is read: a wrong body is refused for every member alike.
      const asked = readBody(request.body, deps.minScheduleHours);
      const { wishes } = asked;
      const { key, known } = await findKeyToSchedule(deps.members, identifiers);
      const former = known?.enrolment ?? null;
      const enrolment = enrolmentFor(key, asked, { shards: deps.shards, now: deps.now(), former });
      await countChange(deps, request);
      await deps.schedule.enrol(key, enrolment, 'always', wishes);
      const member = known ?? (await readMember(deps.members, key));
      return { status: 200, logged: loggedOf(member), body: scheduleBody(member, { enrolment, wishes }, deps.now()) };
    }
    case 'DELETE': {
      const member = await findMember(deps.members, identifiers);
      await countChange(deps, request);
      // Stored as 0, so that the default of the settings does not enrol the member again.
      await deps.schedule.enrol(member.key, { everyHours: 0, slot: '' }, 'always');
      return { status: 204, logged: loggedOf(member) };
    }
    default: {
      const member = await findMember(deps.members, identifiers);
      const { enrolment } = member;
      const isOn = enrolment !== null && enrolment.everyHours !== 0;
      const wishes = (isOn ? await deps.schedule.wishesOf(member.key, enrolment.slot) : null) ?? noWishes;
      return { status: 200, logged: loggedOf(member), body: scheduleBody(member, { enrolment, wishes }, deps.now()) };
    }
  }
}

const loggedOf = ({ key }: MemberRecord) => ({ member_guid: key.memberGuid });

function scheduleBody(
  member: MemberRecord,
  { enrolment, wishes }: { readonly enrolment: Enrolment | null; readonly wishes: ScheduleWishes },
  at: Instant,
) {
  const { lastAttempt } = member;
  const { quietHours, maxAgeSeconds } = wishes;
  return {
    schedule: {
      user_guid: member.key.userGuid,
      member_guid: member.key.memberGuid,
      every: enrolment === null || enrolment.everyHours === 0 ? null : enrolment.everyHours,
      quiet_hours: quietHours && { from: quietHours.from, to: quietHours.to },
      time_zone: quietHours?.timeZone ?? null,
      max_age: maxAgeSeconds,
      next_due_at: enrolment && nextDueAt(enrolment, at, quietHours),
      last_result: lastAttempt && lastResultBody(lastAttempt),
      held: heldBody(heldOf(member)),
    },
  };
}

/** @throws Failure `schedule_changes_used_up` */
async function countChange(deps: MemberScheduleDeps, { caller }: ApiRequest): Promise<void> {
  const at = deps.now();
  if (await deps.changes.take(caller, deps.scheduleChangesPerCaller, at)) return;
  const tomorrow = Math.ceil((epochMillisecondsOf(at) + 1) / MILLISECONDS_A_DAY) * MILLISECONDS_A_DAY;
  throw new Failure(
    'schedule_changes_used_up',
    `one caller may change ${deps.scheduleChangesPerCaller} schedules a day (setting scheduleChangesPerCaller), and has`,
    {
      retryAfterSeconds: Math.ceil(secondsBetween(at, instantOf(tomorrow))),
      limit: 'scheduleChangesPerCaller',
    },
  );
}

const MILLISECONDS_A_DAY = 86_400_000;

/** @throws Failure `schedule_too_often`, or `invalid_request` that names the field. */
function readBody(body: unknown, minHours: number): PermittedSchedule {
  const read = v.safeParse(bodySchema, body);
  if (!read.success) {
    const field = String(read.issues[0].path?.[0]?.key ?? 'every');
    const fields: Readonly<Record<string, string>> = scheduleFields(minHours);
    const otherwise = `the body may have ${Object.keys(fields).join(', ')}, and nothing else`;
    throw invalidSchedule(field, fields[field] ?? otherwise);
  }
  const { every, quiet_hours: quietHours, time_zone: timeZone, max_age: maxAgeSeconds } = read.output;
  return readAskedSchedule({ every, quietHours, timeZone, maxAgeSeconds }, minHours);
}

/** What AWS calls, given its environment. */
export function wire(source: NodeJS.ProcessEnv) {
  const env = readEnvironment('member-schedule', source);
  const db = dynamoDb(env.membersTable);
  const deps: MemberScheduleDeps = {
    members: membersReader(db, env.membersTable),
    schedule: scheduleInDynamoDb(db, env.membersTable),
    changes: scheduleChangesInDynamoDb(db, env.membersTable),
    scheduleChangesPerCaller: env.scheduleChangesPerCaller,
    minScheduleHours: env.minScheduleHours,
    shards: env.scheduleShards,
    now,
  };
  const right = ({ method }: { method: string }) => (method === 'GET' ? ('read' as const) : ('trigger' as const));
  return httpHandler({ ...apiWiring('member-schedule', env), right }, (request) => memberSchedule(deps, request));
}

export const handler = wire(process.env);
await firstCallPrepared(process.env);
