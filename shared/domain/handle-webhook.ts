/**
 * Handling one of MX's webhooks. It only causes a read at MX's API, whose answer is what counts: lost, doubled, early,
 * late and reordered webhooks change nothing but the delay.
 */
import { type TakenAway, takenAwayWhenSeen } from './attention.ts';
import { type BackgroundDeps, backgroundRefresh, finishBackground, storeNews } from './background-refresh.ts';
import type { ExactObject } from './decimal.ts';
import { type DeleteDeps, deleteMember } from './delete-member.ts';
import { publishEnd } from './end-refresh.ts';
import { type ConnectionChange, connectionEvent } from './event.ts';
import { asFailure, type Failure } from './failure.ts';
import { followRefresh } from './follow-refresh.ts';
import { type Instant, plusSeconds } from './instant.ts';
import { secondsToNextLook } from './look-times.ts';
import type { MemberRecord } from './member.ts';
import { memberView } from './member-view.ts';
import type { MemberKey, MxMember } from './mx.ts';
import type { MxWebhook } from './mx-webhook.ts';
import type { FollowDeps } from './next-look.ts';
import { movedDeadline, pauseAt, secondsUntilBack } from './pause.ts';
import type { Webhooks } from './ports.ts';
import type { Claim, EndedRefresh, RunningClaim } from './refresh.ts';
import { ruleFor } from './statuses.ts';

/** What handling needs. */
export type HandleWebhookDeps = FollowDeps &
  BackgroundDeps &
  DeleteDeps & {
    readonly webhooks: Webhooks;
    /** Setting: `known` handles webhooks about members refreshed before; `all` makes other members known too. */
    readonly webhooksOf: 'known' | 'all';
  };

/** The result of a webhook, for its log line. */
export type HandledWebhook =
  | 'unknown_member'
  | 'deleted_member'
  /** A refresh is running: it looked now, or will as soon as MX's minimum gap allows. */
  | 'nudged'
  /** The completion is of a job that a refresh followed, or was handled before. */
  | 'known_already'
  /** The member was read since the webhook came. */
  | 'seen_since'
  /** Not now: the member was read a moment ago, still runs, MX does not answer, or a pause. The webhook comes again. */
  | 'later'
  | 'given_up'
  /** The member was read; MX has nothing newer than what is stored. */
  | 'seen'
  | 'stored'
  | 'deleted';

/**
 * Acts on `webhook`. Repeatable after a crash anywhere.
 *
 * @param concerns told of the refresh that runs for the member, before a look at it is taken.
 * @throws Failure of MX's that an operator has to repair.
 */
export async function handleWebhook(
  deps: HandleWebhookDeps,
  webhook: MxWebhook,
  concerns: (refresh: Pick<Claim, 'refreshId' | 'correlationId'>) => void = () => {},
): Promise<HandledWebhook> {
  const { member: key } = webhook;
  const record = await deps.members.read(key);
  if (record === null && deps.webhooksOf === 'known') return 'unknown_member';
  if (record !== null && record.deletedAt !== null) {
    // A webhook from before the deletion may be the message of a function that crashed while deleting.
    const isRepeated = webhook.about === 'deletion' && webhook.receivedAt <= record.deletedAt;
    return isRepeated ? deleteMember(deps, key) : 'deleted_member';
  }
  if (record?.untoldChange) await tell(deps, key, record.untoldChange);

  // First of all: after a crash only this message finishes the interrupted storing.
  if (isCompletion(webhook) && (await finishInterrupted(deps, webhook, record))) return 'stored';

  if (webhook.about === 'deletion' && record !== null && wasReadSince(record, webhook.receivedAt)) return 'seen_since';

  if (pauseAt(await deps.pauses.known(), deps.now()) !== null) return afterPause(deps, webhook);

  const claim = record?.claim;
  if (claim?.phase === 'ended') await publishEnd(deps, key, claim);
  else if (claim) {
    concerns(claim);
    // Accounts are being stored: the member can be read after that.
    if (claim.phase === 'storing') return again(deps, webhook);
    if (webhook.about === 'deletion') return lookForDeletion(deps, webhook, claim);
    // The next number: it takes the place of the message that waits.
    await followRefresh(deps, {
      refreshId: claim.refreshId,
      member: key,
      lookNumber: claim.lookNumber + 1,
      state: null,
      correlationId: claim.correlationId,
    });
    return 'nudged';
  }

  if (isCompletion(webhook)) {
    if (isDealtWith(webhook, record)) return 'known_already';
  } else if (record?.seenAt && record.seenAt > webhook.receivedAt && webhook.about === 'connection')
    return 'seen_since';

  const readAt = deps.now();
  // A member that is not known yet has nothing in the tables that could keep two reads apart; its first is its only one.
  if (record !== null && !(await deps.seen.reserveRead(key, readAt))) {
    // Also an old webhook: a duplicate may be reading the member right now, and may crash.
    await deps.webhooks.send(webhook, deps.policy.minLookGapSeconds);
    return 'later';
  }
  return look(deps, webhook, record, readAt);
}

