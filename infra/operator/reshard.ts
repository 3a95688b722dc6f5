/**
 * Spreading members over the shards that the schedule has by now. Their minutes stay. No start is lost: the schedule reads
 * the shards of before too, what is due by a former item is started (`isSameTurn`), and no member is moved while a tick may
 * be reading its minute.
 */
import { Failure } from '../../shared/domain/failure.ts';
import type { Clock } from '../../shared/domain/instant.ts';
import type { Schedule } from '../../shared/domain/ports.ts';
import {
  type EnrolledMember,
  isAboutToBeRead,
  MAX_MINUTES_BEHIND,
  MINUTES_AROUND_TICK,
  minuteOf,
  slotAmong,
} from '../../shared/domain/schedule.ts';

/** What spreading needs. */
export interface ReshardDeps {
  readonly schedule: Pick<Schedule, 'move' | 'removeStray' | 'lastMinute'>;
  /** The slots' items, a page at a time; also those that their members do not point to. */
  readonly items: () => AsyncIterable<readonly EnrolledMember[]>;
  /** How many shards the deployed functions read. */
  readonly shards: number;
  /** Waits until the next member may be moved. @throws AbortError when the operator interrupts. */
  readonly turn: () => Promise<void>;
  readonly now: Clock;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly isStopped: () => boolean;
  /** Told of the counts from time to time. */
  readonly tell: (counts: ReshardCounts) => void;
}

/** How many items became what, in one reading of the table. */
export interface ReshardCounts {
  /** In their shard already. */
  inPlace: number;
  moved: number;
  /** A tick may be reading them: they are moved by a later reading. */
  dueNow: number;
  /** Enrolled anew or taken off meanwhile, or the item was a leftover: a later reading looks again. */
  changed: number;
}

/** Members that are moved at the same time. */
const AT_ONCE = 16;

/** How long the bookmark of the ticks is taken for current, in milliseconds: an older one only holds back more. */
const BOOKMARK_MS = 5_000;

/** How long to wait before what was due is moved, in milliseconds. */
export const DUE_MS = (MINUTES_AROUND_TICK + 2) * 60_000;

/**
 * Reads the table once, and moves every member that is in another shard than its own, and that is not due about now. After
 * an error, or once `isStopped`, what has begun is finished and nothing new begun.
 */
export async function reshardOnce(deps: ReshardDeps): Promise<ReshardCounts> {
  const counts: ReshardCounts = { inPlace: 0, moved: 0, dueNow: 0, changed: 0 };
  const bookmark = bookmarkOf(deps);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const isOver = (): boolean => failure !== null || deps.isStopped();
  const begin = (enrolled: EnrolledMember): void => {
    const work = spreadOne(deps, bookmark, enrolled)
      .then((became) => {
        counts[became] += 1;
        deps.tell(counts);
      })
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(work));
    running.add(work);
  };
  try {
    for await (const page of deps.items()) {
      for (const enrolled of page) {
        if (isOver()) break;
        if (slotAmong(deps.shards, enrolled) === enrolled.slot) counts.inPlace += 1;
        else {
          await deps.turn();
          begin(enrolled);
        }
        if (running.size >= AT_ONCE) await Promise.race(running);
      }
      if (isOver()) break;
      deps.tell(counts);
    }
  } finally {
    await Promise.all(running);
  }
  throwIf(failure);
  return counts;
}

function throwIf(failure: { readonly error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}

async function spreadOne(
  deps: ReshardDeps,
  bookmark: () => Promise<number | null>,
  enrolled: EnrolledMember,
): Promise<keyof ReshardCounts> {
  const { schedule, now } = deps;
  const isDueNow = async (): Promise<boolean> =>
    isAboutToBeRead(enrolled.slot, enrolled.everyHours, { lastMinute: await bookmark(), now: now() });
  if (await isDueNow()) return 'dueNow';
  if (deps.dryRun) return 'moved';
  const hasMoved = await schedule.move(enrolled, slotAmong(deps.shards, enrolled));
  // Again: this process may have stood still meanwhile. A tick that began before the move may not have seen the new item,
  // and has to find the former one.
  if (await isDueNow()) return 'dueNow';
  await schedule.removeStray(enrolled);
  return hasMoved ? 'moved' : 'changed';
}

/** The last minute that the ticks have worked through, read every few seconds. */
function bookmarkOf({ schedule, now }: ReshardDeps): () => Promise<number | null> {
  let known: { readonly minute: Promise<number | null>; readonly at: number } | null = null;
  return () => {
    const at = Date.parse(now());
    if (known === null || at - known.at > BOOKMARK_MS) known = { minute: schedule.lastMinute(), at };
    return known.minute;
  };
}

/**
 * Checks that the ticks keep up: of minutes that they are behind, no member may be moved.
 *
 * @throws Failure `busy` when they are an hour behind or more, or have been for so long that they skip minutes.
 */
export async function checkTicks({ schedule, now }: Pick<ReshardDeps, 'schedule' | 'now'>): Promise<void> {
  const last = await schedule.lastMinute();
  const behind = last === null ? 0 : minuteOf(now()) - last;
  if (behind < 60) return;
  const since = behind >= MAX_MINUTES_BEHIND ? 'a week or more' : `${behind} minutes`;
  throw new Failure('busy', `the schedule is ${since} behind: members are moved once it has caught up`);
}
