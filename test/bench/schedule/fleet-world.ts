/**
 * A fleet with its schedule in virtual time: the real tick, start and sweep over ports in memory. Each call takes the time
 * that `bench:cost` assumes, and is counted. What the follow-up function does is not played: a claim is gone after
 * `JOB_SECONDS`, and its reads at MX are counted where they would fall.
 */

import { createRandom } from '../../../infra/mx-simulator/random.ts';
import { slotItem } from '../../../shared/clients/schedule-table.ts';
import { breakerRules } from '../../../shared/domain/breaker.ts';
import { Failure } from '../../../shared/domain/failure.ts';
import { type Instant, instantOf } from '../../../shared/domain/instant.ts';
import type { Members } from '../../../shared/domain/members-ports.ts';
import type { MemberIdentifiers, MemberKey, MxMember } from '../../../shared/domain/mx.ts';
import { supportRules } from '../../../shared/domain/not-supported.ts';
import type { Mx, RefreshDeps, Refreshes, Schedule, Starts } from '../../../shared/domain/ports.ts';
import { runSchedule } from '../../../shared/domain/run-schedule.ts';
import { type EnrolledMember, noWishes, type StartBatch } from '../../../shared/domain/schedule.ts';
import { startDue } from '../../../shared/domain/start-due.ts';
import { itemBytes } from '../../dynamodb/item-size.ts';
import { fakeBreakers } from '../../fakes/fake-breakers.ts';
import { fakeCallbacks } from '../../fakes/fake-callbacks.ts';
import { blindInstitutions } from '../../fakes/fake-institutions.ts';
import { fakeMembers } from '../../fakes/fake-members.ts';
import { noPauses } from '../../fakes/fake-pauses.ts';
import { type CeilingItem, fakeStartCeiling } from '../../fakes/fake-start-ceiling.ts';
import { fakeUnstarted } from '../../fakes/fake-unstarted.ts';
import { emptyMembersTable, type MembersTable, textOf } from '../../fakes/members-table.ts';
import { member as mxMember, policy } from '../../samples.ts';
import { CallCounts } from './call-counts.ts';
import { delayClock } from './delay.ts';
import { type Fleet, HELD_STATUS, numberOf } from './fleet.ts';
import { PerSecond } from './per-second.ts';
import { type VirtualTime, virtualTime } from './virtual-time.ts';

/** What one call takes, as in `bench:cost`. */
export const AWS_MS = 5;
export const MX_MS = 200;
/** How long a call of MX's waits that is not answered (`functions/start-due.ts`). */
const MX_TIMEOUT_MS = 5_000;
/** From the POST to the end of the refresh. */
const JOB_SECONDS = 15;
/** When the follow-up function reads MX after the POST: three looks, and the accounts (`docs/cost.md`). */
const READS_AFTER = [5, 9, 15, 15];
/** SQS brings a delayed message up to so much late. */
const LATE_MS = 1_000;
/** How far into its minute a tick comes. */
const TICK_AFTER_MS = 1_000;
/** As `infra/constructs/work-queue.ts` sets it. */
const VISIBILITY_MS = 360_000;
const MESSAGES_PER_INVOCATION = 10;
/** AWS limit. */
const MESSAGES_PER_REQUEST = 10;
const PAGE_BYTES = 1_000_000;

/** The deployment's settings. */
export interface WorldOptions {
  readonly shards: number;
  readonly startsPerSecond: number;
  /** Setting: invocations of the start function at once. */
  readonly startConcurrency: number;
  readonly startsAt: Instant;
  /** For how long things are recorded. */
  readonly hours: number;
  readonly seed: number;
}

/** What is recorded by second, from the beginning. */
export interface Recorded {
  readonly posts: PerSecond;
  /** Reads at MX, those of the follow-up function too. */
  readonly reads: PerSecond;
  /** The longest delay behind plan of the starts in a second, in seconds. */
  readonly delays: PerSecond;
}

