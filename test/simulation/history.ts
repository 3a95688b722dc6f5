import type { DomainEvent } from '../../shared/domain/event.ts';
import { instantOf } from '../../shared/domain/instant.ts';
import { isQuiet as isInQuietHours } from '../../shared/domain/quiet-hours.ts';
import { textOf } from '../fakes/members-table.ts';
import type { AwaitPoints } from './await-points.ts';
import { wasErased } from './check-erased.ts';
import { type Fault, faultChooser } from './faults.ts';
import { type FunctionsInTime, functionsInTime } from './functions-in-time.ts';
import { checkHistory } from './invariants.ts';
import { createInvocations, type OrderedFault, type Watcher } from './invocations.ts';
import { BACK_SECONDS, beginPause, checkBack, checkUntaken, endPause } from './pauses.ts';
import { perform } from './perform.ts';
import { planHistory } from './plan.ts';
import { createScheduler } from './scheduler.ts';
import { createTruth } from './truth.ts';
import { Violation } from './violation.ts';
import type { Truth } from './what-is-known.ts';
import { createWorld, HISTORY_DAYS, type WrapPort } from './world.ts';

/** What a history was. */
export interface History {
  readonly seed: number;
  readonly violation: Violation | null;
  /** Faults that happened, and the actions; what a shorter story could do without. */
  readonly faults: readonly Fault[];
  readonly actionKeys: readonly string[];
  /** `succeeded/stored` and the like. */
  readonly outcomes: readonly string[];
  readonly virtualSeconds: number;
  /** Seconds after the start: when each event was first published and each trigger answered with success, by `refresh.succeeded 1` and the trigger's key. */
  readonly milestones: ReadonlyMap<string, number>;
  readonly story: readonly string[];
}

/** How to run one. */
export interface HistoryOptions {
  readonly points: AwaitPoints;
  /** Keys of the faults and actions that may happen; null for all. */
  readonly only?: ReadonlySet<string> | null;
  readonly withStory?: boolean;
  /** Happens besides what is drawn. */
  readonly ordered?: OrderedFault | null;
  /** Puts something around each port, to see how it is used. */
  readonly wrap?: WrapPort;
}

const START = Date.UTC(2026, 0, 15, 12, 0, 20);
const MINUTE_MS = 60_000;
const TICKS = 4;
/** How long an outage of the bus and the queues lasts. */
const MESSAGING_DOWN_SECONDS = 600;
/** Longer than any message can wait, and a few sweeps. */
const QUIET_BY_SECONDS = 3_600;

