/**
 * The trigger: stored balances when they are young enough, else a refresh started or joined, its caller's callback
 * registered, the member enrolled by default, and the end waited for when the caller asks for that.
 */
import type { StoredBalance } from './balance.ts';
import { type CallbackDeps, registerCallback } from './callback.ts';
import type { ExactObject } from './decimal.ts';
import { enrolByDefault } from './enrol-by-default.ts';
import { Failure } from './failure.ts';
import { present, readMember } from './find-member.ts';
import { type Freshness, freshnessOf, isYoungEnough } from './freshness.ts';
import type { Instant } from './instant.ts';
import { type CallerShare, type MemberBody, type MemberRecord, nextJobAllowedAt } from './member.ts';
import { memberView } from './member-view.ts';
import type { MemberIdentifiers, MemberKey } from './mx.ts';
import type { RefreshDeps, Schedule } from './ports.ts';
import type { Refresh } from './refresh.ts';
import { currentRefresh, detailsOfAttempt } from './refresh-details.ts';
import { type AcceptedStart, startRefresh } from './start-refresh.ts';
import { type WaitDeps, waitForEnd } from './wait-for-end.ts';
import { mayWait, type WaitLimits } from './wait-lease.ts';

/** What the trigger needs. */
export interface CheckBalanceDeps extends RefreshDeps, CallbackDeps, Pick<WaitDeps, 'sleep'>, WaitLimits {
  readonly schedule: Pick<Schedule, 'enrol'>;
  readonly defaultScheduleHours: number;
  readonly scheduleShards: number;
  readonly staleAfterSeconds: number;
  /** Told of every accepted refresh, before anything that follows its start can fail. */
  readonly accepted: (joined: boolean) => void;
}

/** What a caller asks for. */
export interface CheckBalanceRequest {
  readonly identifiers: MemberIdentifiers;
  /** Stored balances of at most this age are good enough (`isYoungEnough`). Null: they are not. */
  readonly maxAgeSeconds: number | null;
  readonly userPresent: boolean;
  /** What the caller calls it; null: nothing. */
  readonly correlationId: string | null;
  /** As of `startRefresh`. */
  readonly share?: CallerShare | null;
  /** The URL of the callback, and its id for a refresh. Null: none. */
  readonly callback: { readonly url: string; readonly idFor: (refreshId: string) => string } | null;
  /** Until when to wait for the end, if not too many wait already. Null: not at all. */
  readonly waitUntil: Instant | null;
}

/** What is stored of a member, and how old it is. */
export interface StoredState {
  readonly member: MemberRecord;
  /** The member in MX's shape. */
  readonly shown: ExactObject;
  readonly balances: readonly StoredBalance[];
  /** Null when no balances are stored. */
  readonly freshness: Freshness | null;
  readonly nextAllowedAt: Instant | null;
  /** MX's text for the end user at the end of the last attempt. */
  readonly userMessage: string | null;
}

/** The result of a trigger. */
export type CheckBalanceAnswer =
  /** The stored balances are young enough: nothing was started. */
  | { readonly kind: 'stored'; readonly stored: StoredState }
  /** A refresh runs: this caller's, or one that it joined. */
  | AcceptedStart
  /** The refresh ended while the caller waited. */
  | { readonly kind: 'ended'; readonly refresh: Refresh; readonly joined: boolean; readonly stored: StoredState };

/** What an answer was about: enough to give it again from the tables, without a balance or an amount. */
export type AnswerIdentity =
  | { readonly kind: 'stored'; readonly member: MemberKey }
  | {
      readonly kind: 'accepted' | 'ended';
      readonly member: MemberKey;
      readonly refreshId: string;
      readonly joined: boolean;
    };

/** What `answerAgain` needs of `answer`. */
export function identityOf(answer: CheckBalanceAnswer): AnswerIdentity {
  if (answer.kind === 'stored') return { kind: 'stored', member: answer.stored.member.key };
  const { kind, refresh, joined } = answer;
  return { kind, member: refresh.member, refreshId: refresh.refreshId, joined };
}

/**
 * The same answer once more, as the tables are now: the same refresh, which may have ended since, or the stored balances
 * with the age that they have by now. MX is not called. `maxAgeSeconds`: the request's, as for the first answer.
 *
 * @throws Failure `member_deleted` once the member is deleted, `refresh_not_found` once the refresh has expired.
 */
export async function answerAgain(
  deps: StateDeps,
  about: AnswerIdentity,
  maxAgeSeconds: number | null,
): Promise<CheckBalanceAnswer> {
  if (about.kind === 'stored') {
    const stored = await storedState(deps, about.member, staleAfter(deps, maxAgeSeconds ?? deps.staleAfterSeconds));
    return { kind: 'stored', stored };
  }
  const member = await readMember(deps.members, about.member);
  const { refreshId, joined } = about;
  const refresh =
    member.claim?.refreshId === refreshId
      ? await currentRefresh(deps.refreshes, member.key, member.claim)
      : await deps.refreshes.read(refreshId);
  if (refresh === null) throw new Failure('refresh_not_found', 'the refresh of the first answer is not kept any more');
  if (about.kind === 'ended')
    return { kind: 'ended', refresh, joined, stored: await storedState(deps, member.key, deps.staleAfterSeconds) };
  return {
    kind: 'accepted',
    joined,
    refresh,
    body: memberView(member, await deps.members.readBody(member.key)),
    enrolment: member.enrolment,
    key: member.key,
    nextAllowedAt: nextJobAllowedAt(member, deps.now(), deps.policy),
  };
}

