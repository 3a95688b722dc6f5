/**
 * The beginning of a refresh: join, refuse, or claim and start. The order is the safety: what our own tables can answer
 * comes before MX is called, the follow-up message is sent before the claim is written, and the claim before the POST.
 * A crash anywhere leaves a message that finishes the story; a message without its claim is dropped.
 */

import { userActions } from './action.ts';
import { neededUserAction, noMemory } from './decision.ts';
import { endRefresh, publishEnd } from './end-refresh.ts';
import { baselineOf } from './evidence.ts';
import { asFailure, Failure } from './failure.ts';
import { type Instant, plusSeconds, secondsBetween } from './instant.ts';
import { type MemberRecord, nextStartAllowedAt, startsInWindow } from './member.ts';
import type { MemberIdentifiers, MemberKey, MxMember } from './mx.ts';
import type { OutcomeCode } from './outcome.ts';
import type { RefreshDeps } from './ports.ts';
import { type Claim, type Refresh, refreshOf, type Trigger } from './refresh.ts';
import type { Enrolment } from './schedule.ts';
import { startJob } from './start-job.ts';

/** A wish for fresh balances. */
export interface StartRequest {
  readonly identifiers: MemberIdentifiers;
  readonly trigger: Exclude<Trigger, 'mx_webhook'>;
  readonly userPresent: boolean;
}

/** What became of it. */
export type StartAnswer =
  | {
      readonly kind: 'accepted';
      /** Another trigger's refresh was running already: it is this one's too. */
      readonly joined: boolean;
      readonly refresh: Refresh;
      /** MX's member, as fresh as this answer knows it. */
      readonly body: MemberRecord['body'];
      /** The member's place in the schedule; null when nobody said and the default has not been applied yet. */
      readonly enrolment: Enrolment | null;
      readonly key: MemberKey;
      readonly nextAllowedAt: Instant | null;
    }
  /** An unattended trigger found a member that needs its user: nothing was started (invariant 6). */
  | { readonly kind: 'held_back'; readonly reason: OutcomeCode };

/** How often a lost race for the claim is run again; each loss means that somebody else won. */
const MAX_RACES = 4;

/**
 * Starts or joins a refresh.
 *
 * @throws Failure `member_deleted`, `allowance_used_up` (with `retryAfterSeconds`), and MX's own: `mx_not_found` for a
 * member that MX does not know, `mx_unavailable` and the like when MX is down and the member was never seen here.
 */
export async function startRefresh(deps: RefreshDeps, request: StartRequest): Promise<StartAnswer> {
  const { identifiers } = request;
  const knownKey = await deps.members.resolve(identifiers);
  let record = knownKey && (await deps.members.read(knownKey));
  let member: MxMember | null = null;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const known = record && (await answerFromTables(deps, request, record));
    if (known) return known;
    if (member === null) {
      member = await readBaseline(deps, request, record);
      if (member !== null && !sameKey(member.key, record?.key ?? null)) {
        // The identifiers lead to another member than our alias said, or to one met under its other names.
        record = await deps.members.read(member.key);
        await deps.members.writeAliases(member);
        if (record !== null) continue;
      } else if (member !== null && record !== null && aliasesChanged(record, member)) {
        await deps.members.writeAliases(member);
      }
    }
    const held = heldBack(request, record, member);
    if (held !== null) return { kind: 'held_back', reason: held };
    const answer = await claimAndStart(deps, request, record, member);
    if (answer !== null) return answer;
    record = await deps.members.read(keyOf(record, member));
    // Somebody else's job may have run since: compared with the old baseline, it would pass for ours.
    member = null;
  }
  throw new Failure('busy', 'too many triggers for this member at once', { retryAfterSeconds: 1 });
}

/** Joining, deleted, allowance used up: what costs MX nothing. Null when MX has to be asked. */
async function answerFromTables(
  deps: RefreshDeps,
  request: StartRequest,
  record: MemberRecord,
): Promise<StartAnswer | null> {
  if (record.deletedAt !== null) {
    throw new Failure('member_deleted', 'the member was deleted and is not refreshed any more');
  }
  const { claim } = record;
  if (claim !== null && claim.phase !== 'ended') {
    if (request.userPresent && !claim.userPresent) await deps.members.joinUserPresent(record.key, claim.refreshId);
    return accepted(deps, record.key, claim, record, record.body, true);
  }
  // Ended but not published: its owner may have crashed. Finish it, so that nobody waits for the sweep.
  if (claim !== null) await publishEnd(deps, record.key, claim);
  const now = deps.now();
  const allowedAt = nextStartAllowedAt(record.starts, now, deps.policy);
  if (allowedAt !== null) {
    throw new Failure(
      'allowance_used_up',
      `MX allows ${deps.policy.allowanceStarts} balance checks per member in ${deps.policy.allowanceWindowSeconds} seconds; they are used up`,
      {
        retryAfterSeconds: Math.max(1, Math.ceil(secondsBetween(now, allowedAt))),
      },
    );
  }
  return null;
}