/**
 * Whether MX has shown the member after `receivedAt`: of many webhooks that say it is deleted the first one reads it. What
 * a start has stored does not count, because it was read some seconds before the instant that it bears. Nor does anything
 * when a refresh has ended since because the member is gone: a function that was deleting it crashed before the tombstone.
 */
function wasReadSince({ seenAt, claim, lastAttempt }: MemberRecord, receivedAt: Instant): boolean {
  const end = claim?.phase === 'ended' ? claim.result : lastAttempt;
  const isGone = end?.code === 'member_deleted' && end.endedAt >= receivedAt;
  return seenAt !== null && seenAt >= receivedAt && !isGone && seenAt !== (claim ?? lastAttempt)?.acceptedAt;
}

/** The next look of the running refresh reads the member for both, because two reads would be closer than MX allows. */
async function lookForDeletion(
  deps: HandleWebhookDeps,
  webhook: MxWebhook,
  { refreshId, lookNumber, acceptedAt, deadline, correlationId }: RunningClaim,
): Promise<HandledWebhook> {
  const { member: key, receivedAt } = webhook;
  const heard: HandledWebhook[] = [];
  await followRefresh(
    deps,
    { refreshId, member: key, lookNumber: lookNumber + 1, state: null, correlationId },
    {
      gone: async () => heard.push(await deleteMember(deps, key)),
      async seen(member, lookedAt) {
        // What the member waits for is said by the end of the refresh that runs.
        await storeSighting(deps, member, lookedAt, { change: null });
        heard.push('nudged');
      },
    },
  );
  const [what] = heard;
  if (what !== undefined) return what;
  // Too early, taken by another look, or MX is away: as long as the refresh runs, at growing distances.
  const moved = movedDeadline(await deps.pauses.known(), { acceptedAt, deadline });
  await deps.webhooks.send(webhook, secondsToNextLook(receivedAt, deps.now(), moved, deps.policy));
  return 'later';
}

type Completion = MxWebhook & { readonly completedAt: Instant };

const isCompletion = (webhook: MxWebhook): webhook is Completion =>
  webhook.about === 'data' && webhook.completedAt !== null;

/** Tells of a completion whose data were stored by a function that did not come to its end. False when there is none. */
async function finishInterrupted(
  deps: HandleWebhookDeps,
  webhook: Completion,
  record: MemberRecord | null,
): Promise<boolean> {
  const { completedAt } = webhook;
  if (record?.processedUntil === completedAt) return false;
  const interrupted = await backgroundRefresh(deps, webhook.member, completedAt);
  if (interrupted !== null) await finishBackground(deps, interrupted, completedAt);
  return interrupted !== null;
}

/**
 * Whether a completion, or a later one, is processed already, or was told before the data of the last success were read.
 * By MX's clock the first, by ours the second: the two are not compared.
 */
const isDealtWith = ({ completedAt, receivedAt }: Completion, record: MemberRecord | null): boolean =>
  (record?.processedUntil != null && completedAt <= record.processedUntil) ||
  (record?.lastSuccess != null && receivedAt <= record.lastSuccess.observedAt);

