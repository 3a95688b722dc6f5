/**
 * Erasing all that is stored of a user or of one of its members, because it was asked for. Each step is repeatable, and
 * the message that goes on with it is sent before the one before it is deleted: a crash anywhere costs time alone.
 *
 * It goes in rounds. A round deletes what it finds; functions that began before may still write, and the index that finds
 * refreshes lags. So the next round comes when no such function runs any more, and a receipt is done only once a whole
 * round after the first has found nothing.
 */
import { type DeleteDeps, deleteMember } from './delete-member.ts';
import type { Erased, ErasureQueue, ErasureWork, MxDeletion, Receipts, StoredData } from './erasure-ports.ts';
import { nothingErased } from './erasure-ports.ts';
import { asFailure } from './failure.ts';
import { plusSeconds } from './instant.ts';
import type { MemberKey } from './mx.ts';
import { secondsUntilBack } from './pause.ts';
import type { Balances, Erasure } from './ports.ts';

/** What erasing needs. */
export type EraseDataDeps = DeleteDeps & {
  readonly balances: Pick<Balances, 'ofMember'>;
  readonly receipts: Pick<Receipts, 'begin' | 'add' | 'recordFailure' | 'finish'>;
  readonly storedData: StoredData;
  readonly mxDeletion: MxDeletion;
  readonly erasures: ErasureQueue;
  /** In [0, 1). */
  readonly random: () => number;
};

/** What came of one message: it goes on in the next one, or waits for what failed; `done`: there is nothing left to do. */
export type EraseOutcome = 'goes_on' | 'next_round' | 'waits' | 'done';

/** Longer than any function of this service runs: the longest, `start-due`, has 60 s. */
export const ROUND_SECONDS = 90;

/** How long one message deletes before the next one goes on; its function has 30 s, and a member in hand is ended. */
const WORK_SECONDS = 10;

/** Seconds until the next try, and how many there are: a day in all. After that the message becomes a dead letter. */
const secondsToNextTry = (tries: number): number => Math.min(900, 15 * 2 ** tries);
const MAX_TRIES = 100;

/** Goes on with an erasing. @throws what no later try can mend; the receipt tells it too. */
export async function eraseData(deps: EraseDataDeps, given: ErasureWork): Promise<EraseOutcome> {
  const { order } = given;
  const receipt = await deps.receipts.begin(order);
  if (receipt.doneAt !== null && !given.isRestored) return 'done';
  let work = given;
  try {
    return await eraseRound(deps, given, (reached) => {
      work = reached;
    });
  } catch (error) {
    const failure = asFailure(error);
    await deps.receipts.recordFailure(order.erasureId, failure.code, deps.now());
    if (failure.code === 'paused') {
      // No try: MX was not asked.
      await deps.erasures.send(work, secondsUntilBack(deps.random()));
      return 'waits';
    }
    if (failure.fate !== 'try-again' || work.tries >= MAX_TRIES) throw error;
    await deps.erasures.send({ ...work, tries: work.tries + 1 }, secondsToNextTry(work.tries));
    return 'waits';
  }
}