/** A fleet and its deployment. */
export interface FleetWorld {
  readonly time: VirtualTime;
  readonly counts: CallCounts;
  readonly recorded: Recorded;
  readonly table: MembersTable;
  readonly deps: RefreshDeps;
  /** Whether EventBridge fires the minute, and whether MX answers. */
  readonly works: { ticks: boolean; mx: boolean };
  /** What became of due members, as `startDue` counts it. */
  readonly outcomes: Map<string, number>;
  /** The longest that a tick took, since it was last set to 0. */
  readonly ticks: { longestMs: number };
}

/** A world that ticks from its first full minute on. */
export function createFleetWorld(fleet: Fleet, options: WorldOptions): FleetWorld {
  const time = virtualTime(Date.parse(options.startsAt));
  const start = time.now();
  const random = createRandom(options.seed, 'queue');
  const counts = new CallCounts();
  const seconds = options.hours * 3_600;
  const recorded = { posts: new PerSecond(seconds), reads: new PerSecond(seconds), delays: new PerSecond(seconds) };
  const second = (): number => Math.floor((time.now() - start) / 1000);
  const works = { ticks: true, mx: true };
  const outcomes = new Map<string, number>();
  const ceilingItem: CeilingItem = { reservedUntil: 0 };

  const table: MembersTable = Object.defineProperty(
    { ...emptyMembersTable(), members: fleet.records, open: [] },
    'open',
    // The index of open claims is not read here, and grows with every claim.
    { get: () => [], set: () => {} },
  );
  const { instant: now } = time;

  async function request<T>(name: string, effect: () => T): Promise<T> {
    counts.call(name);
    await time.pause(AWS_MS);
    return effect();
  }

  const members = membersOf(table, request, now);
  const jobs = new Float64Array(fleet.enrolled.length);
  const shownAt = (key: MemberKey): Instant | null => {
    const last = jobs[numberOf(key.memberGuid)] ?? 0;
    return last === 0 ? null : instantOf(last);
  };

  /** A claim's end, as far as later starts see it. */
  function end(key: MemberKey): void {
    const record = fleet.records.get(textOf(key));
    if (record?.claim === undefined || record.claim === null) return;
    const { refreshId, trigger, acceptedAt } = record.claim;
    const endedAt = now();
    jobs[numberOf(key.memberGuid)] = time.now();
    const { lastAttempt } = record;
    fleet.records.set(textOf(key), {
      ...record,
      claim: null,
      seenAt: endedAt,
      lastAttempt: lastAttempt && { ...lastAttempt, refreshId, trigger, acceptedAt, endedAt, observedAt: endedAt },
      lastSuccess: { refreshId, observedAt: endedAt, incomplete: false },
    });
  }

  const delay = delayClock(start, options.hours);

  /** MX, as one message of the start queue calls it. */
  const mxFor = (dueAt: Instant): Mx => {
    async function answer(change: Partial<MxMember>, { userIdentifier, memberIdentifier }: MemberIdentifiers) {
      const isAnswered = works.mx;
      await time.pause(isAnswered ? MX_MS : MX_TIMEOUT_MS);
      if (!isAnswered) throw new Failure('mx_timeout', 'MX did not answer');
      const key = { userGuid: userIdentifier, memberGuid: memberIdentifier };
      const connectionStatus = fleet.isHeld(memberIdentifier) ? HELD_STATUS : 'CONNECTED';
      const successfullyAggregatedAt = shownAt(key);
      return mxMember({ key, userId: null, memberId: null, connectionStatus, successfullyAggregatedAt, ...change });
    }
    return {
      readMember(asked) {
        counts.call('mx.read');
        recorded.reads.add(second());
        return answer({}, asked);
      },
      checkBalance(asked) {
        counts.call('mx.post');
        recorded.posts.add(second());
        for (const after of READS_AFTER) recorded.reads.add(second() + after);
        const enrolled = fleet.enrolled[numberOf(asked.memberIdentifier)];
        if (enrolled !== undefined) recorded.delays.atLeast(second(), delay(enrolled, dueAt, time.now()));
        return answer({ isBeingAggregated: true, mostRecentJobGuid: `JOB-${second()}` }, asked);
      },
      resume: () => Promise.reject(new Failure('internal', 'the schedule answers no questions')),
      readChallenges: async () => [],
      listAccounts: async () => [],
    };
  };

  const deps: RefreshDeps = {
    mx: mxFor(options.startsAt),
    members: {
      ...members,
      async claim(claiming) {
        const won = await members.claim(claiming);
        if (won) time.at(time.now() + JOB_SECONDS * 1000, () => end(claiming.key));
        return won;
      },
      // What the last end stored, with MX's time of its job.
      readBody: (key) =>
        request('members.readBody', () => ({
          body: { successfully_aggregated_at: shownAt(key) },
          seenAt: shownAt(key) ?? options.startsAt,
        })),
    },
    pauses: noPauses,
    unstarted: fakeUnstarted(table, request),
    refreshes: countedRefreshes(request),
    balances: { ofMember: () => request('balances.ofMember', () => []) },
    events: { publish: () => request('events.publish', () => {}) },
    callbacks: fakeCallbacks(new Map(), request),
    deliveries: { send: () => request('sqs.send', () => {}), sendAll: () => request('sqs.send', () => {}) },
    notices: { send: () => request('sqs.send', () => {}) },
    // Learning is no part of the schedule: what it costs is in docs/cost.md.
    institutions: blindInstitutions,
    breakers: fakeBreakers(new Map(), new Map()),
    breakerRules,
    supportRules,
    notLearnt: () => {},
    measures: { ended: () => {}, stored: () => {} },
    looks: { lagSeconds: 0.4, webhooks: false },
    within: async (_milliseconds, work) => {
      await work;
      return true;
    },
    amountsInEvents: false,
    followUps: { send: () => request('sqs.send', () => {}) },
    policy,
    now,
    random: random.next,
    newRefreshId: refreshIds(),
  };

  const queue = startQueue(
    time,
    options.startConcurrency,
    async (batch) => {
      const counted = await startDue(
        {
          ...deps,
          mx: mxFor(batch.dueAt),
          schedule: { removeStray: () => request('schedule.removeStray', () => {}) },
          starts,
          webhooks: { send: () => request('sqs.send', () => {}) },
          ceiling: countedCeiling(ceilingItem, options.startsPerSecond, request, counts),
          accepted: () => {},
          report: () => {},
        },
        batch,
      );
      for (const [name, count] of Object.entries(counted)) {
        if (count > 0) outcomes.set(name, (outcomes.get(name) ?? 0) + count);
      }
    },
    counts,
  );

  const starts: Starts = {
    async sendAll(batches) {
      for (let from = 0; from < batches.length; from += MESSAGES_PER_REQUEST) {
        await request('sqs.sendStarts', () => {
          for (const { batch, delaySeconds } of batches.slice(from, from + MESSAGES_PER_REQUEST)) {
            const isLate = delaySeconds > 0 ? random.next() * LATE_MS : 0;
            counts.add('messages');
            queue.put(batch, delaySeconds * 1000 + isLate);
          }
        });
      }
    },
  };

  let bookmark: number | null = null;
  const schedule: Pick<Schedule, 'membersOf' | 'lastMinute' | 'setLastMinute'> = {
    lastMinute: () => request('schedule.lastMinute', () => bookmark),
    setLastMinute: (minute) =>
      request('schedule.setLastMinute', () => {
        bookmark = Math.max(bookmark ?? 0, minute);
      }),
    async membersOf(slot) {
      const found = fleet.bySlot.get(slot) ?? [];
      const bytes = slotBytes(found);
      const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
      for (let page = 0; page < pages; page += 1) {
        counts.add('slot read units', Math.max(0.5, Math.ceil(bytes / pages / 4_096) / 2));
        await request('schedule.membersOf', () => {});
      }
      return found;
    },
  };

  const ticks = { longestMs: 0 };
  let isTicking = false;
  function tick(): void {
    time.at(time.now() + 60_000, tick);
    if (!works.ticks) return;
    // Lambda would run both, and the second find the first one's bookmark: messages come twice then.
    if (isTicking) return void counts.add('ticks left out');
    isTicking = true;
    const began = time.now();
    counts.add('ticks');
    const { shards, startsPerSecond } = options;
    void runSchedule({ schedule, starts, shards, startsPerSecond, now }).then(({ members: due }) => {
      isTicking = false;
      counts.add('due', due);
      counts.add('tick ms', time.now() - began);
      ticks.longestMs = Math.max(ticks.longestMs, time.now() - began);
    });
  }
  time.at(start + TICK_AFTER_MS, tick);

  return { time, counts, recorded, table, deps, works, outcomes, ticks };
}

