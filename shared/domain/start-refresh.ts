/**
 * The start of a refresh. In this order no crash loses it:
 *
 *  1  Our own tables, which cost MX nothing: a deleted member or a used-up allowance is refused, a running refresh joined,
 *     an unattended start held back at an institution without balance checks.
 *  2  Read the member at MX: the baseline that evidence is compared with. MX is away, and the member known here: a caller's
 *     start goes on without it, an unattended one claims nothing and is deferred. In a pause both claim nothing.
 *  3  Held back, if the trigger is unattended and the user has to act first.
 *  4  Send the follow-up message.    A crash after it: the message finds no claim and is discarded.
 *  5  Write the claim, on condition. A crash after it: the follow-up starts the job, or takes the POST for sent.
 *  6  Send the POST.                 A crash after it: the follow-up compares with the baseline.
 *     A pause that began since 2: it is not sent, and the follow-up sends it after the pause.
 *  7  Record its answer, then the refresh's own item. A crash between: the end writes the item.
 *
 * A trigger that loses the claim at 5 to another one goes back to 1.
 */
import type { ExactObject } from './decimal.ts';
import { firstLookState, neededUserAction } from './decision.ts';
import { endRefresh, publishEnd } from './end-refresh.ts';
import { baselineOf } from './evidence.ts';
import { asFailure, Failure } from './failure.ts';
import { lookUpMember, refuseDeleted, refuseErased } from './find-member.ts';
import { holdsNotSupported } from './hold-not-supported.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import { secondsToFirstLook } from './look-plan.ts';
import {
  aliasMarkOf,
  type CallerShare,
  type MemberRecord,
  nextJobAllowedAt,
  nextStartOfCallerAt,
  startsInWindow,
  wasRefreshedSince,
} from './member.ts';
import { memberView } from './member-view.ts';
import type { MemberIdentifiers, MemberKey, MxMember } from './mx.ts';
import type { OutcomeCode } from './outcome.ts';
import { ownRunOf } from './own-run.ts';
import type { RefreshDeps, Webhooks } from './ports.ts';
import { unansweredCode } from './progress.ts';
import { type Refresh, type RunningClaim, runningRefresh, type StartedClaim, type Trigger } from './refresh.ts';
import { currentRefresh } from './refresh-details.ts';
import type { Enrolment, ScheduleWishes } from './schedule.ts';
import { startJob } from './start-job.ts';
import { startMark } from './start-mark.ts';
import { holdBack, type RefusedMember, recordRefusedStart, refusedRefreshId } from './unstarted.ts';

/** A refresh that runs: this trigger's, or one that it joined. */
export interface AcceptedStart {
  readonly kind: 'accepted';
  /** Another trigger's refresh was running already: it is this one's too. */
  readonly joined: boolean;
  readonly refresh: Refresh;
  /** MX's member, as fresh as this answer knows it. */
  readonly body: ExactObject;
  /** The member's place in the schedule; null when none was set and the default has not been applied yet. */
  readonly enrolment: Enrolment | null;
  readonly key: MemberKey;
  readonly nextAllowedAt: Instant | null;
}

/** Nothing was started: the member needs its user (promise 6), or its institution has no balance checks. */
export interface HeldBack {
  readonly kind: 'held_back';
  /** Why, as the end of a refresh would say it. */
  readonly reason: OutcomeCode;
}

/** MX has refused an unattended start before there was a claim. */
export interface Refused {
  readonly kind: 'refused';
  readonly failure: Failure;
  /** `too_early`: MX did not know the member, which is to be asked once more in a minute. */
  readonly became: RefusedMember;
}

/** A member as it is known before its POST: from MX, from our tables, or both. */
type Known = { readonly key: MemberKey } & (
  | { readonly record: MemberRecord | null; readonly member: MxMember }
  | { readonly record: MemberRecord; readonly member: null; readonly failure: Failure }
);

/** The member was refreshed after it became due: the message of this start was delivered twice. */
export interface DoneAlready {
  readonly kind: 'done_already';
}

/** MX has run a job by itself, and what it has gathered will be read: an unattended trigger starts none. */
export interface LeftToMx {
  readonly kind: 'left_to_mx';
}

/** MX does not answer: an unattended trigger claims nothing, and is to be tried again. */
export interface MxAway {
  readonly kind: 'mx_away';
  readonly failure: Failure;
}