/** The member before the POST; null when MX cannot be reached and the member is known: the follow-up will start the job. */
async function readBaseline(
  deps: RefreshDeps,
  request: StartRequest,
  record: MemberRecord | null,
): Promise<MxMember | null> {
  try {
    return await deps.mx.readMember(request.identifiers);
  } catch (error) {
    if (record !== null && asFailure(error).fate === 'try-again') return null;
    throw error;
  }
}

/** Why an unattended trigger must not start a job now; null when it may. An HTTP trigger always may: somebody asked. */
function heldBack(request: StartRequest, record: MemberRecord | null, member: MxMember | null): OutcomeCode | null {
  if (request.trigger === 'http') return null;
  if (member !== null) return neededUserAction(member);
  const last = record?.lastAttempt;
  return last && userActions.has(last.action) ? last.code : null;
}

/** Message, claim, POST. Null when another trigger won the claim. */
async function claimAndStart(
  deps: RefreshDeps,
  request: StartRequest,
  record: MemberRecord | null,
  member: MxMember | null,
): Promise<StartAnswer | null> {
  const key = keyOf(record, member);
  const now = deps.now();
  const claim = newClaim(deps, request, member, now);
  const starts = [...startsInWindow(record?.starts ?? [], now, deps.policy), ...(claim.start.at === null ? [] : [now])];
  await deps.followUps.send(
    { refreshId: claim.refreshId, member: key, look: 1, memory: noMemory },
    deps.policy.firstLookSeconds,
  );
  const startsVersion = record?.startsVersion ?? 0;
  if (!(await deps.members.claim({ key, claim, starts, startsVersion, member }))) return null;
  const known = { starts, enrolment: record?.enrolment ?? null };
  if (member === null) {
    await deps.refreshes.put(refreshOf(key, claim));
    return accepted(deps, key, claim, known, record?.body ?? {}, false);
  }

  const job = await startJob(deps, key, request.identifiers, claim, starts);
  if (job.kind !== 'refused') {
    // After the POST: a refusal writes it anyway, as ended. Lost in a crash, it is written again at the end.
    await deps.refreshes.put(refreshOf(key, claim));
    return accepted(deps, key, job.claim, known, job.kind === 'started' ? job.member.body : member.body, false);
  }
  // Ended, not taken back: another caller may have joined it meanwhile, and has to get an end.
  await endRefresh(deps, { key, claim, ending: job.ending, member, starts: job.starts });
  throw new Failure(job.failure.code, job.failure.message, {
    ...job.failure.details,
    refreshId: claim.refreshId,
    action: job.ending.action,
  });
}

function newClaim(deps: RefreshDeps, request: StartRequest, member: MxMember | null, now: Instant): Claim {
  return {
    refreshId: deps.newRefreshId(now),
    trigger: request.trigger,
    phase: 'running',
    acceptedAt: now,
    deadline: plusSeconds(now, deps.policy.deadlineSeconds),
    userPresent: request.userPresent,
    baseline: member && baselineOf(member),
    // `unknown` from the moment the claim is written: a crash before the POST and one after it look the same.
    start:
      member === null
        ? { state: 'none', at: null, count: 0, look: 0, jobGuid: null }
        : { state: 'unknown', at: now, count: 1, look: 0, jobGuid: null },
    look: 0,
    lookedAt: null,
    flagSeen: false,
    challenges: [],
    result: null,
  };
}

const accepted = (
  deps: RefreshDeps,
  key: MemberKey,
  claim: Claim,
  record: Pick<MemberRecord, 'starts' | 'enrolment'>,
  body: MemberRecord['body'],
  joined: boolean,
): StartAnswer => ({
  kind: 'accepted',
  joined,
  refresh: refreshOf(key, claim),
  body,
  enrolment: record.enrolment,
  key,
  nextAllowedAt: nextStartAllowedAt(record.starts, deps.now(), deps.policy),
});

function keyOf(record: MemberRecord | null, member: MxMember | null): MemberKey {
  const key = member?.key ?? record?.key;
  if (key === undefined) throw new TypeError('a member is known from our tables or from MX');
  return key;
}

const sameKey = (a: MemberKey, b: MemberKey | null): boolean =>
  a.userGuid === b?.userGuid && a.memberGuid === b.memberGuid;

const aliasesChanged = (record: MemberRecord, member: MxMember): boolean =>
  (record.body['id'] ?? null) !== member.memberId || (record.body['user_id'] ?? null) !== member.userId;