async function eraseRound(
  deps: EraseDataDeps,
  given: ErasureWork,
  reached: (work: ErasureWork) => void,
): Promise<EraseOutcome> {
  const { order, round } = given;
  const { userGuid, memberGuid } = order;
  const lateAt = plusSeconds(deps.now(), WORK_SECONDS);
  const isLate = (): boolean => deps.now() >= lateAt;
  // First of all: from now on no function that asks makes a member of this user known.
  if (memberGuid === null) await deps.storedData.leaveUserTombstone(userGuid, order.requestedAt);
  let work = given;
  const found = (hasFound: boolean, after = work.after): void => {
    work = { ...work, after, hasFound: work.hasFound || hasFound, tries: 0 };
    reached(work);
  };
  const note = async (erased: Erased): Promise<void> => {
    if (!Object.values(erased).some((count) => count > 0)) return;
    await deps.receipts.add(order.erasureId, erased);
    work = { ...work, hasFound: true };
    reached(work);
  };
  const members = memberGuid === null ? await deps.storedData.membersOf(userGuid) : [memberGuid];
  for (const guid of members) {
    if (work.after !== null && guid <= work.after) continue;
    if (isLate()) return goOn(deps, work);
    const key = { userGuid, memberGuid: guid };
    const { erased, isAll, wasAlive } = await eraseHere(deps, key, isLate);
    // Told before MX is asked: a later try would find nothing here, and the receipt would say so.
    await note(erased);
    // After the first round only for what has become known since, which a try before may have erased here.
    const isAsked = order.atMx !== 'nothing' && (round === 1 || wasAlive || work.hasFound);
    if (isAsked && (await isDeletedAtMx(deps, key))) await note({ ...nothingErased, membersAtMx: 1 });
    found(false, isAll ? guid : work.after);
    if (!isAll) return goOn(deps, work);
  }
  found((await deps.storedData.eraseNames(order, work.userIds)) > 0);
  if (order.atMx === 'user' && round === 1 && (await deps.mxDeletion.deleteUser(userGuid)) === 'deleted') {
    await deps.receipts.add(order.erasureId, { ...nothingErased, usersAtMx: 1 });
  }
  if (round > 1 && !work.hasFound) {
    await deps.receipts.finish(order.erasureId, deps.now());
    return 'done';
  }
  await deps.erasures.send({ ...work, round: round + 1, after: null, hasFound: false }, ROUND_SECONDS);
  return 'next_round';
}

async function goOn(deps: EraseDataDeps, work: ErasureWork): Promise<'goes_on'> {
  await deps.erasures.send(work, 0);
  return 'goes_on';
}

/**
 * What is stored here of one member, as far as time allows. A member that was deleted before is looked through too: its refreshes
 * were kept.
 */
async function eraseHere(
  deps: EraseDataDeps,
  key: MemberKey,
  isLate: () => boolean,
): Promise<{ readonly erased: Erased; readonly isAll: boolean; readonly wasAlive: boolean }> {
  const record = await deps.members.read(key);
  const wasAlive = record !== null && record.deletedAt === null;
  const accounts = (await deps.balances.ofMember(key)).length;
  const erasure = countingHistory(deps.erasure);
  if (wasAlive) await deleteMember({ ...deps, erasure }, key);
  else {
    const deletedAt = record?.deletedAt ?? deps.now();
    await Promise.all([deps.erasure.erase(key), deps.seen.eraseBody(key, deletedAt)]);
  }
  const history = await erasure.eraseHistory(key, isLate);
  const refreshes = await deps.storedData.eraseRefreshes(key, isLate);
  const erased = {
    ...nothingErased,
    members: wasAlive ? 1 : 0,
    accounts,
    formerAmounts: erasure.counted(),
    refreshes: refreshes.erased,
  };
  return { erased, isAll: history.isAll && refreshes.isAll, wasAlive };
}

/** Has MX delete the member; false: it knows it no longer. */
async function isDeletedAtMx(
  { mxDeletion }: Pick<EraseDataDeps, 'mxDeletion'>,
  { userGuid, memberGuid }: MemberKey,
): Promise<boolean> {
  return (await mxDeletion.deleteMember({ userIdentifier: userGuid, memberIdentifier: memberGuid })) === 'deleted';
}

/** `erasure`, which counts the former amounts that are deleted: the end of a member deletes some too. */
function countingHistory(erasure: Erasure): Erasure & { readonly counted: () => number } {
  let erased = 0;
  return {
    ...erasure,
    async eraseHistory(key, isLate) {
      const items = await erasure.eraseHistory(key, isLate);
      erased += items.erased;
      return items;
    },
    counted: () => erased,
  };
}