/** One read of the member at MX, and what follows from it. */
async function look(
  deps: HandleWebhookDeps,
  webhook: MxWebhook,
  record: MemberRecord | null,
  readAt: Instant,
): Promise<HandledWebhook> {
  const { member: key } = webhook;
  if (record === null && (await deps.members.isUserErased(key.userGuid))) return 'unknown_member';
  const stored = record && (await deps.members.readBody(key));
  let member: MxMember;
  let refresh: EndedRefresh | null = null;
  try {
    member = await deps.mx.readMember({ userIdentifier: key.userGuid, memberIdentifier: key.memberGuid });
    const isOver = !member.isBeingAggregated && ruleFor(member.connectionStatus).whenOver === 'store';
    if (isCompletion(webhook) && isOver) {
      const known = { body: stored?.body, importsMove: record?.importsMove === true };
      refresh = await storeNews(deps, webhook, known, member);
    }
  } catch (error) {
    return afterFailure(deps, webhook, asFailure(error));
  }
  // Too early, or another job has begun: read again later, at the same cost.
  if (isCompletion(webhook) && member.isBeingAggregated) return again(deps, webhook);
  await recordSighting(deps, { record, view: record && memberView(record, stored) }, member, readAt);
  if (isCompletion(webhook)) {
    if (refresh !== null) await finishBackground(deps, refresh, webhook.completedAt);
    else await deps.seen.recordProcessed(key, webhook.completedAt);
  }
  return refresh === null ? 'seen' : 'stored';
}

async function afterFailure(deps: HandleWebhookDeps, webhook: MxWebhook, failure: Failure): Promise<HandledWebhook> {
  if (failure.code === 'mx_not_found') {
    // The webhook and the read agree. One alone is not enough: MX answers 404 also right after a create (MX facts 2.1).
    return webhook.about === 'deletion' ? deleteMember(deps, webhook.member) : 'unknown_member';
  }
  if (failure.code === 'paused') return afterPause(deps, webhook);
  if (failure.fate === 'try-again') return again(deps, webhook);
  throw failure;
}

/** A member as it was known before a webhook; null: it was not. */
interface KnownBefore {
  readonly record: MemberRecord | null;
  readonly view: ExactObject | null;
}

/** Stores what MX says of the member, and tells of its connection status when that is not the one of the view before. */
async function recordSighting(
  deps: HandleWebhookDeps,
  { record, view }: KnownBefore,
  member: MxMember,
  readAt: Instant,
): Promise<void> {
  const { key, connectionStatus: to } = member;
  if (view === null) await deps.members.writeAliases(member);
  // Undefined: not known, because an earlier function has crashed before it stored what it had read, or told.
  const from = view?.['connection_status'];
  const change =
    (typeof from === 'string' || from === null) && from !== to ? { from, to, at: readAt, refreshId: null } : null;
  const over = record === null ? {} : { over: takenAwayWhenSeen(record, member, readAt) };
  if ((await storeSighting(deps, member, readAt, { change, ...over })) && change !== null)
    await tell(deps, key, change);
}

/** What a reading of the member changes, besides what is stored of it. */
interface SightingChanges {
  readonly change: ConnectionChange | null;
  /** @default nothing is taken away */
  readonly over?: TakenAway;
}

/** The member's item, then the body: a crash in between is hidden by `memberView`, and the webhook comes again. */
async function storeSighting(
  deps: HandleWebhookDeps,
  member: MxMember,
  readAt: Instant,
  { change, over }: SightingChanges,
): Promise<boolean> {
  const isNewest = await deps.seen.recordSighting(member, readAt, change, over);
  if (isNewest) await deps.members.putBody(member.key, { body: member.body, seenAt: readAt });
  return isNewest;
}

async function tell(deps: HandleWebhookDeps, key: MemberKey, change: ConnectionChange): Promise<void> {
  await deps.events.publish(connectionEvent(key, change));
  await deps.seen.settleChange(key, change);
}

/** Sends the webhook's message again: in a pause its age does not count. */
async function afterPause(deps: HandleWebhookDeps, webhook: MxWebhook): Promise<'later'> {
  await deps.webhooks.send(webhook, secondsUntilBack(deps.random()));
  return 'later';
}

/** Sends the webhook's message again for later, at growing distances, for as long as a refresh would be followed. */
async function again(deps: HandleWebhookDeps, webhook: MxWebhook): Promise<'later' | 'given_up'> {
  const now = deps.now();
  const { receivedAt } = webhook;
  const deadline = movedDeadline(await deps.pauses.known(), {
    acceptedAt: receivedAt,
    deadline: plusSeconds(receivedAt, deps.policy.deadlineSeconds),
  });
  if (now >= deadline) return 'given_up';
  await deps.webhooks.send(webhook, secondsToNextLook(receivedAt, now, deadline, deps.policy));
  return 'later';
}
