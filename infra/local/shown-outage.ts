/** `npm start -- --scenario outage`: a bank goes down and comes back, and its breaker opens and closes. */
import { setTimeout as after } from 'node:timers/promises';
import { Decimal, isExactObject } from '../../shared/domain/decimal.ts';
import { epochMillisecondsOf, type Instant, instantOf } from '../../shared/domain/instant.ts';
import { minuteOf, minuteStart, nextDueAt, slotOf } from '../../shared/domain/schedule.ts';
import type { Control } from '../mx-simulator/control.ts';
import { eventLine } from './live-lines.ts';
import type { MovableClock } from './movable-clock.ts';
import { problemOf, type Stage } from './shown-refresh.ts';
import { isRecord } from './stack/template.ts';

const BANK = 'riverbank';

/**
 * Six users of the bank: one more than open its breaker. Three go on the schedule, due so many minutes after the start of the
 * demonstration.
 */
const CUSTOMERS: Readonly<Record<string, number | null>> = {
  anna: 8,
  ben: 8,
  carla: 14,
  deniz: null,
  emil: null,
  fatma: null,
};

/** Shorter than the first look is away. */
const JOB_SECONDS = 2;

/** Between two callers: thus their refreshes end one after the other, and not all at once. */
const APART_MS = 1_000;

const EVERY_HOURS = 24;
const MINUTE_MS = 60_000;

/** Nothing of the demonstration takes longer on this machine. */
const PATIENCE_MS = 60_000;

/** What the demonstration needs besides a stage. */
export interface OutageStage extends Stage {
  readonly control: Control;
  readonly clock: MovableClock;
}

interface Customer {
  readonly name: string;
  readonly guid: string;
  /** `/users/{u}/members/{m}` */
  readonly path: string;
  /** When it is due; null: it is not on the schedule. */
  readonly turn: Instant | null;
}

/** True when it went as the scenario's lines say. */
export async function showOutage(stage: OutageStage): Promise<boolean> {
  const { control, clock, say } = stage;
  const timed = (text: string): void => say(`  ${timeOf(clock.now())}  ${text}`);
  const customers = Object.entries(CUSTOMERS).map(([name, minutes]) => addCustomer(stage, name, minutes));
  const seen = watch(stage, customers, timed);
  const trigger = triggerOf(stage, timed);
  const [anna, , carla, deniz, emil] = customers;
  if (anna === undefined || carla === undefined || deniz === undefined || emil === undefined) return false;
  const isOver = async (name: string, refreshes: number): Promise<string> => {
    await seen.until(`the end of ${name}’s refresh`, () => seen.ends(name).length === refreshes);
    return seen.ends(name).at(-1) ?? '';
  };
  try {
    say(`\nThe bank ${BANK} goes down. Callers ask for the balances of six of its users:\n`);
    for (const customer of customers) {
      await trigger(customer);
      await after(APART_MS);
    }
    await seen.until('institution.degraded', () => seen.told().includes('institution.degraded'));
    for (const { name } of customers) await isOver(name, 1);

    say('\nThree of them go on the schedule. A minute later a caller asks again, and is not refused:\n');
    for (const customer of customers) if (customer.turn !== null) await enrol(stage, customer, timed);
    clock.moveTo(clock.now() + MINUTE_MS);
    const since = await trigger(emil);
    await isOver(emil.name, 2);

    say('\nThe schedule’s turn of anna and ben, after the breaker was open for five minutes:\n');
    const first = await seen.turn(anna.turn);
    timed(`started, as the probe: ${first.accepted}; deferred by 10 to 15 minutes: ${first.deferred}`);
    await seen.until('the end of the probe', () => seen.ends('anna').length + seen.ends('ben').length === 3);

    say('\nThe bank is back. The turn of carla, five minutes after that probe or later:\n');
    for (const { guid } of customers) control.setScenario({ member: guid, scenario: 'ok' });
    const second = await seen.turn(carla.turn);
    timed(`started, as the probe: ${second.accepted}`);
    const probe = await isOver(carla.name, 2);
    await seen.until('institution.recovered', () => seen.told().includes('institution.recovered'));

    say('\nA minute later everything is as before:\n');
    clock.moveTo(clock.now() + MINUTE_MS);
    const afterwards = await trigger(deniz);
    const last = await isOver(deniz.name, 2);
    timed(await health(stage));
    const { recovered, degraded } = seen.times();
    const isTold = degraded === 1 && recovered === 1 && since !== null && afterwards === null;
    const isDeferred = first.accepted === 1 && first.deferred === 1 && second.accepted === 1;
    return isTold && isDeferred && probe === 'stored' && last === 'stored';
  } finally {
    seen.stop();
  }
}

/** A user with one member, at a bank that is down. Its guid gives it the turn that the demonstration needs. */
function addCustomer({ control, clock }: OutageStage, name: string, minutes: number | null): Customer {
  const user = control.addUser({ id: name });
  const now = instantOf(clock.now());
  const turn = minutes === null ? null : minuteStart(minuteOf(now) + minutes);
  let guid = newGuid();
  while (turn !== null && turn !== turnOf(user.guid, guid, now)) guid = newGuid();
  control.addMember({
    ...{ user: user.guid, guid, id: `${name}-${BANK}`, institutionCode: BANK },
    ...{ scenario: 'institution-down', jobSeconds: JOB_SECONDS },
  });
  return { name, guid, path: `/users/${name}/members/${name}-${BANK}`, turn };
}

const newGuid = (): string => `MBR-${crypto.randomUUID()}`;

