/**
 * Telling of the end of a refresh: its events on the bus, and a delivery for every callback. The member does not wait for
 * it: what is not told within a second (events, one page of callbacks) goes into one message, a notice, which is sent
 * before the member is released. The function that gets it goes on page by page.
 *
 *  - Crash before the notice is sent: the claim is still there, and the sweep or the next trigger begins anew.
 *  - Crash after it, before the release: the same, beside the notice. What is told twice has the same ids.
 *  - Bus or tables away: a notice of which nothing could be told is sent again, later each time.
 *  - Queue away: the notice is not sent, so the member is not released, and the first case follows.
 */
import type { StoredBalance } from './balance.ts';
import { bookDeliveries } from './callback.ts';
import {
  balanceEvent,
  type ChangedBalance,
  changedBalances,
  connectionEvent,
  type DomainEvent,
  endedEvent,
  type ToldAttempt,
} from './event.ts';
import { inGroups } from './in-groups.ts';
import { plusSeconds, secondsBetween } from './instant.ts';
import type { MemberKey } from './mx.ts';
import type { Notice } from './notify-ports.ts';
import type { RefreshDeps } from './ports.ts';
import { type Attempt, attemptOf } from './refresh.ts';

/** What telling needs. */
export type NotifyDeps = Pick<
  RefreshDeps,
  'events' | 'balances' | 'callbacks' | 'deliveries' | 'notices' | 'amountsInEvents' | 'now' | 'within'
>;

/** The end of a refresh that is to be told. */
export interface ToldEnd {
  readonly key: MemberKey;
  readonly attempt: ToldAttempt;
  /** The connection status before the job; null: MX was never read. */
  readonly before: Notice['before'];
  /** The member's accounts, where the caller has just stored them; else they are read. */
  readonly stored?: readonly StoredBalance[] | undefined;
}

/** How long the end of a refresh waits for what it tells, in milliseconds. */
const AT_ONCE_MS = 1_000;

/** The most changed balances that a notice names: at about 90 bytes each 90 KB, far below SQS's 1 MiB. */
export const MAX_CHANGED = 1_000;

/** Tells what can be told within a second, and sends a notice of the rest. @throws when the notice cannot be sent. */
export async function notify(deps: NotifyDeps, end: ToldEnd): Promise<void> {
  const { key, attempt, before } = end;
  const changed = await changedBy(deps, end);
  const notice: Notice = {
    refreshId: attempt.refreshId,
    correlationId: attempt.correlationId ?? null,
    member: key,
    before,
    events: true,
    changed: changed.length > MAX_CHANGED ? null : changed.map(({ accountGuid, at }) => ({ accountGuid, at })),
    callbacksAfter: '',
    tries: 0,
    since: attempt.endedAt,
  };
  const telling = tellSome(deps, { ...end, changed }, notice);
  // Why it failed is said where the notice is handled, which meets the same.
  await deps.within(AT_ONCE_MS, telling.done).catch(() => {});
  const left = telling.left();
  if (isTold(left)) return;
  await deps.notices.send(left, 0);
}

/** For how long the function that handles a notice goes from page to page, in seconds; then it sends itself the rest. */
const WORK_SECONDS = 5;

/** What became of a notice. */
export type Notified =
  | 'told'
  /** It goes on in another message: there is more, or something failed. */
  | 'later'
  /** The refresh is not kept any more, and neither are its callbacks. */
  | 'expired';

/**
 * Handles a notice: tells, page by page, what is left. What fails is reported and tried again, later each time.
 *
 * @param report gets what failed, where it is tried again.
 * @throws what failed, when nothing could be told for a day: then the queue keeps the message among its dead letters.
 */
export async function continueNotice(
  deps: NotifyDeps & Pick<RefreshDeps, 'refreshes'>,
  notice: Notice,
  report: (error: unknown) => void,
): Promise<Notified> {
  let left = notice;
  try {
    const end = await readEnd(deps, notice);
    if (end === null) return 'expired';
    const until = plusSeconds(deps.now(), WORK_SECONDS);
    while (deps.now() < until) {
      if (isTold(left)) return 'told';
      const telling = tellSome(deps, end, left);
      await telling.done.finally(() => {
        left = telling.left();
      });
    }
    if (isTold(left)) return 'told';
    await deps.notices.send({ ...left, tries: 0, since: deps.now() }, 0);
    return 'later';
  } catch (error) {
    const isFurther = left.events !== notice.events || left.callbacksAfter !== notice.callbacksAfter;
    if (!isFurther && secondsBetween(notice.since, deps.now()) > GIVE_UP_SECONDS) throw error;
    report(error);
    const tries = isFurther ? 0 : notice.tries + 1;
    await deps.notices.send({ ...left, tries, since: isFurther ? deps.now() : notice.since }, secondsToNext(tries));
    return 'later';
  }
}