type Request = <T>(name: string, effect: () => T) => Promise<T>;

const membersOf = (table: MembersTable, request: Request, now: () => Instant): Members =>
  fakeMembers(table, { policy, now, request });

/** Refreshes that are written, counted and forgotten. */
const countedRefreshes = (request: Request): Refreshes => ({
  put: () => request('refreshes.put', () => {}),
  putDetails: () => request('refreshes.putDetails', () => {}),
  end: () => request('refreshes.end', () => {}),
  recordJoined: () => request('refreshes.recordJoined', () => {}),
  read: () => request('refreshes.read', () => null),
  readDetails: () => request('refreshes.readDetails', () => null),
});

/** The ceiling; each try of its conditional write is one (`shared/clients/start-ceiling.ts`). */
const countedCeiling = (item: CeilingItem, perSecond: number, request: Request, counts: CallCounts) => {
  const ceiling = fakeStartCeiling(item, perSecond, request);
  return {
    async reserve(starts: number, at: Instant) {
      const reserved = await ceiling.reserve(starts, at);
      counts.add('ceiling writes', reserved === null ? 4 : reserved === at ? 1 : 2);
      return reserved;
    },
  };
};

function refreshIds(): () => string {
  let ids = 0;
  return () => {
    ids += 1;
    return `RFR-${String(ids).padStart(26, '0')}`;
  };
}