interface Request<Held> {
  readonly identifiers: MemberIdentifiers;
  /** The member, where the caller has just read it; undefined: it has not looked. */
  readonly known?: MemberRecord | null | undefined;
  readonly trigger: Exclude<Trigger, 'mx_webhook'>;
  readonly userPresent: boolean;
  /** What the caller calls it; null: nothing. */
  readonly correlationId: string | null;
  readonly share: CallerShare | null;
  /** Whether our own tables say that there is nothing left to do. */
  readonly doneAlready: (record: MemberRecord) => Held | null;
  /** Whether MX is not to be asked now, by what is known here. An HTTP trigger always asks: its caller decided to. */
  readonly unasked: (record: MemberRecord) => Promise<Held | null>;
  /** Whether nothing is to be started for `member`, as read at `readAt`. An HTTP trigger always starts. */
  readonly heldBack: (member: MxMember, record: MemberRecord | null, readAt: Instant) => Promise<Held | null>;
  /** MX does not answer now. Null: start without a baseline. */
  readonly away: (failure: Failure) => Held | null;
  /** MX has refused to show a member that is known here. Null: the failure is the caller's answer. */
  readonly refused: (record: MemberRecord, failure: Failure) => Promise<Held | null>;
}

/** How often a lost claim is tried again; each time another trigger has won it. */
const MAX_RACES = 4;

/** What a caller says of the refresh that it wants. */
export interface StartWishes extends Pick<RunningClaim, 'userPresent' | 'correlationId'> {
  /** The caller's part of the member's allowance; null: all of it. */
  readonly share?: CallerShare | null;
}

/**
 * Starts or joins a refresh for a caller.
 *
 * @param known the member, where the caller has just read it: it is not read again.
 * @throws Failure `member_deleted`, `allowance_used_up`, `caller_allowance_used_up` and `mx_rate_limited` (with
 * `retryAfterSeconds`; MX is not called then), `paused` (the same), `busy`, and MX's own: `mx_not_found` for a member that MX does not know,
 * `mx_unavailable` and the like when MX is down and the member was never seen here.
 */
export const startRefresh = (
  deps: RefreshDeps,
  identifiers: MemberIdentifiers,
  { userPresent, correlationId, share = null }: StartWishes,
  known?: MemberRecord | null,
): Promise<AcceptedStart> =>
  start<never>(deps, {
    identifiers,
    known,
    trigger: 'http',
    userPresent,
    correlationId,
    share,
    doneAlready: () => null,
    unasked: async () => null,
    heldBack: async () => null,
    away: () => null,
    async refused(record, failure) {
      // Anything else says nothing of this member: its caller is told.
      if (failure.code === 'mx_not_found') {
        await recordRefusedStart(deps, { record, trigger: 'http', refreshId: deps.newRefreshId(deps.now()) }, failure);
      }
      return null;
    },
  });

/**
 * Starts or joins a scheduled refresh of a member that was just read and became due at `dueAt`. A member held back, or
 * refused by MX, is noted in its item, and an event is sent. Where MX has gathered newer data by itself, the follow-up
 * function is told to read it.
 *
 * @throws Failure like `startRefresh`, except for what MX has refused for good.
 */
export const startUnattended = (
  deps: RefreshDeps & { readonly webhooks: Webhooks },
  member: MemberRecord,
  { dueAt, maxAgeSeconds }: { readonly dueAt: Instant } & Pick<ScheduleWishes, 'maxAgeSeconds'>,
): Promise<AcceptedStart | HeldBack | LeftToMx | DoneAlready | MxAway | Refused> =>
  start<HeldBack | LeftToMx | DoneAlready | MxAway | Refused>(deps, {
    identifiers: { userIdentifier: member.key.userGuid, memberIdentifier: member.key.memberGuid },
    known: member,
    trigger: 'schedule',
    userPresent: false,
    correlationId: null,
    share: null,
    doneAlready: (record) => (endedSince(record, dueAt) ? { kind: 'done_already' } : null),
    async unasked(record) {
      if (!(await holdsNotSupported(deps, record))) return null;
      await holdBack(deps, record, { code: 'not_supported', dueAt, asOf: deps.now() });
      return { kind: 'held_back', reason: 'not_supported' };
    },
    async heldBack(seen, record, readAt) {
      const reason = neededUserAction(seen);
      if (reason !== null) {
        if (record !== null) await holdBack(deps, record, { code: reason, dueAt, asOf: readAt });
        return { kind: 'held_back', reason };
      }
      const now = deps.now();
      const completedAt = await ownRunOf(deps.members, seen, { maxAgeSeconds, now });
      if (completedAt === null) return null;
      await deps.webhooks.send({ about: 'data', member: seen.key, completedAt, receivedAt: now }, 0);
      return { kind: 'left_to_mx' };
    },
    away: (failure) => ({ kind: 'mx_away', failure }),
    async refused(record, failure) {
      if (failure.fate === 'bug') return null;
      const refreshId = refusedRefreshId(record.key, dueAt);
      const became = await recordRefusedStart(deps, { record, trigger: 'schedule', refreshId }, failure);
      return { kind: 'refused', failure, became };
    },
  });