const turnOf = (userGuid: string, memberGuid: string, now: Instant): Instant | null =>
  nextDueAt({ everyHours: EVERY_HOURS, slot: slotOf({ userGuid, memberGuid }, EVERY_HOURS, 1) }, now);

/** Triggers a refresh. Since when the bank does not work, as the answer says; null: it does not say so. */
const triggerOf =
  ({ call }: Stage, timed: (text: string) => void) =>
  async ({ name, path }: Customer): Promise<string | null> => {
    const answer = await call('POST', `${path}/check_balance`);
    const body = isExactObject(answer.body) ? answer.body : {};
    if (answer.status !== 202) throw new Error(`${name}: refused with ${answer.status}: ${problemOf(answer)}`);
    const degraded = body['institution_degraded'];
    if (!isExactObject(degraded)) {
      timed(`POST …/${name}-${BANK}/check_balance → 202`);
      return null;
    }
    timed(`POST …/${name}-${BANK}/check_balance → 202, institution_degraded: ${degraded['code']}`);
    return String(degraded['since']);
  };

async function enrol({ call }: Stage, { name, path, turn }: Customer, timed: (text: string) => void): Promise<void> {
  const answer = await call('PUT', `${path}/schedule`, { every: EVERY_HOURS });
  if (answer.status !== 200) throw new Error(`${name}: refused with ${answer.status}: ${problemOf(answer)}`);
  timed(`${name} is on the schedule: next turn at ${turn?.slice(11, 16)}`);
}

/** What the API says of the bank, in a line. */
async function health({ call }: Stage): Promise<string> {
  const answer = await call('GET', `/institution_health/${BANK}`);
  const institution = isExactObject(answer.body) ? answer.body['institution'] : undefined;
  if (!isExactObject(institution)) return `GET /institution_health/${BANK}: ${problemOf(answer)}`;
  const { breaker, week } = institution;
  const [state, since] = isExactObject(breaker) ? [breaker['state'], String(breaker['since'])] : ['none', ''];
  const outcomes = isExactObject(week) && isExactObject(week['outcomes']) ? week['outcomes'] : {};
  const textOf = (count: unknown): string => (count instanceof Decimal ? count.text : String(count));
  const counts = Object.entries(outcomes).map(([outcome, count]) => [outcome, textOf(count)] as const);
  const ended = counts.filter(([, count]) => count !== '0').map(([outcome, count]) => `${count} ${outcome}`);
  return `GET /institution_health/${BANK}: breaker ${state} since ${since.slice(11, 19)}; in 7 days ${ended.join(', ')}`;
}

/** How many starts of a turn went through, and how many wait. */
interface Turn {
  readonly accepted: number;
  readonly deferred: number;
}

/** Says what happens to the customers and their bank, and waits for it. */
function watch({ project, clock }: OutageStage, customers: readonly Customer[], timed: (text: string) => void) {
  const ends = new Map<string, string[]>(customers.map(({ name }) => [name, []]));
  const told: string[] = [];
  const started = { accepted: 0, deferred: 0 };
  const waiting = new Set<() => void>();
  const changed = (): void => {
    for (const look of waiting) look();
  };
  const stops = [
    project.stack.on('event', (event) => {
      const data = isRecord(event.detail) && isRecord(event.detail['data']) ? event.detail['data'] : {};
      const customer = customers.find(({ guid }) => guid === data['member_guid']);
      if (event.detailType.startsWith('institution.')) {
        timed(`event ${event.detailType}: ${eventLine(event)}`);
        told.push(event.detailType);
      } else if (event.detailType.startsWith('refresh.') && customer !== undefined) {
        timed(`${customer.name}: the refresh has ended: ${data['code']}`);
        ends.get(customer.name)?.push(String(data['code']));
      }
      changed();
    }),
    project.stack.on('log', ({ line }) => {
      if (!line.includes('"start.done"')) return;
      const entry: unknown = JSON.parse(line);
      const counts = isRecord(entry) && isRecord(entry['counts']) ? entry['counts'] : {};
      started.accepted += Number(counts['accepted'] ?? 0);
      started.deferred += Number(counts['deferred'] ?? 0);
      changed();
    }),
  ];
  async function until(what: string, isThere: () => boolean): Promise<void> {
    const patience = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isThere()) resolve();
    };
    waiting.add(look);
    look();
    const late = after(PATIENCE_MS, true, { signal: patience.signal }).catch(() => false);
    const isLate = await Promise.race([promise.then(() => false), late]);
    patience.abort();
    waiting.delete(look);
    if (isLate) throw new Error(`${what} did not come within ${PATIENCE_MS / 1000} s`);
  }
  return {
    until,
    ends: (name: string): readonly string[] => ends.get(name) ?? [],
    told: (): readonly string[] => told,
    times: () => ({
      degraded: told.filter((type) => type === 'institution.degraded').length,
      recovered: told.filter((type) => type === 'institution.recovered').length,
    }),
    /** Moves the clock to a turn, and waits until its members were started or sent back. */
    async turn(turn: Instant | null): Promise<Turn> {
      const due = customers.filter((customer) => customer.turn === turn).length;
      const before = { ...started };
      if (turn !== null) clock.moveTo(epochMillisecondsOf(turn));
      await project.stack.fireSchedule('EveryMinuteRefreshSchedule');
      const since = (): Turn => ({
        accepted: started.accepted - before.accepted,
        deferred: started.deferred - before.deferred,
      });
      await until('the schedule’s start', () => since().accepted + since().deferred >= due);
      return since();
    },
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

const timeOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(11, 19);