const bytesOfSlots = new WeakMap<readonly EnrolledMember[], number>();

/** Bytes of a slot's items, as the enrolment writes them. */
function slotBytes(members: readonly EnrolledMember[]): number {
  const known = bytesOfSlots.get(members);
  if (known !== undefined) return known;
  const bytes = members.reduce(
    (sum, one) => sum + itemBytes(slotItem(one.member, one, { ...noWishes, quietHours: one.quietHours }, 1)),
    0,
  );
  bytesOfSlots.set(members, bytes);
  return bytes;
}

/** The start queue with its event source: up to ten messages an invocation, up to `concurrency` of them at once. */
function startQueue(
  time: VirtualTime,
  concurrency: number,
  handle: (batch: StartBatch) => Promise<void>,
  counts: CallCounts,
) {
  const visible: StartBatch[] = [];
  let first = 0;
  let running = 0;

  function put(batch: StartBatch, inMs: number): void {
    time.at(time.now() + inMs, () => {
      visible.push(batch);
      receive();
    });
  }

  function receive(): void {
    while (running < concurrency && first < visible.length) {
      const batches = visible.slice(first, first + MESSAGES_PER_INVOCATION);
      first += batches.length;
      if (first > 10_000) first -= visible.splice(0, first).length;
      running += 1;
      void invoke(batches);
    }
  }

  async function invoke(batches: readonly StartBatch[]): Promise<void> {
    const began = time.now();
    counts.add('invocations');
    counts.add('received', batches.length);
    await Promise.all(
      batches.map((batch) =>
        handle(batch).catch(() => {
          counts.add('messages that failed');
          put(batch, VISIBILITY_MS);
        }),
      ),
    );
    counts.add('invocation ms', time.now() - began);
    running -= 1;
    receive();
  }

  return { put };
}