async function start<Held>(deps: RefreshDeps, request: Request<Held>): Promise<AcceptedStart | Held> {
  // Read beside the member. An error is told where MX is asked.
  deps.pauses.known().catch(() => {});
  let record = request.known === undefined ? await lookUpMember(deps.members, request.identifiers) : request.known;
  let member: MxMember | null = null;
  let readAt = deps.now();
  for (let race = 0; race < MAX_RACES; race += 1) {
    // 1: our own tables.
    const done = record && request.doneAlready(record);
    if (done) return done;
    const joined = record && (await answerFromTables(deps, request, record));
    if (joined) return joined;
    const unasked = record && (await request.unasked(record));
    if (unasked) return unasked;
    // 2: the baseline.
    if (member === null) readAt = deps.now();
    // Read while MX is asked: it is needed after that, and kept.
    if (record !== null) void deps.institutions.lengths(record.institutionCode);
    const known: Known | { readonly refused: Held } =
      member === null ? await readBaseline(deps, request, record) : { key: member.key, record, member };
    if ('refused' in known) return known.refused;
    if (known.record !== null && known.record !== record) {
      // The identifiers lead to another member than our alias said, or to one met under its other names.
      record = known.record;
      // Its own refresh may have run since MX was read: compared with the old baseline, that job would pass for ours.
      member = wasRefreshedSince(record, readAt) ? null : known.member;
      continue;
    }
    // 3: held back.
    const held = known.member && (await request.heldBack(known.member, known.record, readAt));
    if (held !== null) return held;
    // 4 to 7.
    const answer = await claimAndStart(deps, request, known);
    if (answer !== null) return answer;
    record = await deps.members.read(known.key);
    // Another trigger's job may have run since: compared with the old baseline it would pass for ours.
    member = null;
  }
  throw new Failure('busy', 'too many triggers for this member at once', { retryAfterSeconds: 1 });
}

/**
 * Whether a refresh that was accepted at `dueAt` or later is over, released or not. The last attempt may be one that MX
 * began by itself before that, so the starts count too.
 */
function endedSince({ claim, lastAttempt, starts }: MemberRecord, dueAt: Instant): boolean {
  if (claim !== null && claim.phase !== 'ended') return false;
  return [claim?.acceptedAt, lastAttempt?.acceptedAt, ...starts].some((at) => at !== undefined && at >= dueAt);
}

