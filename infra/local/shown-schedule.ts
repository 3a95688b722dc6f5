/** `npm start -- --minutes-per-second …`: two members on the schedule, refreshed before one's eyes. */
import { isExactObject } from '../../shared/domain/decimal.ts';
import type { Control } from '../mx-simulator/control.ts';
import type { MovableClock } from './movable-clock.ts';
import { passQuickly } from './quick-time.ts';
import { problemOf, type Stage, sayAccounts } from './shown-refresh.ts';
import { isRecord } from './stack/template.ts';

/** They succeed, and the second one's balances change. */
const SHOWN = ['member-ok', 'member-moving'] as const;
const EVERY_HOURS = 1;
/** Long enough to see that a job runs. */
const JOB_SECONDS = 6;
/** So often it is said that no member is due, in minutes. */
const SAY_EVERY = 10;
const MINUTE_MS = 60_000;

interface Scheduled {
  readonly id: string;
  readonly guid: string;
  /** `/users/{u}/members/{m}`, by MX's guids: by its own id a member is known here only after its first refresh. */
  readonly path: string;
}

/** What a demonstration of the schedule needs. */
export interface ScheduleStage extends Stage {
  readonly control: Control;
  readonly clock: MovableClock;
  readonly minutesPerSecond: number;
}

/**
 * Puts two members on the schedule and lets time pass until both were refreshed; it goes on passing afterwards.
 *
 * @returns true when both refreshes succeeded.
 */
export async function showSchedule(stage: ScheduleStage): Promise<boolean> {
  const { project, clock, control, say, minutesPerSecond } = stage;
  const timed = (text: string): void => say(`  ${timeOf(clock.now())}  ${text}`);
  const members = SHOWN.flatMap((id) =>
    control
      .state()
      .members.filter((member) => member.id === id)
      .map(({ guid, userGuid }): Scheduled => ({ id, guid, path: `/users/${userGuid}/members/${guid}` })),
  );
  say(`\nTwo members go on the schedule, every hour. While nothing runs, a minute takes ${inSeconds(minutesPerSecond)}; while
a refresh runs, time passes as always. All times are those of the stack's clock, in UTC.\n`);
  for (const { guid } of members) control.setJobSeconds({ member: guid, seconds: JOB_SECONDS });
  for (const member of members) if (!(await enrol(stage, member, timed))) return false;
  say('');
  const results = new Map<string, boolean>();
  const bothOver = Promise.withResolvers<void>();
  const stopListening = sayTurns(stage, members, timed, (guid, isSuccess) => {
    results.set(guid, isSuccess);
    if (results.size === members.length) bothOver.resolve();
  });
  let saidAt = clock.now();
  passQuickly({
    ...{ stack: project.stack, clock, minutesPerSecond },
    onMinute(minute) {
      if (results.size === members.length || minute - saidAt < SAY_EVERY * MINUTE_MS) return;
      timed(`no member was due since ${timeOf(saidAt)}`);
      saidAt = minute;
    },
  });
  await bothOver.promise;
  stopListening();
  for (const { id, path } of members) {
    say(`\n  Stored balances of ${id}:`);
    sayAccounts(await stage.call('GET', `${path}/accounts`), say);
  }
  return [...results.values()].every((isSuccess) => isSuccess);
}

async function enrol({ call }: Stage, { id, path }: Scheduled, timed: (text: string) => void): Promise<boolean> {
  const answer = await call('PUT', `${path}/schedule`, { every: EVERY_HOURS });
  const schedule = isExactObject(answer.body) ? answer.body['schedule'] : undefined;
  if (answer.status !== 200 || !isExactObject(schedule)) {
    timed(`${id}: refused with ${answer.status}: ${problemOf(answer)}`);
    return false;
  }
  timed(`${id} is on the schedule: first turn at ${String(schedule['next_due_at']).slice(11, 16)}`);
  return true;
}

/** Says of each turn who is due, that MX's job was started, and how the refresh ended. @returns stops it */
function sayTurns(
  { project }: Stage,
  members: readonly Scheduled[],
  timed: (text: string) => void,
  onEnd: (guid: string, isSuccess: boolean) => void,
): () => void {
  const stops = [
    project.stack.on('log', ({ line }) => {
      const { event, counts } = entryOf(line);
      const counted = (name: string): number => (isRecord(counts) ? Number(counts[name] ?? 0) : 0);
      if (event === 'schedule.done' && counted('members') > 0) timed(`turn: ${people(counted('members'))} due`);
      if (event === 'start.done' && counted('accepted') > 0) {
        timed(`start: MX's job of ${counted('accepted') === 1 ? 'this member' : 'these members'} runs`);
      }
    }),
    project.stack.on('event', ({ detailType, detail }) => {
      if (!detailType.startsWith('refresh.')) return;
      const data = isRecord(detail) && isRecord(detail['data']) ? detail['data'] : {};
      const member = members.find(({ guid }) => guid === data['member_guid']);
      if (member === undefined) return;
      const isSuccess = detailType === 'refresh.succeeded';
      timed(`${member.id}: refresh ${data['refresh_id']} ended: ${isSuccess ? 'balances stored' : data['code']}`);
      onEnd(member.guid, isSuccess);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function entryOf(line: string): Readonly<Record<string, unknown>> {
  if (!line.includes('"schedule.done"') && !line.includes('"start.done"')) return {};
  const entry: unknown = JSON.parse(line);
  return isRecord(entry) ? entry : {};
}

const people = (count: number): string => (count === 1 ? '1 member is' : `${count} members are`);

const inSeconds = (minutesPerSecond: number): string =>
  minutesPerSecond === 1 ? 'a second' : `${Number((1 / minutesPerSecond).toFixed(2))} s`;

const timeOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(11, 16);
