import type { FollowUpDeps } from '../../functions/follow-up.ts';
import { createMxModel, type MxModel } from '../../infra/mx-simulator/mx-model.ts';
import type { Delivery as MxWebhook } from '../../infra/mx-simulator/outbox.ts';
import { decodeFollowUp } from '../../shared/clients/messages.ts';
import type { Receipts } from '../../shared/domain/erasure-ports.ts';
import type { DomainEvent } from '../../shared/domain/event.ts';
import type { IdempotencyKeys } from '../../shared/domain/idempotency.ts';
import { type Instant, instantOf } from '../../shared/domain/instant.ts';
import { aliasMarkOf, type MemberRecord } from '../../shared/domain/member.ts';
import type { MemberKey } from '../../shared/domain/mx.ts';
import type { Notice } from '../../shared/domain/notify-ports.ts';
import type { Schedule, ScheduleChanges, StartCeiling, Starts, WaitLeases } from '../../shared/domain/ports.ts';
import { minuteOf, slotsDueIn } from '../../shared/domain/schedule.ts';
import { SWEEP_TIMEOUT_SECONDS, type SweepRests } from '../../shared/domain/sweep.ts';
import { TRIGGER_TIMEOUT_SECONDS } from '../../shared/lambda/time-limits.ts';
import { type BalancesTable, fakeBalances } from '../fakes/fake-balances.ts';
import { type BreakersTable, fakeBreakers } from '../fakes/fake-breakers.ts';
import { type CallbacksTable, fakeCallbacks, fakeDeliveries } from '../fakes/fake-callbacks.ts';
import { fakeErasure } from '../fakes/fake-erasure.ts';
import { fakeEvents } from '../fakes/fake-events.ts';
import { fakeHistory, type HistoryTable } from '../fakes/fake-history.ts';
import { fakeIdempotencyKeys, type IdempotencyTable } from '../fakes/fake-idempotency.ts';
import { fakeInstitutions, type InstitutionsTable } from '../fakes/fake-institutions.ts';
import { fakeMembers } from '../fakes/fake-members.ts';
import {
  fakePauses,
  noPauses,
  nothingRemembered,
  type PausesItem,
  type RememberedPauses,
} from '../fakes/fake-pauses.ts';
import {
  type FakeQueue,
  fakeErasures,
  fakeFollowUps,
  fakeHints,
  fakeNotices,
  fakeQueue,
  fakeStarts,
  fakeSweepRests,
} from '../fakes/fake-queue.ts';
import { type ErasuresTable, emptyErasuresTable, fakeReceipts } from '../fakes/fake-receipts.ts';
import { fakeRefreshes, type RefreshesTable, type RefreshItem } from '../fakes/fake-refreshes.ts';
import { fakeSchedule } from '../fakes/fake-schedule.ts';
import { fakeScheduleChanges, type ScheduleChangesTable } from '../fakes/fake-schedule-changes.ts';
import { fakeSeenMembers } from '../fakes/fake-seen-members.ts';
import { type CeilingItem, fakeStartCeiling } from '../fakes/fake-start-ceiling.ts';
import { fakeStoredData } from '../fakes/fake-stored-data.ts';
import { fakeUnstarted } from '../fakes/fake-unstarted.ts';
import { fakeWaitLeases, type WaitLeasesTable } from '../fakes/fake-wait-leases.ts';
import { emptyMembersTable, type MembersTable, textOf } from '../fakes/members-table.ts';
import { emptyMember } from '../samples.ts';
import type { Invocation, Invocations } from './invocations.ts';
import { mxIn } from './mx-calls.ts';
import { type Plan, secretDigits } from './plan.ts';
import type { Scheduler } from './scheduler.ts';
import type { Truth } from './what-is-known.ts';

/** A member and its names. */
export interface SimulatedMember {
  readonly key: MemberKey;
  readonly userId: string;
  readonly memberId: string;
}