/** 1: joining, deleted, allowance used up. Null when MX has to be asked. */
async function answerFromTables(
  deps: RefreshDeps,
  { userPresent, share }: Request<unknown>,
  record: MemberRecord,
): Promise<AcceptedStart | null> {
  if (record.deletedAt !== null) {
    throw new Failure('member_deleted', 'the member was deleted and is not refreshed any more');
  }
  const { claim } = record;
  if (claim !== null && claim.phase !== 'ended') {
    if (userPresent && !claim.userPresent) await deps.members.joinUserPresent(record.key, claim.refreshId);
    const [refresh, body] = await Promise.all([
      currentRefresh(deps.refreshes, record.key, claim),
      deps.members.readBody(record.key),
    ]);
    return accepted(deps, record, { refresh, body: memberView(record, body), joined: true });
  }
  // Ended but not published: its function may have crashed. Finished here, without waiting for the sweep.
  if (claim !== null) await publishEnd(deps, record.key, claim);
  const now = deps.now();
  const { allowanceStarts, allowanceWindowSeconds } = deps.policy;
  const allowedAt = nextJobAllowedAt(record, now, deps.policy);
  if (allowedAt !== null && allowedAt === record.startNotBefore) {
    throw new Failure('mx_rate_limited', 'MX refused a balance check of this member and asked to wait with the next', {
      retryAfterSeconds: secondsUntil(now, allowedAt),
    });
  }
  if (allowedAt !== null) {
    throw new Failure(
      'allowance_used_up',
      `MX allows ${allowanceStarts} balance checks per member in ${allowanceWindowSeconds} seconds; they are used up`,
      { retryAfterSeconds: secondsUntil(now, allowedAt) },
    );
  }
  const callerAllowedAt = share && nextStartOfCallerAt(record.starts, now, deps.policy, share);
  if (share === null || callerAllowedAt === null) return null;
  throw new Failure(
    'caller_allowance_used_up',
    `one caller may start ${share.mostStarts} balance checks per member in ${allowanceWindowSeconds} seconds (setting allowanceStartsPerCaller); they are used up`,
    { retryAfterSeconds: secondsUntil(now, callerAllowedAt), limit: 'allowanceStartsPerCaller' },
  );
}

const secondsUntil = (now: Instant, at: Instant): number => Math.max(1, Math.ceil(secondsBetween(now, at)));

/** 2: the member before the POST; without one when MX cannot be reached and the member is known: a follow-up will start. */
async function readBaseline<Held>(
  deps: RefreshDeps,
  { identifiers, away, refused }: Request<Held>,
  record: MemberRecord | null,
): Promise<Known | { readonly refused: Held }> {
  let member: MxMember;
  try {
    member = await deps.mx.readMember(identifiers);
  } catch (error) {
    if (record === null) throw error;
    const failure = asFailure(error);
    const isAway = failure.fate === 'try-again';
    const became = isAway ? away(failure) : await refused(record, failure);
    if (isAway && became === null && failure.code !== 'paused')
      return { key: record.key, record, member: null, failure };
    if (became === null) throw error;
    return { refused: became };
  }
  const { key } = member;
  if (record !== null && sameKey(key, record.key)) {
    if (record.aliasMark !== aliasMarkOf(member)) await deps.members.writeAliases(member);
    return { key, record, member };
  }
  const other = await deps.members.read(key);
  // Before the names: those of a member that was deleted, or whose user was erased, must not lead to it again.
  if (other === null) await refuseErased(deps.members, key);
  else refuseDeleted(other);
  await deps.members.writeAliases(member);
  return { key, record: other, member };
}

/** 4 to 7. Null when another trigger won the claim. */
async function claimAndStart(
  deps: RefreshDeps,
  request: Request<unknown>,
  known: Known,
): Promise<AcceptedStart | null> {
  const { key, record, member } = known;
  const now = deps.now();
  const baseline = member && baselineOf(member);
  const unsent: RunningClaim = {
    ...newClaim(deps, request, now, baseline),
    unanswered: unansweredIn(deps, known, now),
  };
  const { refreshId } = unsent;
  // `unknown` from the moment the claim is written: a crash before the POST and one after it look the same.
  const started: StartedClaim | null = member && {
    ...unsent,
    start: { state: 'unknown', at: now, count: 1, lookNumber: 0, jobGuid: null },
  };
  const claim = started ?? unsent;
  const counting = startsInWindow(record?.starts ?? [], now, deps.policy);
  const starts = started === null ? counting : [...counting, startMark(now, unsent.callerTag)];
  // 4.
  const { correlationId } = unsent;
  const nextLook = { refreshId, member: key, lookNumber: 1, state: firstLookState, correlationId };
  await deps.followUps.send(nextLook, await firstLookAfter(deps, claim, codeOf(known)));
  // 5.
  const startsVersion = record?.startsVersion ?? 0;
  const withBody = member !== null && isNews(record, member);
  if (!(await deps.members.claim({ key, claim, starts, startsVersion, member, withBody }))) return null;
  const claimed = { key, starts, startNotBefore: null, enrolment: record?.enrolment ?? null };
  if (member === null || started === null) {
    const refresh = runningRefresh(key, claim);
    const [stored] = await Promise.all([deps.members.readBody(key), deps.refreshes.put(refresh)]);
    const { seenAt = null, lastAttempt = null, untoldChange = null } = record ?? {};
    const body = memberView({ key, claim, seenAt, lastAttempt, untoldChange }, stored);
    return accepted(deps, claimed, { refresh, body, joined: false });
  }
  // 6, and the first half of 7.
  const { start: before } = unsent;
  const job = await startJob(deps, { key, identifiers: request.identifiers, claim: started, before, starts });
  if (job.kind !== 'refused') {
    // 7: after the POST, because a refusal writes it anyway, as ended.
    const refresh = runningRefresh(key, job.claim);
    const putBody = async () => withBody && deps.members.putBody(key, { body: member.body, seenAt: now });
    await Promise.all([deps.refreshes.put(refresh), putBody()]);
    const { body } = job.kind === 'started' ? job.member : member;
    const startNotBefore = job.kind === 'open' ? job.notBefore : null;
    return accepted(
      deps,
      { ...claimed, startNotBefore },
      { refresh, body: { ...body, is_being_aggregated: true }, joined: false },
    );
  }
  // Ended, not taken back: another caller may have joined it meanwhile, and has to get an end.
  const institutionCode = codeOf(known);
  const { ending, failure } = job;
  await endRefresh(deps, {
    ...{ key, claim, ending, institutionCode, member, starts: job.starts, refusedBy: failure },
    attention: record?.attention ?? null,
  });
  const { code, message, details } = failure;
  throw new Failure(code, message, { ...details, refreshId, action: ending.action });
}