/** Runs the history with this seed. Never throws for a broken promise: that is its result. */
export async function runHistory(seed: number, options: HistoryOptions): Promise<History> {
  const plan = planHistory(seed, START);
  const scheduler = createScheduler(START);
  const { now } = scheduler;
  const faultsSeen: Fault[] = [];
  const story: string[] = [];
  const tell = options.withStory
    ? (line: string) => void story.push(`${((now() - START) / 1000).toFixed(3).padStart(9)}  ${line}`)
    : null;
  let violation: Violation | null = null;
  const broken = (found: Violation): void => {
    violation ??= found;
  };

  const faults = faultChooser(plan.faults, options.only ?? null, (fault) => void faultsSeen.push(fault));
  const downs = plan.actions.filter((action) => action.what === 'mx down' && faults.allows(action.key));
  const isMxDown = (at: number): boolean =>
    downs.some((down) => down.what === 'mx down' && at >= START + down.at * 1000 && at < START + down.until * 1000);
  const { messagingDown, historyDown } = plan;
  const isMessagingDown = (at: number): boolean =>
    messagingDown !== null &&
    faults.allows(messagingDown.key) &&
    at >= START + messagingDown.at * 1000 &&
    at < START + (messagingDown.at + MESSAGING_DOWN_SECONDS) * 1000;
  const isHistoryDown = (at: number): boolean =>
    historyDown !== null &&
    faults.allows(historyDown.key) &&
    at >= START + historyDown.at * 1000 &&
    at < START + historyDown.until * 1000;
  // These three know each other; each is called only after all of them are there.
  const late: { truth?: Truth; functions?: FunctionsInTime } = {};
  const world = createWorld(plan, scheduler, {
    followUps: (id) => {
      const message = world.followUps.messages.get(id);
      late.truth?.sent.add(/"refresh_id":"([^"]+)"/.exec(message?.body ?? '')?.[1] ?? '');
      late.functions?.followUpPut(id);
    },
    starts: (id) => late.functions?.startPut(id),
    sweeps: (id) => late.functions?.sweepPut(id),
    notLearnt: (invocation, error) => late.functions?.notLearnt(invocation, error),
    webhook: (webhook, answered) => {
      // MX's own jobs never end: what they tell after everything else is over is not part of the history.
      if (now() > lastAction && now() > plan.faults.until) answered(204);
      else late.functions?.webhook(webhook, answered);
    },
    ...(options.wrap === undefined ? {} : { wrap: options.wrap }),
  });
  /** What happens at the moment at which the first accounts are about to be stored. */
  const whileStoring: (() => void)[] = [];
  const truth = createTruth({
    storing: () => {
      const happens = whileStoring.pop();
      if (happens) scheduler.at(now() + 10, happens);
    },
    ended: (trigger) => {
      if (trigger === 'schedule' && plan.doublesStarts) scheduler.at(now() + 10, () => functions.startAgain());
    },
    policy: plan.policy,
    now,
    record: world.record,
    body: (key) => world.table.bodies.get(textOf(key)),
    unrecorded: (key) => ({
      reservedAt: world.table.reservedReads.get(textOf(key)) ?? null,
      enrolmentVersion: world.table.enrolmentVersions.get(textOf(key)) ?? 0,
    }),
    reservedRead: (key) => world.table.reservedReads.get(textOf(key)) ?? null,
    balances: (key) => world.balances.get(textOf(key)),
    history: (key) => world.history.get(textOf(key)),
    historyDays: HISTORY_DAYS,
    members: world.members.map(({ key }) => key),
    published: world.published,
    hasNotice: (refreshId) => world.notices(refreshId).some(({ events }) => events),
    projectionEnded: (refreshId) => {
      const item = world.refreshes.get(refreshId);
      if (item !== undefined) return item.end !== null;
      // Erased since: what is left to tell of it is told.
      const member = late.truth?.refreshes.get(refreshId)?.member;
      return member !== undefined && wasErased(world, member);
    },
    jobsEnded: world.jobsEnded,
    isQuiet: (key, at) => {
      const slot = world.record(key)?.enrolment?.slot ?? '';
      const quietHours = world.table.wishes.get(`${slot} ${textOf(key)}`)?.quietHours;
      return quietHours != null && isInQuietHours(quietHours, instantOf(at));
    },
  });
  const milestones = new Map<string, number>();
  const seen = new Set<string>();
  const typesSeen = new Map<string, number>();
  const published = ({ id, type }: DomainEvent): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const number = (typesSeen.get(type) ?? 0) + 1;
    typesSeen.set(type, number);
    milestones.set(`${type} ${number}`, (now() - START) / 1000);
  };
  let looked = 0;
  const watcher: Watcher = {
    effect(invocation, name) {
      truth.effect(invocation, name);
      if (name === 'members.takeLook') checkUntaken(world, invocation.id);
      while (looked < world.published.length) {
        const event = world.published[looked];
        looked += 1;
        if (event !== undefined) published(event);
      }
    },
    tell: tell && ((line: string) => tell(line)),
  };
  const invocations = createInvocations(
    seed,
    scheduler,
    faults,
    options.points,
    watcher,
    { isMxDown, isMessagingDown, isHistoryDown },
    options.ordered ?? null,
  );
  const told = (line: string): void => tell?.(line);
  const functions = functionsInTime({ plan, scheduler, faults, invocations, world, truth, broken, told });
  Object.assign(late, { truth, functions });

  for (const action of plan.actions) {
    if (!faults.allows(action.key)) continue;
    const happen = (): void => {
      tell?.(`— ${action.key}${'member' in action ? `, member ${action.member + 1}` : ''}`);
      perform(action, plan, world, functions);
      world.planMx();
    };
    if (action.what === 'delete' && action.whileStoring) whileStoring.push(happen);
    else scheduler.at(START + action.at * 1000, happen);
  }
  for (const pause of plan.pauses) {
    if (!faults.allows(pause.key)) continue;
    scheduler.at(START + pause.at * 1000, () => {
      tell?.(`— ${pause.key}, for ${Math.round(pause.seconds)} s`);
      beginPause(world, pause);
    });
    const { at, seconds, endedAfter } = pause;
    if (endedAfter !== null) {
      scheduler.at(START + (at + endedAfter) * 1000, () => {
        tell?.(`— ${pause.key} is ended`);
        endPause(world);
      });
    }
    if (plan.faults.rate > 0 || messagingDown !== null) continue;
    const [from, until] = [START + at * 1000, START + (at + (endedAfter ?? seconds)) * 1000];
    scheduler.at(until + BACK_SECONDS * 1000, () =>
      checkBack(world, { from: instantOf(from), until: instantOf(until) }),
    );
  }
  if (plan.hasSchedule) {
    for (let tick = 0; tick < TICKS; tick += 1) {
      scheduler.at(Math.ceil(START / MINUTE_MS + tick) * MINUTE_MS + 500, () => functions.tick(tick));
    }
  }
  const isQuiet = (): boolean =>
    now() > lastAction &&
    invocations.running() === 0 &&
    world.followUps.messages.size === 0 &&
    world.starts.messages.size === 0 &&
    world.members.every(({ key }) => !world.record(key)?.claim) &&
    [...world.breakers.values()].every(({ breaker }) => breaker.untold.length === 0);
  const lastAction = Math.max(
    START + (plan.hasSchedule ? (TICKS + 1) * MINUTE_MS : 0),
    ...plan.actions.filter(({ key }) => faults.allows(key)).map(({ at }) => START + at * 1000 + 1_000),
    ...plan.pauses.filter(({ key }) => faults.allows(key)).map(({ at, seconds }) => START + (at + seconds) * 1000),
  );
  const repairedAt = START + ((messagingDown?.at ?? 0) + MESSAGING_DOWN_SECONDS) * 1000;
  const quietBy =
    Math.max(lastAction, plan.faults.until, repairedAt) + (plan.policy.deadlineSeconds + QUIET_BY_SECONDS) * 1000;
  let isOver = false;
  const everyMinute = (number: number): void => {
    if (isQuiet()) {
      isOver = true;
      return;
    }
    if (now() > quietBy) throw new Violation(1, 'long after the last fault something is still not over');
    // Nothing is open: a sweep would read an empty index and go.
    const isUntold = [...world.breakers.values()].some(({ breaker }) => breaker.untold.length > 0);
    if (world.table.open.length > 0 || isUntold) functions.sweep(number);
    scheduler.at(now() + MINUTE_MS, () => everyMinute(number + 1));
  };
  scheduler.at(START + 45_000, () => everyMinute(1));

  try {
    while (violation === null && !isOver && scheduler.step()) await invocations.settle();
    const ordered = options.ordered ? [{ key: 'ordered', kind: options.ordered.kind, amount: 0 }] : [];
    if (violation === null) checkHistory(plan, world, truth, functions, [...faultsSeen, ...ordered]);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    broken(error);
  }
  if (violation !== null)
    tell?.(`✗ invariant ${(violation as Violation).invariant}: ${(violation as Violation).message}`);
  for (const { action, answeredAt } of functions.answers) milestones.set(action.key, (answeredAt - START) / 1000);
  return {
    seed,
    violation,
    faults: faultsSeen,
    actionKeys: [...plan.actions, ...plan.pauses, messagingDown, historyDown].flatMap((what) => what?.key ?? []),
    outcomes: [...truth.refreshes.values()].map(({ result }) => (result ? `${result.outcome}/${result.code}` : 'open')),
    virtualSeconds: (now() - START) / 1000,
    milestones,
    story,
  };
}