/** For how long a notice is sent again of which nothing can be told. */
const GIVE_UP_SECONDS = 86_400;

/** From a failed try to the next: twice as long each time, up to SQS's longest delay. */
export const secondsToNext = (tries: number): number => Math.min(900, 5 * 2 ** tries);

const isTold = ({ events, callbacksAfter }: Notice): boolean => !events && callbacksAfter === null;

/** An end with the balances that it changed. */
type KnownEnd = ToldEnd & { readonly changed: readonly ChangedBalance[] };

async function changedBy(
  deps: Pick<NotifyDeps, 'balances' | 'amountsInEvents'>,
  { key, attempt, stored }: Pick<ToldEnd, 'key' | 'attempt' | 'stored'>,
): Promise<readonly ChangedBalance[]> {
  if (attempt.outcome !== 'succeeded') return [];
  return changedBalances(stored ?? (await deps.balances.ofMember(key)), attempt.refreshId, deps.amountsInEvents);
}

/** The end that `notice` is about; null when the refresh is not kept any more. */
async function readEnd(
  deps: Pick<NotifyDeps, 'balances' | 'amountsInEvents'> & Pick<RefreshDeps, 'refreshes'>,
  { refreshId, member: key, before, events, changed: named }: Notice,
): Promise<KnownEnd | null> {
  const refresh = await deps.refreshes.read(refreshId);
  if (refresh?.status !== 'ended') return null;
  const attempt: ToldAttempt = {
    ...attemptOf(refresh, refresh.result, false),
    correlationId: refresh.correlationId,
  };
  if (!events) return { key, attempt, before, changed: [] };
  const known = await changedBy(deps, { key, attempt });
  if (named === null) return { key, attempt, before, changed: known };
  const byGuid = new Map(known.map((change) => [change.accountGuid, change]));
  // Without its amounts, where a later refresh has put others in their place.
  return { key, attempt, before, changed: named.map((change) => byGuid.get(change.accountGuid) ?? change) };
}

/** Tells the events, if they are left, and beside them one page of callbacks. `left`: what is not told at that moment. */
function tellSome(deps: NotifyDeps, end: KnownEnd, notice: Notice): { readonly done: Promise<void>; left(): Notice } {
  let left = notice;
  const events = async (): Promise<void> => {
    if (!notice.events) return;
    await publishAll(deps, eventsOf(end));
    left = { ...left, events: false };
  };
  const callbacks = async (): Promise<void> => {
    if (notice.callbacksAfter === null) return;
    const callbacksAfter = await bookDeliveries(deps, endedEvent(end.key, end.attempt), notice.callbacksAfter);
    left = { ...left, callbacksAfter };
  };
  // Both to their end: neither waits until the other is repaired.
  const both = [events(), callbacks()];
  const done = Promise.allSettled(both).then(async () => void (await Promise.all(both)));
  return { done, left: () => left };
}

function eventsOf({ key, attempt, before, changed }: KnownEnd): readonly DomainEvent[] {
  const outcome = outcomeEvents(key, attempt, changed);
  const after = attempt.connectionStatus;
  if (before === null || after === null || before.connectionStatus === after) return outcome;
  const { endedAt: at, refreshId } = attempt;
  const change = { from: before.connectionStatus, to: after, at, refreshId };
  return [...outcome, connectionEvent(key, change, attempt.correlationId)];
}

const outcomeEvents = (
  key: MemberKey,
  attempt: ToldAttempt,
  changed: readonly ChangedBalance[],
): readonly DomainEvent[] => [endedEvent(key, attempt), ...changed.map((change) => balanceEvent(key, attempt, change))];

/** How many events are published at the same time. */
const EVENTS_AT_ONCE = 20;

async function publishAll({ events: bus }: Pick<NotifyDeps, 'events'>, events: readonly DomainEvent[]): Promise<void> {
  await inGroups(events, EVENTS_AT_ONCE, (event) => bus.publish(event));
}

/** The events of an attempt that held no claim: its end, and each balance that it changed. Repeatable, with the same ids. */
export async function publishOutcome(
  deps: Pick<NotifyDeps, 'balances' | 'events' | 'amountsInEvents'>,
  key: MemberKey,
  attempt: Attempt,
): Promise<void> {
  await publishAll(deps, outcomeEvents(key, attempt, await changedBy(deps, { key, attempt })));
}