/** Two minutes, after the first one in which scheduled members are due: what is late then waits. */
export const quietHours = { from: '12:02', to: '12:04' };

/** The same for breakers. */
export const breakerRules = {
  ...{ failures: 2, users: 1, windowSeconds: 1_800, probeSeconds: 60 },
  ...{ steadySeconds: 3_600, pauseSeconds: 60, longestPauseSeconds: 600 },
};

/** When MX is believed to have no balance checks, in histories that last minutes. */
export const supportRules = { apartSeconds: 5, windowSeconds: 1_800, rememberSeconds: 600, askSeconds: 60 };

/** Everything a function can reach. */
export interface Reachable extends FollowUpDeps {
  readonly receipts: Receipts;
  readonly schedule: Schedule;
  readonly starts: Starts;
  readonly sweepRests: SweepRests;
  readonly keys: IdempotencyKeys;
  readonly waitLeases: WaitLeases;
  readonly changes: ScheduleChanges;
  readonly ceiling: StartCeiling;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** The world of one history. */
export interface World {
  readonly model: MxModel;
  readonly members: readonly SimulatedMember[];
  readonly table: MembersTable;
  readonly balances: BalancesTable;
  readonly history: HistoryTable;
  readonly refreshes: RefreshesTable;
  readonly followUps: FakeQueue;
  readonly starts: FakeQueue;
  /** What sweeps have left. */
  readonly sweeps: FakeQueue;
  /** Deliveries of callbacks; only put into, here. */
  readonly deliveries: FakeQueue;
  /** How far MX's clock is ahead of ours. */
  readonly clockAheadMs: number;
  readonly published: DomainEvent[];
  readonly callbacks: CallbacksTable;
  readonly erasures: ErasuresTable;
  readonly institutions: InstitutionsTable;
  readonly breakers: BreakersTable;
  readonly pauses: PausesItem;
  /** When a function last went on with what it had read of them before; 0: never. */
  pausesUnreadAt: number;
  /** Jobs of MX's that really ended well: member and instant. */
  readonly successes: { readonly member: string; readonly at: number }[];
  /** The member with this guid or own id. */
  readonly byName: ReadonlyMap<string, MemberKey>;
  /** Guids of members that MX does not have any more. */
  readonly gone: Set<string>;
  /** Call after each step that may have changed something at MX: plans what follows from it. */
  planMx(): void;
  record(key: MemberKey): MemberRecord | null;
  /** Notices of a refresh that are on their way. */
  notices(refreshId: string): readonly Notice[];
  /** Now, by our clock. */
  instant(): Instant;
  jobsEnded(key: MemberKey): number;
  /** The dependencies of one invocation. `mxTimeoutMs` as its function sets it. */
  reach(invocations: Invocations, truth: Truth, invocation: Invocation, mxTimeoutMs: number): Reachable;
}

/** `functions/wiring` and `infra/constructs/work-queue.ts`: six times the longest that the function may run. */
export const timeouts = {
  trigger: TRIGGER_TIMEOUT_SECONDS,
  resume: TRIGGER_TIMEOUT_SECONDS,
  'member-schedule': 10,
  'erase-data': 10,
  'follow-up': 30,
  'start-due': 60,
  sweep: SWEEP_TIMEOUT_SECONDS,
  tick: 50,
  webhook: 10,
} as const;

/** The visibility timeout of the follow-up queue, as `infra/constructs` sets it. */
export const followUpVisibilitySeconds = 180;

/** How long former amounts are kept: longer than a history lasts. */
export const HISTORY_DAYS = 90;

/** What of an invocation's dependencies talks to the world. */
const ports: ReadonlySet<string> = new Set([
  'mx',
  'pauses',
  'members',
  'unstarted',
  'balances',
  'refreshes',
  'followUps',
  'starts',
  'sweepRests',
  'schedule',
  'events',
  'callbacks',
  'deliveries',
  'notices',
  'keys',
  'waitLeases',
  'institutions',
  'breakers',
  'changes',
  'ceiling',
  'seen',
  'webhooks',
  'erasure',
  'receipts',
  'storedData',
  'mxDeletion',
  'erasures',
]);

/** Puts something around a port of one invocation. */
export type WrapPort = <P extends object>(port: P, name: string, invocation: Invocation) => P;

/** What a world calls. */
export interface Given {
  followUps(id: number): void;
  starts(id: number): void;
  sweeps(id: number): void;
  notLearnt(invocation: Invocation, error: unknown): void;
  webhook(webhook: MxWebhook, answered: (status: number | null) => void): void;
  readonly wrap?: WrapPort;
}

/** The world before the first request. `given` is called for every message, so that a function fetches it. */
export function createWorld(plan: Plan, scheduler: Scheduler, given: Given): World {
  const { now } = scheduler;
  const model = createMxModel({
    now,
    seed: plan.seed,
    seedData: false,
    throttleBalanceJobs: true,
    wholeSeconds: plan.wholeSeconds,
    clockAheadSeconds: plan.clockAheadSeconds,
    balanceJobsMoveSuccess: plan.balanceJobsMoveSuccess,
    noError: plan.noError,
    backgroundEverySeconds: plan.backgroundEverySeconds,
    // Every change of a member: many, and needed only where one is deleted.
    webhooks: { member: plan.actions.some(({ what }) => what === 'delete') },
  });
  const table = emptyMembersTable();
  const balances: BalancesTable = new Map();
  const history: HistoryTable = new Map();
  const refreshes: RefreshesTable = new Map();
  const callbacks: CallbacksTable = new Map();
  const keys: IdempotencyTable = new Map();
  const waitLeases: WaitLeasesTable = new Map();
  const institutions: InstitutionsTable = new Map();
  const breakers: BreakersTable = new Map();
  /** What the functions have read of the pauses: one instance of each. */
  const remembered = new Map<string, RememberedPauses>();
  const erasures = emptyErasuresTable();
  const scheduleChanges: ScheduleChangesTable = new Map();
  const ceiling: CeilingItem = { reservedUntil: 0 };
  const published: DomainEvent[] = [];
  let lastRead = { at: Number.NaN, instant: '' };
  const clock = () => {
    if (lastRead.at !== now()) lastRead = { at: now(), instant: instantOf(now()) };
    return lastRead.instant;
  };
  const queue = (visibilitySeconds: number, put: (id: number) => void): FakeQueue => {
    const real = fakeQueue({ visibilitySeconds, maxReceives: 5, now });
    return {
      ...real,
      put(body, delaySeconds) {
        const message = real.put(body, delaySeconds);
        put(message.id);
        return message;
      },
    };
  };

  const userGuids = new Map<string, string>();
  const userGuidOf = (id: string): string => {
    const guid = userGuids.get(id) ?? model.control.addUser({ id }).guid;
    userGuids.set(id, guid);
    return guid;
  };
  /** The index of refreshes lags as that of claims does. */
  const isListed = ({ projection }: RefreshItem): boolean =>
    projection === null || Date.parse(projection.acceptedAt) + plan.indexLagSeconds * 1000 <= now();
  const members = plan.members.map((planned, index): SimulatedMember => {
    const memberId = `member-${index + 1}`;
    const userId = `user-${planned.user ?? 1}`;
    const userGuid = userGuidOf(userId);
    const { guid } = model.control.addMember({
      user: userId,
      id: memberId,
      institutionCode: 'riverbank',
      scenario: planned.scenario,
      jobSeconds: planned.jobSeconds,
      isNew: planned.isNew,
      accounts: planned.balances.map((balance, at) => ({
        id: `act-${at}`,
        balance,
        available_balance: balance,
        account_number: `55${secretDigits}1${at}`,
      })),
    });
    const key = { userGuid, memberGuid: guid };
    if (planned.isKnown) know(table, { key, userId, memberId }, planned.isScheduled, clock());
    const { enrolment } = table.members.get(textOf(key)) ?? {};
    if (enrolment && plan.hasQuietHours) {
      const wishes = { quietHours: { ...quietHours, timeZone: 'UTC' }, maxAgeSeconds: null };
      table.wishes.set(`${enrolment.slot} ${textOf(key)}`, wishes);
    }
    return { key, userId, memberId };
  });
  const byName = new Map(
    members.flatMap(
      ({ key, memberId }) =>
        [
          [key.memberGuid, key],
          [memberId, key],
        ] as const,
    ),
  );

  let plannedMx = Number.POSITIVE_INFINITY;
  function turnOfMx(): void {
    plannedMx = Number.POSITIVE_INFINITY;
    for (const webhook of model.dueWebhooks()) {
      const key = byName.get(webhook.memberGuid);
      const isSuccess = webhook.type === 'BALANCE' || webhook.type === 'AGGREGATION';
      // Nothing here loses them or makes them late, so they say to the millisecond when a job ended.
      if (key && isSuccess && webhook.attempt === 0) world.successes.push({ member: textOf(key), at: webhook.dueAt });
      const answered = (status: number | null): void => {
        model.webhookAnswered(webhook.id, status);
        world.planMx();
      };
      if (plan.webhooksOf === null) answered(204);
      else given.webhook(webhook, answered);
    }
    world.planMx();
  }

  const world: World = {
    model,
    members,
    table,
    balances,
    history,
    refreshes,
    clockAheadMs: plan.clockAheadSeconds * 1000,
    published,
    followUps: queue(followUpVisibilitySeconds, given.followUps),
    starts: queue(360, given.starts),
    sweeps: queue(300, given.sweeps),
    callbacks,
    erasures,
    institutions,
    breakers,
    pauses: { pauses: [] },
    pausesUnreadAt: 0,
    successes: [],
    gone: new Set(),
    byName,
    deliveries: queue(180, () => {}),
    instant: clock,
    record: (key) => table.members.get(textOf(key)) ?? null,
    notices: (refreshId) =>
      [...world.followUps.messages.values()].flatMap(({ body }) => noticeIn(body, refreshId) ?? []),
    planMx() {
      const next = model.nextEventAt();
      if (next === null || next >= plannedMx) return;
      plannedMx = next;
      scheduler.at(next, turnOfMx);
    },
    // Unknown for a deleted member, for which nothing is concluded from the number.
    jobsEnded: (key) =>
      world.gone.has(key.memberGuid)
        ? Number.POSITIVE_INFINITY
        : model.control.member({ member: key.memberGuid }).jobsEnded,

    reach(invocations, truth, invocation, mxTimeoutMs) {
      const request = invocations.requestOf(invocation);
      const { policy } = plan;
      const { role } = invocation;
      const ofInstance = remembered.get(role) ?? nothingRemembered();
      remembered.set(role, ofInstance);
      // Without a pause nothing is asked for: all that is drawn for requests stays as it was.
      const pauses =
        plan.pauses.length === 0
          ? noPauses
          : fakePauses(world.pauses, ofInstance, clock, {
              request,
              knownSeconds: plan.pausesKnownSeconds,
              unread: () => {
                world.pausesUnreadAt = now();
              },
            });
      const reachable: Reachable = {
        ...mxIn(world, { invocations, truth, invocation, now, pauses }, mxTimeoutMs),
        pauses,
        members: fakeMembers(table, {
          policy,
          now: clock,
          indexLagSeconds: plan.indexLagSeconds,
          // So that there are several pages.
          claimsInPage: 1,
          request,
        }),
        unstarted: fakeUnstarted(table, request),
        balances: fakeBalances(balances, { keepAccountNumbers: false, keepUnknownFields: false }, request, {
          history: fakeHistory(history, { days: HISTORY_DAYS, now: clock }, request),
          notKept: () => {},
        }),
        refreshes: fakeRefreshes(refreshes, 30, clock, request),
        followUps: fakeFollowUps(world.followUps, request),
        starts: fakeStarts(world.starts, request),
        institutions: fakeInstitutions(institutions, request),
        breakers: fakeBreakers(breakers, institutions, request),
        breakerRules,
        supportRules,
        notLearnt: (error) => given.notLearnt(invocation, error),
        measures: { ended: () => {}, stored: () => {} },
        looks: { lagSeconds: 0.4, webhooks: plan.webhooksOf !== null },
        sweepRests: fakeSweepRests(world.sweeps, request),
        schedule: fakeSchedule(table, request),
        changes: fakeScheduleChanges(scheduleChanges, request),
        ceiling: fakeStartCeiling(ceiling, plan.startsPerSecond, request),
        seen: fakeSeenMembers(table, policy, request),
        webhooks: fakeHints(world.followUps, request),
        erasure: fakeErasure({ balances, history }, world.followUps, request),
        receipts: fakeReceipts(erasures, request),
        storedData: fakeStoredData({ members: table, balances, history, refreshes, callbacks, isListed }, request),
        erasures: fakeErasures(world.followUps, request),
        webhooksOf: plan.webhooksOf ?? 'known',
        events: fakeEvents(published, request),
        // A page has one, so that there are several pages.
        callbacks: fakeCallbacks(callbacks, request, 1),
        deliveries: fakeDeliveries(world.deliveries, request),
        notices: fakeNotices(world.followUps, request),
        within: (milliseconds, work) => invocations.within(invocation, milliseconds, work),
        keys: fakeIdempotencyKeys(
          keys,
          { leaseSeconds: timeouts.trigger, now: clock, newToken: () => String(invocation.random.next()) },
          request,
        ),
        waitLeases: fakeWaitLeases(waitLeases, clock, request),
        amountsInEvents: false,
        sleep: (milliseconds) => invocations.sleep(invocation, milliseconds),
        policy,
        now: clock,
        random: invocation.random.next,
        newRefreshId: () => {
          const random = String(invocation.random.integer(1e9)).padStart(13, '0');
          return `RFR-${String(Math.floor(now())).padStart(13, '0')}${random}`;
        },
      };
      const { wrap } = given;
      if (wrap === undefined) return reachable;
      const wrapped = Object.entries(reachable).map(([name, port]) =>
        ports.has(name) ? [name, wrap(port, name, invocation)] : [name, port],
      );
      return Object.fromEntries(wrapped);
    },
  };

  return world;
}

/** The notice that `body` is, if it is one of that refresh. */
export function noticeIn(body: string, refreshId: string): Notice | null {
  if (!body.includes('"kind":"notify"') || !body.includes(refreshId)) return null;
  const message = decodeFollowUp(body);
  return message.kind === 'notify' ? message : null;
}

/** A member that this service has met before, and that may be on the schedule: due in the next minute. */
function know(table: MembersTable, { key, userId, memberId }: SimulatedMember, isScheduled: boolean, at: string): void {
  const minute = minuteOf(at);
  // The first slot of a minute is that of the hourly ones.
  const [slot = ''] = slotsDueIn(minute + 1, 1);
  table.aliases.set(`ALIAS#${userId}/USER`, key.userGuid);
  table.aliases.set(`${key.userGuid}/OWN_ID#${userId}`, key.userGuid);
  table.aliases.set(`${key.userGuid}/ALIAS#${memberId}`, key.memberGuid);
  const record = emptyMember(key, {
    aliasMark: aliasMarkOf({ userId, memberId }),
    enrolment: isScheduled ? { everyHours: 1, slot } : null,
  });
  table.members.set(textOf(key), record);
  if (isScheduled) table.slots.set(slot, (table.slots.get(slot) ?? new Map()).set(textOf(key), 1));
  table.bookmark = minute;
}