/**
 * Answers one trigger. Repeatable: a second one joins what the first one started.
 *
 * @throws Failure what `startRefresh` throws; `too_many_callbacks`; `member_deleted` when the member is deleted while its caller waits.
 */
export async function checkBalance(deps: CheckBalanceDeps, request: CheckBalanceRequest): Promise<CheckBalanceAnswer> {
  const { identifiers, userPresent, correlationId, share = null, callback } = request;
  let known: MemberRecord | null | undefined;
  if (request.maxAgeSeconds !== null) {
    const found = await youngEnough(deps, identifiers, request.maxAgeSeconds);
    if (found.stored !== null) return { kind: 'stored', stored: found.stored };
    known = found.known;
  }
  const started = await startRefresh(deps, identifiers, { userPresent, correlationId, share }, known);
  deps.accepted(started.joined);
  const { key, refresh, joined } = started;
  // One that it has begun has its name already.
  if (correlationId !== null && correlationId !== refresh.correlationId) {
    await deps.refreshes.recordJoined(refresh, correlationId);
  }
  if (callback !== null) {
    const { refreshId } = refresh;
    await registerCallback(deps, { id: callback.idFor(refreshId), refreshId, url: callback.url });
  }
  await enrolByDefault(deps.schedule, started, deps.defaultScheduleHours, deps.scheduleShards);
  if (request.waitUntil === null || !(await mayWait(deps, key, request.waitUntil))) return started;
  const seen = await waitForEnd(deps, refresh, request.waitUntil);
  if (seen.status !== 'ended') return started;
  return { kind: 'ended', refresh: seen, joined, stored: await storedState(deps, key, deps.staleAfterSeconds) };
}

/**
 * What is stored, when it is good enough for a caller who accepts balances of at most `maxAgeSeconds`; else null. With the
 * member as it was read, so that a start need not read it again.
 */
async function youngEnough(
  deps: CheckBalanceDeps,
  identifiers: MemberIdentifiers,
  maxAgeSeconds: number,
): Promise<{ readonly stored: StoredState | null; readonly known: MemberRecord | null }> {
  const key = await deps.members.resolve(identifiers);
  // Unknown here: MX may know it. Deleted: the start refuses it.
  if (key === null) return { stored: null, known: null };
  const tables = await readTables(deps, key);
  const { member: known, balances } = tables;
  if (known === null || known.deletedAt !== null || !isYoungEnough(balances, known, deps.now(), maxAgeSeconds)) {
    return { stored: null, known };
  }
  return { stored: await stateOf(deps, known, tables, staleAfter(deps, maxAgeSeconds)), known };
}

/** The smaller of the operator's age and the caller's: balances older than the caller accepts are stale in its answer. */
const staleAfter = (deps: Pick<StateDeps, 'staleAfterSeconds'>, maxAgeSeconds: number): number =>
  Math.min(deps.staleAfterSeconds, maxAgeSeconds);

/** What describing stored balances needs. */
type StateDeps = Pick<CheckBalanceDeps, 'members' | 'balances' | 'refreshes' | 'policy' | 'staleAfterSeconds' | 'now'>;

/** @throws Failure `member_not_found`, `member_deleted` */
async function storedState(deps: StateDeps, key: MemberKey, staleAfterSeconds: number): Promise<StoredState> {
  const tables = await readTables(deps, key);
  return stateOf(deps, present(tables.member), tables, staleAfterSeconds);
}

/** What the tables hold of a member, all of it read at the same time. */
interface Tables {
  readonly member: MemberRecord | null;
  readonly body: MemberBody | null;
  readonly balances: readonly StoredBalance[];
}

async function readTables(deps: StateDeps, key: MemberKey): Promise<Tables> {
  const [member, body, balances] = await Promise.all([
    deps.members.read(key),
    deps.members.readBody(key),
    deps.balances.ofMember(key),
  ]);
  return { member, body, balances };
}

async function stateOf(
  deps: Omit<StateDeps, 'balances'>,
  member: MemberRecord,
  { body, balances }: Tables,
  staleAfterSeconds: number,
): Promise<StoredState> {
  const details = await detailsOfAttempt(deps.refreshes, member.lastAttempt);
  const now = deps.now();
  return {
    member,
    shown: memberView(member, body),
    balances,
    freshness: freshnessOf(balances, member, now, staleAfterSeconds),
    nextAllowedAt: nextJobAllowedAt(member, now, deps.policy),
    userMessage: details?.userMessage ?? null,
  };
}