/** MX's code of the member's institution; null: not known. */
const codeOf = ({ record, member }: Known): string | null => member?.institutionCode ?? record?.institutionCode ?? null;

/** Seconds until the first look: at the job, or without a start of one, the look that starts it. */
async function firstLookAfter(deps: RefreshDeps, claim: RunningClaim, code: string | null): Promise<number> {
  if (claim.start.state === 'none') return deps.policy.firstLookSeconds;
  const lengths = await deps.institutions.lengths(code);
  const job = { startedAt: claim.start.at, deadline: claim.deadline };
  return secondsToFirstLook({ ...deps.looks, lengths }, job, deps.policy);
}

/** Why MX could not be read before the POST, as readers are told until the first look. */
const unansweredIn = ({ policy }: RefreshDeps, known: Known, now: Instant): RunningClaim['unanswered'] =>
  known.member === null
    ? { code: unansweredCode(known.failure.code), nextLookAt: plusSeconds(now, policy.firstLookSeconds) }
    : null;

const newClaim = (
  deps: RefreshDeps,
  { trigger, userPresent, correlationId, share }: Request<unknown>,
  now: Instant,
  baseline: RunningClaim['baseline'],
): RunningClaim => ({
  refreshId: deps.newRefreshId(now),
  trigger,
  phase: 'running',
  acceptedAt: now,
  deadline: plusSeconds(now, deps.policy.deadlineSeconds),
  userPresent,
  correlationId,
  callerTag: share?.callerTag ?? null,
  baseline,
  start: { state: 'none' },
  lookNumber: 0,
  lookedAt: null,
  flagSeen: false,
  jobAggregatedAt: null,
  seenStatus: null,
  questions: null,
  unanswered: null,
});

const accepted = (
  deps: RefreshDeps,
  { key, starts, startNotBefore, enrolment }: Pick<MemberRecord, 'key' | 'starts' | 'startNotBefore' | 'enrolment'>,
  { refresh, body, joined }: Pick<AcceptedStart, 'refresh' | 'body' | 'joined'>,
): AcceptedStart => ({
  kind: 'accepted',
  joined,
  refresh,
  body,
  enrolment,
  key,
  nextAllowedAt: nextJobAllowedAt({ starts, startNotBefore }, deps.now(), deps.policy),
});

const sameKey = (a: MemberKey, b: MemberKey): boolean => a.userGuid === b.userGuid && a.memberGuid === b.memberGuid;

/**
 * Whether the body before the POST has to be stored, because nothing is that would show the same status. What else has
 * changed is in the claim until the end, which stores the body of then.
 */
function isNews(record: MemberRecord | null, member: MxMember): boolean {
  const { seenAt = null, lastAttempt = null } = record ?? {};
  if (seenAt === null || lastAttempt === null) return true;
  return seenAt > lastAttempt.endedAt || lastAttempt.connectionStatus !== member.connectionStatus;
}
